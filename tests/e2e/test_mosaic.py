"""Two defences on the same kept pictures: what a browser counts, and the story behind a tile."""

import json

import engine
from app import measured
from app.figures.html import signed
from tests.e2e.test_page import SAMPLES, few_views, open_step, pick_option, put, says

KEPT, ARM = measured.arms()["every-defence/adaptive-view-average-4"]


def counted(page, kind):
    return page.locator(f"#mosaic .{kind} .specks i").count()


def test_the_tiles_are_the_records_and_a_press_opens_one_as_a_story(page):
    open_step(page, 7)
    pick_option(page, "#mosaic-arm", "PGD through the defence View average, 4/255")
    pair = ARM.pair("a-tpt", "r-tpt")
    split = f"{pair['only_first']} : {pair['only_second']}, cannot be told apart"
    page.locator("#mosaic .note").get_by_text(split).wait_for()
    assert f"p = {pair['p']:.2f}" in page.inner_text("#mosaic .note")
    assert [counted(page, kind) for kind in ("only-left", "only-right")] == [pair["only_first"], pair["only_second"]]
    assert counted(page, "both") + counted(page, "neither") + pair["only_first"] + pair["only_second"] == KEPT.pictures

    page.focus("#mosaic .mosaic")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Home")  # whatever tile the mouse was over as the menu closed
    answers = zip(ARM.right["a-tpt"], ARM.right["r-tpt"], strict=True)
    number = next(place for place, both in enumerate(answers) if both == (True, False))
    said = page.locator("#mosaic .mosaic-about")
    said.get_by_text(f"Specimen {number}: {KEPT.truths[number]}.").wait_for()
    assert ARM.answers["r-tpt"][number] in " ".join(said.inner_text().split())
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")

    page.locator("#picture-question").get_by_text(f"Specimen {number} of the series 11").wait_for(state="attached")
    page.locator("#status").get_by_text("Attacking").wait_for()
    page.click("#stop")
    says(page, "Stopped")
    assert page.input_value("#seed input") == str(11_000_033 + number)
    assert page.input_value("#true-class input") == KEPT.truths[number]
    assert (
        page.input_value("#attack-steps input[type=number]") == "20"
        and page.input_value("#eps input[type=number]") == "4"
    )


def test_the_tiles_come_when_the_step_is_opened_first(loaded):
    waits = loaded.locator("#mosaic [data-awaited]")
    waits.wait_for(state="attached")
    loaded.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    loaded.click("#card-2")
    loaded.wait_for_timeout(300)
    assert waits.count() == 1 and loaded.locator("#mosaic i").count() == 0
    open_step(loaded, 7)
    loaded.locator("#mosaic .both i").first.wait_for()
    assert loaded.locator("#mosaic .specks i").count() == KEPT.pictures and waits.count() == 0


def counts(page):
    """The rows of the sweep's first table, by name: a cell for each limit, as its count and its lead."""
    rows = page.locator("#sweep table").first.locator("tbody tr").all()
    cells = [[cell.inner_text().split("\n") for cell in row.locator("td").all()] for row in rows]
    return {name[0]: values for name, *values in cells}


def test_a_sweep_tells_the_engines_numbers_and_keeps_what_there_is_when_stopped(page):
    few_views(page)
    open_step(page, 2)
    put(page, "#attack-steps", "2")
    open_step(page, 7)
    put(page, "#sweep-seeds", "1")
    page.click("#sweep-run")
    says(page, "The sweep is through")
    page.locator("#sweep").get_by_text("6 of 6 points").wait_for()
    backbone, sample = engine.load_backbone("fieldguide"), json.loads((SAMPLES / "samples.json").read_text())[0]
    classes = engine.Classes(tuple(sample["classes"]))
    picture = engine.story.Picture(backbone.prepare(engine.load_picture(SAMPLES / sample["file"]).image))
    label = classes.names.index(sample["truth"])
    chosen = engine.parameters.to_settings({"steps": 2, "views": 8, "defences": ["clip", "a-tpt", "r-tpt"]})
    shown = counts(page)
    for place, settings in enumerate(engine.story.stories(chosen, 1)):
        if place not in (0, 3):
            continue
        story = engine.story.Story(backbone, engine.story.Recipe(picture, classes, label, settings))
        for name, title in zip(settings.defences, ("no defence", "A-TPT", "R-TPT"), strict=True):
            lead = story.result(engine.story.Defended(name)).prediction.lead(label)
            assert shown[title][place] == [f"{int(lead > 0)} of 1", signed(lead)]
    put(page, "#sweep-seeds", "10")
    page.click("#sweep-run")
    says(page, "points, about")
    page.click("#stop")
    says(page, "Stopped")
    assert all(values[0][0].endswith(" of 2") for values in counts(page).values())
