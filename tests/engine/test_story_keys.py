"""A result's key changes with what the result depends on, and with nothing else."""

import gc
import weakref
from dataclasses import fields, is_dataclass, replace

import pytest
import torch
from torch import Tensor

from engine.attacks import ATTACKS
from engine.attacks.run import result_of
from engine.classes import Classes
from engine.defences.defend import defend
from engine.defences.ensemble import fuse
from engine.defences.tuning import Tuned, tune
from engine.maps.attend import attend
from engine.maps.occlusion import occlude
from engine.models import Backbone
from engine.models.predict import predict
from engine.settings import AttackSettings, AttentionSettings, EnsembleSettings, Settings, TuneSettings, ViewSettings
from engine.story.attack import attack
from engine.story.graph import Story
from engine.story.recipe import ANSWER, ATTACKED, CLEAN, NOISE, Picture, Recipe
from engine.story.requests import (
    Attack,
    Clean,
    Control,
    Curves,
    Damaged,
    Defended,
    Detected,
    Guide,
    Heads,
    Map,
    Placed,
    Read,
    Shown,
    Tune,
    Views,
    Weighted,
    Words,
)
from engine.views.guided import make_views

CLASSES = Classes(("red fox", "owl", "sea star"))
SETTINGS = Settings(
    attack=AttackSettings(steps=2),
    views=ViewSettings(count=4),
    tuning=TuneSettings(steps=1, keep=0.5),
    ensemble=EnsembleSettings(neighbours=2),
)
CHANGED = {  # another value of every field of every settings class
    "attack.attack": "mi-fgsm", "attack.epsilon": 8 / 255, "attack.step_size": 2 / 255, "attack.steps": 3,
    "attack.seed": 5, "attack.target_defence": "tpt", "attack.norm": "l2", "attack.eot_samples": 2,
    "attack.unroll": "none", "attack.target": 2, "attack.legacy": True, "attack.confidence": 1.0,
    "attack.written": "elm", "attack.text_size": 0.4, "attack.text_colour": "red", "attack.text_outline": 0.0,
    "attack.text_opacity": 0.5, "attack.text_rotation": 90.0, "attack.place_x": 0.3, "attack.place_y": 0.2,
    "attack.places": 2, "attack.control": True, "attack.patch_size": 0.5, "attack.patch_shape": "circle",
    "attack.patch_at": "gradient", "attack.corruption": "fog", "attack.severity": 4,
    "attack.only_cells": "2x2:1.2",
    "attention.map": "raw", "attention.clip_quantile": 0.9, "attention.layer": 0, "attention.head": 0,
    "attention.last_blocks": 1, "attention.cam_tokens": "entering",
    "attention.fusion": "max", "attention.discard": 0.5, "attention.shuffled": "last", "attention.seed": 5,
    "views.kind": "augmix", "views.count": 5, "views.high": 0.1, "views.low": 0.5, "views.keep_high": 0.6,
    "views.keep_low": 0.4, "views.smallest_crop": 0.5, "views.seed": 5, "views.guide": "raw", "views.augmix": False,
    "tuning.loss": "marginal", "tuning.steps": 2, "tuning.learning_rate": 0.01, "tuning.keep": 0.75,
    "tuning.weight_decay": 0.1, "tuning.legacy": True,
    "ensemble.weighting": "uniform", "ensemble.neighbours": 3, "ensemble.temperature": 0.5,
    "ensemble.tv_temperature": 0.5, "ensemble.answer_views": 2, "ensemble.tv_map": "upsampled",
    "ensemble.tv_norm": "sum1", "ensemble.tv_reduction": "sum", "ensemble.legacy": True,
    "defences": ("clip",), "purifier": "ttc", "domain_word": "pet",
    "picture.fit": "pad", "picture.frame": 0.0,
    "lens.lens": "values", "answer.none_of_these": True, "answer.none_below": 0.9,
}  # fmt: skip
REQUESTS = {
    "clean": Clean(), "attack": Attack(), "map": Map(), "map-attacked": Map(ATTACKED), "map-noise": Map(NOISE),
    "map-raw": Map(map="raw"), "map-rollout": Map(map="rollout"), "map-relevance": Map(map="relevance"),
    "map-grad-cam": Map(map="grad-cam"), "map-shuffled": Map(shuffled="last"),
    "map-answer": Map(about=ANSWER), "guide": Guide(), "heads": Heads(), "heads-attacked": Heads(ATTACKED),
    "words": Words(ATTACKED), "curves": Curves(),
    "views": Views(), "views-a-tpt": Views("a-tpt"), "views-tpt": Views("tpt"), "tune-0": Tune(0),
    "tune-1": Tune(1), "weighted": Weighted(), "shown": Shown(), "control": Control(), "placed": Placed(),
    "damaged": Damaged(), "detected": Detected(), "read": Read(),
}  # fmt: skip
REQUESTS |= {f"defence-{name}": Defended(name) for name in ("clip", "tpt", "r-tpt", "a-tpt", "a-tpt-tv", "ttc", "mta")}
NAMED = {"map-raw", "map-rollout", "map-relevance", "map-grad-cam"}
MAPS = {"map", "map-attacked", "map-noise", "map-answer", "map-shuffled"}
WEIGHED = {"weighted", "placed"}
TUNED = {"tune-0", "tune-1", *WEIGHED}
TUNERS = {"defence-tpt", "defence-r-tpt", "defence-a-tpt", "defence-a-tpt-tv"}
GUIDED = {"views", "views-a-tpt", "defence-a-tpt", "defence-a-tpt-tv", *TUNED}
MIXED = {*GUIDED, "views-tpt", "defence-tpt", "defence-r-tpt"}
VIEWED = {*MIXED, "defence-mta"}
DEFENDED = {name for name in REQUESTS if name.startswith("defence-")}
HIT = {
    "attack",
    "map-attacked",
    "map-noise",
    "map-answer",
    "guide",
    "heads-attacked",
    "words",
    "shown",
    "control",
    "detected",
    "read",
    *VIEWED,
    *DEFENDED,
}
BY_SIMILARITY, BY_VARIATION = {*WEIGHED, "defence-r-tpt", "defence-a-tpt"}, {*WEIGHED, "defence-a-tpt-tv"}
EXPECTED = {  # by field: the requests whose key it changes
    **dict.fromkeys(("attack", "epsilon", "step_size", "steps", "seed", "norm", "target", "legacy", "only_cells"), HIT),
    **dict.fromkeys(("target_defence", "unroll", "confidence"), set()),
    "eot_samples": {"detected"},  # of the attack that knows the scores
    **dict.fromkeys((*ATTACKS["written-word"].uses, *ATTACKS["patch"].uses[1:], *ATTACKS["corruption"].uses), set()),
}
EXPECTED["seed"] = HIT | {"damaged"}
EXPECTED["corruption"] = {"damaged"}
EXPECTED = {f"attack.{field}": found for field, found in EXPECTED.items()} | {
    "attention.map": {*MAPS, "curves"},
    "attention.clip_quantile": {*MAPS, *NAMED, "curves"},
    "attention.layer": {"map-raw"}, "attention.head": {"map-raw"},
    "attention.last_blocks": {"map-relevance"}, "attention.cam_tokens": {"map-grad-cam"},
    "attention.fusion": {"map-rollout"}, "attention.discard": {"map-rollout"},
    "attention.shuffled": {*MAPS, *NAMED, "curves"} - {"map-shuffled"},
    "attention.seed": {"map-shuffled"},
    "views.kind": {"views", *TUNED},
    "views.high": GUIDED, "views.low": GUIDED, "views.guide": GUIDED | {"guide"}, "views.augmix": MIXED,
    **dict.fromkeys(("views.count", "views.keep_high", "views.keep_low", "views.smallest_crop"), VIEWED),
    "views.seed": {*VIEWED, "defence-ttc", "detected"},
    "tuning.loss": TUNED, "tuning.steps": {*WEIGHED, *TUNERS},
    "tuning.keep": {*TUNED, *TUNERS}, "tuning.legacy": {*TUNED, *TUNERS},
    "tuning.learning_rate": {*TUNED, *TUNERS} - {"tune-0"}, "tuning.weight_decay": {*TUNED, *TUNERS} - {"tune-0"},
    "ensemble.weighting": WEIGHED,
    "ensemble.answer_views": BY_SIMILARITY | BY_VARIATION,
    **dict.fromkeys(("ensemble.neighbours", "ensemble.temperature", "ensemble.legacy"), BY_SIMILARITY),
    **dict.fromkeys([f"ensemble.tv_{name}" for name in ("temperature", "map", "norm", "reduction")], BY_VARIATION),
    "defences": set(), "purifier": {"shown", "views-a-tpt", "views-tpt", *DEFENDED},
    "domain_word": {"views-a-tpt", "defence-a-tpt", "defence-a-tpt-tv"},
    "picture.fit": set(), "picture.frame": set(),  # the pixels have it all
    "lens.lens": {"read"},
    "answer.none_of_these": set(), "answer.none_below": set(),  # how what was computed is read
}  # fmt: skip

OF_THE_CLEAN = {  # by the name of the same of the attacked picture
    "shown": Shown(picture=CLEAN), "views": Views(picture=CLEAN), "views-tpt": Views("tpt", CLEAN),
    "defence-r-tpt": Defended("r-tpt", CLEAN), "defence-ttc": Defended("ttc", CLEAN),
}  # fmt: skip
MANNER = {f"attack.{name}" for name in ("attack", "epsilon", "step_size", "steps", "seed", "norm", "target", "legacy",
                                         "only_cells")}  # fmt: skip
AIMED = MANNER | {f"attack.{name}" for name in ("target_defence", "eot_samples", "unroll")} | {"purifier"}
CROPPED = {"views.count", "views.smallest_crop"}
MIXED_BY_ATTENTION = {f"views.{name}" for name in ("high", "low", "keep_high", "keep_low", "guide", "augmix")}
TUNING = {f"tuning.{name}" for name in ("steps", "learning_rate", "keep", "weight_decay", "legacy")}
SIMILARITY = {f"ensemble.{name}" for name in ("neighbours", "temperature", "answer_views", "legacy")}
VARIATION = {f"ensemble.{name}" for name in ("answer_views", "tv_temperature", "tv_map", "tv_norm", "tv_reduction")}
THROUGH = {  # by the defence that an adaptive attack goes through: the fields that change the attack's key
    "clip": AIMED, "clip-templates": AIMED, "ttc": AIMED, "mta": AIMED | CROPPED,
    "view-average": AIMED | CROPPED | {"views.augmix"},
    "tpt": AIMED | CROPPED | TUNING | {"views.augmix"},
    "ss-tpt": AIMED | TUNING - {"tuning.keep"} | {"views.smallest_crop", "views.augmix", "ensemble.legacy"},
    "r-tpt": AIMED | CROPPED | TUNING | SIMILARITY | {"views.augmix"},
    "a-tpt": AIMED | CROPPED | TUNING | SIMILARITY | MIXED_BY_ATTENTION | {"domain_word"},
    "a-tpt-tv": AIMED | CROPPED | TUNING | VARIATION | MIXED_BY_ATTENTION | {"domain_word"},
    "a-tpt-repaired": AIMED | CROPPED | TUNING | SIMILARITY | MIXED_BY_ATTENTION - {"views.guide"} | {"domain_word"},
}  # fmt: skip
MOVES = ("views.count", "views.smallest_crop", "views.guide", "tuning.keep", "tuning.steps", "ensemble.temperature",
         "purifier", "domain_word")  # fmt: skip


def changed(settings: Settings, name: str) -> Settings:
    section, _, field = name.rpartition(".")
    if not section:
        return replace(settings, **{field: CHANGED[name]})
    return replace(settings, **{section: replace(getattr(settings, section), **{field: CHANGED[name]})})


def story(backbone: Backbone, pixels: Tensor, settings: Settings = SETTINGS, **question) -> Story:
    return Story(backbone, Recipe(Picture(pixels), question.pop("classes", CLASSES), settings=settings, **question))


def leaves(thing: object) -> list:
    """Everything in a result but seconds, in order, for comparison."""
    if is_dataclass(thing):
        named = [one.name for one in fields(thing) if one.name not in ("seconds", "look")]
        return [part for name in named for part in leaves(getattr(thing, name))]
    if isinstance(thing, tuple | list):
        return [part for one in thing for part in leaves(one)]
    return [thing]


def same(one: object, two: object) -> bool:
    pairs = list(zip(leaves(one), leaves(two), strict=True))
    return all(torch.equal(a, b) or (a.isnan() == b.isnan()).all() if isinstance(a, Tensor) else a == b
               for a, b in pairs)  # fmt: skip


def test_another_value_is_known_of_every_field():
    own = [one.name for one in fields(Settings) if not is_dataclass(getattr(Settings(), one.name))]
    sections = [one.name for one in fields(Settings) if one.name not in own]
    named = [f"{name}.{one.name}" for name in sections for one in fields(getattr(Settings(), name))]
    assert {*named, *own} == set(CHANGED)


@pytest.fixture(scope="module")
def results(shallow) -> dict:
    pixels = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(4)).mul(255).round() / 255
    begun = story(shallow, pixels)
    return {"pixels": pixels, "story": begun} | {name: begun.result(request) for name, request in REQUESTS.items()}


@pytest.mark.parametrize("field", CHANGED)
def test_a_key_changes_where_the_result_may_and_nowhere_else(shallow, results, field):
    other = story(shallow, results["pixels"], changed(SETTINGS, field))
    moved = {name for name, request in REQUESTS.items() if other.key(request) != results["story"].key(request)}
    assert moved == EXPECTED[field]


def through(name: str) -> Settings:
    """The settings with one step of an adaptive attack through this defence, whose weights keep from one-hot."""
    aimed = replace(SETTINGS.attack, attack="adaptive", target_defence=name, steps=1)
    return replace(SETTINGS, attack=aimed, ensemble=replace(SETTINGS.ensemble, temperature=0.05))


@pytest.mark.parametrize("name", THROUGH)
def test_the_key_of_an_adaptive_attack_changes_with_what_its_defence_reads(shallow, results, name):
    begun = story(shallow, results["pixels"], through(name)).key(Attack())
    other = {field: story(shallow, results["pixels"], changed(through(name), field)).key(Attack()) for field in CHANGED}
    same_target = {"attack.target_defence"} if CHANGED["attack.target_defence"] == name else set()
    assert {field for field, key in other.items() if key != begun} == THROUGH[name] - same_target


def test_an_adaptive_attack_sees_no_more_views_than_it_draws(shallow, results):
    keys = {}
    for count in (4, 8, 16, 64):
        settings = replace(through("r-tpt"), views=replace(SETTINGS.views, count=count))
        keys[count] = story(shallow, results["pixels"], settings).key(Attack())
    assert keys[16] == keys[64] and len(set(keys.values())) == 3


@pytest.mark.slow
@pytest.mark.parametrize("name", ["r-tpt", "a-tpt", "a-tpt-tv", "ss-tpt", "ttc"])
@pytest.mark.parametrize("field", ["", *(field for field in CHANGED if not field.startswith("att"))])
def test_an_adaptive_attack_is_that_of_the_verb_under_all_settings(shallow, results, name, field):
    settings = changed(through(name), field) if field else through(name)
    expected = result_of(attack(shallow, results["pixels"], CLASSES, settings.attack, None, settings))
    other = Story(shallow, Recipe(Picture(results["pixels"]), CLASSES, settings=settings), results["story"].results)
    assert same(other.result(Attack()), expected)


@pytest.mark.parametrize("field", MOVES)
def test_an_adaptive_attack_goes_through_the_defence_that_the_visitor_has(shallow, results, field):
    begun, other = through("a-tpt"), changed(through("a-tpt"), field)
    one, two = (
        result_of(attack(shallow, results["pixels"], CLASSES, settings.attack, None, settings))
        for settings in (begun, other)
    )
    assert one.steps[0].loss != two.steps[0].loss
    plain, moved = (story(shallow, results["pixels"], replace(s, attack=SETTINGS.attack)) for s in (begun, other))
    assert plain.key(Attack()) == moved.key(Attack())


@pytest.mark.parametrize("field", CHANGED)
def test_what_is_made_of_the_clean_picture_depends_on_no_attack(shallow, results, field):
    other = story(shallow, results["pixels"], changed(SETTINGS, field))
    moved = {name for name, asked in OF_THE_CLEAN.items() if other.key(asked) != results["story"].key(asked)}
    assert moved == (set() if field.startswith("attack.") else EXPECTED[field] & set(OF_THE_CLEAN))


def test_defences_answer_to_the_clean_picture_too(shallow, results):
    for purifier in ("", "ttc"):
        settings = replace(SETTINGS, purifier=purifier, defences=("clip", "r-tpt", "a-tpt", "mac"))
        begun = story(shallow, results["pixels"], settings)
        for expected in defend(shallow, results["pixels"], CLASSES, settings):
            assert same(begun.result(Defended(expected.defence, CLEAN)), expected)
        assert Attack() not in begun


def direct(backbone: Backbone, pixels: Tensor, settings: Settings) -> dict:
    """What the verbs give for the whole settings, by the names of `REQUESTS`."""
    hit = result_of(attack(backbone, pixels, CLASSES, settings.attack, None, settings))
    views = make_views(backbone, hit.saved, CLASSES, settings.views)
    steps = list(tune(backbone, views, CLASSES, settings.tuning))
    found = {"clean": predict(backbone, pixels, CLASSES), "attack": hit, "views": views}
    found |= {"map": attend(backbone, pixels, CLASSES, settings.attention, hit.label)}
    found |= {"map-attacked": attend(backbone, hit.saved, CLASSES, settings.attention, hit.label)}
    found |= {"guide": attend(backbone, hit.saved, CLASSES, AttentionSettings(settings.views.guide))}
    untuned = fuse(views, steps[0], settings.ensemble).prediction
    weighted = replace(fuse(views, steps[-1], settings.ensemble), untuned=untuned)
    found |= {"tune-1": steps[1], "weighted": weighted}
    chosen = replace(settings, defences=tuple(name.removeprefix("defence-") for name in sorted(DEFENDED)))
    return found | {f"defence-{one.defence}": one for one in defend(backbone, hit.saved, CLASSES, chosen)}


@pytest.mark.slow
@pytest.mark.parametrize("field", CHANGED)
def test_a_result_is_that_of_the_verb_under_all_settings(shallow, results, field):
    """So no slice lacks what a verb reads: a default would stand for it, or what other settings left under its key."""
    settings = changed(SETTINGS, field)
    recipe = Recipe(Picture(results["pixels"]), CLASSES, settings=settings)
    other = Story(shallow, recipe, results["story"].results)
    for name, expected in direct(shallow, results["pixels"], settings).items():
        found = other.result(REQUESTS[name])
        assert same(found.step if isinstance(found, Tuned) else found, expected), name


def test_picture_salt_classes_and_weights_are_part_of_every_key(shallow, resnet, results):
    begun, pixels = results["story"], results["pixels"]
    others = [
        story(shallow, pixels.flip(-1)),
        story(shallow, pixels, classes=Classes(CLASSES.names, ("{}",))),
        Story(shallow, Recipe(Picture(pixels, "a visitor's own"), CLASSES, settings=SETTINGS)),
        Story(resnet, begun.recipe),
    ]
    for other in others:
        assert not any(other.key(request) == begun.key(request) for request in REQUESTS.values())


def test_a_true_class_matters_to_what_is_about_it(shallow, results):
    begun, told = results["story"], story(shallow, results["pixels"], label=results["clean"].label)
    moved = {name for name, request in REQUESTS.items() if told.key(request) != begun.key(request)}
    assert moved == set(REQUESTS) - {"clean", "heads", "damaged"}
    assert same(told.result(Map()), results["map"])


def test_defences_share_views_with_each_other_and_with_the_visitor(shallow, results):
    key = results["story"].key
    assert key(Views()) == key(Views("a-tpt")) == key(Views("a-tpt-tv")) != key(Views("tpt"))
    assert key(Views("tpt")) == key(Views("r-tpt")) == key(Views("view-average"))
    assert key(Views("mta")) == key(Views("zero")) != key(Views("tpt"))


def test_the_guide_is_the_map_that_view_0_is_told_by(shallow, results):
    for name in ("relevance", "a-tpt-values"):  # never made of rounding, which is another in a batch
        settings = replace(SETTINGS, views=replace(SETTINGS.views, guide=name))
        begun = story(shallow, results["pixels"], settings)
        views, guide = begun.result(Views()), begun.result(Guide())
        assert guide.map == name and guide.label == int(views.logits[0].argmax())
        assert torch.allclose(guide.raw, views.raw_maps[0], rtol=1e-4, atol=1e-7)


def test_curves_are_of_the_picture_and_the_map_that_are_asked_for(shallow, results):
    begun, hit = results["story"], results["attack"]
    drawn = begun.result(Map(ATTACKED, "raw", 1))
    asked = Curves(about=1, picture=ATTACKED, map="raw", seed=3)
    assert same(begun.result(asked), occlude(shallow, hit.saved, drawn.raw, CLASSES, 1, seed=3))


def test_a_story_that_nobody_holds_is_gone_at_once_with_its_results(shallow, results):
    begun = story(shallow, results["pixels"])
    begun.key(Weighted())
    held = weakref.ref(begun.results)
    gc.disable()
    try:
        del begun
        assert held() is None
    finally:
        gc.enable()


def test_going_back_and_on_again_in_tuning_gives_the_same(shallow, results):
    steps = list(tune(shallow, results["views"], CLASSES, replace(SETTINGS.tuning, steps=4)))
    for order in ((4, 2, 3), (0, 1, 4)):
        fresh = story(shallow, results["pixels"])
        for step in order:
            assert same(fresh.result(Tune(step)).step, steps[step])
    assert fresh.result(Tune(3)) is fresh.result(Tune(3))


def test_what_is_held_is_given_at_once_and_nothing_before_it(shallow, results):
    begun = results["story"]
    assert [asked for asked, _ in begun.ask(Weighted())] == [Weighted()]
    assert next(item for _, item in begun.ask(Views())) is results["views"]


def test_what_is_needed_and_not_held_comes_first(shallow, results):
    asked = [type(request).__name__ for request, _ in story(shallow, results["pixels"]).ask(Weighted())]
    assert asked == [*["Attack"] * 3, "Shown", "Views", "Tune", "Tune", "Weighted"]
