"""What an attack looks through: the model itself, or the model behind random crops or AugMix views."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..classes import Classes
from ..models import Backbone
from ..models.gradient_scaling import with_scaled_gradients
from ..settings import AttackSettings, ViewSettings
from ..views.augmix import draw_beta, mix
from ..views.crops import Box
from ..views.crops import place as random_place
from .looks import CROPS
from .randomness import SeededStart

TOGETHER = 64  # pictures that go through the model at once; between two such parts an attack can be stopped


class Cancelled(Exception):
    """Nobody waits for this attack any more."""


class Probe(nn.Module):
    """Pixels (b, 3, s, s) to logits (b, c) against fixed text features, reporting each forward pass.

    `classes` are those of each of the b pictures, equally many of all of them.
    `felt` (b,) says for each picture whether any gradient with respect to its pixels was not zero; None before the
    first gradient. `seeds` are those of the b pictures' own generators, for the probes that leave something to chance;
    within `luck`, what the attack draws comes from such generators too. `nulls` are the null arms that an attack with
    one of its own leaves here, a picture (3, s, s) and a sentence's part on it for each of the b.
    Where `held` is given, a mask (s, s) and clean pixels (b, 3, s, s), whatever it is shown is the clean picture
    outside the mask, so that no gradient leads out of it.
    The text features are its only parameter: torchattacks reads the device from it. The backbone is no submodule, so
    switching the probe between training and evaluation cannot reach the shared model.
    """

    def __init__(
        self,
        backbone: Backbone,
        classes: Sequence[Classes],
        settings: AttackSettings,
        seeds: Sequence[int],
        report: Callable[[Tensor], None],
        stop: threading.Event,
    ) -> None:
        super().__init__()
        self.backbone, self.classes, self.settings, self.report, self.stop = backbone, classes, settings, report, stop
        self.felt: Tensor | None = None
        self.nulls: list[tuple[Tensor, str]] = []
        self.held: tuple[Tensor, Tensor] | None = None
        self.rngs = [np.random.default_rng(seed) for seed in seeds]
        self.luck = SeededStart(seeds)
        self.texts = [backbone.encode_text(one) for one in classes]
        shared = self.texts[0] if len({*classes}) == 1 else torch.stack(self.texts)
        self.text_features = nn.Parameter(shared, requires_grad=False)
        self.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        self.check_cancelled()
        logits = with_scaled_gradients(self.look, self._held(self._watched(pixels)), self.backbone.dtype).float()
        self.report(logits.detach().clone())  # Square writes into what it gets
        return logits

    def _held(self, pixels: Tensor) -> Tensor:
        return pixels if self.held is None else torch.where(self.held[0], pixels, self.held[1])

    def _watched(self, pixels: Tensor) -> Tensor:
        """The same pixels, whose gradients are looked at on their way to the attack."""
        watched = pixels.view_as(pixels)
        if watched.requires_grad:
            watched.register_hook(self._feel)
        return watched

    def _feel(self, gradient: Tensor) -> None:
        found = gradient.flatten(1).any(1)
        self.felt = found if self.felt is None else self.felt | found

    def check_cancelled(self) -> None:
        """Raise `Cancelled` as soon as nobody waits."""
        if self.stop.is_set():
            raise Cancelled

    def look(self, pixels: Tensor) -> Tensor:
        """Logits (b, c) of pixels (b, 3, s, s)."""
        return self.model(pixels)

    def model(self, pixels: Tensor) -> Tensor:
        """The untouched model's logits (b, c) of pixels (b, 3, s, s)."""
        return self.backbone.logits(self.backbone.encode_image(pixels), self.text_features)


@dataclass(frozen=True, eq=False, slots=True)
class Glance:
    """One look at a picture under what chance drew: the pictures (k, 3, s, s) that the model is shown, and what is made
    of their features (k, d): logits (c,).
    """

    shown: Tensor
    answer: Callable[[Tensor], Tensor]


class ChanceProbe(Probe):
    """Answers with the mean logits of `settings.eot_samples` glances at each picture, each with luck of its own."""

    def look(self, pixels: Tensor) -> Tensor:
        drawn = [
            self._glance(picture, place)
            for place, picture in enumerate(pixels.split(1))
            for _ in range(self.settings.eot_samples)
        ]
        answers = torch.stack([answer for group in _groups(drawn) for answer in self._answers(group)])
        return answers.view(len(pixels), self.settings.eot_samples, -1).mean(1)

    def _glance(self, picture: Tensor, place: int) -> Glance:
        self.check_cancelled()
        return self.glance(picture, place)

    def _answers(self, glances: Sequence[Glance]) -> Iterator[Tensor]:
        """The answers (c,) of glances whose pictures go through the model together."""
        self.check_cancelled()
        features = self.backbone.encode_image(torch.cat([glance.shown for glance in glances]))
        for glance, seen in zip(glances, features.split([len(g.shown) for g in glances]), strict=True):
            self.check_cancelled()
            yield glance.answer(seen)

    def glance(self, picture: Tensor, place: int) -> Glance:
        """How the picture (1, 3, s, s) at this place of the batch is looked at under what its generator draws."""
        raise NotImplementedError

    def average(self, place: int, features: Tensor) -> Tensor:
        """Mean logits (c,) of its features (k, d) under the untouched prompt."""
        return self.backbone.logits(features, self.texts[place]).mean(0)


def _groups(glances: Sequence[Glance]) -> Iterator[list[Glance]]:
    """Glances in order, as many at a time as show the model `TOGETHER` pictures, but at least one."""
    group: list[Glance] = []
    for glance in glances:
        if group and sum(len(one.shown) for one in [*group, glance]) > TOGETHER:
            yield group
            group = []
        group.append(glance)
    yield group


class CropProbe(ChanceProbe):
    """Answers with the mean logits of the picture and `CROPS` random crops of it, fresh at every glance."""

    mirrors = False

    def glance(self, picture: Tensor, place: int) -> Glance:
        rng, (height, width), scale = self.rngs[place], picture.shape[-2:], (ViewSettings().smallest_crop, 1.0)
        boxes = [(*random_place(height, width, rng, scale), self._mirrored(rng)) for _ in range(CROPS)]
        seen = torch.cat([picture, cut_out(picture[0], boxes)])
        return Glance(self.altered(seen, rng), partial(self.average, place))

    def _mirrored(self, rng: np.random.Generator) -> int:
        return int(self.mirrors and rng.random() < 0.5)

    def altered(self, crops: Tensor, rng: np.random.Generator) -> Tensor:
        """What is done to the crops (b, 3, s, s) before the model sees them, the first being the whole picture."""
        return crops


class ViewProbe(CropProbe):
    """As `CropProbe`, but each crop is mirrored half of the time and mixed as AugMix views are: the attacker sees what
    TPT and R-TPT will see.

    The mixtures have no useful gradient, so it is passed straight through them (BPDA, Athalye et al., ICML 2018).
    """

    mirrors = True

    def altered(self, crops: Tensor, rng: np.random.Generator) -> Tensor:
        seen = [crops[0]]
        for crop in crops[1:]:
            base = (crop.detach().cpu() * 255).round().byte().permute(1, 2, 0).numpy()
            keep = draw_beta(rng)
            mixed = keep * torch.from_numpy(base).float() / 255 + (1 - keep) * torch.from_numpy(mix(base, rng))
            seen.append(crop + (mixed.permute(2, 0, 1).to(crop) - crop).detach())
        return torch.stack(seen)


def cut_out(picture: Tensor, boxes: Sequence[Box]) -> Tensor:
    """Crops (n, 3, s, s) of a picture (3, s, s), stretched to its size; differentiable with respect to the picture.

    The same crops as `engine.views.crops.crop` makes, but for its rounding to 8 bits: bilinear, between pixel centres,
    with nothing from outside the box.
    """
    top, left, rows, columns, mirrored = torch.tensor(boxes, device=picture.device).t()
    down = _places(top, rows, picture.shape[-2])
    across = _places(left, columns, picture.shape[-1])
    across = torch.where(mirrored[:, None] == 1, across.flip(1), across)
    grid = torch.stack(torch.broadcast_tensors(across[:, None, :], down[:, :, None]), -1)
    whole = picture.expand(len(boxes), -1, -1, -1)
    return F.grid_sample(whole, grid.to(picture), padding_mode="border", align_corners=False)


def _places(start: Tensor, length: Tensor, size: int) -> Tensor:
    """Where `size` evenly spread pixels of stretches `start`, `length` (n,) lie, (n, size), the whole being -1 to 1."""
    centres = (torch.arange(size, device=start.device) + 0.5) * length[:, None] / size - 0.5
    inside = torch.minimum(centres.clamp_min(0), length[:, None] - 1)
    return (start[:, None] + inside + 0.5) * 2 / size - 1
