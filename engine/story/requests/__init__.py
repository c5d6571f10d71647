"""The parts of a story, each a request for one result: what it reads and needs, and how it is computed."""

from .attention import Curves as Curves
from .attention import Guide as Guide
from .attention import Heads as Heads
from .attention import Map as Map
from .attention import Read as Read
from .attention import Words as Words
from .base import Request as Request
from .defence import Defended as Defended
from .defence import Placed as Placed
from .defence import Shown as Shown
from .defence import Tune as Tune
from .defence import Views as Views
from .defence import Weighted as Weighted
from .pictures import Answers as Answers
from .pictures import Attack as Attack
from .pictures import Clean as Clean
from .pictures import Control as Control
from .pictures import arms_of as arms_of
from .trials import Damaged as Damaged
from .trials import Detected as Detected
from .trials import Survives as Survives
from .trials import Unnoticed as Unnoticed
