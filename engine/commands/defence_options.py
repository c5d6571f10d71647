"""Options for views, tuning and weights: the same choices, with the same defaults, that the page offers."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..maps import MAPS
from ..methods import METHODS
from ..purify import PURIFIERS
from ..settings import AttackSettings, EnsembleSettings, Settings, TuneSettings, ViewSettings

SHARES = {
    "high": "share of pixels that count as high attention",
    "low": "share of pixels that count as low attention",
    "keep_high": "of the crop kept where attention is high",
    "keep_low": "of the crop kept where attention is low",
}


def add_defence_options(parser: argparse.ArgumentParser) -> None:
    """Which methods, and what they share."""
    views, tuning, ensemble = ViewSettings(), TuneSettings(), EnsembleSettings()
    group = parser.add_argument_group("defence")
    listed = f"repeat for several; default: {', '.join(Settings().methods)}"
    group.add_argument("--method", dest="methods", action="append", choices=list(METHODS), help=listed)
    group.add_argument("--all-methods", action="store_true", help="every method there is")
    group.add_argument("--purifier", choices=list(PURIFIERS), default="", help="clean the picture by this one first")
    group.add_argument("--domain-word", default="", metavar="WORD", help="A-TPT's word before “photo” in its prompts")
    told = "the map that A-TPT mixes its views by, where the recipe names none; default: %(default)s"
    group.add_argument("--guide", choices=list(MAPS), default=views.map, help=told)
    group.add_argument("--views", type=int, default=views.count, metavar="N", help="per method; default: %(default)s")
    told = "crops without mixtures, as TPT and its followers have them on ImageNet and its variants"
    group.add_argument("--no-augmix", action="store_true", help=told)
    for name, meaning in SHARES.items():
        option, value = "--" + name.replace("_", "-"), getattr(views, name)
        group.add_argument(option, type=float, default=value, metavar="X", help=f"{meaning}; default: %(default)s")
    smallest = views.crop_scale[0]
    group.add_argument(
        "--smallest-crop", type=float, default=smallest, metavar="X", help="share of the area; default: %(default)s"
    )
    group.add_argument("--tune-steps", type=int, default=tuning.steps, metavar="N", help="default: %(default)s")
    group.add_argument(
        "--learning-rate", type=float, default=tuning.learning_rate, metavar="X", help="default: %(default)s"
    )
    group.add_argument(
        "--keep", type=float, default=tuning.keep, metavar="X", help="share of views tuned on; default: %(default)s"
    )
    group.add_argument(
        "--neighbours", type=int, default=ensemble.neighbours, metavar="N", help="default: %(default)s"
    )
    group.add_argument(
        "--temperature", type=float, default=ensemble.temperature, metavar="X",
        help="of the weights by similarity; default: %(default)s",
    )  # fmt: skip
    told = "only the N surest views answer in R-TPT and A-TPT (default: all; with TV weights: as many as tuned on)"
    group.add_argument("--answer-views", type=int, metavar="N", help=told)
    _add_tv_options(parser, ensemble)


def _add_tv_options(parser: argparse.ArgumentParser, default: EnsembleSettings) -> None:
    group = parser.add_argument_group("total variation", "What A-TPT's figure leaves open about its TV weights.")
    for option, allowed, value in (
        ("--tv-map", EnsembleSettings.TV_MAPS, default.tv_map),
        ("--tv-norm", EnsembleSettings.TV_NORMS, default.tv_norm),
        ("--tv-reduction", EnsembleSettings.TV_REDUCTIONS, default.tv_reduction),
    ):
        group.add_argument(option, choices=allowed, default=value, help="default: %(default)s")
    group.add_argument(
        "--tv-temperature", type=float, default=default.tv_temperature, metavar="X", help="default: %(default)s"
    )


def add_own_options(parser: argparse.ArgumentParser) -> None:
    """The choices of one defence of your own, which the recipes leave open."""
    default = Settings()
    group = parser.add_argument_group("a defence of your own", "Shown beside the methods as “your settings”.")
    for option, allowed, value in (
        ("--kind", ViewSettings.KINDS, default.views.kind),
        ("--loss", TuneSettings.LOSSES, default.tuning.loss),
        ("--weighting", EnsembleSettings.WEIGHTINGS, default.ensemble.weighting),
    ):
        group.add_argument(option, choices=allowed, default=value, help="default: %(default)s")


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
            crop_scale=(args.smallest_crop, 1.0),
            seed=args.seed,
            map=args.guide,
            augmix=not args.no_augmix,
            **shares,
        ),
        tuning=TuneSettings(
            steps=args.tune_steps, learning_rate=args.learning_rate, keep=args.keep, legacy=args.legacy
        ),
        ensemble=EnsembleSettings(
            neighbours=args.neighbours,
            temperature=args.temperature,
            keep=args.answer_views,
            tv_map=args.tv_map,
            tv_norm=args.tv_norm,
            tv_reduction=args.tv_reduction,
            tv_temperature=args.tv_temperature,
            legacy=args.legacy,
        ),
        methods=tuple(METHODS) if args.all_methods else tuple(args.methods or Settings().methods),
        purifier=args.purifier,
        domain_word=args.domain_word,
    )
