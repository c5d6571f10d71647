"""A checkpoint of one's own is read as the published weights of its model are, and what nobody says of it is told."""

import json
from pathlib import Path

import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from engine.cli.main import main
from engine.datasets.folders import Folder
from engine.errors import EngineError
from engine.evaluation import Plan, Processes, evaluate, read_plan
from engine.models import Backbone, load_backbone, published
from engine.settings import ModelSettings, Settings
from tests.evaluation_cases import Here
from tests.fixtures import TINY

OPENAI = (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD)
HALF, NONE = ((0.5,) * 3, (0.5,) * 3), ((0.0,) * 3, (1.0,) * 3)
PLAIN, QUICK = ModelSettings(activation="gelu"), ModelSettings(activation="quickgelu")


@pytest.fixture
def weights(tiny, tmp_path) -> Path:
    path = tmp_path / "mine.safetensors"
    save_file({key: value.contiguous() for key, value in tiny.model.state_dict().items()}, path)
    return path


@pytest.fixture
def load(weights, monkeypatch):
    """Load that file under a published name, whose model is made as small as the file's."""

    def loaded(name: str, settings: ModelSettings = ModelSettings()) -> Backbone:  # noqa: B008
        config = open_clip.get_model_config(name) or {}
        small = {**TINY, "quick_gelu": bool(config.get("quick_gelu"))}
        monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, name, small)
        return load_backbone(f"{name}/{weights}", "cpu", settings=settings)

    return loaded


@pytest.mark.parametrize(
    ("name", "channels", "way"),
    [
        ("MobileCLIP2-S0", NONE, ("bilinear", "shortest")),
        ("PE-Core-T-16-384", HALF, ("bilinear", "squash")),
        ("ViT-B-32", OPENAI, ("bicubic", "shortest")),
        ("ViT-L-14-CLIPA", ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), ("bilinear", "squash")),
    ],
)
def test_a_file_gets_the_preprocessing_published_for_its_model(load, pixels, name, channels, way):
    made = load(name)
    assert (made.preprocessing.mean, made.preprocessing.std) == channels
    assert (made.preprocessing.interpolation, made.preprocessing.resize_mode) == way
    expected = (pixels - torch.tensor(channels[0]).view(3, 1, 1)) / torch.tensor(channels[1]).view(3, 1, 1)
    assert torch.equal(made.normalise(pixels), expected)


def test_every_model_of_open_clip_has_a_reading_that_one_of_its_tags_has():
    for model in open_clip.list_models():
        tags = open_clip.list_pretrained_tags_by_model(model)
        mine = published.of_file(model, None, ModelSettings())
        if tags:
            ways = [published.of_tag(model, tag) for tag in tags]
            alike = [(one.preprocessing, one.quick_gelu) == (mine.preprocessing, mine.quick_gelu) for one in ways]
            others = [
                sum((a.preprocessing, a.quick_gelu) == (b.preprocessing, b.quick_gelu) for b in ways) for a in ways
            ]
            assert sum(alike) == max(others), model
        else:
            assert mine.preprocessing == {} and "OpenAI's preprocessing is taken" in mine.assumed[0], model


@pytest.mark.parametrize(
    ("model", "sentences"),
    [
        ("MobileCLIP2-S0", []),
        ("ViT-B-32-quickgelu", []),
        (
            "ViT-L-14",
            [
                "The published weights of ViT-L-14 differ in mean and std: what 11 of 12 have is taken;"
                " --mean and --std give another.",
                "The file fits GELU and QuickGELU alike and does not say which it was trained with: GELU is taken, as 8"
                " of 12 published weights of ViT-L-14 have it; the name ViT-L-14-quickgelu or --activation quickgelu"
                " takes the other.",
            ],
        ),
        (
            "RN50",
            [
                "The file fits GELU and QuickGELU alike and does not say which it was trained with: QuickGELU is taken,"
                " as 3 of 3 published weights of RN50 have it; --activation gelu takes the other."
            ],
        ),
        (
            "ViT-H-14-quickgelu",
            [
                "The published weights of ViT-H-14-quickgelu differ in resize mode: what 1 of 2 have is taken;"
                " --resize-mode gives another."
            ],
        ),
        (
            "ViT-S-16",
            [
                "Nothing is published under the name ViT-S-16: OpenAI's preprocessing is taken; --mean, --std,"
                " --resize-mode, --interpolation give another."
            ],
        ),
    ],
)
def test_what_is_assumed_of_a_file_is_told(model, sentences):
    assert list(published.of_file(model, None, ModelSettings()).assumed) == sentences


def test_the_other_activation_is_had_by_an_option_or_by_the_twins_name(load, pixels):
    plain, quick, named = load("ViT-B-32"), load("ViT-B-32", QUICK), load("ViT-B-32-quickgelu")
    assert [one.activation for one in (plain, quick, named)] == ["gelu", "quickgelu", "quickgelu"]
    assert len(plain.assumed) == 1 and quick.assumed == named.assumed == ()
    seen = [one.encode_image(pixels[None]) for one in (plain, quick, named, load("ViT-B-32-quickgelu", PLAIN))]
    assert torch.equal(seen[1], seen[2]) and torch.equal(seen[0], seen[3])
    assert not torch.allclose(seen[0], seen[1], atol=1e-3)


def test_where_all_published_weights_have_quick_gelu_a_file_has_it(load):
    assert load("ViT-L-14-336").activation == "quickgelu"
    assert load("ViT-L-14-336", PLAIN).activation == "gelu"


def test_what_changes_an_answer_changes_the_fingerprint(load, tiny):
    settings = (ModelSettings(), QUICK, ModelSettings(std=HALF[1]), ModelSettings(resize_mode="squash"))
    settings += (ModelSettings(interpolation="bilinear"), ModelSettings(mean=HALF[0]))
    prints = [load("ViT-B-32", one).fingerprint for one in settings]
    assert len(set(prints)) == len(prints) and prints[0] == tiny.fingerprint


def test_a_convolutional_tower_at_another_size_has_another_fingerprint(resnet):
    before = Backbone(resnet.model, resnet.tokenizer, "one").fingerprint
    other = Backbone(resnet.model, resnet.tokenizer, "other")
    other.image_size = 96
    assert other.fingerprint != before


def test_what_is_given_goes_before_what_is_published(load):
    given = ModelSettings(mean=(0.1, 0.2, 0.3), std=(1.0, 2.0, 3.0), resize_mode="longest", interpolation="bicubic")
    made = load("PE-Core-T-16-384", given)
    assert made.preprocessing.mean == given.mean and made.preprocessing.std == given.std
    assert (made.preprocessing.resize_mode, made.preprocessing.interpolation) == ("longest", "bicubic")
    assert made.settings == given


@pytest.fixture
def folder(tiny, weights, tmp_path):
    """The tiny model in open_clip's folder format with another configuration."""

    def made(**config: object) -> str:
        (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY, **config}))
        weights.rename(tmp_path / "open_clip_model.safetensors")
        return f"local-dir:{tmp_path}"

    return made


@pytest.mark.parametrize(
    ("config", "missing"),
    [
        ({}, "mean and no std: OpenAI's are taken; --mean and --std give another"),
        ({"preprocess_cfg": None}, "mean and no std"),
        ({"preprocess_cfg": {"mean": [0.5] * 3}}, "std: OpenAI's are taken; --std gives another"),
    ],
)
def test_a_folder_that_tells_no_preprocessing_says_so(folder, config, missing):
    made = load_backbone(folder(**config), "cpu")
    assert made.preprocessing.std == OPENAI[1]
    (told,) = made.assumed
    assert told.startswith(f"open_clip_config.json of this model gives no {missing}")


def test_a_folder_that_tells_all_of_it_is_believed_unless_something_else_is_given(folder):
    name = folder(preprocess_cfg={"mean": 0.5, "std": 0.25, "interpolation": "random"})
    made = load_backbone(name, "cpu")
    assert made.preprocessing.mean == (0.5,) * 3 and made.preprocessing.std == (0.25,) * 3
    assert made.preprocessing.interpolation == "bicubic" and made.assumed == ()
    given = load_backbone(name, "cpu", settings=ModelSettings(mean=(0.1, 0.2, 0.3), activation="quickgelu"))
    assert given.preprocessing.mean == (0.1, 0.2, 0.3) and given.activation == "quickgelu"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"mean": [0.5, 0.5]}, r"Expected the mean of the channels to be three numbers; got \(0.5, 0.5\)"),
        ({"std": [0.5, 0.5, 0]}, "Expected the standard deviation of the channels above 0"),
        ({"mean": "grey"}, "Expected the mean of the channels to be three numbers"),
        ({"resize_mode": "crop"}, "Expected resize_mode to be one of shortest, squash, longest; .* says crop"),
        ({"interpolation": "nearest"}, "Expected interpolation to be one of bicubic, bilinear; .* says nearest"),
    ],
)
def test_a_folder_with_a_preprocessing_that_is_none_is_refused(folder, config, sentence):
    with pytest.raises(EngineError, match=sentence):
        load_backbone(folder(preprocess_cfg=config), "cpu")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"mean": (0.5, 0.5)}, "Expected the mean of the channels to be three numbers"),
        ({"mean": 0.5}, "Expected the mean of the channels to be a tuple of three numbers; got 0.5"),
        ({"std": (0.0, 1.0, 1.0)}, "Expected the standard deviation of the channels above 0"),
        ({"mean": (float("nan"),) * 3}, "Expected the mean of the channels to be three numbers"),
        ({"activation": "relu"}, "Expected the activation to be one of gelu, quickgelu; got “relu”"),
        ({"resize_mode": "crop"}, "Expected the resize mode to be one of shortest, squash, longest; got “crop”"),
    ],
)
def test_settings_that_cannot_be_used_get_a_sentence(values, sentence):
    with pytest.raises(EngineError, match=sentence):
        ModelSettings(**values)


def test_a_model_without_a_transformer_of_open_clip_has_no_choice_of_activation(load, monkeypatch):
    monkeypatch.setattr("engine.models.model.activation_of", lambda model: "gelu")
    with pytest.raises(EngineError, match="has no transformer of open_clip's own, so its activation cannot be quickg"):
        load("ViT-B-32", QUICK)


def test_the_command_line_tells_and_takes_preprocessing_and_activation(load, weights, tmp_path, capsys):
    load("ViT-B-32")
    Image.new("RGB", (64, 64), (200, 30, 30)).save(tmp_path / "red.png")
    asked = ["predict", str(tmp_path / "red.png"), "--class", "cat", "--class", "dog", "--device", "cpu"]
    asked += ["--model", f"ViT-B-32/{weights}"]
    assert main(asked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "read at 64 × 64 pixels, GELU, OpenAI's mean and std, bicubic, resize mode shortest"
    assert " ".join(lines[2:5]).startswith("The file fits GELU and QuickGELU alike and does not say")
    assert all(len(line) < 120 for line in lines[1:])
    given = ["--activation", "quickgelu", "--mean", "0.5", "0.5", "0.5", "--std", "0.1", "0.2", "0.3"]
    assert main([*asked, *given, "--resize-mode", "squash", "--interpolation", "bilinear", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["activation"] == "quickgelu" and document["assumed"] == []
    assert document["preprocessing"] == {
        "image_size": 64,
        "mean": [0.5, 0.5, 0.5],
        "std": [0.1, 0.2, 0.3],
        "resize_mode": "squash",
        "interpolation": "bilinear",
        "fill_color": 0,
    }
    assert main([*asked, "--std", "0", "0", "0"]) == 2
    assert capsys.readouterr().err.endswith(
        "Expected the standard deviation of the channels above 0; got (0.0, 0.0, 0.0).\n"
    )


def test_an_evaluation_tells_what_the_model_reads_with_and_notices_another_activation(load, tiny, tree, tmp_path):
    told, out = {}, tmp_path / "out"
    plan = Plan(Settings(defences=()), ())
    quick = load("ViT-B-32", QUICK)
    first = evaluate(Folder(tree), plan, Here(quick, "mine"), out, on_loaded=told.update)
    next(first)
    first.close()
    assert told == {"fingerprint": quick.fingerprint, "reading": quick.reading}
    assert read_plan(out)["reading"] == json.loads(json.dumps(quick.reading))
    with pytest.raises(EngineError, match="begun with other weights, another preprocessing or another activation"):
        next(evaluate(Folder(tree), plan, Here(tiny, "mine"), out))


@pytest.mark.slow
@pytest.mark.usefixtures("two_workers")
def test_workers_load_the_model_with_the_same_settings(model):
    with Processes(model, "cpu", 2, settings=ModelSettings(mean=(0.1, 0.2, 0.3))).start() as each:
        assert list(each(_mean, [None] * 2)) == [(0.1, 0.2, 0.3)] * 2


def _mean(backbone: Backbone, _: object) -> tuple[float, ...]:
    return backbone.preprocessing.mean
