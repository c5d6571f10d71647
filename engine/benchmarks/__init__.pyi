from . import localisation as localisation
from . import score as score
from . import speed as speed
