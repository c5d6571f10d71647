"""Within step 3: which words of a class's sentence make the picture fit it."""

from __future__ import annotations

import engine
from app.choices import Choices
from app.components.controls import part
from app.figures.html import caption, empty, section
from app.figures.words import weighed_words
from app.page import Page
from app.present import present
from app.session import Session
from app.text import words as text


class WordReader:
    """Sentences whose words carry their share."""

    def __init__(self) -> None:
        self.button, self.drawn = part(text.WORDS_ASK, text.WORDS_RUN, "read-words", "words-read")
        self.outputs = [self.drawn]

    def wire(self, page: Page) -> None:
        """The button reads two or four sentences."""
        page.press(self.button, page.story.work_on("words"))

    def draw(self, session: Session, choices: Choices) -> dict:
        """The sentences as the session has them."""
        if session.words is None:
            return {self.drawn: empty(text.WORDS_EMPTY)}
        truth = text.MAP_TRUE if session.given else text.MAP_ANSWER
        pairs = [(truth, session.words.asked)]
        if session.words.answer:
            pairs.append((text.MAP_RIVAL, session.words.answer))
        most = max(float(read.shares.max()) for _, pair in pairs for read in pair)
        drawn = "".join(_pair(session, why, pair, most) for why, pair in pairs)
        return {self.drawn: drawn + caption(text.WORDS_CAPTION)}


def _pair(
    session: Session, why: str, pair: tuple[engine.maps.WordRelevance, engine.maps.WordRelevance], most: float
) -> str:
    rows = "".join(
        weighed_words(name, read.pieces, read.shares.tolist(), most, text.WORDS_SCORE.format(score=read.score))
        for name, read in zip((text.MAP_CLEAN, text.MAP_ATTACKED), pair, strict=True)
    )
    title = text.WORDS_TITLE.format(name=present(session.classes).names[pair[0].label], why=why)
    return section(title, rows, text.WORDS_HINT)
