"""The same model on larger or smaller pictures: its positions are interpolated, its maps are finer, its name tells."""

import json

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from engine import AttentionSettings
from engine.classes import Classes
from engine.cli.main import main
from engine.datasets.folders import Folder
from engine.errors import EngineError
from engine.evaluation import Plan, Processes, evaluate, read_plan
from engine.maps.attend import attend
from engine.maps.registry import maps_for
from engine.models import as_options, is_here, load_backbone, sized
from engine.models.picture_size import resize_pictures
from engine.settings import ModelSettings, Settings
from tests.clip_model.files import layout, written
from tests.evaluation_cases import Here
from tests.fixtures import noise

CLASSES = Classes(("cat", "dog"))
LARGE = ModelSettings(image_size=96)


def test_a_larger_picture_has_a_finer_grid_and_finer_maps(model):
    made = load_backbone(model, "cpu", settings=LARGE)
    assert (made.image_size, made.grid, made.settings.image_size) == (96, (12, 12), 96)
    pixels = made.prepare(Image.new("RGB", (200, 150), (200, 30, 30)))
    assert pixels.shape == (3, 96, 96)
    for name in maps_for(made):
        assert attend(made, noise(96), CLASSES, AttentionSettings(name), 0).raw.shape == (12, 12), name


def test_positions_are_interpolated_bicubically_with_antialiasing(tiny, model):
    for size, side in ((96, 12), (32, 4)):
        made = load_backbone(f"{model}@{size}", "cpu")
        before, after = tiny.visual.positional_embedding, made.visual.positional_embedding
        assert torch.equal(after[0], before[0]) and after.shape == (1 + side * side, 128)
        grid = before[1:].T.unflatten(1, (8, 8))[None]
        spread = torch.nn.functional.interpolate(grid, (side, side), mode="bicubic", antialias=True)
        assert torch.allclose(after[1:], spread[0].flatten(1).T)


def test_a_place_keeps_its_position(model, tiny):
    """A picture that differs in its upper left part differs in the patches there, whatever its size."""
    large = load_backbone(model, "cpu", settings=LARGE)
    before = tiny.visual.positional_embedding[1:].unflatten(0, (8, 8))
    after = large.visual.positional_embedding[1:].unflatten(0, (12, 12))
    for row, column in ((0, 0), (0, 7), (7, 0), (7, 7), (4, 2)):
        same = after[round(row * 11 / 7), round(column * 11 / 7)]
        near = torch.nn.functional.cosine_similarity(before.flatten(0, 1), same, dim=-1).argmax()
        assert divmod(int(near), 8) == (row, column)


def test_its_own_size_changes_nothing_but_the_name(model, tiny):
    made = load_backbone(f"{model}@64", "cpu")
    assert made.fingerprint == tiny.fingerprint and made.name == f"{model}@64"


def test_option_and_name_are_the_same_and_both_tell(model, tiny):
    named, asked = load_backbone(f"{model}@96", "cpu"), load_backbone(model, "cpu", settings=LARGE)
    both = load_backbone(f"{model}@96", "cpu", settings=LARGE)
    for one in (named, asked, both):
        assert one.name == f"{model}@96" == sized(model, 96) == sized(one.name, 96)
        assert one.settings == LARGE and one.fingerprint == named.fingerprint != tiny.fingerprint
    assert as_options(LARGE) == ["--image-size", "96"] and sized(model, None) == model
    assert is_here(f"{model}@96")
    with pytest.raises(EngineError, match="@96 asks for pictures of 96 pixels and image_size for 64; give one"):
        load_backbone(f"{model}@96", "cpu", settings=ModelSettings(image_size=64))


def test_two_sizes_have_two_fingerprints(model):
    prints = {
        load_backbone(model, "cpu", settings=ModelSettings(image_size=size)).fingerprint for size in (32, 96, 128)
    }
    assert len(prints) == 3


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        (100, "a multiple of the 8 pixels of a patch, such as 96, for local-dir:.*; got 100"),
        (3, "a multiple of the 8 pixels of a patch, such as 8, for"),
        (0, "Expected the size of pictures between 1 and 2048; got 0"),
        (4096, "Expected the size of pictures between 1 and 2048; got 4096"),
    ],
)
def test_a_size_that_cannot_be_is_refused_in_a_sentence(model, size, sentence):
    for ask in (
        lambda: load_backbone(f"{model}@{size}", "cpu"),
        lambda: load_backbone(model, "cpu", settings=ModelSettings(image_size=size)),
    ):
        with pytest.raises(EngineError, match=sentence):
            ask()
    with pytest.raises(EngineError, match="Expected the size of pictures to be a whole number; got 96.5"):
        ModelSettings(image_size=96.5)


def test_a_resnet_is_refused_in_a_sentence(resnet):
    with pytest.raises(
        EngineError, match="Expected a ViT of open_clip's own.*; RN50/openai@96 has another tower, which"
    ):
        resize_pictures(resnet.model, 96, "RN50/openai@96")


def test_an_at_in_a_path_is_no_size(tmp_path):
    name = written(tmp_path / "model@96", layout())
    made = load_backbone(name, "cpu")
    assert (made.name, made.image_size) == (name, 32)
    assert load_backbone(f"{name}@48", "cpu").grid == (6, 6)


def test_a_clip_model_of_transformers_takes_another_size_too(tmp_path):
    name = written(tmp_path / "model", layout())
    made = load_backbone(name, "cpu", settings=ModelSettings(image_size=64))
    assert (made.image_size, made.grid) == (64, (8, 8))
    assert made.encode_image(noise(64)[None]).isfinite().all()


def test_a_tower_that_is_put_in_is_resized_with_the_rest(model, tiny, tmp_path):
    moved = {key: value * 1.01 for key, value in tiny.visual.state_dict().items()}
    save_file({key: value.contiguous() for key, value in moved.items()}, tmp_path / "tower.safetensors")
    made = load_backbone(f"{model}+{tmp_path / 'tower.safetensors'}@96", "cpu")
    assert made.grid == (12, 12) and made.difference == pytest.approx(0.01, rel=1e-3)
    plain = load_backbone(f"{model}@96", "cpu").visual.positional_embedding
    assert torch.allclose(made.visual.positional_embedding, plain * 1.01, atol=1e-6)


def test_the_command_line_takes_a_size_and_tells_it(model, tmp_path, capsys):
    Image.new("RGB", (64, 64), (200, 30, 30)).save(tmp_path / "red.png")
    asked = ["predict", str(tmp_path / "red.png"), "--class", "cat", "--class", "dog", "--device", "cpu"]
    assert main([*asked, "--model", model, "--image-size", "96"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"{model}@96" in lines[0] and lines[1].startswith("read at 96 × 96 pixels, ")
    assert main([*asked, "--model", f"{model}@96", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["model"] == f"{model}@96" and document["preprocessing"]["image_size"] == 96
    assert main([*asked, "--model", model, "--image-size", "97"]) == 2
    assert "such as 96" in capsys.readouterr().err


def test_an_evaluation_keeps_sizes_apart(model, tiny, tree, tmp_path):
    large, plan, out = load_backbone(model, "cpu", settings=LARGE), Plan(Settings(defences=()), ()), tmp_path / "out"
    first = evaluate(Folder(tree), plan, Here(large, "mine"), out)
    next(first)
    first.close()
    assert read_plan(out)["reading"]["preprocessing"]["image_size"] == 96
    with pytest.raises(EngineError, match="begun with other weights, another preprocessing or another activation"):
        next(evaluate(Folder(tree), plan, Here(tiny, "mine"), out))


@pytest.mark.slow
@pytest.mark.usefixtures("two_workers")
def test_workers_look_at_pictures_of_the_same_size(model):
    with Processes(model, "cpu", 2, settings=LARGE).start() as each:
        assert list(each(_size, [None] * 2)) == [(96, f"{model}@96")] * 2


def _size(backbone, _: object) -> tuple[int, str]:
    return backbone.image_size, backbone.name
