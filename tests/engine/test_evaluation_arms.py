"""Arms of an evaluation that are not told the truth, or are answered by one defence; and the summary of these."""

import argparse
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from engine.cli.options import add_attacks_options, all_attacks, all_predicted
from engine.datasets.base import Question
from engine.datasets.folders import Folder
from engine.errors import EngineError
from engine.evaluation import Answered, Plan, answer_question, copy_attacked, evaluate, folded, read_kept, settings_kept
from engine.evaluation import records as records_module
from engine.evaluation.plan import arm_name
from engine.evaluation.statistics import holm, summarise
from engine.models.predict import predict
from engine.settings import AttackSettings, Settings, TuneSettings, ViewSettings
from engine.story.attack import attack
from tests.evaluation_cases import CLASSES, Here, picture

PGD = AttackSettings(steps=2)
SETTINGS = Settings(
    views=ViewSettings(count=4), tuning=TuneSettings(keep=0.5), defences=("clip", "view-average", "tpt")
)
THROUGH = tuple(AttackSettings("adaptive", steps=1, target_defence=name) for name in ("view-average", "tpt"))
PREDICTED = Plan(SETTINGS, (PGD,), seed=5, predicted=(PGD,))
OWN = Plan(SETTINGS, (PGD, *THROUGH), seed=5, own_target=True)


def asked(backbone, right: bool) -> Question:
    """A question about one picture whose label is the model's answer, or is not."""
    answer = predict(backbone, backbone.prepare(picture(1)), CLASSES).label
    return Question("x", picture(1), CLASSES, answer if right else (answer + 1) % 3)


def test_an_attack_without_the_truth_pushes_away_from_the_models_own_answer(shallow, tmp_path):
    question = asked(shallow, right=False)
    pixels = shallow.prepare(question.image)
    answered = answer_question(shallow, question, 3, PREDICTED, tmp_path)
    seeded = replace(PGD, seed=PREDICTED.seed_for(3))
    for line, label in zip(answered.attacked, (question.label, None), strict=True):
        *_, expected = attack(shallow, pixels, CLASSES, seeded, label)
        assert line["away_from"] == CLASSES.names[expected.label]
        with Image.open(tmp_path / line["file"]) as image:
            levels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
        assert torch.equal(levels, (expected.saved * 255).round().to(torch.uint8))
    truth, predicted = answered.attacked
    assert truth["file"] != predicted["file"] and "truth" not in truth
    assert predicted["truth"] == CLASSES.names[question.label] != predicted["away_from"]
    assert list(answered.record["arms"]) == ["clean", "pgd-4", "pgd-predicted-4"]


def test_where_the_model_is_right_it_is_the_same_picture_and_is_answered_once(shallow, tmp_path, monkeypatch):
    question, asked_for = asked(shallow, right=True), []
    result = records_module.Story.result
    monkeypatch.setattr(
        records_module.Story, "result", lambda self, one, low=False: (asked_for.append(one), result(self, one, low))[1]
    )
    answered = answer_question(shallow, question, 3, PREDICTED, tmp_path)
    defended = [one for one in asked_for if isinstance(one, records_module.requests.Defended)]
    truth, predicted = answered.attacked
    assert truth["file"] == predicted["file"] and len(list(tmp_path.iterdir())) == 1
    assert len(defended) == 2 * len(PREDICTED.defences)  # of the clean picture and of one attacked
    arms = answered.record["arms"]
    assert arms["pgd-4"] == arms["pgd-predicted-4"]
    alone = answer_question(shallow, question, 3, replace(PREDICTED, attacks=()))
    assert alone.record["arms"]["pgd-predicted-4"] == arms["pgd-predicted-4"]  # whatever other arms there are


def test_plans_of_before_say_nothing_of_either(shallow):
    plain = Plan(SETTINGS, (PGD,), seed=5).document()
    assert "own_target" not in plain and "from_truth" not in plain["attacks"]["pgd-4"]
    told = json.loads(json.dumps(PREDICTED.document()))
    assert told["attacks"].pop("pgd-predicted-4") == plain["attacks"]["pgd-4"] | {"from_truth": False}
    assert told == plain
    with pytest.raises(EngineError, match="attacks of different names; got pgd-predicted-4, pgd-predicted-4"):
        Plan(SETTINGS, (), predicted=(PGD, PGD))


def test_an_adaptive_attack_may_be_answered_by_its_target_alone(shallow):
    arms = answer_question(shallow, asked(shallow, right=True), 3, OWN).record["arms"]
    answering = {arm: list(answers) for arm, answers in arms.items()}
    everybody = list(OWN.defences)
    assert answering == {
        "clean": everybody, "pgd-4": everybody, "adaptive-view-average-4": ["clip", "view-average"],
        "adaptive-tpt-4": ["clip", "tpt"],
    }  # fmt: skip
    document = json.loads(json.dumps(OWN.document()))
    for arm, answered_by in answering.items():
        assert list(settings_kept(document, arm, 3).defences) == answered_by
    whole = answer_question(shallow, asked(shallow, right=True), 3, replace(OWN, own_target=False)).record["arms"]
    assert all(whole[arm][name] == answer for arm, found in arms.items() for name, answer in found.items())


@pytest.mark.slow
def test_such_a_run_goes_on_where_it_was_killed_and_its_pictures_are_found(shallow, tree, tmp_path):
    plan = replace(OWN, predicted=(PGD,))
    list(evaluate(Folder(tree), plan, Here(shallow, "shallow"), tmp_path / "whole"))
    whole = (tmp_path / "whole" / "records.jsonl").read_bytes()
    out = tmp_path / "out"
    stream = evaluate(Folder(tree), plan, Here(shallow, "shallow"), out)
    for _ in range(3):
        next(stream)
    stream.close()
    with (out / "records.jsonl").open("ab") as file:
        file.write(b'{"key": "cut o')
    list(evaluate(Folder(tree), plan, Here(shallow, "shallow"), out))
    assert (out / "records.jsonl").read_bytes() == whole
    copy_attacked(out, read_kept(out), tmp_path / "copied")
    assert len(list((tmp_path / "copied" / "pgd-predicted-4").rglob("*.png"))) == len(Folder(tree))


def _answered(**right: bool) -> Answered:
    """One picture on which CLIP is right; of each adaptive arm the target, then CLIP wrong there."""
    own = {
        f"adaptive-{name.replace('_', '-')}-4": {"clip": {"right": False}, name.replace("_", "-"): {"right": hit}}
        for name, hit in right.items()
    }
    clean = {"clip": {"right": True}} | {name.replace("_", "-"): {"right": True} for name in right}
    seconds = {arm: dict.fromkeys(found, 1.0) for arm, found in ({"clean": clean} | own).items()}
    record = {"key": "x", "arms": {"clean": clean, **own}, "blind": ["adaptive-tpt-4"]}
    return Answered(record, {"attacks": {}, "defences": seconds})


def test_each_defence_through_itself_is_one_column_of_the_summary():
    attacks = {f"adaptive-{one.target_defence}-4": {"attack": "adaptive", "target_defence": one.target_defence}
               for one in THROUGH}  # fmt: skip
    plan, collected = {"attacks": attacks, "own_target": True}, [
        _answered(view_average=True, tpt=False), _answered(view_average=True, tpt=True),
    ]  # fmt: skip
    said, found = folded(plan, collected)
    assert said["attacks"] == {"adaptive-itself-4": {"attack": "adaptive", "target_defence": "itself"}}
    told = summarise(found, "view-average")["arms"]
    assert told["adaptive-itself-4"]["accuracy"] == {"view-average": 1.0, "tpt": 0.5}
    assert told["adaptive-itself-4"]["blind"] == 2
    assert told["adaptive-itself-4"]["seconds"] == {"view-average": 1.0, "tpt": 1.0}
    (pair,) = told["adaptive-itself-4"]["pairs"]
    assert (pair["first"], pair["only_first"], pair["only_second"]) == ("tpt", 0, 1)
    assert list(told["clean"]["accuracy"]) == ["clip", "view-average", "tpt"]
    everybody = {"attacks": attacks}
    assert folded(everybody, collected) == (everybody, collected)


def test_holms_correction_by_hand():
    """Four p-values in order 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06, 0.04; none falls again."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == [1.0, 1.0] and holm([]) == []


@pytest.mark.parametrize("beside", [{"answer_with": ("fieldguide",)}, {"detect": True}, {"survival": True}])
def test_an_own_target_goes_with_nothing_told_of_one_picture_an_arm(beside):
    assert replace(OWN, own_target=False, **beside)
    with pytest.raises(EngineError, match="--own-target cannot go with --answer-with, --detect or --survival"):
        replace(OWN, **beside)


def test_options_name_both():
    parser = argparse.ArgumentParser()
    add_attacks_options(parser)
    line = (
        "--attack pgd --attack apgd-ce --attack adaptive --target-defence tpt --eps 4 --steps 9 --predicted-label pgd"
    )
    args = parser.parse_args(f"{line} --own-target --adaptive-steps 3".split())
    assert [arm_name(one) for one in all_attacks(args)] == ["pgd-4", "apgd-ce-4", "adaptive-tpt-4"]
    (predicted,) = all_predicted(args)
    assert predicted == all_attacks(args)[0] and predicted.steps == 9 and args.own_target
    assert all_predicted(parser.parse_args([])) == ()


@pytest.mark.parametrize("name", ["noise", "corruption"])
def test_what_nobody_aims_pushes_away_from_no_answer(name, capsys):
    parser = argparse.ArgumentParser()
    add_attacks_options(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--predicted-label", name])
    assert f"--predicted-label: invalid choice: '{name}'" in capsys.readouterr().err
