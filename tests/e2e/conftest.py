"""A served page and a real browser that may talk to this machine only."""

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SHELL = "chromium-headless-shell"  # half the time of the whole browser, in which one page hides the others of a window
CHROMIUM = shutil.which(SHELL) or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")  # and nobody asks
FRAMES = """(() => {
  const ask = window.requestAnimationFrame.bind(window);
  window.asked = 0;
  window.requestAnimationFrame = (then) => { window.asked += 1; return ask(then); };
})()"""
OPENED = []  # the browser's context, while there is one
SERVED_WITHIN = 120  # seconds; a loaded machine is slow, and this is no benchmark


def pytest_collection_modifyitems(items):
    """Everything in this folder is marked `e2e`."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With what failed, what stood on every page that was open."""
    report = yield
    if report.failed and OPENED:
        report.sections += [("page", _shown_on(page)) for page in OPENED[-1].pages]
    return report


def _shown_on(page):
    said = page.evaluate("""() => ["#status", "#journey", "[data-testid=toast-body]", "[id^=stale-]"].map((each) =>
        `${each}: ${[...document.querySelectorAll(each)].map((one) => one.innerText.slice(0, 300)).join(" | ")}`)""")
    return "\n".join([page.url, *said])


@contextmanager
def served(**environment):
    """Where `python app.py` serves the page, as a visitor would start it, with more in its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", "--cold", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"ATPT_MODEL": "fieldguide"} | environment)
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait_for(url, server)
        yield url
    finally:
        server.terminate()
        assert server.wait(SERVED_WITHIN) == 0  # it says goodbye and ends by itself


@pytest.fixture(scope="session")
def address():
    """One page for all tests that can share it."""
    with served() as url:
        yield url


def _wait_for(url, server):
    deadline = time.monotonic() + SERVED_WITHIN
    while time.monotonic() < deadline:
        assert server.poll() is None, "app.py ended before it served the page"
        try:
            with urllib.request.urlopen(f"{url}health", timeout=5) as told:
                assert json.load(told)["status"] == "ok"
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"no page at {url} within {SERVED_WITHIN} s")


def filmed(folder):
    """A film for a camera that shows bright green at the left and dark green at the right."""
    frame = Image.new("RGB", (640, 480), (0, 120, 0))
    frame.paste((0, 250, 0), (0, 0, 320, 480))
    buffer = io.BytesIO()
    frame.save(buffer, "JPEG", quality=95)
    path = folder / "camera.mjpeg"
    path.write_bytes(buffer.getvalue() * 30)
    return path


@pytest.fixture(scope="package")
def browser(tmp_path_factory):
    """Debian's Chromium; missing is an error on CI and a skip elsewhere.

    Closed after the last test of this folder: Playwright keeps an event loop running, and other tests start their own.
    """
    if not Path(CHROMIUM).is_file():
        assert not os.environ.get("CI"), "CI must have Chromium"
        pytest.skip("Chromium is not installed")
    film = f"--use-file-for-fake-video-capture={filmed(tmp_path_factory.mktemp('camera'))}"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *CAMERA, film])
        yield started
        started.close()


@pytest.fixture(scope="package")
def context(browser, address):
    """Where pages open, for one who wants no motion: nothing is waited for until it has come to rest.

    A light page of the same site stays open: what the browser has compiled is kept. Every page counts in
    `window.asked` the frames that it has asked for.
    """
    opened = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    opened.set_default_timeout(120_000)
    opened.add_init_script(FRAMES)
    opened.new_page().goto(address + "manifest.json")
    OPENED.append(opened)
    yield opened
    OPENED.remove(opened)
    opened.close()


class Watched:
    """What the browser tells of one page: errors in its console, requests to elsewhere; whether the last test left
    it as it was."""

    def __init__(self, page, address):
        self.errors, self.strangers, self.address, self.left_as_it_was = [], [], address, False
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._note)

    def _note(self, request):
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(request.url)

    def nothing(self):
        assert self.errors == [] and self.strangers == []


def answered(page):
    """Wait until the sample that the page shows is answered."""
    page.locator("#panel-1").get_by_text("which is right").first.wait_for()  # to read the whole page takes the browser


def first_sample(page, address, theme="light"):
    """Load the page in a theme and wait until its first sample is answered."""
    page.goto(f"{address}?__theme={theme}")
    answered(page)


@contextmanager
def opening(context, address):
    """A page with its first sample drawn, and what the browser tells of it."""
    opened = context.new_page()
    watched = Watched(opened, address)
    first_sample(opened, address)
    yield opened, watched
    opened.close()


def streams_of(page):
    """The stream of events that the page reads at any moment; those that it opened before are over.

    It reads one at a time. One that it lost sight of as it opened the next stays open, and nobody waits for it.
    """
    page.wait_for_load_state("networkidle")
    reading = set()

    def note(request):
        if "/queue/data" in request.url:
            reading.clear()
            reading.add(request)

    page.on("request", note)
    for ended in ("requestfinished", "requestfailed"):
        page.on(ended, lambda request: reading.discard(request))
    return reading


def at_rest(page, streams):
    """Wait until nothing is read any more, nor has been for a while, as the end of one event presses for the next: a
    stream that another page cuts off is told on the console."""
    page.wait_for_timeout(100)  # in which a press just made begins to be answered
    calm = 0
    for _ in range(600):
        calm = 0 if streams else calm + 1
        if calm == 8:
            break
        page.wait_for_timeout(100)


@contextmanager
def step_1_opens(page):
    """What is pressed in it takes a picture, or begins anew, and at its end the page opens step 1, whatever is open."""
    before = page.locator("#journey nav").get_attribute("data-turn")
    yield
    page.locator(f"#journey nav[data-go='1']:not([data-turn='{before}'])").wait_for(state="attached")


def close_toasts(page):
    """Close whatever the page warns of."""
    page.eval_on_selector_all("[data-testid=toast-close]", "(toasts) => toasts.forEach((toast) => toast.click())")
    page.locator("[data-testid=toast-body]").first.wait_for(state="detached")


@pytest.fixture
def loaded(context, address):
    """The opened page with its first sample drawn; afterwards: no error in the console, no request to elsewhere."""
    with opening(context, address) as (opened, watched):
        yield opened
    watched.nothing()


@pytest.fixture(scope="module")
def tab(context, address):
    """One page for the tests of a module, and what the browser tells of it."""
    with opening(context, address) as both:
        yield both


def asks_of_the_first_sample(page):
    """Whether the page shows it as it comes: with its own class names and true class, and not attacked elsewhere."""
    sample = json.loads((ROOT / "assets" / "samples" / "samples.json").read_text(encoding="utf-8"))[0]
    asked = page.input_value("#class-names textarea").splitlines(), page.input_value("#true-class input")
    shown = page.locator("#samples [data-index='0'][aria-pressed=true]").count() == 1
    clean = page.locator("#elsewhere-line [data-do=clean]").count() == 0
    return shown and clean and asked == (sample["classes"], sample["truth"])


def begin_anew(page):
    """Set the page to the first sample at step 1, all settings as at the start, nothing pinned and no toasts."""
    close_toasts(page)
    if page.locator("#pin").inner_text() == "Unpin":
        page.click("#pin")
        page.locator("#pin").get_by_text("Pin", exact=True).wait_for()
    with step_1_opens(page):
        page.click("#start-over")
    page.locator("#status").get_by_text("as at the start").wait_for()
    if not asks_of_the_first_sample(page):
        with step_1_opens(page):
            page.click("#samples [data-index='0']")
        page.locator("#samples [data-index='0'][aria-pressed=true]").wait_for()
    answered(page)
    page.locator("#card-2.done").wait_for(state="detached")
    page.click("#card-1")


@pytest.fixture
def page(tab):
    """That page with the first sample, all settings as at the start and no toasts; afterwards as after `loaded`."""
    opened, watched = tab
    watched.left_as_it_was = False
    begin_anew(opened)
    yield opened
    watched.nothing()


@pytest.fixture
def kept_page(tab):
    """That page for a test that leaves it as it was, at step 1 and without toasts: all settings as at the start where
    another kind of test came before. Afterwards as after `loaded`."""
    opened, watched = tab
    if watched.left_as_it_was:
        opened.click("#card-1")
        close_toasts(opened)
    else:
        begin_anew(opened)
    watched.left_as_it_was = True
    yield opened
    watched.nothing()


@pytest.fixture(scope="package")
def common_tab(context, address):
    """One page for files of a test or two, which give it nothing that stays, and what the browser tells of it."""
    with opening(context, address) as both:
        yield both


@pytest.fixture
def common_page(common_tab):
    """That page as `page` has it; folds are as the tests before left them."""
    opened, watched = common_tab
    begin_anew(opened)
    yield opened
    watched.nothing()
