"""What benchmarks ask about: a painted picture, and as many classes as one likes."""

from __future__ import annotations

from itertools import chain, islice, product

from PIL import Image
from torch import Tensor

from ..classes import Classes
from ..fieldguide.world.questions import make_question
from ..fieldguide.world.specimens import COLOURS, KINDS, PATTERNS
from ..models import Backbone

PAINTED = [pattern for pattern in PATTERNS if pattern != "plain"]


def picture(backbone: Backbone) -> Tensor:
    """One painting as the model sees it, (3, s, s)."""
    return backbone.prepare(Image.fromarray(make_question(seed=0, index=0).painting.pixels))


def made_up_classes(backbone: Backbone, count: int) -> Classes:
    """Classes named “class 1” and so on, or, for a model that knows few words, by how specimens are painted."""
    if backbone.words is None:
        return Classes(tuple(f"class {number}" for number in range(1, count + 1)))
    plain = (" ".join(words) for words in product(COLOURS, PAINTED, KINDS))
    both = (
        f"{one} and {other} {pattern} {kind}"
        for one, other, pattern, kind in product(COLOURS, COLOURS, PAINTED, KINDS)
        if one != other
    )
    return Classes(tuple(islice(chain(plain, both), count)))


def in_another_order(classes: Classes, turn: int) -> Classes:
    """The same classes beginning with another one: a label set that nothing is kept of yet."""
    turn %= len(classes)
    return Classes(classes.names[turn:] + classes.names[:turn], classes.templates)
