"""Each defence is its recipe over the stages, and shared work is done once and charged to all."""

from dataclasses import replace

import pytest
import torch

from engine import methods
from engine.ensemble import fuse
from engine.errors import EngineError
from engine.methods import METHODS, PREDICTORS, defend
from engine.predict import predict
from engine.settings import EnsembleSettings, Settings, TuneSettings, ViewSettings
from engine.tuning import tune
from engine.types import Classes, Defence
from engine.views import make_views

CLASSES = Classes(("red fox", "owl", "sea star"))
SETTINGS = Settings(
    views=ViewSettings(count=8, seed=3),
    tuning=TuneSettings(steps=2, keep=0.5),
    ensemble=EnsembleSettings(neighbours=3),
)


def answers(tiny, pixels, settings=SETTINGS, made=()) -> dict[str, Defence]:
    return {defence.method: defence for defence in defend(tiny, pixels, CLASSES, settings, made)}


def test_recipes_name_what_exists():
    assert list(METHODS) == ["clip", "view-average", "tpt", "r-tpt", "a-tpt"]
    assert Settings().methods == tuple(METHODS)
    for method in METHODS.values():
        assert method.views in (None, *ViewSettings.KINDS)
        assert method.loss in (None, *TuneSettings.LOSSES)
        assert method.predictor in PREDICTORS


def test_every_answer_is_its_recipe_spelled_out(tiny, pixels):
    found = {name: defence.prediction.logits for name, defence in answers(tiny, pixels).items()}
    augmix, attention = (
        make_views(tiny, pixels, CLASSES, replace(SETTINGS.views, kind=kind)) for kind in ("augmix", "attention")
    )

    def tuned(views, loss):
        *_, last = tune(tiny, views, CLASSES, replace(SETTINGS.tuning, loss=loss))
        return last

    expected = {
        "clip": predict(tiny, pixels, CLASSES).logits,
        "view-average": augmix.logits.softmax(-1).mean(0).log(),
        "tpt": tuned(augmix, "marginal").logits[0],
        "r-tpt": fuse(augmix, tuned(augmix, "pointwise"), SETTINGS.ensemble).prediction.logits,
        "a-tpt": fuse(attention, tuned(attention, "pointwise"), SETTINGS.ensemble).prediction.logits,
    }
    assert list(found) == list(expected)
    for name, logits in expected.items():
        assert torch.allclose(found[name], logits, atol=1e-5), name


def test_recipes_override_kind_loss_and_weighting(tiny, pixels):
    other = Settings(
        views=replace(SETTINGS.views, kind="augmix"),
        tuning=replace(SETTINGS.tuning, loss="marginal"),
        ensemble=replace(SETTINGS.ensemble, weighting="uniform"),
    )
    one, two = answers(tiny, pixels), answers(tiny, pixels, other)
    assert all(torch.equal(one[name].prediction.logits, two[name].prediction.logits) for name in METHODS)


def test_views_of_a_kind_are_made_once_and_charged_to_all(tiny, pixels, monkeypatch):
    made = []

    def counted(backbone, picture, classes, settings):
        made.append(settings.kind)
        return make_views(backbone, picture, classes, settings)

    monkeypatch.setattr(methods, "make_views", counted)
    answers(tiny, pixels)
    assert sorted(made) == ["attention", "augmix"]
    made.clear()
    views = make_views(tiny, pixels, CLASSES, SETTINGS.views)
    found = answers(tiny, pixels, made=[replace(views, seconds=100.0)])
    assert made == ["augmix"]
    assert found["a-tpt"].seconds > 100 > found["r-tpt"].seconds
    made.clear()
    assert list(answers(tiny, pixels, replace(SETTINGS, methods=("clip",)))) == ["clip"] and made == []


def test_methods_run_in_the_order_asked_for(tiny, pixels):
    assert list(answers(tiny, pixels, replace(SETTINGS, methods=("tpt", "clip")))) == ["tpt", "clip"]


def test_an_unknown_method_is_refused_before_anything_runs(tiny, pixels):
    stream = defend(tiny, pixels, CLASSES, replace(SETTINGS, methods=("clip", "zero")))
    with pytest.raises(EngineError, match="clip, view-average, tpt, r-tpt, a-tpt; got “zero”"):
        next(stream)
