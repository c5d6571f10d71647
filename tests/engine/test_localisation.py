"""The localisation benchmark: what counts, and that a map of the truth itself scores best."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from engine.benchmarks.localisation import ARMS, MapScore, _picture_scores, localise, map_score, pairs, summary
from engine.cli.main import main
from engine.evaluation import Processes
from engine.evaluation.plan import picture_seed
from engine.fieldguide.world.questions import make_question
from engine.fieldguide.world.specimens import KINDS
from engine.maps.attend import attend
from engine.maps.occlusion import occlude
from engine.models import BUILT_IN
from engine.numerics.measures import coverage
from engine.settings import AttackSettings, AttentionSettings
from engine.story.attack import attack
from tests.evaluation_cases import Here


def test_a_map_of_the_part_itself_hits_it_and_lies_within_it():
    question = make_question(4, 2, "mushroom")
    part = torch.from_numpy(question.painting.part_masks[KINDS["mushroom"]])
    fine = map_score(question, part.float())
    assert fine.hit and fine.part_hit and fine.inside == fine.part_inside == 1
    coarse = map_score(question, coverage(part, (14, 14)))
    assert coarse.hit and 0.2 < coarse.part_inside <= coarse.inside <= 1
    away = map_score(question, 1 - coverage(torch.from_numpy(question.painting.object_mask), (14, 14)))
    assert not away.hit and away.inside < 0.1
    empty, flat = (map_score(question, torch.full((14, 14), value)) for value in (0.0, 0.5))
    assert not empty.hit and not flat.hit and empty.inside == 0
    assert flat.inside == pytest.approx(float(question.painting.object_mask.mean()))


def test_the_summary_counts_shares_and_means():
    made = [{"clean": {"raw": MapScore(i < 3, False, 0.25 * i, 0.0, i == 0)}} for i in range(4)]
    scores = summary(made)["clean"]["raw"]
    assert scores["pointing"][0] == 0.75 and scores["part_pointing"][0] == 0 and scores["degenerate"][0] == 0.25
    assert scores["inside"][0] == pytest.approx(0.375) and scores["inside"][1] < 0.375 < scores["inside"][2]


def test_the_mean_of_one_picture_has_no_interval():
    scores = summary([{"clean": {"raw": MapScore(True, False, 0.25, 0.0, False)}}])["clean"]["raw"]
    assert scores["inside"] == [0.25, None, None] and json.loads(json.dumps(scores, allow_nan=False)) == scores


def test_the_summary_has_areas_where_curves_were_drawn():
    made = [{"clean": {"raw": MapScore(True, True, 0.5, 0.5, False, (0.2 * i, 0.3))}} for i in range(3)]
    scores = summary(made)["clean"]["raw"]
    assert scores["deletion"][0] == pytest.approx(0.2) and scores["insertion"][0] == pytest.approx(0.3)
    assert scores["deletion"][1] == pytest.approx(0.2 - 1.96 * 0.2 / 3**0.5, abs=1e-4)


def test_pairs_count_where_only_one_map_points_at_the_object():
    hits = [(True, False), (True, False), (False, True), (True, True)]
    maps = [{"a-tpt": MapScore(a, False, 0, 0, False), "raw": MapScore(b, False, 0, 0, False)} for a, b in hits]
    (scores,) = pairs([{"clean": one} for one in maps])["clean"]
    assert (scores["first"], scores["second"], scores["only_first"], scores["only_second"]) == ("raw", "a-tpt", 1, 2)
    assert scores["p"] == pytest.approx(1) and pairs([{"clean": {"raw": maps[0]["raw"]}}]) == {}


@pytest.mark.slow
@pytest.mark.usefixtures("two_workers")
def test_workers_do_not_change_the_scores(small, small_model):
    settings, executors = AttackSettings(steps=2), (Here(small, small_model), Processes(small_model, "cpu", 2))
    one, two = (list(localise(2, 9, ("a-tpt", "raw"), settings, executor)) for executor in executors)
    assert one == two and list(one[0]) == ["clean", "attacked", "noise", "shuffled"]
    assert all(list(maps) == ["a-tpt", "raw", "random", "edges"] for maps in one[0].values())
    assert one[0]["clean"]["edges"] == one[0]["shuffled"]["edges"]
    assert one[0]["clean"]["raw"] != one[0]["shuffled"]["raw"]


def test_without_names_every_map_of_the_model_is_scored(resnet):
    scores = _picture_scores(resnet, 0, 9, (), AttackSettings(steps=1), False, AttentionSettings())
    assert list(scores["attacked"]) == ["a-tpt", "grad-cam", "random", "edges"]


@pytest.mark.slow
def test_curves_are_those_of_the_picture_in_each_arm(tiny):
    settings, drawing = AttackSettings(steps=1), AttentionSettings(layer=0)
    scores = _picture_scores(tiny, 0, 9, ("raw",), settings, True, drawing)
    question = make_question(9, 0)
    *_, adversarial = attack(
        tiny, tiny.prepare(Image.fromarray(question.painting.pixels)), question.classes,
        replace(settings, seed=picture_seed(9, 0)), question.truth,
    )  # fmt: skip
    drawn = attend(tiny, adversarial.saved, question.classes, AttentionSettings("raw", layer=0), question.truth)
    found = occlude(tiny, adversarial.saved, drawn.raw, question.classes, question.truth)
    assert scores["attacked"]["raw"].areas == pytest.approx((found.deletion_area, found.insertion_area))
    assert scores["clean"]["raw"].areas != scores["shuffled"]["raw"].areas


def test_the_command_prints_one_document(monkeypatch, capsys):
    asked = []

    def fake(pictures, seed, maps, settings, executor, curves, drawing):
        asked.append((pictures, seed, maps, executor, curves, drawing.layer))
        drawn = MapScore(True, False, 0.5, 0.25, False, (0.1, 0.9))
        return iter([{arm: {"a-tpt": drawn, "raw": drawn} for arm in ARMS}] * pictures)

    monkeypatch.setattr("engine.benchmarks.localisation.localise", fake)
    command = [
        "fieldguide", "localise", "--pictures", "2", "--seed", "3", "--map", "raw", "--layer", "2", "--curves",
        "--workers", "1",
    ]  # fmt: skip
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert asked == [(2, 3, ("raw",), Processes(BUILT_IN, "auto", 1), True, 2)]
    assert list(found["maps"]) == list(ARMS) and found["maps"]["noise"]["raw"]["insertion"][0] == 0.9
    assert found["pairs"]["clean"][0]["first"] == "raw" and found["settings"]["pictures"] == 2
    assert found["settings"]["drawing"] == {"layer": 2}
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["clean", "pointing", "part", "pointing", "inside", "part", "inside", "degenerate"] + [
        "deletion", "insertion",
    ]  # fmt: skip
    assert all(line == line.rstrip() for line in lines)
    command[command.index("2")] = "1"
    assert main(command) == 0
    assert "0.500 [–, –]" in capsys.readouterr().out
