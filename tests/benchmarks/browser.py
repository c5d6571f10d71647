"""A visitor of the page without a browser: sends and takes what the page's scripts would, and draws nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
from gradio_client.utils import apply_diff

from tests.benchmarks.page_ready import started

PATIENCE = 60.0  # seconds after which a request has failed


@contextmanager
def served(*options: str) -> Iterator[str]:
    """Where the page is served, started with these options."""
    with started(*options) as (_, url):
        yield url


def address(url: str, number: int) -> httpx.AsyncClient:
    """Somebody at the address of this machine with that number, from 1 to 200, before the page at `url`."""
    transport = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{number}", retries=2)
    return httpx.AsyncClient(transport=transport, base_url=url, timeout=PATIENCE)


class Browser:
    """One page that is open; whatever it is sent lies in `heard`, each with the turn of the event that it answers."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http, self.session, self.turn = http, uuid4().hex, 0
        self.heard: list[tuple[int, str]] = []
        self.news = asyncio.Event()
        self._pending: dict[str, tuple[str, int, dict]] = {}
        self._sent: dict[str, list] = {}  # what the last message of an event comes to, which the next differs from
        self._draw_again = False
        self._nudge = ""
        self._passed = -1  # the last turn that a slider has moved on from
        self._reading: asyncio.Task | None = None

    async def open(self) -> None:
        """Load the page and its first picture."""
        (await self.http.get("")).raise_for_status()
        self.config = (await self.http.get("config")).json()
        self.props = {part["id"]: part["props"] for part in self.config["components"]}
        self.values = {number: props.get("value") for number, props in self.props.items()}
        self.turn_field = self._listener("draw", "click")["inputs"][0]
        await self.trigger("", "load")
        await self.rests()

    async def trigger(self, elem_id: str, event: str = "click", data: object = None) -> None:
        """Have the event of an element happen (an empty name: of the page), with its data."""
        listener = self._listener(elem_id, event)
        self.turn += 1
        self.values[self.turn_field] = self.turn
        given = [self.values[number] for number in listener["inputs"]]
        asked = {"fn_index": listener["id"], "data": given, "event_data": data, "session_hash": self.session}
        answer = await self.http.post("gradio_api/queue/join", json=asked)
        answer.raise_for_status()
        self._pending[answer.json()["event_id"]] = elem_id, self.turn, listener
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())

    async def pick(self, sample: int) -> None:
        """Choose the sample at that place, from 0, and wait until it is on the page."""
        await self.trigger("samples", data={"index": sample})
        await self.rests()

    async def rests(self) -> None:
        """Wait until nothing is under way and nothing more is asked for."""
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(0.1)
            quiet = 0 if self._pending or self._draw_again else quiet + 1

    async def says(self, *words: str, after: int = 0) -> None:
        """Wait until something that was heard after so many messages has one of these words."""
        while not any(word in said for _, said in self.heard[after:] for word in words):
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), PATIENCE)

    def _listener(self, elem_id: str, event: str) -> dict:
        return next(
            one for one in self.config["dependencies"] for number, name in one["targets"]
            if name == event and one["backend_fn"] and one["inputs"]
            and (self.props.get(number, {}).get("elem_id") or "") == elem_id
        )  # fmt: skip

    async def _read(self) -> None:
        while self._pending:
            query = f"gradio_api/queue/data?session_hash={self.session}"
            async with self.http.stream("GET", query) as lines:
                async for line in _lines(lines):
                    if line.startswith("data: ") and await self._take(json.loads(line.removeprefix("data: "))):
                        break

    async def _take(self, message: dict) -> bool:
        """Whether the stream is over."""
        event = message.get("event_id")
        if event in self._pending and "output" in message:
            _, turn, listener = self._pending[event]
            data = message["output"].get("data") or []
            if message["msg"] == "process_generating":
                before = self._sent.get(event)
                data = data if before is None else [apply_diff(*each) for each in zip(before, data, strict=True)]
                self._sent[event] = data
            self._set(listener, data)
            self.heard.append((turn, json.dumps(message["output"], ensure_ascii=False)))
            self.news.set()
            if message["msg"] == "process_completed":
                del self._pending[event]
                self._sent.pop(event, None)
            await self._follow_nudge(self.heard[-1][1])
        return message["msg"] == "close_stream"

    def _set(self, listener: dict, data: list) -> None:
        """Fields as they now stand."""
        for number, value in zip(listener["outputs"], data, strict=False):
            if isinstance(value, dict) and value.get("__type__") == "update":
                if "value" in value:
                    self.values[number] = value["value"]
            elif isinstance(value, str | int | float) and number != self.turn_field:
                self.values[number] = value

    async def _follow_nudge(self, said: str) -> None:
        _, found, rest = said.rpartition('data-nudge=\\"')
        if found and rest.split("\\")[0] != self._nudge:
            self._nudge, self._draw_again = rest.split("\\")[0], True
        if self._draw_again:
            await self.draw()

    async def draw(self) -> None:
        """Ask for a drawing, or for another one where one is under way."""
        self._draw_again = any(elem_id == "draw" for elem_id, _, _ in self._pending.values())
        if not self._draw_again:
            await self.trigger("draw")

    async def slide(self, elem_id: str, value: float) -> None:
        """Move a slider: what is drawn for an earlier place of it is overtaken."""
        number = next(number for number, props in self.props.items() if props.get("elem_id") == elem_id)
        self.values[number] = value
        if self._passed != self.turn:
            self._passed = self.turn
            listener = self._listener("overtake", "click")
            passed = {"fn_index": listener["id"], "data": [self.turn], "session_hash": self.session}
            answer = await self.http.post("gradio_api/queue/join", json=passed)
            self._pending[answer.json()["event_id"]] = "overtake", self.turn, listener
        await self.draw()


async def _lines(answer: httpx.Response) -> AsyncIterator[str]:
    """The lines of a stream as a browser takes them: they end with a line feed, and with no other sign of Unicode's."""
    rest = ""
    async for more in answer.aiter_text():
        *whole, rest = (rest + more).split("\n")
        for line in whole:
            yield line
