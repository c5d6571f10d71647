"""The access log says what was asked for and how it went, and nothing of who asked or what they wrote."""

import asyncio
import json
import logging

import pytest

import engine
from app.access import Access, access_log

MINE = "grandmother"


@pytest.fixture
def lines(tmp_path):
    """Writes to a file; gives what stands there."""
    file = tmp_path / "access.log"
    log = access_log(str(file))
    yield lambda: [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for handler in log.handlers:
        handler.close()
    log.handlers = []


def asked(path, client=("192.0.2.7", 1234), app=None, method="GET", kind="http"):
    async def answers(scope, receive, send):
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"tea", "more_body": True})
        await send({"type": "http.response.body", "body": b"pot"})

    async def send(message):
        pass

    scope = {"type": kind, "method": method, "path": path, "query_string": MINE.encode(), "client": client}
    middleware = Access(app or answers, logging.getLogger("atpt.access"), {"defend"})
    asyncio.run(middleware(scope, None, send))


def test_a_line_tells_when_who_what_and_how_it_went(lines):
    asked("/health", method="HEAD")
    (line,) = lines()
    assert set(line) == {"time", "client", "method", "route", "status", "seconds", "bytes"}
    assert line["method"] == "HEAD" and line["route"] == "/health" and line["status"] == 418 and line["bytes"] == 6
    assert line["time"].endswith("+00:00") and 0 <= line["seconds"] < 60


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/gradio_api/file=/tmp/grandmother.jpg", "/gradio_api/file"),
        ("/gradio_api/call/defend", "/gradio_api/call/defend"),
        ("/gradio_api/call/defend/grandmother", "/gradio_api/call/defend"),
        ("/gradio_api/call/grandmother", "/gradio_api/call"),
        ("/gradio_api/queue/data", "/gradio_api/queue/data"),
        ("/healthgrandmother", "other"),
        ("/grandmother/health", "other"),
        ("/\n{}grandmother", "other"),
    ],
)
def test_nothing_that_a_visitor_wrote_stands_in_it(lines, path, route):
    asked(path)
    (line,) = lines()
    assert line["route"] == route and MINE not in json.dumps(line)


def test_one_address_has_one_pseudonym_that_no_other_process_shares(lines):
    async def answers(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def unheard(message):
        pass

    async def from_(middleware, *addresses):
        for address in addresses:
            scope = {"type": "http", "method": "GET", "path": "/", "client": address and (address, 1)}
            await middleware(scope, None, unheard)

    for _ in range(2):
        middleware = Access(answers, logging.getLogger("atpt.access"), ())
        asyncio.run(from_(middleware, "192.0.2.7", "192.0.2.8", "192.0.2.7", None))
    one, other, again, nobody, anew, *_ = (line["client"] for line in lines())
    assert one == again and len({one, other, anew, nobody}) == 4 and nobody == ""
    assert "192" not in one + other


def test_what_fails_and_what_is_left_unanswered_is_told_apart(lines):
    async def fails(scope, receive, send):
        raise ZeroDivisionError

    async def leaves(scope, receive, send):
        raise asyncio.CancelledError

    with pytest.raises(ZeroDivisionError):
        asked("/", app=fails)
    with pytest.raises(asyncio.CancelledError):
        asked("/", app=leaves)
    asked("/", kind="websocket")
    assert [line["status"] for line in lines()] == [500, None]


def test_a_file_that_was_moved_away_is_begun_anew(lines, tmp_path):
    asked("/")
    (tmp_path / "access.log").rename(tmp_path / "old.log")
    asked("/health")
    assert [line["route"] for line in lines()] == ["/health"]


def test_a_file_that_cannot_be_written_to_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(engine.EngineError, match="Expected a file for the access log.*No such file or directory."):
        access_log(str(tmp_path / "none" / "access.log"))


def test_standard_error_gets_the_lines(capsys):
    log = access_log("-")
    asked("/health")
    log.handlers = []
    assert json.loads(capsys.readouterr().err)["route"] == "/health"
