from .scores import SCORES as SCORES
from .scores import Score as Score
from .scores import scores_of as scores_of
