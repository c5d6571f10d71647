"""What is chosen on the page becomes the engine's settings, and the command line's options give the same ones."""

import io
import re
import zipfile
from dataclasses import replace
from urllib.parse import parse_qsl

import gradio as gr
import pytest
import torch

import engine
from app.choices import NO_TARGET
from app.components.controls import listing
from app.export import link, report
from app.export.buttons import restored
from app.figures.journey import journey
from app.panels.attack import verdict
from app.state.found import Found, find
from app.state.visitors import Visitor
from app.wiring.live import Pace, caught_up
from engine.cli.main import parser
from engine.cli.options import settings_of
from engine.story import Results
from tests.app.drawing import drawn
from tests.page_cases import CHOICES, CLASSES, WHOLE, asked, held, picture, run

ATTACK = CHOICES._replace(
    attack="adaptive", eps=1.25, norm="l2", step_size=0.375, eot_samples=2, target_defence="r-tpt", unroll="exact"
)


ASKED = CHOICES._replace(prompt_ensemble="model", domain_word=" flower ")


RARE = CHOICES._replace(
    weighting="tv", temperature=0.05, answer_views=5, tv_map="upsampled", tv_norm="sum1", tv_reduction="sum",
    tv_temperature=1, purifier="ttc", legacy=True,
)  # fmt: skip


@pytest.mark.parametrize("choices", [CHOICES, ATTACK, ASKED, RARE])
def test_the_options_of_the_command_line_give_the_pages_settings(choices):
    args = parser().parse_args(["defend", "x.png", *choices.options()])
    expected = replace(choices.settings(), attention=engine.AttentionSettings())  # it draws no map
    assert settings_of(args, engine.parameters.STORY) == expected


def test_lengths_have_the_unit_of_their_norm():
    flat = CHOICES._replace(eps=8, step_size=4).settings().attack
    assert (flat.norm, flat.epsilon, flat.step_size) == ("linf", 8 / 255, 4 / 255)
    long = ATTACK.settings().attack
    assert (long.norm, long.epsilon, long.step_size) == ("l2", 1.25, 0.375)
    assert CHOICES.settings().attack.step_size is None and CHOICES.settings().attack.step == 1 / 255
    assert CHOICES._replace(eps=0, step_size=0.5).settings().attack.epsilon == 0


def test_a_target_is_a_place_among_the_classes_or_none():
    aimed = CHOICES._replace(target="green fish")
    assert aimed.settings().attack.target is None
    assert aimed.aimed(aimed.settings(), CLASSES).attack.target == 2
    for other in (NO_TARGET, "yeti"):
        assert CHOICES._replace(target=other).aimed(aimed.settings(), CLASSES).attack.target is None


def test_openais_eighty_come_behind_the_pages_own_prompt():
    eighty = engine.datasets.imagenet_templates()
    asked = CHOICES._replace(prompt_ensemble="imagenet-80", template="this is a {}.").classes(("art of the {}.",))
    assert asked.templates == ("this is a {}.", *eighty)
    assert len(CHOICES._replace(prompt_ensemble="imagenet-80").classes().templates) == 80  # the page's is among them


def test_a_set_of_sentences_that_there_is_not_is_refused():
    with pytest.raises(engine.EngineError, match="model or imagenet-80; got “imagenet-81”"):
        CHOICES._replace(prompt_ensemble="imagenet-81").classes()


def test_an_ensemble_adds_the_models_sentences_behind_the_pages_own():
    sentences = ("art of the {}.", "a photo of a {}.", "a {}.")
    assert CHOICES.classes(sentences).templates == ("a photo of a {}.",)
    assert ASKED.classes(sentences).templates == ("a photo of a {}.", "art of the {}.", "a {}.")
    own = ASKED._replace(template="this is a {}.").classes(sentences).templates
    assert own == ("this is a {}.", *sentences)
    assert ASKED.settings().domain_word == "flower"


def test_what_an_attack_cannot_do_is_taken_back():
    aimed = ATTACK._replace(target="red fish")
    assert aimed.possible() == aimed
    boxed = aimed._replace(attack="fgsm").possible()
    assert boxed == aimed._replace(attack="fgsm", norm="linf", eps=4, step_size=0)
    assert aimed._replace(attack="cw").possible().target == NO_TARGET


def test_controls_that_the_attack_does_not_heed_are_hidden(page):
    controls = page.controls

    def shown(**changed):
        fitted = page.panels[2].choose.fit(Found(), CHOICES._replace(**changed))
        return {name for name, component in controls.items() if fitted.get(component, {}).get("visible")}

    begun = {name for name in page.panels[2].controls if controls[name].visible}
    limit = {"norm", "eps"}
    assert shown() | {"attack"} == begun
    assert shown(attack="fgsm") == limit | {"target"}
    assert shown(attack="deepfool", norm="l2") == limit | {"steps"}
    assert shown(attack="pgd-transformations") == limit | {"steps", "step_size", "eot_samples", "target"}
    assert shown(attack="pgd-views") == limit | {"steps", "step_size", "eot_samples", "target"}
    letters = {"written", *(f"text_{part}" for part in ("size", "colour", "outline", "opacity", "rotation"))}
    assert shown(attack="written-word") == letters | {"target", "place_x", "place_y", "places", "control"}
    place = {"place_x", "place_y", "control"}
    assert shown(attack="patch") == place | {"target", "steps", "patch_size", "patch_shape", "patch_at"}
    assert shown(attack="corruption") == {"corruption", "severity"}
    assert shown(attack="noise") == limit
    adaptive = limit | {"steps", "step_size", "eot_samples", "target", "target_defence"}
    assert shown(attack="adaptive", target_defence="tpt") == adaptive | {"unroll"}
    assert shown(attack="adaptive", target_defence="mta") == adaptive


def test_only_what_must_change_is_set_while_a_visitor_writes(page):
    controls = page.controls
    aimed = ATTACK._replace(attack="fgsm", target="red fish")
    fitting = page.choose("writes", (1, *aimed)).choices
    assert fitting == aimed.possible()
    updates = next(page._draw(gr.Request(session_hash="writes"), 2, *aimed))
    told = {name for name, control in controls.items() if "value" in updates.get(control, {})}
    assert told == {"norm", "eps", "step_size"} and updates[controls["norm"]]["value"] == "linf"
    again = next(page._draw(gr.Request(session_hash="writes"), 3, *fitting))
    assert not any("value" in again.get(control, {}) for control in controls.values())
    fitted = page.panels[2].choose.fit(Found(), fitting)
    assert fitted[controls["norm"]]["interactive"] is False
    assert not any("value" in update for update in fitted.values())


def test_another_norm_brings_its_usual_limit_and_the_same_one_leaves_it(page):
    assert page.choose("limits", (1, *CHOICES)).choices.eps == CHOICES.eps
    longer = page.choose("limits", (2, *CHOICES._replace(norm="l2"))).choices
    assert longer == CHOICES._replace(norm="l2").usual() and longer.eps != CHOICES.eps
    assert page.choose("limits", (3, *longer._replace(eps=0.25))).choices.eps == 0.25


def test_a_link_brings_every_control_back(page):
    begun = page.defaults
    others = {name: value for name, value in RARE._asdict().items() if value != getattr(CHOICES, name)}
    wanted = ATTACK._replace(target="owl", prompt_ensemble="model", domain_word="flower", **others)
    asked = link.query(wanted, begun, None)
    sources = type("PictureSources", (), {"again": None, "backbone": page.models.first})
    parameters = dict(parse_qsl(asked.removeprefix("?"), keep_blank_values=True))
    opened, choices, complaints = restored(page, sources, parameters)
    assert opened is None and complaints == [] and choices == wanted
    odd = restored(
        page, sources, {"prompt_ensemble": "yes", "eot_samples": "99", "target_defence": "hope", "eps": "17"}
    )
    assert odd[1] == begun and len(odd[2]) == 4
    assert [len(restored(page, sources, {"step": said})[2]) for said in ("1", "7", "0", "99", "x")] == [0, 0, 1, 1, 1]


@pytest.mark.parametrize(("seed", "came"), [(-1, "-1"), (1.5, "1.5"), (1e30, "1e+30"), (2**31, "2,147,483,648")])
def test_a_seed_that_is_none_is_refused_as_it_was_typed(seed, came):
    with pytest.raises(engine.EngineError, match=rf"whole seed from 0 to 2,147,483,647; got {re.escape(came)}\."):
        CHOICES._replace(seed=seed).whole_seed()
    assert CHOICES._replace(seed=7.0).whole_seed() == 7 and CHOICES._replace(seed=None).whole_seed() == 0


def test_the_classes_of_the_maps_are_places_among_the_classes_or_none():
    assert CHOICES.asked(CLASSES) == (None, None)
    chosen = CHOICES._replace(about="green fish", against="red fish")
    assert chosen.asked(CLASSES) == (2, 0)
    assert chosen._replace(about="yeti").asked(CLASSES) == (None, 0)


def test_a_class_that_the_page_spells_otherwise_by_now_is_still_the_one_chosen():
    chosen = CHOICES._replace(true_class="Red_fish", target="GREEN fish", about="green  fish", against="blue_fish")
    assert chosen.label(CLASSES) == 0 and chosen.asked(CLASSES) == (2, 1)
    assert chosen.aimed(chosen.settings(), CLASSES).attack.target == 2
    assert listing(NO_TARGET, CLASSES.names, "GREEN fish")["value"] == "green fish"
    assert listing(NO_TARGET, CLASSES.names, "yeti")["value"] == NO_TARGET
    assert "value" not in listing(NO_TARGET, CLASSES.names, "green fish")  # a visitor may be choosing


def test_verdicts_tell_a_target_that_was_reached_from_one_that_was_not(tiny, told):
    hit = replace(told.adversarial, target=told.adversarial.after_saved.label)
    assert "Reached the target" in verdict(hit) and "pulls towards the target" in verdict(hit)
    missed = replace(hit, target=(hit.target + 1) % 3)
    assert "Did not reach the target" in verdict(missed)
    assert "Target not reached" in journey(replace(told, adversarial=missed))


def test_the_badge_names_the_defence_that_an_adaptive_attack_goes_through(tiny, pixels):
    settings = engine.AttackSettings("adaptive", steps=1, target_defence="tpt")
    *_, result = engine.attack(tiny, pixels, CLASSES, settings)
    assert "it goes through: TPT" in verdict(result) and "Whether TPT holds" in verdict(result)


@pytest.mark.slow
def test_the_rare_choices_run_the_whole_story_and_every_panel_draws_it(tiny, page):
    choices = RARE._replace(keep=0.1, target_defence="r-tpt", target="green fish", defences=["r-tpt", "a-tpt-tv"])
    found = run(asked(tiny, Results(), choices))
    assert found.adversarial.target == 2 and len(found.steps[-1].kept) == 0
    said = " ".join(str(value) for value in drawn(page, found, choices).values())
    assert "none → none" in said and "cleaned by TTC first" in said
    assert "sum over maps as large as the picture, made to sum to 1, temperature 1" in said
    assert not re.search(r"\bnan\b", said)
    archive = zipfile.ZipFile(io.BytesIO(report.bundle(tiny, found, choices)))
    command = archive.read("a-tpt-explorer/redo.sh").decode()
    assert "--target 'green fish'" in command and " --legacy " in command


def visitor(tiny, choices):
    """One for whom the whole story has run, with other choices now."""
    return Visitor("", picture(tiny), choices, asked=frozenset(WHOLE))


def further(question, who) -> list[str]:
    """The parts that came further when what looking takes was computed."""
    return [name for name, item in caught_up(question, who, Pace(), live=False) if item is None]


def test_weights_follow_at_once_and_nothing_else_is_computed(tiny, question, told):
    calm = CHOICES._replace(weighting="tv", tv_temperature=1)
    moved, who = asked(tiny, question.story.results, calm), visitor(tiny, calm)
    assert find(moved, who).ensemble is None
    assert further(moved, who) == ["ensemble"]
    found = find(moved, who)
    expected = engine.fuse(told.views, told.steps[-1], calm.settings().ensemble)
    assert torch.equal(found.ensemble.weights, expected.weights)
    assert not torch.equal(found.ensemble.weights, told.ensemble.weights)
    assert found.steps[-1] is told.steps[-1] and found.views is told.views and found.defences == told.defences
    assert further(moved, who) == []


def test_weights_are_not_made_before_there_are_views_to_weigh(tiny):
    calm = CHOICES._replace(weighting="tv")
    fresh = asked(tiny, Results(), calm)
    assert further(fresh, visitor(tiny, calm)) == ["clean"]
    assert held(fresh, WHOLE).adversarial is None and held(fresh, WHOLE).ensemble is None


def test_weights_that_cannot_be_made_are_told_why_not(tiny, page):
    crops = CHOICES._replace(kind="crops", tune_steps=0)
    key = "without maps"
    run(asked(tiny, page.results, crops, owner=key), WHOLE)
    calm = crops._replace(weighting="tv")
    page.visitors.put(key, visitor(tiny, calm))
    with pytest.warns(UserWarning, match="needs an attention map"):  # a toast, where there is a browser
        *_, said = page._caught_up(key, said=False)
    assert "needs an attention map of every view" in said[page.status]
    assert page.found(key).ensemble is None and page.found(key).views.kind == "crops"
