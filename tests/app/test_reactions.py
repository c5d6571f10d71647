"""Reactions to controls: in order, each component once; and no event of the page can wake itself for ever."""

import asyncio
from collections import defaultdict
from types import SimpleNamespace

from app.layout import build_app
from app.reactions import Reacting

PARTS = a, b, c, menu = [SimpleNamespace(name=name) for name in ("a", "b", "c", "menu")]


def parts(found):
    return [part.name for part in found]


def test_reactions_run_in_order_and_the_later_drawing_holds():
    reacting = Reacting()
    reacting.add(menu, lambda key, choices, read: {"a": 1, "b": (key, choices, read)}, [a, b], [c])
    reacting.add(menu, lambda key, choices: {"a": 2}, [a])
    (reactions,) = reacting
    assert parts(reactions.outputs) == ["a", "b"] and parts(reactions.before) == ["c"]
    assert reactions.run("me", "chosen", ["value of c"]) == {"a": 2, "b": ("me", "chosen", "value of c")}


def test_what_a_visitor_does_last_is_done_last(tiny):
    """Gradio goes through its queues in random order, so what draws stands in one of them and what runs in another."""

    async def build():
        return build_app(tiny)

    drawing = [fn for fn in asyncio.run(build()).fns.values() if fn.trigger_mode == "always_last" and fn.fn]
    assert len(drawing) > 20
    assert {(fn.concurrency_id, fn.concurrency_limit) for fn in drawing} == {("page", 1), ("model", 1)}


def test_a_listener_that_keeps_the_latest_event_is_the_only_one_of_its_event(tiny):
    async def build():
        return build_app(tiny).config

    listeners = defaultdict(list)
    for dependency in asyncio.run(build())["dependencies"]:
        for target in dependency["targets"]:
            listeners[tuple(target)].append(dependency["trigger_mode"])
    assert any(modes == ["always_last"] for modes in listeners.values())
    assert [modes for modes in listeners.values() if "always_last" in modes and len(modes) > 1] == []
