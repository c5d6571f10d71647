"""Where pictures come from: the samples, the painter, a visitor's own file; each opened as the model sees it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from PIL import Image

import engine
from app.choices import NO_TRUTH, Choices
from app.samples import Sample
from app.state.shown import Shown
from app.text import words as text

NO_ACCENT = "none"


@dataclass(frozen=True, eq=False, slots=True)
class Opened:
    """A picture, and the question that comes with it: class names and the true one; none with a visitor's own."""

    shown: Shown
    names: tuple[str, ...] = ()
    truth: str | None = None

    def asking(self, choices: Choices) -> Choices:
        """The choices with the picture's own question, or with no true class where it brings none."""
        if not self.names:
            return choices._replace(true_class=NO_TRUTH)
        return choices._replace(class_names="\n".join(self.names), true_class=self.truth)


class PictureSources:
    """Opens pictures for one backbone. What can be opened again later is named by `Shown.source`."""

    def __init__(self, backbone: engine.Backbone, samples: Sequence[Sample]) -> None:
        self.backbone, self.samples = backbone, tuple(samples)
        self._read: dict[int, Opened] = {}

    def on(self, backbone: engine.Backbone) -> PictureSources:
        """The same pictures as another model sees them."""
        return self if backbone is self.backbone else PictureSources(backbone, self.samples)

    def sample(self, place: int) -> Opened:
        """The sample at that place, from 0; read once."""
        if place not in self._read:
            self._read[place] = self._sample(self.samples[place], place)
        return self._read[place]

    def _sample(self, sample: Sample, place: int) -> Opened:
        picture = engine.load_picture(sample.path)
        masks: tuple[torch.Tensor, ...] = ()
        if sample.mask is not None:
            with Image.open(sample.mask) as mask:
                masks = self._masks(mask)
        pixels = self.backbone.prepare(picture.image)
        seen = Shown(
            sample.title,
            picture.note,
            picture.image.size,
            engine.story.Picture(pixels),
            sample.question,
            *masks,
            source=f"sample {place}",
        )
        return Opened(seen, sample.classes, sample.truth)

    @cached_property
    def digests(self) -> frozenset[str]:
        """Those of all samples as the model sees them."""
        return frozenset(self.sample(place).shown.picture.digest for place in range(len(self.samples)))

    def specimen(self, specimen: engine.fieldguide.Specimen, number: int) -> Opened:
        """A painting of that specimen; `number` decides its scene."""
        painted = engine.fieldguide.paint_specimen(specimen, number)
        truth = painted.classes.names[painted.label]
        asks = text.HELD_OUT if engine.fieldguide.is_held_out(specimen) else text.TRAINED_ON
        seen = Shown(
            truth[0].upper() + truth[1:],
            "",
            painted.image.size,
            engine.story.Picture(self.backbone.prepare(painted.image)),
            asks,
            *self._masks(painted.mask),
            source=f"specimen {spell(specimen)} {number}",
        )
        return Opened(seen, painted.classes.names, truth)

    def file(self, path: str, name: str = "", salt: str = "") -> Opened:
        """A visitor's own picture; it comes with no question and cannot be opened again by name.

        `name` is what its owner calls it, empty: as the file is called. What is computed on it is found by its `salt`
        only, a fresh one where none is given.
        """
        picture = engine.load_picture(path)
        seen = engine.story.Picture(self.backbone.prepare(picture.image), salt or secrets.token_hex(16))
        return Opened(Shown(name or Path(path).name, picture.note, picture.image.size, seen, file=path))

    def same(self, shown: Shown) -> Opened:
        """A picture that was opened before, perhaps as another model saw it."""
        return self.again(shown.source) if shown.source else self.file(shown.file, shown.name, shown.picture.salt)

    def again(self, source: str) -> Opened:
        """What `source` names; raises `EngineError` where this page has no such picture."""
        kind, _, rest = source.partition(" ")
        if kind == "sample" and rest.isdecimal() and int(rest) < len(self.samples):
            return self.sample(int(rest))
        words = rest.split()
        if kind == "specimen" and len(words) == 6 and words[5].isdecimal():
            return self.specimen(unspell(words[:5]), int(words[5]))
        raise engine.EngineError(text.NO_SUCH_PICTURE.format(source=source[:60]))

    def _masks(self, grey: Image.Image) -> tuple[torch.Tensor, torch.Tensor]:
        """Object and telling part (s, s) as the model's crop of the picture shows them."""
        whole = grey.point(lambda value: 255 * (value > 0))
        part = grey.point(lambda value: 255 * (value == 128))
        seen_whole, seen_part = (self.backbone.prepare(mask.convert("RGB"))[0] > 0.5 for mask in (whole, part))
        return seen_whole, seen_part


def spell(specimen: engine.fieldguide.Specimen) -> str:
    """Five words that name a specimen."""
    accent = specimen.accent or NO_ACCENT
    return f"{specimen.kind} {specimen.colour} {specimen.pattern} {accent} {specimen.part}"


def unspell(words: Sequence[str]) -> engine.fieldguide.Specimen:
    """The specimen of five words; a plain one has no second colour, whatever the words say."""
    kind, colour, pattern, accent, part = words
    return engine.fieldguide.Specimen(kind, colour, pattern, None if pattern == "plain" else accent, part)
