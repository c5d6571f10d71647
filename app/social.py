"""What programs that show links in a chat or a feed read of the page: title, sentence and one picture of our own."""

from __future__ import annotations

import re
from functools import cache

from gradio.route_utils import get_root_url
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

import engine
from app.figures.html import esc
from app.text import export as text
from app.text import words

PICTURE = engine.ASSETS / "preview.png"  # drawn by `python -m app.preview`
PATH = "/preview.png"
SIZE = (1200, 630)  # pixels, as those programs cut it
KEPT = {"cache-control": "public, max-age=86400"}
OF_GRADIO = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')  # which names Gradio, and its picture


def tags(scope: Scope) -> bytes:
    """The tags for a page asked for so; their picture has the address that it was reached by, behind proxies too."""
    root = get_root_url(Request(scope), "/", getattr(scope.get("app"), "root_path", None))
    width, height = SIZE
    said = {
        "og:type": "website", "og:site_name": words.TITLE, "og:title": text.SOCIAL_TITLE,
        "og:description": text.SOCIAL, "og:image": root + PATH, "og:image:type": "image/png",
        "og:image:width": str(width), "og:image:height": str(height), "og:image:alt": text.SOCIAL_ALT,
    }  # fmt: skip
    named = {
        "description": text.SOCIAL, "twitter:card": "summary_large_image", "twitter:title": text.SOCIAL_TITLE,
        "twitter:description": text.SOCIAL, "twitter:image": root + PATH, "twitter:image:alt": text.SOCIAL_ALT,
    }  # fmt: skip
    drawn = [f'<meta property="{name}" content="{esc(value)}">' for name, value in said.items()]
    drawn += [f'<meta name="{name}" content="{esc(value)}">' for name, value in named.items()]
    return "".join(drawn).encode()


class Preview:
    """Answers for the picture, and leaves everything else to `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] not in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        return await Response(_picture(), media_type="image/png", headers=KEPT)(scope, receive, send)


@cache
def _picture() -> bytes:
    return PICTURE.read_bytes()
