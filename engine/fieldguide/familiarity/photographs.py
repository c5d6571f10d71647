"""Crops of the photographs, scans and drawings that come with scikit-image and matplotlib, and of our screenshots."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from ...assets import ASSETS
from ...errors import EngineError, require

_SMALLEST = 0.4  # of the short side


def crops(names: Sequence[str], count: int, seed: int, grey: bool = False) -> list[Image.Image]:
    """`count` square crops of each, the first one as large as there is room for.

    Raises `EngineError` where scikit-image or matplotlib is not installed or has no such picture.
    """
    found = {path.stem: path for folder in _folders() for path in sorted(folder.iterdir())}
    missing = [name for name in names if name not in found]
    require(not missing, f"Expected the pictures {', '.join(missing)} in scikit-image or matplotlib; they have none.")
    cut = _crops([found[name] for name in names], count, seed)
    return [picture.convert("L").convert("RGB") for picture in cut] if grey else cut


def screenshots(count: int, seed: int) -> list[Image.Image]:
    """`count` crops of each screenshot of the page. Raises `EngineError` outside a clone, which alone has them."""
    paths = sorted((ASSETS / "screenshots").glob("*.png"))
    require(bool(paths), "The screenshots of the page are in a clone only, in assets/screenshots.")
    return _crops(paths, count, seed)


def faces(count: int) -> list[Image.Image]:
    """The first grey faces of scikit-image's 25 x 25 pixels, four times as large."""
    grey = np.load(_folder("skimage", "data") / "lfw_subset.npy")[:count]
    small = [Image.fromarray(np.rint(255 * face).astype(np.uint8)).convert("RGB") for face in grey]
    return [face.resize((100, 100), Image.Resampling.BICUBIC) for face in small]


def _crops(paths: Sequence[Path], count: int, seed: int) -> list[Image.Image]:
    rng, cut = np.random.default_rng(seed), []
    for path in paths:
        with Image.open(path) as opened:
            picture = _over_white(opened)
        for place in range(count):
            side = round(min(picture.size) * (rng.uniform(_SMALLEST, 1) if place else 1))
            left, top = (int(rng.integers(length - side + 1)) for length in picture.size)
            cut.append(picture.crop((left, top, left + side, top + side)))
    return cut


def _over_white(picture: Image.Image) -> Image.Image:
    layers = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("RGB")


def _folders() -> list[Path]:
    return [_folder("skimage", "data"), _folder("matplotlib", "mpl-data/sample_data")]


def _folder(package: str, inside: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise EngineError(f"The pictures of {package} are needed: pip install -r requirements.txt.")
    return Path(spec.origin).parent / inside
