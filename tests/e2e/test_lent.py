"""The page on a host that lends its accelerator by the call: `app.py` beside a stand-in for the package `spaces`."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from engine import Classes, Settings, ViewSettings, load_backbone
from tests.e2e.conftest import ROOT, first_sample, served
from tests.e2e.test_page import few_views, open_step, put, says, unfold
from tests.e2e.test_story import SAMPLES, check, story_of
from tests.hub import Hub

FILES = ("open_clip_config.json", "open_clip_model.safetensors")
ENOUGH = 35  # seconds that may be booked: those of three runs, and not of a fourth


@pytest.fixture(scope="module")
def hub(model):
    """A hub with the tiny model; its store takes its time."""
    folder = Path(model.removeprefix("local-dir:"))
    with Hub({"someone/tiny": {name: (folder / name).read_bytes() for name in FILES}}, pace=0.1) as running:
        yield running


@pytest.fixture(scope="module")
def space(hub, tmp_path_factory):
    """Where the page is, as that host would start it."""
    cache = tmp_path_factory.mktemp("hub")
    variables = {
        "SPACES_ZERO_GPU": "true",
        "SPACE_ID": "someone/space",
        "SYSTEM": "spaces",
        "LENT_SECONDS": str(ENOUGH),
    }
    stand_in = {"PYTHONPATH": str(ROOT / "tests" / "stand_in")}
    with served(
        HF_ENDPOINT=hub.address, HF_HOME=str(cache), HF_HUB_CACHE=str(cache / "c"), **variables, **stand_in
    ) as url:
        yield url


@pytest.fixture(scope="module")
def page(browser):
    """A page of one browser; whatever it opens books from the same quota."""
    page = browser.new_page(reduced_motion="reduce")
    page.set_default_timeout(120_000)
    yield page
    page.close()


def test_a_link_opens_on_its_step_and_books_nothing(page, space):
    page.goto(f"{space}?picture=sample+2&step=2")
    page.locator("#card-2[aria-current=step]").wait_for()
    says(page, "Restored from the link")
    page.locator("#card-2").get_by_text("Not run yet").wait_for()  # once the model has answered


def test_a_story_stop_another_model_and_the_end_of_the_quota(page, space):
    first_sample(page, space)  # which books nothing either
    assert page.locator("#live").count() == 0
    few_views(page)
    page.click("#run-story")
    says(page, r"\(10 s of the lent accelerator are booked\)")
    says(page, "The whole story (ran|is)")
    sample = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
    names = Classes(tuple(sample["classes"]))
    settings = Settings(views=ViewSettings(count=8))
    check(page, *story_of(load_backbone(), SAMPLES / sample["file"], names, sample["truth"], settings))
    with page.expect_download() as coming:
        page.click("#download")
    with zipfile.ZipFile(coming.value.path()) as packed:
        assert packed.testzip() is None and len(packed.namelist()) > 5
        assert b"git clone https://huggingface.co/spaces/someone/space" in packed.read("a-tpt-explorer/redo.py")

    open_step(page, 2)
    put(page, "#attack-steps", "300")
    page.click("#attack")
    says(page, r"Attacking.*\(10 s")
    page.locator("#attack-curve svg").first.wait_for()
    page.click("#stop")
    says(page, "Stopped")
    assert page.locator("#card-2.done").count() == 0

    unfold(page, "#model-picker")
    page.fill("#model-name input", "hf-hub:someone/tiny")
    page.keyboard.press("Enter")
    page.click("#use-model")
    says(page, r"Downloading open_clip_model.safetensors: [1-9]\d* of \d+ MB")
    says(page, "hf-hub:someone/tiny is in use")
    assert "hf-hub:someone/tiny" in page.inner_text("#header")
    put(page, "#attack-steps", "5")
    page.click("#attack")
    says(page, "Attack finished")
    assert page.locator("#card-2.done").count() == 1

    put(page, "#attack-steps", "6")
    page.click("#attack")
    page.locator("#status .bad").get_by_text(re.compile(r"did not lend .* 10 s .* quota exceeded")).wait_for()
