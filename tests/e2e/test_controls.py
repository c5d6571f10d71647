"""The rarer controls in a real browser: what the page says with them is what the engine computes with them."""

import json

import pytest

from app.figures.html import percent
from engine import (
    AttackSettings,
    Classes,
    EnsembleSettings,
    Settings,
    TuneSettings,
    ViewSettings,
    attack,
    defend,
    fuse,
    load_backbone,
    load_picture,
    make_views,
    predict,
    tune,
)
from tests.e2e.conftest import at_rest, close_toasts, streams_of
from tests.e2e.test_page import SAMPLES, few_views, open_step, pick_option, put, says, unfold


@pytest.fixture(scope="module")
def asked():
    """Backbone, pixels and classes of the first sample, and its true label."""
    sample = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
    backbone, classes = load_backbone(), Classes(tuple(sample["classes"]))
    pixels = backbone.prepare(load_picture(SAMPLES / sample["file"]).image)
    return backbone, pixels, classes, classes.index(sample["truth"])


def choose(page, menu, words):
    pick_option(page, menu, words)
    page.keyboard.press("Tab")


def ask_for_eight_clean_views(page):
    """No attack and few views; step 4 is open afterwards."""
    open_step(page, 2)
    put(page, "#eps", "0")
    few_views(page)


def test_a_targeted_euclidean_attack_is_the_engines(page, asked):
    backbone, pixels, classes, label = asked
    target = next(place for place in range(len(classes)) if place != label)
    settings = AttackSettings(epsilon=2.5, steps=5, norm="l2", target=target)
    *_, hit = attack(backbone, pixels, classes, settings, label)
    open_step(page, 2)
    unfold(page, "#attack-more")
    choose(page, "#attack-norm", "as a length")
    page.locator("#eps").get_by_text("Limit ε (L2)").wait_for()
    assert page.locator("#eps input[type=number]").input_value() == "1"
    put(page, "#eps", "2.5")
    put(page, "#attack-steps", "5")
    choose(page, "#attack-target", classes.names[target])
    page.click("#attack")
    says(page, "Attack finished")
    told = page.inner_text("#attack-measured")
    assert f"{hit.l2():.3f}" in told and "within an L2 length of 2.5" in told
    said = page.inner_text("#attack-verdict")
    assert ("Reached the target" if hit.reached else "Did not reach the target") in said
    assert hit.after_saved.name in said and percent(hit.after_saved.confidence) in said
    choose(page, "#attack-menu", "FGSM")
    page.locator("#eps").get_by_text("Limit ε, n/255").wait_for()
    assert page.locator("#eps input[type=number]").input_value() == "4"
    assert page.locator("#step-size").count() == 0 and page.locator("#attack-target").is_visible()


def test_an_attack_through_a_defence_is_one_click_away_and_any_defence_a_few(page, asked):
    backbone, pixels, classes, label = asked
    page.uncheck("#live input")
    few_views(page)
    open_step(page, 2)
    put(page, "#attack-steps", "1")
    page.click("#attack-adaptive")
    says(page, "Attack finished")
    assert "it goes through: A-TPT" in page.inner_text("#attack-verdict")
    unfold(page, "#attack-more")
    choose(page, "#target-defence", "R-TPT")
    page.locator("#stale-2 .stale").get_by_text("A-TPT, now R-TPT").wait_for()
    choose(page, "#attack-unroll", "not at all")
    put(page, "#eot-samples", "2")
    page.click("#attack")
    says(page, "Attack finished")
    settings = AttackSettings("adaptive", steps=1, target_defence="r-tpt", unroll="none", eot_samples=2)
    defended = Settings(views=ViewSettings(count=8), defences=("r-tpt",))
    *_, hit = attack(backbone, pixels, classes, settings, label, defended)
    told = page.inner_text("#attack-measured")
    assert f"{hit.l2():.3f}" in told and f"{hit.l2(False):.3f}" in told
    said = page.inner_text("#attack-verdict")
    assert "it goes through: R-TPT" in said and percent(hit.after_saved.confidence) in said
    answered = next(defend(backbone, hit.saved, classes, defended)).prediction
    became = "held" if answered.label == hit.label else "broke"
    assert f"R-TPT {became}: the attack went through it" in said and percent(answered.confidence) in said
    assert page.inner_text("#card-2 .card-head") == f"R-TPT {became}"


def test_several_sentences_are_averaged_as_the_engine_does(page, asked):
    backbone, pixels, classes, label = asked
    likeliest = predict(backbone, pixels, classes).logits.topk(6).indices.tolist()
    few = Classes(tuple(classes.names[place] for place in likeliest))  # of all names, the test would encode for seconds
    expected, alone = (predict(backbone, pixels, one) for one in (Classes(few.names, backbone.templates), few))
    page.fill("#class-names textarea", "\n".join(few.names))
    page.locator("#class-names textarea").blur()
    page.locator("#picture-bars").get_by_text(f"{alone.entropy:.3f}").wait_for()
    unfold(page, "#prompt-more")
    choose(page, "#prompt-ensemble", "own set")
    page.locator("#picture-bars").get_by_text("Sentences").wait_for()
    told = page.inner_text("#picture-bars")
    assert expected.name in told and percent(expected.confidence) in told and f"{expected.entropy:.3f}" in told
    choose(page, "#prompt-ensemble", "alone")
    page.locator("#picture-bars").get_by_text(f"{alone.entropy:.3f}").wait_for()


def test_the_domain_word_is_for_a_tpt_alone(page, asked):
    backbone, pixels, classes, label = asked
    ask_for_eight_clean_views(page)
    unfold(page, "#prompt-more")
    page.fill("#domain-word textarea", "specimen")
    page.locator("#domain-word textarea").blur()
    open_step(page, 6)
    page.click("#compare")
    says(page, "Methods compared")
    settings = Settings(views=ViewSettings(count=8), defences=("r-tpt", "a-tpt"), domain_word="specimen")
    answers = {found.defence: found.prediction for found in defend(backbone, pixels, classes, settings)}
    rows = {name: page.locator("#verdict-table tr", has_text=name).inner_text() for name in ("R-TPT", "A-TPT")}
    for method, name in (("r-tpt", "R-TPT"), ("a-tpt", "A-TPT")):
        assert answers[method].name in rows[name] and percent(answers[method].confidence) in rows[name]
    assert "a specimen photo of a {}." in page.inner_text("#verdict-table")
    page.fill("#domain-word textarea", "unicorn")
    page.locator("#domain-word textarea").blur()
    page.locator("#stale-6").get_by_text("specimen, now unicorn").wait_for()
    says(page, "unicorn")  # told before anything runs
    page.fill("#domain-word textarea", "specimen")
    page.locator("#domain-word textarea").blur()
    says(page, "Ready")
    page.fill("#template textarea", "a drawing of a {}.")
    page.locator("#template textarea").blur()
    says(page, "stands before “photo”; the prompt “a drawing of a {}.” has none")
    close_toasts(page)
    page.click("#compare")
    page.locator("[data-testid=toast-body]").get_by_text("stands before “photo”").wait_for()  # told again
    says(page, "stands before “photo”")


def test_weights_by_calmness_are_the_engines_without_a_new_look(page, asked):
    backbone, pixels, classes, label = asked
    ask_for_eight_clean_views(page)
    open_step(page, 5)
    put(page, "#keep", "0.5")
    page.click("#tune-run")
    says(page, "Prompt tuned")
    open_step(page, 6)
    unfold(page, "#weigh-more")
    choose(page, "#weighting", "by calmness")
    choose(page, "#tv-map", "as large as the picture")
    choose(page, "#tv-norm", "as computed")
    choose(page, "#tv-reduction", "summed")
    put(page, "#tv-temperature", "1")
    put(page, "#answer-views", "4")
    views = make_views(backbone, pixels, classes, ViewSettings(count=8))
    untuned, *_, step = tune(backbone, views, classes, TuneSettings(keep=0.5))
    chosen = EnsembleSettings(
        "tv", answer_views=4, tv_map="upsampled", tv_norm="none", tv_reduction="sum", tv_temperature=1
    )
    expected = fuse(views, step, chosen)
    page.locator("#verdict-weights").get_by_text(chosen.tv_reading).wait_for()
    heaviest = int(expected.weights.argmax())
    share = f"view {heaviest}: {percent(float(expected.weights[heaviest]))}"
    page.locator("#verdict-weights").get_by_text(share).wait_for()
    rows = page.locator("#verdict-table tr", has_text="Your settings").all_inner_texts()
    for row, answer in zip(rows, (fuse(views, untuned, chosen), expected), strict=True):
        assert answer.prediction.name in row and percent(answer.prediction.confidence) in row
    assert "before tuning" in rows[0]
    open_step(page, 4)
    streams = streams_of(page)
    choose(page, "#view-kind", "Crops only")
    at_rest(page, streams)  # else what follows the choice may speak last
    open_step(page, 5)
    page.click("#tune-run")
    says(page, "needs an attention map of every view")


def test_an_attack_for_the_shortest_change_says_how_long_it_is_and_what_the_limit_left_of_it(page, asked):
    backbone, pixels, classes, label = asked
    settings = AttackSettings("cw", 0.5 / 255, steps=5, confidence=2)
    *_, hit = attack(backbone, pixels, classes, settings, label)
    open_step(page, 2)
    unfold(page, "#attack-more")
    assert not page.locator("#confidence").is_visible()
    choose(page, "#attack-menu", "Carlini & Wagner")
    page.locator("#confidence").wait_for()
    for control, value in (("#eps", 0.5), ("#attack-steps", 5), ("#confidence", 2)):
        put(page, control, str(value))
    page.click("#attack")
    says(page, "Attack finished")
    said = page.inner_text("#attack-verdict")
    assert f"{hit.found * 255:.2f}/255. The limit cut it to 0.50/255" in said
    assert "less than one level of 8 bits" in said
