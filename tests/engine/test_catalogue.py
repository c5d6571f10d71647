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


def test_sizes_are_those_of_the_weights_in_fp32():
    like = {"hf-hub:chs20/TeCoA4-ViT-B-32-laion2B-s34B-b79K": "ViT-B-32"}
    _, *others = listed_models()
    for entry in others:
        name = like.get(entry.name, "ViT-B-16") if entry.name.startswith("hf-hub:") else entry.name.partition("/")[0]
        config = open_clip.get_model_config(name)
        with torch.device("meta"):  # counts weights and makes none
            model = (open_clip.CustomTextCLIP if config.pop("custom_text", False) else open_clip.CLIP)(**config)
        weights = sum(value.numel() for value in model.state_dict().values())
        assert entry.megabytes == round(4 * weights / 1e6), entry.name


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
