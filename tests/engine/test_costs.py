"""Every defence makes as many passes as its recipe says, counted at the model itself."""

import re
from collections import Counter
from contextlib import contextmanager

import pytest
import torch

from engine.classes import Classes
from engine.defences.defend import defend
from engine.defences.registry import DEFENCES
from engine.settings import Settings
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star"))


@pytest.fixture
def pixels() -> torch.Tensor:
    """A picture of the small model's size."""
    return noise(32)


@contextmanager
def counting(small):
    """Pictures and prompt sets that go forward and back through the towers meanwhile."""
    counts = Counter()

    def watch(what, size):
        def seen(module, inputs, output):
            number = size(inputs[0])
            counts[f"{what} forward"] += number
            if output.requires_grad:
                output.register_hook(lambda gradient: counts.update({f"{what} back": number}))

        return seen

    hooks = [
        small.visual.ln_post.register_forward_hook(watch("image", len)),
        small.text.ln_final.register_forward_hook(watch("text", lambda prompts: 1)),
    ]
    try:
        yield counts
    finally:
        for hook in hooks:
            hook.remove()


def counted(cost: str) -> dict[str, int]:
    """“64 image forward; 2 text forward, 1 back” as a count of each."""
    found = {}
    for part in cost.split(";"):
        (what,) = re.findall("image|text", part)
        passes = re.findall(rf"(\d+) (?:{what} )?(forward|back)", part)
        found |= {f"{what} {way}": int(number) for number, way in passes}
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", DEFENCES)
def test_the_recipe_says_how_many_passes_it_makes(small, pixels, name, monkeypatch):
    monkeypatch.setattr("engine.defences.ttc.THRESHOLD", 9.0)  # as for a picture that TTC takes for attacked
    monkeypatch.setattr("engine.defences.ttp.ALIKE", 9.0)  # and TTP
    small = small.with_model(small.model, "small, which has read no prompts yet")
    small.encode_text(DEFENCES[name].classes(small, CLASSES, ""))  # once per label set, for all pictures
    assert small.nameless.isfinite().all()  # likewise, once per model
    with counting(small) as counts:
        list(defend(small, pixels, CLASSES, Settings(defences=(name,))))
    assert dict(counts) == counted(DEFENCES[name].cost)


def test_ttc_only_looks_where_it_adds_noise_only(small, pixels, monkeypatch):
    monkeypatch.setattr("engine.defences.ttc.THRESHOLD", 0.0)
    small.encode_text(CLASSES)
    with counting(small) as counts, torch.no_grad():
        list(defend(small, pixels, CLASSES, Settings(defences=("ttc",))))
    assert dict(counts) == {"image forward": 3}
