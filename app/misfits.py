"""An ASGI middleware that answers calls which Gradio cannot take apart, and uploads for which there is no room, where
it would let the server fail."""

from __future__ import annotations

import errno
import re
import sys

from gradio.route_utils import FnIndexInferError
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.text.words import MISFIT, NO_ENDPOINT, NO_ROOM

CALLS = re.compile(r"/gradio_api/(call/|queue/|upload)")

UPLOAD = "/gradio_api/upload"


class Misfits:
    """404 for a call of an endpoint that there is not, 422 for one whose arguments are not its own, 507 where the disk
    is full; each says so in a sentence. What an endpoint itself raises does not come by here: Gradio tells it in the
    stream of the call."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not CALLS.match(scope["path"]):
            return await self.app(scope, receive, send)
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except OSError as error:
            if started or error.errno != errno.ENOSPC:
                raise
            print(NO_ROOM, file=sys.stderr, flush=True)
            await PlainTextResponse(NO_ROOM, 507)(scope, receive, send)
        except (KeyError, TypeError, ValueError, FnIndexInferError) as error:
            if started or scope["path"].startswith(UPLOAD):
                raise
            status, said = (404, NO_ENDPOINT) if isinstance(error, KeyError | FnIndexInferError) else (422, MISFIT)
            await JSONResponse({"detail": said}, status)(scope, receive, send)
