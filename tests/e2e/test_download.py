"""A model that is downloaded on demand, from a hub on the loopback: seen to come, refused in one sentence, kept."""

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import served
from tests.e2e.test_page import open_step, says, unfold
from tests.hub import Hub

FILES = ("open_clip_config.json", "open_clip_model.safetensors")


@pytest.fixture
def hub(model):
    """A hub with the tiny model in two places; its store takes its time."""
    folder = Path(model.removeprefix("local-dir:"))
    files = {name: (folder / name).read_bytes() for name in FILES}
    with Hub({"someone/tiny": files, "someone/other": files}, pace=0.1) as running:
        yield running


def use(page, name):
    page.fill("#model-name input", name)
    page.keyboard.press("Enter")
    page.click("#use-model")


def test_a_download_is_seen_and_a_refusal_leaves_the_old_model(browser, hub, tmp_path):
    offline = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path), "HF_HUB_CACHE": str(tmp_path / "cache")}
    with served(**offline) as url:
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(url)
        page.get_by_text("which is right").first.wait_for()
        name = page.inner_text("#picture-question h2")
        unfold(page, "#model-picker")

        use(page, "hf-hub:someone/tiny")
        says(page, r"Downloading open_clip_model.safetensors: [1-9]\d* of \d+ MB")
        assert page.locator("#status .progress").is_visible()
        assert page.inner_text("#picture-question h2") == name and "which is right" in page.inner_text("#panel-1")
        says(page, "hf-hub:someone/tiny is in use")
        assert "hf-hub:someone/tiny" in page.inner_text("#header")
        assert page.inner_text("#picture-question h2") == name
        page.locator("#card-1").get_by_text("%").wait_for()
        answer = page.inner_text("#card-1")

        hub.damaged = True
        refusals = {
            "someone/nothing": "The hub has no model someone/nothing",
            "someone/other": "open_clip_model.safetensors of someone/other arrived damaged",
        }
        for wanted, sentence in refusals.items():
            use(page, f"hf-hub:{wanted}")
            page.locator("#status .bad").get_by_text(sentence).wait_for()
        hub.leave()
        use(page, "hf-hub:someone/new")
        page.locator("#status .bad").get_by_text(re.compile("connection to the (model )?hub")).wait_for()

        assert "hf-hub:someone/tiny" in page.inner_text("#header") and page.inner_text("#card-1") == answer
        open_step(page, 2)
        page.fill("#attack-steps input[type=number]", "2")
        page.click("#attack")
        says(page, "Attack finished")
        cards = page.locator("#journey .card").all_inner_texts()
        page.reload()
        page.click("#restore [data-do=restore]")
        says(page, "Restored")
        page.locator("#header").get_by_text("hf-hub:someone/tiny").wait_for()
        assert page.locator("#journey .card").all_inner_texts() == cards
        page.close()
