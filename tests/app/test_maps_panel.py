"""Step 3's table of every map and its words: what they show is the engine's, on the tiny model."""

import html
import re
from dataclasses import replace

import torch

import engine
from app.figures.html import signed
from app.figures.journey import journey
from app.figures.maps import Look
from app.figures.words import weighed_words
from app.panels import occlusion
from app.panels.attention import _maps, _similarity, _truth
from app.panels.every_map import _drawn
from app.session import WordsRead
from tests.page_cases import CHOICES


def run(job, part, asked=(None, None)):
    """The told session after one more part of step 3, about and against the classes `asked`."""
    job.asked = asked
    for event in job.events(part):
        job.take(event)
    return job.session


def test_every_map_stands_beside_its_null_arm_and_its_shuffled_model(tiny, told, job):
    session = run(job, "every")
    hit, settings = session.adversarial, CHOICES.settings().attention
    assert [test.pair.clean.map for test in session.every] == list(engine.maps.maps_for(tiny))
    test = next(t for t in session.every if t.pair.clean.map == "relevance")
    settings = replace(settings, map="relevance")
    noise = engine.baselines.sign_noise(hit.clean, hit.per_channel, 0)
    expected = [
        engine.attend(tiny, pixels, session.classes, used, hit.label).raw
        for pixels, used in (
            (hit.clean, settings), (hit.saved, settings), (noise, settings),
            (hit.clean, replace(settings, shuffled="last")),
        )
    ]  # fmt: skip
    found = (test.pair.clean, test.pair.attacked, test.pair.noisy, test.shuffled)
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one.raw, other)
    row = next(part for part in _drawn(session, Look()).split("<tr>") if "Gradient-weighted relevance" in part)
    for other in expected[1:]:
        assert signed(engine.measures.spearman(expected[0], other)) in row
    assert session.maps is told.maps and session.without("adversarial").every == ()


def test_maps_are_about_the_class_that_is_asked_and_against_the_other(tiny, told, job):
    hit, settings = told.adversarial, CHOICES.settings().attention
    about, against = (place for place in range(3) if place != hit.label)
    session = run(job, "maps", (about, against))
    noise = engine.baselines.sign_noise(hit.clean, hit.per_channel, 0)
    pair = session.maps
    assert pair.rival is None
    for found, pixels in ((pair.clean, hit.clean), (pair.attacked, hit.saved), (pair.noisy, noise)):
        assert torch.equal(found.raw, engine.attend(tiny, pixels, session.classes, settings, about, against).raw)
    names = session.classes.names
    title = f"Evidence for “{names[about]}” rather than “{names[against]}”<"
    assert title in html.unescape(_maps(session, Look()))
    test = next(t for t in run(job, "every", (about, None)).every if t.pair.clean.map == "relevance")
    expected = engine.attend(tiny, hit.saved, session.classes, replace(settings, map="relevance"), about)
    assert torch.equal(test.pair.attacked.raw, expected.raw)


def test_words_are_read_for_both_pictures_and_both_classes(tiny, job):
    session = run(job, "words")
    hit = session.adversarial
    for label, pair in ((hit.label, session.words.asked), (hit.after_saved.label, session.words.answer)):
        if pair is None:
            assert not hit.fooled
            continue
        for pixels, read in zip((hit.clean, hit.saved), pair, strict=True):
            expected = engine.maps.word_relevance(tiny, pixels, session.classes, label)
            assert read.pieces == expected.pieces and torch.equal(read.shares, expected.shares)
    assert isinstance(session.words, WordsRead) and session.without("adversarial").words is None


def test_pieces_of_one_word_stand_together_and_carry_their_share():
    drawn = weighed_words("Clean", ("butter", "fly ", "<b> "), [0.5, 0.25, 0.25], 0.5, "fits")
    kinds = re.findall(r'class="(piece[ a-z]*)" style="--share:(\d+)%">([^<]*)<small>(\d+)\u00a0%', drawn)
    expected = [("piece", "45", "butter", "50"), ("piece ends", "22", "fly", "25"), ("piece ends", "22", "<b>", "25")]
    assert [(kind, tint, html.unescape(piece), share) for kind, tint, piece, share in kinds] == expected
    assert "--share:0%" in weighed_words("Clean", ("a ",), [0.0], 0.0, "")


def test_a_map_that_asks_for_no_class_is_not_shown_as_evidence_for_one(job):
    job.settings = replace(job.settings, attention=engine.AttentionSettings(map="rollout"))
    session = run(job, "maps")
    assert session.maps.rival is None
    drawn = _maps(session, Look())
    assert drawn.count("<h2>") == 1 and "this map asks for none" in drawn and "Evidence for" not in drawn


def test_flat_maps_are_told_as_flat(told, job):
    """No nan, no peak in the first cell and no likeness of cells that are all the same."""
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[:32] = True
    session = run(job, "occlusion")
    flat = replace(session.maps.clean, raw=torch.zeros(8, 8))
    maps = replace(session.maps, clean=flat, attacked=flat, noisy=flat)
    tests = tuple(replace(test, pair=maps) for test in run(job, "every").every[:1])
    session = replace(session, maps=maps, every=tests, picture=replace(session.picture, mask=mask, part=mask))
    drawn = [part(session) for part in (_similarity, _truth, occlusion._drawn)]
    drawn += [_maps(session, Look()), _drawn(session, Look()), journey(session)]
    assert not any(re.search(r"\bnan\b", html.unescape(part)) for part in drawn)
    similarity, truth, curves, shown, every, cards = drawn
    attacked = re.search(r"attacked picture.*?</tr>", similarity)
    assert attacked is not None and attacked[0].count("–") == 4
    assert "–: nothing to compare" in similarity and "measures the attack" not in similarity
    assert truth.count("none: flat map") == 2 and every.count("none: flat map") == 2
    assert "drawn at random" in curves and "Maps are flat" in cards
    assert shown.count("the same everywhere: no cell is strongest") == 6 and 'class="contour" d=""' in shown


def test_a_map_that_became_flat_is_not_counted_as_moved(told):
    assert "of the 4 measures the attack changed this map more" in _similarity(told)
    pair = replace(told.maps, attacked=replace(told.maps.attacked, raw=torch.zeros(8, 8)))
    drawn = _similarity(replace(told, maps=pair))
    assert "measures the attack changed" not in drawn and "–: nothing to compare" in drawn
