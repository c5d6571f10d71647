"""A visitor of the page who hands over pictures and names, and who notes everything that is sent to them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx

from tests.benchmarks.browser import Browser, address

FILE = re.compile(r"gradio_api/file=([^\"'\\<>&\s]+)")
DRAWN = ("html", "markdown")  # components whose values a browser takes for markup


class Guest(Browser):
    """One page that is open; `markup` has what was sent to be drawn, `files` the paths of the files that were named."""

    def __init__(self, url: str, number: int, asked: dict[str, str] | None = None) -> None:
        """At the address of that number, with a link that asks for this."""
        super().__init__(address(url, number))
        self.asked, self.token = asked or {}, ""
        self.http.event_hooks = {"request": [self._with_link]}
        self.markup: list[str] = []

    @property
    def files(self) -> set[str]:
        """Paths on the server of all files that the page was told to fetch."""
        return {path for _, said in self.heard for path in FILE.findall(said)}

    @property
    def everything(self) -> str:
        """All that was sent, as text."""
        return "\n".join(said for _, said in self.heard)

    async def trigger(self, elem_id: str, event: str = "click", data: object = None) -> None:
        """As any browser; one that loads the page shows the token of its tab."""
        if (elem_id, event) == ("", "load"):
            self.put("restore", self.token)
        await super().trigger(elem_id, event, data)

    async def leave(self) -> None:
        """Close the page without a word."""
        if self._reading is not None:
            self._reading.cancel()
        await self.http.aclose()

    def put(self, elem_id: str, value: Any) -> None:
        """Have a control hold a value; what is asked next takes it along."""
        self.values[self.number(elem_id)] = value

    def holds(self, elem_id: str) -> Any:
        """What a component holds."""
        return self.values[self.number(elem_id)]

    def number(self, elem_id: str) -> int:
        """That of a component in the page."""
        return next(number for number, props in self.props.items() if props.get("elem_id") == elem_id)

    async def hand_over(self, name: str, content: bytes, elem_id: str = "upload") -> str:
        """Give the page a picture and wait until it has been judged; where it lies on the server."""
        answer = await self.http.post("gradio_api/upload", files={"files": (name, content)})
        answer.raise_for_status()
        (path,) = answer.json()
        self.put(elem_id, {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}})
        await self.trigger(elem_id, "input")
        await self.rests()
        return path

    async def story(self) -> None:
        """Run the whole story and wait for its end."""
        before = len(self.heard)
        await self.trigger("run-story")
        await self.says("The whole story ", after=before)
        await self.rests()

    async def taken(self, button: str = "download", file: str = "zip") -> bytes:
        """The file that a button makes."""
        await self.trigger(button)
        await self.rests()
        return await self.fetched(self.holds(file)["path"])

    async def fetched(self, path: str) -> bytes:
        """The content of a file of the server's; raises where it may not be had."""
        answer = await self.http.get(f"gradio_api/file={path}")
        answer.raise_for_status()
        return answer.content

    async def _with_link(self, request: httpx.Request) -> None:
        """Events say what the page was opened with, as a browser has it."""
        if request.url.path.endswith("/queue/join"):
            request.url = request.url.copy_merge_params(self.asked)

    async def _take(self, message: dict) -> bool:
        if message["msg"] == "log":  # a notice, which a browser takes for markup
            self.markup += [message["log"], message.get("title") or ""]
        return await super()._take(message)

    def _set(self, listener: dict, data: list) -> None:
        kinds = {part["id"]: part["type"] for part in self.config["components"]}
        for number, value in zip(listener["outputs"], data, strict=False):
            if kinds.get(number) in DRAWN:
                self.markup += _texts(value)
            if isinstance(value, dict) and "path" in value and "__type__" not in value:
                self.values[number] = value
        super()._set(listener, data)


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, however it is packed."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def named(guest: Guest, *words: str) -> list[str]:
    """Which of the words were sent to the guest."""
    text = json.dumps(guest.everything) + guest.everything
    return [word for word in words if word in text]
