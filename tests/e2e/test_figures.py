"""The figures of steps 3 to 5: the numbers on the page are the engine's, and drawing again asks no model."""

import json

import pytest

import engine
from app.choices import FIRST_MAP
from app.figures.html import percent, short, signed
from app.text import attention as text
from app.text import words
from tests.e2e.conftest import at_rest, step_1_opens, streams_of
from tests.e2e.test_page import SAMPLES, open_step, pick_option, put, says, unfold


@pytest.fixture(scope="module")
def told():
    """The engine's own attack on the first sample: backbone, classes and the attacked picture."""
    sample = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
    backbone, classes = engine.load_backbone(), engine.Classes(tuple(sample["classes"]))
    pixels = backbone.prepare(engine.load_picture(SAMPLES / sample["file"]).image)
    *_, hit = engine.attack(backbone, pixels, classes, engine.AttackSettings(), classes.index(sample["truth"]))
    return backbone, classes, hit


@pytest.fixture(scope="module")
def views(told):
    """The engine's own 32 views of that attacked picture."""
    backbone, classes, hit = told
    return engine.make_views(backbone, hit.saved, classes, engine.ViewSettings(count=32))


def ask_for_as_many(page, views):
    """Step 4 is open afterwards."""
    open_step(page, 4)
    put(page, "#views", str(len(views)))


def _kind(told, name):
    """What the table says of a kind of map: its title, whether it is residue, and the root of its scale."""
    backbone, classes, hit = told
    both = [
        engine.attend(backbone, pixels, classes, engine.AttentionSettings(name), hit.label)
        for pixels in (hit.clean, hit.saved)
    ]
    root = engine.overlays.scale_of(*(one.raw.numpy() for one in both)).root
    residue = text.EVERY_DEGENERATE if any(one.degenerate for one in both) else ""
    return engine.MAPS[name].title + residue + words.ROOTS[root]


def cells(page, table):
    """The texts of a table's cells, row by row."""
    return page.eval_on_selector_all(
        f"{table} tbody tr", "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def test_the_table_of_map_similarity_is_the_engines(kept_page, told):
    page = kept_page
    backbone, classes, hit = told
    noisy = engine.baselines.sign_noise(hit.clean, hit.per_channel, 0)
    clean, *others = (
        engine.attend(backbone, pixels, classes, engine.AttentionSettings(FIRST_MAP), hit.label).raw
        for pixels in (hit.clean, hit.saved, noisy)
    )
    others.append(engine.baselines.random_map(tuple(clean.shape), hit.label))
    expected = [
        [
            signed(engine.measures.spearman(clean, other)),
            signed(engine.measures.ssim(clean, other)),
            f"{100 * engine.measures.top_iou(clean, other):.0f}\u00a0%",
            f"{100 * engine.measures.centre_shift(clean, other):.1f}\u00a0%",
        ]
        for other in others
    ]
    open_step(page, 3)
    page.click("#look")
    says(page, "Maps drawn")
    assert [row[1:] for row in cells(page, "#map-similarity [aria-label='Agreement of maps']")] == expected
    rival = [
        engine.attend(backbone, pixels, classes, engine.AttentionSettings(FIRST_MAP), hit.after_saved.label).raw
        for pixels in (hit.clean, hit.saved)
    ]
    scale = engine.overlays.scale_of(*(one.numpy() for one in (clean, others[0], *rival)))
    low, middle, high = (short(value, scale.high) for value in scale.values([0, 0.5, 1]))
    ends = [f"≤ {low}" if scale.low < 0 else low, middle, f"≥ {high}"]
    bars = page.locator("#maps .colour-bar")
    assert bars.first.inner_text().split() == " ".join([*ends, words.ROOTS[scale.root]]).split()
    page.locator("#mixed-by figure").first.wait_for()
    guide = engine.AttentionSettings(engine.ViewSettings().guide)
    mixed = [engine.attend(backbone, pixels, classes, guide).raw.numpy() for pixels in (hit.clean, hit.saved)]
    end = engine.overlays.scale_of(*mixed).high
    told_there = page.locator("#mixed-by figure > .fine").all_inner_texts()
    expected = [f"strongest cell {short(float(one.max()), end)}" for one in mixed]
    assert [said.split(",")[0] for said in told_there] == expected


def test_a_map_of_residue_offers_another_at_one_press(page):
    sample = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[1]
    backbone, classes = engine.load_backbone(), engine.Classes(tuple(sample["classes"]))
    pixels = backbone.prepare(engine.load_picture(SAMPLES / sample["file"]).image)
    *_, hit = engine.attack(backbone, pixels, classes, engine.AttackSettings(), classes.index(sample["truth"]))
    degenerate = any(
        engine.attend(backbone, one, classes, engine.AttentionSettings(), label).degenerate
        for one in (hit.clean, hit.saved)
        for label in {hit.label, hit.after_saved.label}
    )
    with step_1_opens(page):
        page.click("#samples [data-index='1']")
    page.locator("#samples [data-index='1'][aria-pressed=true]").wait_for()
    open_step(page, 3)
    pick_option(page, "#map-menu", "A-TPT (last two blocks)")
    page.click("#look")
    says(page, "Maps drawn")
    page.locator("#maps figure").first.wait_for()
    assert page.locator("#switch-map").is_visible() == page.get_by_text("rounding residue. Do not").is_visible()
    assert page.locator("#switch-map").is_visible() == degenerate and page.locator("#mixed-by figure").count() == 0
    if degenerate:  # on this machine: it is made of rounding
        page.click("#switch-map")
        page.locator("#switch-map").wait_for(state="hidden")
        page.locator("#mixed-by figure").first.wait_for()
        assert page.input_value("#map-menu input") == engine.MAPS[FIRST_MAP].title


def test_maps_follow_the_class_that_is_chosen_and_the_one_it_is_held_against(page, told):
    backbone, classes, hit = told
    about, against = [place for place in range(3) if place != hit.label][:2]
    clean, attacked = (
        engine.attend(backbone, pixels, classes, engine.AttentionSettings(FIRST_MAP), about, against).raw
        for pixels in (hit.clean, hit.saved)
    )
    open_step(page, 3)
    pick_option(page, "#map-about", classes.names[about])
    page.click("#look")
    says(page, "Maps drawn")
    assert page.locator(":is(#maps, #second-maps) h2").count() == 1
    page.locator("#maps").get_by_text(f"Evidence for “{classes.names[about]}”, the class you chose").wait_for()
    pick_option(page, "#map-against", classes.names[against])
    page.locator("#maps").get_by_text(f"“{classes.names[about]}” rather than “{classes.names[against]}”").wait_for()
    first = cells(page, "#map-similarity [aria-label='Agreement of maps']")[0]
    assert first[1] == signed(engine.measures.spearman(clean, attacked))
    pick_option(page, "#map-against", classes.names[about])
    says(page, "two different classes")
    stale = page.inner_text("#stale-3")  # no map stands below a choice that it was not drawn for, but dimmed
    assert f"Rather than for: {classes.names[against]}, now {classes.names[about]}" in stale
    pick_option(page, "#map-menu", "Raw attention")
    page.locator("#map-about").wait_for(state="detached")


def test_an_opened_view_tells_the_engines_numbers(kept_page, told, views):
    page = kept_page
    backbone, classes, hit = told
    *_, last = engine.tune(backbone, views, classes, engine.TuneSettings())
    weights = engine.fuse(views, last, engine.EnsembleSettings()).weights
    right = views.logits.argmax(-1) == hit.label
    ask_for_as_many(page, views)
    open_step(page, 5)
    page.click("#tune-run")
    says(page, "Prompt tuned")
    open_step(page, 4)
    counted = page.inner_text("#view-grid .chips")
    assert f"{int(right.sum())} of {len(views)}" in counted and percent(float(weights[right].sum())) in counted
    assert f"{int(right[last.kept].sum())} of {len(last.kept)}" in counted
    page.click("#view-grid [data-index='7']")
    page.locator("#view-title").get_by_text("View 7 opened").wait_for()
    opened = page.inner_text("#view-title")
    assert percent(float(views.logits[7].softmax(-1).max())) in opened and percent(float(weights[7])) in opened
    assert f"{float(views.entropies[7]):.3f} nats" in opened
    assert signed(float(engine.views.map_similarity(views)[7])).strip() in opened
    assert page.locator("#view-parts img").count() == 6
    assert page.locator("#view-plain img").get_attribute("alt") == "View 7: Plain AugMix"
    open_step(page, 5)
    page.click("#tune-step")
    says(page, "Step 2 done")
    open_step(page, 4)
    assert "View 7 opened" in page.inner_text("#view-title")
    assert page.locator("#view-plain img").get_attribute("alt") == "View 7: Plain AugMix"


def test_tiles_sort_by_what_the_menu_says(kept_page, views):
    page = kept_page
    ask_for_as_many(page, views)
    page.click("#make-views")
    says(page, "Views made")
    for shown, values in (("entropy", views.entropies), ("map", -engine.views.map_similarity(views))):
        page.click("#view-sort input")
        page.get_by_role("option").filter(has_text=shown).click()
        page.wait_for_function("(asked) => document.documentElement.dataset.sort === asked", arg=shown)
        places = page.eval_on_selector_all(
            "#view-grid .tile",
            "(tiles) => tiles.map((tile) => [+getComputedStyle(tile).order, +tile.dataset.index])"
            ".sort((a, b) => a[0] - b[0]).map((pair) => pair[1])",
        )
        assert sorted(places) == list(range(len(views)))
        assert (values[places].diff() > -1e-3).all()  # another process may round views apart that are all but alike


def test_tuning_steps_forth_and_back_with_the_engines_numbers(page, told, views):
    backbone, classes, hit = told
    steps = list(engine.tune(backbone, views, classes, engine.TuneSettings(steps=2)))
    ask_for_as_many(page, views)
    open_step(page, 5)
    page.click("#tune-step")
    says(page, "Step 1 done")
    once = page.inner_text("#tune-head section"), page.inner_text("#tune-sentences section")
    page.click("#tune-step")
    says(page, "Step 2 done")
    assert f"{steps[0].loss:.4f} → {steps[2].loss:.4f}" in page.inner_text("#tune-head")
    assert page.input_value("#tune-steps input[type=number]") == "2"
    drift = steps[2].text_drift
    shown = [row[1].strip() for row in cells(page, "#tune-sentences table")]
    expected = [*drift.sort(descending=True).values[:5].tolist(), float(drift[hit.label])]
    assert shown[:6] == [short(value) for value in expected][: len(shown)]
    moved = [row[1].strip().split()[0] for row in cells(page, "#tune-words table")]
    assert moved == [f"{value:.3f}" for value in steps[2].token_drift.tolist()]
    assert page.locator("#tune-entropies polyline").count() == len(views)
    open_step(page, 6)
    unfold(page, "#weigh-more")
    put(page, "#neighbours", "5")
    fewer = engine.fuse(views, steps[2], engine.EnsembleSettings(neighbours=5)).prediction
    page.locator("#verdict-table").get_by_text(percent(fewer.confidence)).first.wait_for()
    assert "2 steps" in page.inner_text("#card-5")  # one more step is no other choice of their number
    put(page, "#neighbours", "20")
    open_step(page, 5)
    page.click("#tune-back")
    says(page, "One step back")
    assert (page.inner_text("#tune-head section"), page.inner_text("#tune-sentences section")) == once
    weighed = engine.fuse(views, steps[1], engine.EnsembleSettings()).prediction
    open_step(page, 6)
    page.locator("#verdict-table").get_by_text(percent(weighed.confidence)).first.wait_for()
    open_step(page, 5)
    page.click("#tune-reset")
    says(page, "as it was written")
    assert page.locator("#tune-entropies svg").count() == 0


def test_the_lower_parts_of_attention_are_brought_into_sight_and_tell_the_engines_numbers(kept_page, told):
    page = kept_page
    backbone, classes, hit = told
    open_step(page, 3)
    page.locator(".further").get_by_text("Words").click()
    page.locator("#words-read").get_by_text("Read the words").wait_for()
    assert page.locator("#words-read").evaluate("(part) => part.getBoundingClientRect().top < innerHeight")
    page.click("#read-words")
    says(page, "Words read")
    read = [
        engine.maps.word_relevance(backbone, pixels, classes, label)
        for label in (hit.label, hit.after_saved.label)
        for pixels in (hit.clean, hit.saved)
    ]
    rows = page.locator("#words-read .weighed")
    assert rows.count() == len(read) == 4
    for place, expected in enumerate(read):
        assert f"fits with {expected.score:.2f}" in rows.nth(place).inner_text()
        shares = rows.nth(place).locator(".piece small").all_inner_texts()
        assert shares == [f"{100 * share:.0f}\u00a0%" for share in expected.shares.tolist()]
    page.click("#every-run")
    says(page, "Every map drawn")
    names = [row[0] for row in cells(page, "#every table")]
    assert names == [_kind(told, name) for name in engine.maps.maps_for(backbone)]
    before = page.locator("#every .cells").first.get_attribute("href")
    page.click("#map-colours input")
    page.get_by_role("option").filter(has_text="inferno").click()
    page.wait_for_function("(was) => document.querySelector('#every .cells').getAttribute('href') !== was", arg=before)


def test_an_opened_head_follows_the_colours_and_redrawing_comes_to_rest(page):
    open_step(page, 3)
    page.click("#look-inside")
    says(page, "All heads drawn")
    page.click("#heads [data-index='4']")
    page.locator("#head-opened").get_by_text("Layer 2, head 2").wait_for()
    streams, asked = streams_of(page), []
    page.on("request", lambda request: asked.append(request.url) if "queue/join" in request.url else None)
    before = page.locator("#head-opened [data-cell='0']").first.get_attribute("fill")
    page.click("#map-colours input")
    page.get_by_role("option").filter(has_text="inferno").click()
    page.wait_for_function("(was) => document.querySelector('#head-opened [data-cell]').getAttribute('fill') !== was",
                           arg=before)  # fmt: skip
    at_rest(page, streams)
    assert len(asked) <= 2  # Gradio tells twice that a menu was used
    assert "Layer 2, head 2" in page.inner_text("#head-opened")
