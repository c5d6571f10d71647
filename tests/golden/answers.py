"""Tuning and ensembles compared with golden tensors: every run that a golden set stores, under any name and size."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.defences.ensemble import fuse
from engine.defences.tuning import Kept, mean_entropy, tune
from engine.models import Backbone
from engine.numerics.measures import entropy, neighbour_similarity
from engine.results import TuneStep, ViewSet
from engine.settings import EnsembleSettings, TuneSettings
from tests.golden.ledger import Ledger
from tests.golden.tolerances import (
    CONTEXT_AFTER,
    EXACT,
    FEATURES,
    GRADIENT,
    LOSSES,
    SCORES,
    TINY_GRADIENT,
    TUNED,
    WEIGHTS,
)

ONE_STEP_ENSEMBLE = r"(?:sim|score|weight|final).*"


@dataclass(frozen=True, eq=False)
class Run:
    """One stored tuning run: `prefix` of its tensors, the share of views kept, and the encoded views it starts from."""

    prefix: str
    keep: float
    features: Tensor
    logits: Tensor


def view_set(ledger: Ledger, run: Run) -> ViewSet:
    """Encoded views without pictures: tuning and fusing read nothing else."""
    count = len(run.features)
    return ViewSet(
        kind="augmix",
        bases=torch.zeros(count, 3, 0, 0, dtype=torch.uint8),
        mixes=torch.zeros(count, 3, 0, 0),
        betas=torch.ones(count),
        regions=torch.ones(count, 0, 0, dtype=torch.uint8),
        strengths=(0.8, 0.2),
        maps=torch.zeros(0, 0, 0),
        raw_maps=torch.zeros(0, 0, 0),
        floor=0.0,
        degenerate=torch.zeros(count, dtype=torch.bool),
        crops=torch.zeros(count, 5, dtype=torch.int64),
        features=run.features,
        logits=run.logits,
        classes=ledger.golden.classes,
        seconds=0.0,
    )


def tuning(ledger: Ledger, backbone: Backbone, run: Run) -> None:
    """Selection, gradient, and every stored step of one run; then the ensembles made from its steps."""
    if int(len(run.logits) * run.keep) < 1:
        ledger.leave(rf"{re.escape(run.prefix)}.*", "the reference selects no view here and its loss is nan")
        return
    stored, losses = _stored_steps(ledger, run.prefix)
    views = view_set(ledger, run)
    settings = TuneSettings("pointwise", max(*stored, losses), ledger.golden.settings["lr"], run.keep, legacy=True)
    steps = list(tune(backbone, views, ledger.golden.classes, settings))
    ledger.check(f"{run.prefix}idx", steps[0].kept, EXACT)
    gradient = ledger.check(f"{run.prefix}grad", _gradient(ledger, backbone, views, steps[0].kept), GRADIENT)
    values = torch.tensor([step.loss for step in steps], dtype=torch.float64)
    ledger.check(f"{run.prefix}losses", values[:losses], LOSSES)
    tiny = gradient.abs() < TINY_GRADIENT * gradient.abs().max()
    blurred = not ledger.double and bool(tiny.any())
    skip, note = (tiny, f"{int(tiny.sum())} tiny gradients left out") if blurred else (None, "")
    for step in (steps[index] for index in sorted(stored - {0})):
        name = f"{run.prefix}ctx{step.index}"
        context = ledger.check(name, step.context, _context_tolerance(step.index), skip, note)
        if blurred:  # a flipped coordinate would be seen in all that follows
            step = _at(backbone, views, step, context)
        ledger.check(f"{run.prefix}textfeat{step.index}", step.text_features, TUNED)
        tuned = ledger.check(f"{run.prefix}tuned{step.index}", step.logits, TUNED)
        _ensembles(ledger, views, replace(step, logits=tuned), run.prefix)


def _stored_steps(ledger: Ledger, prefix: str) -> tuple[set[int], int]:
    """Which steps of a run have stored tensors (0 always does), and how many losses are stored."""
    start = re.escape(prefix)
    stored = {0} | {int(m.group(1)) for m in ledger.names(start + r"(?:ctx|tuned|textfeat|s)(\d+).*")}
    if ledger.names(start + ONE_STEP_ENSEMBLE):
        stored.add(1)
    losses = ledger.golden.tensors.get(ledger.key(f"{prefix}losses"), ())
    return stored, len(losses)


def _context_tolerance(steps: int) -> tuple[float, float]:
    return CONTEXT_AFTER[1 if steps == 1 else 2 if steps == 2 else 4]


@torch.no_grad()
def _at(backbone: Backbone, views: ViewSet, step: TuneStep, context: Tensor) -> TuneStep:
    text = backbone.encode_prompts(backbone.prompts(views.classes), context)
    return replace(step, context=context, text_features=text, logits=backbone.logits(views.features, text))


def _gradient(ledger: Ledger, backbone: Backbone, views: ViewSet, kept: Tensor) -> Tensor:
    prompts = backbone.prompts(ledger.golden.classes)
    context = prompts.context.clone().requires_grad_()
    text = backbone.encode_prompts(prompts, context)
    logits = backbone.logits(views.features, text)
    return torch.autograd.grad(mean_entropy(Kept(logits[kept], text, torch.ones(len(kept)))), context)[0]


def _ensembles(ledger: Ledger, views: ViewSet, step: TuneStep, prefix: str) -> None:
    """Both naming schemes: s{steps}_{all or number}_... (A-TPT) and, after one step, the bare prefix (R-TPT)."""
    scheme = re.escape(f"{prefix}s{step.index}_") + r"(all|\d+)_.*"
    for size in sorted({m.group(1) for m in ledger.names(scheme)}):
        keep = len(views) if size == "all" else int(size)
        order = entropy(step.logits).argsort(stable=True)[:keep]
        _ensemble(ledger, views, step, f"{prefix}s{step.index}_{size}_", order)
    if step.index == 1 and ledger.names(re.escape(prefix) + ONE_STEP_ENSEMBLE):
        _ensemble(ledger, views, step, prefix, torch.arange(len(views)))


def _ensemble(ledger: Ledger, views: ViewSet, step: TuneStep, prefix: str, order: Tensor) -> None:
    """One ensemble; `order` is the order in which the reference lists its views."""
    meta = ledger.golden.settings
    if ledger.key(f"{prefix}idx") not in ledger.done:
        ledger.check(f"{prefix}idx", order, EXACT)
    settings = EnsembleSettings("similarity", meta["k"], meta["temperature"], answer_views=len(order))
    result = fuse(views, step, settings)
    ledger.check(f"{prefix}weight_diagmasked", result.weights[order], WEIGHTS)
    ledger.check(f"{prefix}final_diagmasked", result.prediction.logits[None], WEIGHTS)
    features, logits = views.features[order], step.logits[order]
    ledger.check(f"{prefix}sim", features @ features.t(), FEATURES)
    nothing = torch.zeros(len(features), len(features), dtype=torch.bool)
    weights = (neighbour_similarity(features, meta["k"], nothing) / meta["temperature"]).softmax(0)
    ledger.check(f"{prefix}weight_diagkept", weights, WEIGHTS)
    ledger.check(f"{prefix}final_diagkept", weights[None] @ logits, WEIGHTS)
    _legacy(ledger, prefix, features, logits)


def _legacy(ledger: Ledger, prefix: str, features: Tensor, logits: Tensor) -> None:
    """The legacy scores, weights and answer, with exactly those similarities masked that the reference masked: which
    ones reach 1 is a matter of rounding."""
    key, meta = ledger.key(f"{prefix}masked"), ledger.golden.settings
    if not key:
        return
    scores = neighbour_similarity(features, meta["k"], ledger.golden.tensors[key].bool())
    weights = (scores / meta["temperature"]).softmax(0)
    note = "with the reference's own masked entries"
    ledger.check(f"{prefix}score", scores, SCORES, None, note)
    ledger.check(f"{prefix}weight", weights, WEIGHTS, None, note)
    ledger.check(f"{prefix}final", weights[None] @ logits, WEIGHTS, None, note)
