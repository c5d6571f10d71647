"""Many pictures at once: where they come from, what is counted, and what a file that is no picture does."""

from pathlib import Path

import pytest
from PIL import Image

import engine
from app.batch import Batch, Row
from app.components.upload import Upload
from app.figures.batch import batch_table
from app.figures.journey import journey
from app.models import Models
from app.panels.batch import MOST, _answered, _pictures, own_pictures
from app.picture_sources import PictureSources
from app.samples import load_samples
from app.state.found import Found
from app.state.parts import Account
from tests.page_cases import CHOICES, CLASSES

ANSWERS = (("clip", "blue fish"), ("a-tpt", "red fish"))
SETTINGS = CHOICES.settings()


@pytest.fixture
def files(tmp_path):
    """Two pictures, an animation and a text that calls itself a picture."""
    for name, colour in (("a.png", "red"), ("b.png", "blue")):
        Image.new("RGB", (70, 64), colour).save(tmp_path / name)
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("green", "black")]
    frames[0].save(tmp_path / "c.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "d.png").write_text("no picture")
    return [str(tmp_path / name) for name in ("a.png", "b.png", "c.gif", "d.png")]


def handed(paths):
    return [Upload(path, Path(path).name) for path in paths]


def row(truth, clean="red fish", **more):
    return Row("data:,", truth, clean, ANSWERS, **more)


def test_a_strip_counts_what_was_right_and_says_how_sure_that_is():
    batch = Batch(SETTINGS, 4, tuple(row("red fish", clean) for clean in ("red fish", "red fish", "green fish")))
    assert [batch.right(name) for name in (None, "clip", "a-tpt")] == [2, 0, 3]
    drawn = journey(Found(batch=batch)) + batch_table(batch)
    assert "3 of 3 right" in drawn and "44–100&nbsp;%" in drawn and "PGD, 4/255" in drawn


def test_pictures_whose_attack_saw_no_gradient_are_counted():
    rows = (row("red fish"), row("red fish", blind=True), row("red fish", blind=True))
    assert "On 2 of 3 pictures the gradient was zero" in batch_table(Batch(SETTINGS, 3, rows))
    assert "gradient" not in batch_table(Batch(SETTINGS, 1, rows[:1]))


def test_without_a_true_class_only_the_clean_answer_can_be_kept():
    rows = (row(""), row("", "blue fish", name="<b>.png"), row("green fish"))
    batch = Batch(SETTINGS, 3, rows)
    assert (batch.right("a-tpt"), batch.kept("a-tpt"), batch.kept("clip")) == (0, 1, 1)
    drawn = batch_table(batch)
    assert "Right</b>, of 1 picture<" in drawn and "Clean answer kept</b>, of 2 pictures<" in drawn
    assert "nothing can be called right" in drawn and "&lt;b&gt;.png" in drawn
    assert "1 of 2 kept" in journey(Found(batch=Batch(SETTINGS, 2, rows[:2])))


def test_strips_are_drawn_by_seed_and_samples_come_in_order():
    sources = PictureSources(
        engine.load_backbone(device="cpu"), load_samples(Path(__file__).parents[2] / "assets" / "samples")
    )
    names = [[open_it().truth for _, open_it in _pictures(sources, "specimens", 3, seed)] for seed in (1, 1, 2)]
    assert names[0] == names[1] != names[2]
    assert [open_it().shown.source for _, open_it in _pictures(sources, "samples", 2, 9)] == ["sample 0", "sample 1"]
    assert len(_pictures(sources, "samples", 16, 0)) == len(sources.samples)


def test_a_bad_file_gets_a_sentence_and_the_others_go_on(tiny, files):
    openers = own_pictures(PictureSources(tiny, ()), handed(files[::-1]), "\nblue fish", CLASSES.names)
    *_, batch = _answered(Models(tiny), tiny, openers, SETTINGS, CHOICES, Account())
    assert batch.refused == ("“d.png”: Expected a PNG, JPEG, WebP, HEIC, AVIF, BMP, GIF or TIFF picture; got text.",)
    assert [(row.name, row.truth) for row in batch.rows] == [("c.gif", "blue fish"), ("b.png", ""), ("a.png", "")]
    assert "first frame" in batch.rows[0].note and batch.done == batch.total == 4
    drawn = batch_table(batch)
    assert "got text" in drawn and "c.gif: " in drawn and "not given" in drawn


def test_own_pictures_are_answered_as_the_engine_answers_them(tiny, files):
    choices = CHOICES._replace(template="a blurred {}.")
    openers = own_pictures(PictureSources(tiny, ()), handed(files[:2]), "RED_fish\nblue fish", CLASSES.names)
    *_, batch = _answered(Models(tiny), tiny, openers, SETTINGS, choices, Account())
    classes = engine.Classes(CLASSES.names, ("a blurred {}.",))
    for place, (path, label) in enumerate(zip(files, (0, 1), strict=False)):
        settings = SETTINGS.with_seed(place)
        pixels = tiny.prepare(engine.load_picture(path).image)
        *_, hit = engine.attack(tiny, pixels, classes, settings.attack, label)
        told = {d.defence: d.prediction.name for d in engine.defend(tiny, hit.saved, classes, settings)}
        assert batch.rows[place].truth == CLASSES.names[label]  # as the class spells it, so that it can be right
        assert batch.rows[place].clean == hit.before.name and dict(batch.rows[place].answers) == told


def test_files_that_are_all_bad_leave_their_sentences_alone(tiny, files):
    openers = own_pictures(PictureSources(tiny, ()), handed(files[3:]), "", CLASSES.names)
    *_, batch = _answered(Models(tiny), tiny, openers, SETTINGS, CHOICES, Account())
    assert batch.rows == () and "got text" in batch_table(batch) and "<table" not in batch_table(batch)
    assert "Not run yet" not in batch_table(batch) and journey(Found(batch=batch))


@pytest.mark.parametrize(
    ("count", "truths", "sentence"),
    [
        (0, "", f"up to {MOST} files"),
        (MOST + 1, "", f"at most {MOST} pictures at once; got 17"),
        (2, "red fish\nblue fish\nred fish", "got 3 lines for 2"),
        (2, "\nzebra", "true class of “1.png”; got “zebra”"),
    ],
)
def test_own_pictures_that_cannot_be_asked_about_get_a_sentence(tiny, count, truths, sentence):
    paths = [f"/nowhere/{place}.png" for place in range(count)]
    with pytest.raises(engine.EngineError, match=sentence):
        own_pictures(PictureSources(tiny, ()), handed(paths), truths, CLASSES.names)


def test_without_a_defence_pictures_are_attacked_all_the_same(tiny, files):
    openers = own_pictures(PictureSources(tiny, ()), handed(files[:1]), "", CLASSES.names)
    choices = CHOICES._replace(defences=[])
    *_, batch = _answered(Models(tiny), tiny, openers, choices.settings(), choices, Account())
    assert batch.rows[0].answers == () and batch.rows[0].clean in CLASSES.names
