"""The engine agrees with numbers of the official implementation, where a folder of them is at hand."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.golden.compare import compare, main
from tests.golden.io import find

FOLDER = Path(os.environ.get("GOLDEN", Path(__file__).resolve().parents[2] / "shared" / "golden"))
needs_golden = pytest.mark.skipif(not find(FOLDER), reason=f"no golden set in {FOLDER}; name a folder in GOLDEN")


@needs_golden
def test_every_stored_tensor_is_within_tolerance(capsys):
    assert main([str(FOLDER)]) == 0
    count, ending = capsys.readouterr().out.strip().rpartition("\n")[2].split(" ", 1)
    assert int(count) > 100
    assert ending == "compared, 0 beyond tolerance"


def changed(folder: Path, key: str, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Write the smallest golden set into `folder` with one tensor changed."""
    source = min(FOLDER.glob("*.safetensors"), key=lambda path: path.stat().st_size)
    shutil.copy(source.with_suffix(".json"), folder)
    tensors = load_file(source)
    tensors[key] = change(tensors[key]).contiguous()
    save_file(tensors, folder / source.name)


def beyond(folder: Path) -> list[str]:
    """Names of the tensors that the float32 comparison of the folder's set finds beyond tolerance."""
    (golden,) = find(folder)
    return [line.split()[2] for line in compare(golden, False).lines if line.startswith("BEYOND")]


@needs_golden
@pytest.mark.parametrize("key", ["out/logits_bases", "out/thresholds_0.2_0.8", "out/atpt_p0.1_ctx1"])
def test_a_stored_number_that_is_off_by_a_thousandth_is_found(tmp_path, key):
    changed(tmp_path, key, lambda stored: stored + 1e-3 * stored.abs().max())
    assert key in beyond(tmp_path)


@needs_golden
def test_one_flipped_region_is_found(tmp_path):
    def flip(stored: torch.Tensor) -> torch.Tensor:
        low = (stored[1] == 0).nonzero()[0]
        stored[1, low[0], low[1]] = 2
        return stored

    changed(tmp_path, "out/masks_0.1_0.5", flip)
    assert "out/masks_0.1_0.5" in beyond(tmp_path)


@needs_golden
def test_another_weight_is_found_by_every_piece_behind_it(tmp_path):
    changed(tmp_path, "w/text_projection", lambda stored: stored * torch.linspace(0.9, 1.1, stored.shape[1]))
    found = beyond(tmp_path)
    assert "out/text_features" in found and "out/atpt_p0.1_grad" in found


@pytest.mark.parametrize("name", [".", "gone"])
def test_a_folder_without_golden_sets_is_refused_in_one_sentence(tmp_path, capsys, name):
    assert main([str(tmp_path / name)]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "Expected" in said.err


def test_files_that_are_no_golden_set_are_passed_over(tmp_path, capsys):
    (tmp_path / "other.json").write_text("{}")
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    assert main([str(tmp_path)]) == 1
    assert "no golden set" in capsys.readouterr().err
