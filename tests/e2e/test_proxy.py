"""The page below a path of a proxy that strips it: page, stream, upload, download, link, restore, API, and a model that
is downloaded on demand from a hub on the loopback: seen to come, refused in one sentence, kept."""

import re
import urllib.request
import zipfile
from pathlib import Path

import pytest
from gradio_client import Client, handle_file

from engine.models.catalogue import RECOMMENDED
from tests.e2e.conftest import Watched, at_rest, first_sample, served, streams_of
from tests.e2e.test_page import few_views, open_step, says, unfold
from tests.e2e.test_story import SAMPLES, run_story
from tests.hub import Hub
from tests.proxy import Proxy

CLASSES = ["blue fish", "red fish"]
FILES = ("open_clip_config.json", "open_clip_model.safetensors")
SMALL = RECOMMENDED[0].removeprefix("hf-hub:")


@pytest.fixture(scope="module")
def hub(model):
    """A hub with the tiny model in three places; its store takes its time."""
    folder = Path(model.removeprefix("local-dir:"))
    files = {name: (folder / name).read_bytes() for name in FILES}
    with Hub(dict.fromkeys(("someone/tiny", "someone/other", SMALL), files), pace=0.1) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(hub, tmp_path_factory):
    """Below its path: a page that asks that hub and has nothing of it yet."""
    home = tmp_path_factory.mktemp("home")
    variables = {"HF_ENDPOINT": hub.address, "HF_HOME": str(home), "HF_HUB_CACHE": str(home / "cache")}
    below = served(GRADIO_ROOT_PATH="/demo", **variables)
    with below as url, Proxy("/demo", int(url.rstrip("/").rpartition(":")[2])) as running:
        yield running


@pytest.fixture
def page(browser, proxy):
    """The page with its first sample answered; afterwards: no error, and nothing was asked for beside the path."""
    page = browser.new_page(reduced_motion="reduce")
    page.set_default_timeout(120_000)
    watched = Watched(page, proxy.url)
    first_sample(page, proxy.url)
    yield page
    page.close()
    watched.nothing()
    assert proxy.beside == []


@pytest.fixture(scope="module")
def visitor(browser, proxy):
    """A visitor's page, left on the built-in model."""
    page = browser.new_page(reduced_motion="reduce")
    page.set_default_timeout(120_000)
    first_sample(page, proxy.url)
    yield page
    page.close()
    assert proxy.beside == []


def shows(page, name):
    page.locator("#picture-question").get_by_text(name).first.wait_for(state="attached")


def test_a_story_an_upload_a_download_a_link_and_a_reload(page, proxy):
    streams = streams_of(page)
    few_views(page)
    run_story(page)
    open_step(page, 6)
    for kind, start in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        with page.expect_download() as coming:
            page.click(f"[data-poster={kind}]")
        assert coming.value.suggested_filename.endswith(f" poster.{kind}")
        assert Path(coming.value.path()).read_bytes().startswith(start)
    page.set_input_files("#upload input[type=file]", str(SAMPLES / "bird-1.png"))
    shows(page, "bird-1.png")
    at_rest(page, streams)  # it is answered, so that there is something to take
    with page.expect_download() as coming:
        page.click("#download")
    with zipfile.ZipFile(coming.value.path()) as packed:
        assert packed.testzip() is None and coming.value.url.startswith(proxy.url)
    open_step(page, 2)
    page.fill("#attack-steps input[type=number]", "3")
    page.click("#attack")
    says(page, "Attack finished")
    at_rest(page, streams)
    page.reload()
    page.locator("#restore button").first.click()
    shows(page, "bird-1.png")

    page.click("#samples [data-index='2']")
    page.locator("#samples [data-index='2'][aria-pressed=true]").wait_for()
    page.click("#link")
    page.wait_for_url(re.compile(re.escape(proxy.url) + r"\?.*picture="))
    at_rest(page, streams)
    page.goto(page.url)
    page.locator("#samples [data-index='2'][aria-pressed=true]").wait_for()


def test_chats_find_the_picture_of_the_page_below_the_path(proxy):
    with urllib.request.urlopen(proxy.url) as page:
        (picture,) = re.findall(rb'property="og:image" content="([^"]+)"', page.read())
    assert picture.decode() == f"{proxy.url}preview.png"
    with urllib.request.urlopen(picture.decode()) as found:
        assert found.read() == (SAMPLES.parent / "preview.png").read_bytes()


def test_the_api_answers_below_the_path(proxy):
    client = Client(proxy.url, verbose=False)
    found = client.predict(handle_file(SAMPLES / "bird-1.png"), CLASSES, api_name="/predict")
    client.close()
    assert found["prediction"]["name"] in CLASSES and proxy.beside == []


def use(page, name):
    page.fill("#model-name input", name)
    page.keyboard.press("Enter")
    page.click("#use-model")


def test_the_head_offers_a_model_for_photographs_which_comes_while_the_page_goes_on(visitor, hub):
    page, offer = visitor, visitor.locator("#offer")
    hub.seen = []
    page.locator("#model").get_by_text("knows painted butterflies").wait_for()
    assert hub.seen == []  # nobody has pressed

    hub.gone = True
    page.click("#offer [data-do=use]")
    offer.get_by_text(re.compile("no connection to the model hub .*--model local-dir:FOLDER")).wait_for()
    assert "Field Guide" in page.inner_text("#model")
    hub.gone = False
    hub.flows.clear()

    page.click("#offer [data-do=use]")
    offer.get_by_text(re.compile(r"TinyCLIP ViT-39M/16: \d+ of \d+ MB")).wait_for()
    before = page.inner_text("#picture-question h2")
    page.click("#samples [data-index='3']")
    page.locator("#samples [data-index='3'][aria-pressed=true]").wait_for()
    page.wait_for_function("was => document.querySelector('#picture-question h2').innerText !== was", arg=before)
    page.locator("#card-1").get_by_text("%").wait_for()
    name = page.inner_text("#picture-question h2")
    page.click("#offer [data-do=cancel]")
    offer.get_by_text("Cancelled.").wait_for()
    assert "Field Guide" in page.inner_text("#model")

    hub.flows.set()
    page.click("#offer [data-do=use]")
    offer.get_by_text("TinyCLIP ViT-39M/16 is here").wait_for()
    assert "Field Guide" in page.inner_text("#model") and page.inner_text("#picture-question h2") == name
    page.click("#offer [data-do=use]")
    page.locator("#model").get_by_text("photographs and English of the web").wait_for()
    assert RECOMMENDED[0] in page.inner_text("#model") and page.inner_text("#picture-question h2") == name
    page.click("#offer [data-do=back]")
    page.locator("#model").get_by_text("knows painted butterflies").wait_for()
    page.locator("#offer").get_by_text("Use a CLIP for photographs", exact=True).wait_for()


def test_a_download_is_seen_and_a_refusal_leaves_the_old_model(visitor, hub):
    page = visitor
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
        page.wait_for_function("document.querySelector('#model-name input').value === 'hf-hub:someone/tiny'")
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
