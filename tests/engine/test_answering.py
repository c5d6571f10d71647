"""Other models answer in an evaluation: their records, resumed and with any workers, and what is summed up."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.cli.evaluation_tables import markdown_lines, plain_lines
from engine.cli.main import main
from engine.datasets.folders import Folder
from engine.errors import EngineError
from engine.evaluation import Answered, Plan, evaluate, read_kept, read_merged, read_plan, summarise
from engine.models import load_backbone
from engine.models.predict import predict
from engine.settings import AttackSettings, Settings
from engine.story.handing_on import as_seen
from tests.evaluation_cases import Here
from tests.fixtures import SMALL, saved

PLAN = Plan(Settings(defences=("clip",)), (AttackSettings(steps=2, epsilon=16 / 255),), seed=5)


@pytest.fixture(scope="module")
def other(small, tmp_path_factory) -> str:
    """A model folder with other weights than the small model's."""
    folder = tmp_path_factory.mktemp("other")
    name, file = saved(small, SMALL, folder), folder / "open_clip_model.safetensors"
    torch.manual_seed(1)
    save_file({key: value + 0.02 * torch.randn_like(value) for key, value in load_file(file).items()}, file)
    return name


@pytest.fixture(scope="module")
def asking(other, model) -> Plan:
    """The plan in which that one and a model of another size answer too."""
    return replace(PLAN, answer_with=(other, model))


def run(small, tree, plan: Plan, out: Path) -> list[Answered]:
    return list(evaluate(Folder(tree), plan, Here(small, "small"), out))


@pytest.mark.slow
def test_records_gain_answers_and_are_else_what_they_were(small, tree, asking, tmp_path):
    plain, asked = run(small, tree, PLAN, tmp_path / "plain"), run(small, tree, asking, tmp_path / "asked")
    for one, two in zip(plain, asked, strict=True):
        others = two.record["others"]
        assert {**two.record, "others": 0} == {**one.record, "others": 0} and "others" not in one.record
        assert [*others] == [*asking.answer_with] and all([*told] == ["clean", "pgd-16"] for told in others.values())
    assert "answer_with" not in read_plan(tmp_path / "plain") and "others" not in summarise(plain)
    kept = read_plan(tmp_path / "asked")
    assert kept["answer_with"] == [*asking.answer_with] == [*sorted(kept["answering"], key=kept["answer_with"].index)]


def test_an_answer_is_the_model_s_own_to_what_the_attacked_one_saw(small, tree, asking, tmp_path):
    (first, *_) = run(small, tree, asking, tmp_path / "out")
    question = Folder(tree).ask(0)()
    pixels = small.prepare(question.image)
    for name in asking.answer_with:
        loaded = load_backbone(name)
        expected = predict(loaded, as_seen(loaded, pixels), question.classes)
        told = first.record["others"][name]["clean"]
        assert told["answer"] == expected.name and told["right"] == (expected.label == question.label)
        assert told["confidence"] == pytest.approx(expected.confidence, abs=1e-5)


@pytest.mark.slow
def test_what_was_stopped_goes_on_to_the_same_bytes(small, tree, asking, tmp_path):
    run(small, tree, asking, tmp_path / "whole")
    stream = evaluate(Folder(tree), asking, Here(small, "small"), tmp_path / "stopped")
    next(stream), next(stream)
    stream.close()
    run(small, tree, asking, tmp_path / "stopped")
    one, two = ((tmp_path / name / "records.jsonl").read_bytes() for name in ("whole", "stopped"))
    assert one == two and read_kept(tmp_path / "stopped")[0].record["others"]


@pytest.mark.slow
@pytest.mark.usefixtures("two_workers")
def test_workers_change_nothing(small, small_model, other, tree, tmp_path, monkeypatch):
    words = f"evaluate --folder {tree} --model {small_model} --defence clip --steps 2 --answer-with {other} --json"
    assert main([*words.split(), "--workers", "2", "--out", str(tmp_path / "two")]) == 0
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, *_: Here(small, model))
    assert main([*words.split(), "--out", str(tmp_path / "here")]) == 0
    two, here = ((tmp_path / name / "records.jsonl").read_bytes() for name in ("two", "here"))
    assert two == here and b'"others"' in two


def test_other_models_or_other_weights_of_theirs_are_another_evaluation(small, tree, asking, other, tmp_path):
    run(small, tree, asking, tmp_path / "out")
    with pytest.raises(EngineError, match=r"holds another evaluation \(answer_with differ\)"):
        run(small, tree, PLAN, tmp_path / "out")
    file = tmp_path / "out" / "plan.json"
    plan = json.loads(file.read_text())
    plan["answering"][other]["fingerprint"] = "0" * 16
    file.write_text(json.dumps(plan))
    with pytest.raises(EngineError, match=f"under the name {other} .fingerprint 0000000000000000, now"):
        run(small, tree, asking, tmp_path / "out")


def test_the_attacked_model_and_one_named_twice_are_refused(small, tree, other, tmp_path):
    with pytest.raises(EngineError, match="each model once to answer"):
        replace(PLAN, answer_with=(other, other))
    with pytest.raises(EngineError, match="another model than small to answer"):
        run(small, tree, replace(PLAN, answer_with=("small",)), tmp_path / "out")


def record(own: tuple[bool, bool], other: tuple[bool, bool]) -> Answered:
    """Of a picture: whether the attacked model and the other one are right when clean, and when attacked."""
    arms = ("clean", "pgd-4")
    answers = {arm: {"clip": {"right": right}} for arm, right in zip(arms, own, strict=True)}
    others = {"B": {arm: {"right": right} for arm, right in zip(arms, other, strict=True)}}
    return Answered({"key": "", "truth": "", "arms": answers, "others": others}, {})


HAND = [
    record((True, False), (True, False)),  # fooled, and so is the other
    record((True, False), (True, True)),
    record((True, True), (True, False)),  # only the other
    record((False, False), (True, False)),  # the attacked one was wrong before
    record((True, False), (False, False)),  # the other was
]


def test_success_on_another_model_is_counted_where_both_are_right_and_where_the_attack_fools():
    told = summarise(HAND)["others"]["B"]
    assert told["accuracy"] == {"clean": 0.8, "pgd-4": 0.2}
    both, fooled = told["success"]["pgd-4"]["both"], told["success"]["pgd-4"]["fooled"]
    assert (both["fooled"], both["of"], fooled["fooled"], fooled["of"]) == (2, 3, 1, 2)
    assert both["rate"] == 0.6667 and both["interval"] == [0.2077, 0.9385]  # Wilson, by hand
    never = summarise([record((False, False), (True, False))])["others"]["B"]["success"]["pgd-4"]["both"]
    assert (never["of"], never["rate"]) == (0, None)


@pytest.mark.slow
def test_the_tables_tell_them_and_several_evaluations_leave_them_out(small, tree, asking, tmp_path, capsys):
    for name, plan in (("asked", asking), ("plain", PLAN)):
        run(small, tree, plan, tmp_path / name)
    assert main(["evaluate", "--summary", str(tmp_path / "asked"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    for lines in (plain_lines(summary), markdown_lines(summary)):
        drawn = "\n".join(lines)
        assert all(drawn.count(name) >= 3 for name in asking.answer_with)
        assert "attacks were made on small" in " ".join(drawn.split()) and "64 pixels" in drawn
    plan, answered = read_merged([tmp_path / "asked", tmp_path / "plain"])
    assert "answer_with" not in plan and "others" not in summarise(answered)


def test_a_summary_runs_nothing_and_asks_no_model(tmp_path, capsys):
    assert main(["evaluate", "--summary", str(tmp_path), "--answer-with", "fieldguide@168"]) == 2
    assert "--answer-with" in capsys.readouterr().err
