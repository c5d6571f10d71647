"""Results as plain data: what `--json` prints, the API answers and the report keeps. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import numerics

if TYPE_CHECKING:
    from torch import Tensor

    from .results import (
        Adversarial,
        AttackStep,
        AttentionMap,
        Box,
        DefenceResult,
        Ensemble,
        Familiarity,
        Prediction,
        TuneStep,
    )
    from .settings import AnswerSettings


def prediction_data(prediction: Prediction) -> dict:
    """A prediction as plain data; logits, probabilities and cosines stand in the order of the classes.

    There are no cosines, None, of answers put together of many views.
    """
    cosines = prediction.cosines
    return {
        "name": prediction.name,
        "label": prediction.label,
        "confidence": prediction.confidence,
        "entropy": prediction.entropy,
        "margin": prediction.margin,
        "logits": prediction.logits.tolist(),
        "probabilities": prediction.probabilities.tolist(),
        "cosines": None if cosines is None else cosines.tolist(),
    }


def familiarity_data(familiarity: Familiarity | None) -> dict | None:
    """Whether the model knows pictures like this one, as plain data; None for a model that cannot tell."""
    if familiarity is None:
        return None
    numbers = {"score": familiarity.score, "threshold": familiarity.threshold}
    return {"accepted": familiarity.accepted, "sentence": familiarity.sentence} | numbers


def none_data(prediction: Prediction, how: AnswerSettings) -> dict | None:
    """Whether the answer is “none of these”, and why, as plain data; None where that is not among the answers."""
    if not how.none_of_these:
        return None
    return {
        "answered": prediction.abstains(how),
        "best_cosine": prediction.best_cosine,
        "threshold": how.none_below,
    }


def box_data(box: Box) -> list[float]:
    """Left, top, right and bottom of what the model sees, as shares of the picture's width and height."""
    return [round(side, 6) for side in box.sides]


def attack_data(adversarial: Adversarial) -> dict:
    """An attack as plain data; norms are those of the change, pixels in [0, 1].

    Of a picture that was attacked elsewhere, `attack` is empty and `epsilon` None, and where the clean one is
    not known, so is all that needs it. An attack without a limit has no `norm` and no `epsilon`, and may have a `null`
    arm of its own. `fooled` and `reached` are those of the saved picture, which later parts use.
    """
    return {
        "attack": adversarial.attack,
        "clean_known": adversarial.clean is not None,
        "target_defence": adversarial.target_defence,
        "norm": adversarial.norm,
        "epsilon": adversarial.epsilon if adversarial.made_here and adversarial.limited else None,
        "label": adversarial.label,
        "target": adversarial.target,
        "from_truth": adversarial.from_truth,
        "fooled": adversarial.fooled,
        "fooled_as_computed": adversarial.fooled_as_computed,
        "reached": adversarial.reached,
        "zero_gradient": adversarial.zero_gradient,
        "reached_as_computed": adversarial.reached_as_computed,
        "found": adversarial.found,
        "confidence": adversarial.confidence,
        "cut": adversarial.cut,
        "erased": adversarial.erased,
        "norms": _norms_data(adversarial),
        "before": None if adversarial.before is None else prediction_data(adversarial.before),
        "after": prediction_data(adversarial.after),
        "after_saved": prediction_data(adversarial.after_saved),
        "steps": [_step_data(step, adversarial.label) for step in adversarial.steps],
        "seconds": adversarial.seconds,
        "null": _null_data(adversarial),
    } | _cells_data(adversarial)


def _cells_data(adversarial: Adversarial) -> dict:
    """As `cells`, those that could change, how many these are and of how many; empty where all could."""
    cells = adversarial.cells
    return {} if cells is None else {"cells": {"may_change": cells.text, "count": cells.count, "of": cells.total}}


def _null_data(adversarial: Adversarial) -> dict | None:
    null = adversarial.null
    if null is None:
        return None
    fooled = null.after.label != adversarial.label
    return {"what": null.what, "fooled": fooled, "after": prediction_data(null.after)}


def _norms_data(adversarial: Adversarial) -> dict | None:
    clean = adversarial.clean
    if clean is None:
        return None
    return {"float": change_data(adversarial.pixels - clean), "8_bits": change_data(adversarial.saved - clean)}


def change_data(change: Tensor) -> dict:
    """Both norms of a change (3, s, s)."""
    return {"linf": float(change.abs().max()), "l2": float(change.norm())}


def _step_data(step: AttackStep, label: int) -> dict:
    prediction = step.prediction
    return {
        "index": step.index,
        "loss": step.loss,
        "name": prediction.name,
        "confidence": prediction.confidence,
        "attacked_probability": float(prediction.probabilities[label]),
    }


def map_data(found: AttentionMap) -> dict:
    """A map as plain data: evidence per patch, and the same clipped and scaled to [0, 1]."""
    return {
        "label": found.label,
        "against": found.against,
        "degenerate": found.degenerate,
        "raw": found.raw.tolist(),
        "grid": found.grid.tolist(),
    }


def maps_data(pairs: Sequence[tuple[AttentionMap | None, AttentionMap]]) -> list[dict]:
    """Clean and attacked map of each pair as plain data; None for that of a clean picture that is not known."""
    return [
        {"map": hit.map, "clean": None if clean is None else map_data(clean), "attacked": map_data(hit)}
        for clean, hit in pairs
    ]


def similarity_data(first: Tensor, second: Tensor) -> dict[str, float | None]:
    """How alike two maps (gh, gw) are by every measure there is; None where a flat map leaves nothing to compare."""
    found = {name: measure(first, second) for name, measure in numerics.measures.MAP_SIMILARITY.items()}
    return {name: None if math.isnan(value) else value for name, value in found.items()}


def defence_data(steps: Sequence[TuneStep], ensemble: Ensemble, defences: Sequence[DefenceResult]) -> dict:
    """Tuning, the answer of the given settings and those of all defences as plain data; None where no view was kept."""
    return {
        "tuning": [
            {"index": s.index, "loss": s.loss if len(s.kept) else None, "prediction": prediction_data(s.prediction)}
            for s in steps
        ],
        "kept": steps[0].kept.tolist(),
        "own": {"prediction": prediction_data(ensemble.prediction), "weights": ensemble.weights.tolist()},
        "defences": [
            {"defence": d.defence, "seconds": d.seconds, "prediction": prediction_data(d.prediction)} for d in defences
        ],
    }
