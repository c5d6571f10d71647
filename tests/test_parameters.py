"""A setting is spelled once: option, argument of the API, control and parameter of a link follow from its field."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.classes import Classes
from engine.errors import EngineError
from engine.parameters import STORY, as_options, from_settings, parameters, read_by, to_settings, words
from engine.settings import AttackSettings, EnsembleSettings, Settings, ViewSettings

ROOT = Path(__file__).resolve().parents[1]
CLASSES = Classes(("red fox", "owl", "sea star"))
MADE_UP = """
from dataclasses import dataclass

import engine.settings as settings


@dataclass(frozen=True, slots=True)
class Views(settings.ViewSettings):
    sparkle: float = settings.setting(0.25, "the sparkle of views", low=0, high=1, slider=(0, 1, 0.05))


@dataclass(frozen=True, slots=True)
class All(settings.Settings):
    views: Views = settings.section(Views, "views")


settings.ViewSettings, settings.Settings = Views, All

import asyncio
from urllib.parse import parse_qsl

import engine
from app.export import link
from app.export.buttons import restored
from app.layout import build_app
from app.wiring.page import Page
from engine.cli.main import parser
from engine.cli.options import settings_of

args = parser().parse_args(["defend", "x.png", "--sparkle", "0.5"])
assert settings_of(args, engine.parameters.STORY).views.sparkle == 0.5

pages, begin = [], Page.__init__
Page.__init__ = lambda self, *given: (begin(self, *given), pages.append(self))[0]


async def build():
    return build_app(engine.load_backbone(device="cpu"))


demo = asyncio.run(build())
(asked,) = (one for one in demo.get_api_info()["named_endpoints"]["/defend"]["parameters"]
            if one["parameter_name"] == "sparkle")
assert asked["parameter_default"] == 0.25 and asked["type"]["type"] == "number"
assert asked["python_type"]["description"] == "the sparkle of views (0 to 1). Example: 0.25"

page = pages[0]
begun = page.defaults
assert begun.sparkle == 0.25 and page.controls["sparkle"].maximum == 1
query = link.query(begun._replace(sparkle=0.75), begun, None)
assert "sparkle=0.75" in query
sources = type("Sources", (), {"again": None, "backbone": page.models.first})
_, choices, complaints = restored(page, sources, dict(parse_qsl(query.removeprefix("?"))))
assert complaints == [] and choices.settings().views.sparkle == 0.75
_, choices, complaints = restored(page, sources, {"sparkle": "7"})
assert len(complaints) == 1 and choices == begun
try:
    engine.parameters.to_settings({"sparkle": 7})
except engine.EngineError as error:
    assert str(error) == "Expected the sparkle of views between 0 and 1; got 7.", error
else:
    raise AssertionError("a value out of range was taken")
print("found everywhere")
"""


@pytest.mark.slow
def test_a_made_up_field_is_an_option_an_argument_a_control_and_a_link_parameter_without_another_line():
    ran = subprocess.run([sys.executable, "-c", MADE_UP], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.stdout.endswith("found everywhere\n"), ran.stderr[-2000:]


def test_to_settings_and_from_settings_undo_each_other():
    assert to_settings({}) == Settings() and to_settings(from_settings(Settings())) == Settings()
    chosen = {"eps": 1.5, "norm": "l2", "step_size": 0.4, "seed": 7, "legacy": True, "layer": 0, "answer_views": 4}
    made = to_settings(chosen | {"target": "owl"}, CLASSES)
    assert made.attack == AttackSettings("pgd", 1.5, 0.4, seed=7, norm="l2", target=1, legacy=True)
    assert made.views == ViewSettings(seed=7) and made.attention.seed == 7 and made.attention.layer == 0
    assert made.ensemble == EnsembleSettings(answer_views=4, legacy=True) and made.tuning.legacy
    assert to_settings(from_settings(made, CLASSES), CLASSES) == made


def test_lengths_are_levels_of_255_outside_and_the_usual_limit_hangs_on_the_norm():
    assert to_settings({"eps": 4, "step_size": 1}).attack == AttackSettings(epsilon=4 / 255, step_size=1 / 255)
    assert to_settings({"norm": "l2"}).attack.epsilon == 1.0
    assert to_settings({"eps": 0}).attack.epsilon == 0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"eps": "4"}, "Expected eps to be a number; got '4'"),
        ({"eps": float("nan")}, "Expected eps to be a number; got nan"),
        ({"eps": 400}, "epsilon between 0 and 64 levels of 1/255; got 400"),
        ({"eps": 400, "norm": "l2"}, "epsilon between 0 and 64 units of length, pixels in .0, 1.; got 400"),
        ({"eps": 10**400}, "epsilon between 0 and 64 levels of 1/255; got 10,000"),
        ({"eps": -1}, "epsilon between 0 and 64 .*; got -1"),
        ({"layer": -2}, "the layer to be at least -1; got -2"),
        ({"answer_views": 300}, "that answer between 0 and 256; got 300"),
        ({"steps": 1.5}, "Expected steps to be a whole number; got 1.5"),
        ({"steps": True}, "Expected steps to be a number; got True"),
        ({"legacy": 1}, "Expected legacy to be true or false; got 1"),
        ({"attack": "magic"}, "the attack to be one of pgd, .*; got “magic”"),
        ({"norm": "l7"}, "the norm to be one of linf, l2; got “l7”"),
        ({"defences": "clip"}, "Expected defences to be a list of names; got 'clip'"),
        ({"defences": ["clip", "magic"]}, "the defence to be one of clip, .*; got “magic”"),
        ({"domain_word": 3}, "Expected domain_word to be text; got 3"),
        ({"through": "tpt"}, "There is no setting “through”; there are attack, eps"),
    ],
)
def test_values_that_cannot_be_used_get_one_sentence(values, sentence):
    with pytest.raises(EngineError, match=sentence):
        to_settings(values)


def test_a_command_line_gives_the_same_settings(monkeypatch):
    from engine.cli.main import parser
    from engine.cli.options import settings_of

    chosen = to_settings({"eps": 2.5, "views": 8, "augmix": False, "defences": ["clip", "a-tpt"], "legacy": True})
    of_others = {word for word in words("attack") if read_by(word) and chosen.attack.attack not in read_by(word)}
    asked = [word for word in STORY if word not in of_others]
    args = parser().parse_args(["defend", "x.png", *as_options(from_settings(chosen), asked)])
    assert settings_of(args, STORY) == chosen


def test_every_parameter_tells_what_it_is_and_its_default_is_one_of_its_values():
    for word, one in parameters().items():
        assert one.help and one.option.startswith("--"), word
        assert one.read(one.default) == one.default, word
        if one.known.slider is not None:
            low, high, step = one.known.slider
            assert low <= one.default <= high and step > 0, word


def test_owners_are_the_attacks_and_maps_that_read_a_setting():
    assert "fgsm" not in read_by("steps") and "pgd" in read_by("steps")
    assert read_by("unroll") == read_by("target_defence") == ("adaptive",)
    assert read_by("layer") == ("raw",) and read_by("fusion") == ("rollout",) and read_by("high") == ()


def test_words_are_those_of_the_sections_asked_for():
    assert words("tuning") == ("legacy", "loss", "tune_steps", "learning_rate", "keep", "weight_decay")
    assert "loss" not in words("tuning", recipe=False)
