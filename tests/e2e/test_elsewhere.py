"""A picture that was attacked elsewhere, as a visitor gives it: what is known is told, and nothing else."""

import json

import pytest

from engine import AttackSettings, Classes, attack, load_backbone, load_picture, save_png
from tests.e2e.conftest import step_1_opens
from tests.e2e.test_page import SAMPLES, open_step, says, unfold


@pytest.fixture(scope="module")
def hit(tmp_path_factory):
    """An attack on the first sample, and its PNG."""
    sample = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
    backbone, classes = load_backbone(), Classes(tuple(sample["classes"]))
    pixels = backbone.prepare(load_picture(SAMPLES / sample["file"]).image)
    *_, found = attack(backbone, pixels, classes, AttackSettings(epsilon=8 / 255, steps=5))
    path = tmp_path_factory.mktemp("hit") / "hit.png"
    save_png(found.saved, path)
    return found, path


def test_the_attacked_one_of_a_sample_is_measured_and_taken_back(common_page, hit):
    page = common_page
    found, path = hit
    unfold(page, "#elsewhere")
    page.set_input_files("#elsewhere-upload input[type=file]", str(path))
    says(page, "works on the attacked picture")
    page.locator("#attack-verdict").get_by_text("“hit.png”, made elsewhere").wait_for()
    assert found.after_saved.name in page.inner_text("#attack-verdict")
    assert page.inner_text("#linf") == "8/255" and "unknown" in page.inner_text("#attack-measured")
    page.click("#link")
    says(page, "attacked picture that you gave is not in it")
    with step_1_opens(page):
        page.click("#elsewhere-line [data-do=clean]")
    page.locator("#elsewhere-line").get_by_text("Was this picture attacked").wait_for()


def test_nothing_is_made_up_about_a_picture_whose_clean_one_is_unknown(common_page, hit):
    page = common_page
    _, path = hit
    with step_1_opens(page):
        page.set_input_files("#upload input[type=file]", str(path))
    unfold(page, "#elsewhere")
    page.click("#elsewhere-line [data-do=attacked]")
    page.locator("#attack-verdict").get_by_text("clean one is unknown").wait_for()
    assert page.locator("#before-after").is_hidden() and page.locator("#perturbation").is_hidden()
    assert page.inner_text("#attack-measured").count("unknown") >= 3
    open_step(page, 3)
    page.get_by_role("button", name="Draw maps").click()
    page.locator("#maps").get_by_text("no clean map").wait_for()
    page.locator("#maps figure").wait_for()
    assert page.locator("#maps figure").count() == 1
    open_step(page, 1)
    assert "Answer to the attacked picture" in page.inner_text("#picture-bars")
    assert "clean answer" not in page.inner_text("#picture-bars")
