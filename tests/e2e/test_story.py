"""The whole story in a real browser: what the page says is what the engine computes."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.figures.html import percent
from engine import DEFENCES, Classes, Settings, ViewSettings, explore, load_backbone, load_picture
from engine.fieldguide.world.questions import make_question
from tests.e2e.conftest import at_rest, streams_of
from tests.e2e.test_page import few_views, open_step, put, says

SAMPLES = Path(__file__).resolve().parents[2] / "assets" / "samples"


@pytest.fixture(scope="module")
def backbone():
    return load_backbone()


def story_of(backbone, path, classes, truth, settings=Settings()):  # noqa: B008
    """The engine's own story of the picture: event name -> its last result, and defence -> answer."""
    pixels = backbone.prepare(load_picture(path).image)
    label = None if truth is None else classes.index(truth)
    last, answers = {}, {}
    for event in explore(backbone, pixels, classes, settings, label):
        last[event.name] = event.result
        if event.name == "defence":
            answers[event.result.defence] = event.result.prediction
    return last, answers


def run_story(page):
    page.click("#run-story")
    page.locator("#status").get_by_text(re.compile("The whole story (ran|is)")).wait_for()


def check(page, last, answers):
    """Clean answer, attacked answer and every row of the table of defences have the engine's numbers."""
    hit = last["attacked"]
    assert_shown(page, 1, last["clean"])
    assert_shown(page, 2, hit.after_saved)
    verdict = page.locator("#panel-6").text_content()
    for name, prediction in answers.items():
        row = page.locator("#panel-6 tr", has_text=DEFENCES[name].title).filter(has_text=prediction.name)
        cells = " ".join(row.all_text_contents())
        assert percent(prediction.confidence) in cells, (name, verdict)


def assert_shown(page, panel, prediction):
    content = page.locator(f"#panel-{panel}").text_content()
    assert prediction.name in content
    assert percent(prediction.confidence) in content


def test_the_story_of_a_sample(page, backbone):
    sample = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
    run_story(page)
    check(page, *story_of(backbone, SAMPLES / sample["file"], Classes(tuple(sample["classes"])), sample["truth"]))


def test_the_story_of_an_upload(page, backbone, tmp_path):
    question = make_question(3, 1, "fish")
    path = tmp_path / "my fish.png"
    Image.fromarray(question.painting.pixels).save(path)
    names = ("red fish", "blue fish", "yellow fish", "green fish", "white fish")
    few_views(page)
    page.fill("#class-names textarea", "\n".join(names))
    page.locator("#class-names textarea").blur()
    page.set_input_files("#upload input[type=file]", str(path))
    page.locator("#panel-1").get_by_text("my fish.png").first.wait_for()
    run_story(page)
    check(page, *story_of(backbone, path, Classes(names), None, Settings(views=ViewSettings(count=8))))


def test_a_picture_from_the_camera_is_taken_like_an_upload(page):
    page.get_by_label("Capture from camera").click()
    page.get_by_text("Click to Access Webcam").click()
    page.wait_for_function("document.querySelector('[data-testid=webcam-video]').videoWidth > 0")
    page.get_by_label("capture photo").click()
    page.locator("#panel-1").get_by_text("knows only its paintings").first.wait_for()
    with Image.open(io.BytesIO(page.request.get(page.get_attribute("#picture-seen img", "src")).body())) as seen:
        levels = np.asarray(seen.convert("RGB")).astype(float)
    red, green, blue = levels.reshape(-1, 3).mean(0)
    assert green > 100 > max(red, blue)  # the stand-in for a camera shows green
    half = levels.shape[1] // 2
    assert levels[:, : half - 4, 1].mean() > 220 > 150 > levels[:, half + 4 :, 1].mean()  # not as in a mirror


@pytest.mark.parametrize("wait", [0, 1500])
def test_stop_says_so_last_and_leaves_a_usable_page(page, wait):
    streams = streams_of(page)
    page.click("#run-story")
    page.wait_for_timeout(wait)
    page.click("#stop")
    page.locator("#status").get_by_text("Stopped.").wait_for()
    at_rest(page, streams)
    assert "Stopped." in page.locator("#status").inner_text()
    few_views(page)
    run_story(page)


def test_views_under_way_are_dropped_by_stop_and_can_be_made_at_once_after_it(page):
    open_step(page, 4)
    put(page, "#views", "60")
    page.click("#make-views")
    says(page, "Making and encoding views")
    page.click("#stop")
    says(page, "Stopped.")
    assert "Press Make views" in page.inner_text("#view-grid")
    page.click("#make-views")
    says(page, "Views made.")
    assert page.locator("#view-grid [data-index]").count() == 60


def test_a_story_of_a_picture_that_is_left_ends_and_that_of_the_next_runs_whole(page):
    few_views(page)
    open_step(page, 2)
    put(page, "#attack-steps", "60")
    page.click("#samples [data-index='5']")
    page.locator("#samples [data-index='5'][aria-pressed=true]").wait_for()
    page.click("#run-story")
    says(page, "Attacking")
    page.click("#samples [data-index='6']")
    page.locator("#samples [data-index='6'][aria-pressed=true]").wait_for()
    page.click("#run-story")
    says(page, "The whole story (ran|is)")
    assert page.locator("#journey .card.done").count() == 6
