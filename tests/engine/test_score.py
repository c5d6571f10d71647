"""The score: its arithmetic against literal formulas, and that workers do not change what is measured."""

import json
from math import comb, isclose, sqrt

import pytest

from engine import AttackSettings, Settings, ViewSettings
from engine.benchmarks.score import DEFENCES, Answer, answers, summary
from engine.cli.main import main
from engine.evaluation import Processes
from engine.models import BUILT_IN, load_backbone
from tests.evaluation_cases import Here

ARMS = ("clean", "attacked", *DEFENCES)


def made(index: int, kind: str, **wrong: bool) -> Answer:
    return Answer(index, kind, {arm: arm.replace("-", "_") not in wrong for arm in ARMS})


def test_accuracy_and_wilson_interval_are_the_literal_ones():
    told = summary([made(i, "bird", **({"attacked": True} if i % 5 else {})) for i in range(20)], {"seed": 1})
    share, n, z = 4 / 20, 20, 1.959964
    middle, half = share + z**2 / (2 * n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = told["intervals"]["attacked"]
    assert told["accuracy"]["attacked"] == share and told["accuracy"]["clean"] == 1
    assert isclose(low, (middle - half) / (1 + z**2 / n), abs_tol=1e-4)
    assert isclose(high, (middle + half) / (1 + z**2 / n), abs_tol=1e-4)
    assert told["settings"] == {"seed": 1, "pictures": 20, "labels": 40}


def test_pairs_count_disagreements_and_test_them_exactly():
    collected = [made(i, "fish", r_tpt=True) for i in range(7)] + [made(7, "fish", a_tpt=True)]
    pair = summary(collected, {})["pairs"][1]
    assert (pair["first"], pair["second"]) == ("a-tpt", "r-tpt")
    assert (pair["only_first"], pair["only_second"]) == (7, 1)
    assert isclose(pair["p"], 2 * (comb(8, 7) + comb(8, 8)) / 2**8)
    assert summary([made(0, "fish")], {})["pairs"][1]["p"] == 1


def test_kinds_are_told_apart():
    told = summary([made(0, "fish"), made(1, "bird", tpt=True), made(2, "bird")], {})["kinds"]
    assert told["bird"]["pictures"] == 2 and told["bird"]["tpt"] == 0.5 and told["fish"]["tpt"] == 1


@pytest.fixture(scope="module")
def here() -> Here:
    """The built-in model in this process."""
    return Here(load_backbone(BUILT_IN, "cpu"), BUILT_IN)


@pytest.mark.slow
@pytest.mark.usefixtures("two_workers")
@pytest.mark.parametrize("seed", [3, 10**15])
def test_workers_do_not_change_the_answers(here, seed):
    settings = Settings(attack=AttackSettings(steps=2), views=ViewSettings(count=4))
    one, two = (list(answers(3, seed, settings, executor)) for executor in (here, Processes(BUILT_IN, "cpu", 2)))
    assert one == two and set(one[0].right) == set(ARMS)


def test_the_command_prints_one_document(here, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, **choice: asked.append((model, choice)) or here)
    command = ["fieldguide", "score", "--pictures", "2", "--seed", "5", "--steps", "1", "--views", "4", "--json"]
    assert main([*command, "--workers", "3"]) == 0
    assert asked == [(BUILT_IN, {"count": 3})]
    told = json.loads(capsys.readouterr().out)
    assert set(told["accuracy"]) == set(told["intervals"]) == set(ARMS)
    assert told["settings"]["attack"] == {"attack": "pgd", "norm": "linf", "eps": 4, "step_size": 1, "steps": 1}
