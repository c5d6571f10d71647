"""Whoever watches over the server is told how it is, and nothing of its visitors."""

import asyncio
import json
import threading

import engine
from app import hosting
from app.health import Health, state_of


def asked(state, path="/health", method="GET"):
    """Status and body of the answer; 418 where the application is asked."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    asyncio.run(Health(app, state)(scope, None, send))
    return sent[0]["status"], sent[1]["body"]


def test_it_tells_the_model_what_is_computed_and_memory(tiny):
    results = engine.story.Results()
    state = state_of(tiny, results)
    free, begun = threading.Event(), threading.Event()

    def work(turn):
        begun.set()
        free.wait(60)

    for owner in "ab":
        results.turns.begin(work, owner)
    assert begun.wait(60)
    status, body = asked(state)
    told = json.loads(body)
    free.set()
    assert status == 200 and told["status"] == "ok"
    assert told["model"]["name"] == tiny.name and told["model"]["fingerprint"] == tiny.fingerprint
    assert told["computations"] == {"under way": 1, "waiting": 1} and told["bytes"]["results"] == 0
    assert told["bytes"]["resident"] is None or told["bytes"]["resident"] > 50_000_000
    assert set(told) == {"status", "version", "commit", "model", "computations", "bytes", "seconds"}


def test_other_addresses_and_methods_are_left_to_the_page():
    assert asked(dict, "/")[0] == asked(dict, "/health/")[0] == asked(dict, method="POST")[0] == 418
    assert asked(dict, method="HEAD")[0] == 200


def test_a_system_that_does_not_tell_memory_is_believed(monkeypatch, tmp_path):
    monkeypatch.setattr(hosting, "STATM", tmp_path / "none")
    assert hosting.resident() is None
