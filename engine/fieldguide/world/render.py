"""From a specimen and a seed to a picture with exact masks; the same on every machine and at every size."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from . import animals, plants
from .backdrop import paint_backdrop
from .canvas import Patch, Pose, fill, halved, paint_patch, softened
from .specimens import KINDS, Specimen

_BUILDERS: dict[str, Callable[[Specimen, np.random.Generator], list[Patch]]] = {
    "butterfly": animals.butterfly,
    "fish": animals.fish,
    "bird": animals.bird,
    "flower": plants.flower,
    "beetle": animals.beetle,
    "mushroom": plants.mushroom,
}
# how far each kind may lean, in radians: crawlers and fliers seen from above more than what stands on the ground
_LEAN = {"butterfly": 0.7, "fish": 0.35, "bird": 0.22, "flower": 0.3, "beetle": 0.9, "mushroom": 0.2}
_EXTENT = (0.39, 0.67)  # of the frame, along the longer side of the specimen's box
_MARGIN = 0.02
_SHADOW = 112  # the shadow is soft, so it is painted at this size and enlarged


@dataclass(frozen=True, eq=False, slots=True)
class Painting:
    """A picture and where things are in it.

    `pixels` (size, size, 3) uint8 RGB; `object_mask` (size, size) bool; `part_masks` name -> (size, size) bool,
    the visible pixels of each part of the object, among them the kind's telling part.
    """

    pixels: np.ndarray
    object_mask: np.ndarray
    part_masks: dict[str, np.ndarray]
    specimen: Specimen
    seed: int

    def labelled(self) -> np.ndarray:
        """(size, size) uint8: 255 the specimen, 128 its telling part, 0 the backdrop."""
        mask = self.object_mask * np.uint8(255)
        mask[self.part_masks[KINDS[self.specimen.kind]]] = 128
        return mask


def paint(specimen: Specimen, seed: int, size: int = 448) -> Painting:
    """Paint a specimen in a scene of its own; `seed` decides pose, place, light and background.

    The same seed at another size is the same picture at another resolution.
    Raises ValueError for a size below 16 or a negative seed.
    """
    if size < 16:
        raise ValueError(f"expected a size of at least 16 pixels, got {size!r}")
    if seed < 0:
        raise ValueError(f"expected a seed of at least 0, got {seed!r}")
    scene, shape, stance, light = (np.random.default_rng((seed, stream)) for stream in range(4))
    patches = _BUILDERS[specimen.kind](specimen, shape)
    pose = _pose(patches, _LEAN[specimen.kind], stance)
    canvas = paint_backdrop(2 * size, scene)
    _cast_shadow(canvas, patches, pose, light)
    labels = np.zeros((2 * size, 2 * size), np.uint8)
    parts = list(dict.fromkeys(patch.part for patch in patches))
    for patch in patches:
        paint_patch(canvas, patch, pose, labels, 1 + parts.index(patch.part))
    pixels = _lit(halved(canvas), light)
    masks = {part: _covered(labels == 1 + index) for index, part in enumerate(parts)}
    return Painting(pixels, _covered(labels > 0), masks, specimen, seed)


def _pose(patches: list[Patch], lean: float, rng: np.random.Generator) -> Pose:
    turn, flip = rng.uniform(-lean, lean), 1.0 if rng.random() < 0.5 else -1.0
    extent, place = rng.uniform(*_EXTENT), rng.random(2)
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[flip * cos, flip * sin], [-sin, cos]])
    outline = np.concatenate([patch.outline for patch in patches]) @ matrix
    low, high = outline.min(0), outline.max(0)
    scale = extent / (high - low).max()
    room = 1 - 2 * _MARGIN - (high - low) * scale
    return Pose(matrix * scale, _MARGIN + place * room - low * scale)


def _cast_shadow(canvas: np.ndarray, patches: list[Patch], pose: Pose, rng: np.random.Generator) -> None:
    fall = rng.uniform((-0.02, 0.012), (0.02, 0.035))
    depth = int(rng.integers(70, 130))
    shadow = np.zeros((_SHADOW, _SHADOW), np.uint8)
    fallen = Pose(pose.matrix, pose.offset + fall)
    fill(shadow, [patch.outline for patch in patches], [(depth,) * 3] * len(patches), fallen)
    shadow = cv2.resize(softened(shadow), canvas.shape[:2], interpolation=cv2.INTER_LINEAR_EXACT)
    left, top, wide, high = cv2.boundingRect(shadow)
    window = canvas[top : top + high, left : left + wide]
    light = 256 - shadow[top : top + high, left : left + wide, None].astype(np.uint16)
    window[:] = (window * light + 128) >> 8


def _lit(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brightness and a gentle gradient, together within 15 %."""
    brightness, tilt, angle = rng.uniform(0.91, 1.09), rng.uniform(0, 0.055), rng.uniform(0, 2 * np.pi)
    place = (np.arange(pixels.shape[0]) + 0.5) / pixels.shape[0] * 2 - 1
    slope = (np.cos(angle) * place[None, :] + np.sin(angle) * place[:, None]) * (tilt / np.sqrt(2))
    gain = np.rint((brightness + slope) * 4096).astype(np.uint32)
    lit = np.multiply(pixels, gain[:, :, None], dtype=np.uint32)
    lit += 2048
    lit >>= 12
    return np.minimum(lit, 255, out=lit).astype(np.uint8)


def _covered(mask: np.ndarray) -> np.ndarray:
    """Half size, true where at least half of the four pixels are."""
    return halved(mask.astype(np.uint8) << 2) >= 2
