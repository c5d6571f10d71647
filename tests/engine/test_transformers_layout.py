"""Checkpoints in the layout of transformers' CLIPModel: read as transformers reads them, or refused in a sentence."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save

from engine.classes import Classes
from engine.errors import EngineError
from engine.models import Backbone, is_here, load_backbone
from engine.models.preprocessing import Preprocessing
from engine.models.transformers_layout.config import TEXT, VISION, described
from engine.models.transformers_layout.pictures import preprocessing
from engine.settings import ModelSettings
from tests.clip_model.cases import CONFIGS, PROCESSORS, TEXTS, config, photograph, pictures, weights
from tests.clip_model.files import as_clip_model, layout, sharded, written
from tests.clip_model.numbers import STORED
from tests.fixtures import SMALL

NUMBERS = json.loads(STORED.read_text())
WITHIN, FAR = 1e-5, 1e-2  # logits of the same model, and of a wrong reading of it


def logits(backbone: Backbone) -> torch.Tensor:
    """What the backbone's own modules make of the cases' pictures and texts."""
    with torch.no_grad():
        seen, read, scale = backbone.model(pictures(), backbone.tokenizer(TEXTS))
    return scale * seen @ read.T


def off(backbone: Backbone, name: str) -> float:
    """By how much its logits differ from those of transformers, at most."""
    return float((logits(backbone) - torch.tensor(NUMBERS["logits"][name])).abs().max())


@pytest.fixture
def load(tmp_path):
    """Load a model of these files."""

    def loaded(files: dict[str, bytes], **given: object) -> Backbone:
        return load_backbone(written(tmp_path / "model", files), "cpu", settings=ModelSettings(**given))

    return loaded


@pytest.mark.parametrize("name", CONFIGS)
def test_logits_are_those_of_transformers(load, name):
    made = load(layout(described=config(name)))
    assert off(made, name) < WITHIN
    assert made.activation == name.replace("_", "") and made.assumed == ()
    assert (made.image_size, made.grid, made.kind) == (32, (4, 4), "vit")


@pytest.mark.parametrize("name", CONFIGS)
def test_the_other_activation_would_show(load, name):
    other = "quickgelu" if name == "gelu" else "gelu"
    assert off(load(layout(described=config(name)), activation=other), name) > FAR


@pytest.mark.parametrize("tower", ["vision", "text"])
@pytest.mark.parametrize("pair", ["kv", "qk"])
def test_exchanged_projections_would_show(load, tower, pair):
    state, name = weights(), f"{tower}_model.encoder.layers.1.self_attn.{{}}_proj.weight"
    one, other = map(name.format, pair)
    state[one], state[other] = state[other], state[one]
    assert off(load(layout(state)), "gelu") > FAR


@pytest.mark.parametrize("name", ["visual_projection.weight", "text_projection.weight"])
def test_a_projection_that_is_not_transposed_would_show(load, name):
    state = weights()
    state[name] = state[name].T.contiguous()
    assert off(load(layout(state)), "gelu") > FAR


def test_every_weight_counts(load):
    """So that none of them lands in a place where nothing reads it."""
    files = layout()
    before = load(files).model.state_dict()
    state = {name: value + 1 for name, value in weights().items()}
    after = load(files | {"model.safetensors": save(state)}).model.state_dict()
    assert all(torch.allclose(after[name], value + 1) for name, value in before.items())


@pytest.mark.parametrize("name", PROCESSORS)
def test_pictures_are_prepared_as_transformers_prepares_them(load, name):
    made = load(layout(processor=PROCESSORS[name]))
    seen = made.normalise(made.prepare(photograph()))[:, ::5, ::5].flatten()
    assert torch.allclose(seen, torch.tensor(NUMBERS["pixels"][name]), rtol=0, atol=2e-6)


def test_old_spellings_of_the_image_processor_are_read(load):
    old = {"feature_extractor_type": "CLIPFeatureExtractor", "size": 32, "crop_size": 32, "resample": 3}
    made = load(layout(processor=old | {"image_mean": [0.5] * 3, "image_std": [0.25] * 3, "do_normalize": True}))
    assert (made.preprocessing.mean, made.preprocessing.std) == ((0.5,) * 3, (0.25,) * 3)
    assert made.preprocessing.in_words.endswith("bicubic, resize mode shortest")


def test_newer_files_keep_the_image_processor_in_that_of_the_whole(load):
    newer = {"processor_class": "CLIPProcessor", "image_processor": PROCESSORS["squashed"]}
    files = layout() | {"processor_config.json": json.dumps(newer).encode()}
    made = load(files)
    assert made.preprocessing.resize_mode == "squash" and made.preprocessing.mean == (0.1, 0.2, 0.3)
    other = json.dumps({"processor_class": "CLIPProcessor"}).encode()
    assert load(files | {"processor_config.json": other}).preprocessing.resize_mode == "shortest"


def test_pixels_that_are_not_normalised_stay_as_they_are(load, pixels):
    made = load(layout(processor=PROCESSORS["usual"] | {"do_normalize": False}))
    assert torch.equal(made.normalise(pixels), pixels)


def test_without_an_image_processor_its_mean_and_std_are_assumed_and_told(load):
    made = load(layout(processor=None))
    assert made.preprocessing.mean == open_clip.OPENAI_DATASET_MEAN
    assert made.assumed == (
        "preprocessor_config.json of this model gives no mean and no std: OpenAI's are taken;"
        " --mean and --std give another.",
    )
    assert load(layout(processor=None), mean=(0.5,) * 3, std=(0.5,) * 3).assumed == ()


def test_what_is_given_goes_before_what_the_files_say(load):
    made = load(layout(), mean=(0.5,) * 3, resize_mode="squash", activation="quickgelu")
    assert made.preprocessing.mean == (0.5,) * 3 and made.preprocessing.resize_mode == "squash"
    assert made.activation == "quickgelu"


@pytest.fixture
def model() -> open_clip.CLIP:
    torch.manual_seed(3)
    return open_clip.CLIP(**SMALL)


SMALL_CONFIG = {
    "model_type": "clip",
    "projection_dim": 64,
    "vision_config": {
        "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 2, "intermediate_size": 256,
        "image_size": [32, 32], "patch_size": 8, "hidden_act": "gelu",
    },
    "text_config": {
        "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 1, "intermediate_size": 256,
        "hidden_act": "gelu",
    },
}  # fmt: skip


def forms(state: dict[str, torch.Tensor], folder: Path) -> dict[str, dict[str, bytes]]:
    """The weights as single and several files, of either kind."""
    torch.save(state, folder / "weights.bin")
    names = sorted(state)
    parts = {f"pytorch_model-0000{n + 1}-of-00002.bin": names[n::2] for n in range(2)}
    several = {}
    for file, own in parts.items():
        torch.save({name: state[name] for name in own}, folder / file)
        several[file] = (folder / file).read_bytes()
    index = {"weight_map": {name: file for file, own in parts.items() for name in own}}
    several["pytorch_model.bin.index.json"] = json.dumps(index).encode()
    return {
        "safetensors": {"model.safetensors": save(state)},
        "pickle": {"pytorch_model.bin": (folder / "weights.bin").read_bytes()},
        "sharded": sharded(state),
        "sharded pickle": several,
    }


@pytest.mark.parametrize("form", ["safetensors", "pickle", "sharded", "sharded pickle"])
def test_every_form_of_the_weights_gives_the_model_back(load, model, tmp_path, form):
    state = model.state_dict()
    files = layout(described=SMALL_CONFIG) | forms(as_clip_model(state), tmp_path)[form]
    if form != "safetensors":
        del files["model.safetensors"]
    made = load(files).model.state_dict()
    assert made.keys() == state.keys()
    assert all(torch.equal(made[name], value) for name, value in state.items())


def test_half_precision_is_cast_when_loaded(load, model):
    halves = {name: value.half() if value.is_floating_point() else value for name, value in model.state_dict().items()}
    made = load(layout(as_clip_model(halves), SMALL_CONFIG))
    assert made.precision == "fp32"
    assert all(torch.equal(value, halves[name].float()) for name, value in made.model.state_dict().items())


def test_a_model_in_both_layouts_is_read_as_open_clips(load, model):
    document = {"model_cfg": {**SMALL, "quick_gelu": True}, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    own = {name: value.contiguous() for name, value in model.state_dict().items()}
    files = {"open_clip_config.json": json.dumps(document).encode(), "open_clip_model.safetensors": save(own)}
    assert load(layout() | files).activation == "quickgelu"


def test_keys_that_are_missing_have_the_defaults_of_transformers():
    assert described({"model_type": "clip"}, "x") == {
        "embed_dim": 512,
        "quick_gelu": True,
        "vision_cfg": {
            "image_size": 224, "patch_size": 32, "head_width": 64, "width": 768, "layers": 12, "mlp_ratio": 4.0,
        },
        "text_cfg": {
            "context_length": 77, "vocab_size": 49408, "heads": 8, "width": 512, "layers": 12, "mlp_ratio": 4.0,
        },
    }  # fmt: skip


def test_what_old_files_say_twice_counts_as_the_second_says_it():
    """transformers makes a whole configuration of `..._config_dict`, defaults and all, and lays it over the other."""
    old = config("gelu", vision_config_dict={"patch_size": 16, "hidden_act": "gelu"}, text_config_dict=None)
    made = described(old, "x")
    assert made["vision_cfg"]["patch_size"] == 16 and made["vision_cfg"]["width"] == 768
    assert made["text_cfg"]["width"] == CONFIGS["gelu"]["text_config"]["hidden_size"]


def test_the_width_within_a_block_is_met_exactly():
    for width, inner in ((1664, 8192), (49, 1), (32, 80), (1408, 6144), (768, 3072), (98, 103)):
        made = described(
            config(vision={"hidden_size": width, "num_attention_heads": 1, "intermediate_size": inner}), "x"
        )
        assert int(width * made["vision_cfg"]["mlp_ratio"]) == inner
    assert any(int(w * (n / w)) != n for w in range(1, 200) for n in range(1, 200))  # so it does not go without saying


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model_type": "siglip"}, "model_type clip.*describes a model of the type siglip"),
        ({"model_type": "clip_vision_model"}, "describes a model of the type clip_vision_model"),
        ({"model_type": None}, "names no model_type"),
        ({"architectures": ["CLIPForImageClassification"]}, "with both towers.*holds a CLIPForImageClassification"),
        ({"architectures": ["CLIPVisionModelWithProjection"]}, "holds a CLIPVisionModelWithProjection"),
        ({"auto_map": {"AutoModel": "modeling.Mine"}}, "asks to run code of its own"),
        ({"vision": {"auto_map": {"AutoConfig": "mine.Mine"}}}, "asks to run code of its own"),
        ({"model_type": "mine", "auto_map": {"AutoModel": "modeling.Mine"}}, "asks to run code of its own"),
        ({"text": {"hidden_act": "quick_gelu"}}, "the same in both towers; .* says gelu of pictures and quick_gelu of"),
        ({"text": {"hidden_act": "relu"}, "vision": {"hidden_act": "relu"}}, "activation quick_gelu or gelu"),
        ({"text": {"vocab_size": 50000}}, "vocabulary of 49408 tokens; .* has one of 50000"),
        ({"text": {"eos_token_id": 1}}, r"end with the token 49407 \(or 2, as old files say\); .* says 1"),
        ({"text": {"layer_norm_eps": 1e-6}}, "layer_norm_eps of 1e-05; .* says 1e-06"),
        ({"vision": {"num_channels": 4}}, "3 channels; .* has one for 4"),
        ({"vision": {"hidden_size": 33}}, "a multiple of num_attention_heads"),
        ({"vision": {"patch_size": "large"}}, "patch_size to be a whole number above 0; .* says large"),
        ({"vision": {"image_size": [32, 16]}}, r"image_size to be a whole number above 0; .* says \[32, 16\]"),
        ({"text": {"num_hidden_layers": 0}}, "num_hidden_layers to be a whole number above 0; .* says 0"),
        ({"projection_dim": True}, "projection_dim to be a whole number above 0; .* says True"),
    ],
)
def test_another_kind_of_model_is_refused_in_a_sentence(load, changes, sentence):
    with pytest.raises(EngineError, match=sentence) as caught:
        load(layout(described=config(**changes)))
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"size": 40}, "the 32 pixels that the image tower takes.* resizes to 40 and cuts to 32"),
        ({"crop_size": {"height": 40, "width": 40}, "size": 40}, "resizes to 40 and cuts to 40"),
        ({"size": {"height": 32, "width": 24}}, "resizes to {'height': 32, 'width': 24} and cuts to 32"),
        ({"size": {"shortest_edge": 32, "longest_edge": 64}}, "resizes to {'shortest_edge': 32, 'longest_edge': 64} a"),
        ({"image_processor_type": "ViTImageProcessor"}, "is a ViTImageProcessor, whose defaults are others"),
        ({"feature_extractor_type": "ViTFeatureExtractor"}, "is a ViTFeatureExtractor"),
        ({"do_center_crop": False}, "fits the short side and cuts nothing off"),
        ({"do_resize": False}, "has no do_resize"),
        ({"do_rescale": False}, "has no do_rescale"),
        ({"rescale_factor": 1.0}, "has a rescale_factor of 1.0"),
        ({"resample": 0}, "says 0"),
        ({"image_mean": [0.5]}, "Expected the mean of the channels to be three numbers"),
        ({"auto_map": {"AutoImageProcessor": "mine.Mine"}}, "asks to run code of its own"),
    ],
)
def test_an_image_processor_that_cannot_be_followed_is_refused_in_a_sentence(load, changes, sentence):
    with pytest.raises(EngineError, match=sentence):
        load(layout(processor=PROCESSORS["usual"] | changes))


ODD = (None, "x", [], {}, -1, 0, 1.5, True, [32, 32], ["x"], {"height": 32, "width": "x"}, 10**9)


def test_whatever_a_configuration_says_it_is_read_or_refused_in_a_sentence():
    """Files of the hub are anybody's: no value in them may end in another error."""
    outcomes = []
    for value in ODD:
        changed = [config(**{key: value}) for key in (*config(), "vision_config_dict", "auto_map")]
        for tower in ("vision", "text"):
            changed += [config(**{tower: {key: value}}) for key in (*VISION, *TEXT)]
        outcomes += [_outcome(described, one, "x") for one in changed]
        asked = ("size", "crop_size", "do_resize", "do_center_crop", "do_normalize", "do_rescale", "rescale_factor")
        for key in (*asked, "resample", "image_mean", "image_std", "image_processor_type"):
            said = PROCESSORS["usual"] | {key: value}
            outcomes.append(_outcome(lambda: Preprocessing.configured(preprocessing(said, 32, "x"))))  # noqa: B023
    assert 50 < outcomes.count("read") < len(outcomes) / 2


def _outcome(read: Callable, *given: object) -> str:
    try:
        read(*given)
    except EngineError as error:
        assert str(error).count("\n") == 0 and len(str(error)) < 300
        return "refused"
    return "read"


def test_weights_that_do_not_fit_are_named(load):
    state = weights()
    with pytest.raises(EngineError, match="does not fit this model: unexpected classifier.bias, classifier.weight."):
        load(layout(state | {"classifier.weight": torch.ones(2, 32), "classifier.bias": torch.ones(2)}))
    pictures_only = {name: value for name, value in state.items() if name.startswith("vis")}
    with pytest.raises(EngineError, match="does not fit this model: missing positional_embedding, text_projection, "):
        load(layout(pictures_only))
    name = "vision_model.encoder.layers.0.self_attn.k_proj.bias"
    del state[name]
    with pytest.raises(EngineError, match=r"missing visual.*in_proj_bias; unexpected .*layers.0.self_attn.q_proj.bias"):
        load(layout(state))


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "has none of the files model.safetensors, pytorch_model.bin, model.safetensors.index.json and pytorch_"),
        ({"model.safetensors.index.json": b"{}"}, "Expected a weight_map that names files beside it"),
        ({"model.safetensors.index.json": b'{"weight_map": {"a": "../b.safetensors"}}'}, "names files beside it"),
        (
            {"model.safetensors.index.json": b'{"weight_map": {"a": "b.safetensors"}}'},
            "lists b.safetensors, which is n",
        ),
        ({"model.safetensors.index.json": b"{"}, "Expected an index of weights; .* is not JSON"),
        ({"config.json": b"[]"}, "describes no model: expected a JSON object"),
        ({"preprocessor_config.json": b"[]"}, "Expected the configuration of an image processor; .* has none"),
        ({"pytorch_model.bin": b"none"}, "is not a checkpoint that can be read safely"),
    ],
)
def test_a_folder_that_lacks_something_is_refused_in_a_sentence(load, files, sentence):
    made = layout() | files
    del made["model.safetensors"]
    with pytest.raises(EngineError, match=sentence):
        load(made)


def test_a_folder_with_neither_configuration_is_refused(load):
    with pytest.raises(EngineError, match=r"could not be found: [^:]*:' specified.*open_clip_config.json\.$"):
        load({"model.safetensors": b""})


def test_a_text_encoder_that_reads_more_gets_a_tokenizer_that_gives_more(load):
    state = weights()
    name = "text_model.embeddings.position_embedding.weight"
    state[name] = state[name].repeat(4, 1)[:248]
    made = load(layout(state, config(text={"max_position_embeddings": 248})))
    long = Classes(("cat", "a " * 90 + "dog"))
    assert made.encode_text(long).shape == (2, 32)


def test_it_draws_maps_and_tunes_as_any_vit(load):
    made = load(layout())
    classes = Classes(("cat", "dog"))
    assert made.encode_image(made.prepare(Image.new("RGB", (50, 40), (200, 30, 30)))[None]).shape == (1, 32)
    assert made.prompts(classes).tokens == 4 and made.layers == 2
    assert math.isclose(made.scale, math.exp(3), rel_tol=1e-6)


def test_a_model_of_open_clips_folder_is_here_without_being_asked_for(tmp_path):
    assert is_here(written(tmp_path / "model", layout()))
