"""Step 3's lens: the grids' data, legend and tables are what the engine read."""

import asyncio
import html
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest
import torch

import engine
from app.export.arrays import arrays_of
from app.export.report import _looks
from app.figures.lens import FIRST_SIGN, NAMED, changed_figure, lens_figure, nearest_figure
from app.panels.lens import LensPart, _pressed
from app.text import lens as text
from tests.page_cases import CHOICES, WHOLE, run


@pytest.fixture
def found(question):
    return run(question, (*WHOLE, "lens"))


@pytest.fixture(scope="module")
def part():
    async def build():
        with gr.Blocks():
            return LensPart()

    return asyncio.run(build())


def data(drawn, name):
    return [html.unescape(value) for value in re.findall(rf' data-{name}="([^"]*)"', drawn)]


def test_the_grids_tell_every_patch_of_every_layer(found):
    drawn, read = lens_figure(found), found.lens
    (names,) = data(drawn, "names")
    for told, leads, one in zip(data(drawn, "words"), data(drawn, "leads"), read.arms.values(), strict=True):
        words = [names.split("|")[ord(sign) - FIRST_SIGN] for sign in told]
        assert words == [found.classes.names[number] for number in one.words[..., 0].flatten().tolist()]
        levels, exact = [int(level) for level in leads], one.leads.flatten().tolist()
        assert len(leads) == len(told) and levels[exact.index(max(exact))] == 9
        assert all(first <= second for (_, first), (_, second) in _neighbours(sorted(zip(exact, levels, strict=True))))
    assert names.split("|")[0] == found.classes.names[read.label] and data(drawn, "layers") == ["4"]
    assert len(drawn) < 40_000


def _neighbours(ordered):
    return zip(ordered, ordered[1:], strict=False)


def test_the_legend_names_the_attacked_class_its_answer_and_the_most_frequent(found):
    drawn = lens_figure(found)
    said = [re.sub("<.*?>", "", key) for key in re.findall(r'class="lens-key".*?</i><span>(.*?)</span></span>', drawn)]
    hit = found.lens
    assert said[0] == text.PUSHED[True].format(name=found.classes.names[hit.label])
    assert len(said) == len(data(drawn, "names")[0].split("|")) <= NAMED + 1
    many = engine.Classes(tuple(f"thing {number}" for number in range(20)))
    other = replace(hit.attacked, words=torch.arange(hit.attacked.words.numel()).view_as(hit.attacked.words) % 20)
    drawn = lens_figure(replace(found, classes=many, lens=replace(hit, attacked=other)))
    rest = len(data(drawn, "names")[0].split("|")) - NAMED
    assert rest == 20 - NAMED and f"{rest} other classes" in drawn and drawn.count('class="lens-key"') == NAMED + 1


def test_the_table_of_a_layer_counts_its_patches(found):
    drawn, read = lens_figure(found), found.lens
    for layer in range(4):
        block = drawn.split(f'of-layer-{layer + 1}"')[-1].split('class="of-layer')[0]
        rows = [re.findall(r"(\d+)\xa0of\xa064", row) for row in block.split("<tr>")[2:]]
        for row, (name, one) in zip(rows, read.arms.items(), strict=True):
            tops = one.words[layer, ..., 0]
            counts = [int((tops == number).sum()) for number in (read.label, read.answer)]
            changed = [int((tops != read.clean.words[layer, ..., 0]).sum())] if name != "clean" else []
            assert [int(count) for count in row] == counts + changed
    last = {name: round(float(share[-1]) * 64) for name, share in read.changed.items()}
    assert f"<b>{last['attacked']}</b> of 64" in drawn and f"<b>{last['noise']}</b>" in drawn


def test_a_pressed_patch_tells_its_nearest_words_in_every_layer(part, found):
    picked = _pressed(found, CHOICES, SimpleNamespace(cell=10))
    drawn = part.draw_opened(found, CHOICES._replace(**picked))[part.opened]
    assert data(drawn, "cell") == ["10"] and "row 2, column 3" in drawn
    for layer in range(4):
        block = drawn.split(f'of-layer-{layer + 1}"')[1].split('class="of-layer')[0]
        cells = [re.sub("<.*?>", "", cell) for cell in re.findall(r"<td data-head=.*?>(.*?)</td>", block)]
        first = [one.words[layer, 1, 2, 0] for one in found.lens.arms.values()]
        assert cells[0] == "1." and len(cells) == 4 * 3
        for said, number in zip(cells[1:4], first, strict=True):
            assert said.startswith(found.classes.names[number])


def test_the_class_token_is_told_where_no_patch_is_pressed(part, found):
    drawn = part.draw_opened(found, CHOICES._replace(lens_patch=64))[part.opened]
    assert data(drawn, "cell") == ["-1"] and "data-back" not in drawn and drawn == nearest_figure(found, -1)
    best = found.classes.names[int(found.lens.clean.logits[-1].argmax())]
    assert re.sub("<.*?>", "", drawn.rsplit("1.</td>", 1)[1]).startswith(best)


@pytest.mark.parametrize("wrong", [{}, {"cell": 64}, {"cell": -2}, {"cell": "3"}, {"cell": None}, {"cell": 1.5}])
def test_presses_that_the_browser_made_up_choose_nothing(found, wrong):
    assert _pressed(found, CHOICES, SimpleNamespace(**wrong)) == {}


def test_without_a_clean_picture_it_says_what_is_not_known(found):
    alone = replace(found, lens=replace(found.lens, clean=None, noise=None))
    drawn = lens_figure(alone)
    assert text.UNKNOWN in drawn and drawn.count("<canvas") == 1 and changed_figure(alone) == ""
    assert changed_figure(found).count("<polyline") == 2


def test_the_part_is_empty_until_asked_for(part, told):
    drawn = part.draw(told, CHOICES)
    assert "Read every patch" in drawn[part.drawn] and drawn[part.curve] == ""
    assert part.draw_opened(told, CHOICES) == {part.opened: ""}


def test_the_download_has_it(found):
    arrays = arrays_of(found)
    assert arrays["lens_noise_words"].shape == (4, 8, 8, 3)
    assert json.dumps(_looks(found)["lens"]) == json.dumps(engine.story.lens_data(found.lens, found.classes.names))
