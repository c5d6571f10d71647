"""What leaves the page: a link that restores it, and a ZIP from which everything can be computed again."""

import io
import json
import re
import runpy
import subprocess
import zipfile
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from app.choices import NO_TRUTH
from app.export import link, project, report
from app.export.buttons import restored, restored_pin
from app.labels import load_label_sets, published_sets
from app.panels.attention import drawn_maps
from app.picture_sources import PictureSources
from app.samples import load_samples
from app.state.found import Found, Pinned
from app.state.history import Look
from app.sweep import Sweep
from app.transfers import Transfers
from engine.cli.main import main
from engine.story import Results
from tests.page_cases import CHOICES, CLASSES, EVERYTHING, WHOLE, asked, run

ROOT = Path(__file__).resolve().parents[2]
ANY = lambda name, value: True  # noqa: E731
BIRD = engine.fieldguide.Specimen("bird", "blue", "striped", "white", "red")


@pytest.fixture(scope="module")
def sources():
    return PictureSources(engine.load_backbone(device="cpu"), load_samples(ROOT / "assets" / "samples"))


def read(query: str) -> dict[str, str]:
    return dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))


def test_a_link_restores_every_choice_and_holds_only_what_differs(sources):
    opened = sources.sample(2)
    begun = CHOICES._replace(class_names="x", true_class=NO_TRUTH)
    asked = begun._replace(
        class_names="\n".join(opened.names), true_class=opened.truth, eps=2.5, attack="fgsm", seed=7, defences=["clip"],
        template="a {} & co?",
    )  # fmt: skip
    made = link.query(asked, begun, opened)
    assert set(read(made)) == {"picture", "eps", "attack", "seed", "defences", "template"}
    choices, odd = link.restored(read(made), begun, sources.again(read(made)["picture"]), ANY)
    assert choices == asked and odd == []


SETS = (*load_label_sets(ROOT / "assets" / "labels"), *published_sets())


@pytest.mark.parametrize("key", ["imagenet", "sun-397", "dtd"])
def test_the_names_of_a_label_set_go_by_its_key(sources, key):
    """ImageNet's thousand would be too long; their prompt is in the link where it is another than the page's."""
    known = next(each for each in SETS if each.key == key)
    asked = known.asking(CHOICES)._replace(true_class=known.names[3], prompt_ensemble="imagenet-80")
    for opened in (None, sources.sample(2)):
        made = link.query(asked, CHOICES, opened, sets=SETS)
        assert read(made)["labels"] == key and "class_names" not in read(made) and len(made) < 300
        choices, odd = link.restored(read(made), CHOICES, opened, ANY, sets=SETS)
        assert choices == asked and odd == [] and choices.classes() == asked.classes()


def test_names_that_are_nearly_those_of_a_set_are_written_out():
    known = next(each for each in SETS if each.key == "cifar-10")
    for names in (known.lines + "\nyeti", "\n".join(known.names[1:]), "\n".join(known.names[::-1])):
        made = read(link.query(CHOICES._replace(class_names=names), CHOICES, None, sets=SETS))
        assert made == {"class_names": names}
    loose = known.lines.replace("\n", " \n\n") + "\n"
    assert read(link.query(CHOICES._replace(class_names=loose), CHOICES, None, sets=SETS)) == {"labels": "cifar-10"}


def test_a_label_set_that_this_page_does_not_have_is_told_and_the_rest_opened(sources):
    opened = sources.sample(2)
    choices, odd = link.restored({"labels": "zoo", "eps": "2"}, CHOICES, opened, ANY, sets=SETS)
    assert choices.class_names == "\n".join(opened.names) and choices.eps == 2
    (said,) = odd
    assert "“zoo”" in said and "does not have" in said


def test_what_is_pinned_names_its_label_set_too(sources):
    pets, scenes = (next(each for each in SETS if each.key == key) for key in ("oxford-pets", "sun-397"))
    shown = sources.sample(2).shown
    before, now = (Look("", shown, each.asking(CHOICES), frozenset()) for each in (pets, scenes))
    made = link.pinned(before, now, None, SETS)
    assert made["pin.labels"] == "oxford-pets" and "pin.class_names" not in made
    choices, odd = link.restored(made, now.choices, None, ANY, link.PIN, SETS)
    assert choices == before.choices and odd == []


def test_links_of_before_still_average_the_models_sentences():
    assert link.restored({"prompt_ensemble": "1"}, CHOICES, None, ANY)[0].prompt_ensemble == "model"


def test_a_visitors_own_picture_is_in_no_link(sources, tmp_path):
    path = tmp_path / "secret.png"
    Image.new("RGB", (200, 200)).save(path)
    opened = sources.file(str(path))
    made = link.query(CHOICES._replace(eps=3), CHOICES, opened)
    assert read(made) == {"eps": "3"} and "secret" not in made


def test_odd_values_in_a_link_are_told_and_left_out():
    fits = lambda name, value: name != "attack" and isinstance(value, int | float)  # noqa: E731
    asked = {"attack": "hammer", "eps": "nan", "seed": "5", "__theme": "dark", "nothing": "1"}
    choices, odd = link.restored(asked, CHOICES, None, fits)
    assert choices == CHOICES._replace(seed=5)
    assert len(odd) == 2 and "hammer" in odd[0] and "nan" in odd[1]


def test_a_link_that_no_chat_would_take_is_refused():
    with pytest.raises(engine.EngineError, match="at most 6,000 characters"):
        link.query(CHOICES._replace(class_names="a b\n" * 3000), CHOICES, None)


def test_sources_open_the_same_picture_again(sources):
    for opened in (sources.sample(3), sources.specimen(BIRD, 5)):
        again = sources.again(opened.shown.source)
        assert torch.equal(again.shown.pixels, opened.shown.pixels)
        assert (again.names, again.truth) == (opened.names, opened.truth)
        assert opened.truth in opened.names and bool((opened.shown.part <= opened.shown.mask).all())


@pytest.mark.parametrize("source", ["sample 99", "sample -1", "specimen dragon blue plain none red 1", "/etc/passwd"])
def test_a_source_that_is_none_is_refused(sources, source):
    with pytest.raises(engine.EngineError):
        sources.again(source)


def test_another_model_sees_the_same_picture_at_its_own_size(tiny, sources, tmp_path):
    path = tmp_path / "own.png"
    Image.new("RGB", (200, 160), "orange").save(path)
    for opened in (sources.sample(1), sources.specimen(BIRD, 5), sources.file(str(path))):
        again = sources.on(tiny).same(opened.shown)
        assert again.shown.name == opened.shown.name and again.names == opened.names
        assert again.shown.pixels.shape == (3, tiny.image_size, tiny.image_size)


def test_a_link_names_a_model_only_where_it_is_not_the_pages_own(sources):
    begun, opened = CHOICES, sources.sample(0)
    assert link.MODEL not in read(link.query(begun, begun, opened))
    assert read(link.query(begun, begun, opened, "RN50/openai"))[link.MODEL] == "RN50/openai"


def test_a_link_names_the_step_that_is_open_and_what_stands_there_beside_the_story():
    assert link.opening(1, {"clean"}) == link.opening("3", set()) == link.opening(None, set()) == {}
    assert link.opening(6, {"clean", "heads", "defences"}) == {"step": "6"}
    assert link.opening(3.0, {"clean", "heads", "every", "views"}) == {"step": "3", "shown": "every+heads"}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, (0, ())),
        ({"step": "99"}, (0, ())),
        ({"step": "two"}, (0, ())),
        ({"step": "2", "shown": "heads"}, (2, ("adversarial", "through"))),
        ({"step": "3", "shown": "every+defences+dragons"}, (3, ("adversarial", "through", "maps", "every"))),
        ({"step": "6"}, (6, ("adversarial", "through", "maps", "views", "steps", "ensemble", "defences"))),
        ({"step": "7"}, (7, ())),
    ],
)
def test_a_link_that_opens_on_a_step_shows_the_story_up_to_it(said, found):
    assert link.opened(said) == found


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"picture": "sample 99"}, "no picture “sample 99”.*The first picture of this page is shown instead"),
        ({"seed": "1e30"}, "asks for seed = “1e30”, which this page cannot offer"),
        ({"seed": "-1"}, "asks for seed = “-1”, which this page cannot offer"),
        ({"seed": "two"}, "asks for seed = “two”, which this page cannot offer"),
        ({"model": "none"}, "made with the model “none”, which this page does not offer"),
        ({"model": "ViT-B-16/openai"}, "made with the model ViT-B-16/openai: choose it under “Model”"),
    ],
)
def test_a_link_to_what_this_page_lacks_says_what_it_shows_instead_or_what_to_do(sources, page, named, told):
    opened, choices, (complaint,) = restored(page, sources, named)
    assert opened is None and choices == page.defaults and re.search(told, complaint)


# -- what is pinned --------------------------------------------------------------------------------------------------


def look(opened, choices=CHOICES, model="") -> Look:
    """A look at an opened picture, asked with its own question."""
    names = {} if not opened.names else {"class_names": "\n".join(opened.names), "true_class": opened.truth}
    return Look(model, opened.shown, choices._replace(**names), frozenset(WHOLE))


@pytest.fixture
def linked(page, sources):
    """A function that gives what a page opened by a link of these two looks has pinned, and its complaints."""

    def through(pinned: Look, beside: Look, opened=None, more: dict[str, str] = link.NOTHING):
        pin = link.pinned(pinned, beside, opened)
        made = read(link.query(beside.choices, CHOICES, None, pin=pin))
        return restored_pin(page, sources, made | more, beside)

    return through


def test_a_link_restores_what_is_pinned_on_the_same_picture(sources, linked):
    beside = look(sources.sample(2), CHOICES._replace(eps=8, colours="inferno"))
    pinned = replace(beside, choices=beside.choices._replace(eps=2.5, attack="fgsm", map="rollout", colours="viridis"))
    pin = link.pinned(pinned, beside, None)
    assert set(pin) == {"pin.picture", "pin.eps", "pin.attack", "pin.map"}
    again, odd = linked(pinned, beside)
    assert odd == [] and again.differing(pinned) == [] and again.choices.colours == "inferno"
    assert again.picture is beside.picture and set(WHOLE) == again.asked


def test_a_link_restores_what_is_pinned_on_another_picture_with_its_own_question(sources, linked):
    beside, opened = look(sources.sample(2)), sources.specimen(BIRD, 5)
    pinned = look(opened, CHOICES._replace(seed=4))
    assert set(link.pinned(pinned, beside, opened)) == {"pin.picture", "pin.seed"}
    again, odd = linked(pinned, beside, opened)
    assert odd == [] and again.differing(pinned) == []


def test_a_pin_without_a_difference_is_a_pin_and_a_link_without_a_pin_has_none(sources, page, linked):
    beside = look(sources.sample(2))
    again, odd = linked(beside, beside)
    assert again.same(beside) and odd == []
    assert restored_pin(page, sources, {"eps": "3", "picture": "sample 2"}, beside) == (None, [])


def test_a_visitors_own_picture_is_pinned_in_no_link_but_its_settings_are_beside_it(sources, tmp_path):
    path = tmp_path / "secret.png"
    Image.new("RGB", (200, 200)).save(path)
    own, sample = look(sources.file(str(path))), look(sources.sample(2))
    assert link.pinned(own, sample, None) == {}
    stronger = replace(own, choices=own.choices._replace(eps=9))
    assert link.pinned(stronger, own, None) == {"pin.eps": "9"}


@pytest.mark.parametrize(
    ("odd", "about"),
    [
        ({"pin.picture": "sample 99"}, "Nothing is pinned: This page has no picture “sample 99”"),
        ({"pin.model": "ViT-B-32/openai"}, "of the model ViT-B-32/openai"),
    ],
)
def test_a_pin_that_this_page_cannot_offer_is_left_out_with_a_sentence(sources, linked, odd, about):
    beside = look(sources.sample(2))
    again, complaints = linked(replace(beside, choices=beside.choices._replace(eps=2)), beside, None, odd)
    assert again is None and len(complaints) == 1 and about in complaints[0]


def test_a_value_of_a_pin_that_fits_no_control_is_told_and_the_rest_is_pinned(sources, linked):
    beside = look(sources.sample(2))
    pinned = replace(beside, choices=beside.choices._replace(eps=2))
    again, complaints = linked(pinned, beside, None, {"pin.steps": "hope", "pin.nothing": "1"})
    assert again.choices == pinned.choices and len(complaints) == 1 and "pin.steps = “hope”" in complaints[0]


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_the_zip_holds_what_was_pinned_in_a_folder_of_its_own_and_names_what_differs(tiny, told):
    choices = CHOICES._replace(eps=2)
    before = run(asked(tiny, Results(), choices))
    pinned = Pinned(Look("", before.picture, choices, frozenset(WHOLE)), before)
    beside = report.Beside(tiny, ["Limit: 2, now 4"])
    archive = zipfile.ZipFile(io.BytesIO(report.bundle(tiny, replace(told, pinned=pinned), CHOICES, beside)))
    files = named(archive)
    own = {name for name in files if not name.startswith("pinned/")}
    assert {f"pinned/{name}" for name in own - {"README.txt"}} == set(files) - own
    limits = [
        json.loads(files[name])["engine"]["attack"]["epsilon"] for name in ("settings.json", "pinned/settings.json")
    ]
    assert limits == [4 / 255, 2 / 255]
    numbers = np.load(io.BytesIO(files["pinned/numbers.npz"]))
    assert np.array_equal(numbers["attacked_map"], before.maps.attacked.raw.numpy())
    assert b"Limit: 2, now 4." in files["README.txt"] and b"pinned/" in files["README.txt"]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("there", [True, False], ids=["model there", "model gone"])
def test_the_zip_says_so_where_nothing_is_kept_of_what_was_pinned(tiny, told, there):
    pinned = Pinned(Look("", told.picture, CHOICES, frozenset(WHOLE)), Found(picture=told.picture), away=not there)
    beside = report.Beside(tiny if there else None, [])
    archive = zipfile.ZipFile(io.BytesIO(report.bundle(tiny, replace(told, pinned=pinned), CHOICES, beside)))
    files = named(archive)
    assert not any(name.startswith("pinned/") for name in files) and b"no longer kept" in files["README.txt"]


# -- the ZIP ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packed(sources):
    """A whole story on the built-in model, with settings that are no defaults, and its ZIP."""
    opened = sources.specimen(BIRD, 5)
    target = next(name for name in opened.names if name != opened.truth)
    choices = CHOICES._replace(
        class_names="\n".join(opened.names), true_class=opened.truth, seed=3, keep=0.25, norm="l2", eps=1.5,
        step_size=0.45, target=target, about=target, against=opened.truth, prompt_ensemble="model", temperature=0.02,
        answer_views=4, purifier="ttc", legacy=True,
    )  # fmt: skip
    found = run(asked(sources.backbone, Results(), choices, opened.shown), EVERYTHING, opened.shown)
    pictures = report.Pictures(sources, drawn_maps)
    return found, zipfile.ZipFile(io.BytesIO(report.bundle(sources.backbone, found, choices, pictures=pictures)))


def named(archive: zipfile.ZipFile) -> dict[str, bytes]:
    return {name.removeprefix("a-tpt-explorer/"): archive.read(name) for name in archive.namelist()}


@pytest.mark.slow
def test_maps_lie_over_the_whole_picture_at_its_own_size(packed):
    found, archive = packed
    files = named(archive)
    drawn = {name: Image.open(io.BytesIO(file)) for name, file in files.items() if name.startswith("maps/")}
    assert {name.rpartition("-")[2] for name in drawn} == {"clean.png", "attacked.png", "difference.png"}
    kinds = len(engine.maps.maps_for(engine.load_backbone(device="cpu")))
    folders = Counter(name.rpartition("/")[0] for name in drawn)
    assert folders == {"maps": 3, "maps/guide": 2, "maps/every": 2 * kinds, "maps/head": 3}
    for one in drawn.values():
        assert one.size == found.picture.size and np.asarray(one).std() > 1


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_many_maps_over_a_large_picture_are_small_and_those_of_the_rows_are_not(tiny, tmp_path):
    path = tmp_path / "wide.png"
    Image.radial_gradient("L").resize((1200, 600)).convert("RGB").save(path)
    sources = PictureSources(tiny, ())
    opened = sources.file(str(path), "my / beach?.png")
    found = run(asked(tiny, Results(), shown=opened.shown), (*WHOLE, "every"), opened.shown)
    packed = report.bundle(tiny, found, CHOICES, pictures=report.Pictures(sources, drawn_maps))
    files = named(zipfile.ZipFile(io.BytesIO(packed)))
    assert files["original/my - beach-.png"] == path.read_bytes()
    sizes = {name: Image.open(io.BytesIO(file)).size for name, file in files.items() if name.startswith("maps/")}
    assert {size for name, size in sizes.items() if "every/" not in name} == {(1200, 600)}
    assert {size for name, size in sizes.items() if "every/" in name} == {(1024, 512)}


@pytest.mark.parametrize("how", [engine.PictureSettings(*each) for each in (("crop", 0.0), ("squash",), ("pad",))])
def test_a_map_is_drawn_where_the_model_saw_it_and_nowhere_else(sources, how):
    whole = Image.new("RGB", (400, 200), "red")
    cells = np.zeros((2, 2), np.float32)
    cells[0, 1] = 1.0
    box = sources.backbone.box(whole.size, how)
    scale = engine.overlays.Scale(0.0, 1.0)
    drawn = np.asarray(engine.overlays.overlaid(whole, box, cells, scale, "viridis")).astype(int)
    assert drawn.shape == (200, 400, 3)
    brightest = drawn[..., 1] > 120  # the upper right cell, yellow; the others are dark, and red has no green
    rows, columns = np.nonzero(brightest)
    expected = {"crop": (100, 199, 0, 99), "squash": (200, 399, 0, 99), "pad": (200, 399, 0, 99)}[how.fit]
    found = (columns.min(), columns.max(), rows.min(), rows.max())
    assert np.abs(np.subtract(found, expected)).max() <= 2
    assert (drawn[:, 210:] == (255, 0, 0)).all() == (how.fit == "crop")


FONT = re.compile(rb"/Type /Font\b(?!Descriptor).*?/Subtype /(\w+)", re.DOTALL)  # Type 3: drawn in the file itself
FIGURES = (
    "attack", "maps", "tuning", "defences", "poster", "every-map", "curves", "words", "heads", "layers",
    "where-the-pictures-went",
)  # fmt: skip


@pytest.mark.slow
def test_figures_are_on_white_and_bring_their_letters(packed):
    """A viewer with a dark ground, or without these fonts, shows them the same."""
    files = named(packed[1])
    assert {name for name in files if name.startswith("figures/")} == {
        f"figures/{name}.{kind}" for name in FIGURES for kind in ("png", "svg", "pdf")
    }
    for name in FIGURES:
        drawn = Image.open(io.BytesIO(files[f"figures/{name}.png"])).convert("RGBA")
        assert drawn.getpixel((0, 0)) == (255, 255, 255, 255)
        svg = files[f"figures/{name}.svg"].decode()
        assert "fill: #ffffff" in svg[: svg.index("</g>")] and "<text" not in svg
        pdf = files[f"figures/{name}.pdf"]
        assert pdf.startswith(b"%PDF") and set(FONT.findall(pdf)) == {b"Type3"} and b"/CharProcs" in pdf


@pytest.mark.slow
def test_the_zip_holds_all_numbers_of_step_3(packed):
    found, archive = packed
    files = named(archive)
    numbers = np.load(io.BytesIO(files["numbers.npz"]))
    for test in found.every:
        kind = test.pair.attacked.map
        assert np.array_equal(numbers[f"every_{kind}_attacked"], test.pair.attacked.raw.numpy())
        assert np.array_equal(numbers[f"every_{kind}_shuffled"], test.shuffled.raw.numpy())
    assert np.array_equal(numbers["heads_clean_attention"], found.heads.clean.attention.numpy())
    assert np.array_equal(numbers["heads_attacked_logits"], found.heads.attacked.logits.numpy())
    assert np.array_equal(numbers["insertion_map"], found.occlusion.map.insertion.numpy())
    assert np.array_equal(numbers["words_asked_attacked"], found.words.asked[1].shares.numpy())
    results = json.loads(files["results.json"])
    assert results["curves"]["map"]["deletion area"] == found.occlusion.map.deletion_area
    first = results["words"][0]
    assert first["sentence"] == found.words.asked[0].sentence and first["picture"] == "clean"
    assert [piece for piece, _ in first["pieces"]] == [piece.strip() for piece in found.words.asked[0].pieces]


@pytest.mark.slow
@pytest.mark.usefixtures("drawn_once")
def test_a_second_class_is_in_the_zip_with_its_maps(tiny, told):
    """Where the attacked picture is taken for another class, the page has a second row of maps."""
    rival = replace(told.maps, rival=(told.maps.clean, told.maps.attacked))
    files = named(zipfile.ZipFile(io.BytesIO(report.bundle(tiny, replace(told, maps=rival), CHOICES))))
    assert "figures/maps-of-the-answer.pdf" in files
    numbers = np.load(io.BytesIO(files["numbers.npz"]))
    assert np.array_equal(numbers["clean_map_of_the_answer"], told.maps.clean.raw.numpy())
    assert json.loads(files["results.json"])["maps of the answer"]["map"] == told.maps.attacked.map


@pytest.mark.slow
def test_the_zip_says_where_its_project_is_to_be_had_and_which_version(packed, monkeypatch):
    found = project.project()
    files = named(packed[1])
    assert found.version and found.name in files["README.txt"].decode()
    assert json.loads(files["settings.json"])["project"] == asdict(found)
    for name in ("redo.sh", "redo.py", "redo.ipynb"):
        assert found.name in files[name].decode() and "pip install ." in files[name].decode()
    monkeypatch.setenv(project.SPACE, "somebody/explorer")
    there = project.project.__wrapped__()
    clone = ("git clone https://huggingface.co/spaces/somebody/explorer", "cd explorer")
    assert there.way[:2] == clone and there.way[-1] == "pip install ."


@pytest.mark.usefixtures("undrawn")
def test_where_a_picture_was_taken_is_not_handed_on(tiny, tmp_path):
    path, exif = tmp_path / "mine.jpg", Image.Exif()
    exif[0x010E] = "grandmother's garden"
    Image.radial_gradient("L").convert("RGB").save(path, exif=exif)
    sources = PictureSources(tiny, ())
    opened = sources.file(str(path), "mine.jpg")
    found = run(asked(tiny, Results(), shown=opened.shown), ("clean",), opened.shown)
    packed = report.bundle(tiny, found, CHOICES, pictures=report.Pictures(sources, drawn_maps))
    files = named(zipfile.ZipFile(io.BytesIO(packed)))
    with Image.open(io.BytesIO(files["original/mine.png"])) as given:
        assert np.array_equal(given, sources.whole(opened.shown, 4096)) and not given.getexif() and not given.info
    assert not any(b"grandmother" in file for file in files.values())


@pytest.mark.slow
def test_the_zip_holds_exact_pictures_numbers_and_figures(packed, sources):
    found, archive = packed
    files = named(archive)
    attacked = np.asarray(Image.open(io.BytesIO(files["attacked.png"])))
    assert np.array_equal(attacked, (found.adversarial.saved * 255).round().byte().permute(1, 2, 0).numpy())
    numbers = np.load(io.BytesIO(files["numbers.npz"]))
    assert np.array_equal(numbers["attacked_map"], found.maps.attacked.raw.numpy())
    assert np.array_equal(numbers["weights"], found.ensemble.weights.numpy())
    for name in FIGURES:
        assert Image.open(io.BytesIO(files[f"figures/{name}.png"])).size[0] > 600
    (original,) = (name for name in files if name.startswith("original/"))
    assert np.array_equal(Image.open(io.BytesIO(files[original])), sources.whole(found.picture, 4096))
    settings = json.loads(files["settings.json"])
    assert settings["engine"]["attack"]["seed"] == 3 and settings["engine"]["attack"]["target"] is not None
    assert settings["templates"] == list(found.classes.templates) and len(settings["templates"]) > 1
    assert settings["picture"]["source"].startswith("specimen bird")
    maps = json.loads(files["results.json"])["maps"]
    assert (maps["about"], maps["against"]) == (settings["page"]["target"], settings["true class"])


@pytest.fixture
def unpacked(packed, tmp_path, monkeypatch) -> Path:
    """The unpacked folder of the ZIP, in which the test then stands."""
    packed[1].extractall(tmp_path)
    monkeypatch.chdir(tmp_path / "a-tpt-explorer")
    return tmp_path / "a-tpt-explorer"


@pytest.mark.slow
def test_the_command_in_the_zip_gives_its_answers_again(packed, unpacked, capsys):
    words = (unpacked / "redo.sh").read_text()
    *remarks, words = words.splitlines(keepends=True)
    assert words.startswith("python ") and all(remark.startswith("# ") for remark in remarks)
    read = words.replace("python ", "printf '%s\\0' ", 1)  # the words as a shell reads them
    ran = subprocess.run(["sh", "-c", read], capture_output=True, text=True, check=True)
    module, name, *given = ran.stdout.split("\0")[:-1]
    assert (module, name) == ("-m", "engine")
    assert main([*given, "--json", "--device", "cpu"]) == 0
    again = {m["defence"]: m["prediction"]["confidence"] for m in json.loads(capsys.readouterr().out)["defences"]}
    assert again == {d.defence: d.prediction.confidence for d in packed[0].defences}


@pytest.mark.slow
def test_the_script_in_the_zip_gives_its_answers_again(packed, unpacked, monkeypatch, capsys):
    found, script = packed[0], unpacked / "redo.py"
    script.write_text(script.read_text().replace("precision=", "device='cpu', precision=", 1))
    monkeypatch.chdir(unpacked.parent)
    runpy.run_path(str(script), run_name="__main__")
    told = capsys.readouterr().out
    for defence in found.defences:
        assert f"{defence.defence}: {defence.prediction.name}" in told
    assert f"map-attacked: strongest value {float(found.maps.attacked.raw.max()):.4g}" in told


@pytest.mark.slow
def test_the_notebook_in_the_zip_gives_its_answers_again_and_draws(packed, unpacked, capsys):
    book = json.loads((unpacked / "redo.ipynb").read_text(encoding="utf-8"))
    assert (book["nbformat"], [cell["cell_type"] for cell in book["cells"]]) == (4, ["markdown", *["code"] * 3])
    names: dict = {}
    for cell in book["cells"][1:]:
        exec(cell["source"].replace("precision=", "device='cpu', precision=", 1), names)
    told = capsys.readouterr().out
    assert all(f"{defence.defence}: {defence.prediction.name}" in told for defence in packed[0].defences)
    assert [axes.get_title() for axes in names["figure"].axes][1:] == list(names["maps"])


def test_two_classes_with_long_names_have_maps_of_their_own(tiny, told):
    """Names that begin alike are cut in those of files, of which none may take another's place."""
    names = tuple(f"orange and red ringed butterfly with a {kind} body" for kind in ("pink", "purple", "red"))
    first, second = (
        tuple(replace(one, label=place) for one in (told.maps.clean, told.maps.attacked)) for place in (0, 1)
    )
    pair = replace(told.maps, clean=first[0], attacked=first[1], rival=second)
    keys = [one.key for one in drawn_maps(replace(told, maps=pair, classes=engine.Classes(names)), CHOICES)]
    rows = [key for key in keys if key.startswith("maps ")]
    assert len(set(keys)) == len(keys) and len(rows) == 6
    assert ["with-a-p-1-" in key for key in rows] == [True] * 3 + [False] * 3


@pytest.mark.usefixtures("undrawn")
def test_the_sweep_of_the_picture_is_in_the_zip_and_that_of_another_is_not(tiny, told):
    settings = replace(CHOICES.settings(), defences=("clip",))
    points = (engine.story.SweepPoint(0.0, 0, {"clip": 1.5}),)
    digests = told.picture.picture.digest, "of another"
    own, other = (Sweep("", digest, "", settings, True, 6, points=points) for digest in digests)
    packed = [
        named(zipfile.ZipFile(io.BytesIO(report.bundle(tiny, replace(told, sweep=one), CHOICES))))
        for one in (own, other)
    ]
    here, there = (json.loads(files["results.json"]) for files in packed)
    assert here["sweep"]["levels"][0]["lead"] == 1.5 and here["sweep"]["points"][0]["leads"] == {"clip": 1.5}
    assert "sweep" not in there


@pytest.mark.usefixtures("undrawn")
def test_whom_the_attack_fools_is_in_the_zip_and_for_another_attack_is_not(tiny, told):
    row = engine.story.transfer_of(asked(tiny, engine.story.Results()).story, [])
    own, other = (Transfers(("tiny",), True, (row,), made=made) for made in (told.made["adversarial"], "another"))
    packed = [
        named(zipfile.ZipFile(io.BytesIO(report.bundle(tiny, replace(told, transfers=one), CHOICES))))
        for one in (own, other)
    ]
    here, there = (json.loads(files["results.json"]) for files in packed)
    assert here["transfer"][0]["made_on"] == "tiny" and "transfer" not in there


def test_a_story_half_told_is_packed_as_far_as_it_went(tiny, told):
    left = Found(picture=told.picture, classes=told.classes, label=told.label, clean=told.clean)
    files = named(zipfile.ZipFile(io.BytesIO(report.bundle(tiny, left, CHOICES))))
    said = files["README.txt"].decode()
    assert "clean.png" in said and "attacked.png" not in said and "figures/" not in said and "maps/" not in said
    assert "attacked.png" not in files and not any(name.startswith("figures/") for name in files)
    assert json.loads(files["results.json"])["clean"]["answer"] in CLASSES.names
    with pytest.raises(engine.EngineError, match="nothing to take home"):
        report.bundle(tiny, Found(), CHOICES)


@pytest.mark.usefixtures("undrawn")
def test_the_zip_tells_and_repeats_what_the_model_was_read_with(tiny, told):
    given = engine.ModelSettings(activation="quickgelu", mean=(0.1, 0.2, 0.3), resize_mode="squash", image_size=64)
    backbone = engine.Backbone(tiny.model, tiny.tokenizer, "tiny", tiny.preprocessing, settings=given)
    files = named(zipfile.ZipFile(io.BytesIO(report.bundle(backbone, told, CHOICES))))
    assert b"--activation quickgelu --mean 0.1 0.2 0.3 --resize-mode squash --image-size 64" in files["redo.sh"]
    assert repr(given).encode() in files["redo.py"]
    model = json.loads(files["settings.json"])["model"]
    assert model["activation"] == "gelu" and model["preprocessing"]["resize_mode"] == "shortest"
