"""The page's HTML is made once for each address, and with what has to run before Gradio's scripts."""

import asyncio
import io
import re
import socket
import threading
from contextlib import contextmanager

import httpx
import numpy as np
import pytest
import uvicorn
from gradio import networking
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app import preview
from app.opening import MOST, Opening
from app.social import PICTURE, SIZE, Preview

PLACE = [(b"host", b"here:7860")]


class Gradio:
    """An application whose page names the address, in two pieces, and the number of pages made so far."""

    def __init__(self, status=200):
        self.made, self.status = 0, status

    async def __call__(self, scope, receive, send):
        self.made += 1
        headers = [(b"content-type", b"text/html"), (b"Content-Length", b"999")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"<html><head><title>", "more_body": True})
        host = dict(scope["headers"]).get(b"host", b"")
        await send({"type": "http.response.body", "body": host + b" %d</title></head></html>" % self.made})


def opened(opening, headers=PLACE, method="GET", path="/", query=b"", **more):
    """Status, headers and body of one answer."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": list(headers)}
    scope |= more
    asyncio.run(opening(scope, None, send))
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


def test_the_script_comes_first_in_the_head_and_the_length_is_that_of_the_whole():
    status, headers, body = opened(Opening(Gradio(), "<script>first()</script>"))
    assert status == 200 and body.startswith(b"<html><head><meta ")
    assert body.endswith(b'"><script>first()</script><title>here:7860 1</title></head></html>')
    assert headers == {b"content-type": b"text/html", b"content-length": str(len(body)).encode()}


BEHIND = [*PLACE, (b"x-forwarded-host", b"there.org"), (b"x-forwarded-proto", b"https")]


@pytest.mark.parametrize(
    ("headers", "root_path", "expected"),
    [
        (PLACE, "", "http://here:7860"),
        (BEHIND, "", "https://there.org"),
        (BEHIND, "/demo", "https://there.org/demo"),
        (PLACE, "https://there.org/demo", "https://there.org/demo"),
    ],
)
def test_chats_are_given_our_words_and_our_picture_by_its_whole_address(headers, root_path, expected):
    class Page(Gradio):
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            of_gradio = (
                b'<meta property="og:title" content="Gradio" /><meta\n\tname="twitter:image"\n content="logo" />'
            )
            await send({"type": "http.response.body", "body": b"<head>" + of_gradio + b'<meta name="viewport"></head>'})

    page = Page()
    page.root_path = root_path
    body = opened(Opening(page, ""), headers, app=page)[2].decode()
    found = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', body))
    assert found["og:image"] == found["twitter:image"] == f"{expected}/preview.png"
    assert found["og:title"] == found["twitter:title"] and "A-TPT" in found["og:title"]
    assert found["og:description"] == found["description"] and found["twitter:card"] == "summary_large_image"
    assert "Gradio" not in body and "logo" not in body and 'name="viewport"' in body


def test_the_picture_of_links_is_a_png_of_the_size_it_says_and_small():
    status, headers, body = opened(Preview(Gradio()), path="/preview.png")
    assert (status, headers[b"content-type"]) == (200, b"image/png") and len(body) < 300_000
    assert Image.open(io.BytesIO(body)).size == SIZE
    assert opened(Preview(Gradio()), path="/preview.jpg")[2].startswith(b"<html>")


@pytest.mark.slow
def test_the_picture_of_links_is_drawn_from_a_story_of_our_own(tmp_path):
    """The same words and answers; of its pixels a few may come out otherwise on another processor."""
    assert preview.main(str(tmp_path / "again.png")) == 0
    again, kept = (np.asarray(Image.open(path).convert("L"), float) for path in (tmp_path / "again.png", PICTURE))
    assert np.abs(again - kept).mean() < 2


def test_the_manifest_lies_beside_the_page():
    class Page(Gradio):
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b'<link rel="manifest" href="/manifest.json" />'})

    _, headers, body = opened(Opening(Page(), ""))
    assert body == b'<link rel="manifest" href="./manifest.json" />'
    assert headers[b"content-length"] == str(len(body)).encode()


def test_one_page_is_made_for_all_who_come_by_one_address():
    made = Gradio()
    opening = Opening(made, "")
    pages = {
        opened(opening, [*PLACE, (b"x-forwarded-for", b"10.0.0.%d" % n)], query=b"eps=%d" % n)[2] for n in range(9)
    }
    assert made.made == len(pages) == 1


@pytest.mark.parametrize(
    "header",
    [
        (b"host", b"there"),
        (b"x-forwarded-host", b"there"),
        (b"x-forwarded-proto", b"https"),
        (b"x-gradio-server", b"s"),
    ],
)
def test_another_address_has_a_page_of_its_own(header):
    made = Gradio()
    opening = Opening(made, "")
    opened(opening)
    opened(opening, [header] if header[0] == b"host" else [*PLACE, header])
    assert made.made == 2


def test_few_addresses_are_kept_those_asked_for_first_make_room():
    made = Gradio()
    opening = Opening(made, "")
    for place in range(MOST + 1):
        opened(opening, [(b"host", b"%d" % place)])
    opened(opening, [(b"host", b"%d" % MOST)])
    assert made.made == MOST + 1
    opened(opening, [(b"host", b"0")])
    assert made.made == MOST + 2


@pytest.mark.parametrize("other", [{"method": "POST"}, {"path": "/config"}, {"query": b"deep_link=abc"}])
def test_everything_else_is_left_alone(other):
    made = Gradio()
    opening = Opening(made, "<script>first()</script>")
    for number in (1, 2):
        _, _, body = opened(opening, **other)
        assert body == b"<html><head><title>here:7860 %d</title></head></html>" % number


@pytest.mark.parametrize("query", [b"", b"deep_link=abc"])
def test_who_asks_only_whether_there_is_a_page_waits_for_none(query):
    made = Gradio()
    status, headers, body = opened(Opening(made, ""), method="HEAD", query=query)
    assert (status, body, made.made) == (200, b"", 0) and headers[b"content-type"].startswith(b"text/html")
    assert opened(Opening(made, ""), method="HEAD", path="/config")[2] and made.made == 1


def test_a_page_that_takes_long_to_make_does_not_end_the_server_at_its_start():
    """Gradio asks its own server for the head of the page and waits three seconds."""
    made = threading.Event()

    def page(request: Request) -> HTMLResponse:
        made.wait(30)
        return HTMLResponse("<head></head>")

    served = Starlette(routes=[Route("/", page)], middleware=[Middleware(Opening, "")])
    with serving(served) as address, httpx.Client() as client:
        late = threading.Thread(target=client.get, args=(address,), kwargs={"timeout": 60})
        late.start()
        try:
            assert networking.url_ok(address)
        finally:
            made.set()
            late.join()


@contextmanager
def serving(app):
    """The address under which the application is served meanwhile."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        at_work = threading.Thread(target=server.run, args=([listening],))
        at_work.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            at_work.join()


def test_a_page_that_could_not_be_made_is_not_kept():
    made = Gradio(status=500)
    opening = Opening(made, "")
    assert [opened(opening)[0] for _ in range(2)] == [500, 500] and made.made == 2
