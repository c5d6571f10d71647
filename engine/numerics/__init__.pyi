from . import baselines as baselines
from . import measures as measures
from . import rollout as rollout
from . import upsampling as upsampling
