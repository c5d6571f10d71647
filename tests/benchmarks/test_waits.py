"""The waits behind long work are measured: here on a small model, which takes as many turns."""

import pytest

from tests.benchmarks import waits


@pytest.mark.slow
def test_the_longest_wait_stands_beside_its_limit(small, monkeypatch, capsys):
    monkeypatch.setattr(waits, "load_backbone", lambda: small)
    waits.main(["--calls", "2"])
    alone, *behind = capsys.readouterr().out.splitlines()
    assert alone.startswith("predict alone") and len(behind) == len(waits.LONG)
    assert all("longest" in line and "< 0.4 s" in line for line in behind)


def test_fewer_than_one_call_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        waits.main(["--calls", "0"])
    assert ended.value.code == 2 and "at least one call" in capsys.readouterr().err
