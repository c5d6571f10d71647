"""The time until the page is ready is measured on a process that is really started."""

import json

import pytest

from engine.benchmarks import speed
from tests.benchmarks import page_ready

READY = "print('The page is ready at http://127.0.0.1:7860', flush=True)\n"


def test_the_time_until_the_page_is_ready_stands_beside_its_limit(monkeypatch, tmp_path, capsys):
    """Of a process that says and does what a page at rest does: `tests/app/test_start_space.py` starts the page so."""
    page = tmp_path / "app.py"
    page.write_text(f"import sys, time\nassert sys.argv[1:] == ['--cold']\n{READY}time.sleep(60)\n")
    monkeypatch.setattr(page_ready, "PAGE", page)
    monkeypatch.setattr(page_ready, "SETTLED", 0.1)
    monkeypatch.setattr(speed, "WARM_UP", 0)
    code = page_ready.main(["--runs", "1", "--rest", "0.5", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["stage"], told["limit"], told["runs"]) == ("page ready after start", 15, 1)
    assert told["share_limit"] == 0.01 and told["share_at_rest"] >= 0
    assert told["seconds"] > 0 and code == (told["seconds"] >= 15 or told["share_at_rest"] >= 0.01)


def test_a_page_that_ends_without_being_ready_is_an_error(monkeypatch, tmp_path):
    page = tmp_path / "app.py"
    page.write_text("print('Loading')")
    monkeypatch.setattr(page_ready, "PAGE", page)
    with pytest.raises(RuntimeError, match="ended without"), page_ready.started():
        pass


def test_fewer_than_one_run_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        page_ready.main(["--runs", "0"])
    assert ended.value.code == 2 and "at least one run" in capsys.readouterr().err
