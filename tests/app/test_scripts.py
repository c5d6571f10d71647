"""One of Gradio's scripts is served with less to do for each event; everything else as Gradio has it."""

import asyncio
import gzip

import pytest

from app.scripts import NAME, SCRIPTS, Scripts, lighter

OURS = "let k=h.includes(e)&&s?`input`:p.includes(e)?`output`:`skip`;"


async def gradio(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"Gradio's"})


def asked(scripts, path, headers=(), method="GET"):
    """Headers and body of one answer."""
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(scripts({"type": "http", "method": method, "path": path, "headers": list(headers)}, None, send))
    return dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


def test_the_script_of_the_installed_gradio_is_found_and_changed_in_one_place():
    (file,) = SCRIPTS.glob(NAME)
    before = file.read_text(encoding="utf-8")
    headers, after = asked(Scripts(gradio), f"/assets/{file.name}")
    assert headers[b"content-type"].startswith(b"text/javascript") and int(headers[b"content-length"]) == len(after)
    start = next(i for i, (a, b) in enumerate(zip(before, after.decode(), strict=False)) if a != b)
    more = len(after.decode()) - len(before)
    assert after.decode()[start : start + more] in "&&s!==`closed`" * 2 and more == len("&&s!==`closed`")
    assert before == after.decode()[:start] + after.decode()[start + more :]


def test_an_input_is_told_of_an_open_stream_and_not_of_one_that_is_closed():
    assert lighter(OURS) == OURS.replace("&&s?", "&&s&&s!==`closed`?")


@pytest.mark.parametrize("words", ["", "let k=h.has(e)&&s?`input`:`skip`", OURS * 2])
def test_another_script_is_left_as_it_is(tmp_path, words):
    (tmp_path / "statustracker-x.js").write_text(words)
    assert lighter(words) is None and asked(Scripts(gradio, tmp_path), "/assets/statustracker-x.js")[1] == b"Gradio's"


def test_it_comes_packed_to_whom_that_can_unpack_it_and_nothing_else_is_answered(tmp_path):
    (tmp_path / "statustracker-x.js").write_text(OURS)
    scripts, path = Scripts(gradio, tmp_path), "/assets/statustracker-x.js"
    headers, body = asked(scripts, path, [(b"accept-encoding", b"gzip, br")])
    assert headers[b"content-encoding"] == b"gzip" and gzip.decompress(body).decode() == lighter(OURS)
    assert headers[b"vary"] == b"Accept-Encoding"
    assert asked(scripts, path, method="POST")[1] == asked(scripts, "/assets/index.js")[1] == b"Gradio's"
