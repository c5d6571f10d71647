"""Training of the built-in model in two phases: learn the world on hard crops, then look at whole pictures."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from .batches import batches
from .clip import Words, export, read_export
from .corpus import load_corpus
from .phases import BATCH, CARD, Phase
from .trainee import Trainee

FAMILIES = 6_000
_WEIGHT_DECAY = 0.05
_CHECKPOINT_SECONDS = 180


class Run:
    """The state of one phase: what is trained, the moving average of it, and how far it has come."""

    def __init__(self, phase: Phase, words: Words, start: dict[str, torch.Tensor] | None) -> None:
        torch.manual_seed(phase.seed)
        self.phase, self.words = phase, words
        self.trainee = Trainee(words).train()
        if start is not None:
            self.trainee.clip.load_state_dict(start)
        self.average = AveragedModel(self.trainee.clip, multi_avg_fn=get_ema_multi_avg_fn(phase.momentum))
        self.optimiser = _optimiser(self.trainee)
        self.step, self.seconds = 0, 0.0

    @property
    def weights(self) -> dict[str, torch.Tensor]:
        """The averaged model's state."""
        return self.average.module.state_dict()

    def resume(self, checkpoint: Path) -> None:
        """Go on where `checkpoint` was written."""
        saved = torch.load(checkpoint, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(saved[name])
        self.step, self.seconds = saved["step"], saved["seconds"]

    def save(self, checkpoint: Path, folder: Path) -> None:
        """Write everything to `checkpoint`, in one move, and the averaged model to `folder`."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        temporary = checkpoint.with_suffix(".part")
        torch.save({**parts, "step": self.step, "seconds": self.seconds}, temporary)
        temporary.replace(checkpoint)
        export(self.weights, self.words, folder)

    def update(self, batch) -> dict[str, torch.Tensor]:
        """One step of the optimiser; returns the parts of the loss."""
        phase, trainee = self.phase, self.trainee
        trainee.patches.count = phase.tokens if self.step < phase.full_from * phase.steps else 0
        trainee.patches.generator.manual_seed(phase.seed * 1_000_003 + self.step)  # the same after a resume
        for group in self.optimiser.param_groups:
            group["lr"] = phase.rate(self.step)
        losses = trainee(batch)
        self.optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        nn.utils.clip_grad_norm_(trainee.parameters(), 1.0)
        self.optimiser.step()
        trainee.clip.logit_scale.data.clamp_(max=4.6052)
        self.average.update_parameters(trainee.clip)
        self.step += 1
        return {name: loss.detach() for name, loss in losses.items()}

    def _parts(self) -> dict:
        return {"trainee": self.trainee, "average": self.average, "optimiser": self.optimiser}


def train(phases: tuple[Phase, ...], cache: Path, folder: Path, workers: int = 2, start: Path | None = None) -> None:
    """Train (or go on training) with corpora and checkpoints in `cache`; export to `folder` at every checkpoint.

    `start` is a folder of this model's format whose weights the first of `phases` begins with (None: random ones).
    Killed at any moment it goes on from the last checkpoint, at most three minutes back; a run that has reached its
    end exports again and stops. `training.json` in `folder` holds settings, pictures and hours of each phase, those
    of `start` first.
    """
    words = Words()
    weights = None if start is None else read_export(start, words)
    trained = [] if start is None else json.loads((start / CARD).read_text(encoding="utf-8"))["phases"]
    for phase in phases:
        run = Run(phase, words, weights)
        checkpoint = cache / f"{phase.name}.pt"
        if checkpoint.is_file():
            run.resume(checkpoint)
        if run.step < phase.steps:
            _follow(run, cache, workers, lambda run=run, path=checkpoint: run.save(path, folder))
        run.save(checkpoint, folder)
        weights = run.weights
        hours = round(run.seconds / 3600, 2)
        trained.append({**asdict(phase), "families": FAMILIES, "batch": BATCH, "steps_done": run.step, "hours": hours})
        (folder / CARD).write_text(json.dumps({"phases": trained}, indent=2) + "\n", encoding="utf-8")


def _follow(run: Run, cache: Path, workers: int, keep) -> None:
    """Take the run to the end of its phase, calling `keep` every three minutes."""
    phase = run.phase
    corpus = load_corpus(cache, FAMILIES, phase.seed, workers)
    stream = batches(corpus, BATCH, phase.seed, run.step, phase.whole, phase.smallest_crop)
    last = kept = time.monotonic()
    with tqdm(total=phase.steps, initial=run.step, unit="steps", smoothing=0.02, desc=phase.name) as bar:
        while run.step < phase.steps:
            losses = run.update(next(stream))
            now = time.monotonic()
            run.seconds += now - last
            last = now
            bar.update()
            bar.set_postfix({name: f"{float(value):.3f}" for name, value in losses.items()})
            if now - kept > _CHECKPOINT_SECONDS:
                keep()
                kept = time.monotonic()


def _optimiser(trainee: Trainee) -> torch.optim.AdamW:
    matrices = [p for p in trainee.parameters() if p.ndim >= 2]
    others = [p for p in trainee.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": _WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))
