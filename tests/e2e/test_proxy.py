"""The page below a path of a proxy that strips it: page, stream, upload, download, link, restore and API."""

import re
import urllib.request
import zipfile
from pathlib import Path

import pytest
from gradio_client import Client, handle_file

from tests.e2e.conftest import Watched, at_rest, first_sample, served, streams_of
from tests.e2e.test_page import few_views, open_step, says
from tests.e2e.test_story import SAMPLES, run_story
from tests.proxy import Proxy

CLASSES = ["blue fish", "red fish"]


@pytest.fixture(scope="module")
def proxy():
    with served(GRADIO_ROOT_PATH="/demo") as url, Proxy("/demo", int(url.rstrip("/").rpartition(":")[2])) as running:
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
