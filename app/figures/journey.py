"""The row of seven cards that sums up the story so far and opens the steps; and the status line."""

from __future__ import annotations

import math
import time

import engine
from app.figures.html import differing_words, esc, percent, rough_percent
from app.present import present
from app.session import Session
from app.text import words as text
from engine import DEFENCES, Prediction

ICONS = {"done": "◉", "busy": "…", "open": "○", "waiting": "·"}


def journey(session: Session, busy: int | None = None, go: int | None = None, story: bool = False) -> str:
    """Seven cards with their findings. `busy` is the step now running, `go` the step the page should open."""
    findings = _findings(session)
    cards = "".join(
        _card(number, name, findings[number - 1], busy == number, session) for number, name in enumerate(text.STEPS, 1)
    )
    move = "" if go is None else f' data-go="{go}" data-turn="{time.monotonic_ns()}" data-story="{int(story)}"'
    return f'<nav class="journey" aria-label="Steps of the story"{move}>{cards}</nav>'


def furthest(session: Session) -> int:
    """The last step of the picture's story that has found something; 1 where none has."""
    return max((number for number, found in enumerate(_findings(session)[:6], 1) if found), default=1)


def status(sentence: str, tone: str = "calm", share: float | None = None, link: str = "") -> str:
    """One sentence on what happens now; `tone` is calm, busy, good or bad; `share` fills the line below.

    `link`, the query of a link, is what the browser is to put into its address bar.
    """
    role = "alert" if tone == "bad" else "status"
    width = "" if share is None else f'<span class="progress"><span style="width:{100 * share:.0f}%"></span></span>'
    dots = " …" if tone == "busy" else ""
    asked = f' data-link="{esc(link)}" data-turn="{time.monotonic_ns()}"' if link else ""
    return (
        f'<div class="status {esc(tone)}" role="{role}"{asked}'
        f' aria-live="polite" data-queued="{esc(text.QUEUED)}"><span>{esc(sentence)}{dots}</span>{width}</div>'
    )


def _card(number: int, name: str, finding: tuple[str, str] | None, busy: bool, session: Session) -> str:
    reachable = session.clean is not None or number == 1
    state = "busy" if busy else "done" if finding else "open" if reachable else "waiting"
    head, detail = finding or ("", _waiting(name, session))
    if busy and not finding:
        detail = "working"
    return (
        f'<button type="button" class="card {state}" data-open-step="{number}" id="card-{number}"'
        f' title="{esc(head)} {esc(detail)}">'
        f'<span class="card-name"><span class="dot" aria-hidden="true">{ICONS[state]}</span>{number} {esc(name)}</span>'
        f'<span class="card-head">{esc(head)}</span><span class="card-detail">'
        f"{esc(detail)}</span></button>"
    )


def _waiting(name: str, session: Session) -> str:
    if session.clean is None:
        return text.WAITING["Attack"] if name != "Picture" else "Choose one."
    if name == "Many":
        return text.MANY_WAITS
    if session.adversarial is None:
        return "Not run yet." if name == "Attack" else text.WAITING.get(name, "")
    if session.views is None and name == "Tuning":
        return text.WAITING["Tuning"]
    return "Not run yet."


def _findings(session: Session) -> list[tuple[str, str] | None]:
    steps = (_picture, _attack, _maps, _views, _tuning, _verdict, _many)
    return [finding(session) for finding in steps]


def _picture(session: Session) -> tuple[str, str] | None:
    if session.clean is None:
        return None
    return session.clean.name, percent(session.clean.confidence)


def _attack(session: Session) -> tuple[str, str] | None:
    result = session.adversarial
    if result is None:
        return None
    after = result.after_saved
    if not result.epsilon:
        return "Not attacked", "limit 0"
    if result.blind:
        return text.BLIND_CARD
    if result.target is not None:
        head = "Reached the target" if result.reached else "Target not reached"
        if result.reached_as_computed and not result.reached:
            head = "Target lost by saving"
        return head, _instead(after, result.label) if result.fooled else f"at {percent(after.confidence)}"
    if not result.fooled:
        return "Undone by saving" if result.fooled_as_computed else "Held", f"at {percent(after.confidence)}"
    head = "Fooled" if result.before.label == result.label else "Wrong before and after"
    return head, _instead(after, result.label)


def _instead(answer: Prediction, label: int) -> str:
    """A wrong answer by the words that make it another class; cards are narrow."""
    words = " ".join(differing_words(answer.name, answer.classes.names[label]))
    return f"“{words}” {percent(answer.confidence)}"


def _maps(session: Session) -> tuple[str, str] | None:
    if session.maps is None:
        return None
    pair = session.maps
    overlap = engine.measures.top_iou(pair.clean.raw, pair.attacked.raw)
    if math.isnan(overlap):
        return text.FLAT_MAPS
    null = None if pair.noisy is None else engine.measures.top_iou(pair.clean.raw, pair.noisy.raw)
    said = "clean and attacked" if null is None else f"under mere noise {rough_percent(null)}"
    return f"Maps overlap {rough_percent(overlap)}", said


def _views(session: Session) -> tuple[str, str] | None:
    if session.views is None:
        return None
    right = int((session.views.logits.argmax(-1) == present(session.reference)).sum())
    return (
        f"{right} of {len(session.views)} views",
        "still give the right class" if session.given else "give the clean answer",
    )


def _tuning(session: Session) -> tuple[str, str] | None:
    if not session.steps:
        return None
    last = session.steps[-1]
    alone = text.AS_ASKED[session.given][last.prediction.label == session.reference]
    return f"{last.index} step{'s' * (last.index != 1)}", f"the picture alone: {alone}"


def _verdict(session: Session) -> tuple[str, str] | None:
    if session.ensemble is None and not session.defences:
        return None
    if session.ensemble is not None:
        answer = session.ensemble.prediction
        good = answer.label == session.reference
        if good:
            return text.VERDICT_GOOD[session.given], f"defended, at {percent(answer.confidence)}"
        return text.VERDICT_BAD[session.given], _instead(answer, present(session.reference))
    right = sum(d.prediction.label == session.reference for d in session.defences)
    good = text.AS_ASKED[session.given][True]
    return f"{right} of {len(session.defences)} {good}", "methods on this picture"


def _many(session: Session) -> tuple[str, str] | None:
    batch = session.batch
    if batch is None or not batch.rows:
        return None
    defences = [name for name, _ in batch.rows[0].answers]
    chosen = "a-tpt" if "a-tpt" in defences else defences[-1]
    title = DEFENCES[chosen].title
    if not batch.known:
        return f"{batch.kept(chosen)} of {len(batch.unknown)} kept", f"the clean answer: {title} attacked"
    total = len(batch.known)
    return f"{batch.right(chosen)} of {total} right", f"{title} attacked; not attacked {batch.right(None)}"
