"""What attacks, views and defences read of the settings: the same settings, with defaults for all that they do not."""

from __future__ import annotations

from dataclasses import fields, replace

from ..attacks.registry import ATTACKS
from ..defences.base import Defence, plain_prompts
from ..defences.clip import own_templates
from ..defences.registry import DEFENCES
from ..defences.target import views_per_draw
from ..settings import AttackSettings, Settings, ViewSettings
from .recipe import only

BY_EVERY_ATTACK = ("attack", "seed", "target", "legacy")
LIMIT = ("epsilon", "norm")  # of attacks that have one
GUIDED = ("guide", "high", "low")
UNREAD = {
    "attention": (),
    "augmix": GUIDED,
    "crops": (*GUIDED, "augmix"),
    "perspective": (*GUIDED, "augmix", "smallest_crop"),
    "everyday": (*GUIDED, "augmix", "smallest_crop"),
}
SHOWN = ("keep_high", "keep_low")  # stand in all views' results, and change no pixel without attention
WORDLESS = (plain_prompts, own_templates)  # sentences without the domain word


def read_by_attack(settings: AttackSettings) -> AttackSettings:
    """What an attack reads of its own settings."""
    chosen = ATTACKS.named(settings.attack)
    return only(settings, (*BY_EVERY_ATTACK, *(LIMIT if chosen.limited else ()), *chosen.uses))


def read_by_views(settings: ViewSettings) -> ViewSettings:
    """What views of this kind are made by, or have in their results."""
    return only(settings, [one.name for one in fields(settings) if one.name not in UNREAD[settings.kind]])


def read_by_defence(defence: Defence, settings: Settings) -> Settings:
    """What a defence reads once its views are made."""
    tuning = ("steps", "learning_rate", "weight_decay", "legacy") if defence.loss else ()
    tuning += ("keep",) if defence.loss and defence.keep is None else ()
    seed = ("seed",) if defence.draws else ()
    return Settings(
        views=only(settings.views, seed),
        tuning=only(settings.tuning, tuning),
        ensemble=only(settings.ensemble, defence.uses),
    )


def read_of_target(settings: Settings) -> Settings | None:
    """What an adaptive attack reads of the settings of the defence that it goes through; None for any other attack."""
    if "target_defence" not in ATTACKS.named(settings.attack.attack).uses:
        return None
    target = DEFENCES.named(settings.attack.target_defence)
    return replace(
        read_by_defence(target, settings),
        views=_read_of_views(target, settings.views),
        purifier=settings.purifier,
        domain_word="" if target.classes in WORDLESS else settings.domain_word,
    )


def _read_of_views(target: Defence, settings: ViewSettings) -> ViewSettings:
    if target.views is None:
        return ViewSettings()
    wanted = target.views(views_per_draw(settings, ViewSettings().seed))
    shown = () if wanted.kind == "attention" else SHOWN
    return only(wanted, [one.name for one in fields(wanted) if one.name not in (*UNREAD[wanted.kind], *shown)])
