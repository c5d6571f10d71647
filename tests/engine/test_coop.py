"""CoOp's fifteen data sets on small made-up trees of the same shape."""

import json
import shutil
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.datasets.coop import LAYOUTS, CoOp
from engine.errors import EngineError
from tests.evaluation_cases import Here, picture

SPLITS = [name for name, layout in LAYOUTS.items() if layout.split.endswith(".json")]
FOLDERS = {
    "caltech101": "caltech-101/101_ObjectCategories",
    "oxford_pets": "oxford_pets/images",
    "stanford_cars": "stanford_cars",
    "oxford_flowers": "oxford_flowers/jpg",
    "food101": "food-101/images",
    "sun397": "sun397/SUN397",
    "dtd": "dtd/images",
    "eurosat": "eurosat/2750",
    "ucf101": "ucf101/UCF-101-midframes",
}
NUMBERS = ["n00000005", "n00000001", "n00000003", "n00000002"]  # not in order, as a folder's listing may be
NAMES = ["maple", "tench", "missile", "missile"]


def draw(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed, (20, 20)).save(path)


def write_split(path: Path, images: Path) -> None:
    """Two classes, three test pictures, and a class that only the training part has."""
    items = [["a/1.png", 0, "big_cat"], ["a/2.png", 0, "big_cat"], ["b/3.png", 1, "owl"]]
    for seed, (file, _, _) in enumerate(items):
        draw(images / file, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"train": [["a/9.png", 2, "sea star"]], "val": [], "test": items}))


def write_names(path: Path, line: str = "{} {}") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(line.format(*pair) for pair in zip(NUMBERS, NAMES, strict=True)))


@pytest.mark.parametrize("name", SPLITS)
def test_a_split_set_is_read_as_coop_lays_it_out(name, tmp_path):
    images = tmp_path / FOLDERS[name]
    write_split(tmp_path / FOLDERS[name].split("/")[0] / LAYOUTS[name].split, images)
    source = CoOp(tmp_path, name)
    assert source.root == images and source.classes.names == ("big cat", "owl", "sea star")
    assert source.entries == (("a/1.png", 0), ("b/3.png", 1), ("a/2.png", 0))
    assert source.ask(1)().image.getpixel((0, 0)) == picture(2, (20, 20)).getpixel((0, 0))
    assert source.document()["set"] == name and len(CoOp(tmp_path, name, limit=2)) == 2


@pytest.mark.parametrize(
    ("split", "images"),
    [
        ("Flower102/split_zhou_OxfordFlowers.json", "Flower102/jpg"),  # another repository's name
        ("Flower102/split_zhou_OxfordFlowers.json", "Flower102"),  # pictures directly in it
        ("Flower102/split_mine.json", "Flower102/oxford/jpg"),  # a split of another name, pictures deeper
        ("data_splits/split_zhou_OxfordFlowers.json", "Flower102/jpg"),  # all splits in one folder
        ("split_zhou_OxfordFlowers.json", "jpg"),  # the set's folder given itself
    ],
)
def test_other_folder_names_are_found_too(split, images, tmp_path):
    write_split(tmp_path / split, tmp_path / images)
    source = CoOp(tmp_path, "oxford_flowers", ("a flower: {}",))
    assert source.root == tmp_path / images and source.classes.templates == ("a flower: {}",)


@pytest.mark.parametrize("home", ["fgvc_aircraft", "fgvc-aircraft-2013b/data"])
def test_aircraft_is_read_from_its_lists(home, tmp_path):
    folder = tmp_path / home
    draw(folder / "images" / "0034309.jpg")
    (folder / "variants.txt").write_text("707-320\nA300B4\nDR-400 2\n")
    (folder / "images_variant_test.txt").write_text("0034309 DR-400 2\n0034310 707-320\n")
    source = CoOp(tmp_path, "fgvc_aircraft")
    assert source.classes.names == ("707-320", "A300B4", "DR-400 2")
    assert set(source.entries) == {("0034309.jpg", 2), ("0034310.jpg", 0)}
    (folder / "images_variant_test.txt").write_text("0034309 dr-400_2\n")
    assert CoOp(tmp_path, "fgvc_aircraft").entries == (("0034309.jpg", 2),)
    (folder / "images_variant_test.txt").write_text("0034309 Zeppelin\n")
    with pytest.raises(EngineError, match="names classes that variants.txt does not: Zeppelin"):
        CoOp(tmp_path, "fgvc_aircraft")


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("imagenet/classnames.txt", "{} {}"),
        ("imagenet/LOC_synset_mapping.txt", "{} {}, another name"),
    ],
)
def test_imagenet_goes_by_the_order_of_wordnet_numbers(file, line, tmp_path):
    write_names(tmp_path / file, line)
    for number in NUMBERS:
        draw(tmp_path / "imagenet" / "images" / "val" / number / "x.png")
        draw(tmp_path / "imagenet" / "images" / "train" / number / "y.png")
    source = CoOp(tmp_path, "imagenet")
    assert source.classes.names == ("tench", "missile", "missile 2", "maple")
    assert source.entries == tuple((f"{number}/x.png", place) for place, number in enumerate(sorted(NUMBERS)))
    assert CoOp(tmp_path, "imagenet", part="train").entries[0] == ("n00000001/y.png", 0)


def test_names_of_imagenet_may_come_as_json(tmp_path):
    pairs = {str(place): [number, "great_owl" if place else "tench"] for place, number in enumerate(NUMBERS[:2])}
    (tmp_path / "imagenet_class_index.json").write_text(json.dumps(pairs))
    draw(tmp_path / "val" / NUMBERS[0] / "x.png")
    source = CoOp(tmp_path, "imagenet")
    assert source.classes.names == ("great owl", "tench") and source.entries == ((f"{NUMBERS[0]}/x.png", 1),)


def test_folders_of_v2_are_places_whatever_their_order_as_words(tmp_path):
    numbers = [f"n{place:08}" for place in range(12)]
    names = tmp_path / "imagenet" / "classnames.txt"
    names.parent.mkdir()
    names.write_text("\n".join(f"{number} class {place}" for place, number in enumerate(numbers)))
    for place in range(12):  # as words: 0, 1, 10, 11, 2 ...
        draw(tmp_path / "imagenetv2" / "imagenetv2-matched-frequency-format-val" / str(place) / "x.png")
    source = CoOp(tmp_path, "imagenetv2")
    assert all(source.classes.names[label] == f"class {Path(path).parent}" for path, label in source.entries)
    assert len(source) == 12


@pytest.mark.parametrize(
    ("name", "images"),
    [
        ("imagenet_a", "imagenet-adversarial/imagenet-a"),
        ("imagenet_r", "imagenet-rendition/imagenet-r"),
        ("imagenet_a", "imagenet-a"),
    ],
)
def test_a_variant_with_fewer_classes_numbers_those_it_has(name, images, tmp_path):
    write_names(tmp_path / "imagenet" / "classnames.txt")
    for number in ("n00000005", "n00000002"):
        draw(tmp_path / images / number / "x.png")
    (tmp_path / images / "README.txt").write_text("not a class")
    source = CoOp(tmp_path, name)
    assert source.classes.names == ("missile", "maple")
    assert source.entries == (("n00000002/x.png", 0), ("n00000005/x.png", 1))


def test_sketch_keeps_all_classes_of_imagenet(tmp_path):
    write_names(tmp_path / "imagenet-sketch" / "classnames.txt")
    draw(tmp_path / "imagenet-sketch" / "images" / "n00000002" / "x.png")
    source = CoOp(tmp_path, "imagenet_sketch")
    assert len(source.classes) == 4 and source.entries == (("n00000002/x.png", 1),)


def test_every_set_has_a_prompt_of_its_own_and_eight_a_word():
    assert len(LAYOUTS) == 15 and all(layout.template.count("{}") == 1 for layout in LAYOUTS.values())
    words = {name: layout.word for name, layout in LAYOUTS.items() if layout.word}
    assert len(words) == 8 and words["eurosat"] == "satellite-map" and words["caltech101"] == "object"


def test_the_command_takes_a_sets_own_prompt_and_word(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, *_: Here(tiny, model))
    write_split(tmp_path / "dtd" / "split_zhou_DescribableTextures.json", tmp_path / "dtd" / "images")
    words = f"evaluate --coop {tmp_path} dtd --own-prompt --defence clip --attack fgsm --pictures 2 --json"
    assert main(words.split()) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pictures"] == 2 and told["plan"]["templates"] == ["{} texture."] and told["plan"]["domain_word"] == ""
    words = words.replace("--own-prompt", "--own-word")
    assert main(words.split()) == 0
    assert json.loads(capsys.readouterr().out)["plan"]["domain_word"] == "texture"


def test_what_is_missing_is_named_with_its_place(tmp_path):
    def sentence(name: str) -> str:
        with pytest.raises(EngineError) as caught:
            CoOp(tmp_path, name)
        return str(caught.value)

    with pytest.raises(EngineError, match="“.*gone” is none"):
        CoOp(tmp_path / "gone", "dtd")
    assert "among caltech101, " in sentence("cub")
    split = "split_zhou_DescribableTextures.json"
    assert f"Expected {split}, a file that CoOp's authors offer, in “{tmp_path}”" in sentence("dtd")
    write_split(tmp_path / "dtd" / split, tmp_path / "dtd" / "images")
    shutil.rmtree(tmp_path / "dtd" / "images")
    assert f"below “{tmp_path}/dtd/images”; “a/1.png” is neither there nor nearby" in sentence("dtd")
    assert f"Expected images_variant_test.txt and variants.txt in “{tmp_path}”" in sentence("fgvc_aircraft")
    assert f"folders such as n01440764 below “{tmp_path}/images/val”" in sentence("imagenet")
    draw(tmp_path / "imagenet" / "val" / "n00000009" / "x.png")
    assert f"Expected classnames.txt in “{tmp_path}/imagenet”" in sentence("imagenet")
    write_names(tmp_path / "imagenet" / "classnames.txt")
    assert "“n00000009” has no name in the list of 4 class names" in sentence("imagenet")
    (tmp_path / "imagenet" / "classnames.txt").write_text("tench\n")
    assert "got one with “tench”" in sentence("imagenet")
