"""Maps over the whole picture, at its own size, for the download."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

import engine
from app.choices import Choices
from app.figures.maps import DIVERGING, Look, to_image, upper_end
from app.present import present
from app.state.found import Found

LONGEST = 4096  # pixels: longer pictures are reduced to this, or a download would take hundreds of megabytes
OPACITY = 0.6


def overlays(whole: Image.Image, found: Found, choices: Choices) -> dict[str, bytes]:
    """PNG files of the clean map, the attacked one and their difference over a picture, by name, each at its place."""
    look, box = Look.of(choices), present(found.picture).box
    pair = present(found.maps)
    known, attacked = pair.known.raw.numpy(), pair.attacked.raw.numpy()
    low, high = min(float(known.min()), float(attacked.min())), upper_end(known, attacked)
    drawn = [("attacked", attacked, (low, high), look.colour_map)]
    if pair.clean is not None:
        most = upper_end(np.abs(attacked - known)) or 1e-12
        drawn += [
            ("clean", known, (low, high), look.colour_map),
            ("difference", attacked - known, (-most, most), DIVERGING),
        ]
    return {
        f"maps/{name}.png": _png(overlaid(whole, box, cells, scale, colours, look.smooth))
        for name, cells, scale, colours in drawn
    }


def overlaid(
    whole: Image.Image,
    box: engine.results.Box,
    cells: np.ndarray,
    scale: tuple[float, float],
    colours: str,
    smooth: bool = False,
) -> Image.Image:
    """A map (gh, gw) in the `box` of a picture that stands there in grey, and in colour around it; of its size."""
    left, top, right, bottom = (
        round(share * side) for share, side in zip(box.sides, (*whole.size, *whole.size), strict=True)
    )
    shares = Image.fromarray(((cells - scale[0]) / max(scale[1] - scale[0], 1e-12)).astype(np.float32))
    way = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    inside = (max(left, 0), max(top, 0), min(right, whole.width), min(bottom, whole.height))
    levels = shares.resize((right - left, bottom - top), way)
    levels = levels.crop((inside[0] - left, inside[1] - top, inside[2] - left, inside[3] - top))
    table = to_image(np.linspace(0, 1, 256), colours)
    heat = Image.fromarray(table[(np.asarray(levels).clip(0, 1) * 255).round().astype(np.uint8)])
    drawn = whole.copy()
    drawn.paste(Image.blend(whole.crop(inside).convert("L").convert("RGB"), heat, OPACITY), inside[:2])
    return drawn


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
