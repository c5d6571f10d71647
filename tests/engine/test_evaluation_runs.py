"""Evaluations as they are run: processes, kills, the command line."""

import io
import json
import os
import shutil
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from engine import evaluation
from engine.cli.main import main
from engine.errors import EngineError
from engine.evaluation import Processes, read_kept
from engine.evaluation.executors import processes
from engine.models import load_backbone
from tests.evaluation_cases import Here, picture_tree


def command(model: str, tree: Path, out: Path, *more: str) -> list[str]:
    words = "--attack pgd --attack fgsm --steps 2 --views 4 --keep 0.5 --defence r-tpt --defence a-tpt --json"
    given = ["--folder", str(tree), "--model", model, "--device", "cpu", "--out", str(out)]
    return ["evaluate", *given, *words.split(), *more]


@pytest.fixture(scope="module")
def model(small_model) -> str:
    """The folder that these tests evaluate."""
    return small_model


@pytest.fixture(scope="module")
def finished(small, model, tmp_path_factory) -> tuple[Path, dict]:
    """A finished evaluation that ran in this process, and what it printed."""
    root, printed = tmp_path_factory.mktemp("evaluation"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setattr("engine.evaluation.Processes", lambda model, *_: Here(small, model))
        assert main(command(model, picture_tree(root), root / "undisturbed")) == 0
    return root / "undisturbed", json.loads(printed.getvalue())


@pytest.fixture
def undisturbed(finished, tmp_path) -> tuple[Path, dict]:
    """A copy of the finished evaluation that the test may change, and what it printed."""
    return Path(shutil.copytree(finished[0], tmp_path / "undisturbed")), finished[1]


@pytest.mark.slow
@pytest.mark.usefixtures("two_workers")
def test_workers_change_nothing(undisturbed, model, tree, tmp_path):
    (tree / "owl" / "x broken.png").write_text("no picture")  # is left out
    assert main(command(model, tree, tmp_path / "two", "--workers", "2")) == 0
    one, two = ((folder / "records.jsonl").read_bytes() for folder in (undisturbed[0], tmp_path / "two"))
    assert one == two and one.count(b"\n") == 6


def test_a_summary_is_told_again_without_running_anything(undisturbed, model, tree, capsys, monkeypatch):
    folder, told = undisturbed
    assert set(told["arms"]) == {"clean", "pgd-4", "fgsm-4"} and told["pictures"] == told["plan"]["pictures"] == 6
    assert json.loads((folder / "summary.json").read_text()) == told
    monkeypatch.setattr("engine.evaluation.evaluate", lambda *_: 1 / 0)
    assert main(["evaluate", "--summary", str(folder), "--json"]) == 0
    assert {**json.loads(capsys.readouterr().out), "plan": 0} == {**told, "plan": 0}
    assert main(["evaluate", "--summary", str(folder), "--against", "r-tpt", "--markdown"]) == 0
    markdown = capsys.readouterr().out
    assert "| defence | clean | pgd-4 | fgsm-4 | seconds |" in markdown
    assert "- `fgsm-4`: FGSM, 1 step, linf at most 4/255; white-box on the model; knows nothing of any" in markdown
    accuracy, (low, high) = told["arms"]["pgd-4"]["accuracy"]["clip"], told["arms"]["pgd-4"]["intervals"]["clip"]
    assert f"{accuracy:.3f} [{low:.3f}, {high:.3f}]" in markdown
    differences = [
        markdown.split(f"{what} minus that of r-tpt")[1].split("\n\n")[1]
        for what in ("Accuracy", "Expected calibration error")
    ]
    assert all("| clip |" in one and "| r-tpt |" not in one for one in differences)
    assert main(["evaluate", "--summary", str(folder)]) == 0
    plain = capsys.readouterr().out
    assert plain.startswith(f"6 pictures, {model}, 4 views") and "minus a-tpt" in plain
    (folder / "records.jsonl").write_text("")
    assert main(["evaluate", "--summary", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("0 of 6 pictures")


@pytest.mark.slow
def test_evaluations_of_the_same_pictures_are_told_side_by_side(
    undisturbed, small, model, tree, tmp_path, monkeypatch, capsys
):
    first, told = undisturbed
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, *_: Here(small, model))
    other = tmp_path / "random map"
    assert main(command(model, tree, other, "--guide", "random", "--clip-on-clean", "--pictures", "4")) == 0
    capsys.readouterr()
    beside = ["evaluate", "--summary", str(first), str(other), "--against", "undisturbed/a-tpt", "--json"]
    assert main(beside) == 0
    both = json.loads(capsys.readouterr().out)
    names = ["undisturbed/clip", "undisturbed/r-tpt", "undisturbed/a-tpt"]
    assert both["pictures"] == 4 and list(both["arms"]["clean"]["accuracy"]) == names
    arm = both["arms"]["pgd-4"]
    assert list(arm["accuracy"]) == [*names, "random map/r-tpt", "random map/a-tpt"]
    kept = [[r.record["arms"]["pgd-4"]["a-tpt"]["right"] for r in read_kept(folder)][:4] for folder in (other, first)]
    pair = next(pair for pair in arm["pairs"] if pair["first"] == "random map/a-tpt")
    assert pair["only_first"] == sum(a > b for a, b in zip(*kept, strict=True))
    assert main([*beside[:-1], "--markdown"]) == 0
    assert "| random map/a-tpt |  |" in capsys.readouterr().out  # its clean pictures went to CLIP alone

    records = (other / "records.jsonl").read_text()
    (other / "records.jsonl").write_text(records.replace('"key": "', '"key": "not '))
    assert (
        main(beside) == 2
        and "evaluations of the same pictures; undisturbed, random map share none" in capsys.readouterr().err
    )
    plan = json.loads((other / "plan.json").read_text())
    plan["attacks"]["pgd-4"]["steps"] = 3
    (other / "plan.json").write_text(json.dumps(plan))
    assert main(beside) == 2 and "“random map” made pgd-4 in another way than" in capsys.readouterr().err
    assert main(["evaluate", "--summary", str(first), str(first)]) == 2
    assert "Expected folders of different names; got undisturbed, undisturbed" in capsys.readouterr().err


def test_another_question_is_refused_before_a_model_is_loaded(undisturbed, tree, capsys):
    assert main(command("local-dir:/nowhere", tree, undisturbed[0])) == 2
    assert "holds another evaluation (model differ)" in capsys.readouterr().err


def test_progress_begins_with_what_was_kept(undisturbed, small, model, tree, monkeypatch, capsys):
    folder, _ = undisturbed
    whole = (folder / "records.jsonl").read_bytes()
    (folder / "records.jsonl").write_bytes(b"".join(whole.splitlines(keepends=True)[:4]))
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, *_: Here(small, model))
    assert main([word for word in command(model, tree, folder) if word != "--json"]) == 0
    told = capsys.readouterr()
    assert "| 4/6 [" in told.err and "| 6/6 [" in told.err and "| 0/6 [" not in told.err
    assert (folder / "records.jsonl").read_bytes() == whole and told.out.startswith("6 pictures")
    assert "| defence | clean | pgd-4 | fgsm-4 | seconds |" in (folder / "summary.md").read_text()


def test_the_adaptive_attack_has_an_arm_per_defence_and_steps_of_its_own(small, model, tree, monkeypatch, capsys):
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, *_: Here(small, model))
    words = (
        "--attack pgd --attack adaptive --target-defence tpt --target-defence view-average --steps 3 --adaptive-steps 1"
    )
    out = tree.parent / "out"
    more = ["--views", "2", "--keep", "0.5", "--defence", "clip", "--pictures", "1", "--json", "--out", str(out)]
    assert main(["evaluate", "--folder", str(tree), "--model", model, *words.split(), *more]) == 0
    attacks = json.loads(capsys.readouterr().out)["plan"]["attacks"]
    steps = {arm: attack["steps"] for arm, attack in attacks.items()}
    assert steps == {"pgd-4": 3, "adaptive-tpt-4": 1, "adaptive-view-average-4": 1}
    assert main(["evaluate", "--summary", str(out), "--markdown"]) == 0
    listed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("- `")]
    assert [line.split("`")[1] for line in listed] == ["pgd-4", "adaptive-tpt-4", "adaptive-view-average-4"]
    assert "(view-average), 1 step," in listed[2]


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_and_ends_with_the_same_bytes(
    undisturbed, small, model, tree, tmp_path, monkeypatch, forking
):
    """The first time it is killed while a worker computes that was started as ever."""
    out = tmp_path / "killed"
    records = out / "records.jsonl"
    for lines, alone in ((1, False), (3, True), (4, True)):
        started = forking.Process(target=_evaluated, args=(command(model, tree, out, "--workers", "1"), alone))
        started.start()
        deadline = time.monotonic() + 120
        while not records.is_file() or records.read_bytes().count(b"\n") < lines:
            assert time.monotonic() < deadline and started.exitcode in (None, 0)
            time.sleep(0.005)
        started.kill()
        started.join()
        with records.open("ab") as file:
            file.write(b'{"index": 99, "cut o')  # a line that a kill cut off
        while _alive(started.pid):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, *_: Here(small, model))  # as `undisturbed` ran
    assert main(command(model, tree, out)) == 0
    assert records.read_bytes() == (undisturbed[0] / "records.jsonl").read_bytes()
    assert not list(out.rglob("*.part"))


def _evaluated(words: list[str], alone: bool) -> None:
    """The command in a session of its own; `alone` it works in that process, without a worker."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if alone:
        evaluation.Processes = lambda model, *_: Here(load_backbone(model, "cpu"), model)
    main(words)


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


@pytest.mark.slow
def test_a_worker_that_is_ended_from_outside_gets_a_sentence(model, forking, monkeypatch):
    monkeypatch.setattr(processes, "get_context", lambda method: forking)
    with pytest.raises(EngineError, match="ended from outside"), Processes(model, "cpu").start() as each:
        list(each(_end, [None]))


def _end(backbone, item) -> None:
    os._exit(9)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--pictures", "0"], "at least one picture"),
        (["--against", "tpt"], "--against tpt is not evaluated here"),
        (["--workers", "0"], "at least one worker"),
        (["--batch", "0"], "at least one picture in a batch"),
        (["--summary", "/nowhere"], "“/nowhere” has no plan.json"),
        (["--split", "x.json"], "--images with --split"),
        (["--eps", "400"], "epsilon"),
        (["--folder", "/nowhere"], "“/nowhere” is none"),
    ],
)
def test_bad_options_end_in_one_sentence(capsys, options, sentence):
    assert main(["evaluate", "--defence", "clip", *options]) == 2
    err = capsys.readouterr().err
    assert sentence in err and err.count("\n") == 1
