"""The story on a GPU says what it says on the CPU. Runs only where CUDA is there; needs no fixture of ours."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine import AttackSettings, AttentionSettings, Settings, load_backbone
from engine.attacks import ATTACKS
from engine.cli.main import main
from engine.defences.defend import defend
from engine.defences.registry import DEFENCES, PURIFIERS
from engine.fieldguide.series import FieldGuideSeries
from engine.maps.attend import attend
from engine.maps.registry import maps_for
from engine.models.predict import predict
from engine.story.attack import attack, attack_batch

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU that CUDA reaches"),
]
FEW = replace(Settings().views, count=8)


@pytest.fixture(scope="module")
def both():
    return load_backbone("fieldguide", "cpu"), load_backbone("fieldguide", "cuda")


@pytest.fixture(scope="module")
def question(both):
    asked = FieldGuideSeries(1, 5).ask(0)()
    return both[0].prepare(asked.image), asked.classes, asked.label


def test_the_same_answer(both, question):
    pixels, classes, _ = question
    cpu, gpu = (predict(backbone, pixels, classes) for backbone in both)
    assert torch.allclose(cpu.logits, gpu.logits, atol=2e-3)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_the_same_answer_in_half_the_bits(both, question, precision):
    pixels, classes, _ = question
    half = predict(load_backbone("fieldguide", "cuda", precision), pixels, classes)
    full = predict(both[0], pixels, classes)
    assert half.label == full.label and (half.probabilities - full.probabilities).abs().max() < 0.1


def test_the_same_maps(both, question):
    pixels, classes, label = question
    for name in maps_for(both[0]):
        cpu, gpu = (attend(backbone, pixels, classes, AttentionSettings(name), label) for backbone in both)
        assert torch.allclose(cpu.grid, gpu.grid, atol=5e-3) or cpu.degenerate, name


@pytest.mark.parametrize("purifier", ["", *PURIFIERS])
def test_the_same_defences(both, question, purifier):
    pixels, classes, _ = question
    settings = Settings(views=FEW, defences=tuple(DEFENCES), purifier=purifier)
    for cpu, gpu in zip(*(defend(backbone, pixels, classes, settings) for backbone in both), strict=True):
        apart = (cpu.prediction.probabilities - gpu.prediction.probabilities).abs().max()
        assert apart < 0.05, cpu.defence  # purifiers step by signs of gradients that are nearly zero


@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_runs_and_keeps_to_its_limit(both, question, name):
    pixels, classes, label = question
    for norm, epsilon in {"linf": 4 / 255, "l2": 1.0}.items():
        if norm in ATTACKS[name].norms:
            settings = AttackSettings(name, epsilon, steps=2, norm=norm)
            *_, result = attack(both[1], pixels, classes, settings, label)
            assert (result.linf() if norm == "linf" else result.l2()) <= epsilon + 1e-6
            assert result.after_saved.logits.isfinite().all()


@pytest.mark.parametrize("target_defence", DEFENCES)
def test_every_defence_can_be_attacked_through(both, question, target_defence):
    pixels, classes, label = question
    for unroll in AttackSettings.UNROLLS:
        settings = AttackSettings("adaptive", steps=1, target_defence=target_defence, unroll=unroll)
        *_, result = attack(both[1], pixels, classes, settings, label)
        assert result.pixels.isfinite().all() and result.linf() > 0


def test_one_step_is_that_of_the_cpu(both, question):
    pixels, classes, label = question
    settings = AttackSettings("pgd", steps=1)
    cpu, gpu = ([*attack(backbone, pixels, classes, settings, label)][-1] for backbone in both)
    assert (cpu.pixels - gpu.pixels).abs().gt(1e-6).float().mean() < 0.01  # signs of gradients that are nearly zero


def test_a_batch_is_its_pictures(both, question):
    pixels, classes, label = question
    settings = AttackSettings("pgd", steps=2)
    pictures = torch.stack([pixels, pixels.flip(-1)])
    together = attack_batch(both[1], pictures, classes, settings, [label] * 2, [1, 2])
    for picture, seed, found in zip(pictures, (1, 2), together, strict=True):
        *_, alone = attack(both[1], picture, classes, replace(settings, seed=seed), label)
        assert (alone.pixels - found.pixels).abs().gt(1e-6).float().mean() < 0.05


def test_pictures_that_memory_does_not_hold_go_through_in_parts(question):
    pixels, _, _ = question
    backbone = load_backbone("fieldguide", "cuda")
    whole = backbone.encode_image(pixels.expand(300, -1, -1, -1)).detach()
    torch.cuda.empty_cache()
    free, total = torch.cuda.mem_get_info()
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_allocated() + 200e6) / total)
    try:
        with torch.no_grad():
            backbone._image_batches.size = 100_000
            parts = backbone.encode_image(pixels.expand(3000, -1, -1, -1))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert torch.allclose(parts[:300], whole, atol=1e-4) and backbone._image_batches.size < 3000


def evaluate_into(folder: Path) -> bytes:
    """The records of a small evaluation whose one worker is on the GPU, kept in `folder` or gone on with there."""
    words = "--pictures 3 --attack pgd --steps 5 --views 16 --keep 0.5 --defence clip --defence r-tpt --defence a-tpt"
    given = ["--device", "cuda", "--workers", "1", "--json", "--out", str(folder)]
    assert main(["evaluate", *words.split(), *given]) == 0
    return (folder / "records.jsonl").read_bytes()


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """The folder of such an evaluation, and its records."""
    folder = tmp_path_factory.mktemp("evaluations") / "undisturbed"
    return folder, evaluate_into(folder)


def test_an_evaluation_repeats_itself_to_the_byte(evaluated, tmp_path):
    _, records = evaluated
    assert records.count(b"\n") == 3 and evaluate_into(tmp_path / "again") == records


def test_an_evaluation_that_was_cut_ends_with_the_same_bytes(evaluated, tmp_path):
    folder, records = evaluated
    cut = tmp_path / "cut"
    shutil.copytree(folder, cut)
    shutil.rmtree(cut / "attacked")
    for kept in (cut / "records.jsonl", cut / "seconds.jsonl"):
        kept.write_bytes(kept.read_bytes().splitlines(keepends=True)[0])
    assert evaluate_into(cut) == records
    assert len(list((cut / "attacked").rglob("*.png"))) == 2  # that of the first picture was not needed again
