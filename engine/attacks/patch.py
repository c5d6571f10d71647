"""The adversarial patch: pixels that may be anything, in one place of the picture (after Brown et al., 2017)."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from ..settings import AttentionSettings
from .base import Attack, Walk
from .gradient import cross_entropy, look
from .looks import Looks

if TYPE_CHECKING:
    from torch import Tensor

    from ..classes import Classes
    from ..settings import AttackSettings
    from .probes import Probe

MAP = "relevance"  # whose strongest cell can be the patch's place
REACH = 1.25  # how far all steps together move a channel: from anywhere to anywhere in [0, 1], and a quarter more


def patch(probe: Probe, settings: AttackSettings) -> Walk:
    """Sign steps up the loss from random pixels, inside the patch alone; of one picture, so that nothing has to fit
    another place or picture."""
    import torch

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        loss, form = cross_entropy(labels, settings), shape(settings, pixels.shape[-1]).to(pixels.device)
        if settings.patch_at == "gradient":
            _, _, slope = yield from look(probe, pixels, loss)
            where = [_steepest(one, form) for one in slope]
        else:
            at = [(settings.place_y, settings.place_x)] * len(pixels)
            if settings.patch_at == "map":
                at = [_strongest(probe, *each) for each in zip(pixels, probe.classes, labels.tolist(), strict=True)]
            where = [_around(middle, pixels.shape[-1], len(form)) for middle in at]
        inside = torch.stack([_placed(form, place, pixels.shape[-1]) for place in where])[:, None]
        with probe.luck:
            drawn = torch.empty_like(pixels).uniform_(0, 1)
        begun = torch.where(inside, drawn, pixels)
        if settings.control:
            probe(begun)
            yield
            return begun
        moved = begun
        for _ in range(settings.steps):
            _, _, slope = yield from look(probe, moved, loss)
            stepped = (moved + REACH / settings.steps * slope.sign()).clamp(0, 1)
            moved = torch.where(inside, stepped, pixels)
        probe.nulls = [(one, "random pixels in the same place") for one in begun]
        return moved

    return walk


def shape(settings: AttackSettings, side: int) -> Tensor:
    """Which pixels (n, n) of the square around it the patch has, on a picture of `side` pixels."""
    import torch

    count = max(1, round(settings.patch_size * side))
    if settings.patch_shape == "square":
        return torch.ones(count, count, dtype=torch.bool)
    from_middle = torch.arange(count) - (count - 1) / 2
    return from_middle[:, None] ** 2 + from_middle**2 <= (count / 2) ** 2


def patch_looks(settings: AttackSettings, classes: int) -> Looks:
    """One with its gradient for every step, and one before them where a gradient tells the place, or a map, which takes
    as much; the null arm is looked at once."""
    before = int(settings.patch_at != "given")
    return Looks(before + 1, before) if settings.control else Looks(before + settings.steps, before + settings.steps)


def _strongest(probe: Probe, picture: Tensor, classes: Classes, label: int) -> tuple[float, float]:
    """The middle of the strongest cell of the picture's (3, s, s) relevance map, down and across as shares of the side;
    of equal ones the first. Raises `EngineError` for a model that has no such map."""
    from ..maps.attend import attend

    found = attend(probe.backbone, picture, classes, AttentionSettings(MAP), label).raw
    rows, columns = found.shape
    row, column = divmod(int(found.argmax()), columns)
    return (row + 0.5) / rows, (column + 0.5) / columns


def _around(middles: tuple[float, float], side: int, count: int) -> tuple[int, int]:
    """Top and left of the patch whose middle is as near to the given one, down and across, as it lies inside."""
    top, left = (min(max(round(middle * side - count / 2), 0), side - count) for middle in middles)
    return top, left


def _steepest(slope: Tensor, form: Tensor) -> tuple[int, int]:
    """Top and left of the patch over which the gradient (3, s, s) sums up to most, by size."""
    import torch.nn.functional as F

    sums = F.conv2d(slope.abs().sum(0)[None, None], form.to(slope)[None, None])[0, 0]
    place = int(sums.argmax())
    return place // sums.shape[1], place % sums.shape[1]


def _placed(form: Tensor, place: tuple[int, int], side: int) -> Tensor:
    top, left = place
    inside = form.new_zeros(side, side)
    inside[top : top + len(form), left : left + len(form)] = form
    return inside


PATCH = Attack(
    title="Patch",
    source="after Brown et al., 2017",
    explanation="Paints one place of the picture as it likes, step by step up the loss, and leaves all else as it is.",
    threat=(
        "no limit inside the patch, nothing changed outside: for all to see; white-box on the model; knows nothing of"
        " any defence"
    ),
    build=patch,
    looks=patch_looks,
    norms=(),
    targeted=True,
    null="random pixels in the same place",
    uses=("steps", "patch_size", "patch_shape", "patch_at", "place_x", "place_y", "control"),
)
