"""An ASGI middleware that answers calls which Gradio cannot take apart, where it would let the server fail."""

from __future__ import annotations

import re

from gradio.route_utils import FnIndexInferError
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.text.words import MISFIT, NO_ENDPOINT

CALLS = re.compile(r"/gradio_api/(call|queue)/")


class Misfits:
    """404 for a call of an endpoint that there is not, 422 for one whose arguments are not its own; both say so in a
    sentence. What an endpoint itself raises does not come by here: Gradio tells it in the stream of the call."""

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
        except (KeyError, TypeError, ValueError, FnIndexInferError) as error:
            if started:
                raise
            status, said = (404, NO_ENDPOINT) if isinstance(error, KeyError | FnIndexInferError) else (422, MISFIT)
            await JSONResponse({"detail": said}, status)(scope, receive, send)
