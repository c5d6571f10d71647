"""Evaluations of files that come, go, change or cannot be read: the records of the others stay what they are."""

import json
import shutil
from itertools import islice
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.datasets.base import Source
from engine.datasets.folders import Folder
from engine.datasets.tables import Table
from engine.errors import EngineError
from engine.evaluation import Plan, Skipped, evaluate, kept_of, read_kept, read_plan, read_skipped
from engine.evaluation.kept import resume
from engine.fieldguide.series import FieldGuideSeries
from engine.settings import AttackSettings, Settings, TuneSettings, ViewSettings
from tests.evaluation_cases import CLEAN_PLAN, Here, picture

DRAWN = Plan(  # the attack begins at random, and views are drawn
    Settings(views=ViewSettings(count=2), tuning=TuneSettings(keep=0.5), defences=("r-tpt",)),
    (AttackSettings(steps=1),),
    seed=5,
)
MEASURED = Path(__file__).resolve().parents[2] / "assets" / "measured"


@pytest.fixture
def asked(shallow, monkeypatch) -> list[str]:
    """The keys of the pictures that were answered, not found again."""
    from engine.evaluation import groups

    answer, keys = groups.answer_question, []

    def noted(backbone, question, *rest, **made):
        keys.append(question.key)
        return answer(backbone, question, *rest, **made)

    monkeypatch.setattr(groups, "answer_question", noted)
    return keys


@pytest.fixture
def run(shallow):
    """Evaluates a source into a folder, with what cannot be read left out; gives the bytes of the records."""

    def evaluated(source: Source, folder: Path, plan=CLEAN_PLAN, pictures: int | None = None) -> bytes:
        stream = evaluate(source, plan, Here(shallow, "shallow"), folder, on_skip=lambda _: None)
        list(islice(stream, pictures))
        return (folder / "records.jsonl").read_bytes()

    return evaluated


def keys(folder: Path) -> list[str]:
    return [one.record["key"] for one in read_kept(folder)]


# what cannot be read


def damage(tree: Path) -> None:
    """An empty file, a text and a photo that was cut short, where pictures were."""
    (tree / "owl" / "c.png").write_text("no picture")
    (tree / "owl" / "d.png").write_bytes(b"")
    picture(9).save(tree / "sea_star" / "a.jpg")
    (tree / "sea_star" / "a.png").unlink()
    cut = (tree / "sea_star" / "a.jpg").read_bytes()[:2000]
    (tree / "sea_star" / "a.jpg").write_bytes(cut)


def test_files_that_cannot_be_read_are_left_out_named_and_tried_again(tree, tmp_path, shallow, run, asked):
    whole = shutil.copytree(tree, tmp_path / "whole")
    damage(tree)
    skipped: list[Skipped] = []
    told = list(evaluate(Folder(tree), CLEAN_PLAN, Here(shallow, "shallow"), tmp_path / "out", on_skip=skipped.append))
    assert [one.record["key"] for one in told] == ["fox/x/f.png", "sea_star/b.png", "owl/e.png"]
    assert [one.key for one in skipped] == ["owl/c.png", "sea_star/a.jpg", "owl/d.png"]
    assert skipped == read_skipped(tmp_path / "out")
    assert skipped[0].reason.startswith("owl/c.png: Expected a PNG") and skipped[0].reason.endswith("got text.")
    assert "damaged or cut short" in skipped[1].reason and "an empty file" in skipped[2].reason

    shutil.rmtree(tree)
    shutil.copytree(whole, tree)
    asked.clear()
    again = run(Folder(tree), tmp_path / "out")
    assert sorted(asked) == ["owl/c.png", "owl/d.png", "sea_star/a.png"] and not read_skipped(tmp_path / "out")
    assert again == run(Folder(whole), tmp_path / "fresh")


def test_the_command_counts_and_names_them_or_ends_where_asked(tiny, model, tree, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, *_: Here(tiny, model))
    damage(tree)
    words = ["evaluate", "--folder", str(tree), "--model", model, "--defence", "clip", "--attack", "fgsm"]
    out = ["--out", str(tmp_path / "out")]
    assert main([*words, *out, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pictures"] == 3 and told["plan"]["pictures"] == 6
    assert [one["key"] for one in told["skipped"]] == ["owl/c.png", "sea_star/a.jpg", "owl/d.png"]
    assert main([*words, *out]) == 0
    plain = capsys.readouterr().out
    assert plain.startswith("3 of 6 pictures") and "Left out, for they cannot be read: 3.\n" in plain
    assert (
        "\n  owl/d.png: Expected a PNG, JPEG, WebP, HEIC, AVIF, BMP, GIF or TIFF picture; got an empty file.\n" in plain
    )
    assert main(["evaluate", "--summary", str(tmp_path / "out"), "--markdown"]) == 0
    assert "\n- sea_star/a.jpg: " in capsys.readouterr().out
    assert main([*words, "--strict"]) == 2
    assert capsys.readouterr().err.strip().endswith("engine: " + told["skipped"][0]["reason"])
    for path in tree.rglob("*.*g"):
        path.write_bytes(b"")
    assert main(words) == 2
    assert "None of the 6 pictures can be read; the first: fox/x/f.png: " in capsys.readouterr().err


def test_a_list_with_files_that_are_gone_is_evaluated_without_them(tree, tmp_path, shallow):
    rows = ["path,label", "owl/c.png,owl", "owl/gone.png,owl", "owl,owl", "sea_star/a.png,star", "loop.png,star"]
    (tree / "list.csv").write_text("\n".join(rows))
    (tree / "loop.png").symlink_to(tree / "loop.png")
    skipped: list[Skipped] = []
    told = list(evaluate(Table(tree / "list.csv"), CLEAN_PLAN, Here(shallow, "shallow"), on_skip=skipped.append))
    assert [one.record["key"] for one in told] == ["owl/c.png", "sea_star/a.png"]
    reasons = {one.key: one.reason for one in skipped}
    assert list(reasons) == ["owl/gone.png", "loop.png", "owl"]
    assert "cannot be read" in reasons["loop.png"] and "there is no file" in reasons["owl/gone.png"]
    assert "got the folder" in reasons["owl"]


# what comes and goes


def test_a_file_that_went_or_came_changes_no_other_record(tree, tmp_path, run, asked):
    out = tmp_path / "out"
    six = run(Folder(tree), out, DRAWN)
    kept = (tree / "owl" / "c.png").read_bytes()
    (tree / "owl" / "c.png").unlink()
    asked.clear()
    fewer = run(Folder(tree), out, DRAWN)
    assert not asked and fewer.count(b"\n") == 5 and {*fewer.splitlines()} < {*six.splitlines()}
    assert fewer == run(Folder(tree), tmp_path / "fresh five", DRAWN)

    (tree / "owl" / "c.png").write_bytes(kept)
    picture(20).save(tree / "owl" / "a new one.png")
    asked.clear()
    more = run(Folder(tree), out, DRAWN)
    assert asked == ["owl/a new one.png"]  # the other had only been set aside
    assert more == run(Folder(tree), tmp_path / "fresh seven", DRAWN) and more.count(b"\n") == 7
    assert not (out / "set-aside.jsonl").exists()
    assert read_plan(out)["pictures"] == 7
    assert read_plan(out) | {"pictures": 5} == read_plan(tmp_path / "fresh five")


def test_killed_while_a_gap_is_filled_it_ends_with_the_same_bytes(tree, tmp_path, run):
    out = tmp_path / "out"
    missing = tmp_path / "missing"
    missing.mkdir()
    away = [tree / "owl" / "c.png", tree / "sea_star" / "a.png"]
    for path in away:
        shutil.move(path, missing)
    run(Folder(tree), out)
    for path in away:
        shutil.move(missing / path.name, path)
    run(Folder(tree), out, pictures=5)  # the four that were kept and one of the two
    assert keys(out)[-1] == "owl/c.png"
    with (out / "records.jsonl").open("ab") as file:
        file.write(b'{"index": 2, "cut o')
    assert run(Folder(tree), out) == run(Folder(tree), tmp_path / "fresh")


def test_fewer_pictures_set_the_others_aside_and_lose_none(tree, tmp_path, run, asked):
    out = tmp_path / "out"
    six = run(Folder(tree), out)
    asked.clear()
    assert run(Folder(tree, limit=2), out) == b"".join(six.splitlines(keepends=True)[:2])
    assert run(Folder(tree), out) == six and not asked
    assert len(kept_of(out, Folder(tree, limit=4))) == 4


def test_another_picture_under_the_same_name_is_asked_again(tree, tmp_path, run, asked):
    out = tmp_path / "out"
    run(Folder(tree), out)
    picture(21).save(tree / "owl" / "d.png")
    asked.clear()
    changed = run(Folder(tree), out)
    assert asked == ["owl/d.png"] and changed == run(Folder(tree), tmp_path / "fresh")


def test_a_corrected_label_is_asked_again(tree, tmp_path, run, asked):
    path = tree / "list.csv"
    path.write_text("path,label\nowl/c.png,owl\nowl/d.png,owl\nsea_star/a.png,star\n")
    run(Table(path), tmp_path / "out")
    path.write_text("path,label\nowl/c.png,owl\nowl/d.png,star\nsea_star/a.png,star\n")
    asked.clear()
    run(Table(path), tmp_path / "out")
    assert asked == ["owl/d.png"]
    assert {one.record["key"]: one.record["truth"] for one in read_kept(tmp_path / "out")}["owl/d.png"] == "star"


def test_a_picture_that_is_listed_again_counts_once(tree, tmp_path, run):
    path = tree / "list.csv"
    path.write_text("path,label\nowl/c.png,owl\nowl/c.png,owl\nsea_star/a.png,star\nowl/c.png,star\n")
    source = Table(path)
    assert source.entries == (("owl/c.png", 0), ("sea_star/a.png", 1), ("owl/c.png", 1))
    assert source.notes == ("Pictures that are listed again count once, here 1.",)
    run(source, tmp_path / "out")
    assert [one.record["truth"] for one in read_kept(tmp_path / "out")] == ["owl", "star", "star"]
    assert len(kept_of(tmp_path / "out", source)) == 3


def test_other_classes_or_another_reader_are_another_evaluation(tree, tmp_path, run):
    run(Folder(tree), tmp_path / "out")
    with pytest.raises(EngineError, match=r"holds another evaluation \(reader differ\)"):
        run(Folder(tree, plain=True), tmp_path / "out")
    picture(22).save(tree / "notes" / "now a class.png")
    with pytest.raises(EngineError, match=r"holds another evaluation \(classes differ\)"):
        run(Folder(tree), tmp_path / "out")


@pytest.mark.parametrize(("name", "count"), [("every-defence", 600), ("collapse", 60)])
def test_kept_evaluations_go_on_as_they_are(name, count, tmp_path):
    folder = Path(shutil.copytree(MEASURED / name, tmp_path / name))
    source = FieldGuideSeries(count, read_plan(folder)["series"])
    kept = resume(folder, source)
    assert list(kept) == list(range(count)) and list(kept.values()) == read_kept(MEASURED / name)
    for file in MEASURED.joinpath(name).iterdir():
        assert (folder / file.name).read_bytes() == file.read_bytes()
    assert not (folder / "set-aside.jsonl").exists()


def test_evaluations_of_other_pictures_or_readers_are_not_set_side_by_side(tree, tmp_path, run, capsys):
    run(Folder(tree, plain=True), tmp_path / "plain")
    run(Folder(tree), tmp_path / "upright")
    both = ["evaluate", "--summary", str(tmp_path / "plain"), str(tmp_path / "upright"), "--json"]
    assert main(both) == 2 and "“upright” read its pictures in another way than “plain”" in capsys.readouterr().err
    (tree / "owl" / "c.png").unlink()
    run(Folder(tree), tmp_path / "five")
    assert main(["evaluate", "--summary", str(tmp_path / "upright"), str(tmp_path / "five"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pictures"] == 5  # those that both have, whatever their places
