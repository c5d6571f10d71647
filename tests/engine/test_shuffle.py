"""The randomisation test: other weights in a copy, the same words, and a model left as it was."""

import pytest
import torch

from engine.classes import Classes
from engine.maps.attend import attend
from engine.models.shuffle import shuffled
from engine.settings import AttentionSettings

CLASSES = Classes(("cat", "dog", "red fox"))


def changed(before, after) -> set[str]:
    pairs = zip(before.model.state_dict().items(), after.model.state_dict().values(), strict=True)
    return {name for (name, old), new in pairs if not torch.equal(old, new)}


@pytest.mark.parametrize(("model", "last"), [("tiny", "visual.transformer.resblocks.3."), ("resnet", "visual.layer4.")])
def test_the_last_block_or_the_whole_tower_is_shuffled_in_a_copy(model, last, request):
    backbone = request.getfixturevalue(model)
    before = {name: value.clone() for name, value in backbone.model.state_dict().items()}
    one, other = (changed(backbone, shuffled(backbone, part, 1)) for part in ("last", "all"))
    assert one and all(name.startswith(last) for name in one)
    assert one < other and all(name.startswith("visual.") for name in other)
    assert all(torch.equal(value, before[name]) for name, value in backbone.model.state_dict().items())


def test_every_weight_keeps_its_values_and_loses_their_order(tiny):
    made = shuffled(tiny, "all", 1)
    old, new = tiny.visual.proj.detach(), made.visual.proj.detach()
    assert not torch.equal(old, new) and torch.equal(old.flatten().sort().values, new.flatten().sort().values)
    assert torch.equal(made.visual.proj, shuffled(tiny, "all", 1).visual.proj)
    assert not torch.equal(made.visual.proj, shuffled(tiny, "all", 2).visual.proj)


def test_words_are_shared_and_mean_what_they_meant(tiny):
    made = shuffled(tiny, "all", 1)
    assert made.text.token_embedding.weight is tiny.text.token_embedding.weight
    assert torch.equal(made.encode_text(CLASSES), tiny.encode_text(CLASSES))
    assert made.name == "tiny (shuffled)" and made.fingerprint != tiny.fingerprint


def test_a_map_of_a_shuffled_model_is_the_map_that_this_model_draws(tiny, pixels):
    settings = AttentionSettings("a-tpt-repaired", shuffled="last", seed=4)
    drawn = attend(tiny, pixels, CLASSES, settings, 1).raw
    assert torch.equal(
        drawn, attend(shuffled(tiny, "last", 4), pixels, CLASSES, AttentionSettings("a-tpt-repaired"), 1).raw
    )
    assert not torch.equal(drawn, attend(tiny, pixels, CLASSES, AttentionSettings("a-tpt-repaired"), 1).raw)
