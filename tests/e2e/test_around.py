"""What stands around the story: painter, link, download, iterations, heads, many pictures, tour, formulas."""

import json
import zipfile
from pathlib import Path

import pytest

from app.figures.journey import status
from app.models import FEW
from app.panels.model import few_views as begins_with
from app.text import compare, export, words
from app.text.tour import PAGES as TOUR
from tests.e2e.axe import serious
from tests.e2e.conftest import at_rest, step_1_opens, streams_of
from tests.e2e.test_page import SAMPLES, few_views, open_step, put, says, unfold

RINGED = """(tile) => {
  const found = document.querySelector(tile);
  return [getComputedStyle(found).boxShadow !== 'none', getComputedStyle(found, '::after').content];
}"""
SHOWN_OF = """(drawn) => {
  const line = document.querySelector('#status [data-tone]').parentElement, was = line.innerHTML;
  const seen = drawn.map((sentence) => {
    line.innerHTML = sentence;
    const said = line.querySelector('[data-tone] > span');
    return [said.clientWidth, said.scrollHeight > said.clientHeight + 1, getComputedStyle(said).backgroundAttachment];
  });
  line.innerHTML = was;
  return seen;
}"""
TWELVE = """() => {
  const box = document.querySelector('#heads .heads');
  box.style.setProperty('--heads', 12);
  for (const row of box.children) while (row.children.length < 13) row.append(row.lastElementChild.cloneNode(true));
  while (box.children.length < 12) box.append(box.lastElementChild.cloneNode(true));
}"""


def test_a_painted_specimen_comes_back_by_its_link(context, page):
    unfold(page, "#painter")
    page.locator("#paint-number input").fill("7")
    with step_1_opens(page):
        page.click("#paint")
    page.locator("#picture-question").get_by_text("Blue and white striped bird").first.wait_for()
    page.locator("#picture-bars").get_by_text("The model answers").wait_for()
    answer = page.inner_text("#card-1")
    open_step(page, 2)
    put(page, "#eps", "2")
    page.click("#link")
    says(page, "address bar now holds a link")
    link = page.evaluate("location.href.split('#')[0]")  # as the clipboard has it
    assert "specimen" in link and "eps=2" in link and "step=2" in link
    other = context.new_page()
    other.goto(link)
    other.locator("#status").get_by_text("Step 2, Attack, as it was shared.").wait_for()
    assert other.inner_text("#card-1") == answer
    assert other.locator("#attack-verdict").is_visible() and "Not run" not in other.inner_text("#card-2")
    assert other.input_value("#eps input[type=number]") == "2"
    other.close()


def test_an_upload_never_gets_into_a_link_but_into_the_download_beside_it(page):
    page.set_input_files("#upload input[type=file]", str(SAMPLES / "bird-1.png"))
    page.locator("#picture-question").get_by_text("bird-1.png").first.wait_for()
    page.click("#link")
    says(page, "not to your own picture")
    made = page.evaluate("location.href")
    assert "picture=own&" in made and "bird" not in made
    with page.expect_download() as waiting:
        page.click("#status [data-take]")
    with zipfile.ZipFile(waiting.value.path()) as taken:
        assert taken.read("a-tpt-explorer/original/bird-1.png") == (SAMPLES / "bird-1.png").read_bytes()
    other = page.context.new_page()  # of whoever gets a link to a step of it: nothing is as it was shared
    other.goto(made.partition("#")[0] + "&step=2")
    says(other, "stayed with whoever made it")
    at_rest(other, streams_of(other))
    assert "Not run" in other.inner_text("#card-2") and "stayed with" in other.inner_text("#status")
    other.close()


def test_the_download_holds_the_attacked_picture_and_the_way_to_it(kept_page, tmp_path):
    page = kept_page
    open_step(page, 2)
    page.click("#attack")
    says(page, "Attack finished")
    answer = page.inner_text("#attack-verdict")
    with page.expect_download() as waiting:
        page.click("#download")
    waiting.value.save_as(tmp_path / "taken.zip")
    with zipfile.ZipFile(tmp_path / "taken.zip") as taken:
        held = {Path(name).name: name for name in taken.namelist()}
        assert {"attacked.png", "redo.sh", "settings.json", "numbers.npz"} <= set(held)
        told = json.loads(taken.read(held["results.json"]))
    assert told["attacked"]["fooled"] and "Fooled" in answer and told["attacked"]["answer"] in answer


def test_one_can_go_back_through_the_attack(kept_page):
    page = kept_page
    open_step(page, 2)
    page.fill("#attack-steps input[type=number]", "5")
    page.click("#attack")
    says(page, "Attack finished")
    page.locator("#attack-at").wait_for()
    before = page.inner_text("#attack-passed")
    put(page, "#attack-at", "2")
    page.locator("#attack-passed").get_by_text("2").first.wait_for()
    page.wait_for_function("(was) => document.querySelector('#attack-passed').innerText !== was", arg=before)


def test_heads_open_and_a_patch_tells_what_it_reads(kept_page):
    page = kept_page
    open_step(page, 3)
    page.click("#look-inside")
    says(page, "All heads drawn")
    assert page.locator("#heads [data-index][tabindex='0']").count() == 1  # one stop of the Tab key for all
    page.locator("#heads [data-index='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    page.locator("#head-opened").get_by_text("Layer 2, head 2: what the class token reads").wait_for()
    assert page.evaluate(RINGED, "#heads [data-index='4']") == [True, '"layer 2, head 2"']
    assert page.evaluate(RINGED, "#heads [data-index='5']")[1] == "none"
    assert page.get_attribute("#heads [aria-pressed=true]", "data-index") == "4"
    page.locator("#head-opened [data-cell='90']").first.click()
    page.locator("#head-opened").get_by_text("the patch in row 7, column 7").wait_for()
    assert page.locator("#head-opened .map:has(.reader)").count() == 3
    drawn = page.locator("#head-opened .map").first.inner_text()  # before the mouse, with which it was pressed, goes
    page.mouse.move(2, 2)
    page.locator("#head-opened .veil[mask]").wait_for(state="detached")
    assert "strongest cell" in drawn and page.locator("#head-opened .map").first.inner_text() == drawn
    page.locator("#head-opened").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#head-opened").get_by_text("the patch in row 7, column 8").wait_for()
    page.click("#head-opened [data-back]")
    page.locator("#head-opened").get_by_text("what the class token reads").wait_for()
    page.click("#test-map")
    says(page, "Map tested")
    assert page.locator("#occlusion svg").count() == 2


def test_a_head_opens_in_sight_beside_the_others_however_many_they_are(page):
    """Twelve layers of twelve heads scroll within their box; what is opened lies beside it, or is a sheet over it."""
    open_step(page, 3)
    page.click("#look-inside")
    says(page, "All heads drawn")
    page.locator("#heads .head-row").first.wait_for()
    for width, height, head in ((1280, 800, 2), (390, 844, 3)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(TWELVE)
        page.locator("#attention-heads").evaluate("(row) => row.scrollIntoView()")
        page.locator("#heads .head-row").nth(3).locator("[data-index]").nth(head - 1).click()
        page.locator("#head-opened").get_by_text(f"Layer 4, head {head}: what the class token reads").wait_for()
        box, opened = (page.locator(place).bounding_box() for place in ("#heads .heads", "#head-opened"))
        inside = page.locator("#heads .heads").evaluate("(e) => [e.scrollHeight, e.clientHeight, e.clientWidth]")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert inside[1] <= height and inside[2] <= width and opened["y"] < height - 200
        if width > 900:
            assert opened["x"] >= box["x"] + box["width"] and opened["y"] < height / 2
        else:
            assert opened["y"] + opened["height"] <= height + 1 and inside[0] > inside[1]
    page.set_viewport_size({"width": 1280, "height": 800})


def test_the_status_line_shows_all_of_what_it_usually_says_and_a_sign_of_more(page):
    """Beside the buttons, or below them where they leave no room."""
    others = (model.format(name="ViT-B-32/openai") + begins_with(FEW) for model in words.MODEL_READY.values())
    usual = (words.READY + begins_with(FEW), compare.NOTHING_TO_PIN, export.LINK_MADE, export.RESTORE_SETTINGS, *others)
    long = export.LINK_MADE + export.LINK_ATTACKED + export.LINK_PINNED
    for width in (1280, 1271, 1024):
        page.set_viewport_size({"width": width, "height": 800})
        *fits, more = page.evaluate(SHOWN_OF, [status(sentence) for sentence in (*usual, 4 * long)])
        assert all(room > 300 and not cut for room, cut, _ in fits), width
        assert more[1:] == [True, "local, scroll"]  # what covers the sign moves along, the sign does not
    page.set_viewport_size({"width": 1280, "height": 800})


def test_many_pictures_give_a_share_with_its_interval(kept_page):
    page = kept_page
    few_views(page)
    open_step(page, 2)
    put(page, "#attack-steps", "5")
    open_step(page, 7)
    put(page, "#batch-count", "2")
    page.click("#batch-run")
    says(page, "All pictures answered")
    assert page.locator("#batch tbody tr").count() == 4
    assert "2 of 2" in page.locator("#batch tbody tr").first.inner_text()


def test_many_pictures_of_ones_own_are_tried_and_a_bad_file_stops_none(kept_page, tmp_path):
    page = kept_page
    (tmp_path / "broken.png").write_text("no picture")
    few_views(page)
    open_step(page, 2)
    put(page, "#attack-steps", "5")
    open_step(page, 7)
    page.click("#batch-source input")
    page.get_by_role("option").filter(has_text="your own pictures").click()
    page.locator("#batch-count").wait_for(state="hidden")
    page.click("#batch-run")
    says(page, "no pictures of yours yet")
    files = [SAMPLES / "butterfly-0.png", tmp_path / "broken.png", SAMPLES / "bird-1.png"]
    page.set_input_files("#batch-files input[type=file]", files)
    page.locator("#batch-files").get_by_text("bird-1").first.wait_for()
    assert serious(page) == []
    with page.expect_file_chooser() as chooser:
        page.locator("#batch-files").get_by_role("button", name="Click to upload or drop files").first.press("Enter")
    assert chooser.value.is_multiple()
    page.fill("#batch-truths textarea", page.input_value("#true-class input"))
    page.click("#batch-run")
    says(page, "All pictures answered")
    rows = page.locator("#batch tbody tr").all_inner_texts()
    assert len(rows) == 5 and "1 of 1" in rows[0]
    assert "Right, of 1 picture" in rows[0] and "Turned wrong" in rows[1] and "Clean answer kept" in rows[2]
    assert "butterfly-0.png" in rows[3] and "not given" in rows[4] and "bird-1.png" in rows[4]
    page.locator("#batch").get_by_text("“broken.png”: Expected a PNG").wait_for()


BESIDE = """(at) => {
  const part = document.querySelector(at)?.getBoundingClientRect();
  const card = document.querySelector('.tour-card').getBoundingClientRect();
  if (!part?.height || getComputedStyle(document.querySelector(at)).outlineStyle !== 'solid') return false;
  const free = innerWidth > 900 || Math.min(part.bottom, part.top + 50) <= card.top;
  return part.top >= 0 && part.top < innerHeight - 50 && free && card.height <= innerHeight / 3 + 1;
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_the_tour_leads_through_the_page_and_presses_its_buttons(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.click("#tour")
    card = page.locator(".tour-card")
    card.wait_for()
    count = int(card.locator("small").inner_text().split("/")[1])
    assert 5 <= count <= 8
    for place in range(2, count + 1):
        card.locator("button[data-go='1']").click()
        card.get_by_text(f"{place} / {count}").wait_for()
        at = TOUR[place - 1]["at"]  # what is described, however the page grows meanwhile
        page.wait_for_function(BESIDE, arg=at)
    card.locator("button[data-go='1']").click()
    card.wait_for(state="detached")
    says(page, "finished|ran|drawn|compared|made|tuned")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_every_step_shows_its_formulas(kept_page):
    page = kept_page
    for number in range(1, 8):
        open_step(page, number)
        unfold(page, f"#mathematics-{number}")
        page.locator(f"#mathematics-{number} .katex").first.wait_for()


def test_another_model_sees_the_same_picture(loaded, model):
    page = loaded
    name = page.inner_text("#picture-question h2")
    unfold(page, "#model-picker")
    page.fill("#model-name input", model)
    page.keyboard.press("Enter")
    page.locator("#model-picker").get_by_text("not yet in use: press “Use this model”").wait_for()
    page.click("#use-model")
    says(page, "is in use")
    assert model in page.inner_text("#header") and "64 × 64 pixels" in page.inner_text("#picture-about")
    assert page.inner_text("#picture-question h2") == name
    page.fill("#model-name input", "local-dir:/nowhere")
    page.keyboard.press("Enter")
    page.click("#use-model")
    page.locator("#status .bad").get_by_text("nowhere").wait_for()
    assert model in page.inner_text("#header")


def test_a_label_set_asks_another_question(page):
    page.click("#label-set input")
    page.get_by_role("option").filter(has_text="the six kinds").click()
    page.locator("#picture-bars").get_by_text("mushroom").first.wait_for()
    kinds = ["butterfly", "fish", "bird", "flower", "beetle", "mushroom"]
    assert page.input_value("#class-names textarea").split() == kinds
    assert "butterfly" in page.inner_text("#card-1")
    assert "Source" in page.inner_text("#label-set")
