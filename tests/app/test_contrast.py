"""Printed words can be read on what lies below them."""

import itertools
from dataclasses import replace

import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

import engine
from app.figures.contrast import ENOUGH, contrast, readable_on
from app.figures.printed import _defences, lay_out, printed
from app.figures.printed_looks import printed_looks
from app.state.found import Found
from engine.results import DefenceResult, Familiarity
from engine.settings import AnswerSettings
from tests.page_cases import EVERYTHING, run


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    grounds = [f"#{red:02x}{green:02x}{blue:02x}" for red in range(0, 256, 15) for green in range(0, 256, 15)
               for blue in range(0, 256, 51)]  # fmt: skip
    assert all(contrast(readable_on(ground), ground) >= ENOUGH for ground in grounds)


def placed(figure: Figure) -> Figure:
    """The figure with every word where it is printed, those of its scales too."""
    lay_out(figure)
    figure.draw_without_rendering()
    return figure


def ground_of(word: Text) -> str:
    """The colour below a word: that of the one bar it lies in, else white; it crosses no end of a bar."""
    box = word.get_window_extent()
    bars = [] if word.axes is None else word.axes.patches
    below = [bar for bar in bars if bar.get_window_extent().overlaps(box)]
    for bar in below:
        ends = bar.get_window_extent()
        assert ends.x0 <= box.x0 and box.x1 <= ends.x1, word.get_text()
    return to_hex(below[-1].get_facecolor()) if below else "#ffffff"


def sure(found: Found, share: float) -> Found:
    """The same with two defences that give the class to be answered that share, and another one."""
    rest = torch.tensor([(1 - share) / 2, share, (1 - share) / 2]).log()
    answers = [replace(one.prediction, logits=logits) for one in found.defences for logits in (rest, rest.roll(1))]
    names = ("clip", "a-tpt", "r-tpt", "mac")
    made = tuple(DefenceResult(name, answer, 0.1) for name, answer in zip(names, answers, strict=True))
    return replace(found, defences=made)


@pytest.fixture(scope="module")
def every(question) -> Found:
    return run(question, EVERYTHING)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.98, 0.51, 0.47])
@pytest.mark.parametrize("kind", ["judged", "refused", "none of these", "nothing given"])
def test_every_printed_word_reads_on_its_ground(every, kind, share):
    changes = {
        "judged": {},
        "refused": {"clean": replace(every.clean, familiarity=Familiarity(3.0, -1.0))},
        "none of these": {"answer": AnswerSettings(none_of_these=True, none_below=0.99)},
        "nothing given": {"label": None},
    }
    found = replace(sure(every, share), **changes[kind])
    whole = share == 0.98 and kind != "none of these"
    figures = printed(found, "tiny") | printed_looks(found) if whole else {"defences": _defences(found)}
    words = 0
    for name, figure in figures.items():
        for word in placed(figure).findobj(Text):
            if word.get_visible() and word.get_text().strip():
                words += 1
                assert contrast(to_hex(word.get_color()), ground_of(word)) >= ENOUGH, (name, word.get_text())
    assert words > (100 if whole else 10)


@pytest.mark.slow
def test_no_legend_lies_over_a_bar(every):
    figure = placed(printed_looks(every)["words"])
    for axes in figure.axes:
        legend = axes.get_legend().get_window_extent()
        assert len(axes.patches) > 4 and not any(bar.get_window_extent().overlaps(legend) for bar in axes.patches)


LONG = engine.Classes(
    (
        "green and white striped butterfly with a purple body", "red",
        "a rather long name of a class that nobody would ever write down but that somebody might paste from elsewhere",
    )
)  # fmt: skip


def renamed(found: Found) -> Found:
    """The same, about classes with long names, of a picture that the model does not know."""
    hit, named = found.adversarial, {"classes": LONG}
    answers = {name: replace(getattr(hit, name), **named) for name in ("before", "after", "after_saved")}
    defended = tuple(replace(one, prediction=replace(one.prediction, **named)) for one in found.defences)
    clean = replace(found.clean, familiarity=Familiarity(3.0, -1.0), **named)
    return replace(found, **named, clean=clean, adversarial=replace(hit, **answers), defences=defended)


@pytest.mark.slow
def test_no_title_leaves_the_figure_and_no_name_lies_over_another(every):
    for name, figure in printed(renamed(every), "local-dir:" + "/somewhere" * 20).items():
        page = placed(figure).bbox.padded(1)
        titles = [axes.title for axes in figure.axes] + figure.texts
        for word in [*titles, figure._supxlabel, figure._suptitle]:
            box = None if word is None or not word.get_text() else word.get_window_extent()
            assert box is None or (page.contains(box.x0, box.y0) and page.contains(box.x1, box.y1)), (name, word)
        for axes in figure.axes if name == "poster" else ():
            heights = [label.get_window_extent() for label in axes.get_yticklabels()]
            assert all(low.y1 <= high.y0 + 2 for high, low in zip(heights, heights[1:], strict=False)), axes
        boxes = [word.get_window_extent().padded(-1) for word in figure.texts if word.get_text()]
        assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2)), name
