"""An ASGI middleware that notes what was asked for and how it went, as one JSON line for each request, and nothing that
a visitor wrote, uploaded or is known by."""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
from collections.abc import Collection
from datetime import datetime, timezone
from hashlib import blake2b
from logging.handlers import WatchedFileHandler

from starlette.types import ASGIApp, Message, Receive, Scope, Send

import engine

STANDARD_ERROR = "-"
OTHER = "other"  # than these, whose further parts may hold what visitors wrote
CALL = "/gradio_api/call"
ROUTES = (
    "/health", "/config", "/theme.css", "/assets", "/static", CALL,
    *(f"/gradio_api/{name}" for name in (
        "queue/join", "queue/data", "upload", "upload_progress", "file", "info", "heartbeat", "cancel", "reset",
        "startup-events",
    )),
)  # fmt: skip


class Access:
    """Writes to `log` when a request has been answered; `calls` are the endpoints of the API, named where called."""

    def __init__(self, app: ASGIApp, log: logging.Logger, calls: Collection[str]) -> None:
        self.app, self.log, self.calls = app, log, calls
        self._key = secrets.token_bytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begun, status, length = time.perf_counter(), None, 0

        async def noted(message: Message) -> None:
            nonlocal status, length
            status = message.get("status", status)
            length += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            status = 500
            raise
        finally:
            line = {
                "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
                "client": self._pseudonym(scope.get("client")),
                "method": scope["method"],
                "route": self._route(scope["path"]),
                "status": status,
                "seconds": round(time.perf_counter() - begun, 3),
                "bytes": length,
            }
            self.log.info(json.dumps(line))

    def _route(self, path: str) -> str:
        """Which of the page's routes it is, without what follows."""
        if path == "/":
            return path
        route = next((one for one in ROUTES if path == one or path.startswith((f"{one}/", f"{one}="))), OTHER)
        name = path.removeprefix(f"{CALL}/").partition("/")[0]
        return f"{CALL}/{name}" if route == CALL and name in self.calls else route

    def _pseudonym(self, client: tuple[str, int] | None) -> str:
        """Equal for requests from one address to this process, and for nothing else."""
        return blake2b(client[0].encode(), key=self._key, digest_size=4).hexdigest() if client else ""


def access_log(where: str) -> logging.Logger:
    """What appends lines to the file `where`, opened anew when it was moved away; "-": writes them to standard error.

    Raises `EngineError` for a file that cannot be written to.
    """
    log = logging.getLogger("atpt.access")
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        handler = logging.StreamHandler(sys.stderr) if where == STANDARD_ERROR else WatchedFileHandler(where)
    except OSError as error:
        raise engine.EngineError(
            f"Expected a file for the access log that can be written to; got “{where}”: {error.strerror}."
        ) from error
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.handlers = [handler]
    return log
