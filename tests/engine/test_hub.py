"""Models from the hub, through its own client: fetched, resumed, kept, and every refusal in one sentence."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import open_clip
import pytest
import torch
from safetensors.torch import save

from engine.classes import Classes
from engine.errors import EngineError
from engine.models import Backbone, Cancelled, fetch_model, is_here, load_backbone
from engine.models import hub as client
from engine.settings import ModelSettings
from tests.clip_model.cases import config, weights
from tests.clip_model.files import layout, sharded
from tests.fixtures import TINY
from tests.hub import Hub

ROOT = Path(__file__).resolve().parents[2]
CLASSES = Classes(("cat", "dog"))
NAME = "hf-hub:someone/tiny"
SMALL = {**TINY, "text_cfg": {**TINY["text_cfg"], "layers": 1}, "vision_cfg": {**TINY["vision_cfg"], "layers": 2}}


@pytest.fixture(scope="module")
def source() -> Backbone:
    """The model that the hub offers; QuickGELU, so that forgetting it shows."""
    torch.manual_seed(4)
    return Backbone(open_clip.CLIP(**SMALL, quick_gelu=True), open_clip.get_tokenizer("ViT-B-32"), "source")


@pytest.fixture
def files(source) -> dict[str, bytes]:
    """The files of its repository."""
    config = {"model_cfg": {**SMALL, "quick_gelu": True}, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.25] * 3}}
    weights = {key: value.contiguous() for key, value in source.model.state_dict().items()}
    return {"open_clip_config.json": json.dumps(config).encode(), "open_clip_model.safetensors": save(weights)}


@pytest.fixture
def hub(files, tmp_path, monkeypatch):
    """A hub with that repository, an empty cache, and no waiting between attempts."""
    with Hub({"someone/tiny": files}) as running:
        use(running.address, monkeypatch)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        yield running


def use(address: str, monkeypatch) -> None:
    """What HF_ENDPOINT does when the client is imported."""
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def same(one: Backbone, other: Backbone) -> bool:
    theirs = other.model.state_dict()
    return all(torch.equal(value, theirs[key]) for key, value in one.model.state_dict().items())


def test_a_model_is_fetched_once_and_then_taken_from_the_cache(hub, source):
    first = load_backbone(NAME, "cpu")
    assert same(first, source)
    assert first.mean.flatten().tolist() == [0.5] * 3
    assert len([path for path in hub.fetched if "/store/" in path]) == 1
    hub.seen.clear()
    assert same(load_backbone(NAME, "cpu"), source)
    assert hub.fetched == []


def test_every_piece_is_reported_with_bytes_and_fraction(hub, files, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1 << 20)
    told = []
    load_backbone(NAME, "cpu", progress=told.append)
    size = len(files["open_clip_model.safetensors"])
    weights = [piece for piece in told if piece.file == "open_clip_model.safetensors"]
    assert [piece.done for piece in weights] == [*range(1 << 20, size, 1 << 20), size]
    assert {piece.total for piece in weights} == {size}
    assert weights[0].fraction == (1 << 20) / size
    assert weights[-1].fraction == 1


def test_a_download_that_breaks_off_goes_on_where_it_stopped(hub, source, files, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1 << 16)
    hub.cuts[:] = [3 << 20, 1 << 20]
    told = []
    assert same(load_backbone(NAME, "cpu", progress=told.append), source)
    ranges = [span for method, path, span in hub.seen if "/store/" in path and method == "GET"]
    assert ranges == ["", f"bytes={3 << 20}-", f"bytes={4 << 20}-"]
    assert told[-1].done == told[-1].total == len(files["open_clip_model.safetensors"])


def test_a_download_that_always_breaks_off_is_given_up_and_may_be_tried_again(hub, source):
    hub.cuts[:] = [1 << 20] + [0] * 9
    with pytest.raises(EngineError, match="connection to the hub broke while open_clip_model.safetensors of some"):
        load_backbone(NAME, "cpu")
    hub.cuts.clear()
    assert same(load_backbone(NAME, "cpu"), source)


def test_a_damaged_file_is_thrown_away(hub, source, tmp_path):
    hub.damaged = True
    with pytest.raises(EngineError, match="open_clip_model.safetensors of someone/tiny arrived damaged"):
        load_backbone(NAME, "cpu")
    assert not list((tmp_path / "cache").rglob("*.safetensors"))
    hub.damaged = False
    assert same(load_backbone(NAME, "cpu"), source)


def test_a_file_of_the_wrong_size_is_refused(hub):
    hub.short = True
    with pytest.raises(EngineError, match="could not be stored whole: Consistency check failed"):
        load_backbone(NAME, "cpu")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("hf-hub:someone/else", "The hub has no model someone/else, or it is private and asks for a login"),
        ("hf-hub:someone/private", "The hub has no model someone/private, or it is private and asks for a login"),
        ("hf-hub:someone/gated", "someone/gated is gated: accept its terms at http.*/someone/gated, then log in"),
        ("hf-hub:someone/else entirely", "Expected hf-hub:ORG/NAME; “someone/else entirely” cannot be the name"),
        ("hf-hub:someone/photos", "someone/photos is on the hub, but not in open_clip's format: it has no open_clip_c"),
        ("hf-hub:someone/empty", "someone/empty is on the hub, but has none of the files open_clip_model.safetensors"),
        ("hf-hub:someone/words", "open_clip_config.json of someone/words describes no model of open_clip"),
    ],
)
def test_what_the_hub_refuses_is_said_in_one_sentence(hub, files, name, sentence):
    hub.private.add("someone/private")
    hub.gated.add("someone/gated")
    config = "open_clip_config.json"
    hub.models |= {"someone/gated": files, "someone/photos": {"a.png": b""}, "someone/words": {config: b"{}"}}
    hub.models["someone/empty"] = {config: files[config]}
    with pytest.raises(EngineError, match=sentence) as caught:
        load_backbone(name, "cpu")
    assert "\n" not in str(caught.value)


def test_a_gated_model_opens_with_a_token(hub, source, monkeypatch):
    hub.gated.add("someone/tiny")
    monkeypatch.setenv("HF_TOKEN", "hf_made_up")
    assert same(load_backbone(NAME, "cpu"), source)


def test_without_a_hub_the_cache_serves(hub, source, monkeypatch):
    load_backbone(NAME, "cpu")
    use("http://127.0.0.1:9", monkeypatch)  # where nobody listens
    assert same(load_backbone(NAME, "cpu"), source)
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    with pytest.raises(EngineError, match="someone/new is not on this machine and could not be downloaded: no connect"):
        load_backbone("hf-hub:someone/new", "cpu")
    assert waits == []


@pytest.mark.slow
def test_without_a_hub_the_command_says_one_sentence_and_nothing_else(tmp_path):
    sample = next((ROOT / "assets" / "samples").glob("*.png"))
    words = ["predict", str(sample), "--model", "hf-hub:someone/new", "--device", "cpu"]
    environment = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "engine", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    told = "someone/new is not on this machine and could not be downloaded: no connection to the model hub"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"engine: {told} (http://127.0.0.1:9).\n"


def test_offline_the_cache_serves_and_nobody_is_asked(hub, source, monkeypatch):
    load_backbone(NAME, "cpu")
    hub.seen.clear()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert same(load_backbone(NAME, "cpu"), source)
    with pytest.raises(EngineError, match="someone/new is not on this machine, and HF_HUB_OFFLINE forbids"):
        load_backbone("hf-hub:someone/new", "cpu")
    assert hub.seen == []


@pytest.mark.parametrize("status", [500, 503])
def test_a_hub_that_is_down_is_told_from_no_hub(hub, status):
    hub.status = status
    with pytest.raises(EngineError, match=f"is not on this machine, and the hub answered {status}; try again later"):
        load_backbone(NAME, "cpu")


def test_an_address_that_is_no_hub_is_named(hub):
    hub.foreign = True
    with pytest.raises(EngineError, match="http://127.0.0.1:[0-9]+ does not answer as a model hub does"):
        load_backbone(NAME, "cpu")


def test_a_package_that_is_missing_is_named_before_anything_large_is_fetched(hub, files, monkeypatch):
    config = {"model_cfg": {**SMALL, "text_cfg": {**SMALL["text_cfg"], "hf_tokenizer_name": "someone/words"}}}
    files["open_clip_config.json"] = json.dumps(config).encode()
    monkeypatch.setattr("engine.models.build.find_spec", lambda package: None)
    with pytest.raises(EngineError, match="^hf-hub:someone/tiny needs the package transformers: pip install transf"):
        load_backbone(NAME, "cpu")
    with pytest.raises(EngineError, match="^ViT-B-16-SigLIP needs the package transformers: pip install transformers"):
        load_backbone("ViT-B-16-SigLIP/webli", "cpu")
    assert [path for path in hub.fetched if "/store/" in path] == []


def test_older_weights_are_taken_where_there_are_no_others(hub, source, files, tmp_path):
    files["open_clip_pytorch_model.bin"] = _pickled(source, tmp_path)
    del files["open_clip_model.safetensors"]
    assert same(load_backbone(NAME, "cpu"), source)


@pytest.fixture
def tags(hub, source, files, monkeypatch, tmp_path) -> None:
    """An open_clip name whose tags point into the hub: a repository of the usual files, and a file of its own name."""
    published = {"mean": (0.1, 0.2, 0.3), "std": (1.0, 1.0, 1.0), "resize_mode": "squash", "interpolation": "bilinear"}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny", SMALL)
    tags = {
        "openai": {**published, "hf_hub": "someone/tiny/", "quick_gelu": True},
        "old": {**published, "hf_hub": "someone/tiny/weights.pt", "quick_gelu": True},
        "plain": {**published, "hf_hub": "someone/tiny/"},
    }
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny", tags)
    files["weights.pt"] = _pickled(source, tmp_path)


@pytest.mark.parametrize("tag", ["openai", "old"])
def test_a_tag_brings_its_weights_its_preprocessing_and_its_activation(tags, source, pixels, tag):
    loaded = load_backbone(f"tiny/{tag}", "cpu")
    assert same(loaded, source)
    assert loaded.mean.flatten().tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert loaded.preprocessing.resize_mode == "squash" and loaded.preprocessing.interpolation == "bilinear"
    seen = loaded.normalise(pixels[None])
    assert torch.allclose(loaded.visual(seen), source.visual(seen), atol=1e-6)
    assert torch.allclose(loaded.encode_text(CLASSES), source.encode_text(CLASSES), atol=1e-6)


def test_what_needs_no_download_is_known_without_asking(tags, hub):
    names = (NAME, "tiny/openai", "tiny/old")
    assert [is_here(name) for name in names] == [False] * 3
    load_backbone("tiny/old", "cpu")
    hub.seen.clear()
    assert [is_here(name) for name in names] == [False, False, True]
    load_backbone(NAME, "cpu")
    hub.seen.clear()
    assert [is_here(name) for name in names] == [True] * 3
    assert hub.seen == []


def test_a_tag_that_cannot_be_fetched_is_named_as_it_was_asked_for(tags, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EngineError, match="^tiny/openai: someone/tiny is not on this machine, and HF_HUB_OFFLINE forb"):
        load_backbone("tiny/openai", "cpu")


def test_quick_gelu_is_not_forced_where_it_was_not_used(tags, source, pixels):
    plain = load_backbone("tiny/plain", "cpu")
    seen = plain.normalise(pixels[None])
    assert not torch.allclose(plain.visual(seen), source.visual(seen), atol=1e-3)


def test_every_published_tag_of_open_clip_lies_on_the_hub():
    for model, tag in open_clip.list_pretrained():
        assert "/" in open_clip.get_pretrained_cfg(model, tag)["hf_hub"].strip("/"), (model, tag)


@pytest.mark.slow
def test_a_process_fetches_from_the_address_in_its_environment(hub, files, tmp_path):
    script = """
from engine.models import hub

hub.fetch_weights('someone/tiny', '')
print(hub.fetch_config('someone/tiny')[0])
"""
    environment = {**os.environ, "HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    assert folder.is_relative_to(tmp_path / "home")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == files


def _pickled(source: Backbone, folder: Path) -> bytes:
    torch.save(source.model.state_dict(), folder / "weights.bin")
    return (folder / "weights.bin").read_bytes()


def test_a_model_of_the_hub_that_tells_no_preprocessing_says_so(hub, files):
    files["open_clip_config.json"] = json.dumps({"model_cfg": {**SMALL, "quick_gelu": True}}).encode()
    loaded = load_backbone(NAME, "cpu")
    assert loaded.activation == "quickgelu"
    assert [told.partition(":")[0] for told in loaded.assumed] == [
        "open_clip_config.json of this model gives no mean and no std"
    ]
    given = ModelSettings(activation="gelu", mean=(0.5,) * 3, std=(0.5,) * 3)
    asked = load_backbone(NAME, "cpu", settings=given)
    assert (asked.activation, asked.assumed, asked.preprocessing.mean) == ("gelu", (), (0.5,) * 3)


def test_a_hub_that_does_not_answer_is_given_up_on_within_three_seconds(hub, monkeypatch):
    assert client.ANSWERS_WITHIN < 3
    monkeypatch.setattr(client, "ANSWERS_WITHIN", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use(f"http://127.0.0.1:{silent.getsockname()[1]}", monkeypatch)
        with pytest.raises(EngineError, match="no connection to the model hub"):
            fetch_model(NAME)


def test_a_model_is_brought_here_without_being_loaded(hub, monkeypatch):
    pieces = []
    fetch_model(NAME, pieces.append)
    assert {piece.file for piece in pieces} == {"open_clip_config.json", "open_clip_model.safetensors"}
    assert all(piece.done <= piece.total for piece in pieces) and is_here(NAME)
    hub.leave()
    assert load_backbone(NAME).name == NAME


def test_a_download_ends_with_what_its_report_raises(hub):
    def report(piece):
        if piece.file.endswith(".safetensors"):
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch_model(NAME, report)
    assert not is_here(NAME)
    fetch_model(NAME)
    assert is_here(NAME)


@pytest.fixture
def clip_model(hub) -> dict[str, bytes]:
    """The files of a repository in the layout of transformers' CLIPModel."""
    hub.models["someone/clip"] = files = layout()
    return files


CLIP_MODEL = "hf-hub:someone/clip"


def test_a_clip_model_is_fetched_once_and_then_taken_from_the_cache(hub, clip_model):
    told = []
    first = load_backbone(CLIP_MODEL, "cpu", progress=told.append)
    assert {piece.file for piece in told} == {"config.json", "preprocessor_config.json", "model.safetensors"}
    assert told[-1].done == told[-1].total == len(clip_model["model.safetensors"])
    hub.seen.clear()
    assert same(load_backbone(CLIP_MODEL, "cpu"), first)
    assert hub.fetched == []
    absent = ("/open_clip_config.json", "/processor_config.json")  # which is known
    assert not any(path.endswith(absent) for _, path, _ in hub.seen)


def test_a_clip_model_in_several_files_is_fetched_with_all_of_them(hub, clip_model, monkeypatch):
    whole = load_backbone(CLIP_MODEL, "cpu")
    hub.models["someone/large"] = files = {**clip_model, **sharded(weights())}
    del files["model.safetensors"]
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1 << 16)
    hub.cuts[:] = [1 << 18]
    told = []
    assert not is_here("hf-hub:someone/large")
    assert same(load_backbone("hf-hub:someone/large", "cpu", progress=told.append), whole)
    assert [f"bytes={1 << 18}-"] == [span for _, path, span in hub.seen if "/store/" in path and span]
    assert {f"model-0000{n}-of-00002.safetensors" for n in (1, 2)} < {piece.file for piece in told}
    assert is_here("hf-hub:someone/large")
    for shard in Path(huggingface_hub.constants.HF_HUB_CACHE).rglob("model-00002-of-00002.safetensors"):
        shard.unlink()
    assert not is_here("hf-hub:someone/large")


def test_offline_a_clip_model_serves_from_the_cache_even_where_other_tools_brought_it(hub, clip_model, monkeypatch):
    first = load_backbone(CLIP_MODEL, "cpu")
    use("http://127.0.0.1:9", monkeypatch)  # where nobody listens
    assert same(load_backbone(CLIP_MODEL, "cpu"), first)
    cache = Path(huggingface_hub.constants.HF_HUB_CACHE)
    shutil.rmtree(cache / "models--someone--clip" / ".no_exist")  # what only this program asked for
    assert same(load_backbone(CLIP_MODEL, "cpu"), first)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert same(load_backbone(CLIP_MODEL, "cpu"), first)
    for weights_file in cache.rglob("model.safetensors"):
        weights_file.unlink()
    with pytest.raises(EngineError, match="^someone/clip is not on this machine, and HF_HUB_OFFLINE forbids"):
        load_backbone(CLIP_MODEL, "cpu")


def test_a_repository_that_becomes_open_clips_is_read_as_such(hub, clip_model, source, files):
    assert not same(load_backbone(CLIP_MODEL, "cpu"), source)
    hub.models["someone/clip"] = {**clip_model, **files}
    hub.commit = "f" * 40
    load_backbone(CLIP_MODEL, "cpu")  # learns of the new version
    assert same(load_backbone(CLIP_MODEL, "cpu"), source)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model_type": "siglip"}, "config.json of someone/clip describes a model of the type siglip"),
        ({"auto_map": {"AutoModel": "modeling.Mine"}}, "^someone/clip asks to run code of its own"),
        ({"architectures": ["CLIPForImageClassification"]}, "someone/clip holds a CLIPForImageClassification"),
    ],
)
def test_a_model_that_is_refused_is_refused_before_its_weights_are_fetched(hub, clip_model, changes, sentence):
    clip_model["config.json"] = json.dumps(config(**changes)).encode()
    with pytest.raises(EngineError, match=sentence) as caught:
        load_backbone(CLIP_MODEL, "cpu")
    assert "\n" not in str(caught.value)
    assert [path for path in hub.fetched if "/store/" in path] == []


def test_a_clip_model_that_lacks_its_weights_or_a_part_of_them_says_so(hub, clip_model):
    del clip_model["model.safetensors"]
    with pytest.raises(EngineError, match="^someone/clip has none of the files model.safetensors, pytorch_model.bin, "):
        load_backbone(CLIP_MODEL, "cpu")
    clip_model |= sharded(weights())
    del clip_model["model-00002-of-00002.safetensors"]
    hub.commit = "e" * 40
    with pytest.raises(EngineError, match="model.safetensors.index.json lists model-00002-of-00002.safetensors, which"):
        load_backbone(CLIP_MODEL, "cpu")


def test_a_gated_clip_model_opens_with_a_token(hub, clip_model, monkeypatch):
    hub.gated.add("someone/clip")
    with pytest.raises(EngineError, match="someone/clip is gated: accept its terms"):
        load_backbone(CLIP_MODEL, "cpu")
    monkeypatch.setenv("HF_TOKEN", "hf_made_up")
    assert load_backbone(CLIP_MODEL, "cpu").image_size == 32


# TinyCLIP's published configuration: no activation, no tokenizer, no size of pictures; weights in half precision.
TINYCLIP = {
    "embed_dim": 512,
    "vision_cfg": {"image_size": 224, "layers": 1, "width": 512, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 1},
}


def test_tinyclip_is_read_as_published(hub):
    torch.manual_seed(5)
    model = open_clip.CLIP(**TINYCLIP).half()
    halves = {key: value.contiguous() for key, value in model.state_dict().items()}
    said = {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    said |= {"interpolation": "bicubic", "resize_mode": "shortest"}
    document = {"model_cfg": TINYCLIP, "preprocess_cfg": said}
    hub.models["timm/tinyclip"] = {
        "open_clip_config.json": json.dumps(document).encode(),
        "open_clip_model.safetensors": save(halves),
        "config.json": b"{}",  # of timm's image tower alone
    }
    made = load_backbone("hf-hub:timm/tinyclip", "cpu")
    assert (made.precision, made.activation, made.assumed) == ("fp32", "gelu", ())
    assert (made.image_size, made.grid) == (224, (14, 14))
    assert all(torch.equal(value, halves[key].float()) for key, value in made.model.state_dict().items())
