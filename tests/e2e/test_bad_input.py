"""Whatever a visitor hands over, the page answers with one sentence and keeps what was there."""

import pytest
from PIL import Image

from tests.test_pictures import BAD

from .test_page import open_step, says

UPLOADS = ("text.png", "empty.png", "half.jpg", "dot.png", "bomb.png", "drawing.svg")
LISTS = {
    "one class": ("red fish", "at least two class names"),
    "none": ("", "at least two class names"),
    "twice": ("red fish\nblue fish\nRed  fish", "stands twice"),
    "unknown word": ("red zebra\nblue fish", "never seen the word “zebra”"),
    "too many": ("\n".join(f"red fish {i}" for i in range(5000)), "at most 1,000 class names; got 5,000"),
    "too long": ("blue fish\n" + "red " * 500, "at most 200 characters"),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload_that_is_no_picture_gets_its_sentence_and_costs_nothing(page, tmp_path, name):
    data, words = BAD[name]
    path = tmp_path / name
    path.write_bytes(data)
    answer = page.inner_text("#card-1")
    page.set_input_files("#upload input[type=file]", str(path))
    says(page, words)
    assert words in page.locator("[data-testid=toast-body]").first.inner_text()
    assert page.inner_text("#card-1") == answer
    open_step(page, 2)
    page.fill("#attack-steps input[type=number]", "2")
    page.click("#attack")
    says(page, "Attack finished")


def test_an_animation_is_used_and_the_page_says_how(page, tmp_path):
    path = tmp_path / "film.gif"
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    page.set_input_files("#upload input[type=file]", str(path))
    page.locator("#picture-about").get_by_text("Only the first frame was used.").wait_for()
    assert "film.gif" in page.inner_text("#picture-question")


@pytest.mark.parametrize("case", LISTS)
def test_class_names_that_cannot_be_used_get_a_sentence_and_no_stale_answer(page, case):
    names, sentence = LISTS[case]
    before = page.input_value("#class-names textarea")
    page.fill("#class-names textarea", names)
    page.locator("#class-names textarea").blur()
    says(page, sentence)
    page.locator("#picture-bars").get_by_text("No answer yet").wait_for()
    page.fill("#class-names textarea", before)
    page.locator("#class-names textarea").blur()
    page.locator("#picture-bars").get_by_text("The model answers").wait_for()


def test_an_attack_of_size_zero_says_that_nothing_was_attacked(page):
    open_step(page, 2)
    page.fill("#epsilon input[type=number]", "0")
    page.click("#attack")
    page.locator("#attack-verdict").get_by_text("Not attacked").wait_for()


@pytest.mark.parametrize(("template", "sentence"), [("a photo", "exactly one {}"), ("{}", "words before the class")])
def test_a_prompt_that_cannot_be_used_gets_a_sentence(page, template, sentence):
    page.fill("#template textarea, #template input", template)
    page.locator("#template textarea, #template input").blur()
    open_step(page, 5)
    page.click("#tune-step")
    says(page, sentence)
