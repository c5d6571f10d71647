"""Sentences choose their words by the numbers in them."""

import pytest

from app.text import verdict as verdict_text
from app.text import views as views_text
from app.text import words
from app.text.counted import counted


def test_a_number_chooses_the_word_behind_it_and_is_formatted_as_any_other():
    said = "{n} {n:answers|answer}, {size:.1f} {size:level|levels} of {name}"
    assert counted(said, n=1, size=2.0, name="a") == "1 answers, 2.0 levels of a"
    assert counted(said, n=0, size=1.0, name="b") == "0 answer, 1.0 level of b"


@pytest.mark.parametrize(
    ("sentence", "one", "more"),
    [
        (
            verdict_text.OF_DEFENCES[True],
            " Of the 1 defence chosen, 1 answers right.",
            " Of the 3 defences chosen, 3 answer right.",
        ),
        (views_text.TILE_TUNES, "the surest view: it moves the prompt", "one of the 3 surest: it moves the prompt"),
        (words.TUNED_CARD, "1 step", "3 steps"),
    ],
)
def test_sentences_of_the_page_hold_for_one_and_for_many(sentence, one, more):
    names = ("of", "right", "count", "steps")
    assert counted(sentence, **dict.fromkeys(names, 1)) == one
    assert counted(sentence, **dict.fromkeys(names, 3)) == more
