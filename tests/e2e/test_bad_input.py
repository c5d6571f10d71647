"""Whatever a visitor hands over, the page answers with one sentence and keeps what was there."""

import pytest
from PIL import Image

from tests.e2e.conftest import first_sample
from tests.e2e.test_page import SAMPLES, few_views, open_step, put, says, unfold
from tests.engine.test_pictures import BAD

UPLOADS = ("text.png", "empty.png", "half.jpg", "dot.png", "bomb.png", "drawing.svg")
LISTS = {
    "one class": ("red fish", "at least two class names"),
    "none": ("", "at least two class names"),
    "twice": ("red fish\nblue fish\nRed  fish", "stands twice"),
    "one text to the model": ("red fish!\nblue fish\nred fish?", "number 1 is “red fish!”, number 3 is “red fish"),
    "unknown words": ("red zebra\nblue unicorn", "never seen the words “zebra”, “unicorn”"),
    "too many": ("\n".join(f"red fish {i}" for i in range(5000)), "at most 1,000 class names; got 5,000"),
    "too long": ("blue fish\n" + "red " * 500, "at most 200 characters"),
    "too long for the model": ("blue fish\n" + "red " * 40, "too long for the text encoder"),
}


def paste(field, words):
    """Put many lines into a field at once; typed as Playwright types, thousands of lines take minutes."""
    field.focus()
    field.evaluate("(f, w) => { f.value = w; f.dispatchEvent(new Event('input', {bubbles: true})); }", words)
    field.blur()


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload_that_is_no_picture_gets_its_sentence_and_costs_nothing(kept_page, tmp_path, name):
    page, (data, words) = kept_page, BAD[name]
    path = tmp_path / name
    path.write_bytes(data)
    assert words not in page.inner_text("#status")
    answer = page.inner_text("#card-1")
    page.set_input_files("#upload input[type=file]", str(path))
    says(page, words)
    assert words in page.locator("[data-testid=toast-body]").first.inner_text()
    boxes = [page.locator(part).first.bounding_box() for part in ("[data-testid=toast-body]", "#top", "#status")]
    assert boxes[0]["y"] > boxes[1]["y"] + boxes[1]["height"] and boxes[2]["height"] < 60
    said = page.inner_text("#status")
    assert f"“{name}” was not opened." in said and said.rstrip().endswith("” stays.")
    assert page.inner_text("#card-1") == answer
    open_step(page, 2)
    page.fill("#attack-steps input[type=number]", "2")
    page.click("#attack")
    says(page, "Attack finished")


def test_a_file_of_too_many_bytes_is_named_and_the_next_one_is_taken(context, address, tmp_path):
    heavy = tmp_path / "heavy.bmp"
    with heavy.open("wb") as file:
        file.truncate(65 * 2**20)
    opened = context.new_page()  # one of its own: Gradio writes of the refusal into the console
    first_sample(opened, address)
    opened.set_input_files("#upload input[type=file]", heavy)
    toast = opened.locator("[data-testid=toast-body]").first
    toast.get_by_text("maximum allowed size of 64.0 Mb").wait_for()
    assert "heavy.bmp" in toast.inner_text() and "which is right" in opened.inner_text("#panel-1")
    opened.set_input_files("#upload input[type=file]", SAMPLES / "bird-1.png")
    opened.locator("#picture-question").get_by_text("bird-1.png").first.wait_for()
    opened.close()


def test_an_animation_is_used_and_the_page_says_how(page, tmp_path):
    path = tmp_path / "film.gif"
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    page.set_input_files("#upload input[type=file]", str(path))
    page.locator("#picture-about").get_by_text("Only the first frame was used.").wait_for()
    assert "film.gif" in page.inner_text("#picture-question")


@pytest.mark.parametrize("case", LISTS)
def test_class_names_that_cannot_be_used_get_a_sentence_and_no_stale_answer(kept_page, case):
    page, (names, sentence) = kept_page, LISTS[case]
    before = page.input_value("#class-names textarea")
    assert sentence not in page.inner_text("#status")
    paste(page.locator("#class-names textarea"), names)
    says(page, sentence)
    page.locator("#picture-bars").get_by_text("No answer yet").wait_for()
    paste(page.locator("#class-names textarea"), before)
    page.locator("#picture-bars").get_by_text("The model answers").wait_for()
    page.locator("[data-testid=toast-body]").get_by_text(sentence).wait_for(state="detached", timeout=5_000)


def test_an_attack_of_size_zero_says_that_nothing_was_attacked(kept_page):
    page = kept_page
    open_step(page, 2)
    put(page, "#attack-steps", "2")
    put(page, "#eps", "0")
    page.click("#attack")
    page.locator("#attack-verdict").get_by_text("Not attacked").wait_for()
    put(page, "#eps", "4")
    page.locator("#attack-verdict").get_by_text("Not attacked").wait_for(state="detached")


@pytest.mark.parametrize(("template", "sentence"), [
    ("a photo", "exactly one {}"), ("a photo of a {{}}.", "no other braces"), ("{}", "words before the class"),
    ("a {photo} of a {}", "no other braces"),
])  # fmt: skip
def test_a_prompt_that_cannot_be_used_gets_a_sentence(kept_page, template, sentence):
    page, field = kept_page, "#template textarea, #template input"
    before = page.input_value(field)
    assert sentence not in page.inner_text("#status")
    few_views(page)
    page.fill(field, template)
    page.locator(field).blur()
    open_step(page, 5)
    page.click("#tune-step")
    says(page, sentence)
    page.fill(field, before)
    page.locator(field).blur()
    page.locator("#status .bad").wait_for(state="detached")


def test_a_number_may_be_written_digit_by_digit_and_left_empty_stays_what_it_was(page):
    page.uncheck("#live input")
    open_step(page, 4)
    count = page.locator("#views input[type=number]")
    count.press("Control+a")
    count.press_sequentially("16", delay=120)  # after the 1, below the least number of views, the page is told
    page.click("#make-views")
    says(page, "Views made")
    page.locator("#view-grid").get_by_text("16 views of the attacked picture").wait_for()
    count.fill("")
    page.locator("#stale-4").get_by_text("Number of views: 16, now 8").wait_for()
    count.blur()
    page.locator("#stale-4").get_by_text("Number of views").wait_for(state="hidden")
    page.locator("#view-grid").get_by_text("16 views of the attacked picture").wait_for()
    assert count.input_value() == "16" and not page.locator("[data-testid=toast-body]").count()


def test_no_more_steps_are_taken_one_by_one_than_the_page_can_tell_of(page):
    open_step(page, 4)
    page.fill("#views input[type=number]", "8")
    open_step(page, 5)
    page.fill("#tune-steps input[type=number]", "20")
    page.click("#tune-run")
    says(page, "Prompt tuned")
    assert page.input_value("#tune-steps input[type=number]") == "20"
    page.click("#tune-step")
    page.locator("#status .bad").get_by_text("at most 20 tuning steps").wait_for()
    assert "20 steps" in page.inner_text("#card-5")


@pytest.mark.parametrize(("fold", "field", "button", "sentence"), [
    ("#question", "#seed", "#run-story", "a whole seed from 0 to 2,147,483,647; got -1"),
    ("#painter", "#paint-number", "#paint", "a scene number from 0 to 9,999; got -1"),
])  # fmt: skip
def test_a_number_below_zero_gets_its_sentence(page, fold, field, button, sentence):
    unfold(page, fold)
    page.fill(f"{field} input", "-1")
    page.locator(f"{field} input").blur()
    page.click(button)
    page.locator("#status .bad").get_by_text(sentence).wait_for()
