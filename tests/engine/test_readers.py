"""The same file gives the same pixels, whichever data set it is in; a switch reads it as published protocols did."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from engine.cli.main import main
from engine.datasets.base import Source
from engine.datasets.coop import CoOp
from engine.datasets.folders import Folder
from engine.datasets.splits import CoOpSplit
from engine.datasets.tables import Table
from engine.datasets.torchvision import SETS, Torchvision, built_by, takes_loader
from engine.evaluation import evaluate
from engine.pictures import load_picture
from tests.evaluation_cases import CLEAN_PLAN, Here, picture

ARRAYS = {"CIFAR10", "CIFAR100", "STL10", "SVHN", "MNIST", "FashionMNIST", "PCAM"}  # no picture is a file of its own
PPM = {"GTSRB"}  # files that know neither turn nor profile


def photo(path: Path, seed: int) -> None:
    """A photo that was taken with the camera on its side, as its EXIF tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[274] = 6
    picture(seed, (40, 60)).save(path, "JPEG", quality=95, exif=exif)


def folder(root: Path, plain: bool) -> Source:
    photo(root / "a" / "x.jpg", 1)
    photo(root / "b" / "y.jpg", 2)
    return Folder(root, plain=plain)


def table(root: Path, plain: bool) -> Source:
    folder(root, plain)
    (root / "list.csv").write_text("path,label\na/x.jpg,a\nb/y.jpg,b\n")
    return Table(root / "list.csv", plain=plain)


def split(root: Path, plain: bool) -> Source:
    folder(root, plain)
    (root / "split.json").write_text(json.dumps({"test": [["a/x.jpg", 0, "a"], ["b/y.jpg", 1, "b"]]}))
    return CoOpSplit(root / "split.json", root, plain=plain)


def coop_split(root: Path, plain: bool) -> Source:
    split(root / "dtd", plain)
    return CoOp(root, "dtd", plain=plain)


def coop_numbers(root: Path, plain: bool) -> Source:
    photo(root / "val" / "n00000001" / "x.jpg", 1)
    photo(root / "val" / "n00000002" / "y.jpg", 2)
    (root / "classnames.txt").write_text("n00000001 a\nn00000002 b\n")
    return CoOp(root, "imagenet", plain=plain)


def food(root: Path, plain: bool) -> Source:
    photo(root / "food-101" / "images" / "a" / "1.jpg", 1)
    photo(root / "food-101" / "images" / "b" / "2.jpg", 2)
    (root / "food-101" / "meta").mkdir()
    (root / "food-101" / "meta" / "test.json").write_text(json.dumps({"a": ["a/1"], "b": ["b/2"]}))
    return Torchvision("Food101", root, plain=plain)


def country(root: Path, plain: bool) -> Source:
    photo(root / "country211" / "test" / "AD" / "1.jpg", 1)
    photo(root / "country211" / "test" / "ZW" / "2.jpg", 2)
    return Torchvision("Country211", root, plain=plain)


def caltech(root: Path, plain: bool) -> Source:
    photo(root / "caltech256" / "256_ObjectCategories" / "001.a" / "001_0001.jpg", 1)
    photo(root / "caltech256" / "256_ObjectCategories" / "002.b" / "002_0001.jpg", 2)
    return Torchvision("Caltech256", root, plain=plain)


def pets(root: Path, plain: bool) -> Source:
    photo(root / "oxford-iiit-pet" / "images" / "Abyssinian_1.jpg", 1)
    photo(root / "oxford-iiit-pet" / "images" / "Bengal_2.jpg", 2)
    (root / "oxford-iiit-pet" / "annotations").mkdir()
    (root / "oxford-iiit-pet" / "annotations" / "test.txt").write_text("Abyssinian_1 1 1 1\nBengal_2 2 1 2\n")
    return Torchvision("OxfordIIITPet", root, plain=plain)


EVERY = [folder, table, split, coop_split, coop_numbers, food, country, caltech, pets]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_every_data_set_reads_a_file_alike(make: Callable[[Path, bool], Source], plain, tmp_path):
    source = make(tmp_path / "set", plain)
    photo(tmp_path / "photo.jpg", 2)
    with Image.open(tmp_path / "photo.jpg") as taken:
        lying = np.array(taken.convert("RGB"))  # as CoOp's and torchvision's loaders have it
    expected = lying if plain else np.rot90(lying, -1)
    shown = next(question for question in (source.ask(0)(), source.ask(1)()) if question.label == 1)
    assert np.array_equal(shown.image, expected)
    assert source.document()["reader"] == ("plain" if plain else "upright")


def test_no_set_of_torchvision_has_a_reader_of_its_own():
    read = {name for name, known in SETS.items() if takes_loader(built_by(name)) or known.file is not None}
    assert read | ARRAYS | PPM == set(SETS) and not read & ARRAYS


def test_plain_reading_is_pillows_conversion_alone(tmp_path):
    clear = Image.new("RGBA", (60, 40), (255, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    assert np.asarray(load_picture(tmp_path / "clear.png", plain=True).image)[0, 0].tolist() == [255, 0, 0]
    assert np.asarray(load_picture(tmp_path / "clear.png").image).min() == 255
    Image.new("RGB", (2500, 200), "navy").save(tmp_path / "large.png")
    assert load_picture(tmp_path / "large.png", plain=True).image.size == (2500, 200)
    assert load_picture(tmp_path / "large.png", plain=True).note == ""


def test_plain_reading_passes_a_colour_profile_over(tmp_path, monkeypatch):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture(3).save(tmp_path / "x.png", icc_profile=profile)
    monkeypatch.setattr(ImageCms, "profileToProfile", lambda image, *_, **__: ImageOps.invert(image))
    assert np.array_equal(load_picture(tmp_path / "x.png").image, ImageOps.invert(picture(3)))
    assert np.array_equal(load_picture(tmp_path / "x.png", plain=True).image, picture(3))


def test_the_switch_stands_in_the_plan(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, *_: Here(tiny, model))
    folder(tmp_path / "set", False)
    words = ["evaluate", "--folder", str(tmp_path / "set"), "--defence", "clip", "--attack", "fgsm", "--json"]
    told = []
    for more in ([], ["--plain-rgb"]):
        assert main([*words, *more]) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert [one["plan"]["reader"] for one in told] == ["upright", "plain"]
    records = [
        [one.record["arms"] for one in evaluate(Folder(tmp_path / "set", plain=plain), CLEAN_PLAN, Here(tiny, "tiny"))]
        for plain in (False, True)
    ]
    assert records[0] != records[1]
