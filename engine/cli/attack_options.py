"""Options for attacks: which, how far, how long; lengths are in levels of 1/255, or of the [0, 1] scale for l2."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..attacks import ATTACKS
from ..classes import Classes
from ..defences.registry import DEFENCES
from ..settings import AttackSettings

EPS = {"linf": 4.0, "l2": 1.0}  # where --eps is not given


def add_attack_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """One attack on one picture, and the seed; returns their group, to which a target may be added."""
    default = AttackSettings()
    group = parser.add_argument_group("attack", _listed())
    told = "which attack; default: %(default)s"
    group.add_argument("--attack", choices=list(ATTACKS), metavar="ATTACK", default=default.attack, help=told)
    group.add_argument("--eps", type=float, metavar="N", help=_limit())
    group.add_argument("--seed", type=int, default=default.seed, metavar="N", help="of all that is random; default: 0")
    told = _through()
    group.add_argument(
        "--target-defence", choices=list(DEFENCES), metavar="METHOD", default=default.target_defence, help=told
    )
    _add_shared_options(group)
    return group


def add_target_option(group: argparse._ArgumentGroup) -> None:
    """The class to reach, for commands that know the classes of their one picture."""
    able = ", ".join(name for name, kind in ATTACKS.items() if kind.targeted)
    group.add_argument("--target", metavar="NAME", help=f"a class for the attack to reach ({able})")


def aimed(args: argparse.Namespace, settings: AttackSettings, classes: Classes) -> AttackSettings:
    """The attack with its target's number; raises `EngineError` for a name that is no class."""
    return settings if args.target is None else replace(settings, target=classes.index(args.target))


def add_attacks_options(parser: argparse.ArgumentParser) -> None:
    """Several attacks on every picture, and the seed."""
    told = "Every --attack at every --eps is one arm beside the clean pictures."
    group = parser.add_argument_group("attacks", f"{told} {_listed()}")
    several = {"action": "append", "choices": list(ATTACKS), "metavar": "ATTACK"}
    group.add_argument("--attack", dest="attacks", **several, help="which attack; repeat for several; default: pgd")
    told = f"{_limit()}; repeat for several"
    group.add_argument("--eps", type=float, action="append", metavar="N", help=told)
    group.add_argument("--seed", type=int, default=0, metavar="N", help="of pictures, attacks and views; default: 0")
    told = f"{_through()}; repeat for several"
    group.add_argument("--target-defence", action="append", choices=list(DEFENCES), metavar="METHOD", help=told)
    group.add_argument(
        "--adaptive-steps", type=int, metavar="N", help="steps of the adaptive attack, which is slow (default: --steps)"
    )
    _add_shared_options(group)


def attack_settings(args: argparse.Namespace) -> AttackSettings:
    """The attack of `add_attack_options`; raises `EngineError` for values out of range."""
    return _settings(args, args.attack, args.eps, args.target_defence)


def all_attack_settings(args: argparse.Namespace) -> tuple[AttackSettings, ...]:
    """The attacks of `add_attacks_options`, each within every limit; raises `EngineError` for values out of range."""
    default = [AttackSettings().target_defence]
    slow = args.steps if args.adaptive_steps is None else args.adaptive_steps
    return tuple(
        replace(_settings(args, name, eps, through), steps=slow if name == "adaptive" else args.steps)
        for name in args.attacks or ["pgd"]
        for eps in args.eps or [None]
        for through in (args.target_defence or default if name == "adaptive" else default)
    )


def as_options(settings: AttackSettings) -> dict:
    """Which attack, with lengths as its options give them."""
    scale = _scale(settings.norm)
    lengths = {"eps": round(settings.epsilon * scale, 4), "step": round(settings.step * scale, 4)}
    return {"attack": settings.attack, "norm": settings.norm, **lengths, "steps": settings.steps}


def length(value: float, norm: str) -> str:
    """A length for a person: levels of 255, or Euclidean on the [0, 1] scale."""
    return f"{value * _scale(norm):.4g}" + ("/255" if norm == "linf" else "")


def _listed() -> str:
    return f"ATTACK is one of {', '.join(ATTACKS)}."


def _limit() -> str:
    return f"at most N/255 per channel (default: {EPS['linf']:g}); with --norm l2 a length (default: {EPS['l2']:g})"


def _through() -> str:
    return f"what --attack adaptive goes through; default: {AttackSettings().target_defence}"


def _add_shared_options(group: argparse._ArgumentGroup) -> None:
    default = AttackSettings()
    group.add_argument(
        "--norm", choices=AttackSettings.NORMS, default=default.norm,
        help="linf: the largest change of a channel; l2: the length of the change, pixels in [0, 1]; default: linf",
    )  # fmt: skip
    told = "steps of the attack, for square queries; fgsm makes one; default: %(default)s"
    group.add_argument("--steps", type=int, default=default.steps, metavar="N", help=told)
    told = "length of a step in the unit of --eps (default: a quarter of it)"
    group.add_argument("--step-size", type=float, metavar="N", help=told)
    group.add_argument(
        "--unroll", choices=AttackSettings.UNROLLS, default=default.unroll,
        help="how --attack adaptive differentiates the tuning step: not at all, as it is, or as if it followed the size"
        " of the gradient; default: %(default)s",
    )  # fmt: skip
    group.add_argument(
        "--eot-samples", type=int, default=default.eot_samples, metavar="N",
        help="fresh looks averaged per step, by attacks through crops, views or a defence; default: %(default)s",
    )  # fmt: skip
    group.add_argument(
        "--legacy", action="store_true",
        help="keep the flaws of the official codes that published numbers depend on, of attacks and of defences",
    )  # fmt: skip


def _settings(args: argparse.Namespace, attack: str, eps: float | None, target_defence: str) -> AttackSettings:
    scale = _scale(args.norm)
    return AttackSettings(
        attack=attack,
        epsilon=(EPS[args.norm] if eps is None else eps) / scale,
        step_size=None if args.step_size is None else args.step_size / scale,
        steps=args.steps,
        seed=args.seed,
        target_defence=target_defence,
        norm=args.norm,
        eot_samples=args.eot_samples,
        unroll=args.unroll,
        legacy=args.legacy,
    )


def _scale(norm: str) -> int:
    return 255 if norm == "linf" else 1
