"""Small building blocks of markup; every string from outside passes through `esc`."""

from __future__ import annotations

import difflib
import html
import math
import re
from collections.abc import Iterable

from app.text.words import AS_ASKED, STRANGE, STRANGE_MARK, STRANGE_WAY

_TEMPLATE_SIGNS = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
RIGHT, WRONG = "✓", "✗"
SAME, OTHER = "=", "≠"
UNDEFINED = "–"  # in place of a number that there is not, such as the order of cells that are all the same


def esc(text: object) -> str:
    """Text as HTML that no browser and no page template takes for markup."""
    return html.escape(str(text)).translate(_TEMPLATE_SIGNS)


def rich(text: str) -> str:
    """Escaped text in which **…** is bold."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", esc(text))


def percent(share: float) -> str:
    """A share as a percentage of three figures at most, never rounded up to 100 or down to 0, and never broken."""
    if math.isnan(share):
        return UNDEFINED
    value = 100 * share
    if 0 < value < 0.1:
        return "<\u00a00.1\u00a0%"
    if 99.9 < value < 100:
        return ">\u00a099.9\u00a0%"
    return f"{value:.1f}\u00a0%"


def rough_percent(share: float) -> str:
    """A share as a whole percentage."""
    return UNDEFINED if math.isnan(share) else f"{100 * share:.0f}\u00a0%"


def signed(value: float, digits: int = 2) -> str:
    """A number with a true minus."""
    if math.isnan(value):
        return UNDEFINED
    shown = f"{abs(value):.{digits}f}"
    return ("\u2212" if value < 0 and float(shown) else "") + shown


def aligned(value: float) -> str:
    """A number with a true minus, or as much room in front, so that numbers below each other align."""
    shown = signed(value)
    return shown if shown.startswith("\u2212") else f'<span class="room">{shown}</span>'


def short(value: float, beside: float | None = None) -> str:
    """A number in three figures, or in two or three with a power of ten where it is very small or large.

    A number `beside` it, unless a thousand times smaller or larger, decides on the power, so that the two compare.
    """
    if value == 0:
        return "0"
    sign, size = "\u2212" if value < 0 else "", abs(value)
    leader = abs(beside) if beside and 1e-3 < abs(beside) / size < 1e3 else size
    if 1e-3 <= leader < 1e4:
        return f"{sign}{size:.3g}"
    power = int(f"{leader:.1e}".partition("e")[2])
    digits = size / 10.0**power
    return f"{sign}{digits:.{1 if digits < 9.95 else 0}f}·10{str(power).translate(_RAISED)}"


def decimals(value: float, digits: int) -> str:
    """A number with so many decimals; “none” for what is no number, as the loss over no views."""
    return "none" if math.isnan(value) else f"{value:.{digits}f}"


def levels(change: float) -> str:
    """A change of a channel in [0, 1] as n/255."""
    value = 255 * change
    return f"{round(value)}/255" if math.isclose(value, round(value), abs_tol=5e-4) else f"{value:.2f}/255"


def differing(name: str, reference: str | None) -> str:
    """A class name with the words underlined where `reference` says something else, as `apart` finds them."""
    places = apart(name, reference or name)
    marked = (f'<em class="differs">{esc(w)}</em>' if i in places else esc(w) for i, w in enumerate(name.split()))
    return " ".join(marked)


def underlines(drawn: str) -> bool:
    """Whether any word of what is drawn is underlined, which then needs its explanation."""
    return 'class="differs"' in drawn


def differing_words(name: str, reference: str) -> list[str]:
    """The words of a class name where `reference` says something else, as `apart` finds them; else all of them."""
    words, places = name.split(), apart(name, reference)
    return [word for place, word in enumerate(words) if place in places] or words


def apart(name: str, reference: str) -> set[int]:
    """The places of the words of `name` where `reference` says something else.

    None where a comparison by words tells nothing: where they have less than half of the longer one's words in common,
    or no more than half where one has more words than the other.
    """
    words, known = name.split(), reference.split()
    same = difflib.SequenceMatcher(None, known, words, autojunk=False).get_matching_blocks()
    shared = {place for block in same for place in range(block.b, block.b + block.size)}
    alike = 2 * len(shared) - max(len(words), len(known))
    if alike < 0 or (alike == 0 and len(words) != len(known)):
        return set()
    return set(range(len(words))) - shared


def caption(parts: Iterable[tuple[str, str]], **words: str) -> str:
    """The three-part caption below a figure: what you see, how, what it does not show."""
    items = "".join(
        f"<p><b>{esc(head)}:</b> {esc(body.format(**words) if words else body)}</p>" for head, body in parts
    )
    return f'<div class="caption">{items}</div>'


def note(text: str, tone: str = "plain", icon: str = "") -> str:
    """One boxed sentence; `tone` is plain, good, bad or warn."""
    mark = f'<span class="icon" aria-hidden="true">{esc(icon)}</span>' if icon else ""
    return f'<div class="note {esc(tone)}">{mark}<span>{rich(text)}</span></div>'


def empty(text: str) -> str:
    """What a step shows before it has run."""
    return f'<div class="empty">{rich(text)}</div>'


def comes(text: str, meanwhile: str) -> str:
    """The same for a part of the story; `meanwhile` stands there while that is on its way."""
    said = f'<span class="alone">{rich(text)}</span><span class="comes">{esc(meanwhile)}</span>'
    return f'<div class="empty">{said}</div>'


def awaited(text: str) -> str:
    """The same where it is sent for as soon as it comes in sight."""
    return f'<div class="empty" data-awaited="1">{rich(text)}</div>'


def presented(text: str) -> str:
    """A short line that stands only where the long ones are away: on a screen for an audience, and on paper."""
    return f'<p class="fine presented">{esc(text)}</p>' if text else ""


def further(word: str, places: Iterable[tuple[str, str]]) -> str:
    """Buttons that bring a part further down the page into sight: (its id, its name)."""
    buttons = "".join(f'<button type="button" data-bring="{esc(place)}">{esc(name)}</button>' for place, name in places)
    return f'<div class="further"><span>{esc(word)}</span>{buttons}</div>'


def chips(items: Iterable[tuple[str, str, str]]) -> str:
    """Numbers with their names: (name, value, explanation)."""
    cells = "".join(
        f'<div class="chip" title="{esc(why)}"><span>{esc(name)}</span><b>{esc(value)}</b></div>'
        for name, value, why in items
    )
    return f'<div class="chips">{cells}</div>'


def badge(text: str, why: str = "", kind: str = "") -> str:
    """A small label with an explanation on hovering."""
    return f'<span class="badge {esc(kind)}" title="{esc(why)}">{esc(text)}</span>'


def table(heads: Iterable[str], rows: Iterable[Iterable[str]], name: str, kind: str = "") -> str:
    """A table of cells that are HTML already; headings and `name` are plain text.

    On narrow screens each row of a table of `kind` “stacks” becomes a card, its numbers below their headings.
    """
    named = [esc(h) for h in heads]
    head = "".join(f'<th scope="col">{h}</th>' if h else "<td></td>" for h in named)
    body = "".join(
        "<tr>" + "".join(f'<td data-head="{h}">{cell}</td>' for h, cell in zip(named, row, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="table-wrap {kind}"><table class="plain" aria-label="{esc(name)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def stranger() -> str:
    """That the model knows no such picture, and the way to one that does."""
    way = f'<button type="button" class="way" data-bring="offer">{esc(STRANGE_WAY)}</button>'
    return (
        f'<div class="note warn"><span class="icon" aria-hidden="true">!</span><span>{rich(STRANGE)} {way}</span></div>'
    )


def mark(good: bool, given: bool | None, unjudged: bool = False) -> str:
    """Whether an answer is the true class, or where none is `given` the clean answer, as an icon and a word.

    Of answers that are `unjudged`, only whether it is the same.
    """
    if unjudged:
        return f'<span class="mark">{esc(STRANGE_MARK[good])}</span>'
    icon, tone = (RIGHT, "good") if good else (WRONG, "bad")
    return f'<span class="mark {tone}"><span aria-hidden="true">{icon}</span> {esc(AS_ASKED[given][good])}</span>'


def tick(right: bool, unjudged: bool = False) -> str:
    """Right or wrong as a coloured sign alone; of answers that are `unjudged`, the same or another."""
    if unjudged:
        return f"<span>{SAME if right else OTHER}</span>"
    return f'<span class="good">{RIGHT}</span>' if right else f'<span class="bad">{WRONG}</span>'


def section(title: str, body: str, hint: str = "") -> str:
    """A titled block."""
    extra = f'<span class="hint">{esc(hint)}</span>' if hint else ""
    return f'<section class="figure"><h2>{esc(title)}{extra}</h2>{body}</section>'
