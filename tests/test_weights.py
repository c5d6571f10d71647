"""Checkpoint files: whole models and robust image towers, in the layouts they are published in."""

import json
import warnings
from collections import OrderedDict

import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from engine.backbone import load_backbone
from engine.backbone.weights import difference, read_weights
from engine.cli import main
from engine.errors import EngineError
from engine.types import Classes
from tests.conftest import TINY

CLASSES = Classes(("cat", "dog"))


@pytest.fixture
def named(monkeypatch) -> str:
    """The tiny model's shape under an open_clip name."""
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny", TINY)
    return "tiny"


@pytest.fixture
def robust(tiny) -> dict[str, torch.Tensor]:
    """An image tower that lies a little away from the tiny model's."""
    noise = torch.Generator().manual_seed(2)
    tower = tiny.model.visual.state_dict()
    return {key: value + 0.01 * torch.randn(value.shape, generator=noise) for key, value in tower.items()}


def save(content: object, path) -> str:
    save_file(content, path) if path.suffix == ".safetensors" else torch.save(content, path)
    return str(path)


def prefixed(prefix: str, weights: dict) -> dict:
    return OrderedDict((prefix + key, value) for key, value in weights.items())


@pytest.mark.parametrize(
    ("file", "layout"),
    [
        ("whole.pt", lambda w: w),
        ("whole.safetensors", lambda w: w),
        ("epoch_3.pt", lambda w: {"epoch": 3, "name": "run", "state_dict": prefixed("module.", w)}),
        ("whole.ckpt", lambda w: {"model": prefixed("model.", {**w, "logit_scale": w["logit_scale"].view(1)})}),
    ],
)
def test_a_whole_model_loads_from_a_file(tiny, named, tmp_path, pixels, caplog, file, layout):
    path = save(layout(tiny.model.state_dict()), tmp_path / file)
    loaded = load_backbone(f"{named}/{path}", "cpu")
    assert torch.equal(loaded.encode_image(pixels[None]), tiny.encode_image(pixels[None]))
    assert torch.equal(loaded.encode_text(CLASSES), tiny.encode_text(CLASSES))
    assert loaded.difference is None
    assert not caplog.records  # open_clip would say that the model stays random


def test_a_file_of_the_older_layout_fits_a_model_with_a_text_tower_of_its_own(tiny, monkeypatch, tmp_path):
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny", {**TINY, "custom_text": True})
    path = save(tiny.model.state_dict(), tmp_path / "older.pt")
    loaded = load_backbone(f"tiny/{path}", "cpu")
    assert torch.allclose(loaded.encode_text(CLASSES), tiny.encode_text(CLASSES), atol=1e-6)


LAYOUTS = {  # of published robust towers, and what training code tends to leave in front of or beside the keys
    "FARE": lambda w: w,
    "TeCoA": lambda w: {
        "epoch": 10,
        "state_dict": {"perturbation": torch.zeros(1, 3, 4, 4)},
        "optimizer": {"state": {}, "param_groups": []},
        "vision_encoder_state_dict": w,
    },
    "parallel": lambda w: {"vision_encoder_state_dict": prefixed("module.", w)},
    "wrapped": lambda w: {**prefixed("model.", w), "normalize.mean": torch.zeros(3), "normalize.std": torch.ones(3)},
    "visual": lambda w: prefixed("module.visual.", w),
    "within a whole model": lambda w: {**prefixed("model.visual.", w), "model.logit_scale": torch.ones(())},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_robust_tower_replaces_the_image_tower_only(tiny, model, robust, tmp_path, pixels, layout):
    path = save(LAYOUTS[layout](robust), tmp_path / "robust.pt")
    loaded = load_backbone(f"{model}+{path}", "cpu")
    state = loaded.model.visual.state_dict()
    assert all(torch.equal(state[key], value) for key, value in robust.items())
    assert torch.equal(loaded.encode_text(CLASSES), tiny.encode_text(CLASSES))
    assert not torch.allclose(loaded.encode_image(pixels[None]), tiny.encode_image(pixels[None]), atol=1e-4)
    base = torch.cat([value.flatten() for value in tiny.model.visual.state_dict().values()])
    moved = torch.cat([robust[key].flatten() for key in tiny.model.visual.state_dict()])
    assert loaded.difference == pytest.approx(float((moved - base).norm() / base.norm()), rel=1e-4)


def test_a_tower_in_half_precision_is_read_into_the_models_own(model, robust, tmp_path):
    path = save({key: value.half() for key, value in robust.items()}, tmp_path / "half.safetensors")
    assert load_backbone(f"{model}+{path}", "cpu").model.visual.proj.dtype == torch.float32


def test_the_difference_is_relative_to_the_base():
    before = {"a": torch.tensor([3.0, 0.0]), "b": torch.tensor([[4.0]])}
    assert difference(before, {"a": torch.tensor([3.0, 0.3]), "b": torch.tensor([[4.4]])}) == pytest.approx(0.1)


def test_a_plus_in_a_folder_name_belongs_to_the_folder(tiny, model, tmp_path, pixels):
    folder = tmp_path / "clip+more"
    folder.symlink_to(model.removeprefix("local-dir:"))
    loaded = load_backbone(f"local-dir:{folder}", "cpu")
    assert torch.equal(loaded.encode_image(pixels[None]), tiny.encode_image(pixels[None]))


def test_a_tower_that_is_not_there_is_refused(model):
    with pytest.raises(EngineError, match="There is no checkpoint file “gone.pt” to put into local-dir:"):
        load_backbone(f"{model}+gone.pt", "cpu")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda w: w.pop("proj"), "does not fit this model: missing proj[.]$"),
        (lambda w: w.update(head=torch.ones(2)), "unexpected head[.]$"),
        (lambda w: w.update(proj=w["proj"][:, :8]), r"of another shape proj \(128, 8\), not \(128, 64\)[.]$"),
        (lambda w: [w.pop(key) for key in list(w)[2:8]], "missing .*, .*, .* and 3 more"),
        (lambda w: [w.update({f"x.{key}": w.pop(key)}) for key in list(w)], "missing .* and .* more; unexpected x[.]"),
    ],
)
def test_a_tower_that_does_not_fit_is_refused_with_its_first_wrong_keys(model, robust, tmp_path, change, sentence):
    change(robust)
    path = save(robust, tmp_path / "wrong.pt")
    with pytest.raises(EngineError, match=sentence):
        load_backbone(f"{model}+{path}", "cpu")


def test_a_tower_given_as_a_whole_model_is_refused_by_what_is_missing(named, robust, tmp_path):
    path = save(robust, tmp_path / "tower.pt")
    with pytest.raises(EngineError, match="does not fit this model: missing text_projection, logit_scale, .*unexp"):
        load_backbone(f"{named}/{path}", "cpu")


class Opened:
    """Would run code when unpickled."""

    def __reduce__(self):
        return (print, ("code of the file ran",))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"state_dict": {"epoch": 3}}, "holds no weights"),
        ([torch.ones(2)], "holds no weights"),
        ({"model": Opened()}, "is not a checkpoint that can be read safely"),
    ],
)
def test_files_without_weights_or_with_code_are_refused(tmp_path, capsys, content, sentence):
    path = tmp_path / "file.pt"
    torch.save(content, path)
    with pytest.raises(EngineError, match=sentence):
        read_weights(path)
    assert capsys.readouterr().out == ""


def test_a_torchscript_archive_is_refused_with_what_to_do(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch asks to use torch.export
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), tmp_path / "old.pt")
    with pytest.raises(EngineError, match="is a TorchScript archive; save its state_dict .* or load MODEL/openai"):
        read_weights(tmp_path / "old.pt")


@pytest.mark.parametrize("cut", [0, 100, 4000])
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_file_cut_short_is_refused(robust, tmp_path, suffix, cut):
    path = tmp_path / f"cut{suffix}"
    save(robust, path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(EngineError, match="cannot be read|is not a checkpoint that can be read safely"):
        read_weights(path)


def test_the_command_line_reports_the_difference(model, robust, tmp_path, capsys):
    path = save(robust, tmp_path / "robust.pt")
    Image.new("RGB", (64, 64), (200, 30, 30)).save(tmp_path / "red.png")
    asked = [str(tmp_path / "red.png"), "--class", "cat", "--class", "dog", "--device", "cpu"]
    assert main(["predict", *asked, "--model", f"{model}+{path}", "--json"]) == 0
    expected = load_backbone(f"{model}+{path}", "cpu").difference
    assert json.loads(capsys.readouterr().out)["difference"] == pytest.approx(expected)
    assert main(["predict", *asked, "--model", f"{model}+{path}"]) == 0
    assert f"(image tower {expected:.2%} away from the base)" in capsys.readouterr().out
