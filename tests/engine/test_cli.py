"""The command line gives the verbs' own numbers, and one sentence for bad input."""

import json
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.assets import ASSETS
from engine.attacks import ATTACKS
from engine.benchmarks import comparison, growth, machine, random_model, speed
from engine.classes import Classes
from engine.cli import main as cli
from engine.cli import subject as common
from engine.defences.defend import defend
from engine.defences.registry import DEFENCES
from engine.fieldguide.familiarity.photographs import crops
from engine.maps.attend import attend
from engine.maps.occlusion import occlude
from engine.maps.registry import MAPS
from engine.maps.words import word_relevance
from engine.models import Backbone, load_backbone
from engine.models.predict import predict
from engine.numerics.baselines import sign_noise
from engine.numerics.measures import MAP_SIMILARITY
from engine.pictures import load_picture
from engine.results import UNFAMILIAR, Prediction
from engine.settings import AttackSettings, AttentionSettings, EnsembleSettings, Settings, TuneSettings, ViewSettings
from engine.story.attack import attack
from engine.story.explore import explore

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("red fox", "owl", "sea star")
CLASSES = Classes(NAMES)
NAMED = [word for name in NAMES for word in ("--class", name)]
QUICK = ["--steps", "3"]


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 100, 3), dtype=np.uint8)).save(path)
    return path


@pytest.fixture
def call(model, image, capsys):
    """Run a command on the picture with the tiny model; (exit code, standard output, standard error)."""

    def run(command: str, *options: str) -> tuple[int, str, str]:
        code = cli.main([command, str(image), "--model", model, "--device", "cpu", *options])
        return code, *capsys.readouterr()

    return run


def document(result: tuple[int, str, str]) -> dict:
    code, out, err = result
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    return json.loads(out)


@pytest.fixture
def job(model, image):
    backbone = load_backbone(model, "cpu")
    return backbone, backbone.prepare(load_picture(image).image)


def test_predict_gives_the_verbs_numbers(call, job):
    found = document(call("predict", *NAMED, "--json"))
    expected = predict(*job, CLASSES)
    assert found["classes"] == list(NAMES) and found["truth"] is None
    assert found["prediction"]["name"] == expected.name
    assert found["prediction"]["logits"] == expected.logits.tolist()
    assert found["prediction"]["cosines"] == pytest.approx(expected.cosines.tolist())
    assert found["familiarity"] is None and found["none_of_these"] is None


def test_predict_tells_cosines_and_where_the_best_one_lies_beside_the_threshold(call, job):
    expected = predict(*job, CLASSES)
    best = f"the best cosine, {expected.best_cosine:.3f} for {expected.name}"
    code, plain, _ = call("predict", *NAMED)
    rows = {line.split("  ")[0]: line.split()[-1] for line in plain.splitlines() if line.startswith(NAMES)}
    assert rows == {name: f"{cosine:.2f}" for name, cosine in zip(NAMES, expected.cosines.tolist(), strict=True)}
    assert code == 0 and "how well this class's sentence fits the picture at all" in plain and "none of" not in plain
    for threshold, answered in ((1, True), (-1, False)):
        options = [*NAMED, "--none-of-these", "--none-below", str(threshold)]
        said = " ".join(call("predict", *options)[1].split())
        where = f"none of these: {best}, is below 1" if answered else f"not “none of these”: {best}, reaches -1"
        assert where in said
        found = document(call("predict", *options, "--json"))
        wanted = {"answered": answered, "best_cosine": pytest.approx(expected.best_cosine), "threshold": threshold}
        assert found["none_of_these"] == wanted and found["prediction"]["name"] == expected.name


def test_a_threshold_without_its_answer_is_refused_before_a_model_is_loaded(call):
    code, out, err = call("predict", *NAMED, "--none-below", "0.3", "--model", "no such model")
    assert (code, out) == (2, "") and "--none-below is about --none-of-these, which was not asked for." in err


@pytest.mark.slow
@pytest.mark.parametrize("command", ["attack", "maps", "defend"])
def test_every_command_that_answers_says_that_the_built_in_model_knows_only_its_paintings(capsys, tmp_path, command):
    crops(("astronaut",), 1, 0)[0].save(tmp_path / "astronaut.png")
    quick = ["--steps", "1", *(["--views", "4", "--defence", "clip"] if command == "defend" else [])]
    named = ["--class", "red fish", "--class", "blue bird"]
    assert cli.main([command, str(tmp_path / "astronaut.png"), *named, *quick]) == 0
    assert UNFAMILIAR in " ".join(capsys.readouterr().out.split())
    assert cli.main([command, str(tmp_path / "astronaut.png"), *named, *quick, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["familiarity"]["sentence"] == UNFAMILIAR


def test_predict_says_of_a_photograph_that_the_built_in_model_knows_only_its_paintings(capsys, tmp_path):
    crops(("astronaut",), 1, 0)[0].save(tmp_path / "astronaut.png")

    def said(path: Path, *options: str) -> str:
        assert cli.main(["predict", str(path), "--class", "red fish", "--class", "blue bird", *options]) == 0
        return " ".join(capsys.readouterr().out.split())

    photograph, painting = tmp_path / "astronaut.png", ASSETS / "samples" / "bird-1.png"
    refused = json.loads(said(photograph, "--json"))["familiarity"]
    assert not refused["accepted"] and refused["sentence"] == UNFAMILIAR
    assert UNFAMILIAR in said(photograph) and UNFAMILIAR not in said(painting)
    assert json.loads(said(painting, "--json"))["familiarity"]["accepted"]


def test_attack_takes_levels_of_255_and_writes_exact_pictures(call, job, tmp_path):
    options = [
        "--eps",
        "3",
        "--step-size",
        "1",
        "--seed",
        "5",
        "--true-class",
        "owl",
        "--out",
        str(tmp_path / "new" / "out"),
    ]
    found = document(call("attack", *NAMED, *QUICK, *options, "--json"))["attack"]
    settings = AttackSettings(epsilon=3 / 255, step_size=1 / 255, steps=3, seed=5)
    *_, expected = attack(*job, CLASSES, settings, label=1)
    assert found["after_saved"]["logits"] == expected.after_saved.logits.tolist()
    assert found["from_truth"] and found["label"] == 1 and len(found["steps"]) == 3
    out = tmp_path / "new" / "out"
    assert {path.name for path in out.iterdir()} == {"adversarial.png", "clean.png", "perturbation.png", "result.json"}
    saved = np.asarray(load_picture(out / "adversarial.png").image).transpose(2, 0, 1)
    assert np.array_equal(saved, (expected.saved * 255).round().numpy())
    assert json.loads((out / "result.json").read_text())["attack"]["label"] == 1


def test_attack_measures_the_change_as_computed_in_8_bits_and_after_the_file(call, job):
    found = document(call("attack", *NAMED, *QUICK, "--norm", "l2", "--eps", "0.7", "--json"))["attack"]
    *_, expected = attack(*job, CLASSES, AttackSettings(epsilon=0.7, steps=3, norm="l2"))
    assert found["norm"] == "l2" and found["epsilon"] == 0.7
    assert found["norms"]["float"] == {"linf": expected.linf(False), "l2": expected.l2(False)}
    for form in ("8_bits", "file"):
        assert found["norms"][form] == pytest.approx({"linf": expected.linf(), "l2": expected.l2()})
    _, told, _ = call("attack", *NAMED, *QUICK, "--norm", "l2", "--eps", "0.7")
    assert "pgd, l2 0.7, 3 steps" in told
    assert [line.split()[0] for line in told.splitlines()[-3:]] == ["float", "8_bits", "file"]


def test_attack_says_that_it_saw_no_gradient(call, monkeypatch):
    logits = Backbone.logits
    monkeypatch.setattr(Backbone, "logits", lambda self, *features: 1e4 * logits(self, *features))
    assert document(call("attack", *NAMED, *QUICK, "--json"))["attack"]["zero_gradient"]
    for command in (("attack",), ("defend", "--views", "2", "--defence", "clip")):
        assert "The gradient was zero at the first step" in call(*command, *NAMED, *QUICK)[1]
    assert "gradient" not in call("attack", *NAMED, *QUICK, "--attack", "deepfool")[1]


def test_attack_aims_at_a_class_by_its_name(call, job):
    options = ["--eps", "40", "--true-class", "red fox", "--target", "sea star"]
    found = document(call("attack", *NAMED, "--steps", "12", *options, "--json"))["attack"]
    *_, expected = attack(*job, CLASSES, AttackSettings(epsilon=40 / 255, steps=12, target=2), label=0)
    assert found["target"] == 2 and found["reached"] == expected.reached
    assert found["after_saved"]["logits"] == expected.after_saved.logits.tolist()
    _, told, _ = call("attack", *NAMED, *QUICK, "--true-class", "red fox", "--target", "sea star")
    assert "away from red fox (the truth), towards sea star" in told
    quick = ["--views", "2", "--defence", "clip", "--json"]
    assert document(call("defend", *NAMED, *QUICK, *options, *quick))["attack"]["target"] == 2
    aimed = document(call("maps", *NAMED, *QUICK, *options, "--json"))
    assert aimed["attack"]["target"] == 2 and aimed["maps"][0]["attacked"]["label"] == 0  # evidence for the truth
    spelled = ["--eps", "40", "--true-class", "RED_FOX", "--target", "Sea star"]
    assert document(call("attack", *NAMED, "--steps", "12", *spelled, "--json"))["truth"] == "red fox"
    assert call("attack", *NAMED, "--target", "yeti") == (2, "", "engine: “yeti” is not one of the 3 class names.\n")
    code, _, told = call("attack", *NAMED, "--attack", "cw", "--target", "owl", "--true-class", "red fox")
    assert code == 2 and told.startswith("engine: Carlini & Wagner cannot be aimed at a class; pgd, fgsm")


def test_attack_looks_through_a_defence_and_averages_fresh_looks(call, job):
    tuned = ["--attack", "adaptive", "--target-defence", "tpt", "--unroll", "none", "--json"]
    found = document(call("attack", *NAMED, *QUICK, *tuned))["attack"]
    *_, expected = attack(*job, CLASSES, AttackSettings("adaptive", steps=3, target_defence="tpt", unroll="none"))
    assert found["after_saved"]["logits"] == expected.after_saved.logits.tolist() and found["target_defence"] == "tpt"
    options = ["--attack", "pgd-crops", "--eot-samples", "2", "--json"]
    found = document(call("attack", *NAMED, *QUICK, *options))["attack"]
    *_, expected = attack(*job, CLASSES, AttackSettings("pgd-crops", steps=3, eot_samples=2))
    assert found["after_saved"]["logits"] == expected.after_saved.logits.tolist()


def test_maps_gives_the_verbs_grids_and_draws_them(call, job, image, tmp_path):
    found = document(call("maps", *NAMED, *QUICK, "--map", "raw", "--map", "a-tpt", "--out", str(tmp_path), "--json"))
    backbone, pixels = job
    for entry in found["maps"]:
        expected = attend(backbone, pixels, CLASSES, AttentionSettings(entry["map"]), found["attack"]["label"])
        assert torch.equal(torch.tensor(entry["clean"]["raw"]), expected.raw)
        for which in ("clean", "attacked", "difference"):
            assert load_picture(tmp_path / f"map-{entry['map']}-{which}.png").image.size == (100, 80)  # as the file
        drawn = np.asarray(load_picture(tmp_path / f"map-{entry['map']}-difference.png").image).astype(int)
        change = np.subtract(entry["attacked"]["raw"], entry["clean"]["raw"])
        for place, sign in (
            (change.argmax(), 1),
            (change.argmin(), -1),
        ):  # orange where it grew, violet where it shrank
            row, column = divmod(int(place), 8)
            red, _, blue = drawn[10 * row + 5, 10 + 10 * column + 5]  # the model sees the middle 80 of 100 columns
            assert sign * (red - blue) > 0 or sign * change.flat[place] <= 0
        around = np.asarray(load_picture(image).image)
        assert np.array_equal(drawn[:, :10], around[:, :10]) and np.array_equal(drawn[:, 90:], around[:, 90:])


def test_defend_gives_the_verbs_numbers(call, job):
    found = document(call("defend", *NAMED, "--eps", "0", "--views", "6", "--json"))
    expected = list(defend(*job, CLASSES, Settings(views=ViewSettings(count=6))))
    assert [entry["defence"] for entry in found["defences"]] == list(Settings().defences)
    for entry, defence in zip(found["defences"], expected, strict=True):
        assert entry["prediction"]["logits"] == pytest.approx(defence.prediction.logits.tolist(), abs=1e-5)


def test_defend_takes_every_setting_of_the_page(call, job):
    words = (
        "--eps 2 --steps 2 --seed 9 --views 8 --high 0.3 --low 0.5 --keep-high 0.9 --keep-low 0.1 --smallest-crop 0.2"
        " --tune-steps 2 --learning-rate 0.01 --keep 0.5 --neighbours 3 --kind attention --loss marginal"
        " --weighting tv --defence a-tpt-tv --purifier et3 --domain-word pet --answer-views 5 --tv-map upsampled"
        " --tv-norm sum1 --tv-reduction sum --tv-temperature 0.2 --no-augmix --guide legrad"
        " --temperature 0.02"
    )
    found = document(call("defend", *NAMED, *words.split(), "--json"))
    settings = Settings(
        attack=AttackSettings(epsilon=2 / 255, steps=2),
        views=ViewSettings(
            count=8, high=0.3, low=0.5, keep_high=0.9, keep_low=0.1, smallest_crop=0.2, augmix=False, guide="legrad"
        ),
        tuning=TuneSettings(loss="marginal", steps=2, learning_rate=0.01, keep=0.5),
        ensemble=EnsembleSettings(
            "tv", 3, 0.02, answer_views=5, tv_map="upsampled", tv_norm="sum1", tv_reduction="sum", tv_temperature=0.2
        ),
        defences=("a-tpt-tv",),
        purifier="et3",
        domain_word="pet",
    ).with_seed(9)
    last = {stage.name: stage.result for stage in explore(*job, CLASSES, settings)}
    assert found["own"]["prediction"]["logits"] == pytest.approx(last["ensemble"].prediction.logits.tolist(), abs=1e-5)
    assert [step["index"] for step in found["tuning"]] == [0, 1, 2]
    assert found["tuning"][-1]["loss"] == pytest.approx(last["tune-step"].loss, abs=1e-5)
    (defence,) = found["defences"]
    assert defence["prediction"]["logits"] == pytest.approx(last["defence"].prediction.logits.tolist(), abs=1e-5)
    assert found["settings"] == json.loads(json.dumps(asdict(settings)))


def test_legacy_keeps_the_flaws_of_the_official_codes(call, job):
    found = document(call("defend", *NAMED, "--eps", "0", "--views", "6", "--legacy", "--defence", "r-tpt", "--json"))
    assert found["kept"] == [] and [step["loss"] for step in found["tuning"]] == [None, None]
    assert all(found["settings"][stage]["legacy"] for stage in ("attack", "tuning", "ensemble"))
    settings = Settings(
        views=ViewSettings(count=6),
        tuning=TuneSettings(legacy=True),
        ensemble=EnsembleSettings(legacy=True),
        defences=("r-tpt",),
    )
    (expected,) = defend(*job, CLASSES, settings)
    logits = expected.prediction.logits.tolist()
    assert found["defences"][0]["prediction"]["logits"] == pytest.approx(logits, abs=1e-5)


def test_defend_tells_which_total_variation_weighs(call):
    options = [*NAMED, *QUICK, "--views", "4", "--tv-reduction", "sum", "--tv-temperature", "1", "--defence"]
    told = "TV weights: sum over the patch grid, stretched to [0, 1], temperature 1"
    assert told in call("defend", *options, "a-tpt-tv")[1] and told not in call("defend", *options, "a-tpt")[1]


def test_defend_runs_every_defence_there_is(call):
    found = document(call("defend", *NAMED, "--eps", "0", "--views", "6", "--all-defences", "--json"))
    assert [entry["defence"] for entry in found["defences"]] == list(DEFENCES)


def test_maps_tells_how_far_the_attack_and_noise_move_a_map_and_what_it_hides(call, job):
    found = document(call("maps", *NAMED, *QUICK, "--map", "relevance", "--true-class", "owl", "--curves", "--json"))
    (entry,) = found["maps"]
    (backbone, pixels), settings = job, AttentionSettings("relevance")
    clean = torch.tensor(entry["clean"]["raw"])
    noise = sign_noise(pixels, found["attack"]["norms"]["8_bits"]["linf"], 0)
    noisy = attend(backbone, noise, CLASSES, settings, 1).raw
    for which, other in (("attacked", torch.tensor(entry["attacked"]["raw"])), ("noise", noisy)):
        assert entry["similarity"][which] == {name: measure(clean, other) for name, measure in MAP_SIMILARITY.items()}
    expected = occlude(backbone, pixels, clean, CLASSES, 1)
    assert entry["curves"]["clean"]["deletion"] == expected.deletion.tolist()
    assert entry["curves"]["clean"]["insertion_area"] == expected.insertion_area


def test_a_flat_map_is_told_as_such(call, image):
    Image.new("RGB", (80, 80), "white").save(image)
    options = [*NAMED, "--map", "edges", "--eps", "0"]
    (entry,) = document(call("maps", *options, "--json"))["maps"]
    assert not any(map(any, entry["clean"]["raw"]))
    assert entry["similarity"] == {which: dict.fromkeys(MAP_SIMILARITY) for which in ("attacked", "noise")}
    code, out, err = call("maps", *options)
    assert (code, err) == (0, "") and "nan" not in out
    assert out.count("none, the map is flat") == 2 and "–: nothing to compare" in out
    code, out, err = call("maps", *NAMED, "--map", "random", "--eps", "0")
    assert code == 0 and "–" not in out and "flat" not in out


def test_maps_reads_what_was_asked_for_about_the_class_that_was_asked_for(call, job):
    options = ["--map", "raw", "--map", "rollout", "--layer", "1", "--head", "0", "--fusion", "max", "--discard", "0.5"]
    raw, rolled = document(call("maps", *NAMED, *QUICK, *options, "--json"))["maps"]
    for entry, settings in (
        (raw, AttentionSettings("raw", layer=1, head=0)),
        (rolled, AttentionSettings("rollout", fusion="max", discard=0.5)),
    ):
        assert torch.equal(torch.tensor(entry["clean"]["raw"]), attend(*job, CLASSES, settings, 0).raw)
    options = ["--map", "relevance", "--about", "owl", "--against", "sea star"]
    (entry,) = document(call("maps", *NAMED, *QUICK, *options, "--json"))["maps"]
    assert (entry["clean"]["label"], entry["clean"]["against"]) == (1, 2)
    expected = attend(*job, CLASSES, AttentionSettings("relevance"), "owl", "sea star")
    assert torch.equal(torch.tensor(entry["clean"]["raw"]), expected.raw)
    told = document(call("maps", *NAMED, *QUICK, "--words", "--about", "owl", "--json"))["words"]
    expected = word_relevance(*job, CLASSES, 1)
    assert (told["sentence"], told["clean"]) == ("a photo of a owl.", expected.shares.tolist())
    assert len(told["attacked"]) == len(told["pieces"]) == 6
    code, _, err = call("maps", *NAMED, *QUICK, "--layer", "1")
    assert code == 2 and "--layer is about --map raw, which was not asked for" in err


@pytest.mark.parametrize("command", ["predict", "attack", "maps", "defend"])
def test_tables_are_short_and_aligned(call, command):
    extra = {"predict": [], "defend": [*QUICK, "--views", "4", "--true-class", "owl"]}.get(command, QUICK)
    code, out, err = call(command, *NAMED, *extra)
    assert (code, err) == (0, "")
    assert "picture.png" in out and any(name in out for name in NAMES)
    assert all(line == line.rstrip() and len(line) < 120 for line in out.splitlines())


def test_classes_come_from_a_file(call, tmp_path):
    (tmp_path / "names.txt").write_text("\ufeffred fox\n\n owl \nsea star\n", encoding="utf-8")
    assert document(call("predict", "--classes", str(tmp_path / "names.txt"), "--json"))["classes"] == list(NAMES)


def test_a_sample_brings_its_classes_and_its_truth(call, tmp_path, monkeypatch):
    samples = tmp_path / "samples.json"
    samples.write_text(json.dumps([{"file": "picture.png", "truth": "owl", "classes": NAMES}]))
    monkeypatch.setattr(common, "SAMPLES", samples)
    found = document(call("attack", *QUICK, "--json"))
    assert found["truth"] == "owl" and found["attack"]["from_truth"] and found["classes"] == list(NAMES)
    assert document(call("attack", *QUICK, "--json", *NAMED))["truth"] is None


def test_imagenet_80_stands_for_openai_s_sentences_and_none_is_asked_twice(call):
    own = "a photo of a {}."
    found = document(call("predict", "--json", *NAMED, "--template", own, "--template", "imagenet-80"))["templates"]
    assert found[0] == own and len(found) == len({*found}) == 80
    assert "itap of a {}." in found and "a tattoo of the {}." in found


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "is not one of the sample pictures, which know their classes; give --classes FILE"),
        (["--class", "owl"], "at least two class names"),
        (["--classes", "/nowhere/names.txt"], "/nowhere/names.txt” cannot be read"),
        ([*NAMED, "--true-class", "cat"], "“cat” is not one of the 3 class names"),
        ([*NAMED, "--template", "a photo"], "exactly one {}"),
        ([*NAMED, "--template", "a {photo} of a {}"], "no other braces"),
        ([*NAMED, "--class", "OWL"], "“OWL” stands twice: number"),
        ([*NAMED, "--eps", "400"], "epsilon"),
        ([*NAMED, "--eps", "nan"], "eps to be a number"),
        ([*NAMED, "--steps", "0"], "attack steps between 1 and 1000; got 0"),
        ([*NAMED, "--seed", "-1"], "Expected a seed between 0"),
        ([*NAMED, "--model", "local-dir:/nowhere"], "/nowhere"),
        ([*NAMED, "--model", "ViT-Q-99"], "is not a model name"),
        ([*NAMED, "--device", "toaster"], "Expected a device"),
        ([*NAMED, *QUICK, "--out", "/proc/nowhere"], "Expected a folder that can be written"),
    ],
)
def test_bad_input_gives_one_sentence_and_exit_code_2(call, options, sentence):
    code, out, err = call("attack", *options)
    assert (code, out) == (2, "")
    assert sentence in err and err.startswith("engine: ") and err.count("\n") == 1


def test_a_file_that_is_no_picture_gives_one_sentence(call, image):
    image.write_text("no picture")
    code, out, err = call("predict", *NAMED)
    assert (code, out) == (2, "") and "got text" in err


def test_an_interrupt_ends_with_130(call, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.story.requests.pictures.predict", interrupted)
    code, out, err = call("predict", *NAMED)
    assert (code, out, err) == (130, "", "engine: interrupted\n")


@pytest.mark.parametrize("command", ["predict", "attack", "maps", "defend", "evaluate", "bench"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert command in capsys.readouterr().out


def test_help_lists_every_defence_and_map(capsys):
    for command, words in (("defend", DEFENCES), ("evaluate", [*DEFENCES, *MAPS, *ATTACKS]), ("maps", MAPS)):
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        out = capsys.readouterr().out
        assert all(word in out for word in words)


def test_every_option_says_what_it_is_and_not_only_its_default():
    parsers = [cli.parser()]
    for parser in parsers:
        for action in parser._actions:
            if isinstance(action.choices, dict):
                parsers += action.choices.values()
            else:
                assert action.help and not action.help.startswith("default"), (parser.prog, action.dest)
    assert len(parsers) == 21


@pytest.fixture
def quick_bench(monkeypatch):
    """Fewer runs, and smaller matrices for the peak."""
    monkeypatch.setattr(speed, "WARM_UP", 0)
    monkeypatch.setattr(machine, "SIDES", (64,))


@pytest.mark.slow
def test_bench_times_every_stage(shallow_model, quick_bench, monkeypatch, capsys):
    monkeypatch.setattr("torch.cpu.get_capabilities", dict, raising=False)  # no bf16
    asked = ("--runs", "1", "--model", shallow_model, "--device", "cpu", "--precision", "auto", "--classes", "4")
    asked += ("--literal", "r-tpt")
    assert cli.main(["bench", *asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    stages = {stage["stage"]: stage for stage in told["stages"]}
    timed = {"PGD, 20 steps", "four maps", "64 views with maps", "one tuning step", "whole story"}
    repeated = {"predict", "tpt", "r-tpt", "a-tpt"}
    assert set(stages) == {"load the model"} | timed | repeated | {name + speed.FIRST for name in repeated}
    assert all(stage["forwards"] == stage["seconds"] / stages["predict"]["seconds"] for stage in stages.values())
    assert told["memory_gb"] > 0
    peak = told["matrix_products_per_second"]["fp32"]
    counted = [stage for name, stage in stages.items() if name not in ("load the model", "whole story")]
    for stage in counted:
        assert stage["share_of_peak"] == stage["operations"] / stage["seconds"] / peak > 0
    literal = {(cost["defence"], cost["tokens"]): cost for cost in told["literal"]}
    assert list(literal) == [("tpt", 77), ("r-tpt", 77), ("r-tpt", 40), ("a-tpt", 77), ("a-tpt", 40)]
    for (name, _), cost in literal.items():
        assert cost["operations_ratio"] == cost["operations"] / stages[name]["operations"] > 1
        assert (cost["ratio"] is None) == (name != "r-tpt")
    assert literal["r-tpt", 77]["ratio"] == literal["r-tpt", 77]["seconds"] / stages["r-tpt"]["seconds"]


@pytest.mark.slow
def test_bench_of_random_weights_says_so_first_and_draws_how_cost_grows(
    quick_bench, monkeypatch, capsys, shallow, tmp_path
):
    monkeypatch.setattr(random_model, "random_backbone", lambda shape, device, precision: shallow)
    monkeypatch.setattr(comparison, "CUT", {})
    for module in (comparison, speed):
        monkeypatch.setattr(module, "SCHEDULES", ("a-tpt",))
    for name, values in (("VIEWS", (2, 4)), ("CLASSES", (2, 3)), ("SIDES", (4, 8)), ("USUAL_VIEWS", 4)):
        monkeypatch.setattr(growth, name, values)
    figure = tmp_path / "cost.png"
    asked = ("--random", "ViT-B-32", "--runs", "1", "--classes", "3", "--literal", "none")
    assert cli.main(["bench", *asked, "--figure", str(figure)]) == 0
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first == "The weights are random: times are those of the real model, answers mean nothing."
    assert second.startswith("shallow on cpu, fp32, ") and ", 3 classes, median of 1; load " in second
    assert any(line.startswith("fastest matrix product: ") for line in rest)
    out = "\n".join(rest)
    assert re.search(r"^a-tpt +\d+\.\d+ +\d+\.\d +\d+\.\d +\d+ +\d+% +\d+\.\d+$", out, re.MULTILINE)
    assert re.search(r"^a-tpt +77 +– +\d+\.\d +– +– +– +\d+\.\dx$", out, re.MULTILINE)
    with Image.open(figure) as drawn:
        assert drawn.width > 1000


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--classes", "1"), "Expected 2 to 1,000 classes; got 1."),
        (("--classes", "1001"), "Expected 2 to 1,000 classes; got 1001."),
        (("--random", "RN50", "--model", "ViT-B-32/openai"), "Expected --model or --random; got both."),
    ],
)
def test_bench_refuses_what_it_cannot_time(words, sentence, capsys):
    assert cli.main(["bench", *words]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.slow
def test_a_reader_who_has_seen_enough_gets_no_traceback():
    command = [sys.executable, "-m", "engine", "fieldguide", "words"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.close()
        assert running.stderr.read() == b"" and running.wait() == 141


def test_attack_says_how_long_a_change_it_found_and_what_the_limit_and_saving_left_of_it(call, job):
    asked = ("attack", *NAMED, "--attack", "deepfool", "--steps", "3")
    found = document(call(*asked, "--eps", "0.5", "--json"))["attack"]
    expected = list(attack(*job, CLASSES, AttackSettings("deepfool", 0.5 / 255, steps=3)))[-1]
    assert found["found"] == expected.found > 0.5 / 255 and found["cut"] and found["erased"] and not found["fooled"]
    assert found["fooled_as_computed"] == expected.fooled_as_computed and not found["reached_as_computed"]
    _, told, _ = call(*asked, "--eps", "0.5")
    assert f"turns the answer: {expected.found * 255:.4g}/255, cut by the limit to 0.5/255\n" in told
    assert "the limit of 0.5/255 is less than one level of 8 bits: the saved picture is the clean one\n" in told
    _, told, _ = call(*asked, "--norm", "l2", "--eps", "60")
    assert "the shortest change found that turns the answer: " in told and "cut by the limit" not in told


def test_attack_tells_fooled_as_computed_from_fooled_after_saving(call, job, monkeypatch):
    *_, result = attack(*job, CLASSES, AttackSettings(steps=1))
    undone = replace(result, after=Prediction(CLASSES, -result.before.logits), after_saved=result.before)
    monkeypatch.setattr("engine.story.requests.pictures.attack", lambda *_: iter([undone]))
    _, told, _ = call("attack", *NAMED, *QUICK)
    assert "fooled as computed, held after saving in 8 bits\n" in told
