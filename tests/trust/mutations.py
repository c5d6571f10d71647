"""Picture files of every format that is taken, made in memory, and what chance and malice make of them."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pillow_heif
from PIL import Image

SECRET = "Grandmother 51.5007N"  # in the metadata of every file that has any
SUFFIXES = ("jpg", "png", "webp", "gif", "bmp", "tif", "heic", "avif", "svg", "", "exe", "jpg.php")
HUGE = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
VAST = 0.01  # of all files
Mutation = Callable[[bytes, random.Random], bytes]


def picture(seed: int, size: tuple[int, int] = (72, 56)) -> Image.Image:
    """A picture of noise in a few broad steps, which no other seed gives."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def metadata() -> Image.Exif:
    """EXIF that names a person, a camera and a place, and turns the picture."""
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x0112] = SECRET, SECRET, 6
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.4), 3: "W", 4: (0.0, 7.0, 39.9), 29: SECRET})
    return exif


@lru_cache
def originals() -> dict[str, bytes]:
    """A whole file of every kind, by a name of the kind."""
    plain, exif = picture(1), metadata().tobytes()
    frames = [picture(seed) for seed in (2, 3)]
    return {
        "jpeg": encoded(plain, "JPEG", exif=exif),
        "progressive jpeg": encoded(plain, "JPEG", progressive=True, exif=exif),
        "cmyk jpeg": encoded(plain.convert("CMYK"), "JPEG"),
        "png": encoded(plain, "PNG", exif=exif),
        "png with a palette": encoded(plain.quantize(40), "PNG"),
        "deep png": encoded(Image.fromarray(np.arange(72 * 56, dtype=np.uint16).reshape(56, 72) * 16), "PNG"),
        "transparent png": encoded(plain.convert("RGBA"), "PNG"),
        "webp": encoded(plain, "WEBP", exif=exif),
        "webp animation": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "bmp": encoded(plain, "BMP"),
        "tiff": encoded(plain, "TIFF", exif=metadata()),
        "packed tiff": encoded(plain, "TIFF", compression="tiff_lzw"),
        "avif": encoded(plain, "AVIF", exif=exif),
        "heic": _heic(plain, exif),
    }


@lru_cache
def vast() -> dict[str, bytes]:
    """Small files that are nearly as many pixels as may be, which are slow to open."""
    grey = Image.new("L", (8000, 7990), 90)
    jpeg = encoded(grey.resize((15_900, 16_000)), "JPEG")
    return {"vast png": encoded(grey, "PNG"), "vast gif": encoded(grey, "GIF"), "vast jpeg": jpeg}


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The image as a file of a format of Pillow's."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _heic(image: Image.Image, exif: bytes) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=80, exif=exif)
    return buffer.getvalue()


def mutated(rng: random.Random) -> tuple[str, bytes]:
    """A file's name, which tells how it was made, and its content: one of the originals after up to three mutations."""
    known = vast() if rng.random() < VAST else originals()
    kind = rng.choice(sorted(known))
    content, done = known[kind], []
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        name = rng.choice(sorted(MUTATIONS))
        content = MUTATIONS[name](content, rng)
        done.append(name)
    return f"{kind}, {', '.join(done) or 'whole'}.{rng.choice(SUFFIXES)}", content


def _flipped(content: bytes, rng: random.Random) -> bytes:
    """With up to twenty bits turned over."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 20) if changed else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _head_flipped(content: bytes, rng: random.Random) -> bytes:
    """Likewise among the first 200 bytes, where sizes and offsets stand."""
    return _flipped(content[:200], rng) + content[200:]


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randint(0, len(content))]


def _emptied(content: bytes, rng: random.Random) -> bytes:
    return rng.choice((b"", b"\0" * rng.randint(1, 4096), content[:1]))


def _spliced(content: bytes, rng: random.Random) -> bytes:
    """The head of another format before the rest of this one."""
    other, cut = originals()[rng.choice(sorted(originals()))], rng.randint(1, 120)
    return other[:cut] + content[cut:]


def _claimed(content: bytes, rng: random.Random) -> bytes:
    """With a number of the head replaced by a vast one, little or big endian, of two or four bytes."""
    code, place = rng.choice(("<I", ">I", "<H", ">H")), rng.randrange(0, max(1, min(len(content), 400)))
    most = HUGE if code[1] == "I" else HUGE[:4]
    number = struct.pack(code, rng.choice(most))
    return content[:place] + number + content[place + len(number) :]


def _repeated(content: bytes, rng: random.Random) -> bytes:
    """With a piece of it standing many times."""
    start = rng.randrange(max(1, len(content)))
    piece = content[start : start + rng.randint(1, 64)]
    return content[:start] + piece * rng.randint(2, 500) + content[start:]


def _removed(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(max(1, len(content)))
    return content[:start] + content[start + rng.randint(1, 64) :]


def _nested(content: bytes, rng: random.Random) -> bytes:
    """Inside another file: before it, behind it, or in its middle."""
    other = originals()[rng.choice(sorted(originals()))]
    place = rng.choice((0, len(other) // 2, len(other)))
    return other[:place] + content + other[place:]


def _in_words(content: bytes, rng: random.Random) -> bytes:
    """Behind the first words of something that is no picture."""
    heads = (b"<svg onload=alert(1)>", b"<!doctype html>", b"%PDF-1.7\n", b"PK\x03\x04", b"GIF89a<script>")
    return rng.choice(heads) + content


MUTATIONS: dict[str, Mutation] = {
    "bits flipped": _flipped,
    "head flipped": _head_flipped,
    "cut": _cut,
    "emptied": _emptied,
    "spliced": _spliced,
    "huge claims": _claimed,
    "repeated": _repeated,
    "removed": _removed,
    "nested": _nested,
    "in words": _in_words,
}
