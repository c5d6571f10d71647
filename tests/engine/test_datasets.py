"""Sources: pictures and classes as they lie on disk, sentences for what is wrong."""

import csv
import json
import os
import pickle
import shutil
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from engine.datasets.coop import CoOp
from engine.datasets.folders import Folder
from engine.datasets.splits import CoOpSplit
from engine.datasets.tables import Table
from engine.errors import EngineError
from engine.evaluation import read_plan
from engine.fieldguide.series import FieldGuideSeries
from engine.files import make_folder
from tests.evaluation_cases import picture


def test_a_folder_is_read_in_turns_so_that_few_pictures_cover_all_classes(tree):
    source = Folder(tree)
    assert source.classes.names == ("fox", "owl", "sea star") and len(source) == 6
    assert [path for path, _ in source.entries] == [
        "fox/x/f.png", "owl/c.png", "sea_star/a.png", "owl/d.png", "sea_star/b.png", "owl/e.png",
    ]  # fmt: skip
    assert len(Folder(tree, limit=3)) == 3
    question = source.ask(1)()
    assert question.label == 1 and question.group == "owl" and np.array_equal(question.image, picture(2))


def test_hidden_names_are_passed_over_and_told_once(tree):
    shutil.copytree(tree / "owl", tree / ".ipynb_checkpoints")
    shutil.copytree(tree / "owl", tree / "owl" / ".trash")
    (tree / "fox" / "._f.png").write_bytes(b"what a Mac leaves in an archive")
    (tree / "__MACOSX" / "owl").mkdir(parents=True)
    (tree / "__MACOSX" / "owl" / "._c.png").write_bytes(b"the same")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
        (tree / "owl" / name).write_bytes(b"of a file manager")
    (tree / "owl" / "circle").symlink_to(tree)
    source = Folder(tree)
    assert source.classes.names == ("fox", "owl", "sea star") and len(source) == 6
    assert source.notes == (
        "Names that begin with a dot are passed over, here 4: ._c.png, ._f.png, .ipynb_checkpoints, .trash.",
        "Links to folders that lead back or lie in a class are passed over, here 1: circle.",
        "Folders without pictures are no classes, here 2: __MACOSX, notes.",
    )


def test_links_to_folders_are_classes_unless_they_lead_back(tree, tmp_path):
    shutil.move(tree / "fox", tmp_path / "fox of elsewhere")
    (tree / "fox").symlink_to(tmp_path / "fox of elsewhere")
    (tree / "flower").symlink_to(tree)
    (tree / "above").symlink_to("../..")
    (tree / "owl" / "more").symlink_to(tree / "sea_star")
    source = Folder(tree)
    assert source.classes.names == ("fox", "owl", "sea star") and len(source) == 6
    assert (
        source.notes[0]
        == "Links to folders that lead back or lie in a class are passed over, here 3: above, flower, more."
    )
    (tmp_path / "itself").symlink_to(tree)
    assert Folder(tmp_path / "itself").entries == source.entries


@pytest.mark.parametrize(
    "parts", [("train", "val", "test"), ("Training", "validation"), ("train",), ("training_set", "test_set")]
)
def test_parts_of_a_data_set_are_no_classes(tree, tmp_path, parts):
    for part in parts:
        shutil.copytree(tree, tmp_path / "set" / part)
    likely = tmp_path / "set" / next(one for one in ("test", "validation", "test_set", "train") if one in parts)
    with pytest.raises(EngineError, match=f"are the parts of a data set .*: name one of them, such as “{likely}”"):
        Folder(tmp_path / "set")
    assert len(Folder(likely)) == 6


def test_a_class_may_be_called_as_a_part_is(tree):
    (tree / "fox").rename(tree / "train")
    assert Folder(tree).classes.names == ("owl", "sea star", "train")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("classnames.txt", "n00000001 a fish\nn00000002 fox\nn00000003 horned owl\n"),
        ("LOC_synset_mapping.txt", "n00000002 fox, reynard\nn00000003 horned owl, owl\n"),
        ("imagenet_class_index.json", '{"0": ["n00000002", "fox"], "1": ["n00000003", "horned_owl"]}'),
    ],
)
def test_wordnet_numbers_need_a_list_of_names(tree, tmp_path, file, text):
    shutil.rmtree(tree / "sea_star")
    (tree / "fox").rename(tree / "n00000002")
    (tree / "owl").rename(tree / "n00000003")
    remedy = r"are WordNet numbers \(n00000002, n00000003\): give --names FILE with lines such as “n01440764 tench”"
    with pytest.raises(EngineError, match=f"the folders of “.*” {remedy}"):
        Folder(tree)
    (tmp_path / file).write_text(text)
    source = Folder(tree, names=tmp_path / file)
    assert source.classes.names == ("fox", "horned owl") and source.ask(1)().group == "horned owl"
    table = written(tree, "path,label\nn00000002/x/f.png,n00000002\nn00000003/c.png,n00000003\n")
    with pytest.raises(EngineError, match=f"the labels of “.*odd.csv” {remedy}"):
        Table(table)
    assert Table(table, names=tmp_path / file).classes.names == ("fox", "horned owl")
    (tmp_path / "classnames.txt").write_text("n00000002 fox\n")
    with pytest.raises(EngineError, match="a name for every WordNet number in “.*”; it has none for n00000003"):
        Folder(tree, names=tmp_path / "classnames.txt")


def test_a_list_of_wordnet_numbers_may_have_tabs_but_not_two_names_for_one(tmp_path):
    table = written(tmp_path, "path,label\n1.png,n00000002\n2.png,n00000003\n")
    names = tmp_path / "names.txt"
    names.write_text("n00000002\tred fox\nn00000003  \t owl\nn00000003 owl\n")
    assert Table(table, names=names).classes.names == ("red fox", "owl")
    names.write_text("n00000002 fox\nn00000003 owl\nn00000002 wolf\n")
    with pytest.raises(EngineError, match="one name for n00000002 in “.*names.txt”; got “fox” and “wolf”"):
        Table(table, names=names)
    for line in ("n00000002", "fox n00000002"):
        names.write_text(line)
        with pytest.raises(EngineError, match=f"such as “n01440764 tench” in “.*”; got one with “{line.split()[0]}”"):
            Table(table, names=names)


@pytest.mark.parametrize("label", ["N00000002", "n00000002_fox", "n00000002-fox", "n00000002 fox"])
def test_wordnet_numbers_may_be_capital_or_have_words_behind_them(tmp_path, label):
    table = written(tmp_path, f"path,label\n1.png,{label}\n2.png,n00000003\n3.png,n0000000234\n")
    with pytest.raises(EngineError, match=f"are WordNet numbers \\({label}, n00000003\\): give --names FILE"):
        Table(table)
    (tmp_path / "names.txt").write_text("n00000002 red fox\nn00000003 owl\n")
    assert sorted(Table(table, names=tmp_path / "names.txt").classes.names) == ["n0000000234", "owl", "red fox"]


def test_joined_words_are_told_and_a_file_of_names_gives_others(tree, tmp_path):
    (tree / "sea_star").rename(tree / "SeaStar")
    (note, _) = Folder(tree).notes
    assert note.startswith("A model reads names such as these as one odd word: SeaStar; --names FILE, a line")
    names = tmp_path / "names.txt"
    names.write_text("sea star\nfox\n\nhorned owl\n")
    source = Folder(tree, names=names)
    assert source.classes.names == ("sea star", "fox", "horned owl")
    told = "were given to the classes in this order: SeaStar → sea star, fox → fox, owl → horned owl."
    assert source.notes[0] == f"The names of “{names}” {told}"
    assert not any("odd word" in note for note in source.notes)
    names.write_text("sea star\n")
    with pytest.raises(EngineError, match="3 class names in .* in this order: SeaStar, fox, owl; got 1"):
        Folder(tree, names=names)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (("1", "10", "2"), "10 → B, 2 → C"),
        (("Fish", "bird"), "Fish → A, bird → B"),
        (("1", "2", "3"), ""),
        (("bird", "Fish"), "Fish → A, bird → B"),
        (("Bird", "Fish"), ""),
        (("class 2", "class_1"), "class 2 → A, class_1 → B"),
    ],
)
def test_names_are_told_where_their_order_may_surprise(tmp_path, labels, told):
    (tmp_path / "names.txt").write_text("A\nB\nC\n"[: 2 * len(labels)])
    rows = "".join(f"{place}.png,{label}\n" for place, label in enumerate(labels))
    source = Table(written(tmp_path, f"path,label\n{rows}"), names=tmp_path / "names.txt")
    sentence = f"The names of “{tmp_path / 'names.txt'}” were given to the classes in this order: {told}."
    assert source.classes.names == ("A", "B", "C")[: len(labels)]
    assert source.notes == ((sentence,) if told else ())


def test_a_table_is_read_by_its_columns(tree, tmp_path):
    path = tree / "list.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("label", "path"), ("owl", "owl/c.png"), ("star", "sea_star/a.png")])
    source = Table(path, ("a picture of a {}.",))
    assert source.classes.names == ("owl", "star") and source.classes.templates == ("a picture of a {}.",)
    assert np.array_equal(source.ask(1)().image, picture(0)) and source.ask(1)().label == 1


def test_a_file_that_is_listed_by_two_paths_counts_once(tree):
    rows = "../up.png,owl\n./../up.png,owl\nowl/../../up.png,owl\nsea_star/a.png,star\nsea_star//b.png,star\n"
    source = Table(written(tree, f"path,label\n{rows}"))
    assert source.entries == (("../up.png", 0), ("sea_star/a.png", 1), ("sea_star//b.png", 1))
    assert source.notes == ("Pictures that are listed again count once, here 2.",)


def test_spellings_of_a_label_are_one_class_of_a_table(tmp_path):
    labels = [unicodedata.normalize(form, "café") for form in ("NFC", "NFD")] + ["owl", "Sea_star", "sea  star"]
    rows = "".join(f"{place}.png,{label}\n" for place, label in enumerate(labels))
    source = Table(written(tmp_path, f"path,label\n{rows}"))
    assert source.classes.names == ("Sea star", labels[1], "owl")  # the first of each in the alphabet, "_" as a blank
    assert sorted(source.entries) == [("0.png", 1), ("1.png", 1), ("2.png", 2), ("3.png", 0), ("4.png", 0)]


def test_folders_of_one_name_in_two_spellings_are_refused(tree):
    for form in ("NFC", "NFD"):
        home = make_folder(tree / unicodedata.normalize(form, "café"))
        (home / "a.png").write_bytes((tree / "owl" / "c.png").read_bytes())
    with pytest.raises(
        EngineError, match="“café” stands twice: number 1 is “cafe\u0301”, number 2 is “café”, which differ only in how"
    ):
        Folder(tree)


def test_a_split_file_brings_paths_numbers_and_names(tree, tmp_path):
    items = [["sea_star/a.png", 1, "sea_star"], ["owl/c.png", 0, "owl"]]
    path = tmp_path / "split_zhou_Made.json"
    path.write_text(json.dumps({"train": [], "val": [], "test": items}))
    source = CoOpSplit(path, tree)
    assert source.classes.names == ("owl", "sea star") and source.ask(1)().label == 1
    items += [["owl/d.png", 0, "owl"], ["owl/e.png", 0, "owl"], ["sea_star/b.png", 1, "sea_star"]]
    path.write_text(json.dumps({"test": items}))
    few = CoOpSplit(path, tree, limit=3)  # in turn from every class
    assert few.entries == (("owl/c.png", 0), ("sea_star/a.png", 1), ("owl/d.png", 0))


def written(folder: Path, text: str) -> Path:
    (folder / "odd.csv").write_text(text)
    return folder / "odd.csv"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda t: Folder(t / "gone"), "“.*gone” is none"),
        (lambda t: Folder(t / "owl"), "at least two folders with pictures"),
        (lambda t: Table(t / "gone.csv"), "gone.csv” cannot be read"),
        (lambda t: Table(t / "notes" / "read me.txt"), "columns path and label in .*; got nothing"),
        (
            lambda t: Table(written(t, "path,label\nowl/c.png,owl\nowl/d.png")),
            "in every line of .*odd.csv”; line 3 has no label",
        ),
        (lambda t: Table(written(t, "file,label\nowl/c.png,owl,7")), "columns path and label in .*; got file, label"),
        (lambda t: Table(written(t, "path,label\nowl/c.png,owl\n\n,owl\n")), "odd.csv”; line 4 has no path"),
        (lambda t: Table(written(t, "path;label\na;owl")), "path;label \\(commas are expected between columns\\)"),
        (lambda t: Table(written(t, "path\tlabel\na\towl")), "commas are expected between columns"),
        (lambda t: Table(written(t, "Path, label\na,owl")), "got  label, Path \\(small letters and no blanks are expe"),
        (
            lambda t: Table(written(t, "path,label\na,_\nb,owl")),
            "the labels of .* one without a word in it, “_”: rename",
        ),
        (
            lambda t: Folder((t / "owl").rename(t / "_").parent),
            "the folders of .* one without a word in it, “_”: rename",
        ),
        (lambda t: Table(written(t, f"path,label\n{'x' * 200_000},owl")), "in “.*odd.csv” field larger than"),
        (lambda t: CoOpSplit(t / "gone.json", t), "gone.json” cannot be read"),
        (lambda t: CoOpSplit(t / "notes" / "read me.txt", t), "lists of \\[path, number, name\\] under “test”"),
    ],
)
def test_a_source_that_is_none_gets_a_sentence(tree, make, sentence):
    with pytest.raises(EngineError, match=sentence):
        make(tree)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("x" * 300 + ".png", "cannot be read \\(File name too long\\)"),
        pytest.param(
            "a\0b.png",
            "'.*x00b.png' is not the path of a file",
            marks=pytest.mark.skipif(
                sys.version_info < (3, 11), reason="Python's reader of CSV refused the whole file"
            ),
        ),
    ],
)
def test_a_path_that_can_be_none_is_skipped_by_name(tree, path, sentence):
    source = Table(written(tree, f"path,label\n{path},owl\nsea_star/a.png,star\n"))
    with pytest.raises(EngineError, match=f"Expected a PNG.*{sentence}") as said:
        source.ask(0)()
    assert str(said.value).startswith(f"{path}: ")
    assert not source.recognises(0, {"truth": "owl", "digest": "0"}) and source.ask(1)().label == 1


def forbid(monkeypatch, closed: Path) -> None:
    """Make the file system refuse what lies in a folder, as for a user without permission (root has it always)."""

    def guarded(call):
        def made(path, *args, **kwargs):
            if str(path).startswith(f"{closed}/") or (call is scandir and str(path) == str(closed)):
                raise PermissionError(13, "Permission denied", str(path))
            return call(path, *args, **kwargs)

        return made

    scandir = os.scandir
    for name in ("stat", "scandir", "open"):
        monkeypatch.setattr(os, name, guarded(getattr(os, name)))
    monkeypatch.setattr(os, "listdir", lambda path: [entry.name for entry in os.scandir(path)])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="paths called what is forbidden here by other names")
def test_what_a_user_may_not_read_gets_a_sentence(tree, monkeypatch):
    forbid(monkeypatch, tree / "owl")
    table = Table(written(tree, "path,label\nowl/c.png,owl\nsea_star/a.png,star\n"))
    with pytest.raises(EngineError, match="^owl/c.png: Expected a PNG.* cannot be read \\(Permission denied\\)"):
        table.ask(0)()
    for make in (lambda: Folder(tree), lambda: Folder(tree / "owl"), lambda: CoOp(tree / "owl", "dtd")):
        with pytest.raises(EngineError, match="a folder that can be read; “.*owl” cannot \\(Permission denied\\)"):
            make()
    for name in ("fgvc_aircraft", "imagenet"):  # beside the set, passed over
        with pytest.raises(EngineError, match="Expected (images_variant_test.txt|folders such as n01440764)"):
            CoOp(tree, name)


def test_a_question_can_be_opened_by_a_process_that_works_elsewhere(tree, tmp_path, monkeypatch):
    monkeypatch.chdir(tree.parent)
    ask = pickle.dumps(Folder(Path("pictures")).ask(1))
    monkeypatch.chdir(tree)
    assert np.array_equal(pickle.loads(ask)().image, picture(2))


def test_a_picture_that_cannot_be_read_is_named(tree):
    (tree / "owl" / "c.png").write_text("no picture")
    with pytest.raises(EngineError, match="owl/c.png: .* got text"):
        Folder(tree).ask(1)()


def test_a_series_of_specimens_has_its_own_question_each():
    first, second = (FieldGuideSeries(3, 7).ask(index)() for index in (0, 1))
    assert first.key == "7-0" and len(first.classes) == 40 and first.classes != second.classes
    assert first.group in first.classes.names[first.label]


def test_a_folder_that_cannot_be_made_and_a_plan_that_is_none_get_a_sentence(tmp_path):
    (tmp_path / "file").write_text("{")
    with pytest.raises(EngineError, match="folder that can be written; “.*file/inner” cannot"):
        make_folder(tmp_path / "file" / "inner")
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(EngineError, match="the plan of an evaluation; “.*plan.json” is not JSON"):
        read_plan(tmp_path)
