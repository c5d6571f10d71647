"""Detection scores by hand, what is told of many pictures, and the attack that knows the scores."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from engine.assets import ASSETS
from engine.attacks.evading import LEAD, WEIGHT, wrong_lead
from engine.attacks.evading_probe import EvadingProbe
from engine.attacks.projection import to_8_bits
from engine.attacks.run import attack, result_of
from engine.benchmarks.subjects import picture as painted
from engine.cli.detection_figure import save_roc_figure
from engine.cli.detection_tables import markdown_detection, plain_detection
from engine.cli.main import main
from engine.defences.ttc import THRESHOLD
from engine.detection import SCORES, scores_of
from engine.detection.drift import relative_distance, uniform_noise
from engine.detection.scores import TOGETHER, measured
from engine.evaluation import Answered, Detector, Plan, answer_question, detection, judged, references
from engine.evaluation.plan import CLEAN
from engine.evaluation.reference import FOLDER, reference_of, scores_document, write_scores
from engine.fieldguide.series import FieldGuideSeries
from engine.models import load_backbone
from engine.settings import AttackSettings, Settings
from engine.story import Detected, Picture, Recipe, Story, detection_data
from tests.fixtures import noise

CLASSES = engine.Classes(("owl", "cat", "oak"))
SETTINGS = Settings(attack=AttackSettings(steps=2, epsilon=16 / 255))


def test_scores_by_hand():
    seen = torch.tensor([[3.0, 4.0], [3.0, 4.5], [4.0, 3.0], [0.0, 4.0]])
    found = {name: float(value) for name, value in measured(seen).items()}
    assert found == pytest.approx({"stillness": 1 - 0.5 / 5, "border": 1 - 24 / 25, "drift": 3 / 5})
    assert found["stillness"] > SCORES["stillness"].threshold == 1 - THRESHOLD  # TTC calls it attacked
    assert found["border"] < SCORES["border"].threshold  # and TTP clean


def test_scores_are_those_of_the_changed_copies_one_by_one(small):
    pixels = noise(small.image_size)
    seed = 5
    found = scores_of(small, pixels, seed)
    before = small.embed_image(pixels[None])
    for name, radius in (("stillness", 4 / 255), ("drift", 16 / 255)):
        shift = uniform_noise(pixels[None], radius, np.random.default_rng(seed))
        assert float(shift.abs().max()) <= radius
        moved = float(relative_distance(before, small.embed_image(pixels[None] + shift)))
        assert found[name] == pytest.approx(1 - moved if name == "stillness" else moved, abs=1e-5)
    assert found == scores_of(small, pixels, seed) and found != scores_of(small, pixels, seed + 1)
    assert found["border"] == scores_of(small, pixels, seed + 1)["border"]
    assert TOGETHER.forward == 1 + len(SCORES)


def test_a_border_frames_the_picture_in_white():
    copy = SCORES["border"].change(torch.zeros(1, 3, 28, 28), np.random.default_rng(0))
    assert copy.shape == (1, 3, 28, 28)
    assert torch.equal(copy[..., :4, :], torch.ones(1, 3, 4, 28)) and float(copy[..., 4:24, 4:24].max()) == 0


def test_roc_by_hand():
    found = Detector([0.1, 0.4, 0.2, 0.3], [0.35, 0.8, 0.2, 0.5])
    pairs = sum(a > c or (a == c) / 2 for a in found.other for c in found.clean)
    assert found.auroc[0] == pytest.approx(pairs / 16) and found.auroc[1] <= found.auroc[0] <= found.auroc[2]
    assert found.threshold == 0.4 and found.caught(found.threshold) == 0.5  # no false alarm among so few
    assert found.alarms(0.3) == 0.5 and found.alarms(0.31) == 0.25
    roc = found.roc()
    assert roc[0] == [0, 0] and roc[-1] == [1, 1] and [0.25, 0.75] in roc and sorted(roc) == roc
    rng = np.random.default_rng(0)
    clean = rng.normal(size=200)
    assert (clean > Detector(clean, clean).threshold).mean() == 0.05
    assert Detector(clean, clean).auroc == (0.5, 0.5, 0.5)  # the draws are of pictures, both of a pair together


def record(scores, right=(True, False)):
    arms = {CLEAN: {"clip": {"right": right[0]}}, "pgd-4": {"clip": {"right": right[1]}}}
    return Answered({"arms": arms, "scores": scores}, {})


def test_unnoticed_are_those_that_fool_and_no_score_flags():
    clean = [{"a": value, "b": value} for value in (0.1, 0.2, 0.3)]
    hit = [{"a": 0.1, "b": 0.9}, {"a": 0.2, "b": 0.2}, {"a": 0.1, "b": 0.1}]
    rights = [(True, False), (True, False), (True, True)]
    records = [record({CLEAN: c, "pgd-4": h, "noise-4": c}, r) for c, h, r in zip(clean, hit, rights, strict=True)]
    told = detection(records)
    assert [*told] == ["pgd-4", "noise-4"] and told["pgd-4"]["fooled"] == 2 and told["pgd-4"]["unnoticed"] == 1
    wrong_before = detection([*records[1:], record(records[0].record["scores"], (False, False))])
    assert wrong_before["pgd-4"]["fooled"] == wrong_before["pgd-4"]["unnoticed"] == 1
    assert "fooled" not in told["noise-4"] and told["noise-4"]["scores"]["a"]["auroc"] == 0.5


def test_a_plan_that_detects_scores_every_arm_and_others_are_as_they_were(small):
    question = FieldGuideSeries(1, 3).ask(0)()
    question = replace(question, classes=CLASSES, label=0)
    plan = Plan(replace(SETTINGS, defences=("clip",)), (SETTINGS.attack,))
    plain, scored = (answer_question(small, question, 0, one).record for one in (plan, replace(plan, detect=True)))
    scores = scored.pop("scores")
    assert scored == plain and "detect" not in plan.document()
    assert replace(plan, detect=True).document() == plan.document() | {"detect": True}
    assert [*scores] == [CLEAN, "pgd-16", "noise-16"]
    expected = scores_of(small, small.prepare(question.image), plan.seed_for(0))
    assert scores[CLEAN] == pytest.approx(expected, abs=1e-6)


def test_scores_are_kept_and_read_again(tmp_path):
    scores = {CLEAN: {"a": 0.12341}, "pgd-4": {"a": 0.5}}
    asked = {"model": "m", "fingerprint": "f", "seed": 1, "attacks": {"pgd-4": {"attack": "pgd"}}}
    write_scores(scores_document(asked, [record(scores)] * 3), tmp_path / "some.json")
    (found,) = references("f", tmp_path)
    wrong_before = scores_document(
        asked, [record(scores), record(scores, (False, False)), record(scores, (True, True))]
    )
    assert wrong_before["fooled"] == {"pgd-4": "100"}
    assert references("g", tmp_path) == () and references("f", tmp_path / "none") == ()
    assert found.pictures == 3 and found.fooled["pgd-4"].all()
    assert found.scores[CLEAN]["a"] == pytest.approx([0.1234] * 3)
    assert judged([found], {"a": 0.2})["a"].flagged and not judged([found], {"a": 0.1})["a"].flagged
    assert judged([], {"a": 0.2}) == {}
    (tmp_path / "bad.json").write_text(json.dumps({"model": "m"}))
    with pytest.raises(engine.EngineError, match="damaged"):
        reference_of(tmp_path / "bad.json")


@pytest.mark.slow
def test_kept_scores_come_out_again():
    model = load_backbone()
    known = references(model.fingerprint)
    assert known and sum(path.stat().st_size for path in FOLDER.iterdir()) < 60_000
    held = json.loads((ASSETS / "measured" / "detection" / "pgd.json").read_text())
    index = 1
    question = FieldGuideSeries(held["pictures"], held["series"]).ask(index)()
    seed = Plan(SETTINGS, (SETTINGS.attack,), held["seed"]).seed_for(index)
    clean = model.prepare(question.image)
    hit = result_of(attack(model, clean, question.classes, AttackSettings(seed=seed), question.label))
    for arm, pixels in ((CLEAN, clean), ("pgd-4", hit.saved)):
        again = scores_of(model, pixels, seed)
        assert again == pytest.approx({n: v[index] for n, v in known[0].scores[arm].items()}, abs=0.003)
    assert (hit.after_saved.label != question.label) == known[0].fooled["pgd-4"][index]


def test_saving_alone_leaves_no_trace(small):
    """Else scores would tell attacked from clean pictures by how they were saved."""
    clean = small.prepare(FieldGuideSeries(1, 3).ask(0)().image)
    hit = result_of(attack(small, clean, CLASSES, AttackSettings(epsilon=0.0), 0))
    assert torch.equal(to_8_bits(clean, clean, 4 / 255), clean) and torch.equal(hit.saved, clean)


def story(model, **settings):
    pixels = noise(model.image_size)
    return Story(model, Recipe(Picture(pixels), CLASSES, 1, replace(SETTINGS, **settings)))


def test_a_story_scores_its_pictures(small):
    told = story(small)
    found = told.result(Detected())
    assert [*found.pictures] == ["clean", "noise", "attacked", "unnoticed"] and found.label == 1
    clean = told.recipe.picture.pixels
    assert found.pictures["clean"].scores == pytest.approx(scores_of(small, clean, 0), abs=1e-5)
    data = detection_data(found)
    assert {*data["attacked"]["scores"]} == {*SCORES} and data["clean"]["answer"]["name"] in CLASSES.names
    views = replace(SETTINGS.views, seed=4)
    assert told.key(Detected()) == story(small).key(Detected()) != story(small, views=views).key(Detected())
    patch = story(small, attack=AttackSettings("patch", steps=1)).result(Detected())
    assert [*patch.pictures] == ["clean", "noise", "attacked"]


def test_a_story_without_its_clean_picture_scores_what_it_has(small):
    pixels = noise(small.image_size)
    given = Picture(pixels)
    found = Story(small, Recipe(given, CLASSES, 1, SETTINGS, given)).result(Detected())
    assert [*found.pictures] == ["attacked"]


def test_the_lead_of_wrong_classes_by_hand():
    logits = torch.tensor([[1.0, 5.0, 3.0], [4.0, 0.0, 2.0]])
    labels = torch.tensor([1, 2])
    assert wrong_lead(logits, labels, None).tolist() == [-2.0, 2.0]
    assert wrong_lead(logits, labels, 0).tolist() == [-4.0, 2.0]


def test_the_probe_of_the_knowing_attack_counts_what_lies_above_the_clean_picture(small):
    settings = AttackSettings("pgd-unnoticed", seed=3)
    probe = EvadingProbe(small, [CLASSES], settings, [3], lambda logits: None, SimpleNamespace(is_set=lambda: False))
    pixels = noise(small.image_size)[None]
    probe.know(pixels)
    probe.allowed = torch.tensor([[0.0, 2.0, 2.0]])
    logits = probe(pixels)
    rng = np.random.default_rng(3)
    copies = [[one.change(pixels, rng) for one in SCORES.values()] for _ in range(2)][1]  # the second draw
    found = measured(small.embed_image(torch.cat([pixels, *copies])))
    assert float(probe.excess()[0]) == pytest.approx(float(found["stillness"]), abs=1e-5)
    assert torch.allclose(logits, small.logits(small.encode_image(pixels), small.encode_text(CLASSES)), atol=1e-4)


def test_the_knowing_attack_keeps_the_best_that_it_looked_at(small, monkeypatch):
    seen = []
    look = EvadingProbe.forward

    def spied(probe, pixels):
        logits = look(probe, pixels)
        lacking = (LEAD - wrong_lead(logits, torch.tensor([1]), None)).relu()
        seen.append((float((lacking + WEIGHT * probe._excess).detach()[0]), pixels.detach().clone()))
        return logits

    monkeypatch.setattr(EvadingProbe, "forward", spied)
    pixels = noise(small.image_size)
    settings = AttackSettings("pgd-unnoticed", steps=4, epsilon=8 / 255)
    found = result_of(attack(small, pixels, CLASSES, settings, 1))
    assert len(seen) == 5 and torch.equal(found.pixels, min(seen, key=lambda one: one[0])[1][0])
    assert float((found.pixels - pixels).abs().max()) <= 8 / 255 + 1e-6


@pytest.mark.slow
def test_on_the_built_in_model_it_is_noticed_less_than_pgd():
    model = load_backbone()
    pixels, classes = painted(model), FieldGuideSeries(1, 0).ask(0)().classes
    label = FieldGuideSeries(1, 0).ask(0)().label
    plain, knowing = (
        result_of(attack(model, pixels, classes, AttackSettings(name, seed=1), label)).saved
        for name in ("pgd", "pgd-unnoticed")
    )
    clean = scores_of(model, pixels, 1)

    def rise(scores):
        return sum(max(0.0, scores[name] - clean[name]) for name in SCORES)

    assert rise(scores_of(model, knowing, 1)) < rise(scores_of(model, plain, 1))


def told(tmp_path):
    clean = [{"a": value} for value in (0.1, 0.2, 0.3)]
    records = [record({CLEAN: c, "pgd-4": {"a": 0.9}, "noise-4": c}) for c in clean]
    summary = {"pictures": 3, "detection": detection(records)}
    save_roc_figure(summary["detection"], 3, tmp_path / "roc.svg")
    return summary


def test_an_evaluation_tells_what_its_scores_do(tmp_path):
    summary = told(tmp_path)
    drawn = (tmp_path / "roc.svg").read_text()
    assert drawn.count('<g id="axes_') == 2
    lines = "\n".join(plain_detection(summary))
    assert "pgd-4: 3 of 3 fool the model, 0 of them above no threshold." in lines
    assert "| pgd-4 | a | 1.000 | 1.000 ... 1.000 | 1.000 |" in markdown_detection(summary)
    assert plain_detection({"pictures": 3}) == markdown_detection({"pictures": 3}) == []
    with pytest.raises(engine.EngineError, match="cannot be written"):
        save_roc_figure(summary["detection"], 3, tmp_path / "nowhere" / "roc.svg")


def test_the_command_prints_every_picture(small_model, tmp_path, capsys):
    Image.fromarray((noise(32).permute(1, 2, 0) * 255).byte().numpy()).save(tmp_path / "some.png")
    asked = ["detect", str(tmp_path / "some.png"), "--model", small_model, "--class", "owl", "--class", "cat"]
    asked += ["--steps", "2", "--device", "cpu"]
    assert main(asked) == 0
    lines = " ".join(capsys.readouterr().out.split())
    assert "attack that knows the scores" in lines and "there is nothing to compare these numbers with" in lines
    assert "The null arm is noise as large as the change, and harmless." in lines and "No row" not in lines
    assert main([*asked, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [*printed["detection"]] == ["clean", "noise", "attacked", "unnoticed"] and printed["known"] == []


@pytest.mark.parametrize(("name", "null"), [
    (["patch", "--steps", "1"], "random pixels in the same place"), (["corruption"], "noise as large as the change"),
    (["patch", "--steps", "1", "--control"], "noise as large as the change"),
])  # fmt: skip
def test_the_command_says_what_the_null_arm_is_and_why_a_row_is_missing(name, null, small_model, tmp_path, capsys):
    Image.fromarray((noise(32).permute(1, 2, 0) * 255).byte().numpy()).save(tmp_path / "some.png")
    asked = ["detect", str(tmp_path / "some.png"), "--model", small_model, "--class", "owl", "--class", "cat"]
    assert main([*asked, "--device", "cpu", "--attack", *name]) == 0
    lines = " ".join(capsys.readouterr().out.split())
    assert f"The null arm is {null}. No row tells of an attack that knows the scores" in lines
    assert "attack that knows the scores " not in lines.split("Higher is")[0]
