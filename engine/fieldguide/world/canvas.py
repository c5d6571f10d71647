"""Fixed-point painting of patches: polygons with a fill, marks, glazes and an edge, plus who covers which pixel.

Everything is uint8 and integer geometry, so that the same patches give the same pixels on every machine.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

Colour = tuple[int, int, int]
_SHIFT = 4  # polygon corners are rounded to 1/16 pixel


@dataclass(frozen=True, eq=False, slots=True)
class Patch:
    """One polygon of a specimen: the part it belongs to, its outline (n, 2), and what is painted within it.

    `marks` are opaque, `glazes` carry an opacity in [0, 1]; both are clipped to the outline.
    `edge` is the colour of the line around it (None: no line), `width` that line's width in specimen units.
    """

    part: str
    outline: np.ndarray
    colour: Colour
    edge: Colour | None = None
    width: float = 0.014
    marks: list[tuple[np.ndarray, Colour]] = field(default_factory=list)
    glazes: list[tuple[np.ndarray, Colour, float]] = field(default_factory=list)


@dataclass(frozen=True, eq=False, slots=True)
class Pose:
    """Specimen units to frame units (the frame is 1 x 1): points @ matrix + offset."""

    matrix: np.ndarray
    offset: np.ndarray

    @property
    def scale(self) -> float:
        """How many frame units one specimen unit measures."""
        return float(np.sqrt(abs(self.matrix[0, 0] * self.matrix[1, 1] - self.matrix[0, 1] * self.matrix[1, 0])))

    def place(self, points: np.ndarray) -> np.ndarray:
        """The points in frame units."""
        return points @ self.matrix + self.offset


FRAME = Pose(np.eye(2), np.zeros(2))


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """The colour with `share` of the other mixed in."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def paint_patch(pixels: np.ndarray, patch: Patch, pose: Pose, labels: np.ndarray | None = None, label: int = 0) -> None:
    """Paint a patch onto `pixels` (s, s, 3) in place and write `label` where it lies into `labels` (s, s)."""
    side = pixels.shape[0]
    outline = _fixed(pose.place(patch.outline), side)
    edge_width = max(1, round(patch.width * pose.scale * side))
    if patch.marks or patch.glazes:
        _paint_coat(pixels, patch, pose, outline)
    else:
        cv2.fillPoly(pixels, [outline], patch.colour, cv2.LINE_AA, _SHIFT)
    if patch.edge is not None:
        cv2.polylines(pixels, [outline], True, patch.edge, edge_width, cv2.LINE_AA, _SHIFT)
    if labels is not None:
        cv2.fillPoly(labels, [outline], label, cv2.LINE_8, _SHIFT)
        if patch.edge is not None:
            cv2.polylines(labels, [outline], True, label, edge_width, cv2.LINE_8, _SHIFT)


def fill(pixels: np.ndarray, outlines: list[np.ndarray], colours: list[Colour], pose: Pose = FRAME) -> None:
    """Fill polygons one after the other onto `pixels` in place; all corners are placed at once, which is cheaper."""
    if not outlines:
        return
    starts = np.cumsum([0, *(len(points) for points in outlines)])
    corners = _fixed(pose.place(np.concatenate(outlines)), pixels.shape[0])
    for start, end, colour in zip(starts.tolist(), starts[1:].tolist(), colours, strict=False):
        cv2.fillPoly(pixels, [corners[start:end]], colour, cv2.LINE_AA, _SHIFT)


def veil(pixels: np.ndarray, outline: np.ndarray, colour: Colour, opacity: float) -> None:
    """Lay a translucent polygon, in frame units, onto `pixels` in place; `opacity` lies in [0, 1]."""
    _glaze(pixels, _fixed(outline, pixels.shape[0]), colour, opacity)


def softened(pixels: np.ndarray) -> np.ndarray:
    """The picture (h, w) or (h, w, 3) uint8 out of focus: a 9 x 9 binomial blur, in whole numbers."""
    for axis in (0, 1):
        edges = [(4, 4) if axis == other else (0, 0) for other in range(pixels.ndim)]
        total = np.moveaxis(np.pad(pixels, edges, mode="edge").astype(np.uint16), axis, 0)
        for _ in range(8):  # Pascal's triangle; its eighth row sums to 256, which still fits
            total = total[1:] + total[:-1]
        pixels = np.moveaxis((total + np.uint16(128)) >> 8, 0, axis).astype(np.uint8)
    return np.ascontiguousarray(pixels)


def halved(pixels: np.ndarray) -> np.ndarray:
    """Half the size of (2h, 2w, ...) uint8: the rounded mean of every four pixels."""
    total = np.add(pixels[::2], pixels[1::2], dtype=np.uint16)
    total = total[:, ::2] + total[:, 1::2]
    total += 2
    total >>= 2
    return total.astype(np.uint8)


def _paint_coat(pixels: np.ndarray, patch: Patch, pose: Pose, outline: np.ndarray) -> None:
    window, corner = _window(pixels, outline)
    side = pixels.shape[0]
    coat = np.empty(window.shape, np.uint8)
    coat[:] = patch.colour
    _mark(coat, patch.marks, pose, side, corner)
    for points, colour, opacity in patch.glazes:
        _glaze(coat, _fixed(pose.place(points), side) - corner, colour, opacity)
    cover = np.zeros(window.shape[:2], np.uint8)
    cv2.fillPoly(cover, [outline - corner], 255, cv2.LINE_AA, _SHIFT)
    _blend(window, coat, cover)


def _mark(window: np.ndarray, marks: list, pose: Pose, side: int, corner: np.ndarray) -> None:
    """Fill the marks that reach into a window whose upper left corner is `corner`, in fixed point."""
    if not marks:
        return
    ends = np.cumsum([len(points) for points, _ in marks])
    starts = np.concatenate([[0], ends[:-1]])
    corners = _fixed(pose.place(np.concatenate([points for points, _ in marks])), side) - corner
    low, high = np.minimum.reduceat(corners, starts), np.maximum.reduceat(corners, starts)
    reach = np.array(window.shape[1::-1]) << _SHIFT
    for index in np.flatnonzero(((high > 0) & (low < reach)).all(1)).tolist():
        cv2.fillPoly(window, [corners[starts[index] : ends[index]]], marks[index][1], cv2.LINE_AA, _SHIFT)


def _glaze(pixels: np.ndarray, outline: np.ndarray, colour: Colour, opacity: float) -> None:
    window, corner = _window(pixels, outline)
    if not window.size:
        return
    cover = np.zeros(window.shape[:2], np.uint8)
    cv2.fillPoly(cover, [outline - corner], round(255 * opacity), cv2.LINE_AA, _SHIFT)
    _blend(window, np.array(colour, np.uint8), cover)


def _window(pixels: np.ndarray, outline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The view of `pixels` that an outline may reach (perhaps empty), and its upper left corner in fixed point."""
    x, y, width, height = cv2.boundingRect(outline)
    left, top = max((x >> _SHIFT) - 1, 0), max((y >> _SHIFT) - 1, 0)
    right, bottom = max((x + width - 1 >> _SHIFT) + 3, 0), max((y + height - 1 >> _SHIFT) + 3, 0)
    return pixels[top:bottom, left:right], np.array((left << _SHIFT, top << _SHIFT), np.int32)


def _blend(window: np.ndarray, layer: np.ndarray, cover: np.ndarray) -> None:
    share = cover[:, :, None].astype(np.uint16)
    share += share >> 7  # 255 becomes 256, so that full cover is exact
    mixed = window * (256 - share)
    mixed += layer * share
    mixed += 128
    mixed >>= 8
    window[:] = mixed


def _fixed(points: np.ndarray, side: int) -> np.ndarray:
    # OpenCV's whole numbers are pixel centres, so frame position 0 is -1/2
    return np.rint(points * (side << _SHIFT) - (1 << _SHIFT - 1)).astype(np.int32)
