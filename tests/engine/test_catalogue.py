"""The menu of models: names that can be loaded, and what it says of this machine."""

import importlib.util

import open_clip
import pytest
import torch

from engine.models import catalogue
from engine.models.catalogue import listed_models
from engine.models.names import parse


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


def test_the_built_in_model_comes_first_and_is_here():
    first, *others = listed_models()
    assert (first.name, first.here, first.needs) == ("fieldguide", True, None)
    assert first.megabytes == pytest.approx(21, abs=12)
    assert not any(entry.here for entry in others)


def tinyclip(width: int, layers: int, patch: int, text_width: int, text_layers: int) -> dict:
    """open_clip's configuration of a TinyCLIP, as its authors' code has it."""
    vision = {"image_size": 224, "layers": layers, "width": width, "patch_size": patch}
    text = {"width": text_width, "heads": text_width // 64, "layers": text_layers}
    return {"embed_dim": 512, "vision_cfg": vision, "text_cfg": {"context_length": 77, "vocab_size": 49408, **text}}


TINYCLIPS = {
    "vit_medium_patch16_clip_224.tinyclip_yfcc15m": tinyclip(512, 12, 16, 512, 6),
    "vit_xsmall_patch16_clip_224.tinyclip_yfcc15m": tinyclip(256, 10, 16, 256, 3),
    "vit_medium_patch32_clip_224.tinyclip_laion400m": tinyclip(512, 12, 32, 512, 6),
    "vit_betwixt_patch32_clip_224.tinyclip_laion400m": tinyclip(640, 12, 32, 512, 9),
}
HALVES = ("hf-hub:timm/vit_medium_patch16_clip_224.tinyclip_yfcc15m",)  # whose file is known to be in fp16


@pytest.mark.slow
def test_sizes_are_those_of_the_weights_in_fp32_or_of_the_file_where_it_is_known_to_be_less():
    like = {"hf-hub:chs20/TeCoA4-ViT-B-32-laion2B-s34B-b79K": "ViT-B-32"}
    _, *others = listed_models()
    for entry in others:
        name = like.get(entry.name, "ViT-B-16") if entry.name.startswith("hf-hub:") else entry.name.partition("/")[0]
        config = TINYCLIPS.get(entry.name.rpartition("/")[2]) or open_clip.get_model_config(name)
        with torch.device("meta"):  # counts weights and makes none
            model = (open_clip.CustomTextCLIP if config.pop("custom_text", False) else open_clip.CLIP)(**config)
        weights = sum(value.numel() for value in model.state_dict().values())
        assert entry.megabytes == round((2 if entry.name in HALVES else 4) * weights / 1e6), entry.name


def test_every_name_is_one_that_can_be_loaded_and_occurs_once():
    names = [entry.name for entry in listed_models()]
    assert len(set(names)) == len(names)
    for name in names:
        source = parse(name)
        assert source.folder or source.repo or source.tag in open_clip.list_pretrained_tags_by_model(source.model)


def test_a_missing_package_is_named_only_where_it_is_missing(monkeypatch):
    needing = {entry.name for entry in listed_models() if entry.needs} or {"ViT-B-16-SigLIP/webli"}
    assert needing == {"ViT-B-16-SigLIP/webli"}
    monkeypatch.setattr(catalogue, "find_spec", lambda package: None)
    assert [entry.needs for entry in listed_models() if entry.name in needing] == ["transformers"]
    monkeypatch.setattr(catalogue, "find_spec", lambda package: importlib.util.find_spec("json"))
    assert not any(entry.needs for entry in listed_models())
