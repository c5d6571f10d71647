"""Every kind of tower that open_clip builds: what works on it, and what it refuses in one sentence."""

import copy

import open_clip
import pytest
import torch
from torch.nn.functional import normalize

from engine.classes import Classes
from engine.defences.defend import defend
from engine.defences.registry import DEFENCES
from engine.errors import EngineError
from engine.maps.attend import attend, attention_maps
from engine.maps.registry import maps_for
from engine.models import Backbone
from engine.models.predict import predict
from engine.models.trace import watch_blocks
from engine.settings import AttackSettings, AttentionSettings, Settings, ViewSettings
from engine.story.attack import attack
from tests.fixtures import TINY

CLASSES = Classes(("cat", "dog", "hot_air balloon"))
TEXT = {"context_length": 32, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 2}
VIT = {"image_size": 32, "layers": 3, "width": 64, "patch_size": 8, "head_width": 32}
POOLER = {"attentional_pool": True, "attn_pooler_heads": 2, "output_tokens": True}
COCA = {"build": open_clip.CoCa, "multimodal_cfg": {**TEXT, "attn_pooler_heads": 2}}
CUSTOM = {"build": open_clip.CustomTextCLIP}
TIMM = {"image_size": 32, "timm_model_name": "vit_tiny_patch16_224", "timm_pool": "map", "timm_proj": "none"}
CONVNEXT = {"image_size": 32, "timm_model_name": "convnext_atto", "timm_pool": "", "timm_proj": "linear"}
LAST = {"no_causal_mask": True, "pool_type": "last", "proj_bias": True}
KINDS = {  # vision, text, further arguments of the model
    "plain": (VIT, TEXT, {}),
    "quick": (VIT, TEXT, {"quick_gelu": True}),
    "average": ({**VIT, "pool_type": "avg", "no_ln_pre": True, "final_ln_after_pool": True}, TEXT, {}),
    "first norm left out": ({**VIT, "no_ln_pre": True}, TEXT, {}),
    "end token by its id": (VIT, {**TEXT, "pool_type": "eos", "eos_id": 49407}, {}),
    "own text tower": (VIT, TEXT, CUSTOM),
    "attentional": ({**VIT, **POOLER}, {**TEXT, "embed_cls": True, "output_tokens": True}, COCA),
    "normalised queries": ({**VIT, "qk_norm": True}, TEXT, {}),
    "convnext": (CONVNEXT, TEXT, {}),
    "siglip": (TIMM, {**TEXT, **LAST}, {**CUSTOM, "init_logit_bias": -10.0}),
}


class Pieces:
    """Numbers words as SigLIP's tokenizer does: no start token, then the end token 1, which also fills up."""

    context_length = 32

    def __call__(self, texts: list[str], context_length: int) -> torch.Tensor:
        ids = torch.ones(len(texts), context_length, dtype=torch.long)
        for row, text in zip(ids, texts, strict=True):
            pieces = [2 + sum(map(ord, word)) % 9000 for word in text.split()][:context_length]
            row[: len(pieces)] = torch.tensor(pieces, dtype=torch.long)
        return ids


@pytest.fixture(scope="module")
def made():
    """Backbones of every kind, each made once."""
    store = {}

    def make(kind: str) -> Backbone:
        if kind not in store:
            torch.manual_seed(3)
            vision, text, more = KINDS[kind]
            more = {"build": open_clip.CLIP, "embed_dim": 192 if kind == "siglip" else 64, **more}
            model = more.pop("build")(vision_cfg=vision, text_cfg=text, **more)
            if kind == "siglip":
                model.visual.set_input_size(32)
            store[kind] = Backbone(model, Pieces() if kind == "siglip" else open_clip.get_tokenizer("ViT-B-32"), kind)
        return store[kind]

    return make


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("kind", KINDS)
def test_zero_shot_is_what_the_model_itself_says(made, kind, pictures):
    backbone = made(kind)
    sentences = [f"a photo of a {name}." for name in ("cat", "dog", "hot air balloon")]
    ids = backbone.tokenizer(sentences, context_length=32)
    with torch.no_grad():
        seen = normalize(backbone.model.encode_image(backbone.normalise(pictures)), dim=-1)
        said = normalize(backbone.model.encode_text(ids), dim=-1)
        expected = backbone.model.logit_scale.exp() * seen @ said.T
    for picture, logits in zip(pictures, expected, strict=True):
        assert torch.allclose(predict(backbone, picture, CLASSES).logits, logits, atol=1e-4)


@pytest.mark.parametrize("kind", ["plain", "quick", "average", "end token by its id", "own text tower"])
def test_untuned_prompts_read_as_the_text_encoder_reads_them(made, kind):
    backbone = made(kind)
    with torch.no_grad():
        rebuilt = backbone.encode_prompts(backbone.prompts(CLASSES))
    assert torch.allclose(rebuilt, backbone.encode_text(CLASSES), atol=1e-5)


@pytest.mark.parametrize("kind", ["siglip", "attentional"])
def test_a_text_tower_that_reads_elsewhere_cannot_be_tuned(made, kind):
    with pytest.raises(EngineError, match=f"{kind} has another kind, so prompts cannot be tuned on it: choose"):
        made(kind).prompts(CLASSES)


@pytest.mark.parametrize("kind", ["plain", "siglip"])
def test_a_sentence_may_fill_the_text_encoder_to_the_brim_and_no_further(made, kind):
    backbone, room = made(kind), {"plain": 30, "siglip": 32}[kind]
    assert backbone.encode_text(Classes(("cat", " ".join(["dog"] * room)), ("{}",))).shape[0] == 2
    with pytest.raises(EngineError, match="too long for the text encoder"):
        backbone.encode_text(Classes(("cat", " ".join(["dog"] * (room + 1))), ("{}",)))


@pytest.mark.parametrize("kind", ["plain", "average", "first norm left out"])
def test_every_map_is_drawn_on_transformers_whose_attention_can_be_followed(made, kind, pictures):
    backbone = made(kind)
    text = backbone.encode_text(CLASSES)
    for name in maps_for(backbone):
        maps = attention_maps(backbone, pictures, text, AttentionSettings(name))
        assert maps.grid.shape == (3, 4, 4)
        assert float(maps.grid.max()) > 0.99, name
        for place in range(3):
            alone = attention_maps(backbone, pictures[place : place + 1], text, AttentionSettings(name))
            alike = torch.allclose(alone.raw[0], maps.raw[place], rtol=1e-3, atol=1e-6)
            assert maps.degenerate[place] or alike, name
        assert kind != "average" or not maps.degenerate.any()


def test_an_averaging_tower_is_asked_what_its_patches_take_on_average(made, pictures):
    backbone = made("average")
    attention = backbone.trace(pictures, 1).attention[0]  # (3, heads, 17, 17)
    for drawn, weights in zip(_maps(backbone, pictures, "raw").raw, attention, strict=True):
        expected = torch.zeros(16)
        for head in weights:
            taken = sum(head[1 + patch, 1:] for patch in range(16)) / 16
            expected += taken / taken.sum() / len(weights)
        assert torch.allclose(drawn.flatten(), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["attentional", "normalised queries", "siglip"])
def test_other_transformers_have_grad_cam_only(made, kind, pictures):
    backbone = made(kind)
    assert maps_for(backbone) == ("grad-cam", "random", "edges")
    with pytest.raises(EngineError, match=f"{kind} sums a picture up in another way; choose grad-cam, random or edges"):
        attend(backbone, pictures[0], CLASSES, AttentionSettings("rollout"))


@pytest.mark.parametrize("read", ["normed", "entering"])
@pytest.mark.parametrize("kind", ["plain", "attentional", "siglip"])
def test_grad_cam_weighs_channels_by_their_mean_gradient(made, kind, read, pictures):
    backbone = made(kind)
    trace = backbone.trace(pictures[:1], 1)
    scores = backbone.logits(trace.features, backbone.encode_text(CLASSES))
    (tokens,) = trace.normed if read == "normed" else trace.tokens
    (gradient,) = torch.autograd.grad(scores[0, 1], tokens)
    rows, columns = backbone.grid
    patches = tokens[0, -rows * columns :].detach()
    channels = gradient[0, -rows * columns :].mean(0)
    expected = torch.stack([sum(x * w for x, w in zip(patch, channels, strict=True)).relu() for patch in patches])
    drawn = attend(backbone, pictures[0], CLASSES, AttentionSettings("grad-cam", cam_tokens=read), label=1)
    assert drawn.raw.shape == (rows, columns)
    assert torch.allclose(drawn.raw.flatten(), expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("kind", ["attentional", "siglip"])
def test_towers_without_a_readable_attention_tell_their_tokens_behind_the_first_norm(made, kind, pictures):
    backbone = made(kind)
    trace, block = backbone.trace(pictures, 2), backbone.last_block
    norm = block.ln_1 if kind == "attentional" else block.norm1
    assert len(trace.normed) == 2 and torch.allclose(trace.normed[-1], norm(trace.tokens[-1]))


def test_of_a_block_without_a_first_norm_the_tokens_that_enter_are_kept():
    block = torch.nn.Sequential(torch.nn.Linear(4, 4))
    with watch_blocks([block]) as (tokens, _, normed, _):
        block(torch.rand(2, 5, 4))
    assert normed[0] is tokens[0]


def test_a_convnext_draws_grad_cam_of_its_last_stage(made):
    model = copy.deepcopy(made("convnext").model)
    model.visual.image_size = (96, 96)
    backbone = Backbone(model, made("convnext").tokenizer, "convnext")
    assert maps_for(backbone) == ("grad-cam", "random", "edges")
    picture = torch.rand(3, 96, 96, generator=torch.Generator().manual_seed(8))
    trace = backbone.trace(picture[None], 1)
    scores = backbone.logits(trace.features, backbone.encode_text(CLASSES))
    (gradient,) = torch.autograd.grad(scores[0, 1], trace.tokens[0])
    layer, expected = trace.tokens[0][0].detach(), torch.zeros(3, 3)
    for channel, slope in zip(layer, gradient[0], strict=True):
        expected += slope.mean() * channel
    drawn = attend(backbone, picture, CLASSES, AttentionSettings("grad-cam"), label=1)
    assert torch.allclose(drawn.raw, expected.relu(), rtol=1e-3, atol=1e-6)
    with pytest.raises(EngineError, match="convnext is a convolutional tower, which has none; choose grad-cam"):
        attend(backbone, picture, CLASSES, AttentionSettings("a-tpt"))


@pytest.mark.parametrize("kind", ["siglip", "attentional"])
def test_attacks_and_every_defence_that_tunes_no_prompt_work_on_it(made, kind, pictures):
    backbone = made(kind)
    *_, attacked = attack(backbone, pictures[0], CLASSES, AttackSettings(steps=2), label=0)
    assert float((attacked.pixels - pictures[0]).abs().max()) == pytest.approx(4 / 255, rel=1e-4)
    untuned = tuple(name for name, defence in DEFENCES.items() if defence.loss is None)
    settings = Settings(views=ViewSettings(count=10), defences=untuned)
    answers = list(defend(backbone, attacked.pixels, CLASSES, settings))
    assert [answer.defence for answer in answers] == list(untuned)
    assert all(bool(answer.prediction.logits.isfinite().all()) for answer in answers)
    with pytest.raises(EngineError, match="cannot be tuned on it"):
        list(defend(backbone, pictures[0], CLASSES, Settings(views=ViewSettings(count=10), defences=("tpt",))))


@pytest.mark.parametrize("kind", ["average", "attentional", "siglip"])
def test_other_kinds_answer_in_half_precision_too(made, kind, pictures):
    whole = made(kind)
    half = Backbone(copy.deepcopy(whole.model).to(torch.bfloat16), whole.tokenizer, kind)
    one, other = (predict(backbone, pictures[0], CLASSES).probabilities for backbone in (half, whole))
    assert torch.allclose(one, other, atol=0.05)
    for name in maps_for(half):
        drawn = attend(half, pictures[0], CLASSES, AttentionSettings(name), label=1)
        assert drawn.raw.dtype == torch.float32
        assert bool(drawn.raw.isfinite().all()), name


def test_the_tiny_model_of_the_tests_is_a_plain_one(tiny):
    assert (tiny.kind, tiny.averaged, tiny.layers) == ("vit", False, TINY["vision_cfg"]["layers"])


def _maps(backbone, pictures, name):
    return attention_maps(backbone, pictures, backbone.encode_text(CLASSES), AttentionSettings(name))
