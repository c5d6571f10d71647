"""What an attack is compared with, in words."""

from __future__ import annotations

from ..attacks.registry import ATTACKS
from ..settings import AttackSettings


def own_null(attack: AttackSettings) -> str:
    """What the attack's own null arm is, as a part of a sentence; empty where that is noise as large as the change, as
    of the null arm itself in its place."""
    return "" if attack.control else ATTACKS.named(attack.attack).null
