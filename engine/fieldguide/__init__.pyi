from .world import COLOURS as COLOURS
from .world import KINDS as KINDS
from .world import PATTERNS as PATTERNS
from .world import Specimen as Specimen
from .world import is_held_out as is_held_out
from .world import random_specimen as random_specimen
from .world.painter import Painted as Painted
from .world.painter import paint_specimen as paint_specimen
