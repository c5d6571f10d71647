"""Training of the built-in model on a handful of paintings: it resumes, hands on, and exports what it learned."""

import json
from dataclasses import replace

import pytest
import torch

from engine.cli.main import main
from engine.fieldguide.training import phases
from engine.fieldguide.training import train as training
from engine.fieldguide.training.clip import Words, read_export
from engine.fieldguide.training.phases import PHASES
from engine.fieldguide.training.train import Run, train
from engine.fieldguide.world import TEMPLATES
from engine.models import FIELDGUIDE, load_backbone

pytestmark = pytest.mark.slow
FAMILIES = 2  # of eight pictures: one batch is one pass over the corpus
BATCH = 8 * FAMILIES


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(training, "FAMILIES", FAMILIES)
    for module in (training, phases):
        monkeypatch.setattr(module, "BATCH", BATCH)


def phase(steps: int, name: str = "learn"):
    return replace(PHASES[0], name=name, pictures=steps * BATCH, warmup=1, tokens=16, full_from=1.0)


def state(folder):
    return read_export(folder, Words())


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(tmp_path, monkeypatch):
    train((phase(3),), tmp_path, tmp_path / "undisturbed", 1)

    def give_up(run, batch, update=Run.update):
        if run.step == 2:
            raise KeyboardInterrupt
        return update(run, batch)

    (tmp_path / "learn.pt").unlink()
    monkeypatch.setattr(training, "_CHECKPOINT_SECONDS", 0)
    with monkeypatch.context() as stopped:
        stopped.setattr(Run, "update", give_up)
        with pytest.raises(KeyboardInterrupt):
            train((phase(3),), tmp_path, tmp_path / "stopped", 1)
    assert not same(state(tmp_path / "stopped"), state(tmp_path / "undisturbed"))
    train((phase(3),), tmp_path, tmp_path / "stopped", 1)
    assert same(state(tmp_path / "stopped"), state(tmp_path / "undisturbed"))
    card = json.loads((tmp_path / "stopped" / "training.json").read_text())
    assert [phase["steps_done"] for phase in card["phases"]] == [3]


def test_a_phase_begins_with_the_weights_of_the_one_before(tmp_path):
    still = replace(phase(1, "still"), learning_rate=0.0)
    train((phase(2), still), tmp_path, tmp_path / "both", 1)
    train((phase(2),), tmp_path, tmp_path / "first", 1)
    assert same(state(tmp_path / "both"), state(tmp_path / "first"))


def test_the_command_starts_from_a_model_folder_and_writes_one_that_loads(tmp_path, capsys):
    command = ["fieldguide", "train", "--cache", str(tmp_path), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert main([*command, "--start", str(FIELDGUIDE), "--share", str(BATCH / PHASES[-1].pictures)]) == 0
    loaded = load_backbone(f"local-dir:{tmp_path / 'out'}")
    assert loaded.words == load_backbone().words and loaded.templates == load_backbone().templates == TEMPLATES
    cards = [path / "training.json" for path in (FIELDGUIDE, tmp_path / "out")]
    before, after = (json.loads(card.read_text())["phases"] for card in cards)
    assert after[:-1] == before and after[-1]["steps_done"] == 1
    assert main([*command, "--start", str(tmp_path / "nowhere")]) == 2
    assert "to start from" in capsys.readouterr().err
