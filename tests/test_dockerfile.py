"""What the Dockerfile runs, as plain commands: nobody can build it here."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINES = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
STEPS = [line.split(maxsplit=1) for line in LINES if line and not line.startswith("#")]
PORT = "7860"
WITHIN = 240  # seconds; a loaded machine is slow, and this is no benchmark


def given(name):
    """What stands behind each instruction of a name, in order."""
    return [rest.strip() for instruction, rest in STEPS if instruction == name]


def test_all_that_is_copied_is_here_and_what_the_page_needs_is_copied():
    copied = [source for rest in given("COPY") for source in rest.split()[:-1]]
    assert all((ROOT / source).exists() for source in copied)
    assert {"app", "engine", "assets", "app.py", "requirements.txt", "packages.txt"} <= {*copied}


def test_it_runs_as_nobody_special_and_its_port_is_said_once():
    names = [instruction for instruction, _ in STEPS]
    assert names.index("USER") < names.index("CMD") and given("USER") != ["root"]
    assert given("EXPOSE") == [PORT] and f"127.0.0.1:{PORT}/health" in given("HEALTHCHECK")[0]
    assert f"GRADIO_SERVER_PORT={PORT}" in given("ENV")[0]


@pytest.mark.slow
def test_the_page_starts_is_found_healthy_and_ends_when_it_is_asked_to(tmp_path):
    """With its variables, another port and another folder for what it may write."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    said = given("ENV")[0].replace("/cache", str(tmp_path)).replace(PORT, port).replace("0.0.0.0", "127.0.0.1")
    variables = dict(pair.split("=", 1) for pair in shlex.split(said))
    started, asked = json.loads(given("CMD")[0]), given("HEALTHCHECK")[0].partition("CMD ")[2].replace(PORT, port)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ATPT_", "GRADIO_"))}
    server = subprocess.Popen([sys.executable, *started[1:], "--cold"], cwd=ROOT, env=environment | variables)
    deadline = time.monotonic() + WITHIN
    health = [sys.executable, *json.loads(asked)[1:]]
    try:
        assert subprocess.run(health, stderr=subprocess.DEVNULL).returncode  # it is not there yet
        while not _listened_to(port) or subprocess.run(health, stderr=subprocess.DEVNULL).returncode:
            assert server.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        server.send_signal(signal.SIGTERM)
        assert server.wait(WITHIN) == 0
    finally:
        server.kill()
        server.wait()
    assert started[0] == json.loads(asked)[0] == "python"


def _listened_to(port):
    """Whether anybody takes connections there: asking costs less than the whole question after health."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0
