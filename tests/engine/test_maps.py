"""Every map against its formula written out in float64, entry by entry, over a forward pass written out by hand."""

import copy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from engine.classes import Classes
from engine.errors import EngineError
from engine.maps.attend import attend
from engine.maps.registry import MAPS
from engine.models import Backbone
from engine.settings import AttentionSettings
from tests import literal_tower
from tests.literal_tower import Layer

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "maps.md"
CLASSES = Classes(("cat", "dog", "red fox"))
TOKENS, HEADS = 17, 2
Matrix = list[list[float]]


@pytest.fixture(scope="module")
def small(tiny) -> Backbone:
    """The tiny model in float64 on pictures of 4 x 4 patches."""
    model = copy.deepcopy(tiny.model).double()
    visual = model.visual
    visual.image_size, visual.grid_size = (32, 32), (4, 4)
    visual.positional_embedding = torch.nn.Parameter(visual.positional_embedding[:TOKENS].detach().clone())
    return Backbone(model, tiny.tokenizer, "small")


@pytest.fixture(scope="module")
def averaged(small) -> Backbone:
    """The same, with the mean of the patches for its summary."""
    model = copy.deepcopy(small.model)
    model.visual.pool_type = "avg"
    return Backbone(model, small.tokenizer, "averaged")


@pytest.fixture(params=["small", "averaged"])
def either(request) -> Backbone:
    return request.getfixturevalue(request.param)


class Classifier(torch.nn.Module):
    """Logits (b, c) of pictures (b, 3, s, s) by open_clip's own tower, as a library that knows no text wants them."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone, self.visual = backbone, backbone.visual

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        features = F.normalize(self.visual(self.backbone.normalise(pixels)), dim=-1)
        return self.backbone.logits(features, self.backbone.encode_text(CLASSES))


def as_channels(tokens: torch.Tensor) -> torch.Tensor:
    """Patch tokens (b, t, d) as feature maps (b, d, gh, gw)."""
    return tokens[:, 1:].unflatten(1, (4, 4)).permute(0, 3, 1, 2)


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    return torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(5))


def layers(backbone: Backbone, picture: torch.Tensor, label: int) -> list[Layer]:
    """The forward pass, with gradients of the class's logit."""
    found = literal_tower.forward(backbone, picture)
    literal_tower.read(backbone, found[-1].left, backbone.encode_text(CLASSES))[label].backward()
    return found


def drawn(backbone: Backbone, picture: torch.Tensor, name: str, label: int, **chosen) -> list[float]:
    return attend(backbone, picture, CLASSES, AttentionSettings(name, **chosen), label).raw.flatten().tolist()


def dots(tensor: torch.Tensor) -> list[float]:
    """Token times its gradient, summed over the width."""
    both = zip(tensor.tolist(), tensor.grad.tolist(), strict=True)
    return [sum(x * g for x, g in zip(token, gradient, strict=True)) for token, gradient in both]


def summary(backbone: Backbone, matrix: Matrix) -> list[float]:
    """What the summary of the picture takes from each patch."""
    rows = matrix[1:] if backbone.averaged else matrix[:1]
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)][1:]


def mean_heads(layer: Layer) -> Matrix:
    heads = [a.tolist() for a in layer.attention]
    return [[sum(a[i][j] for a in heads) / HEADS for j in range(TOKENS)] for i in range(TOKENS)]


def normalised(matrix: Matrix) -> Matrix:
    return [[value / (sum(row) + 1e-8) for value in row] for row in matrix]


def product(first: Matrix, second: Matrix) -> Matrix:
    columns = list(zip(*second, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in first]


def identity() -> Matrix:
    return [[float(i == j) for j in range(TOKENS)] for i in range(TOKENS)]


def contributions(layer: Layer, evidence: list[float], depth: float = 1.0) -> Matrix:
    positive = [max(depth * value, 0) for value in evidence]
    weights = [depth * value / (sum(positive) + 1e-8) for value in positive]
    mixed = mean_heads(layer)
    return normalised([[float(i == j) + mixed[i][j] * weights[j] for j in range(TOKENS)] for i in range(TOKENS)])


def last_two(before: Matrix, last: Matrix) -> list[float]:
    pairs = zip(before, last, strict=True)
    averaged = [[(0.5 * a + b) / 1.5 for a, b in zip(*rows, strict=True)] for rows in pairs]
    return product(last, normalised(averaged))[0][1:]


def values(layer: Layer) -> list[float]:
    """Value token times its gradient, summed over heads."""
    return [sum(parts) for parts in zip(*(dots(v) for v in layer.values), strict=True)]


@pytest.mark.parametrize("name", MAPS)
def test_the_document_tells_each_map_as_it_is(name):
    row = f"| `{name}` {MAPS[name].title} | {MAPS[name].explanation} | {MAPS[name].source} |"
    assert row in PAGE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("a-tpt", lambda layer: dots(layer.tokens)),
        ("a-tpt-repaired", lambda layer: dots(layer.normed)),
        ("a-tpt-values", values),
    ],
)
def test_the_last_two_blocks_weighted_by(small, picture, name, evidence):
    found = attend(small, picture, CLASSES, AttentionSettings(name), 1)
    *_, before, last = layers(small, picture, 1)
    expected = last_two(*(contributions(layer, evidence(layer)) for layer in (before, last)))
    assert not found.degenerate
    assert found.raw.flatten().tolist() == pytest.approx(expected, rel=1e-3, abs=1e-3 * max(expected))


@pytest.mark.parametrize(("name", "depths"), [("gradient-rollout", [1] * 4), ("depth-weighted", [3, 4, 5, 6])])
def test_rollout_of_all_blocks_weighted_by_tokens(either, picture, name, depths):
    joint = identity()
    for layer, depth in zip(layers(either, picture, 1), depths, strict=True):
        joint = product(contributions(layer, dots(layer.tokens), depth / max(depths)), joint)
    assert drawn(either, picture, name, 1) == pytest.approx(summary(either, joint), rel=1e-3)


@pytest.mark.parametrize("last", [None, 1, 3])
def test_relevance_is_carried_from_block_to_block(either, picture, last):
    found = identity()
    for layer in layers(either, picture, 2)[-last if last else None :]:
        both = [(a.tolist(), a.grad.tolist()) for a in layer.attention]
        mixed = [
            [sum(max(g[i][j] * a[i][j], 0) for a, g in both) / HEADS for j in range(TOKENS)] for i in range(TOKENS)
        ]
        added = product(mixed, found)
        found = [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(found, added, strict=True)]
    asked = drawn(either, picture, "relevance", 2, last_blocks=last)
    assert asked == pytest.approx(summary(either, found), rel=1e-5)


@pytest.mark.parametrize("last", [None, 2])
def test_legrad_asks_the_mean_token_of_every_block_by_itself(either, picture, last):
    """The class token counts as one of the tokens, on a tower that averages patches too, as in the official code."""
    total = [0.0] * (TOKENS - 1)
    text, visual = either.encode_text(CLASSES), either.visual
    found = literal_tower.forward(either, picture)[-last if last else None :]
    for layer in found:
        mean = sum(layer.left[i] for i in range(TOKENS)) / TOKENS
        feature = visual.ln_post(mean) @ visual.proj
        score = either.model.logit_scale.exp() * (feature @ text[2]) / feature.norm()
        for gradient in torch.autograd.grad(score, layer.attention, retain_graph=True):
            for row in gradient.tolist():
                for j in range(1, TOKENS):
                    total[j - 1] += max(row[j], 0) / (HEADS * TOKENS * len(found))
    assert drawn(either, picture, "legrad", 2, last_blocks=last) == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("name", ["relevance", "legrad"])
def test_more_blocks_than_there_are_are_refused(small, picture, name):
    with pytest.raises(EngineError, match="at most 4 last blocks; got 5"):
        drawn(small, picture, name, 2, last_blocks=5)


@pytest.mark.parametrize("read", ["normed", "entering"])
def test_grad_cam_weights_channels_by_their_mean_gradient(either, picture, read):
    last = layers(either, picture, 0)[-1]
    last = {"normed": last.normed, "entering": last.tokens}[read]
    patches, gradients = last[1:].tolist(), last.grad[1:].tolist()
    channels = [sum(column) / len(column) for column in zip(*gradients, strict=True)]
    expected = [max(sum(x * w for x, w in zip(patch, channels, strict=True)), 0) for patch in patches]
    assert drawn(either, picture, "grad-cam", 0, cam_tokens=read) == pytest.approx(expected, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("read", ["normed", "entering"])
def test_grad_cam_is_that_of_the_library(small, picture, read):
    """`pytorch_grad_cam` on the last block's first norm, as its examples for ViTs have it, or on the block before,
    whose output enters the last."""
    classifier = Classifier(small)
    before, last = small.visual.transformer.resblocks[-2:]
    with GradCAM(classifier, [last.ln_1 if read == "normed" else before], reshape_transform=as_channels) as cam:
        cam.get_target_width_height = lambda pictures: (4, 4)  # the library enlarges by itself; here it does not
        (theirs,) = cam(picture[None].double().requires_grad_(), [ClassifierOutputTarget(1)])
    ours = torch.tensor(drawn(small, picture, "grad-cam", 1, cam_tokens=read)).view(4, 4)
    ours = (ours - ours.min()) / (ours.max() - ours.min())
    assert theirs.ravel().tolist() == pytest.approx(ours.flatten().tolist(), abs=1e-4)


def test_raw_attention_is_that_of_the_chosen_layer_and_head(small, picture):
    found = layers(small, picture, 0)
    for layer, head in ((0, 0), (2, 1), (3, None), (None, 1)):
        rows = [a[0, 1:].tolist() for a in found[-1 if layer is None else layer].attention]
        rows = [[value / sum(row) for value in row] for row in (rows if head is None else [rows[head]])]
        expected = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        assert drawn(small, picture, "raw", 0, layer=layer, head=head) == pytest.approx(expected, rel=1e-5)


def test_rollout_multiplies_fused_and_thinned_attention_through_all_blocks(small, picture):
    joint = identity()
    for layer in layers(small, picture, 0):
        heads = [a.tolist() for a in layer.attention]
        fused = [[max(a[i][j] for a in heads) for j in range(TOKENS)] for i in range(TOKENS)]
        limit = sorted(value for row in fused for value in row)[int(0.5 * TOKENS * TOKENS)]
        thinned = [[value if value >= limit else 0.0 for value in row] for row in fused]
        block = [[float(i == j) + thinned[i][j] for j in range(TOKENS)] for i in range(TOKENS)]
        joint = product(normalised(block), joint)
    assert drawn(small, picture, "rollout", 0, fusion="max", discard=0.5) == pytest.approx(joint[0][1:], rel=1e-5)


def test_a_class_held_against_another_is_asked_for_the_difference_of_their_logits(small, picture):
    found = literal_tower.forward(small, picture)
    logits = literal_tower.read(small, found[-1].left, small.encode_text(CLASSES))
    (logits[2] - logits[0]).backward()
    expected = last_two(*(contributions(layer, dots(layer.normed)) for layer in found[-2:]))
    settings = AttentionSettings("a-tpt-repaired")
    named = attend(small, picture, CLASSES, settings, "red fox", "cat")
    assert (named.label, named.against) == (2, 0)
    assert named.raw.flatten().tolist() == pytest.approx(expected, rel=1e-4)
    assert torch.equal(named.raw, attend(small, picture, CLASSES, settings, 2, 0).raw)
    assert attend(small, picture, CLASSES, settings, 2).against is None


@pytest.mark.parametrize(
    ("label", "against", "sentence"),
    [
        (3, None, "from 0 to 2; got 3"),
        (0, 3, "from 0 to 2; got 3"),
        ("cow", None, "“cow” is not one of the 3"),
        (1, "dog", "two different classes"),
        (None, 1, "name both"),
    ],
)
def test_classes_that_are_not_there_or_the_same_are_refused(small, picture, label, against, sentence):
    with pytest.raises(EngineError, match=sentence):
        attend(small, picture, CLASSES, AttentionSettings(), label, against)


@pytest.mark.parametrize("name", MAPS)
def test_maps_that_ask_for_no_class_are_the_same_for_all(tiny, name):
    pixels = torch.rand(3, tiny.image_size, tiny.image_size, generator=torch.Generator().manual_seed(3))
    classes = Classes(("cat", "dog"))
    first, second = (attend(tiny, pixels, classes, AttentionSettings(name), label).raw for label in (0, 1))
    assert torch.equal(first, second) is not MAPS[name].class_specific
