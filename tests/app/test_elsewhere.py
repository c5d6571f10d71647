"""On the page: a picture that was attacked elsewhere, its clean one known or not."""

import json
import re
import shlex
import zipfile
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from app.choices import NO_TRUTH
from app.export import report
from app.figures.journey import finding
from app.panels.attack import _said
from app.panels.elsewhere import _line
from app.panels.verdict import _head, _table
from app.picture_sources import PictureSources
from app.samples import load_samples
from app.state.found import Found
from app.state.shown import Attacked
from app.text import attack as attack_text
from app.text import attention as attention_text
from app.text import verdict as verdict_text
from app.text import words as common
from engine.cli.main import main
from engine.story import Attack, Picture, Results
from tests.app.drawing import drawn
from tests.page_cases import CHOICES, EVERYTHING, asked, picture, run

UNTOLD = CHOICES._replace(true_class=NO_TRUTH)


@pytest.fixture(scope="module")
def saved(told):
    """The attacked picture of a story, as its PNG has it."""
    return told.adversarial.saved


def shown_as(tiny, saved, clean_known):
    attacked = Picture(saved, "salt")
    own = picture(tiny) if clean_known else replace(picture(tiny), picture=attacked)
    return replace(own, attacked=Attacked("hit.png", "/tmp/hit.png", (64, 64), attacked, ("a remark",)))


def story(tiny, saved, clean_known, choices=CHOICES, parts=EVERYTHING) -> Found:
    shown = shown_as(tiny, saved, clean_known)
    question = asked(tiny, Results(), choices, shown)
    return replace(run(question, parts, shown), picture=shown)


@pytest.fixture(scope="module")
def known(tiny, saved):
    return story(tiny, saved, True)


@pytest.fixture(scope="module")
def unknown(tiny, saved):
    return story(tiny, saved, False)


@pytest.fixture(scope="module")
def nothing_known(tiny, saved):
    return story(tiny, saved, False, UNTOLD)


@pytest.mark.slow
def test_what_follows_is_what_follows_an_attack_made_here(told, known, unknown):
    for found in (known, unknown):
        assert torch.equal(found.maps.attacked.raw, told.maps.attacked.raw)
        assert torch.equal(found.ensemble.prediction.logits, told.ensemble.prediction.logits)
        assert [d.prediction.name for d in found.defences] == [d.prediction.name for d in told.defences]
    assert torch.equal(known.maps.clean.raw, told.maps.clean.raw)
    assert torch.equal(known.maps.noisy.raw, told.maps.noisy.raw)


def test_nothing_that_is_not_known_is_there(unknown):
    maps, heads = unknown.maps, unknown.heads
    assert maps.clean is maps.noisy is heads.clean is unknown.words.asked[0] is None
    assert {test.pair.clean for test in unknown.every} == {None}
    assert all(pair[0] is None for pair in (maps.rival, unknown.words.answer) if pair is not None)


@pytest.mark.slow
@pytest.mark.parametrize("which", ["known", "unknown", "nothing_known"])
def test_every_panel_draws_it_and_says_that_it_was_attacked_elsewhere(page, request, which):
    found = request.getfixturevalue(which)
    updates = drawn(page, found, UNTOLD if which == "nothing_known" else CHOICES)
    words = " ".join(str(value) for value in updates.values())
    assert "nothing is attacked here" in words and "a remark" in words
    assert (f'aria-label="{common.MAP_CLEAN}' in words) == (which == "known")
    assert (attack_text.NO_CLEAN in words) == (attention_text.NO_CLEAN_MAP in words) == (which != "known")
    assert "nan" not in re.sub(r"<[^>]*>", " ", words).lower().split()
    assert "PGD climbs" not in words and "nothing was searched for here" in words
    assert ("correlation of the clean map" in words) == (which == "known")


def test_nothing_offers_to_attack_it(page, known, told):
    for found, offered in ((known, False), (told, True)):
        assert [value["interactive"] for value in _of_buttons(drawn(page, found))] == [offered, offered]


def _of_buttons(updates):
    return [value for part, value in updates.items() if getattr(part, "elem_id", "") in ("attack", "attack-adaptive")]


def test_the_distance_is_told_where_both_are_known_and_unknown_else(known, unknown, told):
    far = f"{255 * told.adversarial.linf():.0f}/255"
    assert f"{far} away from the clean" in _said(known) or f"{far} away from the clean one" in _said(known)
    assert "away" not in _said(unknown) and "blue fish" in _said(unknown)
    assert finding(unknown, 2)[0] == common.ELSEWHERE_CARD != finding(known, 2)[0]


def test_without_clean_picture_and_true_class_nothing_is_right_or_wrong(nothing_known, unknown):
    judged = _head(nothing_known) + _table(nothing_known, UNTOLD)
    assert verdict_text.JUDGED[None] in judged and "the same" in judged
    assert not re.search(r'class="mark (good|bad)"|note (good|bad)|clean answer', judged)
    assert re.search(r'class="mark (good|bad)"', _table(unknown, CHOICES))  # the true class is given
    assert nothing_known.given is None and nothing_known.unjudged and unknown.given and not unknown.unjudged


def test_the_fold_offers_what_can_be_said_of_the_picture_in_use(tiny, saved):
    own = replace(picture(tiny), file="/tmp/x.png")
    assert 'data-do="attacked"' in _line(own) and "data-do" not in _line(picture(tiny, source="sample 0"))
    for clean_known, said in ((True, "“hit.png”"), (False, common.ELSEWHERE_ITSELF)):
        line = _line(shown_as(tiny, saved, clean_known))
        assert said in line and 'data-do="clean"' in line


# -- where it comes from and goes to -----------------------------------------------------------------------------------


@pytest.fixture
def sources(tiny):
    return PictureSources(tiny, load_samples(engine.ASSETS / "samples")[:1])


@pytest.fixture
def hit(tmp_path, sources):
    """A PNG of the model's size, some levels from the sample, and its pixels."""
    levels = (sources.sample(0).shown.pixels * 255).round().byte().permute(1, 2, 0).numpy()
    levels = np.where(levels > 200, levels - 3, levels + 3).astype(np.uint8)
    Image.fromarray(levels).save(tmp_path / "hit.png")
    return str(tmp_path / "hit.png"), levels


def seen(shown):
    return (shown.attacked.picture.pixels * 255).round().byte().permute(1, 2, 0).numpy()


def test_an_exact_png_is_taken_without_loss_and_refitted_with_its_picture(sources, hit, small):
    path, levels = hit
    made = sources.made_of(sources.sample(0).shown, path, "hit.png")
    assert np.array_equal(seen(made), levels) and made.clean_known
    (size,) = made.attacked.remarks  # the sample's file is larger than the model's square
    assert "448 × 448 pixels and the attacked one 64 × 64" in size
    elsewhere = sources.on(small).same(made).shown
    assert elsewhere.attacked.picture.pixels.shape[-1] == small.image_size
    assert elsewhere.attacked.picture.salt == made.attacked.picture.salt and elsewhere.attacked.name == "hit.png"
    assert "fitted to the model's 32 × 32" in elsewhere.attacked.remarks[0]


def test_a_picture_that_is_itself_attacked_stays_so_on_another_model(sources, hit, small):
    path, levels = hit
    own = sources.as_attacked(sources.file(path, "mine.png").shown)
    assert not own.clean_known and own.attacked.remarks == () and np.array_equal(seen(own), levels)
    again = sources.on(small).same(own).shown
    assert not again.clean_known and again.attacked.remarks


def test_the_same_picture_with_another_attacked_one_is_another_look(sources, hit):
    plain = sources.sample(0).shown
    made = sources.made_of(plain, hit[0], "hit.png")
    assert not made.same(plain) and not plain.same(made) and made.same(made) and plain.same(plain)


def files(tiny, found, choices=CHOICES):
    archive = zipfile.ZipFile(BytesIO(report.bundle(tiny, found, choices)))
    return {name.removeprefix("a-tpt-explorer/"): archive.read(name) for name in archive.namelist()}


@pytest.mark.slow
@pytest.mark.usefixtures("drawn_once")
def test_the_download_of_an_unknown_clean_picture_has_nothing_clean(tiny, unknown, saved):
    packed = files(tiny, unknown)
    assert "clean.png" not in packed and "change-amplified.png" not in packed
    levels = np.asarray(Image.open(BytesIO(packed["attacked.png"])))
    assert np.array_equal(levels, (saved * 255).round().byte().permute(1, 2, 0).numpy())
    results = json.loads(packed["results.json"])
    assert results["clean"] is None and "linf x 255" not in results["attacked"]
    assert set(np.load(BytesIO(packed["numbers.npz"]))).isdisjoint({"clean_logits", "clean_map"})
    settings = json.loads(packed["settings.json"])
    assert settings["picture"]["attacked elsewhere"]["clean picture"] == "unknown"
    assert "attack" not in settings["engine"] and settings["page"].keys().isdisjoint({"attack", "eps", "steps"})
    assert settings["engine"]["views"]["seed"] == settings["page"]["seed"] == 0
    assert {"figures/attack.png", "figures/maps.svg"} <= packed.keys()


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("which", ["known", "unknown"])
def test_the_command_and_the_script_of_the_download_redo_it(tmp_path, which, monkeypatch, capsys):
    """On the built-in model, which a command can name."""
    fieldguide = engine.load_backbone(device="cpu")
    sources = PictureSources(fieldguide, load_samples(engine.ASSETS / "samples")[:1])
    opened = sources.sample(0)
    asks = CHOICES._replace(class_names="\n".join(opened.names), true_class=opened.truth, views=8, tune_steps=1)
    path = str(tmp_path / "hit.png")
    clean = asked(fieldguide, Results(), asks, opened.shown)
    engine.save_png(clean.story.result(Attack()).saved, path)
    shown = sources.made_of(opened.shown, path, "hit.png")
    shown = shown if which == "known" else sources.as_attacked(sources.file(path).shown)
    found = replace(run(asked(fieldguide, Results(), asks, shown), shown=shown), picture=shown)
    for name, content in files(fieldguide, found, asks).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    command = (tmp_path / "redo.sh").read_text().splitlines()[-1]
    assert f"attacked.png --clean {'clean.png' if which == 'known' else 'unknown'}" in command
    assert "--eps" not in command and "--steps" not in command
    monkeypatch.chdir(tmp_path)
    assert main([*shlex.split(command)[3:], "--json", "--device", "cpu"]) == 0
    answered = json.loads(capsys.readouterr().out)
    names = {d["defence"]: d["prediction"]["name"] for d in answered["defences"]}
    assert names == {d.defence: d.prediction.name for d in found.defences}
    assert answered["attack"]["clean_known"] == (which == "known")
    compile((tmp_path / "redo.py").read_text(), "redo.py", "exec")
    assert ("pixels = None" in (tmp_path / "redo.py").read_text()) == (which == "unknown")
