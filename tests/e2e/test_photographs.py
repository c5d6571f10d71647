"""Photographs to begin with, once a model with an open vocabulary answers, and a visitor's own photograph."""

from urllib.parse import urlencode

from PIL import Image

from tests.e2e.test_page import SAMPLES, says, unfold


def switch(page, model):
    unfold(page, "#model-picker")
    page.fill("#model-name input", model)
    page.keyboard.press("Enter")
    page.click("#use-model")
    page.locator("#header").get_by_text(model).first.wait_for()


def test_an_open_model_brings_photographs_and_everyday_things(loaded, model, tmp_path):
    page = loaded
    assert page.locator("#samples .sample").count() == 10
    kinds = (SAMPLES.parent / "labels" / "field-guide-kinds.txt").read_text(encoding="utf-8").splitlines()[3:]
    path = tmp_path / "own.png"
    Image.new("RGB", (200, 160), "orange").save(path)
    page.set_input_files("#upload input[type=file]", path)
    page.locator("#picture-question").get_by_text("own.png").wait_for()
    page.locator("#picture-bars .chips").get_by_text("6", exact=True).wait_for()
    assert page.input_value("#class-names textarea").splitlines() == kinds
    switch(page, model)
    page.locator("#samples").get_by_text("Photographs: pick one").wait_for()
    assert page.locator("#samples .sample").count() == 24
    page.locator("#picture-bars .chips").get_by_text("200").wait_for()
    assert page.input_value("#label-set input").startswith("Everyday things")
    page.get_by_role("button", name="The retina of an eye").click()
    page.locator("#picture-about").get_by_text("Mikael Häggström; CC0").wait_for()
    page.locator("#picture-bars").get_by_text("retina of an eye").first.wait_for()
    assert page.input_value("#label-set input").startswith("Through telescopes")
    assert page.input_value("#true-class input") == "retina of an eye"
    assert page.locator("#samples [aria-pressed=true]").get_attribute("title").startswith("The retina of an eye: ")
    switch(page, "fieldguide")
    page.locator("#samples .sample").nth(10).wait_for(state="detached")
    assert page.inner_text("#picture-question h2") == "The retina of an eye"


def test_a_link_opens_a_photograph_and_names_its_model(context, address, model):
    page = context.new_page()
    page.goto(f"{address}?{urlencode({'picture': 'photograph coffee', 'model': model})}")
    page.locator("#picture-question").get_by_text("A cup of coffee").wait_for()
    page.locator("[data-testid=toast-body]").get_by_text("The link was made with the model").wait_for()
    says(page, "has never seen")
    switch(page, model)
    page.locator("#picture-bars").get_by_text("cup of coffee").first.wait_for()
    page.locator("#samples [aria-pressed=true][title^='A cup of coffee']").wait_for()
    page.close()
