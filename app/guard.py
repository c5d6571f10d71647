"""An ASGI middleware that closes doors of the page server: fetching URLs, resizing icons, endless JSON bodies, and what
Gradio offers beside the queue of events, in which everybody waits for a turn."""

from __future__ import annotations

import re
from urllib.parse import unquote

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 2_000_000  # bytes; file uploads are multipart and have their own limit
BESIDE = r"^/gradio_api/(run|api|component_server|process_recording|(undo-)?vibe[a-z-]*)(/|$)"
CLOSED = re.compile(rf"file=?/*(https?|ftp|data):|/proxy=|/pwa_icon|{BESIDE}", re.IGNORECASE)
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class TooLarge(Exception):
    """More body came than was announced or allowed."""


class Guard:
    """403 for routes that would make the server fetch, resize or compute out of turn on request, 413 for large bodies,
    safer headers."""

    def __init__(self, app: ASGIApp, max_body: int = MAX_BODY) -> None:
        self.app, self.max_body = app, max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if CLOSED.search(_decoded(scope["path"])):
            return await PlainTextResponse("This route is closed.", 403)(scope, receive, send)
        headers = dict(scope["headers"])
        if b"multipart/form-data" in headers.get(b"content-type", b"").lower():
            return await self.app(scope, receive, _with_headers(send))
        announced = headers.get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self.max_body:
            return await _too_large(scope, receive, send)
        return await self._limited(scope, receive, send)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while its body stays within the limit."""
        seen, started = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.max_body:
                raise TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counted, _with_headers(noted))
        except TooLarge:
            if started:
                raise
            await _too_large(scope, receive, send)


def _decoded(path: str) -> str:
    """The path with every layer of percent-encoding taken off."""
    for _ in range(4):
        path, before = unquote(path), path
        if path == before:
            break
    return path


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
        await send(message)

    return sending


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("The request is too large.", 413)(scope, receive, send)
