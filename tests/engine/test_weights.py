"""Checkpoint files: whole models and robust image towers, in the layouts they are published in."""

import json
import pickle
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path

import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from engine.classes import Classes
from engine.cli.main import main
from engine.errors import EngineError
from engine.models import load_backbone
from engine.models.weights import difference, read_weights
from tests.fixtures import TINY

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


@pytest.fixture(scope="module")
def openai(tmp_path_factory) -> tuple[open_clip.CLIP, Path]:
    """A QuickGELU model in half precision, and its archive, as OpenAI's first release was made."""
    torch.manual_seed(5)
    model = open_clip.CLIP(**TINY, quick_gelu=True).eval()
    path = tmp_path_factory.mktemp("openai") / "tiny.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch asks to use torch.export
        shown = torch.rand(1, 3, 64, 64), torch.ones(1, 77, dtype=torch.long)
        traced = torch.jit.trace(model, shown, check_trace=False)
        traced.half().save(path)
    return model.half().float(), path


def test_a_torchscript_archive_is_read_as_its_state_dict(openai):
    model, path = openai
    found = read_weights(path)
    for name, value in model.state_dict().items():
        assert found[name].dtype == torch.float16 and torch.equal(found[name].float(), value), name


def test_an_archive_of_openai_brings_its_weights_and_its_activation(named, openai, pixels):
    model, path = openai
    loaded = load_backbone(f"{named}/{path}", "cpu")
    with torch.no_grad():
        assert torch.allclose(loaded.embed_image(pixels[None]), model.visual(loaded.normalise(pixels[None])), atol=1e-5)
        tokens = loaded.tokenizer(["a photo of a cat."])
        assert torch.allclose(loaded.model.encode_text(tokens), model.encode_text(tokens), atol=1e-5)


def test_views_of_one_storage_are_told_apart(tmp_path):
    base = torch.arange(12.0)
    layer = torch.nn.Linear(3, 2)
    layer.weight, layer.bias = torch.nn.Parameter(base.view(4, 3).t()[:2, 1:4]), torch.nn.Parameter(base[7:9])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(layer).save(tmp_path / "views.pt")
    found = read_weights(tmp_path / "views.pt")
    assert found["weight"].tolist() == [[3, 6, 9], [4, 7, 10]] and found["bias"].tolist() == [7, 8]


class Harm:
    def __reduce__(self):
        return len, ("harm",)


@pytest.mark.parametrize(
    ("root", "sentence"),
    [
        (Harm(), "is not a checkpoint that can be read safely: it asks for __builtin__.len."),
        ({"a": 1}, "is not a checkpoint that can be read safely: it holds no module."),
    ],
)
def test_an_archive_that_asks_for_more_than_tensors_is_refused(tmp_path, capsys, root, sentence):
    path = tmp_path / "odd.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("odd/data.pkl", pickle.dumps(root, protocol=2))
        archive.writestr("odd/constants.pkl", b"")
    with pytest.raises(EngineError, match=sentence):
        read_weights(path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("missing", ["data.pkl", "data/0"])
def test_an_archive_with_a_part_missing_is_refused(openai, tmp_path, missing):
    path = tmp_path / "cut.pt"
    with zipfile.ZipFile(openai[1]) as whole, zipfile.ZipFile(path, "w") as cut:
        for name in whole.namelist():
            if name.partition("/")[2] != missing:
                cut.writestr(name, whole.read(name))
    with pytest.raises(EngineError, match="is not a checkpoint that can be read safely"):
        read_weights(path)


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


def test_weights_that_are_no_numbers_are_refused(model, tmp_path):
    folder = Path(model.removeprefix("local-dir:"))
    (tmp_path / "open_clip_config.json").write_bytes((folder / "open_clip_config.json").read_bytes())
    weights = load_file(folder / "open_clip_model.safetensors")
    weights["visual.ln_post.weight"][3] = float("nan")
    save_file(weights, tmp_path / "open_clip_model.safetensors")
    with pytest.raises(EngineError, match=r"holds weights that are no numbers, such as visual.ln_post.weight\.$"):
        load_backbone(f"local-dir:{tmp_path}", "cpu")
