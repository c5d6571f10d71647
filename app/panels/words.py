"""Within step 3: which words of a class's sentence make the picture fit it."""

from __future__ import annotations

import engine
from app.choices import Choices
from app.components.controls import part
from app.figures.html import caption, empty, section
from app.figures.words import weighed_words
from app.present import present
from app.state.found import Found
from app.text import attention as text
from app.text import words
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running


class WordReader:
    """Sentences whose words carry their share."""

    def __init__(self) -> None:
        self.button, self.drawn = part(text.WORDS_ASK, text.WORDS_RUN, "read-words", "words-read")
        self.pieces = [Piece(self.draw, [self.drawn], ("classes", "label", "words"), ("words",))]

    def wire(self, page: Page, running: Running) -> None:
        """The button reads two or four sentences."""
        running.button(self.button, ("words",))

    def draw(self, found: Found, choices: Choices) -> dict:
        """The sentences, or what to press."""
        if found.words is None:
            return {self.drawn: empty(text.WORDS_EMPTY)}
        truth = words.MAP_ASKED[found.given]
        pairs = [(truth, found.words.asked)]
        if found.words.answer:
            pairs.append((words.MAP_RIVAL, found.words.answer))
        most = max(share for _, pair in pairs for read in pair if read is not None for _, share in read.words)
        drawn = "".join(_pair(found, why, pair, most) for why, pair in pairs)
        return {self.drawn: drawn + caption(text.WORDS_CAPTION)}


def _pair(
    found: Found, why: str, pair: tuple[engine.maps.WordRelevance | None, engine.maps.WordRelevance], most: float
) -> str:
    rows = "".join(
        weighed_words(name, read.words, most, text.WORDS_SCORE.format(score=read.score))
        for name, read in zip((words.MAP_CLEAN, words.MAP_ATTACKED), pair, strict=True)
        if read is not None
    )
    title = text.WORDS_TITLE.format(name=present(found.classes).names[pair[1].label], why=why)
    return section(title, rows, text.WORDS_HINT)
