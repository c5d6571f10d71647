"""Sentences read packed, what they begin with once: as the tower itself reads them, gradients of both orders too."""

import copy

import open_clip
import pytest
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from engine.classes import Classes
from engine.models import Backbone, load_backbone
from engine.models.prompts import read_padded
from engine.models.sentences import can_be_packed, read_packed, shared_tokens

NAMES = ("cat", "red fox", "grand piano", "dog", "hot air balloon", "jack-o'-lantern", "owl")
TEXT = {"context_length": 32, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 3}
VIT = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 8, "head_width": 32}
KINDS = {  # of text towers, and further arguments of the model
    "plain": (TEXT, {}),
    "quick": (TEXT, {"quick_gelu": True}),
    "scaled layers": ({**TEXT, "ls_init_value": 0.5}, {}),
    "own text tower": ({**TEXT, "proj_bias": True}, {"build": open_clip.CustomTextCLIP}),
    "one block": ({**TEXT, "layers": 1}, {}),
}


def backbone_of(text: dict, build: type = open_clip.CLIP, **more: bool) -> Backbone:
    """A model of random weights in float64, where rounding hides nothing."""
    torch.manual_seed(4)
    model = build(embed_dim=48, vision_cfg=VIT, text_cfg=text, **more).double()
    for module in model.modules():  # fresh ones change nothing, and so would a norm that is left out
        if isinstance(module, torch.nn.LayerNorm):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.2)
    return Backbone(model, open_clip.get_tokenizer("ViT-B-32"), "text")


@pytest.fixture(scope="module", params=[*KINDS, "built in"])
def exact(request) -> tuple[Backbone, Classes]:
    if request.param == "built in":
        whole = load_backbone()
        names = ("red fox", "owl", "blue sea star", "oak", "cat")
        double = Backbone(copy.deepcopy(whole.model).double(), whole.tokenizer, "built in")
        return double, Classes(names, ("a photo of a {}.",))
    text, more = KINDS[request.param]
    return backbone_of(text, **more), Classes(NAMES)


def parts_of(backbone: Backbone, classes: Classes) -> tuple[Tensor, Tensor, Tensor]:
    """What all sentences begin with (p, width), their rest (c, length, width), and their ends (c,)."""
    made = backbone.prompts(classes)
    shared = 1 + made.tokens
    return made.embeddings[0, :shared], made.embeddings[:, shared:], made.ends


def test_features_are_those_of_the_whole_model_at_full_length(exact):
    backbone, classes = exact
    assert can_be_packed(backbone.text)
    ids = backbone.tokenizer(classes.sentences(classes.templates[0]), context_length=backbone.text.context_length)
    with torch.no_grad():
        found = read_packed(backbone.text, *parts_of(backbone, classes))
        assert torch.allclose(found, backbone.model.encode_text(ids), rtol=0, atol=1e-9)


def test_gradients_are_those_of_the_tower_itself(exact):
    backbone, classes = exact
    found = []
    for read in (read_packed, read_padded):
        given = [part.clone().requires_grad_() for part in parts_of(backbone, classes)[:2]]
        features = read(backbone.text, *given, parts_of(backbone, classes)[2])
        slopes = torch.randn(features.shape, generator=torch.Generator().manual_seed(1), dtype=features.dtype)
        found.append(torch.autograd.grad(features, given, slopes))
    for packed, padded in zip(*found, strict=True):
        assert torch.allclose(packed, padded, rtol=1e-8, atol=1e-10) and bool(packed.any())
    assert torch.equal(found[0][0].sign(), found[1][0].sign())


def test_second_gradients_are_those_of_the_tower_itself(exact):
    backbone, classes = exact
    beginning, rest, ends = parts_of(backbone, classes)
    found = []
    with sdpa_kernel(SDPBackend.MATH):
        for read in (read_packed, read_padded):
            given = beginning.clone().requires_grad_()
            loss = read(backbone.text, given, rest, ends).pow(3).sum()
            (gradient,) = torch.autograd.grad(loss, given, create_graph=True)
            found.append(torch.autograd.grad(gradient.pow(2).sum(), given)[0])
    assert torch.allclose(*found, rtol=1e-7, atol=1e-9) and bool(found[0].any())


@pytest.mark.parametrize("template", ["{}", "a photo of a {}.", "{}, seen from above"])
@pytest.mark.parametrize("names", [NAMES, ("cat",), ("cat", "cat burglar", "cat burglar alarm")])
def test_whatever_sentences_share_their_features_stay(template, names):
    backbone, classes = backbone_of(TEXT), Classes(names if len(names) > 1 else (*names, "owl"), (template,))
    ids = backbone.tokenizer(classes.sentences(template), context_length=32)[: len(names)]
    ends = ids.argmax(-1)
    shared = shared_tokens(ids, ends)
    alike = [place for place in range(32) if len(set(ids[:, place].tolist())) == 1]
    assert shared == min([place for place in range(32) if place not in alike] + [int(ends.min())])
    embedded = backbone.text.token_embedding(ids[:, : int(ends.max()) + 1])
    expected = backbone.model.encode_text(ids)
    found = read_packed(backbone.text, embedded[0, :shared], embedded[:, shared:], ends)
    assert torch.allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("change", ["normalised queries", "sees what comes later"])
def test_another_kind_of_attention_is_not_taken_apart_and_is_read_right(change):
    backbone = backbone_of({**TEXT, "qk_norm": change == "normalised queries"})
    if change == "sees what comes later":
        backbone.text.attn_mask[2, 3] = 0
    backbone = Backbone(backbone.model, backbone.tokenizer, change)
    assert not can_be_packed(backbone.text)
    ids = backbone.tokenizer(Classes(NAMES).sentences("a photo of a {}."), context_length=32)
    expected = torch.nn.functional.normalize(backbone.model.encode_text(ids), dim=-1)
    assert torch.allclose(backbone.encode_text(Classes(NAMES)), expected, atol=1e-10)
    assert torch.allclose(backbone.encode_prompts(backbone.prompts(Classes(NAMES))), expected, atol=1e-10)


def test_nothing_is_read_behind_an_end_and_the_beginning_is_read_once(tiny):
    """Rows of the first block's norm: the beginning once, and of each sentence its own tokens."""
    rows, classes = [], Classes(NAMES)
    handle = tiny.text.transformer.resblocks[0].ln_1.register_forward_pre_hook(
        lambda module, given: rows.append(given[0].shape)
    )
    try:
        fresh = Backbone(tiny.model, tiny.tokenizer, "fresh")
        fresh.encode_text(classes)
        with torch.no_grad():
            fresh.encode_prompts(fresh.prompts(classes))
    finally:
        handle.remove()
    lengths = [len(tiny.tokenizer.encode(sentence)) + 2 for sentence in classes.sentences("a photo of a {}.")]
    assert rows == [(5 + sum(length - 5 for length in lengths), 64)] * 2
