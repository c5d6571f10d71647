"""Calls that Gradio cannot take apart get a sentence, and leave no trace of a fault."""

import asyncio
import errno
import json

import pytest

from app.misfits import Misfits


def answered(path, error, begun=False):
    """Status and document of an application that fails with this error."""
    sent = []

    async def failing(scope, receive, send):
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    async def send(message):
        sent.append(message)

    asyncio.run(Misfits(failing)({"type": "http", "path": path}, None, send))
    return sent[0]["status"], json.loads(sent[1]["body"])["detail"]


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyError("/nonsense"), 404, "one of the endpoints"),
        (TypeError("No value provided for required argument: picture"), 422, "too few or others"),
        (ValueError("embedded null byte"), 422, "what came is too many"),
    ],
)
def test_what_a_call_lacks_is_said_in_a_sentence(error, status, words):
    said = answered("/gradio_api/call/v2/predict", error)
    assert said[0] == status and words in said[1] and "picture" not in said[1]


def test_a_full_disk_is_said_to_whoever_uploads_and_to_the_operator(capsys):
    sent = []

    async def failing(scope, receive, send):
        raise OSError(errno.ENOSPC, "No space left on device")

    async def send(message):
        sent.append(message)

    asyncio.run(Misfits(failing)({"type": "http", "path": "/gradio_api/upload"}, None, send))
    assert sent[0]["status"] == 507 and sent[1]["body"] == b"The disk of this server is full; try again later."
    assert capsys.readouterr().err.startswith("The disk of this server is full")


def test_faults_of_the_server_stay_faults():
    for path, error, begun in (
        ("/gradio_api/upload", KeyError("x"), False),
        ("/gradio_api/call/predict", OSError("the disk is full"), False),
        ("/gradio_api/call/predict", KeyError("x"), True),
    ):
        with pytest.raises(type(error)):
            answered(path, error, begun)
