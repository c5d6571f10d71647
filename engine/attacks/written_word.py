"""The written word, or typographic attack: a wrong class's name on the picture (Goh et al., Distill 2021)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from .base import Attack, Walk
from .gradient import cross_entropy
from .looks import Looks

if TYPE_CHECKING:
    from torch import Tensor

    from ..classes import Classes
    from ..settings import AttackSettings
    from .lettering import Lettering
    from .probes import Probe

HARMLESS = (  # by length, from 1 letter on: words that name nothing
    "a", "of", "and", "with", "which", "rather", "perhaps", "although", "therefore", "altogether", "furthermore",
    "nevertheless",
)  # fmt: skip


def written_word(probe: Probe, settings: AttackSettings) -> Walk:
    """Writes the words and keeps the place where the loss is highest; with no words, those of a wrong class."""
    import torch

    from .lettering import check_letters, lettering

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        loss, side = cross_entropy(labels, settings), pixels.shape[-1]
        words = yield from _words(probe, settings, pixels, labels)
        nothing = [harmless(one, own) for one, own in zip(words, probe.classes, strict=True)]
        words = nothing if settings.control else words
        for one in words:
            check_letters(one)
        letters = [lettering(one, side, settings) for one in words]
        worst, highest, where = pixels, torch.full(labels.shape, -torch.inf).to(pixels), [(0.0, 0.0)] * len(words)
        for place in places(settings):
            written = _written(letters, pixels, settings, [place] * len(words))
            losses = loss(probe(written))
            yield
            better = losses > highest
            worst, highest = torch.where(better[:, None, None, None], written, worst), losses.maximum(highest)
            where = [place if moved else before for moved, before in zip(better.tolist(), where, strict=True)]
        if not settings.control:
            meant = _written([lettering(one, side, settings) for one in nothing], pixels, settings, where)
            said = (f"the harmless word{'s' * (' ' in one)} “{one}” in the same place" for one in nothing)
            probe.nulls = list(zip(meant, said, strict=True))
        return worst

    return walk


def places(settings: AttackSettings) -> list[tuple[float, float]]:
    """The middles that are tried, shares of the side from the left and from the top."""
    if settings.places == 1:
        return [(settings.place_x, settings.place_y)]
    along = [(number + 0.5) / settings.places for number in range(settings.places)]
    return [(x, y) for y in along for x in along]


def harmless(words: str, classes: Classes) -> str:
    """As many words, each as long as its own, that name nothing; spelled backwards where that is a class after all."""
    found = " ".join(_filler(len(word)) for word in words.split())
    return found[::-1] if found in classes.names else found


def written_looks(settings: AttackSettings, classes: int) -> Looks:
    """One for each place, and one before them where the answer tells which word to write; never a gradient."""
    return Looks(len(places(settings)) + _asks_first(settings), 0)


def _asks_first(settings: AttackSettings) -> bool:
    return not settings.written.strip() and settings.target is None


def _words(
    probe: Probe, settings: AttackSettings, pixels: Tensor, labels: Tensor
) -> Generator[None, None, Sequence[str]]:
    """What is to be written on each picture."""
    if settings.written.strip():
        return [" ".join(settings.written.split())] * len(pixels)
    if settings.target is not None:
        return [own.names[settings.target] for own in probe.classes]
    logits = probe(pixels)
    yield
    order = logits.argsort(1, descending=True)
    found = []
    for row, label, own in zip(order.tolist(), labels.tolist(), probe.classes, strict=True):
        found.append(own.names[next(place for place in row if place != label)])
    return found


def _written(
    letters: Sequence[Lettering], pixels: Tensor, settings: AttackSettings, where: Sequence[tuple[float, float]]
) -> Tensor:
    import torch

    drawn = zip(letters, pixels, where, strict=True)
    return torch.stack([one.on(picture, settings, *place) for one, picture, place in drawn])


def _filler(length: int) -> str:
    longest = HARMLESS[-1]
    return (longest * (length // len(longest)) + ("", *HARMLESS)[length % len(longest)])[:length]


LETTERLESS = (
    "This model knows only its paintings, and nothing is written on any of them: to it a word is a spot that covers"
    " something, and it reads nothing."
)
WRITTEN_WORD = Attack(
    title="Written word",
    source="Goh et al., Distill 2021",
    explanation="Writes a wrong class's name on the picture: no limit on the change, and nothing hidden from the eye.",
    threat=(
        "no limit: writes on the picture for all to see, as bold as set; black-box: knows the names of the classes,"
        " may ask which one comes second and, of several places, where a word works best; knows nothing of any defence"
    ),
    build=written_word,
    looks=written_looks,
    norms=(),
    targeted=True,
    on_paintings=LETTERLESS,
    null="a harmless word as long, in the same place",
    uses=(
        "written", "text_size", "text_colour", "text_outline", "text_opacity", "text_rotation", "place_x", "place_y",
        "places", "control",
    ),
)  # fmt: skip
