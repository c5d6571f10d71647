"""The arrays of the export: every tensor that the page drew something from."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from app.present import present
from app.state.found import Found

Arrays = dict[str, Tensor | np.ndarray]


def arrays_of(found: Found) -> Arrays:
    """By name, what there is of every step; pixels are (3, s, s) in [0, 1], maps (gh, gw)."""
    return _answers(found) | _maps(found) | _heads(found) | _lens(found) | _looks(found) | _defence(found)


def _answers(found: Found) -> Arrays:
    arrays: Arrays = {"clean_logits": present(found.clean).logits} if found.clean_known else {}
    if found.adversarial is not None:
        result = found.adversarial
        arrays |= {"attacked_pixels": result.pixels, "attacked_logits": result.after_saved.logits}
        arrays["attack_losses"] = np.array([step.loss for step in result.steps])
    return arrays


def _maps(found: Found) -> Arrays:
    """The maps of the rows, then those of every kind, each with its null arm and its shuffled model."""
    pair = found.maps
    named = {} if pair is None else {"clean_map": pair.clean, "attacked_map": pair.attacked, "noise_map": pair.noisy}
    if pair is not None and pair.rival is not None:
        named |= dict(zip(("clean_map_of_the_answer", "attacked_map_of_the_answer"), pair.rival, strict=True))
    for test in found.every:
        kind, one = test.pair.attacked.map, test.pair
        named |= {f"every_{kind}_clean": one.clean, f"every_{kind}_attacked": one.attacked}
        named |= {f"every_{kind}_noise": one.noisy, f"every_{kind}_shuffled": test.shuffled}
    return {name: drawn.raw for name, drawn in named.items() if drawn is not None}


def _heads(found: Found) -> Arrays:
    """What the class token reads, (layers, heads, gh, gw), and the logits after each layer, (layers, c)."""
    if found.heads is None:
        return {}
    arms = [("clean", found.heads.clean), ("attacked", found.heads.attacked)]
    read = ("attention", "entropies", "norms", "logits")
    return {
        f"heads_{which}_{name}": getattr(heads, name) for which, heads in arms if heads is not None for name in read
    }


def _lens(found: Found) -> Arrays:
    """What every patch is read as, class numbers and their shares (layers, gh, gw, k), best first."""
    arms = {} if found.lens is None else found.lens.arms
    return {f"lens_{which}_{name}": getattr(one, name) for which, one in arms.items() for name in ("words", "shares")}


def _looks(found: Found) -> Arrays:
    """Curves of deletion and insertion, and the shares of the words."""
    arrays: Arrays = {}
    if found.occlusion is not None:
        arms = (("map", found.occlusion.map), ("chance", found.occlusion.chance))
        arrays["curve_fractions"] = found.occlusion.map.fractions
        arrays |= {f"{part}_{which}": getattr(one, part) for which, one in arms for part in ("deletion", "insertion")}
    if found.words is not None:
        read = {"asked": found.words.asked, "answer": found.words.answer or (None, None)}
        for about, (clean, attacked) in read.items():
            arms = (("clean", clean), ("attacked", attacked))
            arrays |= {f"words_{about}_{which}": one.shares for which, one in arms if one is not None}
    return arrays


def _defence(found: Found) -> Arrays:
    arrays: Arrays = {}
    if found.views is not None:
        arrays |= {name: getattr(found.views, name) for name in ("crops", "betas", "features", "logits", "maps")}
    if found.steps:
        last = found.steps[-1]
        arrays |= {"kept": last.kept, "context": last.context, "tuned_logits": last.logits}
        arrays["tuning_losses"] = np.array([step.loss for step in found.steps])
    if found.ensemble is not None:
        arrays["weights"] = found.ensemble.weights
    return arrays
