"""Evaluation: the same records however they come about, sources as they lie on disk, sentences for what is wrong."""

import csv
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.cli import main
from engine.errors import EngineError
from engine.evaluation import (
    CoOpSplit,
    FieldGuideSeries,
    Folder,
    Plan,
    Question,
    Table,
    answer_question,
    evaluate,
    summarise,
)
from engine.pipeline import explore
from engine.settings import AttackSettings, Settings, TuneSettings, ViewSettings
from engine.types import Classes

ROOT = Path(__file__).resolve().parents[1]
CLASSES = Classes(("red fox", "owl", "sea star"))
PLAN = Plan(
    Settings(views=ViewSettings(count=4), tuning=TuneSettings(keep=0.5), methods=("r-tpt", "a-tpt")),
    (AttackSettings(steps=2), AttackSettings("fgsm", 8 / 255)),
    seed=5,
)


def picture(seed: int, size=(70, 60)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8))


@pytest.fixture
def tree(tmp_path) -> Path:
    """Six pictures in three folders, one of them nested, and a folder without pictures."""
    root = tmp_path / "pictures"
    names = ("sea_star/a.png", "sea_star/b.png", "owl/c.png", "owl/d.png", "owl/e.png", "fox/x/f.png")
    for seed, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        picture(seed).save(root / name)
    (root / "notes").mkdir()
    (root / "notes" / "read me.txt").write_text("nothing")
    return root


# records


def test_a_record_is_the_story_of_the_picture(tiny):
    question = Question("x", picture(1), CLASSES, 2, "g")
    record = answer_question(tiny, question, 3, PLAN)
    assert (record["index"], record["key"], record["group"], record["truth"]) == (3, "x", "g", "sea star")
    assert list(record["arms"]) == ["clean", "pgd-4", "fgsm-8"]
    settings = replace(PLAN.settings_for(3, "pgd-4"), attack=replace(PLAN.attacks[0], seed=PLAN.seed_for(3)))
    told = list(explore(tiny, tiny.prepare(question.image), CLASSES, settings, 2))
    expected = {s.result.method: s.result.prediction for s in told if s.name == "method"}
    assert list(record["arms"]["pgd-4"]) == ["clip", "r-tpt", "a-tpt"] == list(expected)
    for method, prediction in expected.items():
        answer = record["arms"]["pgd-4"][method]
        assert answer["answer"] == prediction.name and answer["right"] == (prediction.label == 2)
        assert answer["confidence"] == pytest.approx(prediction.confidence, abs=2e-6)


def test_attacked_pictures_are_made_once_and_are_exact(tiny, tmp_path, monkeypatch):
    question = Question("x", picture(1), CLASSES, 2)
    first = answer_question(tiny, question, 3, PLAN, tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr("engine.evaluation.records.attack", lambda *_: 1 / 0)
    again = answer_question(tiny, question, 3, replace(PLAN, settings=PLAN.settings_for(3, "pgd-4")), tmp_path)
    assert first == again
    with pytest.raises(ZeroDivisionError):
        answer_question(tiny, question, 4, PLAN, tmp_path)  # another seed is another attack


def test_the_fingerprint_changes_with_any_weight(tiny):
    before = tiny.fingerprint
    changed = {name: value.clone() for name, value in tiny.model.state_dict().items()}
    changed["visual.proj"][0, 0] += 1e-6
    copy = type(tiny)(tiny.model, tiny.tokenizer, "copy")
    assert copy.fingerprint == before
    original = tiny.model.state_dict()["visual.proj"].clone()
    tiny.model.state_dict()["visual.proj"].copy_(changed["visual.proj"])
    other = type(tiny)(tiny.model, tiny.tokenizer, "other").fingerprint
    tiny.model.state_dict()["visual.proj"].copy_(original)
    assert other != before


def test_only_clip_answers_clean_pictures_where_asked(tiny):
    record = answer_question(tiny, Question("x", picture(1), CLASSES, 0), 0, replace(PLAN, defend_clean=False))
    assert list(record["arms"]["clean"]) == ["clip"] and len(record["arms"]["pgd-4"]) == 3


def test_two_attacks_of_one_name_are_refused():
    with pytest.raises(EngineError, match="different names; got pgd-4, pgd-4"):
        replace(PLAN, attacks=(AttackSettings(), AttackSettings(steps=3)))


# sources


def test_a_folder_is_read_in_turns_so_that_few_pictures_cover_all_classes(tree):
    source = Folder(tree)
    assert source.classes.names == ("fox", "owl", "sea star") and len(source) == 6
    assert [path for path, _ in source.entries] == [
        "fox/x/f.png", "owl/c.png", "sea_star/a.png", "owl/d.png", "sea_star/b.png", "owl/e.png",
    ]  # fmt: skip
    assert len(Folder(tree, limit=3)) == 3
    question = source.question(1)
    assert question.label == 1 and question.group == "owl" and np.array_equal(question.image, picture(2))


def test_a_table_is_read_by_its_columns(tree, tmp_path):
    path = tree / "list.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("label", "path"), ("owl", "owl/c.png"), ("star", "sea_star/a.png")])
    source = Table(path, "a picture of a {}.")
    assert source.classes.names == ("owl", "star") and source.classes.templates == ("a picture of a {}.",)
    assert np.array_equal(source.question(1).image, picture(0)) and source.question(1).label == 1


def test_a_split_file_brings_paths_numbers_and_names(tree, tmp_path):
    items = [["sea_star/a.png", 1, "sea_star"], ["owl/c.png", 0, "owl"]]
    path = tmp_path / "split_zhou_Made.json"
    path.write_text(json.dumps({"train": [], "val": [], "test": items}))
    source = CoOpSplit(path, tree)
    assert source.classes.names == ("owl", "sea star") and source.question(0).label == 1
    assert len(CoOpSplit(path, tree, limit=1)) == 1


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda t: Folder(t / "gone"), "“.*gone” is none"),
        (lambda t: Folder(t / "owl"), "at least two folders with pictures"),
        (lambda t: Table(t / "gone.csv"), "gone.csv” cannot be read"),
        (lambda t: Table(t / "notes" / "read me.txt"), "columns path and label in .*; got nothing"),
        (lambda t: CoOpSplit(t / "gone.json", t), "gone.json” cannot be read"),
        (lambda t: CoOpSplit(t / "notes" / "read me.txt", t), "lists of \\[path, number, name\\] under “test”"),
    ],
)
def test_a_source_that_is_none_gets_a_sentence(tree, make, sentence):
    with pytest.raises(EngineError, match=sentence):
        make(tree)


def test_a_picture_that_cannot_be_read_is_named(tree):
    (tree / "owl" / "c.png").write_text("no picture")
    with pytest.raises(EngineError, match="owl/c.png: .* got text"):
        Folder(tree).question(1)


def test_a_series_of_specimens_has_its_own_question_each():
    first, second = (FieldGuideSeries(3, 7).question(index) for index in (0, 1))
    assert first.key == "7-0" and len(first.classes) == 40 and first.classes != second.classes
    assert first.group in first.classes.names[first.label]


# summary


def test_the_summary_counts_and_compares():
    def record(clip: bool, tpt: bool) -> dict:
        return {"arms": {"clean": {"clip": {"right": clip}, "tpt": {"right": tpt}}}}

    told = summarise([record(True, True), record(False, True), record(False, False), record(False, True)])
    arm = told["arms"]["clean"]
    assert told["pictures"] == 4 and arm["accuracy"] == {"clip": 0.25, "tpt": 0.75}
    (pair,) = arm["pairs"]
    assert pair == {"first": "clip", "second": "tpt", "only_first": 0, "only_second": 2, "p": 0.5}
    assert summarise([])["arms"] == {}


# runs


def command(model: str, tree: Path, out: Path, *more: str) -> list[str]:
    words = "--attack pgd --attack fgsm --steps 2 --views 4 --keep 0.5 --method r-tpt --method a-tpt --json"
    return ["evaluate", "--folder", str(tree), "--model", model, "--out", str(out), *words.split(), *more]


def test_workers_change_nothing_and_a_finished_evaluation_is_only_read(model, tree, tmp_path, capsys):
    assert main(command(model, tree, tmp_path / "one", "--workers", "1")) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(command(model, tree, tmp_path / "two", "--workers", "2")) == 0
    one, two = ((tmp_path / name / "records.jsonl").read_bytes() for name in ("one", "two"))
    assert one == two and one.count(b"\n") == 6
    capsys.readouterr()
    assert main(command("local-dir:/nowhere", tree, tmp_path / "one")) == 2
    assert "holds another evaluation" in capsys.readouterr().err
    assert main(command(model, tree, tmp_path / "one")) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert set(first["arms"]) == {"clean", "pgd-4", "fgsm-4"} and first["pictures"] == 6


def test_killed_at_any_moment_it_goes_on_and_ends_with_the_same_bytes(model, tree, tmp_path):
    assert main(command(model, tree, tmp_path / "undisturbed", "--workers", "1")) == 0
    out = tmp_path / "killed"
    records = out / "records.jsonl"
    for lines in (1, 3, 4):
        started = subprocess.Popen(
            [sys.executable, "-m", "engine", *command(model, tree, out, "--workers", "2")],
            cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + 120
        while not records.is_file() or records.read_bytes().count(b"\n") < lines:
            assert time.monotonic() < deadline and started.poll() in (None, 0)
            time.sleep(0.02)
        started.send_signal(signal.SIGKILL)
        started.wait()
        with records.open("ab") as file:
            file.write(b'{"index": 99, "cut o')  # a line that a kill cut off
    while _alive(started.pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert main(command(model, tree, out, "--workers", "1")) == 0
    assert records.read_bytes() == (tmp_path / "undisturbed" / "records.jsonl").read_bytes()
    assert not list(out.rglob("*.part"))


def _alive(session: int) -> bool:
    """Whether any process of that session still runs: workers must end with their parent."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            return True
    return False


def test_records_come_in_order_without_a_folder_too(model, tree):
    records = list(evaluate(Folder(tree), replace(PLAN, attacks=()), model, workers=2))
    assert [record["index"] for record in records] == list(range(6))
    assert all(list(record["arms"]) == ["clean"] for record in records)
    with pytest.raises(EngineError, match="at least one worker"):
        next(evaluate(Folder(tree), PLAN, model, workers=0))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--pictures", "0"], "at least one picture"),
        (["--against", "tpt"], "--against tpt is not evaluated here"),
        (["--split", "x.json"], "--images with --split"),
        (["--eps", "400"], "epsilon"),
        (["--folder", "/nowhere"], "“/nowhere” is none"),
    ],
)
def test_bad_options_end_in_one_sentence(capsys, options, sentence):
    assert main(["evaluate", "--method", "clip", *options]) == 2
    err = capsys.readouterr().err
    assert sentence in err and err.count("\n") == 1
