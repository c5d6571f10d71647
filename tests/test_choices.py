"""What is chosen on the page becomes the engine's settings, and the command line's options give the same ones."""

import asyncio
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

import engine
from app import link
from app.choices import NO_TARGET
from app.figures.journey import journey
from app.layout import build_app
from app.page import Page
from app.stages.attack import verdict
from app.takehome import restored, started
from engine.cli import parser
from engine.commands.attack_options import attack_settings
from engine.commands.defence_options import defence_settings, with_own
from tests.page_cases import CHOICES, CLASSES

ATTACK = CHOICES._replace(
    attack="adaptive", epsilon=1.25, norm="l2", step_size=0.3, draws=2, through="r-tpt", unroll="exact"
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


ASKED = CHOICES._replace(ensemble=True, domain_word=" flower ")


@pytest.mark.parametrize("choices", [CHOICES, ATTACK, ASKED])
def test_the_options_of_the_command_line_give_the_pages_settings(choices):
    words = [word for pair in choices.options() for word in pair]
    args = parser().parse_args(["defend", "x.png", *words])
    assert with_own(args, defence_settings(args, attack_settings(args))) == choices.settings()


def test_lengths_have_the_unit_of_their_norm():
    flat = CHOICES._replace(epsilon=8, step_size=2).settings().attack
    assert (flat.norm, flat.epsilon, flat.step_size) == ("linf", 8 / 255, 2 / 255)
    long = ATTACK.settings().attack
    assert (long.norm, long.epsilon, long.step_size) == ("l2", 1.25, 0.3)
    for empty in (None, 0):
        assert CHOICES._replace(step_size=empty).settings().attack.step == 1 / 255


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
    assert (boxed.norm, boxed.epsilon, boxed.step_size, boxed.target) == ("linf", 4, 0, "red fish")
    assert aimed._replace(attack="cw").possible().target == NO_TARGET


def test_controls_that_the_attack_does_not_heed_are_hidden(page):
    controls = page.controls

    def shown(**changed):
        fitted = page.stages[2].choose.fit(CHOICES._replace(**changed))
        return {name for name, component in controls.items() if fitted.get(component, {}).get("visible")}

    begun = {name for name in page.stages[2].controls if controls[name].visible}
    assert shown() | {"attack", "epsilon", "norm"} == begun
    assert shown(attack="fgsm") == {"target"}
    assert shown(attack="deepfool") == {"attack_steps"}
    assert shown(attack="pgd-views") == {"attack_steps", "step_size", "draws", "target"}
    adaptive = {"attack_steps", "step_size", "draws", "target", "through"}
    assert shown(attack="adaptive", through="tpt") == adaptive | {"unroll"}
    assert shown(attack="adaptive", through="mta") == adaptive


def test_the_limit_is_named_in_its_unit(page):
    limit = page.controls["epsilon"]
    fitted = page.stages[2].choose.fit(ATTACK)[limit]
    assert "length" in fitted["label"] and fitted["maximum"] == 8 and fitted["value"] == 1.25
    assert "n/255" in page.stages[2].choose.fit(CHOICES)[limit]["label"]


def test_a_link_brings_every_control_back(page):
    begun = started(page)
    wanted = ATTACK._replace(target="owl", ensemble=True, domain_word="flower")
    asked = link.query(wanted, begun, None)
    shelf = type("Shelf", (), {"again": None, "backbone": page.models.first.backbone})
    parameters = dict(parse_qsl(asked.removeprefix("?"), keep_blank_values=True))
    opened, choices, complaints = restored(page, shelf, parameters)
    assert opened is None and complaints == [] and choices == wanted
    odd = restored(page, shelf, {"ensemble": "yes", "draws": "99", "through": "hope", "epsilon": "17"})
    assert odd[1] == begun and len(odd[2]) == 4


def test_verdicts_tell_a_target_that_was_reached_from_one_that_was_not(tiny, told):
    hit = replace(told.adversarial, target=told.adversarial.after_saved.label)
    assert "Reached the target" in verdict(hit) and "pulls towards the target" in verdict(hit)
    missed = replace(hit, target=(hit.target + 1) % 3)
    assert "Did not reach the target" in verdict(missed)
    assert "Target not reached" in journey(replace(told, adversarial=missed))


def test_the_badge_names_the_defence_that_an_adaptive_attack_goes_through(tiny, pixels):
    settings = engine.AttackSettings("adaptive", steps=1, through="tpt")
    *_, result = engine.attack(tiny, pixels, CLASSES, settings)
    assert "it goes through: TPT" in verdict(result) and "whether TPT holds" in verdict(result)
