"""What is chosen on the page becomes the engine's settings, and the command line's options give the same ones."""

import asyncio
import io
import re
import zipfile
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
import torch

import engine
from app.choices import NO_TARGET
from app.components.controls import listing
from app.export import link, report
from app.export.buttons import restored, started
from app.figures.journey import journey
from app.layout import build_app
from app.page import Page
from app.panels.attack import verdict
from app.run import Job, Worker
from app.session import Session, Store
from engine.cli.main import parser
from engine.cli.options import settings_of
from tests.page_cases import CHOICES, CLASSES

ATTACK = CHOICES._replace(
    attack="adaptive", eps=1.25, norm="l2", step_size=0.375, eot_samples=2, target_defence="r-tpt", unroll="exact"
)


@pytest.fixture
def page(tiny, monkeypatch) -> Page:
    pages = []
    start = Page.__init__
    monkeypatch.setattr(Page, "__init__", lambda self, *a: (start(self, *a), pages.append(self))[0])

    async def build():
        return build_app(tiny)

    asyncio.run(build())
    return pages[0]


ASKED = CHOICES._replace(prompt_ensemble=True, domain_word=" flower ")


RARE = CHOICES._replace(
    weighting="tv", temperature=0.05, answer_views=5, tv_map="upsampled", tv_norm="sum1", tv_reduction="sum",
    tv_temperature=1, purifier="ttc", legacy=True,
)  # fmt: skip


@pytest.mark.parametrize("choices", [CHOICES, ATTACK, ASKED, RARE])
def test_the_options_of_the_command_line_give_the_pages_settings(choices):
    args = parser().parse_args(["defend", "x.png", *choices.options()])
    assert settings_of(args, engine.parameters.STORY) == choices.settings()


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
        fitted = page.panels[2].choose.fit(CHOICES._replace(**changed))
        return {name for name, component in controls.items() if fitted.get(component, {}).get("visible")}

    begun = {name for name in page.panels[2].controls if controls[name].visible}
    assert shown() | {"attack", "norm", "eps"} == begun
    assert shown(attack="fgsm") == {"target"}
    assert shown(attack="deepfool", norm="l2") == {"steps"}
    assert shown(attack="pgd-views") == {"steps", "step_size", "eot_samples", "target"}
    adaptive = {"steps", "step_size", "eot_samples", "target", "target_defence"}
    assert shown(attack="adaptive", target_defence="tpt") == adaptive | {"unroll"}
    assert shown(attack="adaptive", target_defence="mta") == adaptive


def test_only_what_must_change_is_set_while_a_visitor_writes(page):
    choose, controls = page.panels[2].choose, page.controls
    aimed = ATTACK._replace(attack="fgsm", target="red fish")
    fitted = choose.fit(aimed.possible(), aimed)
    assert {name for name in page.panels[2].controls if "value" in fitted[controls[name]]} == {
        "norm",
        "eps",
        "step_size",
    }
    assert fitted[controls["norm"]]["interactive"] is False
    assert choose.fit(aimed.possible(), aimed.possible())[controls["eps"]].get("value") is None


def test_a_link_brings_every_control_back(page):
    begun = started(page)
    others = {name: value for name, value in RARE._asdict().items() if value != getattr(CHOICES, name)}
    wanted = ATTACK._replace(target="owl", prompt_ensemble=True, domain_word="flower", **others)
    asked = link.query(wanted, begun, None)
    sources = type("PictureSources", (), {"again": None, "backbone": page.models.first.backbone})
    parameters = dict(parse_qsl(asked.removeprefix("?"), keep_blank_values=True))
    opened, choices, complaints = restored(page, sources, parameters)
    assert opened is None and complaints == [] and choices == wanted
    odd = restored(
        page, sources, {"prompt_ensemble": "yes", "eot_samples": "99", "target_defence": "hope", "eps": "17"}
    )
    assert odd[1] == begun and len(odd[2]) == 4


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
    assert "it goes through: TPT" in verdict(result) and "whether TPT holds" in verdict(result)


def test_the_rare_choices_run_the_whole_story_and_every_panel_draws_it(tiny, told, page):
    choices = RARE._replace(keep=0.1, target_defence="r-tpt", target="green fish", defences=["r-tpt", "a-tpt-tv"])
    store = Store()
    store.put("me", Session().with_picture(told.picture).with_question(CLASSES, 1))
    job = Job(Worker(tiny), store, "me", choices.aimed(choices.settings(), CLASSES))
    for event in job.events("story"):
        job.take(event)
    session = job.session
    assert session.adversarial.target == 2 and len(session.steps[-1].kept) == 0
    drawn = page.draw(session, choices)
    assert set(drawn) <= set(page.outputs)
    said = " ".join(str(value) for value in drawn.values())
    assert "none → none" in said and "cleaned by TTC first" in said
    assert "sum over maps as large as the picture, made to sum to 1, temperature 1" in said
    assert not re.search(r"\bnan\b", said)
    archive = zipfile.ZipFile(io.BytesIO(report.bundle(tiny, session, choices)))
    command = archive.read("a-tpt-explorer/redo.sh").decode()
    assert "--target 'green fish'" in command and " --legacy " in command


def test_weights_are_made_again_or_told_why_not(tiny, told, page):
    plain = engine.make_views(tiny, told.adversarial.saved, CLASSES, engine.ViewSettings("crops", 8))
    crops, calm = replace(told, views=plain), CHOICES._replace(weighting="tv", tv_temperature=1)
    moved = next(found for found in page.reacting if found.control is page.controls["tv_temperature"])
    page.following.follow("me", CHOICES, begins=True)
    page.store.put("me", told)
    moved.run("me", calm, ())
    weighed = page.store.get("me")
    expected = engine.fuse(told.views, told.steps[-1], calm.settings().ensemble)
    assert torch.equal(weighed.ensemble.weights, expected.weights)
    assert weighed.defences == () and weighed.steps is told.steps
    page.store.put("me", crops)
    with pytest.warns(UserWarning, match="needs an attention map"):  # a toast, where there is a browser
        said = moved.run("me", calm._replace(tv_temperature=2), ())
    assert "needs an attention map of every view" in said[page.status]
    assert page.store.get("me").ensemble is None and page.store.get("me").views is crops.views
    page.store.put("me", replace(told, ensemble=None))
    moved.run("me", calm._replace(tv_temperature=0.5), ())
    assert page.store.get("me").defences == ()
