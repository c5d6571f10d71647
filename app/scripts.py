"""An ASGI middleware for one of Gradio's scripts, so that a browser has less to do after each event.

Gradio's page tells every input of an event that has ended that its stream is closed, whether there was a stream or not,
and from then on hands the progress of every event to all of them, copying what each holds, at each message. Listeners
here read all controls: seventy copies a message, which took the browser longer than all else. Where a later Gradio
words its script otherwise, it is left as it is.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import gradio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

SCRIPTS = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
NAME = "statustracker-*.js"
INPUT = re.compile(r"(\w+\.includes\(\w+\)&&)(\w+)(\?`input`:)")  # whether an input is told of a stream
KEPT = {"cache-control": "public, max-age=86400", "vary": "Accept-Encoding"}


def lighter(script: str) -> str | None:
    """The script in which inputs are told of a stream only while it is open; None where that is not found in it."""
    changed, times = INPUT.subn(r"\1\2&&\2!==`closed`\3", script)
    return changed if times == 1 else None


class Scripts:
    """Answers for that script, and leaves everything else to `app`."""

    def __init__(self, app: ASGIApp, folder: Path = SCRIPTS) -> None:
        self.app, self._kept = app, {}
        for file in folder.glob(NAME):
            changed = lighter(file.read_text(encoding="utf-8"))
            if changed is not None:
                self._kept[f"/assets/{file.name}"] = changed.encode(), gzip.compress(changed.encode(), mtime=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = self._kept.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if kept is None:
            return await self.app(scope, receive, send)
        packed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        headers = KEPT | ({"content-encoding": "gzip"} if packed else {})
        return await Response(kept[packed], media_type="text/javascript", headers=headers)(scope, receive, send)
