"""Where pictures come from: the samples, the painter, a visitor's own file; each opened as the model sees it."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from PIL import Image

import engine
from app.choices import ATTACKED, NO_RIVAL, NO_TARGET, NO_TRUTH, Choices
from app.measured import numbered, spelled
from app.originals import decoded, original
from app.present import present
from app.samples import Sample
from app.state.shown import Attacked, Shown
from app.text import inputs as text

NO_ACCENT = "none"
AS_TRAINED = engine.PictureSettings()
MOST_FITTED = 32  # pictures kept as visitors fit them


@dataclass(frozen=True, eq=False, slots=True)
class Opened:
    """A picture, and the question that comes with it: class names and the true one; none with a visitor's own."""

    shown: Shown
    names: tuple[str, ...] = ()
    truth: str | None = None

    def asking(self, choices: Choices) -> Choices:
        """The choices with the picture's own question, or with no true class where it brings none; without the classes
        that were chosen for another picture's maps and attack, and the cells marked on it."""
        choices = choices._replace(
            about=ATTACKED, against=NO_RIVAL, target=NO_TARGET, true_class=NO_TRUTH, only_cells=""
        )
        if not self.names:
            return choices
        return choices._replace(class_names="\n".join(self.names), true_class=self.truth)


class PictureSources:
    """Opens pictures for one backbone, fitted as `how` says. What can be opened again is named by `Shown.source`."""

    def __init__(
        self, backbone: engine.Backbone, samples: Sequence[Sample], how: engine.PictureSettings = AS_TRAINED
    ) -> None:
        self.backbone, self.samples, self.how = backbone, tuple(samples), how
        self._places = {sample.source: place for place, sample in enumerate(self.samples)}
        self._read: dict[int, Opened] = {}

    def on(self, backbone: engine.Backbone, how: engine.PictureSettings = AS_TRAINED) -> PictureSources:
        """The same pictures as another model sees them, or fitted otherwise."""
        same = backbone is self.backbone and how == self.how
        return self if same else PictureSources(backbone, self.samples, how)

    @cached_property
    def offered(self) -> tuple[int, ...]:
        """The places of the samples whose class names the model can read; photographs come first."""
        readable = [place for place, sample in enumerate(self.samples) if not self._unknown(sample)]
        return tuple(sorted(readable, key=lambda place: not self.samples[place].credit))

    def sample(self, place: int) -> Opened:
        """The sample at that place, from 0; read once."""
        if place not in self._read:
            self._read[place] = self._sample(self.samples[place])
        return self._read[place]

    def _sample(self, sample: Sample) -> Opened:
        picture = engine.load_picture(sample.path)
        masks: tuple[torch.Tensor, ...] = ()
        if sample.mask is not None:
            with Image.open(sample.mask) as mask:
                masks = self._masks(mask)
        seen = self._shown(sample.title, picture, source=sample.source, asks=sample.question)
        return Opened(replace(_marked(seen, masks), credit=sample.credit), sample.classes, sample.truth)

    @cached_property
    def digests(self) -> frozenset[str]:
        """Those of the samples offered, as the model sees them."""
        return frozenset(self.sample(place).shown.picture.digest for place in self.offered)

    def specimen(self, specimen: engine.fieldguide.Specimen, number: int) -> Opened:
        """A painting of that specimen; `number` decides its scene."""
        asks = text.HELD_OUT if engine.fieldguide.is_held_out(specimen) else text.TRAINED_ON
        painted = engine.fieldguide.paint_specimen(specimen, number)
        return self._painted(painted, f"specimen {spell(specimen)} {number}", asks)

    def numbered(self, series: int, number: int) -> Opened:
        """A specimen of an evaluation, by its series and its number there."""
        painted = engine.fieldguide.paint_numbered(series, number)
        asks = text.NUMBERED.format(series=series, number=number)
        return self._painted(painted, spelled(series, number), asks)

    def _painted(self, painted: engine.fieldguide.Painted, named: str, asks: str) -> Opened:
        truth = painted.classes.names[painted.label]
        picture = engine.pictures.Picture(painted.image, "", painted.image.size)
        seen = self._shown(truth[0].upper() + truth[1:], picture, source=named, asks=asks)
        return Opened(_marked(seen, self._masks(painted.mask)), painted.classes.names, truth)

    def file(self, path: str, name: str = "", salt: str = "") -> Opened:
        """A visitor's own picture; it comes with no question and cannot be opened again by name.

        `name` is what its owner calls it, empty: as the file is called. What is computed on it is found by its `salt`
        only, a fresh one where none is given.
        """
        called = name or Path(path).name
        return Opened(self._shown(called, decoded(path), salt or secrets.token_hex(16), file=path))

    def whole(self, shown: Shown, longest: int) -> Image.Image | None:
        """All of the picture at its own size, at most `longest` pixels long; None where its file is gone."""
        kind, _, rest = shown.source.partition(" ")
        if kind == "specimen":
            *words, number = rest.split()
            return engine.fieldguide.paint_specimen(unspell(words), int(number)).image
        if (place := numbered(shown.source)) is not None:
            return engine.fieldguide.paint_numbered(*place).image
        place = self._places.get(shown.source)
        path = shown.file if place is None else self.samples[place].path
        try:
            return engine.load_picture(path, longest=longest).image
        except engine.EngineError:
            return None

    def given(self, shown: Shown) -> tuple[tuple[str, bytes], ...]:
        """Name and content of the file that the picture came in, then of what was made of it elsewhere, as they were
        given; of a painting its own PNG, and nothing of a file that is gone.

        A file that says more than its pixels, such as where it was taken, is given as a PNG of these alone.
        """
        if shown.source.startswith("specimen "):
            painted = present(self.whole(shown, engine.overlays.LONGEST))
            return ((f"{shown.name}.png", engine.overlays.png(painted)),)
        place = self._places.get(shown.source)
        files = [
            (shown.name, Path(shown.file))
            if place is None
            else (self.samples[place].path.name, self.samples[place].path)
        ]
        if shown.attacked is not None and shown.clean_known:
            files.append((shown.attacked.name, Path(shown.attacked.file)))
        return tuple(_given(name, path) for name, path in files if path.is_file())

    def same(self, shown: Shown) -> Opened:
        """A picture that was opened before, perhaps as another model saw it."""
        again = self.again(shown.source) if shown.source else self.file(shown.file, shown.name, shown.picture.salt)
        made = shown.attacked
        if made is None:
            return again
        if not shown.clean_known:
            return replace(again, shown=self.as_attacked(again.shown))
        return replace(again, shown=self.made_of(again.shown, made.file, made.name, made.picture.salt))

    def as_attacked(self, shown: Shown) -> Shown:
        """The picture as one that was attacked elsewhere and whose clean one is not known; a visitor's own."""
        lost = engine.pictures.lost_in_reading(decoded(shown.file), self.backbone.image_size)
        remarks = (lost,) if lost else ()
        return replace(shown, attacked=Attacked(shown.name, shown.file, shown.size, shown.picture, remarks))

    def made_of(self, shown: Shown, path: str, name: str, salt: str = "") -> Shown:
        """The picture with what somebody made of it elsewhere, which lies in a file; the salt is as that of `file`."""
        picture = decoded(path)
        pixels = self.backbone.prepare(picture.image, self.how)
        seen = engine.story.Picture(pixels, salt or secrets.token_hex(16))
        lost = engine.pictures.lost_in_reading(picture, self.backbone.image_size)
        far = engine.pictures.far_apart(shown.size, picture.size, float((pixels - shown.pixels).abs().max()))
        remarks = tuple(remark for remark in (lost, far) if remark)
        return replace(shown, attacked=Attacked(name, path, picture.size, seen, remarks))

    def again(self, source: str) -> Opened:
        """What `source` names; raises `EngineError` where this page has no such picture."""
        if source in self._places:
            return self.sample(self._places[source])
        kind, *words = source.split()[:7] or [""]
        if kind == "specimen" and len(words) == 6 and words[5].isdecimal():
            return self.specimen(unspell(words[:5]), int(words[5]))
        if (place := numbered(source)) is not None:
            return self.numbered(*place)
        raise engine.EngineError(text.NO_SUCH_PICTURE.format(source=source[:60]))

    def _unknown(self, sample: Sample) -> tuple[str, ...]:
        return self.backbone.unknown_words(sample.classes)

    def _shown(
        self,
        name: str,
        picture: engine.pictures.Picture,
        salt: str = "",
        source: str = "",
        file: str = "",
        asks: str = "",
    ) -> Shown:
        """The picture as the model sees it, and the whole of it."""
        seen = engine.story.Picture(self.backbone.prepare(picture.image, self.how), salt)
        box = self.backbone.box(picture.image.size, self.how)
        whole = original(picture.image)
        return Shown(
            name,
            picture.note,
            picture.size,
            seen,
            asks,
            source=source,
            file=file,
            original=whole,
            box=box,
            how=self.how,
        )

    def _masks(self, grey: Image.Image) -> tuple[torch.Tensor, torch.Tensor]:
        """Object and telling part (s, s) as the model's crop of the picture shows them."""
        whole = grey.point(lambda value: 255 * (value > 0))
        part = grey.point(lambda value: 255 * (value == 128))
        seen_whole, seen_part = (
            self.backbone.prepare(mask.convert("RGB"), self.how)[0] > 0.5 for mask in (whole, part)
        )
        return seen_whole, seen_part


def _given(name: str, path: Path) -> tuple[str, bytes]:
    if not engine.pictures.tells_more(path):
        return name, path.read_bytes()
    plain = engine.load_picture(path, longest=engine.overlays.LONGEST).image
    return f"{Path(name).stem}.png", engine.overlays.png(plain)


def _marked(shown: Shown, masks: Sequence[torch.Tensor]) -> Shown:
    """With the object and its telling part, where these are known."""
    return replace(shown, mask=masks[0], part=masks[1]) if masks else shown


class Fitted:
    """Pictures of `sources` as visitors have them fitted, the last ones kept; safe to use from several threads."""

    def __init__(self, sources: PictureSources) -> None:
        self.sources = sources
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple, Shown] = OrderedDict()

    def __call__(self, backbone: engine.Backbone, shown: Shown, how: engine.PictureSettings) -> Shown:
        """The same picture as the model sees it when it is fitted so; raises `EngineError` where its file is gone."""
        if shown.how == how:
            return shown
        made = "" if shown.attacked is None else shown.attacked.picture.digest
        key = (backbone.fingerprint, shown.picture.digest, shown.source, made, shown.how, how)
        with self._lock:
            if key not in self._kept:
                again = self.sources.on(backbone, how).same(shown).shown
                self._kept[key] = replace(again, original=shown.original)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_FITTED:
                self._kept.popitem(last=False)
            return self._kept[key]


def spell(specimen: engine.fieldguide.Specimen) -> str:
    """Five words that name a specimen."""
    accent = specimen.accent or NO_ACCENT
    return f"{specimen.kind} {specimen.colour} {specimen.pattern} {accent} {specimen.part}"


def unspell(words: Sequence[str]) -> engine.fieldguide.Specimen:
    """The specimen of five words; a plain one has no second colour, whatever the words say."""
    kind, colour, pattern, accent, part = words
    return engine.fieldguide.Specimen(kind, colour, pattern, None if pattern == "plain" else accent, part)
