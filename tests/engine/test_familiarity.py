"""The built-in model says of which pictures it knows nothing, whatever it answers."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from engine.classes import Classes
from engine.errors import EngineError
from engine.fieldguide.familiarity import drawn
from engine.fieldguide.familiarity.painted import FORMS, painted
from engine.fieldguide.familiarity.photographs import crops
from engine.fieldguide.familiarity.rates import Rate
from engine.fieldguide.familiarity.sources import SETTING, TESTING
from engine.models import load_backbone
from engine.models.familiarity import FILE, FamiliarityMeasure, read_measure, write_measure
from engine.models.model import Backbone
from engine.results import UNFAMILIAR, Familiarity
from engine.serialise import familiarity_data
from engine.settings import Settings
from engine.story import Clean, Picture, Recipe, Story

CLASSES = Classes(("red fish", "blue bird"))


@pytest.fixture(scope="module")
def fieldguide() -> Backbone:
    return load_backbone()


def accepted(backbone: Backbone, pixels) -> list[bool]:
    return [backbone.knows(picture).accepted for picture in pixels]


@pytest.mark.slow
def test_paintings_are_accepted_in_every_form(fieldguide):
    (batch,) = painted(fieldguide, 6, 7, 5)
    assert tuple(batch) == FORMS and not torch.equal(batch["clean"], batch["attacked"])
    assert (batch["attacked"] - batch["clean"]).abs().max() <= 8 / 255 + 1e-6
    assert all(all(accepted(fieldguide, pixels)) for pixels in batch.values())


def twenty(source: partial) -> list[Image.Image]:
    """Its first pictures; of drawings, which are made one after the other, no more than these are made."""
    if source.func is not drawn.many:
        return source()[:20]
    draw, _, seed = source.args
    return drawn.many(draw, 20, seed)


@pytest.mark.slow
@pytest.mark.parametrize("source", TESTING)
def test_other_pictures_are_refused(fieldguide, source):
    pixels = [fieldguide.prepare(image) for image in twenty(TESTING[source])]
    assert len(pixels) == 20 and sum(accepted(fieldguide, pixels)) <= 2


def test_photographs_are_refused_whole(fieldguide):
    assert not any(accepted(fieldguide, map(fieldguide.prepare, crops(("astronaut", "chelsea", "grace_hopper"), 1, 0))))


def ingredients(sources) -> set:
    """The photographs that are cut up, and the functions that draw the rest."""
    cut = {name for source in sources.values() if source.func is crops for name in source.args[0]}
    draws = [source.args[0] for source in sources.values() if source.func is drawn.many]
    return cut | {(draw.func, *draw.keywords.values()) if isinstance(draw, partial) else draw for draw in draws}


def test_no_source_is_both_fitted_to_and_tested():
    fitted, tested = ingredients(SETTING), ingredients(TESTING)
    assert len(fitted) > 12 and len(tested) > 12 and not fitted & tested


def test_sources_are_the_same_every_time():
    first, second = (np.stack([np.asarray(image) for image in TESTING["drawings"]()]) for _ in range(2))
    assert len(first) >= 20 and np.array_equal(first, second)


def test_summaries_are_class_token_mean_and_spread_of_every_block(tiny):
    pixels = torch.rand(2, 3, 64, 64)
    found = tiny.summaries(pixels)
    left = []
    hooks = [
        block.register_forward_hook(lambda m, a, out: left.append(out)) for block in tiny.visual.transformer.resblocks
    ]
    tiny.visual(tiny.normalise(pixels))
    for hook in hooks:
        hook.remove()
    assert found.shape == (2, 4, 3, left[0].shape[-1])
    for place, tokens in enumerate(left):
        wanted = torch.stack([tokens[:, 0], tokens[:, 1:].mean(1), tokens[:, 1:].std(1)], 1)
        torch.testing.assert_close(found[:, place], wanted, rtol=1e-4, atol=1e-5)


def test_a_score_is_a_weighted_sum_and_the_threshold_still_accepts():
    weights, seen = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    total = sum(float(w) * float(x) for w, x in zip(weights.flatten(), seen.flatten(), strict=True)) + 0.5
    assert FamiliarityMeasure(weights, 0.5, 0.0).of(seen).score == pytest.approx(total, abs=1e-5)
    assert Familiarity(1.0, 1.0).accepted and not Familiarity(1.001, 1.0).accepted


def test_a_measure_is_kept_in_a_few_kilobytes_and_one_of_another_shape_is_refused(tmp_path):
    measure = FamiliarityMeasure(torch.randn(6, 3, 192).half().float(), 0.25, -1.0)
    assert read_measure(tmp_path, 6, 192) is None
    write_measure(measure, tmp_path)
    assert (tmp_path / FILE).stat().st_size < 16_000
    found = read_measure(tmp_path, 6, 192)
    assert found is not None and torch.equal(found.weights, measure.weights)
    assert (found.bias, found.threshold) == (0.25, -1.0)
    with pytest.raises(EngineError, match=r"shape \(5, 3, 192\)"):
        read_measure(tmp_path, 5, 192)
    (tmp_path / FILE).write_bytes(b"no archive")
    with pytest.raises(EngineError, match="cannot be read"):
        read_measure(tmp_path, 6, 192)


def test_only_a_model_with_a_measure_says_anything(tiny, fieldguide):
    assert tiny.knows(torch.rand(3, 64, 64)) is None
    assert fieldguide.with_model(fieldguide.model, "other weights").measure is None


def test_the_clean_answer_carries_it_and_nothing_else_does(fieldguide):
    photograph = fieldguide.prepare(crops(("astronaut",), 1, 0)[0])
    story = Story(fieldguide, Recipe(Picture(photograph), CLASSES, None, Settings()))
    answer = story.result(Clean())
    assert answer.familiarity == fieldguide.knows(photograph) and not answer.familiarity.accepted
    data = familiarity_data(answer.familiarity)
    assert data is not None and data["sentence"] == UNFAMILIAR and data["score"] > data["threshold"]
    assert (
        familiarity_data(replace(answer.familiarity, score=-9.0))["sentence"] == "" and familiarity_data(None) is None
    )


def test_rates_come_with_their_interval():
    low, high = Rate("x", True, 600, 600).interval
    assert low == pytest.approx(0.9936, abs=1e-3) and high == 1
