"""Options for views, tuning and weights: the same choices, with the same defaults, that the page offers."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..defences.registry import DEFENCES, PURIFIERS
from ..maps.registry import MAPS
from ..settings import AttackSettings, EnsembleSettings, Settings, TuneSettings, ViewSettings

SHARES = {
    "high": "share of pixels that count as high attention",
    "low": "share of pixels that count as low attention",
    "keep_high": "share of the crop that is kept where attention is high",
    "keep_low": "share of the crop that is kept where attention is low",
}
OWN = {
    "--kind": "crops mixed by attention, mixed as a whole, or not mixed",
    "--loss": "what tuning lowers: R-TPT's, TPT's, C-TPT's or SS-TPT's",
    "--weighting": "of views by similarity, by total variation, or alike",
}


def add_defence_options(parser: argparse.ArgumentParser) -> None:
    """Which defences, and what they share."""
    chosen = ", ".join(Settings().defences)
    group = parser.add_argument_group("defence", f"METHOD is one of {', '.join(DEFENCES)}.")
    several = {"action": "append", "choices": list(DEFENCES), "metavar": "METHOD"}
    group.add_argument("--defence", dest="defences", **several, help=f"repeat for several; default: {chosen}")
    group.add_argument("--all-defences", action="store_true", help="every defence there is")
    group.add_argument("--purifier", choices=list(PURIFIERS), default="", help="clean the picture by this one first")
    group.add_argument("--domain-word", default="", metavar="WORD", help="A-TPT's word before “photo” in its prompts")
    _add_view_options(parser, ViewSettings())
    _add_tuning_options(parser, TuneSettings())
    _add_weight_options(parser, EnsembleSettings())
    _add_tv_options(parser, EnsembleSettings())


def _add_view_options(parser: argparse.ArgumentParser, default: ViewSettings) -> None:
    group = parser.add_argument_group("views", f"MAP is one of {', '.join(MAPS)}.")
    _add_whole(group, "--views", default.count, "views of a picture that a defence makes")
    told = "the map that A-TPT mixes its views by, where the recipe names none; default: %(default)s"
    group.add_argument("--guide", choices=list(MAPS), metavar="MAP", default=default.guide, help=told)
    told = "crops without mixtures, as TPT and its followers have them on ImageNet and its variants"
    group.add_argument("--no-augmix", action="store_true", help=told)
    for name, meaning in SHARES.items():
        _add_number(group, "--" + name.replace("_", "-"), getattr(default, name), meaning)
    _add_number(group, "--smallest-crop", default.smallest_crop, "least share of the picture's area in a crop")


def _add_tuning_options(parser: argparse.ArgumentParser, default: TuneSettings) -> None:
    group = parser.add_argument_group("prompt tuning")
    _add_whole(group, "--tune-steps", default.steps, "updates of the prompt")
    _add_number(group, "--learning-rate", default.learning_rate, "of these updates (AdamW)")
    _add_number(group, "--keep", default.keep, "share of the views, the surest, that it is tuned on")


def _add_weight_options(parser: argparse.ArgumentParser, default: EnsembleSettings) -> None:
    group = parser.add_argument_group("weights of the views")
    _add_whole(group, "--neighbours", default.neighbours, "nearest views whose similarity counts")
    _add_number(group, "--temperature", default.temperature, "of the weights by similarity")
    told = "only the N surest views answer in R-TPT and A-TPT (default: all; with TV weights: as many as tuned on)"
    group.add_argument("--answer-views", type=int, metavar="N", help=told)


def _add_tv_options(parser: argparse.ArgumentParser, default: EnsembleSettings) -> None:
    group = parser.add_argument_group("total variation", "What A-TPT's figure leaves open about its TV weights.")
    for option, allowed, value, meaning in (
        ("--tv-map", EnsembleSettings.TV_MAPS, default.tv_map, "of maps on the patch grid or as large as the picture"),
        ("--tv-norm", EnsembleSettings.TV_NORMS, default.tv_norm, "stretched to [0, 1], made to sum to 1, as computed"),
        ("--tv-reduction", EnsembleSettings.TV_REDUCTIONS, default.tv_reduction, "of the steps between neighbours"),
    ):
        group.add_argument(option, choices=allowed, default=value, help=f"{meaning}; default: %(default)s")
    _add_number(group, "--tv-temperature", default.tv_temperature, "of the weights by total variation")


def _add_whole(group: argparse._ArgumentGroup, option: str, value: int, meaning: str) -> None:
    group.add_argument(option, type=int, default=value, metavar="N", help=f"{meaning}; default: %(default)s")


def _add_number(group: argparse._ArgumentGroup, option: str, value: float, meaning: str) -> None:
    group.add_argument(option, type=float, default=value, metavar="X", help=f"{meaning}; default: %(default)s")


def add_own_options(parser: argparse.ArgumentParser) -> None:
    """The choices of one defence of your own, which the recipes leave open."""
    default = Settings()
    group = parser.add_argument_group("a defence of your own", "Shown beside the defences as “your settings”.")
    for option, allowed, value in (
        ("--kind", ViewSettings.KINDS, default.views.kind),
        ("--loss", TuneSettings.LOSSES, default.tuning.loss),
        ("--weighting", EnsembleSettings.WEIGHTINGS, default.ensemble.weighting),
    ):
        group.add_argument(option, choices=allowed, default=value, help=f"{OWN[option]}; default: %(default)s")


def with_own(args: argparse.Namespace, settings: Settings) -> Settings:
    """The settings with the choices of `add_own_options`."""
    return replace(
        settings,
        views=replace(settings.views, kind=args.kind),
        tuning=replace(settings.tuning, loss=args.loss),
        ensemble=replace(settings.ensemble, weighting=args.weighting),
    )


def defence_settings(args: argparse.Namespace, attack: AttackSettings) -> Settings:
    """The settings that the options ask for, with `attack`; raises `EngineError` for values out of range."""
    shares = {name: getattr(args, name) for name in SHARES}
    return Settings(
        attack=attack,
        views=ViewSettings(
            count=args.views,
            smallest_crop=args.smallest_crop,
            seed=args.seed,
            guide=args.guide,
            augmix=not args.no_augmix,
            **shares,
        ),
        tuning=TuneSettings(
            steps=args.tune_steps, learning_rate=args.learning_rate, keep=args.keep, legacy=args.legacy
        ),
        ensemble=EnsembleSettings(
            neighbours=args.neighbours,
            temperature=args.temperature,
            answer_views=args.answer_views,
            tv_map=args.tv_map,
            tv_norm=args.tv_norm,
            tv_reduction=args.tv_reduction,
            tv_temperature=args.tv_temperature,
            legacy=args.legacy,
        ),
        defences=tuple(DEFENCES) if args.all_defences else tuple(args.defences or Settings().defences),
        purifier=args.purifier,
        domain_word=args.domain_word,
    )
