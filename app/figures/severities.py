"""One picture under growing damage, side by side, with the answer to each."""

from __future__ import annotations

import engine
from app.figures.html import differing, esc, note, percent, section
from app.figures.judged import judged
from app.figures.pictures import thumbnail, to_uint8
from app.present import present
from app.state.found import Found
from app.text import severities as text
from app.text import words


def severities_figure(found: Found) -> str:
    """The sentence and the strip."""
    made = present(found.severities)
    tiles = "".join(_tile(found, made, place) for place in range(len(made.answers)))
    title = text.TITLE.format(kind=words.CORRUPTIONS[made.kind])
    return section(title, note(_said(made)) + f'<ol class="severities">{tiles}</ol>', text.HINT)


def _said(made: engine.story.Severities) -> str:
    """At which severity the answer is first another, and whether it comes back."""
    first, *others = (answer.label for answer in made.answers)
    turned = [place for place, label in enumerate(others, 1) if label != first]
    if not turned:
        return text.SAID_ALL
    back = [place for place in range(turned[0], len(others) + 1) if place not in turned]
    return text.SAID.format(first=turned[0]) + (text.SAID_BACK.format(back=back[0]) if back else "")


def _tile(found: Found, made: engine.story.Severities, place: int) -> str:
    answer, name = made.answers[place], text.NAMES[place]
    picture = thumbnail(to_uint8(made.pixels[place]))
    said = f"{judged(found, answer)} {differing(answer.name, made.answers[0].name)} {percent(answer.confidence)}"
    return (
        f'<li><b>{esc(name)}</b><img src="{picture}" alt="{esc(text.ALT.format(name=name.lower()))}"><p>{said}</p></li>'
    )
