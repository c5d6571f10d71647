"""The figures of steps 3 to 5: the numbers on the page are the engine's, and drawing again asks no model."""

import json

import pytest

import engine
from app.figures.html import signed

from .test_page import SAMPLES, open_step, says


@pytest.fixture(scope="module")
def told():
    """The engine's own attack on the first sample: backbone, classes and the attacked picture."""
    sample = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
    backbone, classes = engine.load_backbone(), engine.Classes(tuple(sample["classes"]))
    pixels = backbone.prepare(engine.load_picture(SAMPLES / sample["file"]).image)
    *_, hit = engine.attack(backbone, pixels, classes, engine.AttackSettings(), classes.index(sample["truth"]))
    return backbone, classes, hit


def cells(page, table):
    """The texts of a table's cells, row by row."""
    return page.eval_on_selector_all(
        f"{table} tbody tr", "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def test_the_table_of_agreement_is_the_engines(page, told):
    backbone, classes, hit = told
    noisy = engine.sign_noise(hit.clean, hit.linf(), 0)
    clean, *others = (
        engine.attend(backbone, pixels, classes, engine.AttentionSettings(), hit.label).raw
        for pixels in (hit.clean, hit.saved, noisy)
    )
    others.append(engine.random_map(tuple(clean.shape), hit.label))
    expected = [
        [
            signed(engine.spearman(clean, other)),
            signed(engine.ssim(clean, other)),
            f"{100 * engine.top_iou(clean, other):.0f} %",
            f"{100 * engine.centre_shift(clean, other):.1f} %",
        ]
        for other in others
    ]
    open_step(page, 3)
    page.click("#look")
    says(page, "Maps drawn")
    assert [row[1:] for row in cells(page, "#map-agreement [aria-label='Agreement of maps']")] == expected
