"""A proxy that serves another server below a path of its own, which it strips, as nginx does by `proxy_pass URL/`."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from types import TracebackType


class Proxy:
    """Passes what is asked for below `prefix` on to a port of this machine, and notes what is asked for beside it.

    A connection carries one request, and whatever comes back as it comes.
    """

    def __init__(self, prefix: str, port: int) -> None:
        self.prefix, self.port = prefix, port
        self.beside: list[str] = []
        self._tasks: set[asyncio.Task | None] = set()  # else nobody holds one whose both ends have gone
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self._server = started.result(30)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{self.prefix}/"
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:  # a connection may still come in meanwhile
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0.1)  # in which what was closed is let go of

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            (method, target, version), *lines = (line.split(" ") for line in head.rstrip().split("\r\n"))
            if not target.startswith(self.prefix + "/"):
                self.beside.append(target)
                writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            else:
                kept = [" ".join(line) for line in lines if line[0].lower() != "connection:"]
                first = f"{method} {target.removeprefix(self.prefix)} {version}"
                await self._pass_on("\r\n".join([first, *kept, "connection: close"]) + "\r\n\r\n", reader, writer)

    async def _pass_on(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        with contextlib.closing(back):
            back.write(head.encode("latin-1"))
            sending = asyncio.ensure_future(_copy(reader, back))
            try:
                await _copy(there, writer)
            finally:
                sending.cancel()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while block := await source.read(1 << 16):
            target.write(block)
            await target.drain()
