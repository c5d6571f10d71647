"""The plane of three sentences: where answers lie on it, and what can be read off there."""

import math
from dataclasses import replace

import pytest
import torch

import engine
from engine.numerics.plane import plane_of
from engine.results import UNKNOWN_CLEAN
from engine.settings import AttackSettings, EnsembleSettings, Settings, TuneSettings, ViewSettings
from engine.story import Attack, Clean, Control, Picture, Placed, Recipe, Story, Tune, Weighted

CLASSES = engine.Classes(("owl", "cat", "oak", "sea star"))
SETTINGS = Settings(
    attack=AttackSettings(steps=3, epsilon=16 / 255), views=ViewSettings(count=6),
    tuning=TuneSettings(steps=2, keep=0.5), ensemble=EnsembleSettings(neighbours=2),
)  # fmt: skip
RIGHT = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])  # four sentences at right angles


def unit(count: int, width: int, seed: int = 3) -> torch.Tensor:
    drawn = torch.randn(count, width, generator=torch.Generator().manual_seed(seed))
    return drawn / drawn.norm(dim=-1, keepdim=True)


@pytest.fixture(scope="module")
def story(small):
    picture = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(2)).mul(255).round() / 255
    return Story(small, Recipe(Picture(picture), CLASSES, 1, SETTINGS))


def test_three_sentences_at_right_angles_make_an_even_triangle():
    plane = plane_of(RIGHT, torch.tensor([0, 1, 2]), 100.0)
    expected = torch.tensor([[1.0, -1 / math.sqrt(3)], [-1, -1 / math.sqrt(3)], [0, 2 / math.sqrt(3)]]) / math.sqrt(2)
    assert torch.allclose(plane.tips, expected, atol=1e-6)
    assert torch.allclose(plane.place(100 * RIGHT), torch.cat([expected, torch.zeros(1, 2)]), atol=1e-6)


def test_a_place_is_the_feature_s_shadow_on_the_two_directions():
    texts, features = unit(7, 12), unit(5, 12, 4)
    chosen = torch.tensor([4, 0, 6])
    plane = plane_of(texts, chosen, 50.0)
    centred = texts[chosen] - texts[chosen].mean(0)
    directions = torch.linalg.lstsq(plane.tips, centred).solution  # centred = tips @ directions
    assert torch.allclose(directions @ directions.T, torch.eye(2), atol=1e-5)
    assert torch.allclose(plane.place(50 * features @ texts.T), features @ directions.T, atol=1e-5)


def test_who_leads_by_how_much_is_read_off_exactly():
    texts, features = unit(7, 12), unit(50, 12, 4)
    chosen = torch.tensor([4, 0, 6])
    logits = 50 * features @ texts.T
    plane = plane_of(texts, chosen, 50.0)
    places = plane.place(logits)
    own = logits[:, chosen]
    assert torch.allclose(plane.leads(places), own - own.mean(-1, keepdim=True), atol=1e-4)
    assert torch.equal(places[:, 0] > 0, own[:, 0] > own[:, 1])  # the upright line is where the first two tie
    assert plane.tips[2, 1] > plane.tips[0, 1] == pytest.approx(float(plane.tips[1, 1]))


@pytest.mark.parametrize("along", [[1.0, 1, 1], [1.0, 0.5, 0]], ids=["same", "line"])
def test_sentences_on_one_line_span_no_plane(along):
    texts = torch.tensor([[one, 0] for one in along])
    with pytest.raises(engine.EngineError, match="three that all lie on one line"):
        plane_of(texts, torch.tensor([0, 1, 2]), 100.0)


def test_everything_of_a_story_lies_where_its_logits_say(story):
    placed, hit, weighted = (story.result(one) for one in (Placed(), Attack(), Weighted()))
    steps = [story.result(Tune(index)).step for index in range(3)]
    place = placed.plane.place
    assert torch.equal(placed.clean, place(story.result(Clean()).logits))
    assert torch.equal(placed.attacked, place(hit.after_saved.logits))
    assert torch.equal(placed.noise, place(story.result(Control()).logits))
    assert torch.equal(placed.path, place(torch.stack([one.prediction.logits for one in hit.steps])))
    assert torch.equal(placed.untuned, place(steps[0].logits))
    assert torch.equal(placed.tuned, place(steps[-1].logits))
    assert torch.equal(placed.tuning, place(torch.stack([one.prediction.logits for one in steps])))
    assert torch.allclose(placed.answer, weighted.weights @ placed.tuned, atol=1e-6)  # logits are averaged
    assert torch.allclose(placed.before, weighted.weights @ placed.untuned, atol=1e-6)


def test_its_classes_are_those_in_question_each_once(story):
    chosen = story.result(Placed()).plane.classes.tolist()
    hit, weighted = story.result(Attack()), story.result(Weighted())
    named = dict.fromkeys((hit.label, hit.after_saved.label, weighted.prediction.label))
    assert chosen[: len(named)] == list(named) and len(set(chosen)) == 3


def test_noise_is_as_large_as_the_change(story, small):
    hit = story.result(Attack())
    noisy = engine.baselines.sign_noise(story.recipe.picture.pixels, hit.per_channel, SETTINGS.attack.seed)
    assert torch.equal(story.result(Control()).logits, engine.predict(small, noisy, CLASSES).logits)


def test_without_a_change_there_is_no_noise_to_compare(story, small):
    still = replace(SETTINGS, attack=AttackSettings(epsilon=0.0, steps=1))
    placed = Story(small, replace(story.recipe, settings=still)).result(Placed())
    assert placed.noise is None and torch.equal(placed.clean, placed.attacked)


def test_an_unknown_clean_picture_has_no_place(story, small):
    picture = story.recipe.picture
    placed = Story(small, Recipe(picture, CLASSES, 1, SETTINGS, picture)).result(Placed())
    assert placed.clean is None and placed.noise is None
    with pytest.raises(engine.EngineError, match=UNKNOWN_CLEAN[:40]):
        Story(small, Recipe(picture, CLASSES, 1, SETTINGS, picture)).result(Control())


def test_two_classes_span_no_plane(story, small):
    recipe = replace(story.recipe, classes=engine.Classes(("owl", "cat")))
    with pytest.raises(engine.EngineError, match="Expected at least 3 classes, whose sentences span a plane; got 2"):
        Story(small, recipe).result(Placed())
