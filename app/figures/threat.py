"""What an attacker knew and wanted, in words that stand beside every verdict on the attack."""

from __future__ import annotations

import engine
from app.figures.html import badge, levels
from app.text import words as text


def threat(result: engine.Adversarial) -> str:
    """What the attacker knew; an adaptive one, of which defence."""
    knowledge = engine.ATTACKS[result.attack].threat
    return f"{knowledge}: {engine.DEFENCES[result.target_defence].title}" if result.target_defence else knowledge


def titled(attack_name: str, target_defence: str) -> str:
    """An attack's title; of an adaptive one, with the defence it goes through."""
    attack = engine.ATTACKS[attack_name]
    return (
        f"{attack.title} {engine.DEFENCES[target_defence].title}" if "target_defence" in attack.uses else attack.title
    )


def badges(result: engine.Adversarial) -> str:
    """What the attacker knew, and what the attack pushed away from or pulled towards."""
    names = result.before.classes.names
    if result.target is not None:
        wanted = badge(f"pulls towards the target “{names[result.target]}”", "", "warn")
    else:
        origin = "the true class" if result.from_truth else "the clean answer (no true class given)"
        wanted = badge(f"pushes away from {origin}", names[result.label], "warn")
    return f'<div class="badges">{badge(threat(result), text.THREAT_WHY)}{wanted}</div>'


def limit(epsilon: float, norm: str) -> str:
    """How far an attack may go: n/255 for each channel, or a length over all of them."""
    return levels(epsilon) if norm == "linf" else f"an L2 length of {epsilon:g}"
