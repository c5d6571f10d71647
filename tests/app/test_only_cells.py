"""The cells that an attack may change: marked by hand or by a button, told on the badge, hatched in the change."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import engine
from app.components.naming import cells_named, differences
from app.figures.pictures import HATCH, hatched
from app.figures.threat import limit_set
from app.panels.attack import _measured, verdict
from app.panels.only_cells import cells_now, marked, marking
from app.state.found import Found
from engine.cells import Cells
from engine.story import Results
from tests.page_cases import CHOICES, asked, picture, run

CELLS = Cells.of([[1, 0], [1, 1]])


@pytest.fixture(scope="module")
def found(tiny) -> Found:
    """A story up to its attack, whose object fills the upper half of the picture."""
    mask = torch.zeros(tiny.image_size, tiny.image_size, dtype=torch.bool)
    mask[: tiny.image_size // 2] = True
    shown = replace(picture(tiny), mask=mask)
    choices = CHOICES._replace(only_cells=CELLS.text)
    return run(asked(tiny, Results(), choices, shown), ("clean", "adversarial"), shown)


def press(found, choices=CHOICES, **sent):
    return marked(found, choices, SimpleNamespace(**sent))


def test_all_cells_of_the_models_grid_may_change_to_begin_with(tiny, found):
    every = cells_now(found, CHOICES)
    assert (len(every.marks), len(every.marks[0])) == tiny.grid and every.count == every.total
    assert cells_now(replace(found, picture=None), CHOICES) is None
    fine = cells_now(replace(found, grid=(64, 70)), CHOICES)
    assert (len(fine.marks), len(fine.marks[0])) == (32, 24)


def test_buttons_mark_the_object_the_rest_all_none_and_the_other_way_round(found):
    rows, columns = found.grid
    top = [[row < rows / 2] * columns for row in range(rows)]
    assert press(found, wish="object") == {"only_cells": Cells.of(top).text}
    assert press(found, wish="background") == {"only_cells": Cells.of(~np.array(top)).text}
    some = CHOICES._replace(only_cells=CELLS.text)
    assert press(found, some, wish="everything") == {"only_cells": ""}
    assert press(found, some, wish="other") == {"only_cells": Cells.of([[0, 1], [0, 0]]).text}
    nothing = press(found, some, wish="nothing")["only_cells"]
    assert Cells.parse(nothing).count == 0
    assert "Nothing may change" in marking(found, Cells.parse(nothing))
    assert "1 of 4" not in marking(found, CELLS) and "3 of 4 cells" in marking(found, CELLS)


def test_what_a_browser_made_up_marks_nothing(found):
    assert press(found, cells=CELLS.text) == {"only_cells": CELLS.text} and press(found, cells="2x2:3.3") == {
        "only_cells": ""
    }
    for odd in (
        {},
        {"cells": "2x2:9.9"},
        {"cells": 3},
        {"cells": "x" * 9999},
        {"wish": "x"},
        {"wish": 2},
        {"wish": []},
    ):
        assert press(found, **odd) == {}
    assert press(replace(found, picture=replace(found.picture, mask=None)), wish="object") == {}
    assert press(found, CHOICES._replace(attack="patch"), cells=CELLS.text) == {}


def test_the_badge_the_measurements_and_the_limit_say_how_many(found):
    said = verdict(found.adversarial) + _measured(found.adversarial)
    assert "may change 3 of 4 cells by at most 4/255" in said and "4/255 in 3 of 4 cells" in said
    plain = replace(found.adversarial, only_cells="")
    assert "cells" not in verdict(plain) + _measured(plain)
    attack = engine.AttackSettings(only_cells=CELLS.text)
    assert limit_set(attack) == "4/255 in 3 of 4 cells" and limit_set(replace(attack, attack="patch")) == "no limit"


def test_lines_on_settings_that_differ_count_cells_and_spell_none_out(page):
    now = CHOICES._replace(only_cells=CELLS.text)
    (said,) = differences(page.controls, CHOICES, now, ["only_cells"])
    assert "all of them" in said and "3 of 4" in said and "Cells that may change" in said
    assert CELLS.text not in said and cells_named("odd") == "odd"


def test_only_what_could_not_change_is_hatched():
    grey = np.full((48, 48, 3), 128, np.uint8)
    drawn = hatched(grey, CELLS.pixels(48))
    changed = (drawn != 128).any(2)
    assert changed[:24, 24:].any() and not changed[24:].any() and not changed[:, :24].any()
    assert set(drawn[changed].flatten().tolist()) == {HATCH} and hatched(grey, None) is grey
