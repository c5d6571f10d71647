from . import comparison as comparison
from . import growth as growth
from . import localisation as localisation
from . import machine as machine
from . import random_model as random_model
from . import score as score
from . import speed as speed
from . import subjects as subjects
