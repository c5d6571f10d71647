"""The one home of open_clip: prompts that may be tuned, and refusals that never reach for the network."""

import json
import socket

import pytest
import torch
from torch import nn

from engine.classes import Classes
from engine.errors import EngineError
from engine.models import Backbone, choose_device, load_backbone
from engine.models.blocks import passed, plain_blocks
from engine.models.undrawn import Undrawn

CLASSES = Classes(("cat", "dog", "hot_air balloon", "jack-o'-lantern"))


@pytest.fixture
def offline(monkeypatch):
    """Any attempt to connect fails the test."""

    def refuse(*_):
        raise AssertionError("tried to reach the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("template", ["a photo of a {}.", "{}, seen from above", "satellite-map of {}", "my “{}”"])
def test_untuned_prompts_read_as_the_text_encoder_reads_them(tiny, template):
    classes = Classes(CLASSES.names, (template,))
    try:
        prompts = tiny.prompts(classes)
    except EngineError:
        assert template.startswith("{}")  # nothing stands before the name, so nothing could be tuned
        return
    with torch.no_grad():
        assert torch.allclose(tiny.encode_prompts(prompts), tiny.encode_text(classes), atol=1e-5)


def test_the_context_is_the_words_before_the_name(tiny):
    assert tiny.prompts(CLASSES).tokens == 4
    assert tiny.prompts(Classes(CLASSES.names, ("a photo of the big {}.",))).tokens == 5


def test_another_context_gives_other_features_and_the_old_one_is_kept(tiny):
    prompts = tiny.prompts(CLASSES)
    step = 0.1 * torch.randn(prompts.context.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        moved = tiny.encode_prompts(prompts, prompts.context + step)
        assert not torch.allclose(moved, tiny.encode_prompts(prompts), atol=1e-3)
    assert torch.equal(tiny.prompts(CLASSES).context, prompts.context)


def test_a_class_name_does_not_depend_on_the_longest_beside_it(tiny):
    longer = Classes((*CLASSES.names, "a very long name of a very rare and very far away animal"))
    assert torch.allclose(tiny.encode_text(CLASSES), tiny.encode_text(longer)[: len(CLASSES)], atol=1e-5)
    with torch.no_grad():
        short, long = (tiny.encode_prompts(tiny.prompts(classes)) for classes in (CLASSES, longer))
    assert torch.allclose(short, long[: len(CLASSES)], atol=1e-5)


def test_underscores_are_read_as_spaces(tiny):
    spaced = Classes(("cat", "dog", "hot air balloon", "jack-o'-lantern"))
    assert torch.equal(tiny.encode_text(CLASSES), tiny.encode_text(spaced))


def test_several_templates_are_averaged_and_unit_again(tiny):
    templates = ("a photo of a {}.", "art of the {}.")
    single = torch.stack([tiny.encode_text(Classes(CLASSES.names, (t,))) for t in templates])
    both = tiny.encode_text(Classes(CLASSES.names, templates))
    assert torch.allclose(both, torch.nn.functional.normalize(single.mean(0), dim=-1), atol=1e-6)


def test_a_prompt_the_text_encoder_would_cut_is_refused(tiny):
    classes = Classes(("cat", " ".join(["dog"] * 49)), (" ".join(["big"] * 40) + " {}",))
    for read in (tiny.encode_text, tiny.prompts):
        with pytest.raises(EngineError, match="too long for the text encoder: it reads at most 75 word pieces"):
            read(classes)


def test_words_outside_a_closed_vocabulary_are_refused_by_name(tiny):
    known = frozenset({"a", "photo", "of", "cat", "dog"})
    closed = Backbone(tiny.model, tiny.tokenizer, "closed", words=known)
    assert closed.encode_text(Classes(("cat", "Dog"))).shape == (2, 64)
    with pytest.raises(EngineError, match="closed has never seen the words “zebra”, “okapi”;"):
        closed.encode_text(Classes(("cat", "zebra", "okapi")))
    assert tiny.unknown_words(("zebra",)) == ()


def test_a_model_folder_brings_its_own_words_and_templates(tiny, tmp_path, offline):
    config = {
        "embed_dim": 64,
        "vision_cfg": {"image_size": 64, "layers": 4, "width": 128, "patch_size": 8, "head_width": 64},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 2},
    }
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
    (tmp_path / "words.json").write_text(json.dumps(["a", "photo", "of", "cat", "dog"]))
    (tmp_path / "templates.json").write_text(json.dumps(["a {}", "photo of a {}"]))
    torch.save(tiny.model.state_dict(), tmp_path / "open_clip_pytorch_model.bin")
    backbone = load_backbone(f"local-dir:{tmp_path}", "cpu")
    assert torch.allclose(backbone.encode_text(Classes(("cat", "dog"))), tiny.encode_text(Classes(("cat", "dog"))))
    assert backbone.templates == ("a {}", "photo of a {}")
    with pytest.raises(EngineError, match="has never seen the word “okapi”;"):
        backbone.prompts(Classes(("cat", "okapi")))
    for content, fault in (
        ("[]", "at least one prompt template"),
        ('["a {}", "a {{}}"]', "no other braces, .* “a {{}}”"),
    ):
        (tmp_path / "templates.json").write_text(content)
        with pytest.raises(EngineError, match=f"templates.json of “{tmp_path}”: .*{fault}"):
            load_backbone(f"local-dir:{tmp_path}", "cpu")
    for content in ("a photo", '{"words": ["a"]}', "[1, 2]"):
        (tmp_path / "words.json").write_text(content)
        with pytest.raises(EngineError, match="Expected a JSON list of texts; .*words.json” is n"):
            load_backbone(f"local-dir:{tmp_path}", "cpu")


def test_nothing_is_drawn_for_weights_that_a_file_gives(model, tiny):
    loaded = load_backbone(model, "cpu").model.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in tiny.model.state_dict().items())
    begun = torch.get_rng_state()
    with Undrawn():
        layers = nn.Embedding(5, 4), nn.Linear(4, 4), nn.Conv2d(3, 4, 2), nn.MultiheadAttention(4, 1)
        nn.init.normal_(layers[0].weight, std=0.02)
    assert torch.equal(torch.get_rng_state(), begun)
    assert nn.Linear(4, 4).weight.std() > 0 and not torch.equal(torch.get_rng_state(), begun)


def test_an_unknown_model_is_refused_with_the_nearest_names(offline):
    with pytest.raises(EngineError, match="“ViT-B-33” is not a model name.*Did you mean .*ViT-B-32"):
        load_backbone("ViT-B-33/openai", "cpu")


def test_an_unknown_tag_is_refused_with_known_ones(offline):
    with pytest.raises(EngineError, match="Expected ViT-B-32/TAG with a tag such as openai.*got “nonsense”"):
        load_backbone("ViT-B-32/nonsense", "cpu")


def test_a_checkpoint_that_is_not_there_is_refused(offline, tmp_path):
    with pytest.raises(EngineError, match="There is no checkpoint file “.*gone.pt” for ViT-B-32"):
        load_backbone(f"ViT-B-32/{tmp_path / 'gone.pt'}", "cpu")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("weights.pt", "hello"),
        ("weights.pt", "not a checkpoint"),
        ("weights.safetensors", "hello"),
        ("weights.pt", "these are words"),
    ],
)
def test_a_text_file_is_no_checkpoint(offline, tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(EngineError, match="is not a checkpoint that can be read safely"):
        load_backbone(f"RN50/{tmp_path / name}", "cpu")


def test_a_folder_that_is_no_checkpoint_is_refused(offline, tmp_path):
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(EngineError):
            load_backbone(f"local-dir:{folder}", "cpu")


def test_a_device_that_is_not_there_is_refused(offline):
    for device in ("cuda:77", "abacus"):
        with pytest.raises(EngineError, match=f"Expected a device such as cpu or cuda; “{device}” is not available"):
            choose_device(device)
    assert choose_device("cpu").type == "cpu"


def test_a_block_taken_apart_makes_what_the_block_makes_and_gives_its_gradients(small):
    for block in plain_blocks(small.visual.transformer):
        tokens = torch.randn(3, 17, 64, generator=torch.Generator().manual_seed(5)).requires_grad_()
        own, apart = block(tokens), passed(block, tokens)
        assert torch.allclose(own, apart, atol=1e-5) and not torch.allclose(own, tokens, atol=0.1)
        (expected,), (found,) = (torch.autograd.grad(made.square().sum(), tokens) for made in (own, apart))
        assert torch.allclose(expected, found, atol=1e-3, rtol=1e-4)
