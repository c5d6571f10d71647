"""Picture files read and written: any supported file becomes plain RGB, others an `EngineError`; no tensors here.

The file is read once, its format is checked against a short list before any decoder runs, and its size in pixels
before any pixel is decoded.
"""

from __future__ import annotations

import io
import os
import re
import stat
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageCms, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngInfo

from .bit_depth import load_deep, shallow_grey
from .errors import EngineError, require
from .settings import AttackSettings

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "BMP", "GIF", "TIFF")
KINDS = "a PNG, JPEG, WebP, HEIC, AVIF, BMP, GIF or TIFF"
MAX_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000
MAX_JPEG_PIXELS = 256_000_000  # of one that can be decoded at a fraction of its size
MANY_PIXELS = 40_000_000  # more are halved before anything else is made of them
WHOLE_PIXELS = 8_000_000  # pictures of more are decoded one at a time, as each takes up to half a gigabyte meanwhile
EXACT = ("PNG", "BMP", "TIFF")  # formats that keep every value of 8 bits
MIN_SIDE = 16
MAX_ASPECT = 20
LARGE_SIDE = 2048  # longer sides are reduced to this; models look at 224 to 448 pixels

OF_PIXELS = frozenset({  # what Pillow tells of a file that is about how its pixels are to be read
    "aspect", "background", "blend", "chroma", "compression", "default_image", "disposal", "dpi", "duration",
    "extension", "gamma", "icc_profile", "interlace", "jfif", "jfif_density", "jfif_unit", "jfif_version", "loop",
    "progression", "progressive", "srgb", "timestamp", "transparency", "version", "adobe", "adobe_transform",
})  # fmt: skip

EXPECTED = f"Expected {KINDS} picture"
LIMIT = f"Expected a picture of at most {MAX_PIXELS // 10**6} megapixels, a JPEG of at most {MAX_JPEG_PIXELS // 10**6}"
LOST = "The attacked picture may have lost what its attack did: {why}."
OTHER_SIZE = (
    "The clean picture has {clean} pixels and the attacked one {attacked}: each is fitted to the model's square by"
    " itself, so what lies between them may be more than the attack."
)
TOO_FAR = (
    "The two pictures lie {far}/255 apart, further than any limit here ({most}/255): they may not be one picture before"
    " and after an attack."
)
SIGNS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("an SVG drawing", lambda head: b"<svg" in head.lower()),
    ("a web page", lambda head: b"<html" in head.lower() or b"<!doctype html" in head.lower()),
    ("a PDF document", lambda head: head.startswith(b"%PDF")),
    ("a PostScript file", lambda head: head.startswith(b"%!PS")),
    ("a Photoshop file", lambda head: head.startswith(b"8BPS")),
    ("an AVIF picture that cannot be read", lambda head: head[4:12] in (b"ftypavif", b"ftypavis")),
    ("a video", lambda head: head[4:8] == b"ftyp" or head.startswith(b"\x1aE\xdf\xa3")),
    ("a ZIP archive or office document", lambda head: head.startswith(b"PK\x03\x04")),
    (
        "a TIFF of a kind that is not read here, such as one of 64-bit numbers or float colours",
        lambda head: head.startswith((b"II*\0", b"MM\0*")),
    ),
    ("text", lambda head: not re.search(rb"[\x00-\x08\x0e-\x1f]", head)),
)


_LARGE = threading.Lock()


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """A decoded picture in RGB without metadata, and one sentence on what was done to it ("" when nothing was).

    `size` is the width and height of the file as it stands upright, in pixels; those of `image` unless it was reduced.
    `inexact` says why `image` may have other values than whoever made it gave them; empty where it has not.
    """

    image: Image.Image
    note: str
    size: tuple[int, int]
    inexact: str = ""


def load_picture(path: str | Path, plain: bool = False, longest: int = LARGE_SIDE) -> Picture:
    """The picture in a file as upright RGB in sRGB, at most `longest` pixels long.

    JPEGs that are far larger are decoded at a fraction of their size. A HEIC of several pictures gives its main
    one, an animation its first frame; transparency is laid over white, values of more than 8 bits are scaled to 8 by
    the range that they use (`bit_depth.to_8_bits`), each picture by its own.
    With `plain`, what the evaluation protocols of the prompt-tuning literature see instead: Pillow's conversion to RGB
    and nothing else, so that turned photos lie on their side (but TIFFs, which Pillow turns as it loads them), colour
    profiles and transparency are ignored and values of more than 8 bits are not scaled.
    Raises `EngineError` with one sentence for anything that is no such picture, is damaged, or is too large or small.
    """
    data = _read(Path(path))
    try:
        with _opened(data, plain) as image:
            many = image.width * image.height > WHOLE_PIXELS
            with _LARGE if many else nullcontext():
                return _converted(image) if plain else _decode(image, longest)
    except EngineError:
        raise
    except Image.DecompressionBombError as error:
        raise EngineError(f"{LIMIT}; got far more.") from error
    except Image.UnidentifiedImageError as error:
        raise EngineError(f"{EXPECTED}; got {_kind(data)}.") from error
    except Exception as error:  # decoders raise what they like on damaged bytes
        raise EngineError(f"{EXPECTED}; got one that is damaged or cut short.") from error


def lost_in_reading(picture: Picture, side: int) -> str:
    """A sentence on why an attacked picture may have lost what its attack did, once it is made `side` pixels square as
    a model sees it; empty where every value is kept."""
    width, height = picture.size
    if (width, height) != (side, side):
        return LOST.format(why=f"it has {width:,} × {height:,} pixels and is fitted to the model's {side} × {side}")
    return LOST.format(why=picture.inexact) if picture.inexact else ""


def tells_more(path: str | Path) -> bool:
    """Whether a picture file says more than its pixels and their colours: where and when it was taken, with what, by
    whom, a comment. Raises `EngineError` for a file that is no picture."""
    with _opened(_read(Path(path)), plain=True) as image:
        return bool(dict(image.getexif())) or any(said and name not in OF_PIXELS for name, said in image.info.items())


def far_apart(clean: tuple[int, int], attacked: tuple[int, int], linf: float) -> str:
    """Sentences where two files, of these sizes in pixels, are hardly a picture and what an attack made of it; `linf`
    is their largest difference, pixels in [0, 1]. Empty where they may be."""
    said, most = [], AttackSettings.LARGEST["linf"]
    if clean != attacked:
        first, second = (f"{width:,} × {height:,}" for width, height in (clean, attacked))
        said.append(OTHER_SIZE.format(clean=first, attacked=second))
    if linf > most:
        said.append(TOO_FAR.format(far=round(255 * linf), most=round(255 * most)))
    return " ".join(said)


def save_png(pixels: ArrayLike, path: str | Path, notes: dict[str, str] | None = None) -> None:
    """Write pixels (3, s, s) in [0, 1], an array or a CPU tensor, as a PNG with every value rounded to n/255.

    `notes` become text entries of the file.

    Raises `EngineError` for another shape or range.
    """
    values = np.asarray(pixels)
    require(values.ndim == 3 and len(values) == 3, f"Expected pixels of shape (3, s, s); got {values.shape}.")
    low, high = float(values.min()), float(values.max())
    require(low >= 0 and high <= 1, f"Expected pixels in [0, 1]; got values from {low:g} to {high:g}.")
    levels = np.rint(values * 255).astype(np.uint8)
    entries = PngInfo()
    for name, note in (notes or {}).items():
        entries.add_text(name, note)
    Image.fromarray(levels.transpose(1, 2, 0)).save(path, format="PNG", pnginfo=entries)


def _read(path: Path) -> bytes:
    try:
        _check_file(path, path.stat())
        return path.read_bytes()
    except EngineError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise EngineError(f"{EXPECTED}; there is no file “{path}”.") from error
    except OSError as error:
        raise EngineError(f"{EXPECTED}; “{path}” cannot be read ({error.strerror}).") from error
    except ValueError as error:  # a NUL, or half a character
        raise EngineError(f"{EXPECTED}; {str(path)!r} is not the path of a file.") from error


def _check_file(path: Path, found: os.stat_result) -> None:
    require(not stat.S_ISDIR(found.st_mode), f"{EXPECTED}; got the folder “{path}”.")
    size = found.st_size
    require(size > 0, f"{EXPECTED}; got an empty file.")
    require(size <= MAX_BYTES, f"Expected a file of at most {MAX_BYTES >> 20} MB; got {size / 2**20:,.1f} MB.")


def _opened(data: bytes, plain: bool) -> Image.Image:
    """The picture with its header read and its size checked, no pixel decoded.

    Pillow opens no picture of 179 megapixels, however it is to be decoded, so a large JPEG is handed to its decoder.
    """
    image: Image.Image
    if _is_heic(data):
        from pillow_heif import HeifImageFile  # for such files only: it takes a tenth of a second

        image = HeifImageFile(io.BytesIO(data))
    else:
        image = _large_jpeg(data) or Image.open(io.BytesIO(data), formats=FORMATS)
    _check_size(*image.size, most=MAX_PIXELS if plain or not _can_shrink(image) else MAX_JPEG_PIXELS)
    return image


def _is_heic(data: bytes) -> bool:
    """Whether these are the bytes of a HEIC file, by the brands at its head."""
    kind, brand, others = data[4:8], data[8:12], data[16 : min(int.from_bytes(data[:4], "big"), 256)]
    general = brand in (b"mif1", b"msf1") and b"avif" not in others and b"avis" not in others
    return kind == b"ftyp" and (brand[:3] in (b"hei", b"hev") or general)


def _large_jpeg(data: bytes) -> Image.Image | None:
    """A JPEG of more pixels than others may have; None for any other file."""
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    try:
        image = JpegImageFile(io.BytesIO(data))
    except Exception:  # it will be called damaged like any other
        return None
    return image if image.width * image.height > MAX_PIXELS else None


def _can_shrink(image: Image.Image) -> bool:
    """Whether it can be decoded at a fraction of its size; of a progressive JPEG all is held in memory first."""
    return image.format == "JPEG" and not image.info.get("progressive")


def _kind(data: bytes) -> str:
    return next((name for name, matches in SIGNS if matches(data[:1024])), "a file of an unknown kind")


def _check_size(width: int, height: int, most: int) -> None:
    require(width * height <= most, f"{LIMIT}; got {width:,}×{height:,} pixels.")
    require(
        min(width, height) >= MIN_SIDE,
        f"Expected a picture at least {MIN_SIDE} pixels wide and high; got {width:,}×{height:,}.",
    )
    require(
        max(width, height) <= MAX_ASPECT * min(width, height),
        f"Expected a picture at most {MAX_ASPECT} times as long as it is wide; got {width:,}×{height:,} pixels.",
    )


def _converted(image: Image.Image) -> Picture:
    return Picture(Image.fromarray(np.array(image.convert("RGB"))), "", image.size)


def _decode(image: Image.Image, longest: int) -> Picture:
    notes = []
    full, lossy = image.size, _lossy(image)
    if image.format == "JPEG":
        image.draft(None, (longest, longest))  # decodes at half, a quarter or an eighth of the size
    elif getattr(image, "n_frames", 1) > 1:
        if image.format == "HEIF":  # it stands at its main picture
            notes.append("only the main picture of the file was used")
        else:
            image.seek(0)
            notes.append("only the first frame was used")
    notes += load_deep(image)
    profile = image.info.get("icc_profile")
    tags = getattr(image, "tag_v2", {})
    if image.width * image.height > MANY_PIXELS and image.mode in ("L", "RGB", "RGBA", "CMYK"):
        image = image.reduce(2)
    upright = ImageOps.exif_transpose(image)
    if upright.size == image.size[::-1]:
        full = full[::-1]
    upright, clauses = shallow_grey(upright, tags)
    notes += clauses
    plain = _over_white(_to_srgb(upright, profile), notes)
    if max(full) > longest:
        plain.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        notes.append(f"the picture was reduced from {full[0]:,}×{full[1]:,} to {plain.width:,}×{plain.height:,} pixels")
    inexact = lossy or ("its colour profile was converted" if profile else "it was altered in reading" if notes else "")
    return Picture(Image.fromarray(np.array(plain)), _sentence(notes), full, inexact)


def _lossy(image: Image.Image) -> str:
    """Why a file of this kind need not keep every value that it was given; empty where it does."""
    kept = image.format in EXACT and image.info.get("compression") != "jpeg"
    return "" if kept else f"it is a {image.format}, which need not keep every value"


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours of an embedded profile in sRGB; a profile that cannot be used is passed over, as browsers do."""
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
        return image if converted is None else converted
    except (ImageCms.PyCMSError, OSError):
        return image


def _over_white(image: Image.Image, notes: list[str]) -> Image.Image:
    """RGB over white; adds to `notes` when a pixel really was transparent."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layers = image.convert("RGBA")
    if np.asarray(layers.getchannel("A")).min() < 255:
        notes.append("transparency was laid over white")
    white = Image.new("RGBA", layers.size, "white")
    return Image.alpha_composite(white, layers).convert("RGB")


def _sentence(notes: list[str]) -> str:
    """One sentence made of several clauses."""
    if not notes:
        return ""
    joined = " and ".join([", ".join(notes[:-1]), notes[-1]] if len(notes) > 1 else notes)
    return joined[0].upper() + joined[1:] + "."
