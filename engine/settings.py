"""What a person may choose, one frozen object per stage; each refuses nonsense with an `EngineError`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .errors import require


def _choice(what: str, value: str, allowed: tuple[str, ...]) -> None:
    require(value in allowed, f"Expected {what} to be one of {', '.join(allowed)}; got “{value}”.")


def _seed(value: int) -> None:
    require(0 <= value < 2**63, f"Expected a seed from 0 to 2^63 - 1; got {value}.")


def _range(what: str, value: float, low: float, high: float) -> None:
    require(low <= value <= high, f"Expected {what} between {low:g} and {high:g}; got {value:g}.")


@dataclass(frozen=True, slots=True)
class AttackSettings:
    """A perturbation whose `norm` is at most `epsilon`, pixels in [0, 1].

    "linf" is the largest change of a channel, "l2" the Euclidean length of the change over all channels and pixels.
    `step_size`, a length in the same norm, None means epsilon / 4, as the papers of this family do (R-TPT, A-TPT).
    FGSM is one step of size epsilon whatever `steps` says; APGD, DeepFool and Square set their own step size; for
    Square `steps` are queries. `pgd-crops` attacks the mean logits of the picture and random crops of it, fresh at each
    step: an attacker who knows that defences look at crops; `pgd-views` does so through AugMix views; `adaptive` goes
    through the whole defence `target_defence`, a key of `DEFENCES`. These three take the mean logits of `eot_samples`
    fresh looks per step (EOT, Athalye et al., ICML 2018). In `adaptive`, `unroll` says how the tuning step is
    differentiated: "none" takes the tuned prompt as given, "exact" differentiates AdamW's first step as it is,
    "straight" as if it followed the gradient's size and not its sign. `target` is the number of a class to reach; None:
    away from the label, wherever to. `legacy` cuts the attacked picture off to 8 bits as R-TPT and A-TPT do, which may
    leave the ball by one level, instead of rounding it and bringing it back.
    """

    NORMS = ("linf", "l2")
    UNROLLS = ("none", "exact", "straight")
    LARGEST = {"linf": 64 / 255, "l2": 64.0}  # epsilon
    ATTACKS = ("pgd", "fgsm", "mi-fgsm", "apgd-ce", "apgd-dlr", "apgd-t", "cw", "deepfool", "square", "auto")
    ATTACKS += ("pgd-crops", "pgd-views", "adaptive")

    attack: str = "pgd"
    epsilon: float = 4 / 255
    step_size: float | None = None
    steps: int = 20
    seed: int = 0
    target_defence: str = "a-tpt"
    norm: str = "linf"
    eot_samples: int = 1
    unroll: str = "straight"
    target: int | None = None
    legacy: bool = False

    def __post_init__(self) -> None:
        _choice("the attack", self.attack, self.ATTACKS)
        _choice("the norm", self.norm, self.NORMS)
        _range(f"epsilon ({self.norm}, pixels in [0, 1])", self.epsilon, 0, self.LARGEST[self.norm])
        _range("attack steps", self.steps, 1, 1000)
        _range("draws per step", self.eot_samples, 1, 64)
        _choice("how tuning is unrolled", self.unroll, self.UNROLLS)
        _seed(self.seed)
        require(self.target is None or self.target >= 0, f"Expected the number of a target class; got {self.target}.")
        if self.step_size is not None:
            _range("the step size (pixels in [0, 1])", self.step_size, 1e-6, 64)

    @property
    def step(self) -> float:
        """The step size in force, pixels in [0, 1]."""
        return self.epsilon / 4 if self.step_size is None else self.step_size


@dataclass(frozen=True, slots=True)
class AttentionSettings:
    """Which map of `engine.maps.MAPS`; values above `clip_quantile` of a map are clipped before scaling.

    Raw attention is read from `layer` (from 0; None: the last) and `head` (None: the mean of all). Rollout fuses heads
    by `fusion` and drops the `discard` share of each block's entries, the smallest. Other maps heed none of these.
    `shuffled` draws the map of a model whose weights are in random order, in the "last" block of the image tower or in
    "all" of it: a map that does not change shows nothing that was learned. `seed` is that of the order, and of the
    random map.
    """

    FUSIONS = ("mean", "max", "min")
    SHUFFLED = ("", "last", "all")

    map: str = "a-tpt"
    clip_quantile: float = 0.99
    layer: int | None = None
    head: int | None = None
    fusion: str = "mean"
    discard: float = 0.0
    shuffled: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        _range("the clip quantile", self.clip_quantile, 0.5, 1)
        for what in ("layer", "head"):
            value = getattr(self, what)
            require(value is None or value >= 0, f"Expected the {what} to be counted from 0; got {value}.")
        _choice("the fusion of heads", self.fusion, self.FUSIONS)
        _range("the share of attention discarded", self.discard, 0, 0.99)
        _choice("what is shuffled", self.shuffled, self.SHUFFLED)
        _seed(self.seed)


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """How views are made (A-TPT section on attention-guided augmentation; defaults of its released code).

    `crops` are random crops, mirrored half of the time; `augmix` mixes each with altered copies of itself (TPT);
    `attention` mixes by attention (A-TPT).
    The `high` share of pixels with most attention keeps `keep_high` of the base view, the `low` share with least
    keeps `keep_low`; between them the view's Beta draw decides. `smallest_crop` is the least share of the picture's
    area in a crop, `guide` the key of `MAPS` that guides attention views. Without `augmix`, views of every kind are
    crops only, as TPT and its followers have them on ImageNet and its variants; their maps then serve TV weights only.
    """

    KINDS = ("attention", "augmix", "crops")

    kind: str = "attention"
    count: int = 64
    high: float = 0.2
    low: float = 0.8
    keep_high: float = 0.8
    keep_low: float = 0.2
    smallest_crop: float = 0.08
    seed: int = 0
    guide: str = "a-tpt"
    augmix: bool = True

    def __post_init__(self) -> None:
        _choice("the kind of views", self.kind, self.KINDS)
        _range("the number of views", self.count, 2, 256)
        for name in ("high", "low", "keep_high", "keep_low"):
            _range(name, getattr(self, name), 0, 1)
        require(
            self.high + self.low <= 1 + 1e-9,
            f"The high and low shares must not overlap: expected high + low <= 1; got {self.high + self.low:g}.",
        )
        _seed(self.seed)
        require(
            0 < self.smallest_crop <= 1,
            f"Expected the smallest crop to be a share above 0 and up to 1; got {self.smallest_crop:g}.",
        )


@dataclass(frozen=True, slots=True)
class TuneSettings:
    """AdamW on the prompt's context vectors over the `keep` share of views with least entropy.

    `marginal` minimises the entropy of the mean prediction (TPT), `pointwise` the mean entropy (R-TPT, A-TPT),
    `dispersed` is TPT's with class sentences kept apart (C-TPT), `agreement` adds the views' disagreement (SS-TPT).
    `legacy`: where the share is less than one view, none is kept, as in the official codes: the loss is nan, and only
    weight decay moves the prompt.
    """

    LOSSES = ("pointwise", "marginal", "dispersed", "neighbour-agreement")

    loss: str = "pointwise"
    steps: int = 1
    learning_rate: float = 5e-3
    keep: float = 0.1
    weight_decay: float = 0.01
    legacy: bool = False

    def __post_init__(self) -> None:
        _choice("the loss", self.loss, self.LOSSES)
        _range("tuning steps", self.steps, 0, 100)
        _range("the learning rate", self.learning_rate, 0, 1)
        _range("the share of views kept", self.keep, 0.01, 1)
        _range("weight decay", self.weight_decay, 0, 1)


@dataclass(frozen=True, slots=True)
class EnsembleSettings:
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

    weighting: str = "similarity"
    neighbours: int = 20
    temperature: float = 0.01
    tv_temperature: float = 0.05
    answer_views: int | None = None
    tv_map: str = "grid"
    tv_norm: str = "minmax"
    tv_reduction: str = "mean"
    legacy: bool = False

    def __post_init__(self) -> None:
        _choice("the weighting", self.weighting, self.WEIGHTINGS)
        _range("the number of neighbours", self.neighbours, 1, 256)
        _range("the temperature", self.temperature, 1e-6, 100)
        _range("the TV temperature", self.tv_temperature, 1e-6, 1000)
        _choice("the map of the total variation", self.tv_map, self.TV_MAPS)
        _choice("the normalisation of its map", self.tv_norm, self.TV_NORMS)
        _choice("its reduction", self.tv_reduction, self.TV_REDUCTIONS)
        if self.answer_views is not None:
            _range("the number of views that answer", self.answer_views, 1, 256)

    @property
    def tv_reading(self) -> str:
        """Which reading of total variation is in force, in words."""
        size = {"grid": "the patch grid", "upsampled": "maps as large as the picture"}[self.tv_map]
        norm = {"minmax": "stretched to [0, 1]", "sum1": "made to sum to 1", "none": "as computed"}[self.tv_norm]
        return f"{self.tv_reduction} over {size}, {norm}, temperature {self.tv_temperature:g}"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything `explore` needs.

    `purifier` names a defence in picture space (a key of `PURIFIERS`) that every defence then builds on;
    `domain_word` is A-TPT's word for the data set, put before “photo” in its prompts. Both may be empty.
    """

    attack: AttackSettings = field(default_factory=AttackSettings)
    attention: AttentionSettings = field(default_factory=AttentionSettings)
    views: ViewSettings = field(default_factory=ViewSettings)
    tuning: TuneSettings = field(default_factory=TuneSettings)
    ensemble: EnsembleSettings = field(default_factory=EnsembleSettings)
    defences: tuple[str, ...] = ("clip", "view-average", "tpt", "r-tpt", "a-tpt")
    purifier: str = ""
    domain_word: str = ""

    def with_seed(self, seed: int) -> Settings:
        """The same settings with `seed` for the attack and the views."""
        return replace(self, attack=replace(self.attack, seed=seed), views=replace(self.views, seed=seed))
