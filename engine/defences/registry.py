"""Test-time defences as recipes: which picture, which views, which loss, which predictor.

A new paper is a new entry of `DEFENCES` and at most one small function in `purify`, `tuning` or `predictors`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Defence:
    """A recipe. `views` are of this kind (None: the picture alone), `loss` tunes the prompt on them (None: untuned),
    `predictor` is a key of `PREDICTORS`, `purifier` of `PURIFIERS` (None: the picture as it is).

    `count`, `keep` and `guide` replace those of the settings where the paper fixes them. `domain` tells that it
    may put the settings' domain word into its prompt, `templates` that it averages the model's own set of prompts,
    `scored` that it scores the views by agreement before it tunes and answers. `cost` counts passes at 64 views, attack
    excluded.
    """

    title: str
    views: str | None
    loss: str | None
    predictor: str
    source: str
    explanation: str
    cost: str
    purifier: str | None = None
    count: int | None = None
    keep: float | None = None
    guide: str | None = None
    domain: bool = False
    templates: bool = False
    scored: bool = False


_A_TPT = Defence(
    title="A-TPT",
    views="attention",
    loss="pointwise",
    predictor="similarity",
    source="A-TPT, ICML 2026 (arXiv 2605.19956), as released",
    explanation="As R-TPT, but where the model pays little attention the crops are changed most.",
    cost="128 image forward, 64 back through two blocks; 2 text forward, 1 back",
    domain=True,
)
DEFENCES: dict[str, Defence] = {
    "clip": Defence(
        title="No defence",
        views=None,
        loss=None,
        predictor="view-0",
        source="Radford et al., ICML 2021",
        explanation="The untouched model looks once at the picture.",
        cost="1 image forward",
    ),
    "clip-templates": Defence(
        title="Prompt ensemble",
        views=None,
        loss=None,
        predictor="view-0",
        source="Radford et al., ICML 2021, section 3.1.4",
        explanation="The untouched model, with each class name in several sentences whose features are averaged.",
        cost="1 image forward",
        templates=True,
    ),
    "view-average": Defence(
        title="View average",
        views="augmix",
        loss=None,
        predictor="uniform",
        source="the row “Ensemble” of Sheng et al., CVPR 2025",
        explanation="The model looks at many random crops, and its probabilities are averaged.",
        cost="64 image forward",
    ),
    "tpt": Defence(
        title="TPT",
        views="augmix",
        loss="marginal",
        predictor="view-0",
        source="Shu et al., NeurIPS 2022",
        explanation="The prompt is tuned until the surest crops agree; the picture is then looked at once.",
        cost="64 image forward; 2 text forward, 1 back",
    ),
    "c-tpt": Defence(
        title="C-TPT",
        views="augmix",
        loss="dispersed",
        predictor="view-0",
        source="Yoon et al., ICLR 2024",
        explanation="As TPT, with the class sentences kept apart, so that confidences mean more.",
        cost="64 image forward; 2 text forward, 1 back",
    ),
    "mta": Defence(
        title="MTA",
        views="crops",
        loss=None,
        predictor="mode",
        source="Zanella & Ben Ayed, CVPR 2024",
        explanation="No tuning: the densest spot among the features of many crops is the answer.",
        cost="64 image forward",
    ),
    "zero": Defence(
        title="ZERO",
        views="crops",
        loss=None,
        predictor="votes",
        source="Farina et al., NeurIPS 2024",
        explanation="No tuning: the surest third of the crops vote; its confidence is the share of their votes.",
        cost="64 image forward",
    ),
    "tda": Defence(
        title="TDA (one picture)",
        views="augmix",
        loss=None,
        predictor="cached",
        source="Karmanov et al., CVPR 2024, with caches that forget each picture",
        explanation="No tuning: sure crops draw the answer to their class, unsure ones push it off all they consider.",
        cost="64 image forward",
    ),
    "ss-tpt": Defence(
        title="SS-TPT",
        views="augmix",
        loss="neighbour-agreement",
        predictor="neighbour-agreement",
        source="SS-TPT, ICML 2026",
        explanation="Few crops; those count more that resemble the others and stand a small change.",
        cost="32 image forward (16 views); 2 text forward, 1 back",
        count=16,
        keep=3 / 16,
        scored=True,
    ),
    "t-vss": Defence(
        title="T-VSS",
        views="augmix",
        loss=None,
        predictor="steered",
        source="arXiv 2606.23132",
        explanation="The prompt stays; the features of all crops move together until they are surer.",
        cost="64 image forward",
    ),
    "r-tpt": Defence(
        title="R-TPT",
        views="augmix",
        loss="pointwise",
        predictor="similarity",
        source="Sheng et al., CVPR 2025",
        explanation="The prompt is tuned until the surest crops are surer; crops that resemble others count more.",
        cost="64 image forward; 2 text forward, 1 back",
    ),
    "a-tpt": _A_TPT,
    "a-tpt-tv": replace(
        _A_TPT,
        title="A-TPT (TV weights)",
        predictor="tv",
        source="A-TPT, ICML 2026, as its figure draws it",
        explanation="As A-TPT, but the surest crops are weighted by how calm their attention map is.",
    ),
    "a-tpt-repaired": replace(
        _A_TPT,
        title="A-TPT (repaired map)",
        source="A-TPT with a map of ours",
        explanation="As A-TPT, with the map whose last-block weights do not cancel to rounding residue.",
        guide="a-tpt-repaired",
    ),
    "ttc": Defence(
        title="TTC",
        views=None,
        loss=None,
        predictor="view-0",
        source="Xing et al., CVPR 2025",
        explanation="If noise hardly moves what the model sees, the picture is pushed away from where it is.",
        cost="5 image forward, 2 back",
        purifier="ttc",
    ),
    "mac": Defence(
        title="MAC",
        views=None,
        loss=None,
        predictor="view-0",
        source="MAC, CVPR 2026",
        explanation="The picture and a jittered copy are pushed away from where they are, as far as jitter suggests.",
        cost="14 image forward, 8 back",
        purifier="mac",
    ),
    "et3": Defence(
        title="ET3",
        views=None,
        loss=None,
        predictor="view-0",
        source="ET3, CVPR 2026",
        explanation="The picture is moved a little to where some class fits it better.",
        cost="3 image forward, 2 back",
        purifier="et3",
    ),
}
