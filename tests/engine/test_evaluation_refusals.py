"""Evaluation folders that are damaged, locked, empty or of other classes: one sentence that names them."""

import json
import shutil
from pathlib import Path

import pytest

from engine import files
from engine.cli.main import main
from engine.datasets.folders import Folder
from engine.errors import EngineError
from engine.evaluation import Plan, evaluate, read_kept, read_merged, read_plan, read_skipped
from engine.settings import AttackSettings, Settings
from tests.evaluation_cases import CLEAN_PLAN, Here, picture, picture_tree

PLAN = Plan(Settings(defences=("clip",)), (AttackSettings("fgsm"),))


@pytest.fixture(scope="module")
def finished(tiny, tmp_path_factory) -> Path:
    """The parent of `pictures` and of `out`, a finished evaluation of them."""
    home = tmp_path_factory.mktemp("refusals")
    list(evaluate(Folder(picture_tree(home)), PLAN, Here(tiny, "tiny"), home / "out"))
    return home


@pytest.fixture
def home(finished, tmp_path) -> Path:
    """A copy of that folder."""
    return Path(shutil.copytree(finished, tmp_path / "home"))


@pytest.fixture
def words(tiny, model, home, monkeypatch) -> list[str]:
    """A command that evaluates those pictures in this process."""
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, *_: Here(tiny, model))
    return f"evaluate --folder {home}/pictures --model {model} --defence clip --attack fgsm --pictures 2".split()


def summary_error(capsys, *folders: Path) -> str:
    assert main(["evaluate", "--summary", *map(str, folders)]) == 2
    return one_sentence(capsys)


def one_sentence(capsys) -> str:
    told = capsys.readouterr().err
    assert "Traceback" not in told
    return told.strip().splitlines()[-1]


def change(path: Path, **values) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


# evaluations that cannot be compared


@pytest.mark.parametrize(
    ("what", "values"), [("classes", ["fox", "owl", "sea star", "cat"]), ("templates", ["a drawing of a {}."])]
)
def test_evaluations_with_other_classes_or_templates_are_not_set_side_by_side(home, capsys, what, values):
    shutil.copytree(home / "out", home / "other")
    assert read_merged([home / "out", home / "other"])[0]["model"] == "tiny"
    change(home / "other" / "plan.json", **{what: values})
    told = summary_error(capsys, home / "out", home / "other")
    assert f"“other” asked with other candidate {what} than “out”; these cannot be compared." in told


def test_a_summary_names_the_folder_without_records(home, capsys):
    shutil.copytree(home / "out", home / "empty")
    (home / "empty" / "records.jsonl").unlink()
    told = summary_error(capsys, home / "out", home / "empty")
    assert f"Expected evaluations with records; “{home / 'empty'}” has none yet." in told
    assert main(["evaluate", "--summary", str(home / "empty")]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("0 of 6 pictures") and told.err == f"“{home / 'empty'}” has no records yet.\n"


# damage


WRONG = [
    ("records.jsonl", "no json", "it is not JSON"),
    ("records.jsonl", "[1]", "it is no JSON object"),
    ("records.jsonl", '{"key": "owl/c.png", "truth": "owl"}', "no arms that fits"),
    ("records.jsonl", '{"key": "a", "truth": "owl", "arms": {"clean": {"clip": {}}}}', "not the answers of every"),
    ("records.jsonl", '{"key": "a", "truth": "owl", "arms": {"clean": {"clip": {"right": true}}}}', "not the answers"),
    ("seconds.jsonl", "\udcff", "it is not JSON"),
    ("seconds.jsonl", '{"key": "owl/c.png"}', "no attacks or defences that fits"),
]


@pytest.mark.parametrize(("name", "line", "why"), WRONG)
def test_a_damaged_line_is_named_when_told_and_when_resumed(home, tiny, capsys, name, line, why):
    whole = (home / "out" / name).read_bytes().splitlines(keepends=True)
    whole[1] = line.encode("utf-8", "surrogateescape") + b"\n"
    (home / "out" / name).write_bytes(b"".join(whole))
    place = f"line 2 of “{home / 'out' / name}” is damaged: {why}"
    assert place in summary_error(capsys, home / "out")
    with pytest.raises(EngineError) as raised:
        list(evaluate(Folder(home / "pictures"), PLAN, Here(tiny, "tiny"), home / "out"))
    assert place in str(raised.value)
    assert (home / "out" / name).read_bytes() == b"".join(whole)


def test_seconds_of_other_defences_are_named(home, capsys):
    path = home / "out" / "seconds.jsonl"
    path.write_text(path.read_text().replace('"clip"', '"tpt"', 1))
    assert f"that of “fox/x/f.png” in “{path}” is damaged" in summary_error(capsys, home / "out")


def test_damaged_lists_of_skipped_and_attacked_pictures_are_named(home, tiny, capsys):
    (home / "out" / "skipped.jsonl").write_text('{"key": "owl/c.png"}\n')
    told = summary_error(capsys, home / "out")
    assert f"line 1 of “{home / 'out' / 'skipped.jsonl'}” is damaged: no reason that fits" in told
    with (home / "out" / "attacked.jsonl").open("a") as file:
        file.write('{"picture": 3}\n')
    with pytest.raises(EngineError, match="line 7 of “.*attacked.jsonl” is damaged: no picture or away_from or attack"):
        list(evaluate(Folder(home / "pictures"), PLAN, Here(tiny, "tiny"), home / "out"))


@pytest.mark.parametrize(("text", "why"), [("{}", "no model or pictures or attacks"), ("[]", "it is no JSON object")])
def test_a_damaged_plan_is_named(home, tiny, capsys, text, why):
    path = home / "out" / "plan.json"
    path.write_text(text)
    assert f"“{path}” is damaged: {why}" in summary_error(capsys, home / "out")
    with pytest.raises(EngineError, match=f"is damaged: {why}"):
        list(evaluate(Folder(home / "pictures"), PLAN, Here(tiny, "tiny"), home / "out"))


# folders that cannot be written or read


@pytest.fixture
def locked(home, monkeypatch) -> Path:
    """A folder that is there and in which nothing can be made, as if its owner had forbidden it."""
    folder, temporary = home / "locked", files.TemporaryFile
    folder.mkdir()

    def refused(dir: Path):
        if dir == folder:
            raise PermissionError(13, "Permission denied")
        return temporary(dir=dir)

    monkeypatch.setattr(files, "TemporaryFile", refused)
    return folder


@pytest.mark.parametrize("option", ["--out", "--cache", "--attacked"])
def test_a_folder_that_cannot_be_written_is_named_before_a_model_is_loaded(
    words, home, locked, option, monkeypatch, capsys
):
    monkeypatch.setattr(Here, "start", lambda _: 1 / 0)
    more = [] if option == "--out" else ["--out", str(home / "new")]
    assert main([*words, option, str(locked), *more]) == 2
    assert f"Expected a folder that can be written; “{locked}” cannot (Permission denied)." in one_sentence(capsys)
    (home / "file").write_text("")
    assert main([*words, option, str(home / "file"), *more]) == 2
    assert f"Expected a folder that can be written; “{home / 'file'}” cannot (File exists)." in one_sentence(capsys)


def test_a_folder_that_cannot_be_read_is_named(home, capsys, monkeypatch):
    def refused(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    sentence = f"Expected a folder that can be read; “{home / 'out'}” cannot (Permission denied)."
    monkeypatch.setattr(Path, "read_bytes", refused)
    assert sentence in summary_error(capsys, home / "out")
    monkeypatch.setattr(Path, "is_file", refused)
    assert sentence in summary_error(capsys, home / "out")


def test_a_disk_that_fills_up_is_told(home, tiny, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (home / "out" / "records.jsonl").write_bytes((home / "out" / "records.jsonl").read_bytes().splitlines(True)[0])
    stream = evaluate(Folder(home / "pictures"), PLAN, Here(tiny, "tiny"), home / "out")
    next(stream)
    monkeypatch.setattr("engine.evaluation.kept.os.fsync", full)
    with pytest.raises(EngineError, match="can be written; “.*out” cannot .No space left on device"):
        next(stream)


# whose folder it is


def test_a_folder_without_any_record_may_be_taken_over(home, tiny):
    out, source = home / "begun", Folder(home / "pictures")

    def refusing(*_, **named):
        raise EngineError("no such word")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.evaluation.groups.answer_question", refusing)
        with pytest.raises(EngineError, match="no such word"):
            list(evaluate(source, PLAN, Here(tiny, "tiny"), out))
    assert read_plan(out)["attacks"].keys() == {"fgsm-4"}
    (out / "attacked.jsonl").write_text("of the other\n")
    assert len(list(evaluate(source, CLEAN_PLAN, Here(tiny, "tiny"), out))) == 6
    assert read_plan(out)["attacks"] == {} and not (out / "attacked.jsonl").exists()
    with pytest.raises(EngineError, match="holds another evaluation"):
        list(evaluate(source, PLAN, Here(tiny, "tiny"), out))
    (out / "records.jsonl").rename(out / "set-aside.jsonl")  # those count, too
    with pytest.raises(EngineError, match="holds another evaluation"):
        list(evaluate(source, PLAN, Here(tiny, "tiny"), out))


def test_a_picture_that_ends_a_strict_evaluation_is_written_down(home, tiny, capsys):
    (home / "pictures" / "owl" / "d.png").write_bytes(b"")
    with pytest.raises(EngineError, match="owl/d.png: Expected a PNG") as raised:
        list(evaluate(Folder(home / "pictures"), PLAN, Here(tiny, "tiny"), home / "strict"))
    assert [(one.key, one.reason) for one in read_skipped(home / "strict")] == [("owl/d.png", str(raised.value))]
    assert main(["evaluate", "--summary", str(home / "strict")]) == 0
    assert f"\n  {raised.value}\n" in capsys.readouterr().out
    picture(3).save(home / "pictures" / "owl" / "d.png")
    assert len(list(evaluate(Folder(home / "pictures"), PLAN, Here(tiny, "tiny"), home / "strict"))) == 6
    assert not read_skipped(home / "strict") and len(read_kept(home / "strict")) == 6


# the command


def test_a_copy_that_fails_comes_after_the_table(words, home, capsys):
    out, target = home / "new", home / "copies"
    assert main([*words, "--out", str(out)]) == 0
    table = capsys.readouterr().out
    (out / "attacked.jsonl").unlink()
    assert main([*words, "--out", str(out), "--attacked", str(target)]) == 2
    told = capsys.readouterr()
    assert told.out.splitlines()[0] == table.splitlines()[0] and "fgsm-4" in told.out
    assert "2 of 2 are not copied" in told.err.strip().splitlines()[-1]


def test_a_summary_refuses_options_of_a_run(home, capsys):
    assert main(f"evaluate --summary {home / 'out'} --out {home / 'new'} --strict --workers 1".split()) == 2
    assert "--summary runs nothing, and goes without --workers, --strict, --out." in one_sentence(capsys)
    assert not (home / "new").exists()


@pytest.mark.parametrize("option", ["--out", "--cache"])
def test_copies_do_not_replace_the_list_of_the_evaluation(words, home, option, capsys):
    listed = (home / "out" / "attacked.jsonl").read_bytes()
    more = [] if option == "--out" else ["--out", str(home / "new")]
    assert main([*words, option, str(home / "out"), "--attacked", f"{home}/pictures/../out", *more]) == 2
    assert f"Expected --attacked apart from {option}, which has a list of its own" in one_sentence(capsys)
    assert (home / "out" / "attacked.jsonl").read_bytes() == listed
