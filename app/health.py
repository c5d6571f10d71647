"""An ASGI middleware that tells whoever watches over the server how it is: `GET /health`, as JSON."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

import engine
from app import hosting
from app.export.project import project

PATH = "/health"
NOT_KEPT = {"cache-control": "no-store"}


class Health:
    """Answers for that address with what `state` gives, and leaves everything else to `app`."""

    def __init__(self, app: ASGIApp, state: Callable[[], dict]) -> None:
        self.app, self.state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] not in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        return await JSONResponse(self.state(), headers=NOT_KEPT)(scope, receive, send)


def state_of(backbone: engine.Backbone, results: engine.story.Results) -> Callable[[], dict]:
    """What is told of a page that opens with this model and keeps these results; nothing of any visitor is in it."""
    begun = time.monotonic()

    def state() -> dict:
        computing, waiting = results.turns.load
        return {
            "status": "ok",
            "version": project().version,
            "commit": project().commit,
            "model": {
                "name": backbone.name,
                "fingerprint": backbone.fingerprint,
                "device": str(backbone.device),
                "precision": backbone.precision,
            },
            "computations": {"under way": computing, "waiting": waiting},
            "bytes": {"resident": hosting.resident(), "results": results.bytes},
            "seconds": round(time.monotonic() - begun, 1),
        }

    return state
