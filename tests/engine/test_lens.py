"""The lens: every number is that of a plain forward pass written out token by token."""

import copy
import json
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from engine.benchmarks.lenses import _picture_shares, shares_of, summary
from engine.classes import Classes
from engine.cli.main import main
from engine.errors import EngineError
from engine.evaluation.executors import Processes
from engine.maps.heads import attention_heads
from engine.maps.lens import NEAREST, Lens, lens
from engine.models import BUILT_IN, Backbone
from engine.models.blocks import plain_blocks
from engine.numerics.baselines import sign_noise
from engine.settings import AttackSettings, LensSettings, Settings
from engine.story import Attack, Picture, Read, Recipe, Story, lens_data
from engine.story.lens import Lenses
from tests.fixtures import noise
from tests.literal_tower import forward

CLASSES = Classes(("cat", "dog", "red fox", "owl", "oak", "sea star", "blue bird"))
TOKENS, VALUES = LensSettings(), LensSettings("values")
SETTINGS = Settings(attack=AttackSettings(steps=2, epsilon=16 / 255, seed=5))


@pytest.fixture(scope="module")
def story(small):
    return Story(small, Recipe(Picture(noise(32)), CLASSES, 1, SETTINGS))


@pytest.fixture(scope="module")
def read(story):
    return story.result(Read())


def by_hand(backbone, token):
    """The logits of one token, read off step by step."""
    visual = backbone.visual
    centred = token - token.mean()
    normed = centred / (token.var(unbiased=False) + visual.ln_post.eps).sqrt()
    feature = F.normalize((normed * visual.ln_post.weight + visual.ln_post.bias) @ visual.proj, dim=-1)
    return torch.stack([backbone.scale * feature @ sentence for sentence in backbone.encode_text(CLASSES)])


def test_a_patch_is_read_by_the_towers_last_norm_projection_and_sentences(small):
    found = lens(small, noise(32), CLASSES, TOKENS)
    assert found.words.shape == (4, 4, 4, NEAREST) and found.leads.shape == (4, 4, 4)
    for layer, expected in enumerate(forward(small, noise(32))):
        for row, column in ((0, 0), (1, 3), (3, 2)):
            logits = by_hand(small, expected.left[1 + 4 * row + column].detach())
            best = logits.sort(descending=True)
            assert found.words[layer, row, column].tolist() == best.indices[:NEAREST].tolist()
            shares = logits.exp() / logits.exp().sum()
            assert found.shares[layer, row, column].tolist() == pytest.approx(
                shares[best.indices[:NEAREST]].tolist(), abs=1e-4
            )
            assert float(found.leads[layer, row, column]) == pytest.approx(
                float(best.values[0] - best.values[1]), abs=1e-3
            )


@pytest.mark.parametrize("settings", [TOKENS, VALUES])
def test_the_class_token_is_read_as_where_the_heads_are_looked_into(small, settings):
    found = lens(small, noise(32), CLASSES, settings)
    assert torch.equal(found.logits, attention_heads(small, noise(32), CLASSES).logits)


def test_values_are_what_a_block_leaves_where_every_token_attends_to_itself_alone(small):
    """The block run anew on each token by itself: the softmax over one is 1."""
    found = lens(small, noise(32), CLASSES, VALUES)
    assert not torch.equal(found.words, lens(small, noise(32), CLASSES, TOKENS).words)
    trace = small.trace(noise(32)[None], 4)
    for layer, (block, tokens) in enumerate(zip(plain_blocks(small.visual.transformer), trace.tokens, strict=True)):
        for place in (0, 6, 15):
            with torch.no_grad():
                alone = block(tokens[:, 1 + place : 2 + place])[0, 0]
            logits = by_hand(small, alone)
            assert int(found.words[layer].flatten(0, 1)[place, 0]) == int(logits.argmax())
            assert float(found.shares[layer].flatten(0, 1)[place, 0]) == pytest.approx(
                float(logits.softmax(-1).max()), abs=1e-4
            )


def test_where_patches_are_averaged_their_mean_is_the_summary(small):
    model = copy.deepcopy(small.model)
    model.visual.pool_type = "avg"
    averaged = Backbone(model, small.tokenizer, "averaged")
    found = lens(averaged, noise(32), CLASSES, TOKENS)
    assert torch.equal(found.logits, attention_heads(averaged, noise(32), CLASSES).logits)


def test_of_few_classes_all_are_kept_and_a_resnet_is_refused(small, resnet, pixels):
    two = Classes(("cat", "dog"))
    assert lens(small, noise(32), two, TOKENS).words.shape[-1] == 2
    with pytest.raises(EngineError, match="leaves no patches that could be read off; choose a model"):
        lens(resnet, pixels, CLASSES, TOKENS)


def test_a_story_reads_its_three_pictures(small, story, read):
    hit = story.result(Attack())
    noisy = sign_noise(noise(32), hit.per_channel, 5)
    for pixels, one in ((noise(32), read.clean), (hit.saved, read.attacked), (noisy, read.noise)):
        expected = lens(small, pixels, CLASSES, TOKENS)
        assert torch.equal(one.words, expected.words) and torch.equal(one.logits, expected.logits)
    assert (read.label, read.answer) == (hit.label, hit.after_saved.label)


def made(*tops):
    """A reading of 1 × 4 patches whose first words after each layer are these."""
    words = torch.tensor(tops)[:, None, :, None]
    flat = torch.zeros(len(tops), 7)
    return Lens(CLASSES, flat, words, torch.ones_like(words) / 2, torch.ones(len(tops), 1, 4))


def test_shares_are_counted_patch_by_patch():
    clean, hit, null = (
        made([0, 0, 1, 2], [0, 1, 1, 1]),
        made([3, 3, 1, 2], [3, 3, 3, 1]),
        made([0, 0, 1, 1], [0, 1, 1, 1]),
    )
    found = Lenses(1, 3, clean, hit, null)
    assert {name: shares.tolist() for name, shares in found.changed.items()} == {
        "attacked": [0.5, 0.75], "noise": [0.25, 0.0]
    }  # fmt: skip
    assert clean.share_read_as(1).tolist() == [0.25, 0.75]
    data = lens_data(found, CLASSES.names)
    assert (data["class"], data["answer after the attack"], data["grid"]) == ("dog", "owl", [1, 4])
    first, last = data["layers"]
    assert first["attacked"]["words"] == [[3, 3, 1, 2]] and first["changed"] == {"attacked": 0.5, "noise": 0.25}
    assert last["attacked"]["read as the answer"] == 0.75 and last["clean"]["read as the class"] == 0.75
    json.dumps(data)
    mask = torch.tensor([[1, 1, 0, 0, 0, 0, 1, 1]])
    shares = shares_of(found, mask)
    assert shares["clean"]["object"] == [0.0, 0.5] and shares["clean"]["around"] == [0.5, 1.0]
    assert shares["attacked"]["answer"] == [0.5, 0.5] and "changed" not in shares["clean"]
    mean, low, high = summary([shares, shares])["attacked"]["changed"][1]
    assert mean == low == high == 0.75


def test_what_is_not_known_is_not_compared(small, story):
    picture = story.recipe.picture
    alone = Story(small, Recipe(picture, CLASSES, 1, SETTINGS, picture)).result(Read())
    assert alone.clean is None and alone.noise is None and alone.changed == {} and list(alone.arms) == ["attacked"]
    assert lens_data(alone, CLASSES.names)["layers"][0]["changed"] == {}
    still = replace(SETTINGS, attack=replace(SETTINGS.attack, epsilon=0.0))
    same = Story(small, replace(story.recipe, settings=still)).result(Read())
    assert same.noise is None and not same.changed["attacked"].any()


def test_it_depends_on_its_own_setting_and_not_on_views_and_tuning(story, small):
    def key(settings):
        return Story(small, replace(story.recipe, settings=settings)).key(Read())

    other = replace(SETTINGS, views=replace(SETTINGS.views, count=9), tuning=replace(SETTINGS.tuning, steps=4))
    assert key(other) == key(SETTINGS) != key(replace(SETTINGS, lens=VALUES))
    with pytest.raises(EngineError, match="the reading of the lens to be one of tokens, values"):
        LensSettings("words")


def test_the_command_of_many_specimens_counts_what_was_asked(monkeypatch, capsys, story):
    asked = []

    def fake(pictures, seed, settings, executor):
        asked.append((pictures, seed, settings.lens.lens, settings.attack.steps, executor))
        return iter([shares_of(story.result(Read()), torch.ones(32, 32))] * pictures)

    monkeypatch.setattr("engine.benchmarks.lenses.readings", fake)
    command = ["fieldguide", "lens", "--pictures", "2", "--seed", "3", "--steps", "5", "--lens", "values"]
    assert main([*command, "--workers", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert asked == [(2, 3, "values", 5, Processes(BUILT_IN, "auto", 1))]
    assert found["settings"]["lens"] == "values" and found["settings"]["pictures"] == 2
    changed = story.result(Read()).changed["attacked"].tolist()
    assert [values[0] for values in found["lens"]["attacked"]["changed"]] == pytest.approx(changed)
    assert main([*command, "--workers", "1"]) == 0
    assert capsys.readouterr().out.split()[:5] == ["clean:", "layer", "object", "around", "answer"]


def test_a_specimen_is_read_by_its_own_true_class_and_mask(small):
    settings = Settings(attack=AttackSettings(steps=1, epsilon=4 / 255))
    shares = _picture_shares(small, 2, 9, settings)
    assert set(shares) == {"clean", "attacked", "noise"} and shares == _picture_shares(small, 2, 9, settings)
    assert all(0 <= share <= 1 for share in shares["attacked"]["changed"]) and len(shares["clean"]["object"]) == 4
