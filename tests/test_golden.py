"""The engine agrees with numbers of the official implementation, where a folder of them is at hand."""

import os
from pathlib import Path

import pytest

from .golden import main
from .golden_io import find

FOLDER = Path(os.environ.get("GOLDEN", Path(__file__).resolve().parents[2] / "shared" / "golden"))


@pytest.mark.skipif(not find(FOLDER), reason=f"no golden set in {FOLDER}; name a folder in GOLDEN")
def test_every_stored_tensor_is_within_tolerance(capsys):
    assert main([str(FOLDER)]) == 0
    assert capsys.readouterr().out.strip().endswith(" compared, 0 beyond tolerance")


def test_a_folder_without_golden_sets_is_refused_in_one_sentence(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.count("\n") == 1
