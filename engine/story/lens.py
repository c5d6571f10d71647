"""What every patch is read as after every layer, before and after the attack, beside noise as large as the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from ..classes import Classes
from ..maps.lens import Lens, lens
from ..models import Backbone
from ..results import Adversarial
from ..settings import LensSettings
from .recipe import ATTACKED, CLEAN, NOISE


@dataclass(frozen=True, eq=False, slots=True)
class Lenses:
    """The readings of one story. `clean` is None where that picture is not known, and so is `noise`, as where there is
    no change to be as large as.

    `label` is the class that the attack pushed away from, `answer` the attacked picture's.
    """

    label: int
    answer: int
    clean: Lens | None
    attacked: Lens
    noise: Lens | None

    @property
    def arms(self) -> dict[str, Lens]:
        """The readings that there are, by picture: clean, attacked, noise."""
        named = {CLEAN: self.clean, ATTACKED: self.attacked, NOISE: self.noise}
        return {name: one for name, one in named.items() if one is not None}

    @property
    def changed(self) -> dict[str, Tensor]:
        """For the attacked picture and under noise the share of patches, after each layer (layers,), that are read as
        another class than in the clean picture; empty where that is not known."""
        clean = self.clean
        if clean is None:
            return {}
        return {name: one.share_other_than(clean) for name, one in self.arms.items() if name != CLEAN}


def lenses(
    backbone: Backbone,
    pictures: Mapping[str, Tensor],
    classes: Classes,
    settings: LensSettings,
    attacked: Adversarial,
) -> Lenses:
    """The readings of `pictures` (3, s, s) by name: the attacked one, and as they are known the clean one and noise."""
    read = {name: lens(backbone, pixels, classes, settings) for name, pixels in pictures.items()}
    return Lenses(attacked.label, attacked.after_saved.label, read.get(CLEAN), read[ATTACKED], read.get(NOISE))


def lens_data(found: Lenses, names: Sequence[str]) -> dict:
    """The same as plain data: by layer what the class token and each patch is read as, how sure, and what changed.

    `words` are the places of the classes among `names`, row by row, `shares` their probabilities.
    """
    pushed, answer = names[found.label], names[found.answer]
    about = {"class": pushed, "answer after the attack": answer, "grid": list(found.attacked.leads.shape[1:])}
    return about | {"layers": [_layer(found, names, layer) for layer in range(len(found.attacked.logits))]}


def _layer(found: Lenses, names: Sequence[str], layer: int) -> dict:
    changed = {name: float(shares[layer]) for name, shares in found.changed.items()}
    return {"layer": layer + 1, "changed": changed} | {
        name: _reading(found, one, names, layer) for name, one in found.arms.items()
    }


def _reading(found: Lenses, one: Lens, names: Sequence[str], layer: int) -> dict:
    shares = one.logits[layer].softmax(-1)
    token = int(shares.argmax())
    return {
        "class token": {"name": names[token], "confidence": float(shares[token])},
        "read as the class": float(one.share_read_as(found.label)[layer]),
        "read as the answer": float(one.share_read_as(found.answer)[layer]),
        "words": one.words[layer, ..., 0].tolist(),
        "shares": [[round(share, 6) for share in row] for row in one.shares[layer, ..., 0].tolist()],
    }
