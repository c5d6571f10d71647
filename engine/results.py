"""Results of prediction, attacks, maps, views, tuning and defences: frozen, detached and on the CPU.

Axes are named the same everywhere: `n` views, `c` classes, `d` joint embedding, `s` pixels a side,
`gh gw` the patch grid. Pixels are float32 in [0, 1] with shape (3, s, s), RGB.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .cells import Cells
from .classes import Classes
from .errors import EngineError
from .numerics.measures import entropy
from .numerics.mixing import blend, strengths
from .numerics.upsampling import upsample
from .settings import AnswerSettings

UNKNOWN_CLEAN = (
    "This picture was attacked elsewhere and its clean one is not known: nothing about that can be computed."
)
UNFAMILIAR = (
    "This model knows only its paintings, and by a measured score this picture is none of them: what it answers here"
    " means nothing. Choose another model for photographs."
)


@dataclass(frozen=True, slots=True)
class Familiarity:
    """How far a picture lies from those that a model was trained on: the higher `score`, the farther.

    `score` is the log-odds of a logistic regression, `threshold` the largest one of a picture taken for one of them.
    """

    score: float
    threshold: float

    @property
    def accepted(self) -> bool:
        """Whether the picture is taken for one of those."""
        return self.score <= self.threshold

    @property
    def sentence(self) -> str:
        """What an answer about a picture that is not accepted is worth; empty for one that is."""
        return "" if self.accepted else UNFAMILIAR


@dataclass(frozen=True, eq=False, slots=True)
class Prediction:
    """Logits over the classes, shape (c,). Where a defence averages probabilities, logits are their logarithm.

    `familiarity` is that of the picture where it was measured: of the clean one, by a model that can tell. `scale` is
    what cosines were multiplied with to become the logits of one picture; None for answers put together of many.
    """

    classes: Classes
    logits: Tensor
    familiarity: Familiarity | None = None
    scale: float | None = None

    @property
    def probabilities(self) -> Tensor:
        """Softmax of the logits, shape (c,)."""
        return self.logits.softmax(-1)

    @property
    def cosines(self) -> Tensor | None:
        """Cosines of the picture with the sentence of each class, shape (c,), from -1 to 1; None without `scale`."""
        return None if self.scale is None else self.logits / self.scale

    @property
    def best_cosine(self) -> float | None:
        """The highest of them, which is that of the most probable class."""
        return None if self.cosines is None else float(self.cosines.max())

    def abstains(self, how: AnswerSettings) -> bool:
        """Whether it is read as “none of these”: that may be an answer, and no cosine reaches the threshold."""
        return how.none_of_these and self.best_cosine is not None and self.best_cosine < how.none_below

    @property
    def label(self) -> int:
        """Index of the most probable class."""
        return int(self.logits.argmax())

    @property
    def name(self) -> str:
        """Name of the most probable class."""
        return self.classes.names[self.label]

    @property
    def confidence(self) -> float:
        """Probability of the most probable class."""
        return float(self.probabilities.max())

    @property
    def entropy(self) -> float:
        """Entropy of the distribution in nats, from 0 to log c."""
        return float(entropy(self.logits))

    @property
    def margin(self) -> float:
        """Largest logit minus the second largest."""
        first, second = self.logits.topk(2).values
        return float(first - second)

    def lead(self, label: int) -> float:
        """The logit of class number `label` minus the largest of the others; above 0 where that class is answered."""
        others = self.logits.clone()
        others[label] = -math.inf
        return float(self.logits[label] - others.max())

    def top(self, count: int) -> list[tuple[str, float]]:
        """The `count` most probable (name, probability), best first."""
        values, places = self.probabilities.topk(min(count, len(self.classes)))
        return [(self.classes.names[i], float(v)) for v, i in zip(values, places.tolist(), strict=True)]


@dataclass(frozen=True, eq=False, slots=True)
class AttackStep:
    """One forward pass of an attack: the model's answer to the picture that the attack has reached.

    `total` is the number of passes at most. `loss` is the cross-entropy in nats of the label that is pushed away from,
    or minus that of the target, so that it climbs either way.
    """

    index: int
    total: int
    loss: float
    prediction: Prediction


@dataclass(frozen=True, eq=False, slots=True)
class NullArm:
    """What an attack without a limit is held against: the picture `pixels` (3, s, s), values n/255, that was changed as
    much without any aim, `what` was put there in a part of a sentence, and the answer `after` to it.
    """

    what: str
    pixels: Tensor
    after: Prediction


@dataclass(frozen=True, eq=False, slots=True)
class Adversarial:
    """An attacked picture. `pixels` is the float result, `saved` the same rounded to 8 bits inside the ball.

    `norm` and `epsilon` are the limit, "" and infinity of an attack that has none, `target_defence` the defence that an
    adaptive attack went through, empty for others. `label` is what the attack pushed away from, `target` the class it
    was to reach (None: any other);
    `from_truth` says whether `label` was the given true label (else the clean prediction). `after` is the answer to
    `pixels`, `after_saved` that to `saved`. `zero_gradient` says that the attack asked for gradients and that they
    were zero at the first step and ever after. `found` is how long the change is, in `norm`, that an attack for the
    shortest change found before the limit cut it; None where it found none, and for other attacks. `confidence` is by
    how many logits it wanted another class to lead. `null` is the null arm of an attack that has one of its own; others
    are held against noise as large as their change. `only_cells` are the cells that could change, as `Cells` reads
    them; empty: all.

    Of a picture that somebody attacked elsewhere, `attack` is empty, `epsilon` nan, and `clean` and `before`, the
    answer to it, are None unless the clean picture is known.
    """

    clean: Tensor | None  # (3, s, s)
    pixels: Tensor  # (3, s, s)
    saved: Tensor  # (3, s, s), values n/255
    attack: str
    target_defence: str
    epsilon: float
    norm: str
    label: int
    target: int | None
    from_truth: bool
    found: float | None
    confidence: float
    before: Prediction | None
    after: Prediction
    after_saved: Prediction
    zero_gradient: bool
    steps: tuple[AttackStep, ...]
    seconds: float
    null: NullArm | None = None
    only_cells: str = ""

    @property
    def cells(self) -> Cells | None:
        """Those that could change; None: all."""
        return Cells.parse(self.only_cells) if self.only_cells else None

    @property
    def inside(self) -> Tensor | None:
        """The pixels (s, s) that could change; None: all."""
        return None if self.cells is None else self.cells.pixels(self.saved.shape[-1])

    @property
    def limited(self) -> bool:
        """Whether its change had a limit."""
        return self.epsilon != math.inf

    @property
    def made_here(self) -> bool:
        """Whether it was attacked here; else nobody here knows how."""
        return bool(self.attack)

    @property
    def right_before(self) -> bool:
        """Whether the clean picture is given the attacked label; no where that picture is not known."""
        return self.before is not None and self.before.label == self.label

    @property
    def known_clean(self) -> Tensor:
        """`clean`. Raises `EngineError` where that picture is not known."""
        if self.clean is None:
            raise EngineError(UNKNOWN_CLEAN)
        return self.clean

    @property
    def known_before(self) -> Prediction:
        """`before`. Raises `EngineError` where the clean picture is not known."""
        if self.before is None:
            raise EngineError(UNKNOWN_CLEAN)
        return self.before

    @property
    def change(self) -> Tensor:
        """Saved picture minus clean one, (3, s, s). Raises `EngineError` where the clean one is not known."""
        return self.saved - self.known_clean

    @property
    def fooled(self) -> bool:
        """Whether the saved picture, which later parts use, is no longer given the attacked label."""
        return self.after_saved.label != self.label

    @property
    def fooled_as_computed(self) -> bool:
        """Whether the float result, before it is rounded to 8 bits, is no longer given the attacked label."""
        return self.after.label != self.label

    @property
    def reached(self) -> bool:
        """Whether the saved picture is given the target."""
        return self.after_saved.label == self.target

    @property
    def blind(self) -> bool:
        """Whether it failed for want of a gradient, which proves nothing about the model's robustness."""
        return self.zero_gradient and not (self.fooled if self.target is None else self.reached)

    @property
    def reached_as_computed(self) -> bool:
        """Whether the float result, before it is rounded to 8 bits, is given the target."""
        return self.after.label == self.target

    @property
    def cut(self) -> bool:
        """Whether the limit shortened the change that was found."""
        return self.found is not None and self.found > self.epsilon

    @property
    def erased(self) -> bool:
        """Whether saving in 8 bits left nothing of the change."""
        if self.clean is None or torch.equal(self.pixels, self.clean):
            return False
        return torch.equal((self.saved * 255).round(), (self.clean * 255).round())

    @property
    def below_a_level(self) -> bool:
        """Whether the limit lets no channel move by a whole level of 8 bits, so that saving must undo any change."""
        return round(self.epsilon * 255, 6) < 1

    def linf(self, saved: bool = True) -> float:
        """Largest absolute change of a channel, in [0, 1]; nan where the clean picture is not known."""
        return (
            math.nan if self.clean is None else float(((self.saved if saved else self.pixels) - self.clean).abs().max())
        )

    def l2(self, saved: bool = True) -> float:
        """Euclidean norm of the change over all channels and pixels, in units of the [0, 1] scale; nan likewise."""
        return math.nan if self.clean is None else float(((self.saved if saved else self.pixels) - self.clean).norm())

    @property
    def per_channel(self) -> float:
        """How far every channel that could change would have to move for a change of the saved one's size in the
        attack's norm."""
        inside = self.inside
        count = self.saved.numel() if inside is None else len(self.saved) * int(inside.sum())
        return self.linf() if self.norm == "linf" else self.l2() / count**0.5


@dataclass(frozen=True, eq=False, slots=True)
class AttentionMap:
    """One map: where it finds the evidence for one class, on the model's patch grid.

    `raw` (gh, gw) are the values as computed (comparable between pictures); `grid` (gh, gw) is `raw` clipped at its
    0.99 quantile and stretched to [0, 1], which is what A-TPT thresholds. `degenerate` marks a map of A-TPT's
    kind of which more than a tenth stems from last-block weights that exact arithmetic would make zero: it shows
    amplified rounding residue, another one in another batch, in another precision or on another machine.
    `floor` is what A-TPT's sharpening for ResNets takes off after upsampling; 0 means no sharpening.
    `against` is the class whose evidence was subtracted, where there was one.
    """

    raw: Tensor
    grid: Tensor
    map: str
    label: int
    degenerate: bool = False
    floor: float = 0.0
    against: int | None = None

    def upsampled(self, size: int) -> Tensor:
        """`grid` stretched bilinearly to (size, size) and sharpened, as A-TPT does before thresholding."""
        return upsample(self.grid[None], size, self.floor)[0]


@dataclass(frozen=True, eq=False, slots=True)
class ViewSet:
    """The augmented views of one picture, encoded once. View 0 is the picture itself.

    `bases` are crops and `mixes` their mixed AugMix chains, of view 0 the picture as it is. `regions` holds 2 high,
    1 middle, 0 low attention per pixel (all 1 for plain AugMix, where strength is the view's Beta draw). `maps` is
    (n, gh, gw) in [0, 1], `raw_maps` the same before clipping and stretching, both (0, 0, 0) where no attention was
    computed; `floor` sharpens upsampled maps as in `AttentionMap`. `crops` is (n, 5): top, left, height, width in
    pixels of the picture, and 1 where mirrored. `seconds` is how long making and encoding took.
    """

    kind: str
    bases: Tensor  # (n, 3, s, s) uint8
    mixes: Tensor  # (n, 3, s, s)
    betas: Tensor  # (n,)
    regions: Tensor  # (n, s, s) uint8
    strengths: tuple[float, float]  # weight of the base on high and on low regions
    maps: Tensor
    raw_maps: Tensor
    floor: float
    degenerate: Tensor  # (n,) bool
    crops: Tensor  # (n, 5) int64
    features: Tensor  # (n, d), unit length
    logits: Tensor  # (n, c) under the untuned prompt
    classes: Classes
    seconds: float

    def __len__(self) -> int:
        return len(self.bases)

    @property
    def pixels(self) -> Tensor:
        """strength * base + (1 - strength) * mix, shape (n, 3, s, s): put together each time it is asked for."""
        sources = self.bases.float() / 255
        sources[0] = self.mixes[0]  # the picture itself, which may lie between the 8-bit levels
        return blend(sources, self.mixes, strengths(self.regions, self.betas, *self.strengths))

    @property
    def entropies(self) -> Tensor:
        """Entropy of each view's untuned prediction in nats, shape (n,)."""
        return entropy(self.logits)

    def strength(self, view: int) -> Tensor:
        """Weight of the base view at each pixel of one view, shape (s, s)."""
        return strengths(self.regions[[view]], self.betas[[view]], *self.strengths)[0]

    def plain(self, view: int) -> Tensor:
        """The view that plain AugMix makes of the same crop, mixture and Beta draw, shape (3, s, s)."""
        base = self.bases[view].float() / 255
        return self.betas[view] * base + (1 - self.betas[view]) * self.mixes[view]


@dataclass(frozen=True, eq=False, slots=True)
class TuneStep:
    """The state after `index` updates of the prompt; index 0 is the untuned prompt.

    `loss` is the tuned loss at this prompt over the `kept` views (indices, chosen once before the first update).
    `token_drift` (tokens,) and `text_drift` (c,) are distances moved since step 0: Euclidean in embedding space, and
    one minus cosine between text features.
    """

    index: int
    loss: float
    context: Tensor  # (tokens, width)
    text_features: Tensor  # (c, d), unit length
    logits: Tensor  # (n, c)
    kept: Tensor  # (k,) int64
    token_drift: Tensor
    text_drift: Tensor
    prediction: Prediction  # of view 0

    @property
    def entropies(self) -> Tensor:
        """Entropy of each view in nats under this prompt, shape (n,)."""
        return entropy(self.logits)


@dataclass(frozen=True, eq=False, slots=True)
class Ensemble:
    """The answer of a weighted set of views; `weights` (n,) sums to 1 and is 0 for views left out.

    A story's knows what the views answer, `untuned`, when they are weighed alike under the prompt before any update.
    """

    weighting: str
    weights: Tensor
    scores: Tensor  # (n,) what the weights were made from; nan for views left out
    prediction: Prediction
    untuned: Prediction | None = None


@dataclass(frozen=True, eq=False, slots=True)
class DefenceResult:
    """One defence's answer for one picture, and the seconds it would take alone, views included."""

    defence: str
    prediction: Prediction
    seconds: float


@dataclass(frozen=True, slots=True)
class Box:
    """Where the square that a model sees lies in the picture: its sides as shares of the picture's width and height.

    Where the picture is padded, they lie below 0 and above 1.
    """

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def whole(cls) -> Box:
        """All of the picture and no more."""
        return cls(0.0, 0.0, 1.0, 1.0)

    @property
    def sides(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.right, self.bottom

    @property
    def share(self) -> float:
        """The share of the picture's area that lies inside."""
        width, height = min(self.right, 1) - max(self.left, 0), min(self.bottom, 1) - max(self.top, 0)
        return width * height


@dataclass(frozen=True, slots=True)
class Download:
    """How far a file of a model is: `done` bytes of `total` (None: the hub does not say)."""

    file: str
    done: int
    total: int | None

    @property
    def fraction(self) -> float:
        """Between 0 and 1; 0 where the total is not known."""
        return self.done / self.total if self.total else 0.0


@dataclass(frozen=True, eq=False, slots=True)
class Event:
    """One event of `explore`: which step of the story, and its result."""

    name: str
    result: Prediction | AttackStep | Adversarial | AttentionMap | ViewSet | TuneStep | Ensemble | DefenceResult


def size(thing: Any, seen: set[int] | None = None) -> int:
    """Bytes that all arrays and tensors in nested dataclasses, tuples, lists and mappings keep in memory.

    A part of a larger one keeps all of it; what several share is counted once.
    """
    seen = set() if seen is None else seen
    if isinstance(thing, Tensor | np.ndarray):
        place, count = _whole(thing)
        if place in seen:
            return 0
        seen.add(place)
        return count
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if is_dataclass(thing):
        return sum(size(getattr(thing, one.name), seen) for one in fields(thing))
    if isinstance(thing, Mapping):
        return sum(size(one, seen) for one in thing.values())
    return sum(size(one, seen) for one in thing) if isinstance(thing, tuple | list) else 0


def _whole(part: Tensor | np.ndarray) -> tuple[int, int]:
    """Where the memory lies that `part` keeps, and how many bytes it has."""
    if isinstance(part, Tensor):
        storage = part.untyped_storage()
        return storage.data_ptr(), storage.nbytes()
    whole = part.base if isinstance(part.base, np.ndarray) else part
    return whole.ctypes.data, whole.nbytes
