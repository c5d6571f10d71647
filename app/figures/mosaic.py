"""Two defences on the same kept pictures: a tile a picture, grouped by which of them is right, and the paired test."""

from __future__ import annotations

from collections.abc import Sequence

import engine
from app.figures.html import apart, esc, note, section
from app.figures.threat import limit_kept, titled_kept
from app.measured import Arm, Measured
from app.text import many as text
from app.text import words as common

BETWEEN = "|"  # the items of a list that the browser reads; no class name has it
CHANCE = 0.05  # a p-value below is called a difference


def arm_name(measured: Measured, arm: Arm) -> str:
    """An arm for a menu: the attack, its limit and how many pictures there are."""
    return text.MOSAIC_ARM.format(attack=_attacked(arm), pictures=measured.pictures)


def _attacked(arm: Arm) -> str:
    attack = arm.attack
    if attack is None:
        return text.MOSAIC_CLEAN
    return text.MOSAIC_ATTACKED.format(attack=titled_kept(attack), limit=limit_kept(attack))


def mosaic(measured: Measured, arm: Arm, left: str, right: str) -> str:
    """The tiles of all pictures, or why there are none."""
    missing = [called(name) for name in dict.fromkeys((left, right)) if name not in arm.right]
    if missing:
        known = ", ".join(map(called, arm.right))
        return note(text.MOSAIC_MISSING.format(names=" and ".join(missing), known=known), "warn", "!")
    if left == right:
        return note(text.MOSAIC_SAME, "warn", "!")
    titles = called(left), called(right)
    limited = arm.attack is not None and engine.ATTACKS[arm.attack["attack"]].limited
    steps = arm.attack["steps"] if arm.attack is not None and limited else 0
    attack = text.MOSAIC_STEPS.format(attacked=_attacked(arm), steps=steps) if steps else _attacked(arm)
    hint = text.MOSAIC_HINT.format(attack=attack, pictures=measured.pictures, views=measured.views)
    body = note(compared(arm, left, right)) + _pointed_at(titles) + _field(measured, arm, (left, right), titles)
    title = text.MOSAIC_TITLE.format(left=titles[0], right=titles[1])
    return section(title[0].upper() + title[1:], body, hint)


def called(defence: str) -> str:
    """A defence's name within a sentence."""
    title = engine.DEFENCES[defence].title
    return title.lower() if defence == "clip" else title


def compared(arm: Arm, left: str, right: str) -> str:
    """In how many pictures only the one and only the other is right, and whether that tells them apart."""
    found, titles = arm.pair(left, right), (called(left), called(right))
    first, second, p = found["only_first"], found["only_second"], found["p"]
    words = {"first": first, "second": second, "p": _probability(p), "left": titles[0], "right": titles[1]}
    words["ahead"] = titles[0] if first > second else titles[1]
    said = (text.MOSAIC_EVEN if p >= CHANCE else text.MOSAIC_AHEAD).format(**words)
    low, high = found["interval"]
    points = {"difference": found["difference"], "low": low, "high": high}
    signed = {name: f"{100 * value:+.1f}".replace("-", "−") for name, value in points.items()}
    return f"{said} {text.MOSAIC_DIFFERENCE.format(**words, **signed)}"


def _probability(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.01 else f"p = {p:.2f}"


def _pointed_at(titles: Sequence[str]) -> str:
    """Where the browser tells of one tile, with the button that opens it."""
    return (
        f'<div class="mosaic-line"><p class="mosaic-about" aria-live="polite">{esc(text.MOSAIC_ABOUT)}</p>'
        '<button type="button" class="mosaic-open" hidden></button></div>'
    )


def _field(measured: Measured, arm: Arm, defences: tuple[str, str], titles: Sequence[str]) -> str:
    """The groups, those that differ first, and in data what the browser tells of their tiles."""
    places: dict[tuple[bool, bool], list[int]] = {}
    for place, both in enumerate(zip(*(arm.right[name] for name in defences), strict=True)):
        places.setdefault(both, []).append(place)
    groups = "".join(
        _group(kind, text.MOSAIC_GROUPS[kind].format(left=titles[0], right=titles[1]), places.get(rights, ()))
        for kind, rights in GROUPS.items()
    )
    said = {
        "truths": measured.truths,
        "left": _answers(measured, arm, defences[0]),
        "right": _answers(measured, arm, defences[1]),
        "names": titles,
        "tile": [text.MOSAIC_TILE],
        "open": [text.MOSAIC_OPEN],
        "good": [common.AS_ASKED[True][True]],
    }
    data = "".join(f' data-{name}="{esc(BETWEEN.join(items))}"' for name, items in said.items())
    return (
        f'<div class="mosaic" tabindex="0" role="application" aria-label="{esc(text.MOSAIC_LABEL)}"{data}>'
        f"{groups}</div>"
    )


GROUPS = {
    "only-left": (True, False),
    "only-right": (False, True),
    "neither": (False, False),
    "both": (True, True),
}


def _group(kind: str, title: str, places: Sequence[int]) -> str:
    tiles = "".join(f'<i data-n="{place}"></i>' for place in places)
    head = f'<h3><i aria-hidden="true"></i> {esc(title)}: <b>{len(places)}</b></h3>'
    return f'<div class="bunch {kind}">{head}<div class="specks" aria-hidden="true">{tiles}</div></div>'


def _answers(measured: Measured, arm: Arm, defence: str) -> list[str]:
    """Of every picture the answer, empty where it is right; words that are not the true class's have a star."""
    both = zip(arm.answers[defence], measured.truths, arm.right[defence], strict=True)
    return ["" if right else _starred(answer, truth) for answer, truth, right in both]


def _starred(answer: str, truth: str) -> str:
    other = apart(answer, truth)
    return " ".join(f"*{word}" if place in other else word for place, word in enumerate(answer.split()))
