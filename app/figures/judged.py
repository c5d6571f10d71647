"""What is called right or wrong about a picture, and the amber words where nothing is."""

from __future__ import annotations

import engine
from app.figures.html import RIGHT, WRONG, esc, mark, note, signed, stranger, tick
from app.present import present
from app.state.found import Found
from app.text import words as text


def caution(found: Found) -> str:
    """In amber, why no answer about the picture is right or wrong; empty where one is."""
    if found.strange:
        return stranger()
    return note(text.NONE_UNJUDGED, "warn", "!") if found.none_given else ""


def warned(found: Found) -> str:
    """The same as plain words, for paper and files."""
    said = text.STRANGE if found.strange else text.NONE_UNJUDGED if found.none_given else ""
    return said.replace("**", "")


def abstained(found: Found) -> str:
    """In amber, that the attacked picture is answered “none of these”, and why; empty where it is not."""
    after = present(found.adversarial).after_saved
    if not found.abstains(after):
        return ""
    best, least = signed(present(after.best_cosine), 3), signed(found.answer.none_below)
    return note(text.NONE_ATTACKED.format(best=best, name=after.name, threshold=least), "warn", "!")


def judged(found: Found, answer: engine.Prediction) -> str:
    """Whether an answer is right, wrong or neither, as an icon and a word."""
    if found.abstains(answer):
        return f'<span class="mark" title="{esc(text.NONE_MARK_WHY)}">{esc(text.NONE_MARK)}</span>'
    return mark(answer.label == found.reference, found.given, found.unjudged)


def defended(found: Found) -> str:
    """The colour class of what was tuned or defended; grey where its green would be a claim."""
    return "untuned" if found.unjudged else "defended"


def pointing(found: Found, hit: bool) -> str:
    """Whether a map points at the object, as a sign; without a colour where no answer is right or wrong."""
    return (RIGHT if hit else WRONG) if found.unjudged else tick(hit)
