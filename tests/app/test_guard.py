"""The guard closes routes that serve strangers, and bodies without an end, and leaves everything else alone."""

import asyncio

import pytest

from app.guard import Guard


async def echo(scope, receive, send):
    """An application that reads its whole body and answers with its length."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


def answer(path, chunks=(b"",), headers=(), app=echo):
    """Status, headers and body of the guarded application, the body sent in `chunks`."""
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": place < len(chunks) - 1}
        for place, chunk in enumerate(chunks)
    ]
    sent = []

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers)}
    asyncio.run(Guard(app, max_body=100)(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=https://example.org/a.png",
        "/file=http:/example.org/a.png",
        "/gradio_api/file/HTTPS://example.org/a.png",
        "/gradio_api/file%3Dhttps%3A//example.org/a.png",
        "/gradio_api/file%253Dhttps%253A//example.org",
        "/gradio_api/proxy=https://example.org/",
        "/pwa_icon/16000",
        "/gradio_api/run/predict",
        "/gradio_api/api/predict/",
        "/gradio_api/component_server",
        "/gradio_api/vibe-code/",
        "/gradio_api/undo-vibe-edit",
    ],
)
def test_routes_that_serve_strangers_are_closed(path):
    assert answer(path)[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/gradio_api/file=/tmp/gradio_api/run/a.png",
        "/gradio_api/call/predict",
        "/gradio_api/file=/tmp/gradio/https/a.png",
        "/gradio_api/queue/join",
    ],
)
def test_other_routes_pass_and_get_safe_headers(path):
    status, headers, _ = answer(path)
    assert status == 200
    assert headers[b"x-content-type-options"] == b"nosniff"


def test_an_announced_body_over_the_limit_is_refused_unread():
    async def never(scope, receive, send):
        raise AssertionError("the application was asked")

    assert answer("/", headers=[(b"content-length", b"101")], app=never)[0] == 413
    assert answer("/", headers=[(b"content-length", b"many")], app=never)[0] == 413


def test_a_streamed_body_over_the_limit_is_refused_on_the_way():
    assert answer("/", chunks=[b"x" * 60, b"x" * 60])[0] == 413
    assert answer("/", chunks=[b"x" * 60, b"x" * 40])[::2] == (200, b"100")


def test_uploads_have_their_own_limit():
    headers = [(b"content-type", b"multipart/form-data; boundary=x"), (b"content-length", b"500")]
    assert answer("/gradio_api/upload", chunks=[b"x" * 500], headers=headers)[::2] == (200, b"500")


def test_what_is_not_http_passes_untouched():
    seen = []

    async def lifespan(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(Guard(lifespan)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
