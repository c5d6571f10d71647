"""What a person may choose, one frozen object per part of the story.

Each refuses values of another type, out of bounds or not among its choices with an `EngineError`; names of attacks,
defences and maps are looked up, and refused, where they are used.

A field says once, in its metadata, all that is known of it: what it is, its bounds, its choices, its unit outside and
what it matters to. Options of the command line, arguments of the API, controls of the page, parameters of a link and
the checks below are derived from that (`engine.parameters`). Imports no torch.
"""

from __future__ import annotations

import math
import numbers
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, ClassVar

from .cells import Cells
from .errors import require

KEY = "setting"  # of a field's metadata
LARGEST_SEED = 2**63 - 1
Channels = tuple[float, float, float]  # red, green, blue


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is known of one field, beside its type and its default.

    "Outside" are the command line, the API, the page and links; there a field may have another name and another unit.
    """

    what: str  # a noun phrase: it begins helps and stands in sentences
    more: str = ""  # an explanation behind it
    word: str = ""  # its name outside; empty: the field's own
    low: float | None = None  # least value, in the engine's unit
    high: float | None = None  # greatest value, in the engine's unit
    choices: tuple[str, ...] = ()  # its values
    registry: str = ""  # the kind of names that it takes: "attack", "defence", "map" or "purifier"
    each: str = ""  # of a list: the option for one item
    none: float | None = None  # the number that stands for None outside
    length: bool = False  # measured in the attack's norm: outside in levels of 1/255 where that is Linf
    class_name: bool = False  # outside the name of a class, inside its number
    slider: tuple[float, float, float] | None = None  # low, high and step of the page's control, in the unit of outside
    owner: tuple[str, ...] = ()  # the maps that read it; empty: all (an attack's registry entry says what it reads)
    recipe: bool = False  # every defence fixes it for itself, so it is for a defence of one's own
    late: bool = False  # newer than results and records that are kept: left out of their names where it is the default
    longest: int = 0  # of a text: how many characters it may have; 0: any number

    def check(self, value: Any) -> None:
        """Raise `EngineError` where `value`, of the right type, is out of bounds or none of the choices."""
        if self.choices:
            require(value in self.choices, f"Expected {self.what} to be one of {_listed(self.choices)}; got “{value}”.")
        if self.low is not None:
            low, high = self.low, math.inf if self.high is None else self.high
            require(low <= value <= high, f"Expected {self.what} {span(low, high)}; got {number_text(value)}.")
        if self.longest:
            fits = len(value) <= self.longest and value.isprintable()
            require(fits, f"Expected {self.what} to be at most {self.longest} printable characters; got {value!r:.60}.")


def setting(default: Any, what: str, more: str = "", **known: Any) -> Any:
    """A field of a settings class with its default and what is known of it; `known` as in `Setting`."""
    return field(default=default, metadata={KEY: Setting(what=what, more=more, **known)})


def section(made: type, title: str, more: str = "") -> Any:
    """A field that holds another settings class, with the title of its group of options."""
    return field(default_factory=made, metadata={"title": title, "more": more})


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def number_text(number: float) -> str:
    """A number for a sentence: large whole numbers with commas, others in at most six digits."""
    return f"{number:,}" if isinstance(number, int) and abs(number) >= 10**6 else f"{number:g}"


def span(low: float, high: float, unit: str = "") -> str:
    """Where a number may lie, for a sentence that begins with "Expected the …"; `high` may be infinite."""
    return (
        f"to be at least {number_text(low)}{unit}"
        if high == math.inf
        else f"between {number_text(low)} and {number_text(high)}{unit}"
    )


class Checked:
    """A settings class that checks every field by its metadata."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field]]  # every settings class is a dataclass

    def __post_init__(self) -> None:
        for one in fields(self):
            known, value = one.metadata.get(KEY), getattr(self, one.name)
            if known is None or (value is None and one.default is None):
                continue
            kind, of_kind = KINDS[str(getattr(one.type, "__name__", one.type)).partition(" ")[0]]
            right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
            require(right, f"Expected {known.what} to be {of_kind}; got {value!r:.60}.")
            known.check(value)

    def kept(self) -> dict[str, Any]:
        """The values by field as the names of results and records have them: without late ones that are the default."""
        values = {one.name: (getattr(self, one.name), one) for one in fields(self)}
        return {name: value for name, (value, one) in values.items() if value != one.default or not _late(one)}

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in self.kept().items())})"


def _late(one: Field) -> bool:
    return KEY in one.metadata and one.metadata[KEY].late


KINDS: dict[str, tuple[type, str]] = {  # by annotation: what a value must be, and what a sentence calls that
    "bool": (bool, "true or false"),
    "int": (numbers.Integral, "a whole number"),
    "float": (numbers.Real, "a number"),
    "str": (str, "text"),
    "Channels": (tuple, "a tuple of three numbers"),
}


@dataclass(frozen=True, slots=True)
class ModelSettings(Checked):
    """What a model is to be read with, whatever was published with its weights; None: as published, or assumed.

    `mean` and `std` are those of the channels, pixels in [0, 1]; `resize_mode` and `interpolation` as in
    `Preprocessing`. `activation` is that of open_clip's own transformers: GELU, or OpenAI's QuickGELU, x sigmoid(1.702
    x) (Hendrycks and Gimpel, 2016), which has no weights, so that a file cannot tell them apart. `image_size` is in
    pixels a side, a multiple of the patches of a ViT, whose position embeddings are interpolated.
    """

    ACTIVATIONS = ("gelu", "quickgelu")
    RESIZE_MODES = ("shortest", "squash", "longest")
    INTERPOLATIONS = ("bicubic", "bilinear")

    activation: str | None = setting(None, "the activation", "that the weights were trained with", choices=ACTIVATIONS)
    mean: Channels | None = setting(None, "the mean of the channels", "red, green, blue; pixels in [0, 1]")
    std: Channels | None = setting(None, "the standard deviation of the channels", "red, green, blue")
    resize_mode: str | None = setting(
        None, "the resize mode", "the short side fits and the middle is cut out, the picture is stretched to a square,"
        " or the long side fits and the rest is filled", choices=RESIZE_MODES,
    )  # fmt: skip
    interpolation: str | None = setting(None, "the interpolation of resizing", choices=INTERPOLATIONS)
    image_size: int | None = setting(
        None, "the size of pictures", "pixels a side; the positions of a ViT are interpolated, and a larger size gives"
        " finer maps", low=1, high=2048,
    )  # fmt: skip

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        check_channels(self.mean, self.std)

    @property
    def preprocessing(self) -> dict[str, Any]:
        """The parts of the preprocessing that are given."""
        parts = ("mean", "std", "resize_mode", "interpolation")
        return {part: value for part in parts if (value := getattr(self, part)) is not None}

    @property
    def quick_gelu(self) -> bool | None:
        """Whether QuickGELU is asked for; None: nothing is."""
        return None if self.activation is None else self.activation == "quickgelu"


def check_channels(mean: Channels | None, std: Channels | None) -> None:
    """Raise `EngineError` for a mean or a deviation that is not three numbers, a mean outside [0, 1] and a
    deviation of 0 or less."""
    for name, value in (("mean", mean), ("standard deviation", std)):
        right = value is None or (
            len(value) == 3 and all(isinstance(x, numbers.Real) and math.isfinite(x) for x in value)
        )
        require(right, f"Expected the {name} of the channels to be three numbers; got {value!r:.60}.")
    within = mean is None or all(0 <= x <= 1 for x in mean)
    require(within, f"Expected the mean of the channels between 0 and 1, not in levels of 255; got {mean!r:.60}.")
    require(std is None or min(std) > 0, f"Expected the standard deviation of the channels above 0; got {std!r:.60}.")


@dataclass(frozen=True, slots=True, repr=False)
class AttackSettings(Checked):
    """A perturbation whose `norm` is at most `epsilon`, pixels in [0, 1]; attacks without a limit heed neither.

    "linf" is the largest change of a channel, "l2" the Euclidean length of the change over all channels and pixels.
    `attack` is a key of `ATTACKS`. `step_size`, a length in the same norm, None means epsilon / 4, as the papers of
    this family do (R-TPT, A-TPT). FGSM is one step of size epsilon whatever `steps` says; APGD, DeepFool and Square
    set their own step size; for Square `steps` are queries. `pgd-crops` attacks the mean logits of the picture and
    random crops of it, fresh at each step: an attacker who knows that defences look at crops; `pgd-views` does so
    through AugMix views, `pgd-transformations` through what happens to pictures; `adaptive` goes through the whole
    defence `target_defence`, a key of `DEFENCES`. These four take the mean logits of `eot_samples` fresh looks per
    step (EOT, Athalye et al., ICML 2018). In `adaptive`, `unroll` says how the tuning step is differentiated:
    "none" takes the tuned prompt as given, "exact" differentiates AdamW's first step as it is, "straight" as if it
    followed the gradient's size and not its sign. `target` is the number of a class to reach; None: away from the
    label, wherever to. `confidence` is Carlini & Wagner's kappa: by how many logits another class must lead before
    a change counts. `legacy` cuts the attacked picture off to 8 bits as R-TPT and A-TPT do, which may leave the
    ball by one level, instead of rounding it and bringing it back.

    `written-word` writes `written` (empty: the target's name, else that of the likeliest wrong class) in letters of
    `text_size`, a share of the side, outlined as wide as `text_outline` of that, turned by `text_rotation` degrees
    against the clock. `place_x` and `place_y` are the middle as shares of the side from the left and from the top;
    with `places` n above 1 the worst of n times n places is taken instead. With `control` the null arm is made in
    the attack's place: words as long that name nothing, or random pixels in the patch.

    `patch` paints a `patch_shape` of `patch_size`, a share of the side, in `steps` steps, its middle at that place
    or, where `patch_at` is "gradient", where the sizes of the loss's gradient on the clean picture sum up to most, or
    with "map" on the strongest cell of the relevance map of the clean picture, for the class that is attacked.
    `corruption` damages the picture in one of the kinds of ImageNet-C, with `severity` from 1 to 5.

    `only_cells` are the cells of the picture that an attack with a limit may change, as `Cells` reads them; empty: all.
    """

    NORMS = ("linf", "l2")
    UNROLLS = ("none", "exact", "straight")
    USUAL = {"linf": 4 / 255, "l2": 1.0}  # epsilon where nobody names one
    LARGEST = {"linf": 64 / 255, "l2": 64.0}  # epsilon
    PATCH_SHAPES = ("square", "circle")
    PATCH_PLACES = ("given", "gradient", "map")
    CORRUPTIONS = (
        "gaussian-noise", "shot-noise", "impulse-noise", "defocus-blur", "glass-blur", "motion-blur", "zoom-blur",
        "snow", "fog", "brightness", "contrast", "elastic", "pixelate", "jpeg", "speckle-noise", "gaussian-blur",
        "spatter", "saturate",
    )  # fmt: skip
    TEXT_COLOURS = ("white", "black", "red", "yellow", "green", "cyan", "blue", "magenta")

    attack: str = setting("pgd", "the attack", registry="attack")
    epsilon: float = setting(
        4 / 255, "epsilon", "the largest change of a channel, n/255, or with l2 the length of the change; 0: no attack",
        word="eps", low=0, length=True, slider=(0, 16, 0.5),
    )  # fmt: skip
    step_size: float | None = setting(
        None, "the step size", "the length of a step, in the unit of eps; 0: a quarter of eps",
        low=1e-6, high=64, none=0, length=True, slider=(0, 16, 0.05),
    )  # fmt: skip
    steps: int = setting(
        20, "attack steps", "iterations of the attack, for square queries; fgsm makes one", low=1, high=1000,
        slider=(1, 100, 1),
    )  # fmt: skip
    seed: int = setting(0, "a seed", "all that is random is drawn with it", low=0, high=LARGEST_SEED)
    target_defence: str = setting("a-tpt", "the defence that the adaptive attack goes through", registry="defence")
    norm: str = setting(
        "linf", "the norm", "linf: the largest change of a channel; l2: the length of the change, pixels in [0, 1]",
        choices=NORMS,
    )  # fmt: skip
    eot_samples: int = setting(
        1, "EOT samples per step", "fresh looks averaged, by attacks through crops, views or a defence", low=1, high=64,
        slider=(1, 16, 1),
    )  # fmt: skip
    unroll: str = setting(
        "straight", "the gradient of the tuning step",
        "of the adaptive attack: none, as it is, or as if the step followed the size of its gradient",
        choices=UNROLLS,
    )  # fmt: skip
    target: int | None = setting(
        None, "the number of a target class", "the class that the attack is to reach; without it, wherever to", low=0,
        class_name=True,
    )  # fmt: skip
    legacy: bool = setting(
        False,
        "legacy",
        "keep the flaws of the official codes that published numbers depend on, of attacks and defences",
    )
    confidence: float = setting(
        0.0, "the confidence", "by how many logits another class must lead (kappa), so that a change outlasts rounding",
        low=0, high=100, slider=(0, 20, 0.5),
    )  # fmt: skip
    written: str = setting(
        "", "the words to write", "on the picture; without, the target, else the class that comes second", longest=60,
        late=True,
    )  # fmt: skip
    text_size: float = setting(
        0.16, "the size of the letters", "as a share of the picture's side; smaller where the words do not fit",
        low=0.04, high=0.6, slider=(0.04, 0.6, 0.01), late=True,
    )  # fmt: skip
    text_colour: str = setting("white", "the colour of the letters", choices=TEXT_COLOURS, late=True)
    text_outline: float = setting(
        0.12, "the outline of the letters", "black or white, whichever they stand out from; a share of their size",
        low=0, high=0.3, slider=(0, 0.3, 0.01), late=True,
    )  # fmt: skip
    text_opacity: float = setting(
        1.0, "the opacity of the letters", "1: nothing shows through", low=0.05, high=1, slider=(0.05, 1, 0.05),
        late=True,
    )  # fmt: skip
    text_rotation: float = setting(
        0.0, "the rotation of the letters", "in degrees, against the clock", low=-180, high=180,
        slider=(-180, 180, 5), late=True,
    )  # fmt: skip
    place_x: float = setting(
        0.5, "the place from the left", "of the middle, as a share of the picture's side", low=0, high=1,
        slider=(0, 1, 0.01), late=True,
    )  # fmt: skip
    place_y: float = setting(
        0.85, "the place from the top", "of the middle, as a share of the picture's side", low=0, high=1,
        slider=(0, 1, 0.01), late=True,
    )  # fmt: skip
    places: int = setting(
        1, "the number of places a side", "that are tried, the worst being kept; 1: only the place that is given",
        low=1, high=8, slider=(1, 8, 1), late=True,
    )  # fmt: skip
    control: bool = setting(
        False, "the null arm", "in the attack's place: words as long that name nothing, or random pixels in the patch,"
        " so that one sees what mere covering does", late=True,
    )  # fmt: skip
    patch_size: float = setting(
        0.25, "the size of the patch", "as a share of the picture's side", low=0.02, high=0.9,
        slider=(0.02, 0.9, 0.01), late=True,
    )  # fmt: skip
    patch_shape: str = setting("square", "the shape of the patch", choices=PATCH_SHAPES, late=True)
    patch_at: str = setting(
        "given", "the place of the patch", "the given one, where the gradient of the loss is steepest on the clean"
        " picture, or the strongest cell of the relevance map of the clean picture", choices=PATCH_PLACES, late=True,
    )  # fmt: skip
    corruption: str = setting(
        "gaussian-noise", "the corruption", "ordinary damage, after ImageNet-C; frost is not among them",
        choices=CORRUPTIONS, late=True,
    )  # fmt: skip
    severity: int = setting(3, "the severity", "of the corruption", low=1, high=5, slider=(1, 5, 1), late=True)
    only_cells: str = setting(
        "", "the cells that may change", "ROWSxCOLUMNS: and for each row of cells, from the top, a hexadecimal number"
        " whose bits are its cells, as in 2x3:4.3, the first of the first row and the last two of the second; without,"
        " all may", longest=300, late=True,
    )  # fmt: skip

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        if self.only_cells:
            Cells.parse(self.only_cells)
        largest = self.LARGEST[self.norm]
        require(
            self.epsilon <= largest,
            f"Expected epsilon ({self.norm}, pixels in [0, 1]) between 0 and {largest:g}; got {self.epsilon:g}.",
        )

    @property
    def step(self) -> float:
        """The step size in force, pixels in [0, 1]."""
        return self.epsilon / 4 if self.step_size is None else self.step_size


@dataclass(frozen=True, slots=True)
class AttentionSettings(Checked):
    """Which map of `MAPS`; values above `clip_quantile` of a map are clipped before scaling.

    Raw attention is read from `layer` (from 0; None: the last) and `head` (None: the mean of all). Rollout fuses heads
    by `fusion` and drops the `discard` share of each block's entries, the smallest. Relevance and LeGrad read the
    `last_blocks` (None: all, as in their papers; unless told otherwise, the codes of their authors read 1 and 2).
    Grad-CAM of a transformer reads the `cam_tokens` of the last block: "normed", behind its first LayerNorm, as
    pytorch-grad-cam does, or "entering", before it, as A-TPT's code does. `shuffled` draws the map of a model whose
    weights are in random order, in the "last" block of the image tower or in "all" of it: a map that does not change
    shows nothing that was learned. `seed` is that of the order, and of the random map.
    """

    FUSIONS = ("mean", "max", "min")
    CAM_TOKENS = ("normed", "entering")
    SHUFFLED = ("", "last", "all")

    map: str = setting("a-tpt", "the map", registry="map")
    clip_quantile: float = setting(
        0.99, "the clip quantile", "values of a map above it are clipped before scaling", low=0.5, high=1,
        slider=(0.5, 1, 0.01),
    )  # fmt: skip
    layer: int | None = setting(
        None, "the layer", "the one that raw attention is read from, counted from 0; -1: the last", low=0, none=-1,
        owner=("raw",), slider=(-1, 47, 1),
    )  # fmt: skip
    head: int | None = setting(
        None, "the head", "the one that raw attention is read from, counted from 0; -1: the mean of all",
        low=0, none=-1, owner=("raw",), slider=(-1, 31, 1),
    )  # fmt: skip
    fusion: str = setting("mean", "the fusion of heads in rollout", choices=FUSIONS, owner=("rollout",))
    discard: float = setting(
        0.0, "the share of attention discarded", "the smallest, in rollout", low=0, high=0.99,
        owner=("rollout",), slider=(0, 0.99, 0.01),
    )  # fmt: skip
    last_blocks: int | None = setting(
        None, "the number of last blocks read",
        "by relevance and LeGrad; 0: all, as in their papers; unless told otherwise, their authors' codes read 1"
        " (relevance, its CLIP notebook) and 2 (LeGrad)",
        low=1, none=0, owner=("relevance", "legrad"), slider=(0, 48, 1),
    )  # fmt: skip
    cam_tokens: str = setting(
        "normed", "the tokens that Grad-CAM reads",
        "of the last block of a transformer: behind its first LayerNorm, as pytorch-grad-cam does, or those that enter"
        " it, as A-TPT's code does",
        choices=CAM_TOKENS, owner=("grad-cam",),
    )  # fmt: skip
    shuffled: str = setting(
        "", "the blocks to shuffle",
        "draw the map of a model whose weights are in random order, in its last block or all", choices=SHUFFLED,
    )  # fmt: skip
    seed: int = setting(0, "a seed", low=0, high=LARGEST_SEED)


@dataclass(frozen=True, slots=True)
class LensSettings(Checked):
    """What is read off a patch after a layer: its token as the layer leaves it ("tokens"), or as that layer would leave
    it if the patch read nothing but itself there ("values"), as MaskCLIP does with the last one."""

    READS = ("tokens", "values")

    lens: str = setting(
        "tokens", "the reading of the lens",
        "of a patch the token that a layer leaves, or what that layer would leave of it if it read itself alone",
        choices=READS,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ViewSettings(Checked):
    """How views are made (A-TPT section on attention-guided augmentation; defaults of its released code).

    `crops` are random crops, mirrored half of the time; `augmix` mixes each with altered copies of itself (TPT);
    `attention` mixes by attention (A-TPT). `perspective` are copies as from other angles (AGC), `everyday` the 31
    fixed changes of DBD, which begin anew behind the last.
    The `high` share of pixels with most attention keeps `keep_high` of the base view, the `low` share with least
    keeps `keep_low`; between them the view's Beta draw decides. `smallest_crop` is the least share of the picture's
    area in a crop, `guide` the key of `MAPS` that guides attention views. Without `augmix`, views of every kind are
    crops only, as TPT and its followers have them on ImageNet and its variants; their maps then serve TV weights only.
    """

    KINDS = ("attention", "augmix", "crops", "perspective", "everyday")
    MIXED = ("attention", "augmix")  # kinds whose crops are mixed with altered copies of themselves

    kind: str = setting(
        "attention", "the kind of views", "crops mixed by attention, mixed as a whole, or not mixed, other angles, or"
        " everyday changes", choices=KINDS, recipe=True,
    )  # fmt: skip
    count: int = setting(
        64, "the number of views", "as many a defence makes of a picture", word="views", low=2, high=256,
        slider=(8, 128, 8),
    )  # fmt: skip
    high: float = setting(
        0.2, "the high share", "pixels that count as high attention", low=0, high=1, slider=(0, 1, 0.05)
    )
    low: float = setting(0.8, "the low share", "pixels that count as low attention", low=0, high=1, slider=(0, 1, 0.05))
    keep_high: float = setting(
        0.8, "the share of the crop kept where attention is high", low=0, high=1, slider=(0, 1, 0.05)
    )
    keep_low: float = setting(
        0.2, "the share of the crop kept where attention is low", low=0, high=1, slider=(0, 1, 0.05)
    )
    smallest_crop: float = setting(
        0.08, "the smallest crop", "as a share of the picture's area", low=1e-4, high=1,
        slider=(0.05, 1, 0.01),
    )  # fmt: skip
    seed: int = setting(0, "a seed", low=0, high=LARGEST_SEED)
    guide: str = setting(
        "a-tpt", "the guide", "the map that A-TPT mixes its views by, where the recipe names none", registry="map"
    )
    augmix: bool = setting(
        True,
        "augmix",
        "mixtures in the views; without, as TPT and its followers have them on ImageNet and its variants",
    )

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        require(
            self.high + self.low <= 1 + 1e-9,
            f"The high and low shares must not overlap: expected high + low <= 1; got {self.high + self.low:g}.",
        )


@dataclass(frozen=True, slots=True)
class TuneSettings(Checked):
    """AdamW on the prompt's context vectors over the `keep` share of views with least entropy.

    `marginal` minimises the entropy of the mean prediction (TPT), `pointwise` the mean entropy (R-TPT, A-TPT),
    `dispersed` is TPT's with class sentences kept apart (C-TPT), `neighbour-agreement` adds the views' disagreement
    (SS-TPT). `legacy`: where the share is less than one view, none is kept, as in the official codes: the loss is nan,
    and only weight decay moves the prompt.
    """

    LOSSES = ("pointwise", "marginal", "dispersed", "neighbour-agreement")

    loss: str = setting(
        "pointwise", "the loss", "what tuning lowers: R-TPT's, TPT's, C-TPT's or SS-TPT's", choices=LOSSES, recipe=True
    )
    steps: int = setting(
        1, "tuning steps", "updates of the prompt", word="tune_steps", low=0, high=100, slider=(0, 20, 1)
    )
    learning_rate: float = setting(
        5e-3, "the learning rate of the prompt (AdamW)", low=0, high=1, slider=(0.001, 0.05, 0.001)
    )
    keep: float = setting(
        0.1, "the share of views kept", "the surest; the prompt is tuned on them", low=0.01, high=1,
        slider=(0.05, 1, 0.05),
    )  # fmt: skip
    weight_decay: float = setting(0.01, "the weight decay of the prompt", low=0, high=1, slider=(0, 0.2, 0.005))
    legacy: bool = setting(False, "legacy")


@dataclass(frozen=True, slots=True)
class EnsembleSettings(Checked):
    """How views are weighted in the answer.

    `similarity`: softmax of the mean cosine to the `neighbours` nearest views over `temperature` (released A-TPT,
    R-TPT). `tv`: softmax of minus the total variation of the attention maps over `tv_temperature` (the paper's figure).
    `uniform`: all views alike. `answer_views` None uses all views (recipes with `tv` weights: as many as the prompt was
    tuned on), else that many with least tuned entropy.

    What A-TPT's figure leaves open about total variation: `tv_map`, on the patch grid or on the map as large as the
    picture; `tv_norm`, of the map that guides the mixing, clipped and stretched to [0, 1] (`minmax`), of the map as
    computed (`none`), or of its share of the whole (`sum1`); `tv_reduction`, summed over neighbours or averaged, which
    keeps the weights from being one-hot. The formula as others report it is a sum with temperature 1. The maps are
    those of the crops before mixing, which the figure draws.

    `legacy`: neighbours are all views whose cosine stays below 1, so that rounding decides whether a view is its own
    neighbour, and views that are all equal have no answer (R-TPT, A-TPT); and SS-TPT's divergence of two predictions
    has its arguments the other way round. Published numbers were made so.
    """

    WEIGHTINGS = ("similarity", "tv", "uniform")
    TV_MAPS = ("grid", "upsampled")
    TV_NORMS = ("minmax", "sum1", "none")
    TV_REDUCTIONS = ("mean", "sum")

    weighting: str = setting(
        "similarity", "the weighting of views", "by similarity, by total variation, or alike", choices=WEIGHTINGS,
        recipe=True,
    )  # fmt: skip
    neighbours: int = setting(
        20, "the number of neighbours", "nearest views whose similarity counts", low=1, high=256, slider=(1, 64, 1)
    )
    temperature: float = setting(
        0.01, "the temperature of the weights by similarity", low=1e-6, high=100, slider=(0.001, 0.2, 0.001)
    )
    tv_temperature: float = setting(
        0.05, "the temperature of the weights by total variation", low=1e-6, high=1000, slider=(0.01, 2, 0.01)
    )
    answer_views: int | None = setting(
        None, "the number of views that answer",
        "only so many, the surest, in R-TPT and A-TPT; 0: all, with TV weights as many as tuned on",
        low=1, high=256, none=0, slider=(0, 128, 1),
    )  # fmt: skip
    tv_map: str = setting(
        "grid", "the map of the total variation", "on the patch grid or as large as the picture", choices=TV_MAPS
    )
    tv_norm: str = setting(
        "minmax",
        "the normalisation of the map of the total variation",
        "stretched to [0, 1], made to sum to 1, as computed",
        choices=TV_NORMS,
    )
    tv_reduction: str = setting(
        "mean", "the reduction of the total variation", "of the steps between neighbours", choices=TV_REDUCTIONS
    )
    legacy: bool = setting(False, "legacy")

    @property
    def tv_reading(self) -> str:
        """Which reading of total variation is in force, in words."""
        size = {"grid": "the patch grid", "upsampled": "maps as large as the picture"}[self.tv_map]
        norm = {"minmax": "stretched to [0, 1]", "sum1": "made to sum to 1", "none": "as computed"}[self.tv_norm]
        return f"{self.tv_reduction} over {size}, {norm}, temperature {self.tv_temperature:g}"


@dataclass(frozen=True, slots=True)
class PictureSettings(Checked):
    """How a picture of any shape becomes the square that the model sees.

    `fit` "" is what the model was trained with, for most the centre crop of the published protocols. "crop" fits the
    short side and cuts a square out, "squash" stretches the whole picture to a square, "pad" fits the long side and
    fills up. `frame` is where a crop lies along the long side, from 0, left or top, to 1, right or bottom.
    """

    FITS = ("", "crop", "squash", "pad")

    fit: str = setting(
        "", "the fit of the picture",
        "a square cut out, the whole picture squashed, or the whole of it padded; without it, what the model was"
        " trained with, mostly the centre crop of the published protocols",
        choices=FITS,
    )  # fmt: skip
    frame: float = setting(
        0.5, "the place of the frame", "of a crop along the long side: 0 left or top, 1 right or bottom", low=0, high=1,
        slider=(0, 1, 0.01),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnswerSettings(Checked):
    """How an answer is read once it is there: whether it may be “none of these”.

    With `none_of_these`, an answer whose highest cosine with a class sentence lies below `none_below` is “none of
    these”. That is an abstention, neither right nor wrong: what is attacked, tuned and defended are the classes alone,
    and what an attack or a defence did to the likeliest class is told as without it. Answers put together of many views
    have no cosine of their own and are never “none of these”. No threshold serves every model: that CLIPs give a
    sentence that fits 0.2 to 0.3 is said by experience, and was not measured here.
    """

    none_of_these: bool = setting(
        False, "“none of these”",
        "as an answer where no cosine of the picture with a class sentence reaches the threshold; it is"
        " neither right nor wrong",
    )  # fmt: skip
    none_below: float = setting(
        0.2, "the threshold of “none of these”",
        "the least cosine of an answer that is a class; it depends on the model: by experience CLIPs give a sentence"
        " that fits 0.2 to 0.3", low=-1, high=1, slider=(0, 1, 0.01),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything `explore` needs.

    `defences` are keys of `DEFENCES`. `purifier` names a defence in picture space that every defence then builds on;
    `domain_word` is A-TPT's word for the data set, put before “photo” in its prompts. Both may be empty.
    `picture` is for whoever opens a picture file: all else works on the square of pixels that comes of it.
    `answer` is for whoever reads an answer out: nothing is computed otherwise for it.
    """

    attack: AttackSettings = section(AttackSettings, "attack")
    attention: AttentionSettings = section(AttentionSettings, "maps")
    lens: LensSettings = section(LensSettings, "lens")
    views: ViewSettings = section(ViewSettings, "views")
    tuning: TuneSettings = section(TuneSettings, "prompt tuning")
    ensemble: EnsembleSettings = section(EnsembleSettings, "weights of the views")
    defences: tuple[str, ...] = setting(
        ("clip", "view-average", "tpt", "r-tpt", "a-tpt"), "the defence", registry="defence",
        each="defence",
    )  # fmt: skip
    purifier: str = setting(
        "", "the purifier", "a defence that cleans the picture before all others", registry="purifier"
    )
    domain_word: str = setting("", "the domain word", "A-TPT's word before “photo” in its prompts")
    picture: PictureSettings = section(PictureSettings, "what the model sees of the picture")
    answer: AnswerSettings = section(AnswerSettings, "how the answer is read")

    def with_seed(self, seed: int) -> Settings:
        """The same settings with `seed` for the attack, the maps and the views."""
        seeded = {name: replace(getattr(self, name), seed=seed) for name in ("attack", "attention", "views")}
        return replace(self, **seeded)
