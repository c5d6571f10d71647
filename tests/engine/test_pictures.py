"""Every odd file gives plain RGB with a note, or one sentence that says what was expected and what came."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from engine.errors import EngineError
from engine.pictures import load_picture, save_png

RNG = np.random.default_rng(0)
NOISE = Image.fromarray(RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A few hundred bytes that claim to be a grey PNG of any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def with_file(tmp_path, name: str, data: bytes):
    path = tmp_path / name
    path.write_bytes(data)
    return path


JPEG = encoded(NOISE, "JPEG")
BAD = {
    "text.png": (b"hello, I am no picture\n", "got text"),
    "empty.png": (b"", "got an empty file"),
    "binary.png": (bytes(RNG.integers(0, 256, 500, dtype=np.uint8)), "got a file of an unknown kind"),
    "drawing.svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "got an SVG drawing"),
    "page.jpg": (b"<!doctype html><html></html>", "got a web page"),
    "paper.pdf": (b"%PDF-1.7\n%\xe2\xe3", "got a PDF document"),
    "drawing.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "got a PostScript file"),
    "phone.heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "got a HEIC picture"),
    "new.avif": (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "got an AVIF picture"),
    "film.mp4": (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00", "got a video"),
    "words.docx": (b"PK\x03\x04\x14\x00", "got a ZIP archive"),
    "half.jpg": (JPEG[: len(JPEG) // 2], "damaged or cut short"),
    "almost.jpg": (JPEG[:-30], "damaged or cut short"),
    "half.png": (encoded(NOISE, "PNG")[:2000], "damaged or cut short"),
    "half.webp": (encoded(NOISE, "WEBP")[:300], "damaged or cut short"),
    "half.gif": (encoded(NOISE, "GIF")[:1500], "damaged or cut short"),
    "half.bmp": (encoded(NOISE, "BMP")[:2000], "damaged or cut short"),
    "half.tif": (encoded(NOISE, "TIFF")[:2000], "damaged or cut short"),
    "dot.png": (encoded(Image.new("RGB", (1, 1)), "PNG"), "at least 16 pixels wide and high; got 1×1"),
    "line.png": (encoded(Image.new("RGB", (400, 16)), "PNG"), "20 times as long as it is wide; got 400×16"),
    "bomb.png": (png_of_size(20_000, 20_000), "at most 40 megapixels"),
    "big.png": (png_of_size(8_000, 8_000), "at most 40 megapixels; got 8,000×8,000 pixels"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_one_sentence(tmp_path, name):
    data, words = BAD[name]
    with pytest.raises(EngineError) as caught:
        load_picture(with_file(tmp_path, name, data))
    sentence = str(caught.value)
    assert words in sentence
    assert sentence.startswith("Expected a ") and sentence.endswith(".") and "\n" not in sentence


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(EngineError, match="there is no file"):
        load_picture(tmp_path / "missing.png")
    with pytest.raises(EngineError, match="got the folder"):
        load_picture(tmp_path)


def test_a_file_of_too_many_bytes_is_refused_unread(tmp_path):
    path = tmp_path / "heavy.bmp"
    with path.open("wb") as file:
        file.truncate(21 * 2**20)
    with pytest.raises(EngineError, match="at most 20 MB; got 21.0 MB"):
        load_picture(path)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_a_plain_picture_comes_back_unchanged_and_without_a_note(tmp_path, kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    picture = load_picture(with_file(tmp_path, "any.name", encoded(NOISE, kind, **options)))
    assert picture.note == ""
    assert picture.image.mode == "RGB"
    assert np.array_equal(np.asarray(picture.image), np.asarray(NOISE))


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA"])
def test_other_modes_become_rgb(tmp_path, mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    picture = load_picture(with_file(tmp_path, "x", encoded(NOISE.convert(mode), kind)))
    assert picture.image.mode == "RGB" and picture.image.size == (60, 40) and picture.note == ""


def test_a_turned_photo_stands_upright_and_loses_its_metadata(tmp_path):
    exif = Image.Exif()
    exif[274], exif[271] = 6, "a camera"
    picture = load_picture(with_file(tmp_path, "x.jpg", encoded(NOISE, "JPEG", exif=exif)))
    assert picture.image.size == (40, 60)
    assert not picture.image.getexif() and not picture.image.info


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_gives_its_first_frame(tmp_path, kind):
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("black", "white")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    picture = load_picture(with_file(tmp_path, "x", data))
    assert picture.note == "Only the first frame was used."
    assert np.asarray(picture.image).max() == 0


def test_transparency_is_laid_over_white(tmp_path):
    image = Image.new("RGBA", (32, 32), (255, 0, 0, 0))
    picture = load_picture(with_file(tmp_path, "x.png", encoded(image, "PNG")))
    assert picture.note == "Transparency was laid over white."
    assert np.asarray(picture.image).min() == 255


def test_an_opaque_alpha_channel_needs_no_note(tmp_path):
    assert load_picture(with_file(tmp_path, "x.png", encoded(NOISE.convert("RGBA"), "PNG"))).note == ""


def test_16_bits_and_floats_are_scaled(tmp_path):
    ramp = np.linspace(0, 1, 32 * 32).reshape(32, 32)
    for name, image in {
        "i16.png": Image.fromarray((ramp * 65535).astype(np.uint16)),
        "float.tif": Image.fromarray(ramp.astype(np.float32)),
        "wide.tif": Image.fromarray((ramp * 5000).astype(np.float32)),
    }.items():
        picture = load_picture(with_file(tmp_path, name, encoded(image, "TIFF" if name.endswith("tif") else "PNG")))
        assert picture.note == "Values were scaled to 8 bits."
        assert np.abs(np.asarray(picture.image)[..., 0] - ramp * 255).max() <= 1


def test_floats_that_are_no_numbers_are_refused(tmp_path):
    image = Image.fromarray(np.full((32, 32), np.nan, dtype=np.float32))
    with pytest.raises(EngineError, match="values that are no numbers"):
        load_picture(with_file(tmp_path, "x.tif", encoded(image, "TIFF")))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_picture_is_reduced(tmp_path, kind):
    picture = load_picture(with_file(tmp_path, "x", encoded(Image.new("RGB", (5000, 2500), "navy"), kind)))
    assert picture.image.size == (2048, 1024)
    assert picture.note == "The picture was reduced from 5,000×2,500 to 2,048×1,024 pixels."


def test_a_colour_profile_is_used_and_a_broken_one_passed_over(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for data in (profile, b"no profile"):
        picture = load_picture(with_file(tmp_path, "x.png", encoded(NOISE, "PNG", icc_profile=data)))
        assert np.abs(np.asarray(picture.image).astype(int) - np.asarray(NOISE)).max() <= 1


def test_saved_pixels_come_back_exactly(tmp_path):
    pixels = torch.randint(0, 256, (3, 24, 24), generator=torch.Generator().manual_seed(0)).float() / 255
    save_png(pixels, tmp_path / "x.png")
    back = np.asarray(load_picture(tmp_path / "x.png").image).transpose(2, 0, 1)
    assert np.array_equal(back, (pixels * 255).round().numpy())


@pytest.mark.parametrize("pixels", [np.zeros((24, 24, 3)), np.full((3, 24, 24), 200.0), np.full((3, 24, 24), np.nan)])
def test_pixels_that_are_no_picture_are_not_saved(tmp_path, pixels):
    with pytest.raises(EngineError, match="Expected pixels"):
        save_png(pixels, tmp_path / "x.png")
