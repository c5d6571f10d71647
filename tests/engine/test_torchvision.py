"""torchvision's data sets on small made-up files of the same shape."""

import hashlib
import json
import pickle
import struct

import numpy as np
import pytest
from torchvision import datasets

from engine.cli.main import main
from engine.datasets.coop import LAYOUTS
from engine.datasets.torchvision import SETS, Torchvision
from engine.errors import EngineError
from tests.evaluation_cases import picture


def draw(path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed, (20, 20)).save(path)


def cifar(root, monkeypatch) -> list[int]:
    """A CIFAR-10 whose test part has five noise pictures; returns their labels."""
    folder = root / "cifar-10-batches-py"
    folder.mkdir()
    labels = [3, 0, 9, 3, 1]
    data = np.random.default_rng(0).integers(0, 256, (5, 3072), dtype=np.uint8)
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    (folder / "test_batch").write_bytes(pickle.dumps({"data": data, "labels": labels}))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": names}))

    def sums(*files: str) -> list[list[str]]:
        return [[file, hashlib.md5((folder / file).read_bytes()).hexdigest()] for file in files]

    monkeypatch.setattr(datasets.CIFAR10, "train_list", [])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", sums("test_batch"))
    monkeypatch.setattr(datasets.CIFAR10, "meta", {**datasets.CIFAR10.meta, "md5": sums("batches.meta")[0][1]})
    return labels


def test_pictures_come_in_one_shuffled_order_with_their_labels(tmp_path, monkeypatch):
    labels = cifar(tmp_path, monkeypatch)
    source = Torchvision("CIFAR10", tmp_path)
    assert len(source) == 5 and source.classes.names[3] == "cat" and sorted(source.order) == list(range(5))
    asked = [source.ask(index)() for index in range(5)]
    assert [one.label for one in asked] == [labels[place] for place in source.order] != labels
    assert [one.key for one in asked] == [str(place) for place in source.order]
    assert asked[0].image.size == (32, 32) and asked[0].group == source.classes.names[asked[0].label]
    assert Torchvision("CIFAR10", tmp_path, limit=2).order == source.order[:2]
    told = source.document()
    assert (told["set"], told["part"], told["size"]) == ("CIFAR10", "test", 5)


def test_eurosat_is_not_parted_and_has_speakable_names(tmp_path):
    folders = ("AnnualCrop", "Forest", "HerbaceousVegetation", "Highway", "Industrial", "Pasture", "PermanentCrop")
    for seed, folder in enumerate((*folders, "Residential", "River", "SeaLake")):
        draw(tmp_path / "eurosat" / "2750" / folder / "x.png", seed)
    source = Torchvision("EuroSAT", tmp_path)
    question = source.ask(source.order.index(9))()
    assert question.group == "Sea or Lake" and np.array_equal(question.image, picture(9, (20, 20)))
    with pytest.raises(EngineError, match="part of EuroSAT among test; got “train”"):
        Torchvision("EuroSAT", tmp_path, part="train")


def test_sets_of_lists_folders_and_tables_are_read(tmp_path):
    meta = tmp_path / "food-101" / "meta"
    meta.mkdir(parents=True)
    listing = {"apple_pie": ["apple_pie/1"], "ice_cream": ["ice_cream/2"]}
    (meta / "test.json").write_text(json.dumps(listing))
    for path in ("apple_pie/1", "ice_cream/2"):
        draw(tmp_path / "food-101" / "images" / f"{path}.jpg")
    assert Torchvision("Food101", tmp_path).classes.names == ("apple pie", "ice cream")

    for split in ("valid", "test"):
        for code in ("AD", "ZW"):
            draw(tmp_path / "country211" / split / code / "x.jpg")
    named = Torchvision("Country211", tmp_path, part="val", names=("Andorra", "Zimbabwe"))
    assert named.classes.names == ("Andorra", "Zimbabwe") and len(named) == 2
    with pytest.raises(EngineError, match="Expected 2 class names for Country211; got 1"):
        Torchvision("Country211", tmp_path, names=("Andorra",))

    draw(tmp_path / "gtsrb" / "GTSRB" / "Final_Test" / "Images" / "00000.ppm")
    (tmp_path / "gtsrb" / "GT-final_test.csv").write_text("Filename;ClassId\n00000.ppm;14\n")
    assert Torchvision("GTSRB", tmp_path).ask(0)().group == "stop" and len(SETS["GTSRB"].names) == 43

    for number in ("001.ak47", "002.american-flag"):
        draw(tmp_path / "caltech256" / "256_ObjectCategories" / number / f"{number[:3]}_0001.jpg")
    assert Torchvision("Caltech256", tmp_path).classes.names == ("ak47", "american-flag")


def test_a_hidden_folder_that_torchvision_takes_for_a_class_is_refused(tmp_path):
    for folder in ("001.ak47", "002.american-flag", ".ipynb_checkpoints"):
        draw(tmp_path / "caltech256" / "256_ObjectCategories" / folder / f"{folder[:3]}_0001.jpg")
    with pytest.raises(EngineError, match="torchvision takes “.ipynb checkpoints” for one: remove it"):
        Torchvision("Caltech256", tmp_path)


def test_a_file_that_torchvision_takes_for_a_class_is_refused(tmp_path):
    for folder in ("001.ak47", "002.american-flag"):
        draw(tmp_path / "caltech256" / "256_ObjectCategories" / folder / f"{folder[:3]}_0001.jpg")
    (tmp_path / "caltech256" / "256_ObjectCategories" / ".DS_Store").write_bytes(b"of a Mac")
    with pytest.raises(EngineError, match="takes the file “caltech256/.*/.DS_Store” for one: remove it.$"):
        Torchvision("Caltech256", tmp_path)


def test_files_that_cannot_be_read_are_named(tmp_path):
    meta = tmp_path / "food-101" / "meta"
    meta.mkdir(parents=True)
    (meta / "test.json").write_text(json.dumps({"apple_pie": ["apple_pie/1"], "ice_cream": ["ice_cream/2"]}))
    draw(tmp_path / "food-101" / "images" / "apple_pie" / "1.jpg")
    gone = Torchvision("Food101", tmp_path).order.index(1)
    with pytest.raises(EngineError, match="^food-101/images/ice_cream/2.jpg: Expected a PNG.*there is no file"):
        Torchvision("Food101", tmp_path).ask(gone)()
    for number in ("001.ak47", "002.american-flag"):
        path = tmp_path / "caltech256" / "256_ObjectCategories" / number / f"{number[:3]}_0001.jpg"
        draw(path)
        path.write_text("no picture")
    path.write_bytes(b"")
    told = ["^caltech256/.*/001.ak47/001_0001.jpg: .*; got text", "^caltech256/.*/002_0001.jpg: .*; got an empty file"]
    source = Torchvision("Caltech256", tmp_path)
    for place in (0, 1):
        with pytest.raises(EngineError, match=told[place]):
            source.ask(source.order.index(place))()
    images = tmp_path / "gtsrb" / "GTSRB" / "Final_Test" / "Images"
    images.mkdir(parents=True)
    (images / "00000.ppm").write_bytes(b"")
    (tmp_path / "gtsrb" / "GT-final_test.csv").write_text("Filename;ClassId\n00000.ppm;14\n")
    with pytest.raises(EngineError, match="^0: Expected a picture; torchvision cannot read it"):
        Torchvision("GTSRB", tmp_path).ask(0)()


def test_digits_are_read_from_mnists_files(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, data in (("images-idx3", np.zeros((2, 28, 28), np.uint8)), ("labels-idx1", np.array([7, 2], np.uint8))):
        head = struct.pack(f">i{data.ndim}i", 0x800 + data.ndim, *data.shape)
        for part in ("t10k", "train"):
            (raw / f"{part}-{name}-ubyte").write_bytes(head + data.tobytes())
    assert sorted(Torchvision("MNIST", tmp_path).ask(index)().group for index in range(2)) == ["2", "7"]


@pytest.mark.parametrize("name", SETS)
def test_what_is_not_there_is_not_downloaded_but_told(name, tmp_path):
    with pytest.raises(EngineError, match=f"Expected {name} in “.*” as torchvision keeps it .*; --download fetches it"):
        Torchvision(name, tmp_path)


def test_prompts_and_words_are_those_of_the_same_pictures_elsewhere():
    assert SETS["DTD"].template == LAYOUTS["dtd"].template == "{} texture."
    assert SETS["EuroSAT"].word == "satellite-map" and all(known.template.count("{}") == 1 for known in SETS.values())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--torchvision", "CUB", "."], "Expected a data set among CIFAR10, "),
        (["--coop", ".", "cub"], "Expected a data set among caltech101, "),
        (["--names", "x.txt"], "--names goes with --folder, --table and --torchvision"),
        (["--download", "--folder", "."], "--download goes with --torchvision"),
        (["--plain-rgb"], "--plain-rgb goes with pictures that are files; the Field Guide is painted"),
        (["--own-word"], "--own-prompt and --own-word go with a data set"),
        (["--own-prompt", "--folder", "."], "--own-prompt and --own-word go with a data set"),
        (["--torchvision", "CIFAR10", "/nowhere"], "Expected CIFAR10 in “/nowhere”"),
    ],
)
def test_bad_options_end_in_one_sentence(capsys, options, sentence):
    assert main(["evaluate", "--defence", "clip", *options]) == 2
    err = capsys.readouterr().err
    assert sentence in err and err.count("\n") == 1
