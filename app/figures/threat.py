"""What an attacker knew and wanted, in words that stand beside every verdict on the attack."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import engine
from app.figures.html import badge, esc, levels, percent
from app.text import attack as text
from app.text import only_cells, words
from app.text.counted import counted


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


def titled_kept(attack: Mapping[str, Any]) -> str:
    """The same of an attack as records keep it, with the kind and severity of damage."""
    if attack.get("target_defence") == engine.evaluation.ITSELF:
        return f"{engine.ATTACKS[attack['attack']].title} {text.ITSELF}"
    title = titled(attack["attack"], attack["target_defence"])
    if attack["attack"] == "corruption":
        usual = engine.AttackSettings()  # which records do not tell
        kind, severity = attack.get("corruption", usual.corruption), attack.get("severity", usual.severity)
        title += f" ({words.CORRUPTIONS[kind]}, {severity})"
    return title if attack.get("from_truth", True) else f"{title} {text.FROM_ITS_ANSWER}"


def badges(result: engine.Adversarial) -> str:
    """What the attacker knew, and what the attack pushed away from or pulled towards."""
    if not result.made_here:
        return f'<div class="badges">{badge(text.THREAT_UNKNOWN, text.THREAT_WHY)}</div>'
    names = result.after.classes.names
    if is_null(result):
        wanted = badge(text.NULL_BADGE, engine.ATTACKS[result.attack].null, "warn")
        return f'<div class="badges">{badge(threat(result), text.THREAT_WHY)}{wanted}</div>'
    if not engine.ATTACKS[result.attack].aimed:
        return f'<div class="badges">{badge(threat(result), text.THREAT_WHY)}</div>'
    if result.target is not None:
        wanted = badge(f"pulls towards the target “{names[result.target]}”", "", "warn")
    else:
        origin = "the true class" if result.from_truth else "the clean answer (no true class given)"
        wanted = badge(f"pushes away from {origin}", names[result.label], "warn")
    return f'<div class="badges">{badge(threat(result), text.THREAT_WHY)}{wanted}{_where(result)}</div>'


def _where(result: engine.Adversarial) -> str:
    """A badge on the cells that could change, where not all could."""
    cells = result.cells
    if cells is None:
        return ""
    said = only_cells.BADGE if result.norm == "linf" else only_cells.BADGE_L2
    most = limit(result.epsilon, result.norm)
    drawn = badge(said.format(count=cells.count, total=cells.total, limit=most), only_cells.BADGE_WHY)
    return f'<span class="aloud">{drawn}</span>'


def where(cells: str) -> str:
    """In how many of them, for behind a limit; empty where all may change."""
    if not cells:
        return ""
    read = engine.cells.Cells.parse(cells)
    return only_cells.WITHIN.format(count=read.count, total=read.total)


def limit(epsilon: float, norm: str) -> str:
    """How far an attack may go: n/255 for each channel, a length over all of them, or in no norm as far as it likes."""
    if not norm:
        return text.NO_LIMIT
    return levels(epsilon) if norm == "linf" else f"an L2 length of {epsilon:.4g}"


def made_by(result: engine.Adversarial) -> str:
    """The attack, how far it may go, and in how many cells, in a few words; empty where it was made elsewhere."""
    if not result.made_here:
        return ""
    named, most = titled(result.attack, result.target_defence), limit(result.epsilon, result.norm)
    return f"{named}, {most}{where(result.only_cells)}"


def limit_set(attack: engine.AttackSettings) -> str:
    """The same of an attack as it is set."""
    limited = engine.ATTACKS[attack.attack].limited
    return limit(attack.epsilon, attack.norm if limited else "") + where(attack.only_cells if limited else "")


def limit_kept(attack: Mapping[str, Any]) -> str:
    """The same of an attack as records keep it."""
    return limit(attack.get("epsilon", math.inf), attack.get("norm", ""))


def turns(attack: engine.AttackSettings) -> str:
    """How many iterations an attack makes, for a list of what it was made with; empty where it makes no such thing."""
    chosen = engine.ATTACKS[attack.attack]
    iterates = chosen.aimed and chosen.limited or "steps" in chosen.uses
    return counted(text.ITERATIONS, steps=attack.steps) if iterates else ""


def is_null(result: engine.Adversarial) -> bool:
    """Whether it is the null arm of its attack that was made."""
    return result.made_here and bool(engine.ATTACKS[result.attack].null) and result.null is None


def remarks(result: engine.Adversarial) -> str:
    """What else is to be known of the verdict: the change that was found, and what became of it."""
    said = [*_null(result), *_found(result), *_erased(result)]
    return "".join(f'<p class="fine">{esc(sentence)}</p>' for sentence in said)


def null_remark(result: engine.Adversarial) -> str:
    """The same alone, in small letters."""
    return "".join(f'<p class="fine">{esc(sentence)}</p>' for sentence in _null(result))


def _null(result: engine.Adversarial) -> list[str]:
    """What became of the picture where nothing was aimed at the model, and so what the attack owes to its aim."""
    null = result.null
    if null is None:
        return []
    name, says = result.after.classes.names[result.label], f"“{null.after.name}” at {percent(null.after.confidence)}"
    said = text.NULL_ARM.format(what=null.what, answer=says)
    if not result.right_before or not result.fooled:
        return [said]
    return [said + " " + text.NULL_SHOWS[null.after.label != result.label].format(name=name)]


def _found(result: engine.Adversarial) -> list[str]:
    if not result.right_before:
        return []  # nothing had to be found
    wanted = counted(text.LEADS, lead=result.confidence) if result.confidence else text.TURNS
    if result.found is not None:
        found, most = limit(result.found, result.norm), limit(result.epsilon, result.norm)
        return [(text.FOUND_AND_CUT if result.cut else text.FOUND).format(wanted=wanted, found=found, limit=most)]
    return [text.FOUND_NONE.format(wanted=wanted)] if engine.ATTACKS[result.attack].minimal else []


def _erased(result: engine.Adversarial) -> list[str]:
    if not result.erased:
        return []
    return [
        text.BELOW_A_LEVEL.format(limit=limit(result.epsilon, result.norm)) if result.below_a_level else text.ERASED
    ]
