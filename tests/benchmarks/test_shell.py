"""Commands are timed in processes that really run, beside their limits."""

import json

import pytest

from engine.benchmarks import speed
from tests.benchmarks import shell


def test_each_command_stands_beside_its_limit(monkeypatch, capsys):
    monkeypatch.setattr(speed, "WARM_UP", 0)
    monkeypatch.setattr(shell, "SHELL", ((("--help",), 0, 1000), (("predict",), 2, 0.001)))
    code = shell.main(["--runs", "1", "--json"])
    stages = json.loads(capsys.readouterr().out)["stages"]
    assert code == 1 and [(stage["stage"], stage["limit"]) for stage in stages] == [
        ("--help", 1000),
        ("predict", 0.001),
    ]
    assert all(stage["seconds"] > 0 for stage in stages)


def test_a_command_that_ends_otherwise_is_an_error():
    with pytest.raises(RuntimeError, match="to end with 0; got 2: usage: "):
        shell.run(("predict",), 0)


def test_fewer_than_one_run_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        shell.main(["--runs", "0"])
    assert ended.value.code == 2 and "at least one run" in capsys.readouterr().err
