"""Maps held against painted truth: what counts, and that a map of the truth itself scores best."""

import json

import pytest
import torch

from engine import AttackSettings
from engine.cli import main
from engine.fieldguide.judge import EDGES, RANDOM, Judged, _held, judge, verdict
from engine.fieldguide.specimens import KINDS
from engine.fieldguide.trial import make_trial
from engine.measures import coverage


def test_a_map_of_the_part_itself_hits_it_and_lies_within_it():
    trial = make_trial(4, 2, "mushroom")
    part = torch.from_numpy(trial.painting.part_masks[KINDS["mushroom"]])
    fine = _held(trial, part.float())
    assert fine.hit and fine.part_hit and fine.inside == fine.part_inside == 1
    coarse = _held(trial, coverage(part, (14, 14)))
    assert coarse.hit and 0.2 < coarse.part_inside <= coarse.inside <= 1
    away = _held(trial, 1 - coverage(torch.from_numpy(trial.painting.object_mask), (14, 14)))
    assert not away.hit and away.inside < 0.1


def test_the_verdict_counts_shares_and_means():
    made = [{"clean": {"raw": Judged(i < 3, False, 0.25 * i, 0.0, i == 0)}} for i in range(4)]
    told = verdict(made)["clean"]["raw"]
    assert told["pointing"][0] == 0.75 and told["part_pointing"][0] == 0 and told["degenerate"][0] == 0.25
    assert told["inside"][0] == pytest.approx(0.375) and told["inside"][1] < 0.375 < told["inside"][2]


def test_workers_do_not_change_the_judgement():
    settings = AttackSettings(steps=2)
    one, two = (list(judge(2, 9, ("a-tpt", "raw"), settings, workers=workers)) for workers in (1, 2))
    assert one == two and list(one[0]) == ["clean", "attacked"]
    assert list(one[0]["clean"]) == ["a-tpt", "raw", RANDOM, EDGES]


def test_the_command_prints_one_document(capsys):
    command = ["fieldguide", "judge", "--pictures", "2", "--steps", "1", "--map", "raw", "--json", "--workers", "1"]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)["maps"]
    assert set(told["attacked"]) == {"raw", RANDOM, EDGES} and len(told["clean"]["raw"]["inside"]) == 3
