"""Two visitors at once: each sees the own picture, numbers, files and download, and nothing of the other's."""

import hashlib
import io
import json
import re
import zipfile
from contextlib import closing, contextmanager
from pathlib import PurePosixPath

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import engine
from tests.e2e.conftest import begin_anew, first_sample, served
from tests.e2e.test_page import SAMPLES, few_views, open_step, put, says
from tests.e2e.test_story import assert_shown

SECRET = "grandmothers garden.png"
NAMES = ("red bird", "blue bird", "yellow bird", "green bird")


@contextmanager
def visiting(context, address):
    """A visitor with that browser, and the addresses of all files that the page fetched for them."""
    page, files = context.new_page(), set()
    page.on("request", lambda request: files.add(request.url) if "/gradio_api/file=" in request.url else None)
    first_sample(page, address)
    yield page, files
    page.close()


@pytest.fixture(scope="module")
def elsewhere(browser):
    """Another browser than the one of `context`: it shares nothing with it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(120_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def both(context, elsewhere, address):
    """Two visitors at once, each with a browser of their own."""
    with visiting(context, address) as one, visiting(elsewhere, address) as other:
        yield one, other


def attack_for_long(page, steps):
    """Let the page's visitor attack through A-TPT with eight views, which takes about a fifth of a second a step.

    An attack of as many `steps` that somebody has run before would be there at once.
    """
    few_views(page)
    open_step(page, 2)
    put(page, "#attack-steps", str(steps))
    page.click("#attack-adaptive")
    says(page, "Attacking")


def taken(page, target):
    """All text in the visitor's download, and its clean picture."""
    with page.expect_download() as waiting:
        page.click("#download")
    waiting.value.save_as(target)
    with zipfile.ZipFile(target) as packed:
        held = {"/".join(PurePosixPath(name).parts[1:]): packed.read(name) for name in packed.namelist()}
    written = b"".join(content for name, content in held.items() if name.endswith((".txt", ".json", ".sh", ".py")))
    return written.decode(), np.asarray(Image.open(io.BytesIO(held["clean.png"])))


def guesses(link):
    """What a stranger might try beside the link of a file: its folder, the folder above, another name."""
    path, name = re.fullmatch(r".*file=(.*/[0-9a-f]{64})/([^/]+)", link).groups()
    return path, path.rpartition("/")[0], f"{path[:-1]}{'1' if path.endswith('0') else '0'}/{name}"


@pytest.fixture
def photo(tmp_path):
    """A picture that only one of the two has."""
    path = tmp_path / SECRET
    Image.open(SAMPLES / "bird-1.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(path)
    return path


def test_a_short_run_passes_a_long_one_of_another_visitor_and_both_are_told(both):
    (busy, _), (other, _) = both
    attack_for_long(busy, 100)
    open_step(other, 2)
    put(other, "#eps", "2.3")
    other.uncheck("#live input")
    put(other, "#attack-steps", "40")
    other.click("#attack")
    says(busy, "taking turns with one other visitor")
    says(other, "Attack finished.")
    assert other.inner_text("#linf").startswith("2") and "Attacking" in busy.inner_text("#status")
    busy.click("#stop")
    says(busy, "Stopped.")
    assert "Attack finished." in other.inner_text("#status")


def test_runs_of_one_visitor_go_one_after_the_other_with_the_controls_as_they_then_stand(page):
    page.uncheck("#live input")
    attack_for_long(page, 6)
    open_step(page, 4)
    page.click("#make-views")
    put(page, "#views", "9")
    says(page, "Views made.")
    assert "of 9 views" in page.inner_text("#card-4")


def test_what_is_pressed_behind_stop_has_the_last_word(page):
    page.uncheck("#live input")
    few_views(page)
    attack_for_long(page, 7)
    page.evaluate("() => ['stop', 'make-views'].forEach((id) => document.getElementById(id).click())")
    says(page, "Views made.")
    page.wait_for_timeout(1000)  # a word behind it would have come by then
    assert "Views made." in page.inner_text("#status") and not page.locator("#status").get_by_text("Stopped").count()


def test_who_asks_for_more_than_a_budget_is_told_what_would_fit_and_the_log_says_how_it_went(elsewhere, tmp_path):
    limits = {"ATPT_VISITOR_PASSES": "60", "ATPT_ADDRESS_PASSES": "60", "ATPT_ACCESS_LOG": str(tmp_path / "log")}
    with served(**limits) as url, visiting(elsewhere, url) as (page, _):
        open_step(page, 2)
        page.uncheck("#live input")
        put(page, "#attack-steps", "500")
        page.click("#attack")
        says(page, "at most 60 a minute are allowed here: it would fit with at most")
        most = re.search(r"at most (\d+) attack steps", page.inner_text("#status"))[1]
        put(page, "#attack-steps", str(int(most) // 2))
        page.click("#attack")
        says(page, "Attack finished.")
        with closing(Client(url, verbose=False)) as client:
            sample = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
            asked = {"picture": handle_file(SAMPLES / sample["file"]), "class_names": sample["classes"]}
            assert client.predict(**asked, api_name="/predict")["prediction"]["name"]
            with pytest.raises(AppError, match="at most 60 a minute are allowed here"):
                client.predict(**asked, steps=500, api_name="/attack")
    noted = (tmp_path / "log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in noted.splitlines()]
    assert {"/", "/gradio_api/queue/join", "/gradio_api/upload"} < {line["route"] for line in lines}
    assert {line["status"] for line in lines} <= {200, None} and not any(word in noted for word in sample["classes"])


def test_two_visitors_at_once_never_see_each_other(both, address, photo, tmp_path):
    backbone = engine.load_backbone()
    sample = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[2]
    asked = {
        "own": (photo, engine.Classes(NAMES), None),
        "sample": (SAMPLES / sample["file"], engine.Classes(tuple(sample["classes"])), sample["truth"]),
    }
    (own, own_files), (other, other_files) = both
    earlier = own_files | other_files
    for page in (own, other):
        begin_anew(page)
        few_views(page)
    own.fill("#class-names textarea", "\n".join(NAMES))
    own.locator("#class-names textarea").blur()
    own.set_input_files("#upload input[type=file]", str(photo))
    other.click("#samples [data-index='2']")
    own.locator("#picture-question").get_by_text(SECRET).first.wait_for()
    other.locator("#picture-question").get_by_text(sample["question"]).wait_for()
    shared = own_files & other_files  # the first sample, with which both pages opened
    for page in (own, other):
        page.click("#run-story")
    for page in (own, other):
        says(page, "The whole story (ran|is)")

    for page, (path, classes, truth) in ((own, asked["own"]), (other, asked["sample"])):
        pixels, label = backbone.prepare(engine.load_picture(path).image), truth and classes.index(truth)
        *_, hit = engine.attack(backbone, pixels, classes, engine.AttackSettings(), label)
        assert_shown(page, 1, hit.before)
        assert_shown(page, 2, hit.after_saved)
        written, clean = taken(page, tmp_path / "taken.zip")
        assert (clean == (pixels * 255).round().byte().permute(1, 2, 0).numpy()).all()
        assert (SECRET in written) == (page is own) and (sample["truth"] in written) == (page is other)
    assert "grandmothers" not in other.content() and "blue bird" not in other.inner_text("#story")
    assert sample["question"] not in own.inner_text("#story")

    mine, theirs = own_files - earlier, other_files - earlier
    assert mine and theirs and not (own_files & other_files) - shared
    for link in mine:
        assert hashlib.sha256(own.request.get(link).body()).hexdigest() not in link  # to have a file is not enough
        for guess in guesses(link):
            assert other.request.get(f"{address}gradio_api/file={guess}").status in (403, 404)
