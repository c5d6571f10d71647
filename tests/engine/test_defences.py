"""Each defence is its recipe over the stages, and shared work is done once and charged to all."""

import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from engine.classes import SEVEN_TEMPLATES, Classes
from engine.defences.a_tpt import with_domain_word
from engine.defences.agc import corrected
from engine.defences.base import Case
from engine.defences.clipure import turned
from engine.defences.dbd import shift
from engine.defences.defend import defend, tuned_case
from engine.defences.ensemble import WEIGHTINGS, fuse
from engine.defences.mta import mean_shift_mode
from engine.defences.o_tpt import orthogonal_entropy
from engine.defences.registry import DEFENCES, PURIFIERS
from engine.defences.ss_tpt import agreement_weights, neighbour_agreement
from engine.defences.t_vss import steer
from engine.defences.tda import cached_logits
from engine.defences.tps import shifted_text
from engine.defences.ttp import around, bordered_answer, inside
from engine.defences.tuning import LOSSES, SIGN_STEPS, tune
from engine.defences.zero import vote
from engine.errors import EngineError
from engine.maps.registry import MAPS
from engine.models.predict import predict
from engine.results import DefenceResult
from engine.settings import EnsembleSettings, Settings, TuneSettings, ViewSettings
from engine.views.guided import make_views
from tests.fixtures import noise

PAGE = Path(__file__).resolve().parents[2] / "docs" / "defences.md"
CLASSES = Classes(("red fox", "owl", "sea star"))
SETTINGS = Settings(
    views=ViewSettings(count=8, seed=3),
    tuning=TuneSettings(steps=2, keep=0.5),
    ensemble=EnsembleSettings(neighbours=3),
)
ALL = replace(SETTINGS, defences=tuple(DEFENCES))


@pytest.fixture
def pixels() -> torch.Tensor:
    """A picture of the small model's size."""
    return noise(32)


def answers(small, pixels, settings=SETTINGS, made=()) -> dict[str, DefenceResult]:
    return {defence.defence: defence for defence in defend(small, pixels, CLASSES, settings, made)}


def test_recipes_name_what_exists():
    assert set(Settings().defences) <= set(DEFENCES)
    assert tuple(LOSSES) == TuneSettings.LOSSES and tuple(WEIGHTINGS) == EnsembleSettings.WEIGHTINGS
    assert list(PURIFIERS) == ["ttc", "mac", "et3"]
    assert Settings().defences == ("clip", "view-average", "tpt", "r-tpt", "a-tpt")  # what a story costs by default
    for defence in DEFENCES.values():
        wanted = ViewSettings() if defence.views is None else defence.views(ViewSettings())
        assert wanted.kind in ViewSettings.KINDS and wanted.guide in MAPS
        assert (defence.score is None) == (defence.weigh is None) and (defence.loss is not None or not defence.keep)
        assert defence.views is not None or (defence.score, defence.loss, defence.surrogate) == (None, None, None)
        assert defence.views is not None or not defence.uses
        assert defence.views is None or defence.turn is None
        assert defence.explanation.endswith(".") and defence.source and defence.cost


@pytest.mark.parametrize("name", DEFENCES)
def test_the_document_tells_each_recipe_as_it_is(name):
    defence = DEFENCES[name]
    row = f"| `{name}` {defence.title} | {defence.explanation} | {defence.source} | {defence.cost} |"
    assert row in PAGE.read_text(encoding="utf-8").splitlines()


def test_every_answer_is_its_recipe_spelled_out(small, pixels):
    found = {name: defence.prediction.logits for name, defence in answers(small, pixels, ALL).items()}
    made = {kind: make_views(small, pixels, CLASSES, replace(SETTINGS.views, kind=kind)) for kind in ViewSettings.KINDS}
    augmix, attention, crops = made["augmix"], made["attention"], made["crops"]
    repaired = make_views(small, pixels, CLASSES, replace(SETTINGS.views, guide="a-tpt-repaired"))
    angles, changed = (
        make_views(small, pixels, CLASSES, replace(SETTINGS.views, kind=kind, count=count))
        for kind, count in (("perspective", 33), ("everyday", 32))
    )
    mean, agreement = shift(changed.features, changed.logits)
    stride = 2.5 if agreement > 0.8 else 1.0
    text, sign = small.encode_text(CLASSES), SIGN_STEPS["exact"]

    def tuned(views, loss, minimised=None):
        *_, last = tune(small, views, CLASSES, replace(SETTINGS.tuning, loss=loss), loss=minimised)
        return last

    def fused(views, **choice):
        return fuse(views, tuned(views, "pointwise"), replace(SETTINGS.ensemble, **choice)).prediction.logits

    def purified(name):
        return small.logits(small.encode_image(PURIFIERS[name].purify(small, pixels, CLASSES, 3)), text).mean(0)

    expected = {
        "clip": predict(small, pixels, CLASSES).logits,
        "clip-templates": predict(small, pixels, replace(CLASSES, templates=small.templates)).logits,
        "view-average": augmix.logits.softmax(-1).mean(0).log(),
        "tpt": tuned(augmix, "marginal").logits[0],
        "c-tpt": tuned(augmix, "dispersed").logits[0],
        "o-tpt": tuned(augmix, "marginal", orthogonal_entropy).logits[0],
        "tps": small.scale * shifted_text(augmix.features, text, small.scale, sign) @ augmix.features[0],
        "clipure": small.scale * text @ turned(augmix.features[:1], small.nameless, 30.0)[0],
        "clipure-short": small.scale * text @ turned(augmix.features[:1], small.nameless, 0.05)[0],
        "mta": small.scale * text @ mean_shift_mode(crops.features, crops.logits)[0],
        "tda": cached_logits(augmix.features, augmix.logits),
        "t-vss": steer(augmix.features, text, small.scale)[0],
        "r-tpt": fused(augmix),
        "a-tpt": fused(attention),
        "a-tpt-tv": fused(attention, weighting="tv", answer_views=4),
        "a-tpt-repaired": fused(repaired),
        "agc": small.scale * text @ corrected(angles.features),
        "dbd": small.scale * text @ F.normalize(changed.features[0] + stride * mean, dim=0),
        "ttp": bordered_answer(Case(small, CLASSES, augmix, SETTINGS), around),
        "ttp-inside": bordered_answer(Case(small, CLASSES, augmix, SETTINGS), inside),
        "ttc": purified("ttc"),
        "mac": purified("mac"),
        "et3": purified("et3"),
    }
    for name, logits in expected.items():
        assert torch.allclose(found[name], logits, atol=1e-4), name
    assert int(found["zero"].argmax()) == vote(crops.logits, 0.3)[1]
    without = set(found) - set(expected)
    assert without == {"zero", "ss-tpt"}, f"a defence needs its recipe here, spelled out: {without}"


def test_the_prompt_ensemble_averages_unit_features_of_the_models_own_sentences(small, pixels):
    found = answers(small, pixels, replace(SETTINGS, defences=("clip-templates",)))["clip-templates"].prediction
    assert found.classes.templates == small.templates == SEVEN_TEMPLATES
    (look,) = small.encode_image(pixels[None]).tolist()
    for index, name in enumerate(CLASSES.names):
        total = torch.zeros(len(look))
        for template in SEVEN_TEMPLATES:
            tokens = small.tokenizer([template.format(name)])
            (said,) = small.model.encode_text(tokens)
            total += said / said.norm()
        cosine = sum(a * b for a, b in zip(look, (total / total.norm()).tolist(), strict=True))
        assert float(found.logits[index]) == pytest.approx(small.scale * cosine, abs=1e-4)


def test_no_defence_remembers_another_picture(small, pixels):
    few = replace(ALL, views=replace(SETTINGS.views, count=4))
    first, _, again = (answers(small, picture, few) for picture in (pixels, pixels.flip(0), pixels))
    assert all(torch.equal(first[name].prediction.logits, again[name].prediction.logits) for name in DEFENCES)


def test_ss_tpt_weighs_its_sixteen_views_before_and_after(small, pixels):
    views = make_views(small, pixels, CLASSES, replace(SETTINGS.views, kind="augmix", count=16))
    scores = neighbour_agreement(small, views, CLASSES, 3)
    tuning = replace(SETTINGS.tuning, loss="neighbour-agreement", keep=3 / 16)
    *_, last = tune(small, views, CLASSES, tuning, lambda kept: agreement_weights(scores[kept]))
    assert len(last.kept) == 3
    found = answers(small, pixels, replace(SETTINGS, defences=("ss-tpt",)))["ss-tpt"].prediction.logits
    assert torch.allclose(found, agreement_weights(scores) @ last.logits, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("purifier", PURIFIERS)
def test_a_purifier_comes_before_every_defence(small, pixels, purifier):
    few = replace(ALL, views=replace(SETTINGS.views, count=3))
    shown = PURIFIERS[purifier].purify(small, pixels, CLASSES, 3)
    made = [make_views(small, pixels, CLASSES, few.views)]  # of the picture as it was, so nobody may look at them
    found = answers(small, pixels, replace(few, purifier=purifier), made)
    plain = answers(small, shown[0], few)
    for name, defence in DEFENCES.items():
        expected = plain[name].prediction.logits
        if defence.views is None and defence.purify is None:
            looks = [
                answers(small, picture, replace(few, defences=(name,)))[name].prediction.logits for picture in shown
            ]
            expected = sum(looks) / len(looks)  # MAC asks about two pictures
        assert torch.allclose(found[name].prediction.logits, expected, atol=1e-3), name


def test_a_purifier_that_does_not_exist_is_refused(small, pixels):
    with pytest.raises(EngineError, match="the purifier to be one of ttc, mac, et3; got “soap”"):
        answers(small, pixels, replace(SETTINGS, purifier="soap"))


def test_the_domain_word_changes_a_tpt_only(small, pixels):
    settings = replace(SETTINGS, defences=("r-tpt", "a-tpt"))
    plain, worded = answers(small, pixels, settings), answers(small, pixels, replace(settings, domain_word="pet"))
    assert torch.equal(plain["r-tpt"].prediction.logits, worded["r-tpt"].prediction.logits)
    assert not torch.equal(plain["a-tpt"].prediction.logits, worded["a-tpt"].prediction.logits)
    assert worded["a-tpt"].prediction.classes.templates == ("a pet photo of a {}.",)
    with pytest.raises(EngineError, match="“a {}.” has none"):
        with_domain_word(Classes(CLASSES.names, ("a {}.",)), "pet")
    for word in ("{}", "{pet}"):
        with pytest.raises(EngineError, match=f"no other braces, .*; got “a {word} photo of a {{}}.”"):
            with_domain_word(CLASSES, word)


def test_the_settings_may_name_how_many_views_answer(small, pixels):
    views = make_views(small, pixels, CLASSES, SETTINGS.views)
    *_, last = tune(small, views, CLASSES, SETTINGS.tuning)
    chosen = replace(SETTINGS.ensemble, answer_views=3, tv_norm="sum1")
    found = answers(small, pixels, replace(SETTINGS, defences=("a-tpt", "a-tpt-tv"), ensemble=chosen))
    for name, weighting in (("a-tpt", "similarity"), ("a-tpt-tv", "tv")):
        expected = fuse(views, last, replace(chosen, weighting=weighting)).prediction.logits
        assert torch.allclose(found[name].prediction.logits, expected, atol=1e-4)


def test_recipes_override_kind_loss_and_weighting(small, pixels):
    other = Settings(
        views=replace(SETTINGS.views, kind="augmix"),
        tuning=replace(SETTINGS.tuning, loss="marginal"),
        ensemble=replace(SETTINGS.ensemble, weighting="uniform"),
    )
    one, two = answers(small, pixels), answers(small, pixels, other)
    assert all(torch.equal(one[name].prediction.logits, two[name].prediction.logits) for name in one)


CHANGED = {
    "neighbours": 2,
    "temperature": 0.5,
    "tv_temperature": 0.5,
    "answer_views": 2,
    "tv_map": "upsampled",
    "tv_norm": "sum1",
    "tv_reduction": "sum",
    "legacy": True,
    "weighting": "uniform",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, defence in DEFENCES.items() if defence.views])
def test_a_recipe_names_the_ensemble_settings_that_change_its_answer(small, pixels, name):
    assert set(CHANGED) == set(asdict(EnsembleSettings()))
    defence = DEFENCES[name]
    views = make_views(small, pixels, CLASSES, defence.views(SETTINGS.views))
    directions = torch.eye(64)[: len(views)]
    directions[1] = directions[0]  # two views exactly alike, which the official codes stumble over
    views = replace(views, features=directions)

    def answered(**changed):
        settings = replace(SETTINGS, ensemble=replace(SETTINGS.ensemble, **{"temperature": 1.0} | changed))
        with torch.no_grad():
            return defence.answer(tuned_case(small, views, CLASSES, settings, defence))

    usual = answered()
    found = {field for field, value in CHANGED.items() if not torch.equal(answered(**{field: value}), usual)}
    assert found == set(defence.uses)


def test_views_of_a_kind_are_made_once_and_charged_to_all(small, pixels, monkeypatch):
    made = []

    def counted(backbone, picture, classes, settings):
        made.append(settings.kind)
        return make_views(backbone, picture, classes, settings)

    monkeypatch.setattr(sys.modules["engine.defences.defend"], "make_views", counted)
    answers(small, pixels)
    assert sorted(made) == ["attention", "augmix"]
    made.clear()
    views = make_views(small, pixels, CLASSES, SETTINGS.views)
    found = answers(small, pixels, made=[replace(views, seconds=100.0)])
    assert made == ["augmix"]
    assert found["a-tpt"].seconds > 100 > found["r-tpt"].seconds
    made.clear()
    assert list(answers(small, pixels, replace(SETTINGS, defences=("clip",)))) == ["clip"] and made == []


def test_defences_run_in_the_order_asked_for(small, pixels):
    assert list(answers(small, pixels, replace(SETTINGS, defences=("tpt", "clip")))) == ["tpt", "clip"]


def test_an_unknown_defence_is_refused_before_anything_runs(small, pixels):
    stream = defend(small, pixels, CLASSES, replace(SETTINGS, defences=("clip", "magic")))
    with pytest.raises(EngineError, match="Expected the defence to be one of clip, .*; got “magic”"):
        next(stream)
