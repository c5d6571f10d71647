"""Step 3's table of every map and its words: what they show is the engine's, on the tiny model."""

import html
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import torch

import engine
from app.choices import first_map
from app.figures.guide import drawn_guide, guide_maps
from app.figures.html import signed
from app.figures.journey import journey
from app.figures.map_rows import drawn_rows
from app.figures.maps import Look
from app.figures.words import weighed_words
from app.panels import occlusion
from app.panels.attention import _similarity, _switched, _truth, drawn_maps
from app.panels.every_map import _drawn
from app.samples import load_samples
from tests.page_cases import CHOICES, WHOLE, asked, held, run


def found_with(tiny, results, *more, **choices):
    """What is found after the whole story and more parts of step 3, with other choices."""
    return run(asked(tiny, results, CHOICES._replace(**choices)), (*WHOLE, *more))


def test_every_map_stands_beside_its_null_arm_and_its_shuffled_model(tiny, told, results):
    found = found_with(tiny, results, "every")
    hit, settings = found.adversarial, CHOICES.settings().attention
    assert [test.pair.clean.map for test in found.every] == list(engine.maps.maps_for(tiny))
    test = next(t for t in found.every if t.pair.clean.map == "relevance")
    settings = replace(settings, map="relevance")
    noise = engine.baselines.sign_noise(hit.clean, hit.per_channel, 0)
    expected = [
        engine.attend(tiny, pixels, found.classes, used, hit.label).raw
        for pixels, used in (
            (hit.clean, settings), (hit.saved, settings), (noise, settings),
            (hit.clean, replace(settings, shuffled="last")),
        )
    ]  # fmt: skip
    drawn_from = (test.pair.clean, test.pair.attacked, test.pair.noisy, test.shuffled)
    for one, other in zip(drawn_from, expected, strict=True):
        assert torch.equal(one.raw, other)
    row = next(part for part in _drawn(found, Look()).split("<tr>") if "Gradient-weighted relevance" in part)
    for other in expected[1:]:
        assert signed(engine.measures.spearman(expected[0], other)) in row
    assert found.maps.clean is told.maps.clean
    assert held(asked(tiny, results, CHOICES._replace(eps=0.5)), ("every",)).every == ()


def test_maps_are_about_the_class_that_is_asked_and_against_the_other(tiny, told, results):
    hit, settings = told.adversarial, CHOICES.settings().attention
    about, against = (place for place in range(3) if place != hit.label)
    names = told.classes.names
    found = found_with(tiny, results, about=names[about], against=names[against])
    noise = engine.baselines.sign_noise(hit.clean, hit.per_channel, 0)
    pair = found.maps
    assert pair.rival is None and found.adversarial is hit
    for one, pixels in ((pair.clean, hit.clean), (pair.attacked, hit.saved), (pair.noisy, noise)):
        assert torch.equal(one.raw, engine.attend(tiny, pixels, found.classes, settings, about, against).raw)
    title = f"Evidence for “{names[about]}” rather than “{names[against]}”<"
    assert title in html.unescape(drawn_rows(found, Look())[0])
    every = found_with(tiny, results, "every", about=names[about]).every
    test = next(t for t in every if t.pair.clean.map == "relevance")
    expected = engine.attend(tiny, hit.saved, found.classes, replace(settings, map="relevance"), about)
    assert torch.equal(test.pair.attacked.raw, expected.raw)


def test_words_are_read_for_both_pictures_and_both_classes(tiny, results):
    found = found_with(tiny, results, "words")
    hit = found.adversarial
    assert (found.words.answer is None) == (hit.after_saved.label == hit.label)
    for label, pair in ((hit.label, found.words.asked), (hit.after_saved.label, found.words.answer)):
        for pixels, read in zip((hit.clean, hit.saved), pair or (), strict=pair is not None):
            expected = engine.maps.word_relevance(tiny, pixels, found.classes, label)
            assert read.pieces == expected.pieces and torch.equal(read.shares, expected.shares)
    assert held(asked(tiny, results, CHOICES._replace(eps=0.5)), ("words",)).words is None


def test_words_carry_their_share_as_a_tint_and_a_number():
    drawn = weighed_words("Clean", (("butterfly", 0.5), ("<b>", 0.25)), 0.5, "fits")
    kinds = re.findall(r'class="piece" style="--share:(\d+)%">([^<]*)<small>(\d+)\u00a0%', drawn)
    expected = [("45", "butterfly", "50"), ("22", "<b>", "25")]
    assert [(tint, html.unescape(word), share) for tint, word, share in kinds] == expected
    assert "--share:0%" in weighed_words("Clean", (("a", 0.0),), 0.0, "")


def test_a_map_that_asks_for_no_class_is_not_shown_as_evidence_for_one(tiny, results):
    found = found_with(tiny, results, map="rollout")
    assert found.maps.rival is None
    drawn = "".join(drawn_rows(found, Look()))
    assert drawn.count("<h2>") == 1 and "this map asks for none" in drawn and "Evidence for" not in drawn


def test_what_the_defence_mixes_by_stands_beside_the_map_that_is_read(tiny, told, results):
    found, hit = told, told.adversarial
    assert found_with(tiny, results, map="a-tpt").guide is None  # then it is the one that is read
    settings = engine.AttentionSettings(CHOICES.settings().views.guide)
    assert [found.guide.clean.label, found.guide.attacked.label] == [hit.before.label, hit.after_saved.label]
    for drawn, pixels in ((found.guide.clean, hit.clean), (found.guide.attacked, hit.saved)):
        assert torch.equal(drawn.raw, engine.attend(tiny, pixels, found.classes, settings).raw)
    drawn, names = html.unescape(re.sub("</?em[^>]*>", "", drawn_guide(found, Look()))), found.classes.names
    assert drawn.count("<figure") == 2 and engine.MAPS[settings.map].title in drawn
    assert f"“{names[hit.before.label]}” before the attack" in drawn
    assert ("rounding residue" in drawn) == (found.guide.clean.degenerate or found.guide.attacked.degenerate)
    keys = [figure.key for figure in guide_maps(found, Look())]
    assert len(set(keys)) == 2 and set(keys) <= {figure.key for figure in drawn_maps(found, CHOICES)}


def test_whose_maps_the_defence_mixes_by_is_said_once_where_the_answer_stays(told):
    pair = told.guide
    for label, said in ((0, "attack and after it."), (2, "attack, “green fish” after it.")):
        answers = replace(pair, clean=replace(pair.clean, label=0), attacked=replace(pair.attacked, label=label))
        drawn = re.sub("</?em[^>]*>", "", drawn_guide(replace(told, guide=answers), Look()))
        assert f"“red fish” before the {said}" in drawn and drawn.count("before the attack") == 1


def test_a_map_of_residue_offers_one_that_is_not_at_one_press(page, told):
    panel = page.panels[3]
    sound, residue = (replace(told.maps.clean, degenerate=which) for which in (False, True))
    name = f"“{told.classes.names[residue.label]}”"
    both = f"Clean map for {name} and attacked map for {name}: more than a tenth of each stems"
    for pair, said in (
        (replace(told.maps, clean=sound, attacked=sound, rival=None), ""),
        (replace(told.maps, clean=sound, attacked=residue, rival=None), "Attacked map: more than a tenth of it stems"),
        (replace(told.maps, clean=residue, attacked=sound, rival=None), "Clean map: more"),
        (replace(told.maps, clean=sound, attacked=sound, rival=(residue, residue)), both),
    ):
        drawn = panel.draw(replace(told, maps=pair), CHOICES)
        assert drawn[panel.switch]["visible"] == bool(said) and said in drawn[panel.residue]
        assert bool(drawn[panel.residue]) == bool(said)
    assert _switched(told, CHOICES) == CHOICES._replace(map="relevance")
    assert _switched(told, CHOICES).map not in ("a-tpt", "gradient-rollout", "depth-weighted")  # which can be residue


def test_the_page_opens_with_a_map_that_reads_where_the_model_draws_it(page, tiny):
    assert page.defaults.map == first_map(tiny) == "relevance"
    assert engine.AttentionSettings().map == "a-tpt"  # the command line's and the API's
    convolutional = SimpleNamespace(kind="resnet")
    assert first_map(convolutional) == engine.maps.maps_for(convolutional)[0] == "a-tpt"
    assert CHOICES._replace(map="rollout").drawable(convolutional).map == "a-tpt"
    assert CHOICES._replace(map="rollout").drawable(tiny).map == "rollout"


def test_on_every_sample_the_first_map_leaves_the_dark_and_is_no_residue():
    backbone, samples = engine.load_backbone(device="cpu"), load_samples(Path("assets/samples"))
    assert len(samples) == 10
    for sample in samples:
        pixels = backbone.prepare(engine.load_picture(sample.path).image)
        settings, classes = engine.AttentionSettings(first_map(backbone)), engine.Classes(sample.classes)
        drawn = engine.attend(backbone, pixels, classes, settings, sample.truth)
        cells = drawn.raw.numpy()
        scale = engine.overlays.scale_of(cells)
        linear = engine.overlays.Scale(scale.low, scale.high)
        lit, before = ((one.shares(cells) >= 0.1).mean() for one in (scale, linear))
        assert before < 0.2 <= lit and scale.root < 4 and not drawn.degenerate, sample.title


def test_flat_maps_are_told_as_flat(tiny, results):
    """No nan, no peak in the first cell and no likeness of cells that are all the same."""
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[:32] = True
    found = found_with(tiny, results, "occlusion", "every")
    flat = replace(found.maps.clean, raw=torch.zeros(8, 8))
    maps = replace(found.maps, clean=flat, attacked=flat, noisy=flat)
    tests = tuple(replace(test, pair=maps) for test in found.every[:1])
    found = replace(found, maps=maps, every=tests, picture=replace(found.picture, mask=mask, part=mask))
    drawn = [part(found) for part in (_similarity, _truth, occlusion._drawn)]
    drawn += ["".join(drawn_rows(found, Look())), _drawn(found, Look()), journey(found)]
    assert not any(re.search(r"\bnan\b", html.unescape(part)) for part in drawn)
    similarity, truth, curves, shown, every, cards = drawn
    attacked = re.search(r"attacked picture.*?</tr>", similarity)
    assert attacked is not None and attacked[0].count("–") == 4
    assert "–: nothing to compare" in similarity and "measures the attack" not in similarity
    assert truth.count("none: flat map") == 2 and every.count("none: flat map") == 2
    assert "drawn at random" in curves and "Maps are flat" in cards
    assert shown.count("the same everywhere: no cell is strongest") == 9  # in its label, its note, and the note at rest
    assert 'class="contour" d=""' in shown


def test_a_map_that_became_flat_is_not_counted_as_moved(told):
    assert "of the 4 measures the attack changed this map more" in _similarity(told)
    pair = replace(told.maps, attacked=replace(told.maps.attacked, raw=torch.zeros(8, 8)))
    drawn = _similarity(replace(told, maps=pair))
    assert "measures the attack changed" not in drawn and "–: nothing to compare" in drawn
