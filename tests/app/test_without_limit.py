"""Attacks without a limit on the page: no limit is told, what they may do is, and their null arm stands beside them."""

import io
import json
import zipfile
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest

import engine
from app.export import link, report
from app.export.buttons import restored
from app.figures.batch import limit_set, turns
from app.figures.change import to_the_eye
from app.figures.journey import journey
from app.figures.pictures import gain_for
from app.figures.threat import is_null, limit_kept
from app.panels.attack import _measured, _placed, verdict
from app.panels.attention import _similarity
from app.panels.sweep import _begun
from app.panels.verdict import _head
from app.state.found import Found
from app.text import attack as text
from engine.story import Results
from tests.page_cases import CHOICES, CLASSES, asked, run

WORD = CHOICES._replace(attack="written-word", written="red fish", places=2, eps=2)


@pytest.fixture(scope="module")
def found(tiny) -> Found:
    """The story of a word up to its maps."""
    return run(asked(tiny, Results(), WORD), ("clean", "adversarial", "maps"))


def test_nothing_tells_of_a_limit_and_the_badge_tells_what_there_is_instead(found):
    result = found.adversarial
    said = verdict(result) + _measured(result)
    assert engine.ATTACKS["written-word"].threat in said and "Written word, no limit, 4 looks" in said
    assert "/255," not in said and said.count(">none<") == 2  # in the column of limits
    assert to_the_eye(result) == text.TO_THE_EYE["plain"] and gain_for(result) == 1
    assert limit_set(WORD.settings().attack) == text.NO_LIMIT and turns(WORD.settings().attack) == ""
    assert limit_kept({"attack": "patch", "steps": 20}) == text.NO_LIMIT
    assert turns(replace(WORD.settings().attack, attack="patch")) == " 3 iterations,"


def test_its_null_arm_is_told_and_what_it_shows(found):
    result = replace(found.adversarial, label=found.adversarial.before.label)
    null = result.null
    for fooled in (True, False):
        after = replace(null.after, logits=-null.after.logits if fooled else result.before.logits)
        turned = replace(result, after_saved=replace(result.before, logits=-result.before.logits), after=result.before)
        said = verdict(turned_with(turned, null, after))
        assert "For comparison: with the harmless words “and with” in the same place" in said
        wanted = text.NULL_SHOWS[fooled].format(name=CLASSES.names[result.label])
        assert wanted in said and wanted in _head(replace(found, adversarial=turned_with(turned, null, after)))


def turned_with(turned: engine.Adversarial, null, after: engine.Prediction) -> engine.Adversarial:
    return replace(turned, null=replace(null, after=after))


def held(result: engine.Adversarial) -> engine.Adversarial:
    return replace(result, after=result.before, after_saved=result.before)


def test_the_null_arm_itself_says_that_it_is_one(tiny):
    result = run(asked(tiny, Results(), WORD._replace(control=True)), ("clean", "adversarial")).adversarial
    assert is_null(result) and text.NULL_BADGE in verdict(result) and "pushes away" not in verdict(result)


def test_ordinary_damage_is_aimed_at_nobody(tiny):
    choices = CHOICES._replace(attack="corruption", corruption="snow", severity=5)
    found = run(asked(tiny, Results(), choices), ("clean", "adversarial"))
    result = replace(found.adversarial, label=found.adversarial.before.label)
    assert "pushes away" not in verdict(result) and "no attacker" in verdict(result)
    turned = replace(result, after_saved=replace(result.before, logits=-result.before.logits))
    turned = replace(turned, after=turned.after_saved)
    assert "Turned: " in verdict(turned) and "Fooled" not in verdict(turned)
    turned_found = replace(found, adversarial=turned, label=turned.label)
    assert "Turned" in journey(turned_found) and "The damage turned the answer" in _head(turned_found)
    assert "The damage did not turn the answer" in _head(replace(found, adversarial=held(result), label=result.label))


def test_maps_are_compared_with_the_null_arm(found):
    drawn = _similarity(found)
    assert "null arm: the harmless words" in drawn and "random noise" not in drawn
    assert "in the null arm" in journey(found) and "mere noise" not in journey(found)


def test_a_command_line_names_what_the_attack_reads_and_no_other_attacks_settings():
    named = {one for one in WORD.options() if one.startswith("--")}
    assert {"--written", "--text-size", "--places", "--no-control"} <= named and "--patch-size" not in named
    assert not {"--text-size", "--patch-size", "--severity", "--no-control"} & {*CHOICES.options()}


def test_a_sweep_over_limits_is_refused_in_a_sentence(tiny, page):
    question = asked(tiny, Results(), WORD)
    with pytest.raises(engine.EngineError, match="needs an attack with a limit; Written word has none"):
        _begun(SimpleNamespace(choices=WORD, sweep=None), question, 1)


def test_a_press_places_it_and_what_a_browser_made_up_does_not():
    press = lambda **sent: _placed(Found(), WORD, SimpleNamespace(**sent))  # noqa: E731
    assert press(across=0.251, down=0.5) == {"place_x": 0.25, "place_y": 0.5, "places": 1, "patch_at": "given"}
    for odd in (
        {},
        {"across": 0.5},
        {"across": "a", "down": 0.5},
        {"across": 2, "down": 0.5},
        {"across": None, "down": []},
    ):
        assert press(**odd) == {}
    assert _placed(Found(), CHOICES, SimpleNamespace(across=0.5, down=0.5)) == {}


@pytest.mark.slow
def test_the_download_holds_its_null_arm_and_no_limit(tiny, found):
    files = zipfile.ZipFile(io.BytesIO(report.bundle(tiny, found, WORD)))
    names = {name.removeprefix("a-tpt-explorer/") for name in files.namelist()}
    assert "null-arm.png" in names
    kept = json.loads(files.read("a-tpt-explorer/results.json"))
    assert kept["attacked"]["limit"] is None and kept["null arm"]["what"].startswith("the harmless words")
    redo = files.read("a-tpt-explorer/redo.sh").decode()
    assert "--attack written-word" in redo and "--written 'red fish'" in redo and "--places 2" in redo


def test_a_link_brings_its_settings_back(page):
    wanted = WORD._replace(
        written="an owl, of course", text_colour="red", text_size=0.3, text_rotation=-30, control=True, place_x=0.2,
        eps=page.defaults.eps,
    )  # fmt: skip
    sources = SimpleNamespace(again=None, backbone=page.models.first)
    query = link.query(wanted, page.defaults, None)
    parameters = dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))
    opened, choices, complaints = restored(page, sources, parameters)
    assert opened is None and complaints == [] and choices == wanted
