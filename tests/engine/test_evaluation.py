"""Evaluation: a record is the story of one picture; what is kept is found again; the summary counts."""

import json
import os
import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle, islice

import pytest
import torch
from PIL import Image

from engine.classes import Classes
from engine.datasets.base import Question
from engine.datasets.folders import Folder
from engine.errors import EngineError
from engine.evaluation import Answered, Plan, answer_question, evaluate, groups, read_kept, settings_kept, summarise
from engine.evaluation.plan import arm_name
from engine.evaluation.statistics import newcombe
from engine.evaluation.store import attacked
from engine.models import Backbone
from engine.models.predict import predict
from engine.settings import AttackSettings, PictureSettings, Settings, TuneSettings, ViewSettings
from engine.story.explore import explore
from engine.story.graph import Story
from engine.story.recipe import Picture, Recipe
from tests.evaluation_cases import CLASSES, CLEAN_PLAN, PLAN, Here, picture

# records


def test_a_record_is_the_story_of_the_picture(shallow):
    question = Question("x", picture(1), CLASSES, 2, "g")
    record = answer_question(shallow, question, 3, PLAN).record
    assert (record["index"], record["key"], record["group"], record["truth"]) == (3, "x", "g", "sea star")
    assert list(record["arms"]) == ["clean", "pgd-4", "fgsm-8"]
    settings = replace(PLAN.settings_for(3, "pgd-4"), attack=replace(PLAN.attacks[0], seed=PLAN.seed_for(3)))
    told = list(explore(shallow, shallow.prepare(question.image), CLASSES, settings, 2))
    expected = {s.result.defence: s.result.prediction for s in told if s.name == "defence"}
    assert list(record["arms"]["pgd-4"]) == ["clip", "r-tpt", "a-tpt"] == list(expected)
    for name, prediction in expected.items():
        answer = record["arms"]["pgd-4"][name]
        assert answer["answer"] == prediction.name and answer["right"] == (prediction.label == 2)
        assert answer["confidence"] == pytest.approx(prediction.confidence, abs=2e-6)


def test_a_record_tells_the_crop_where_another_fit_is_asked_for_and_only_there(shallow):
    wide = Image.new("RGB", (200, 100), "teal")
    question = Question("x", wide, CLASSES, 2, "g")
    assert "crop" not in answer_question(shallow, question, 3, CLEAN_PLAN).record
    assert "picture" not in CLEAN_PLAN.document()
    plan = replace(CLEAN_PLAN, settings=replace(CLEAN_PLAN.settings, picture=PictureSettings(frame=0.0)))
    assert answer_question(shallow, question, 3, plan).record["crop"] == [0, 0, 0.5, 1]
    assert plan.document()["picture"] == {"fit": "", "frame": 0.0}


def test_attacked_pictures_are_made_once_and_are_exact(shallow, tmp_path, monkeypatch):
    question = Question("x", picture(1), CLASSES, 2)
    first = answer_question(shallow, question, 3, PLAN, tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == len(list(tmp_path.iterdir())) == 2
    assert set(first.seconds["attacks"]) == {"pgd-4", "fgsm-8"}
    monkeypatch.setattr("engine.story.requests.pictures.attack", lambda *_: 1 / 0)
    again = answer_question(shallow, question, 3, replace(PLAN, settings=PLAN.settings_for(3, "pgd-4")), tmp_path)
    assert first.record == again.record and again.seconds["attacks"] == {}
    with pytest.raises(ZeroDivisionError):
        answer_question(shallow, question, 4, PLAN, tmp_path)  # another seed is another attack


def test_an_attacked_picture_tells_its_settings_and_a_damaged_one_is_made_again(shallow, tmp_path):
    question, settings = Question("x", picture(1), CLASSES, 2), Settings(AttackSettings(steps=2))
    pixels = shallow.prepare(question.image)
    asked = Story(shallow, Recipe(Picture(pixels), CLASSES, 2, settings))
    made, seconds, _ = attacked(asked, question, tmp_path)
    assert seconds > 0 and (made - pixels).abs().max() <= 4 / 255 + 1e-6
    (path,) = tmp_path.iterdir()
    with Image.open(path) as image:
        note = json.loads(image.text["attack"])
        image.putpixel((0, 0), (1, 2, 3))
        image.save(tmp_path / "changed.png", pnginfo=None)
    assert note["settings"]["steps"] == 2 and note["away_from"] == "sea star"
    assert note["fingerprint"] == shallow.fingerprint
    read, seconds, _ = attacked(asked, question, tmp_path)
    assert seconds is None and torch.equal(read, made)
    for damage in ((tmp_path / "changed.png").read_bytes(), path.read_bytes()[:200], b""):
        path.write_bytes(damage)
        again, seconds, _ = attacked(asked, question, tmp_path)
        assert seconds is not None and torch.equal(again, made)


def test_a_record_tells_attacks_that_saw_no_gradient_and_so_does_a_kept_picture(shallow, tmp_path, monkeypatch):
    question = Question("x", picture(1), CLASSES, own_answer(shallow))
    assert "blind" not in answer_question(shallow, question, 3, PLAN).record
    logits = Backbone.logits
    monkeypatch.setattr(Backbone, "logits", lambda self, *features: 1e4 * logits(self, *features))
    made, read = (answer_question(shallow, question, 3, PLAN, tmp_path) for _ in range(2))
    assert made.record["blind"] == ["pgd-4", "fgsm-8"] and made.record == read.record
    arms = summarise([made])["arms"]
    assert [arms[arm]["blind"] for arm in ("clean", "pgd-4", "fgsm-8")] == [0, 1, 1]


def own_answer(shallow) -> int:
    return predict(shallow, shallow.prepare(picture(1)), CLASSES).label


def test_the_fingerprint_changes_with_any_weight(shallow):
    before = shallow.fingerprint
    changed = {name: value.clone() for name, value in shallow.model.state_dict().items()}
    changed["visual.proj"][0, 0] += 1e-6
    copy = type(shallow)(shallow.model, shallow.tokenizer, "copy")
    assert copy.fingerprint == before
    original = shallow.model.state_dict()["visual.proj"].clone()
    shallow.model.state_dict()["visual.proj"].copy_(changed["visual.proj"])
    other = type(shallow)(shallow.model, shallow.tokenizer, "other").fingerprint
    shallow.model.state_dict()["visual.proj"].copy_(original)
    assert other != before


def test_only_clip_answers_clean_pictures_where_asked(shallow):
    question = Question("x", picture(1), CLASSES, 0)
    record = answer_question(shallow, question, 0, replace(PLAN, defend_clean=False)).record
    assert list(record["arms"]["clean"]) == ["clip"] and len(record["arms"]["pgd-4"]) == 3


def test_two_attacks_of_one_name_are_refused():
    with pytest.raises(EngineError, match="different names; got pgd-4, pgd-4"):
        replace(PLAN, attacks=(AttackSettings(), AttackSettings(steps=3)))


def test_an_adaptive_attack_under_other_settings_of_its_defence_is_another_one(shallow, tmp_path):
    question, attacks = Question("x", picture(1), CLASSES, 2), (AttackSettings("adaptive", steps=1), AttackSettings())
    plan = Plan(Settings(views=ViewSettings(count=8), tuning=TuneSettings(keep=0.5), defences=("clip",)), attacks)
    asked = plan.document()["attacks"]
    assert asked["adaptive-a-tpt-4"]["defended"] == {"views": {"count": 8}, "tuning": {"keep": 0.5}}
    assert "defended" not in asked["pgd-4"]
    usual = replace(plan, settings=Settings(views=ViewSettings(count=32, seed=7), defences=("clip",)))
    assert "defended" not in usual.document()["attacks"]["adaptive-a-tpt-4"]  # the attack sees 16 of them anyway
    files = {}
    for name, one in (("usual", usual), ("other", plan)):
        answered = answer_question(shallow, question, 0, one, tmp_path)
        files[name] = {line["attack"]: line for line in answered.attacked}
    assert files["usual"]["pgd-4"] == files["other"]["pgd-4"]
    assert files["usual"]["adaptive-a-tpt-4"]["file"] != files["other"]["adaptive-a-tpt-4"]["file"]
    assert files["other"]["adaptive-a-tpt-4"]["defended"] == asked["adaptive-a-tpt-4"]["defended"]
    assert "defended" not in files["usual"]["adaptive-a-tpt-4"]


def test_the_settings_of_a_record_come_back_from_its_plan():
    attacks = (AttackSettings("adaptive", steps=3, target_defence="r-tpt"), AttackSettings("fgsm", 8 / 255))
    plan = replace(PLAN, attacks=attacks, seed=7)
    document = json.loads(json.dumps(plan.document()))
    for number in (0, 4):
        for wanted in attacks:
            kept = settings_kept(document, arm_name(wanted), number)
            seeded = plan.settings_for(number, arm_name(wanted))
            assert replace(kept, attack=AttackSettings()) == replace(seeded, attack=AttackSettings())
            assert kept.attack == replace(wanted, seed=plan.seed_for(number), step_size=wanted.step)
        clean = settings_kept(document, "clean", number)
        assert clean.attack.epsilon == 0 and clean.views == plan.settings_for(number, "clean").views
    assert settings_kept(document | {"defend_clean": False}, "clean", 0).defences == ("clip",)
    with pytest.raises(EngineError, match="one of clean, adaptive-r-tpt-4, fgsm-8; got “pgd-4”"):
        settings_kept(document, "pgd-4", 0)


# what is kept


def test_pictures_come_in_order_with_or_without_a_folder(shallow, tree, tmp_path):
    told = list(evaluate(Folder(tree), CLEAN_PLAN, Here(shallow, "shallow")))
    assert [one.record["key"] for one in told] == [path for path, _ in Folder(tree).entries]
    assert all(list(one.record["arms"]) == ["clean"] for one in told)
    kept = list(evaluate(Folder(tree), CLEAN_PLAN, Here(shallow, "shallow"), tmp_path / "out"))
    assert [one.record for one in kept] == [one.record for one in told]
    assert read_kept(tmp_path / "out") == kept


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 2])
def test_the_order_of_work_changes_nothing(shallow, tree, batch):
    class Backwards(Here):
        @contextmanager
        def start(self):
            with super().start() as each:
                yield lambda work, items: reversed(list(each(work, list(items)[::-1])))

    plan = replace(PLAN, batch=batch)
    told = [list(evaluate(Folder(tree, limit=3), plan, executor(shallow, "shallow"))) for executor in (Here, Backwards)]
    assert [one.record for one in told[0]] == [one.record for one in told[1]]


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 4])
def test_stopped_anywhere_it_goes_on_and_what_a_kill_left_half_written_goes(shallow, tree, tmp_path, batch):
    def run(name: str, pictures: int) -> bytes:
        stream = evaluate(Folder(tree), replace(PLAN, batch=batch), Here(shallow, "shallow"), tmp_path / name)
        assert len(list(islice(stream, pictures))) == pictures
        return (tmp_path / name / "records.jsonl").read_bytes()

    undisturbed = run("undisturbed", 6)
    assert run("killed", 2) == b"".join(undisturbed.splitlines(keepends=True)[:2])
    for name in ("records.jsonl", "seconds.jsonl"):
        with (tmp_path / "killed" / name).open("ab") as file:
            file.write(b'{"index": 99, "cut o')
    for kept in list((tmp_path / "killed" / "attacked").iterdir())[::2]:
        kept.unlink()  # some of a batch are made again beside others
    (tmp_path / "killed" / "attacked" / "tmpx.part").write_bytes(b"half a PNG")
    assert run("killed", 6) == undisturbed
    assert not list((tmp_path / "killed").rglob("*.part"))
    assert all(one.seconds["key"] == one.record["key"] for one in read_kept(tmp_path / "killed"))


@pytest.mark.slow
def test_the_size_of_a_batch_belongs_to_what_is_kept(shallow, tree, tmp_path):
    two = replace(PLAN, batch=2)
    alone, together = (
        list(evaluate(Folder(tree), plan, Here(shallow, "shallow"), tmp_path / f"{plan.batch}", tmp_path / "shared"))
        for plan in (PLAN, two)
    )
    assert len(list((tmp_path / "shared").glob("*.png"))) == 2 * 12
    assert [line["batch"] for one in together for line in one.attacked] == [2] * 12
    assert not any("batch" in line for one in alone for line in one.attacked)
    for one, other in zip(alone, together, strict=True):
        assert list(one.seconds["attacks"]) == list(other.seconds["attacks"]) == ["pgd-4", "fgsm-8"]
        for arm, answers in one.record["arms"].items():
            for defence, answer in answers.items():
                assert other.record["arms"][arm][defence]["confidence"] == pytest.approx(answer["confidence"], abs=1e-2)
    assert "batch" not in PLAN.document() and two.document()["batch"] == 2
    with pytest.raises(EngineError, match=r"holds another evaluation \(batch differ\)"):
        next(evaluate(Folder(tree), replace(PLAN, batch=3), Here(shallow, "shallow"), tmp_path / "2"))
    with pytest.raises(EngineError, match="at least one picture in a batch; got 0"):
        replace(PLAN, batch=0)


@pytest.mark.slow
def test_pictures_of_a_batch_may_have_other_classes_and_more_of_them(shallow):
    few, plan = Classes(("owl", "red fox")), replace(PLAN, batch=4)
    asked = {4 + place: Question("x", picture(place), one, 1) for place, one in enumerate([CLASSES, few, CLASSES])}
    together = groups.answer_together(shallow, asked, plan)
    assert list(together) == [4, 5, 6]
    for index, question in asked.items():
        assert groups.answer_together(shallow, {index: question}, plan)[index].record == together[index].record


def test_attacks_that_disturb_each_other_stay_alone_in_a_batch(shallow, tmp_path):
    plan = Plan(Settings(defences=("clip",)), (AttackSettings("square", steps=2), AttackSettings("fgsm")), batch=2)
    asked = {place: Question(f"{place}", picture(place), CLASSES, 1) for place in range(2)}
    for index, answered in groups.answer_together(shallow, asked, plan, tmp_path).items():
        assert [line.get("batch") for line in answered.attacked] == [None, 2]
        alone = answer_question(shallow, asked[index], index, replace(plan, batch=1))
        assert answered.record["arms"]["square-4"] == alone.record["arms"]["square-4"]


def test_two_evaluations_in_one_folder_do_not_mix(shallow, tree, tmp_path):
    first, second = (evaluate(Folder(tree), CLEAN_PLAN, Here(shallow, "shallow"), tmp_path / "out") for _ in range(2))
    next(first)
    assert len(list(second)) == 6
    with pytest.raises(EngineError, match="is being written by another evaluation too"):
        next(first)
    assert [one.record["key"] for one in read_kept(tmp_path / "out")] == [path for path, _ in Folder(tree).entries]


def test_a_folder_that_cannot_be_made_gets_a_sentence(shallow, tree, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for folders in ((tmp_path / "file", None), (None, tmp_path / "file")):
        with pytest.raises(EngineError, match="a folder that can be written; “.*file” cannot"):
            next(evaluate(Folder(tree), CLEAN_PLAN, Here(shallow, "shallow"), *folders))


@pytest.mark.slow
def test_a_shared_folder_of_attacked_pictures_serves_every_evaluation(shallow, tree, tmp_path, monkeypatch):
    shared = tmp_path / "shared"
    executor = Here(shallow, "shallow")
    first = list(evaluate(Folder(tree), PLAN, executor, tmp_path / "one", shared))
    assert len(list(shared.glob("*.png"))) == 12 and not (tmp_path / "one" / "attacked").exists()
    for name, age in (("old.part", 2 * 3600), ("new.part", 0)):
        (shared / name).write_bytes(b"")
        os.utime(shared / name, (time.time() - age,) * 2)
    monkeypatch.setattr("engine.story.requests.pictures.attack", lambda *_: 1 / 0)
    fewer = replace(PLAN, settings=replace(PLAN.settings, defences=("view-average",)))
    second = list(evaluate(Folder(tree), fewer, executor, tmp_path / "two", shared))
    for one, other in zip(first, second, strict=True):
        assert one.record["arms"]["pgd-4"]["clip"] == other.record["arms"]["pgd-4"]["clip"]
    assert [path.name for path in shared.glob("*.part")] == ["new.part"]  # another run may be writing it


def test_other_weights_under_the_same_name_are_noticed(shallow, resnet, tree, tmp_path):
    next(evaluate(Folder(tree), CLEAN_PLAN, Here(shallow, "mine"), tmp_path / "out"))
    with pytest.raises(
        EngineError, match="begun with other weights, another preprocessing or another activation under the name mine"
    ):
        next(evaluate(Folder(tree), CLEAN_PLAN, Here(resnet, "mine"), tmp_path / "out"))
    with pytest.raises(EngineError, match=r"holds another evaluation \(attacks, seed differ\)"):
        next(
            evaluate(Folder(tree), replace(PLAN, settings=CLEAN_PLAN.settings), Here(shallow, "mine"), tmp_path / "out")
        )
    assert len(list(evaluate(Folder(tree), CLEAN_PLAN, Here(shallow, "mine"), tmp_path / "out"))) == 6


def test_a_worker_with_other_weights_than_the_first_is_noticed(shallow, resnet, tree):
    class Two(Here):
        @contextmanager
        def start(self):
            members = cycle((shallow, resnet))
            yield lambda work, items: (work(next(members), item) for item in items)

    with pytest.raises(EngineError, match="one model for all workers"):
        list(evaluate(Folder(tree), CLEAN_PLAN, Two(shallow, "shallow")))


# summary


def test_the_summary_counts_and_compares():
    def answered(clip: bool, tpt: bool, seconds: float) -> Answered:
        record = {"arms": {"clean": {"clip": {"right": clip}, "tpt": {"right": tpt}}}}
        return Answered(record, {"attacks": {}, "defences": {"clean": {"clip": seconds, "tpt": 3.0}}})

    rights = [(True, True), (False, True), (False, False), (False, True)]
    told = summarise([answered(*right, seconds) for right, seconds in zip(rights, (1, 2, 3, 4), strict=True)])
    arm = told["arms"]["clean"]
    assert told["pictures"] == 4 and arm["accuracy"] == {"clip": 0.25, "tpt": 0.75}
    assert arm["seconds"] == {"clip": 2.5, "tpt": 3.0} and told["attack_seconds"] == {}
    (pair,) = arm["pairs"]
    interval = pair.pop("interval")
    assert pair == {
        "first": "clip", "second": "tpt", "only_first": 0, "only_second": 2, "difference": -0.5, "p": 0.5,
        "holm": 0.5,
    }  # fmt: skip
    assert interval == newcombe(1, 0, 2, 1)
    assert (arm["calibration"], arm["calibration_pairs"], arm["success"]) == ({}, [], {})
    assert summarise([])["arms"] == {}


@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        ((36, 12, 2, 0), [0.0569, 0.3404]),  # the paper's example
        ((12, 13, 13, 12), [-0.1926, 0.1926]),
        ((0, 0, 30, 70), [-0.3958, -0.2109]),
        ((540, 11, 1, 48), [0.0046, 0.0301]),
    ],
)
def test_the_interval_of_a_paired_difference(counts, interval):
    assert newcombe(*counts) == pytest.approx(interval, abs=6e-5)
