"""What cameras, screens and files do: contrast, saturation, elastic bends, coarse pixels, JPEG."""

from __future__ import annotations

import io

import numpy as np

from .noise import Pixels, Rng


def contrast(x: Pixels, rng: Rng, kept: float) -> Pixels:
    """Nearer to the mean of each channel."""
    mean = x.mean((0, 1), keepdims=True)
    return (x - mean) * kept + mean


def saturate(x: Pixels, rng: Rng, times: float, more: float) -> Pixels:
    """Another saturation, hue and value as they were; of what is grey, the hue is red."""
    from skimage.color import hsv2rgb, rgb2hsv

    hues = rgb2hsv(x)
    hues[..., 1] = (hues[..., 1] * times + more).clip(0, 1)
    return hsv2rgb(hues)


def elastic_transform(x: Pixels, rng: Rng, scale: float, alpha: float, sigma: float, jitter: float) -> Pixels:
    """Three points moved and the picture with them, then bent by a smooth field."""
    import cv2
    from scipy.ndimage import gaussian_filter, map_coordinates

    height, width = x.shape[:2]
    middle, third = np.array((width / 2, height / 2)), min(height, width) / 3
    corners = np.array((middle + third, middle + (third, -third), middle - third), np.float32)
    moved = corners + rng.uniform(-jitter * scale, jitter * scale, corners.shape).astype(np.float32)
    way = cv2.getAffineTransform(corners, moved)
    bent = cv2.warpAffine(x, way, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    fields = [
        gaussian_filter(rng.uniform(-1, 1, (height, width)), sigma * scale, mode="reflect", truncate=3)
        for _ in range(2)
    ]
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    where = [one + alpha * scale**2 * field for one, field in zip((rows, columns), fields, strict=True)]
    return np.stack([map_coordinates(bent[..., c], where, order=1, mode="reflect") for c in range(3)], -1)


def pixelate(x: Pixels, rng: Rng, share: float) -> Pixels:
    """As few pixels as a share of the side says, each as large as it then must be."""
    from PIL import Image

    whole = Image.fromarray(_levels(x))
    coarse = whole.resize((int(whole.width * share), int(whole.height * share)), Image.Resampling.BOX)
    return np.asarray(coarse.resize(whole.size, Image.Resampling.NEAREST)) / 255


def jpeg_compression(x: Pixels, rng: Rng, quality: int) -> Pixels:
    """Through a JPEG file of this quality."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(_levels(x)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB")) / 255


def _levels(x: Pixels) -> np.ndarray:
    return (x * 255).round().clip(0, 255).astype(np.uint8)
