"""An ASGI middleware that makes the page's HTML once, with what has to be there before Gradio's scripts.

Gradio describes all its components anew for everybody who opens the page, half a megabyte that differs in nothing but
the address under which the page was reached. It adds what a page has for its head only once its own scripts run, has
browsers look for the manifest at the top of the host, wherever the page is, and tells chats that the page is Gradio.

It also makes the whole page for those who only ask whether there is one, itself among them at the start: where the
machine is busy that takes longer than the three seconds it waits, and it would end itself.
"""

from __future__ import annotations

from collections import OrderedDict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.social import OF_GRADIO, tags

MOST = 8  # addresses for which the HTML is kept
NAMES = frozenset({b"host", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server"})
LINK = b"deep_link"  # with which Gradio makes another page
HEAD = b"<head>"
MANIFEST = b'href="/manifest.json"'
THERE = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html; charset=utf-8")]}
Answer = tuple[Message, bytes]


class Opening:
    """Answers for `/` with what `app` answered before under the same address, in its head our tags for chats and then
    the HTML `first`; and at once whoever asks for no more than the head of an answer."""

    def __init__(self, app: ASGIApp, first: str) -> None:
        self.app, self.first = app, first.encode()
        self._kept: OrderedDict[tuple, Answer] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] not in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        if scope["method"] == "HEAD":
            return await _send(send, THERE, b"")
        if LINK in scope["query_string"]:
            return await self.app(scope, receive, send)
        key = _address(scope)
        if key not in self._kept:
            start, body = await self._made(scope, receive)
            if start["status"] != 200:
                return await _send(send, start, body)
            self._kept[key] = start, body
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return await _send(send, *self._kept[key])

    async def _made(self, scope: Scope, receive: Receive) -> Answer:
        """The application's own answer, with more where there is a head."""
        sent: list[Message] = []

        async def noted(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, noted)
        body = OF_GRADIO.sub(b"", b"".join(message.get("body", b"") for message in sent[1:]))
        body = body.replace(HEAD, HEAD + tags(scope) + self.first, 1)
        body = body.replace(MANIFEST, MANIFEST.replace(b"/", b"./"), 1)
        length = (b"content-length", str(len(body)).encode())
        headers = [header for header in sent[0]["headers"] if header[0].lower() != length[0]]
        return {**sent[0], "headers": [*headers, length]}, body


def _address(scope: Scope) -> tuple:
    """All that Gradio reads of where a request was sent to."""
    where = sorted((name, value) for name, value in scope["headers"] if name in NAMES)
    return scope.get("scheme", ""), scope.get("root_path", ""), *where


async def _send(send: Send, start: Message, body: bytes) -> None:
    await send(start)
    await send({"type": "http.response.body", "body": body})
