"""An attack that may change some cells only changes nothing else, not by a bit, and its noise likewise."""

from dataclasses import replace

import pytest
import torch

import engine
from engine.attacks import ATTACKS
from engine.cells import Cells
from engine.classes import Classes
from engine.errors import EngineError
from engine.evaluation.plan import arm_name, kept_attack
from engine.models.predict import predict
from engine.serialise import attack_data
from engine.settings import AttackSettings, Settings
from engine.story import Attack, Picture, Recipe, Story
from engine.story.attack import attack, attack_batch
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star", "oak tree"))
CELLS = Cells.of([[1, 0, 0, 1], [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 0, 1]])
INSIDE = CELLS.pixels(32)
LIMITED = [name for name, one in ATTACKS.items() if one.limited]


@pytest.fixture
def pixels() -> torch.Tensor:
    """A picture of the shallow model's size."""
    return noise(32)


def test_a_text_is_read_by_its_bits_and_written_back():
    cells = Cells.parse("2x3:4.3")
    assert cells.marks == ((True, False, False), (False, True, True)) and (cells.count, cells.total) == (3, 6)
    assert cells.text == "2x3:4.3" and Cells.parse(CELLS.text) == CELLS and CELLS.text == "4x4:9.6.0.d"
    wide = Cells.of([[True] * 32] * 32)
    assert Cells.parse(wide.text) == wide and wide.count == 1024 and AttackSettings(only_cells=wide.text)


def test_every_pixel_lies_in_one_cell_and_uneven_sides_are_shared_out():
    assert Cells.parse("2x3:4.3").pixels(6).int().tolist() == [[1, 1, 0, 0, 0, 0]] * 3 + [[0, 0, 1, 1, 1, 1]] * 3
    parts = [Cells.parse(f"3x1:{a}.{b}.{c}").pixels(7) for a, b, c in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    assert [int(part[:, 0].sum()) for part in parts] == [2, 2, 3] and sum(part.int() for part in parts).eq(1).all()


@pytest.mark.parametrize("text", ["x", "2x3:4", "2x3:8.3", "0x1:0", "33x1:0", "2x3:4.3.1", "2x3:4.g", "2x3:4.3 "])
def test_any_other_text_is_refused_in_a_sentence(text):
    with pytest.raises(EngineError, match="Expected cells as ROWSxCOLUMNS"):
        AttackSettings(only_cells=text)


def settings(name: str, norm: str = "linf", **given) -> Settings:
    limit = {"linf": 8 / 255, "l2": 2.0}[norm]
    made = AttackSettings(name, limit, steps=3, norm=norm, only_cells=CELLS.text, target_defence="view-average")
    return Settings(attack=replace(made, **given), views=engine.ViewSettings(count=4))


@pytest.mark.parametrize("name, norm", [(name, norm) for name in LIMITED for norm in ATTACKS[name].norms])
def test_outside_the_cells_every_bit_is_kept(shallow, pixels, name, norm):
    asked = settings(name, norm)
    *_, found = attack(shallow, pixels, CLASSES, asked.attack, defended=asked)
    assert torch.equal(found.pixels[:, ~INSIDE], pixels[:, ~INSIDE])
    assert torch.equal(found.saved[:, ~INSIDE], (pixels[:, ~INSIDE] * 255).round() / 255)
    size = (found.pixels - pixels).abs().max() if norm == "linf" else (found.pixels - pixels).norm()
    assert size <= asked.attack.epsilon * 1.0001 and found.only_cells == CELLS.text
    assert name in ("square", "deepfool") or (found.pixels != pixels).any()


def test_the_whole_length_of_an_l2_attack_is_spent_inside(shallow, pixels):
    *_, found = attack(shallow, pixels / 2 + 0.25, CLASSES, settings("pgd", "l2", steps=10).attack)
    assert found.l2(saved=False) == pytest.approx(2.0, abs=1e-3)


def test_its_first_step_is_the_unmasked_one_cut_to_the_cells(shallow, pixels):
    whole, masked = (settings("fgsm", only_cells=cells).attack for cells in ("", CELLS.text))
    (*_, free), (*_, found) = attack(shallow, pixels, CLASSES, whole), attack(shallow, pixels, CLASSES, masked)
    assert torch.equal(found.pixels[:, INSIDE], free.pixels[:, INSIDE]) and free.only_cells == ""


def test_cut_off_levels_of_the_official_codes_do_not_reach_outside(shallow, pixels):
    *_, found = attack(shallow, pixels, CLASSES, settings("pgd", legacy=True).attack)
    assert torch.equal(found.saved[:, ~INSIDE], (pixels[:, ~INSIDE] * 255).round() / 255)


def test_pictures_together_give_what_each_gives_alone(shallow):
    both, asked = torch.stack([noise(32), noise(32).flip(0)]), settings("apgd-ce").attack
    together = attack_batch(shallow, both, CLASSES, asked)
    for found, picture in zip(together, both, strict=True):
        assert torch.equal(found.pixels[:, ~INSIDE], picture[:, ~INSIDE])


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_null_arm_is_as_large_in_the_same_cells(shallow, pixels, norm):
    recipe = Recipe(Picture(pixels * 0.5 + 0.25), CLASSES, None, settings("pgd", norm))
    story = Story(shallow, recipe)
    found = story.result(Attack())
    noisy = engine.baselines.sign_noise(recipe.picture.pixels, found.per_channel, 0, found.inside)
    change = noisy - recipe.picture.pixels
    assert not change[:, ~INSIDE].any() and change[:, INSIDE].abs().min() > 0
    size = change.abs().max() if norm == "linf" else change.norm()
    assert float(size) == pytest.approx(found.linf() if norm == "linf" else found.l2(), rel=1e-3)
    control = story.result(engine.story.Control())
    assert torch.equal(control.logits, predict(shallow, noisy, CLASSES).logits)


def test_nothing_allowed_is_refused_in_a_sentence(shallow, pixels):
    asked = settings("pgd", only_cells="2x2:0.0").attack
    with pytest.raises(EngineError, match="No cell of the picture may change"):
        next(attack(shallow, pixels, CLASSES, asked))
    next(attack(shallow, pixels, CLASSES, replace(asked, attack="written-word")))  # which has no limit to keep to


def test_it_is_part_of_what_is_kept_and_of_no_name_that_was_there_before():
    asked, plain = settings("pgd").attack, settings("pgd", only_cells="").attack
    assert "only_cells" not in kept_attack(plain) and kept_attack(asked)["only_cells"] == CELLS.text
    assert "only_cells" not in repr(plain) and (arm_name(plain), arm_name(asked)) == ("pgd-8", "pgd-8-some-cells")


def test_data_says_which_cells_and_how_many(shallow, pixels):
    *_, found = attack(shallow, pixels, CLASSES, settings("pgd").attack)
    assert attack_data(found)["cells"] == {"may_change": CELLS.text, "count": 7, "of": 16}
    assert "cells" not in attack_data(replace(found, only_cells=""))
