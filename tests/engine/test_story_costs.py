"""What a request costs is what the towers of a model do for it, counted block by block while it is computed."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import pytest
import torch
from PIL import Image

from engine.attacks.registry import ATTACKS
from engine.classes import Classes
from engine.defences.registry import DEFENCES
from engine.errors import EngineError
from engine.fieldguide.world.questions import make_question
from engine.maps.registry import MAPS
from engine.models import Backbone, load_backbone
from engine.passes import BACK, Passes
from engine.settings import AttackSettings, AttentionSettings, Settings, TuneSettings, ViewSettings
from engine.story.costs import cost_of, missing
from engine.story.graph import Story
from engine.story.recipe import ATTACKED, Picture, Recipe
from engine.story.requests import (
    Attack,
    Clean,
    Control,
    Curves,
    Defended,
    Guide,
    Heads,
    Map,
    Read,
    Request,
    Shown,
    Tune,
    Views,
    Weighted,
    Words,
)
from engine.story.results import Results
from tests.engine.test_story_keys import REQUESTS
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star", "cat", "oak"))
SETTINGS = Settings(
    attack=AttackSettings(steps=3), views=ViewSettings(count=6), tuning=TuneSettings(steps=2), defences=()
)
NEAR = 1.5  # a cost is the counted number up to this factor
NEEDED = Results()  # what the requests that are counted need, computed once


@pytest.fixture
def pixels() -> torch.Tensor:
    """A picture of the shallow model's size."""
    return noise(32)


@contextmanager
def counting(backbone: Backbone, classes: Classes) -> Iterator[Counter]:
    """Pictures, and sentences, that pass the blocks of the towers meanwhile, as shares of all blocks."""
    counts, handles, tokens = Counter(), [], packed_tokens(backbone, classes)

    def rows(given: torch.Tensor) -> float:
        packed = given.dim() == 2  # the tokens of all sentences in one matrix
        return len(given) / tokens * len(classes) if packed else len(given)

    def watch(what: str, share: float, entered: torch.nn.Module, left: torch.nn.Module) -> None:
        def seen(module, inputs, output):
            counts[what] += rows(inputs[0]) * share

        def back(module, inputs, output):
            if output.requires_grad:
                output.register_hook(lambda gradient: counts.update({f"{what} back": rows(inputs[0]) * share}))

        handles.extend([entered.register_forward_hook(seen), left.register_forward_hook(back)])

    for block in backbone.visual.transformer.resblocks:
        watch("image", 1 / backbone.layers, block.ln_1, block.ln_2)
    for block in backbone.text.transformer.resblocks:
        watch("text", 1 / len(backbone.text.transformer.resblocks), block.ln_1, block.ln_1)
    try:
        yield counts
    finally:
        for handle in handles:
            handle.remove()


def packed_tokens(backbone: Backbone, classes: Classes) -> int:
    """Tokens of the sentences of all classes, what they begin with counted once."""
    start = len(backbone.tokenizer.encode(classes.templates[0].split("{}")[0])) + 1
    whole = [len(backbone.tokenizer.encode(sentence)) + 2 for sentence in classes.sentences(classes.templates[0])]
    return start + sum(length - start for length in whole)


@cache
def reader(backbone: Backbone, classes: Classes) -> Backbone:
    """One that has read the sentences of all defences, as a model does once for all pictures."""
    known = backbone.with_model(backbone.model, backbone.name)
    for name in DEFENCES:
        known.encode_text(DEFENCES[name].classes(known, classes, ""))
    assert known.nameless.isfinite().all()  # likewise
    return known


def counted(backbone: Backbone, recipe: Recipe, request: Request) -> Passes:
    """What computing a request makes the towers do, its needs being held; text as shares of all classes' sentences.

    The model has read its prompts for nobody yet.
    """
    needed, known = Story(backbone, recipe, NEEDED), reader(backbone, recipe.classes)
    fresh = backbone.with_model(backbone.model, backbone.name)
    for name in DEFENCES:
        fresh._texts.get(DEFENCES[name].classes(fresh, recipe.classes, ""), known.encode_text)
    fresh.measure, fresh.nameless, fresh.fingerprint = backbone.measure, known.nameless, backbone.fingerprint
    story = Story(fresh, recipe)
    for need in request.needs(recipe).values():
        story.results.put(story.key(need), needed.result(need))
    with counting(fresh, recipe.classes) as counts:
        story.result(request)
    found = {name: counts[name] / len(recipe.classes) for name in ("text", "text back")}
    return Passes(counts["image"], counts["image back"], found["text"], found["text back"])


def near(backbone: Backbone, recipe: Recipe, request: Request) -> bool:
    found = counted(backbone, recipe, request).cost(backbone.reading_cost(recipe.classes))
    return found / NEAR <= request.cost(backbone, recipe) <= found * NEAR


def recipe(pixels: torch.Tensor, settings: Settings = SETTINGS) -> Recipe:
    return Recipe(Picture(pixels), CLASSES, settings=settings)


def attacking(name: str, **settings) -> Settings:
    return replace(SETTINGS, attack=replace(SETTINGS.attack, attack=name, **settings))


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_the_cost_of_an_attack(shallow, pixels, name):
    for steps, epsilon in ((1, 1e-7), (3, 4 / 255), (3, 0.0)):
        given = recipe(pixels, attacking(name, steps=steps, epsilon=epsilon))
        cost, found = (
            Attack().cost(shallow, given),
            counted(shallow, given, Attack()).cost(shallow.reading_cost(CLASSES)),
        )
        assert found <= NEAR * cost
        whole = epsilon < 1e-6 or name not in ("apgd-t", "auto", "square", "deepfool", "cw")  # these may end early
        assert cost <= NEAR * found or not whole


@pytest.mark.parametrize(
    "settings", [{"eot_samples": 3}, {"target_defence": "tpt"}, {"target_defence": "ttc"}], ids=str
)
def test_the_cost_of_an_adaptive_attack_follows_the_defence(shallow, pixels, settings):
    assert near(shallow, recipe(pixels, attacking("adaptive", steps=2, **settings)), Attack())
    assert near(shallow, recipe(pixels, attacking("adaptive", steps=2, unroll="none", **settings)), Attack())


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("chosen", [{}, {"layer": 1, "last_blocks": 2}], ids=str)
def test_the_cost_of_a_map(shallow, pixels, name, chosen):
    given = recipe(pixels, replace(SETTINGS, attention=AttentionSettings(**chosen)))
    assert near(shallow, given, Map(ATTACKED, name))


@pytest.mark.parametrize(
    "request_",
    [Clean(), Control(), Read(), Guide(), Heads(), Heads(ATTACKED), Words(), Words(ATTACKED), Curves()],
    ids=str,
)
def test_the_cost_of_a_look(shallow, pixels, request_):
    assert near(shallow, recipe(pixels), request_)


@pytest.mark.parametrize("kind", ViewSettings.KINDS)
@pytest.mark.parametrize("count", [4, 20])
def test_the_cost_of_views(shallow, pixels, kind, count):
    settings = replace(SETTINGS, views=ViewSettings(kind=kind, count=count))
    assert all(near(shallow, recipe(pixels, settings), request) for request in (Views(), Views("a-tpt"), Views("mta")))


@pytest.mark.parametrize("step", [0, 1, 2])
def test_the_cost_of_a_tuning_step(shallow, pixels, step):
    assert near(shallow, recipe(pixels), Tune(step))
    assert Weighted().cost(shallow, recipe(pixels)) == counted(shallow, recipe(pixels), Weighted()).cost() == 0


@pytest.mark.parametrize("name", DEFENCES)
@pytest.mark.parametrize("purifier", ["", "mac"])
def test_the_cost_of_a_defence(shallow, pixels, name, purifier, monkeypatch):
    monkeypatch.setattr("engine.defences.ttc.THRESHOLD", 9.0)  # as for a picture that TTC takes for attacked
    monkeypatch.setattr("engine.defences.ttp.ALIKE", 9.0)  # and TTP
    given = recipe(pixels, replace(SETTINGS, purifier=purifier))
    assert near(shallow, given, Defended(name)) and near(shallow, given, Shown())


@pytest.fixture(scope="module")
def built_in() -> tuple[Backbone, Recipe]:
    """The built-in model and a painted picture."""
    backbone, question = load_backbone(), make_question(seed=0, index=0)
    pixels = backbone.prepare(Image.fromarray(question.painting.pixels))
    settings = Settings(AttackSettings(steps=2), views=ViewSettings(count=5), tuning=TuneSettings(steps=1))
    return backbone, Recipe(Picture(pixels), question.classes, settings=settings)


@pytest.mark.slow
@pytest.mark.parametrize("name", REQUESTS)
def test_the_costs_hold_on_the_built_in_model(built_in, name):
    assert near(*built_in, REQUESTS[name])


def test_every_kind_of_request_costs_no_less_for_more_steps_and_views(shallow, pixels):
    more = Settings(AttackSettings(steps=9), views=ViewSettings(count=30), tuning=TuneSettings(steps=5))
    for request in REQUESTS.values():
        assert request.cost(shallow, recipe(pixels, more)) >= request.cost(shallow, recipe(pixels)) >= 0
    for request in (Attack(), Views(), Defended("ss-tpt"), Defended("r-tpt")):
        assert request.cost(shallow, recipe(pixels, more)) > request.cost(shallow, recipe(pixels))


def test_forward_and_back_are_three_passes_and_sentences_are_priced_by_weights_and_places(shallow):
    assert (BACK, Passes(1, 1).cost()) == (2, 3)
    assert Passes(2, 1, 3, 1).cost(0.5) == 2 + 2 + 0.5 * 5
    tokens = packed_tokens(shallow, CLASSES)
    weights = [sum(one.numel() for one in tower.parameters()) for tower in (shallow.text.transformer, shallow.visual)]
    assert shallow.reading_cost(CLASSES) == pytest.approx(tokens * weights[0] / (16 * weights[1]))


def test_what_is_missing_stands_once_behind_its_needs_and_costs_its_sum(shallow, pixels):
    story = Story(shallow, recipe(pixels))
    wanted = (Weighted(), Defended("a-tpt"), Defended("a-tpt-tv"), Defended("clip"))
    found = missing(story, *wanted)
    assert found == [
        Attack(), Shown(purified=False), Views(), Tune(0), Tune(1), Tune(2), *wanted,
    ]  # fmt: skip
    assert cost_of(story, *wanted) == sum(one.cost(shallow, story.recipe) for one in found)
    story.result(Views())
    assert [type(one).__name__ for one in missing(story, Defended("a-tpt"))] == ["Defended"]
    story.result(Weighted())
    assert missing(story, Weighted()) == [] and cost_of(story, Weighted()) == 0


def test_what_computing_would_refuse_is_refused_with_its_sentence(small, pixels):
    deep = replace(SETTINGS, attention=AttentionSettings("relevance", last_blocks=9))
    with pytest.raises(EngineError, match="at most 4 last blocks; got 9"):
        Map().cost(small, recipe(pixels, deep))
    with pytest.raises(EngineError, match="got “magic”"):
        cost_of(Story(small, recipe(pixels)), Defended("magic"))
