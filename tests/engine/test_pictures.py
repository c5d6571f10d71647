"""Every odd file gives plain RGB with a note, or one sentence that says what was expected and what came."""

import io
import struct
import zlib

import cv2
import numpy as np
import pillow_heif
import pytest
import torch
from PIL import Image, ImageCms

from engine.errors import EngineError
from engine.pictures import load_picture, save_png, tells_more

RNG = np.random.default_rng(0)
NOISE = Image.fromarray(RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_size(width: int, height: int) -> bytes:
    """A few hundred bytes that claim to be a grey PNG of any size."""

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def with_file(tmp_path, name: str, data: bytes):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def heic(image: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=90, **options)
    return buffer.getvalue()


def jpeg_of_size(width: int, height: int, **options) -> bytes:
    """A small grey JPEG whose header claims another size."""
    data = bytearray(encoded(Image.new("L", (64, 64)), "JPEG", **options))
    start = data.index(b"\xff\xc2" if options else b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(data)


JPEG = encoded(NOISE, "JPEG")
HEIC = heic(NOISE)
BAD = {
    "text.png": (b"hello, I am no picture\n", "got text"),
    "empty.png": (b"", "got an empty file"),
    "binary.png": (bytes(RNG.integers(0, 256, 500, dtype=np.uint8)), "got a file of an unknown kind"),
    "drawing.svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "got an SVG drawing"),
    "page.jpg": (b"<!doctype html><html></html>", "got a web page"),
    "paper.pdf": (b"%PDF-1.7\n%\xe2\xe3", "got a PDF document"),
    "drawing.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "got a PostScript file"),
    "phone.heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "got one that is damaged or cut short"),
    "new.avif": (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "got an AVIF picture that cannot be read"),
    "film.mp4": (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00", "got a video"),
    "words.docx": (b"PK\x03\x04\x14\x00", "got a ZIP archive"),
    "half.jpg": (JPEG[: len(JPEG) // 2], "damaged or cut short"),
    "almost.jpg": (JPEG[:-30], "damaged or cut short"),
    "half.heic": (HEIC[: len(HEIC) // 2], "damaged or cut short"),
    "half.avif": (encoded(NOISE, "AVIF")[:400], "got an AVIF picture that cannot be read"),
    "vast.jpg": (jpeg_of_size(20_000, 20_000), "a JPEG of at most 256; got 20,000×20,000 pixels"),
    "slow.jpg": (jpeg_of_size(16_000, 12_000, progressive=True), "at most 256; got 16,000×12,000 pixels"),
    "half.png": (encoded(NOISE, "PNG")[:2000], "damaged or cut short"),
    "half.webp": (encoded(NOISE, "WEBP")[:300], "damaged or cut short"),
    "half.gif": (encoded(NOISE, "GIF")[:1500], "damaged or cut short"),
    "half.bmp": (encoded(NOISE, "BMP")[:2000], "damaged or cut short"),
    "half.tif": (encoded(NOISE, "TIFF")[:2000], "damaged or cut short"),
    "dot.png": (encoded(Image.new("RGB", (1, 1)), "PNG"), "at least 16 pixels wide and high; got 1×1"),
    "line.png": (encoded(Image.new("RGB", (400, 16)), "PNG"), "20 times as long as it is wide; got 400×16"),
    "bomb.png": (png_of_size(20_000, 20_000), "at most 64 megapixels, a JPEG of at most 256"),
    "big.png": (png_of_size(9_000, 8_000), "at most 64 megapixels, a JPEG of at most 256; got 9,000×8,000 pixels"),
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
        file.truncate(65 * 2**20)
    with pytest.raises(EngineError, match="at most 64 MB; got 65.0 MB"):
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


RAMP = np.linspace(0, 1, 32 * 32).reshape(32, 32)
COLOURS = np.stack([RAMP, RAMP.T, 1 - RAMP], -1)


def png_of_16_bits(values: np.ndarray) -> bytes:
    """Of values (h, w, channels): grey, grey and alpha, RGB, or RGB and alpha."""
    height, width, channels = values.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tiff_of(values: np.ndarray, photometric: int = 1, orientation: int = 1, apart: bool = False) -> bytes:
    """An uncompressed TIFF of values (h, w) or (h, w, channels) in their own type and byte order."""
    order = ">" if values.dtype.byteorder == ">" else "<"
    height, width, channels = (*values.shape, 1)[:3]
    bits, form = values.dtype.itemsize * 8, {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    listed = [
        (256, [width]),
        (257, [height]),
        (258, [bits] * channels),
        (259, [1]),
        (262, [photometric]),
        (273, [1000]),
    ]
    listed += [
        (274, [orientation]),
        (277, [channels]),
        (278, [height]),
        (279, [values.nbytes]),
        (339, [form] * channels),
    ]
    listed += [(338, [2])] * (channels == 4) + [(284, [2])] * apart
    entries, beyond = b"", b""
    for tag, numbers in sorted(listed):
        packed = struct.pack(order + "I" * len(numbers), *numbers)
        if len(packed) > 4:
            beyond, packed = beyond + packed, struct.pack(order + "I", 500 + len(beyond))
        entries += struct.pack(order + "HHI", tag, 4, len(numbers)) + packed
    head = (b"MM" if order == ">" else b"II") + struct.pack(order + "HIH", 42, 8, len(listed)) + entries + b"\0" * 4
    return (head.ljust(500, b"\0") + beyond).ljust(1000, b"\0") + values.tobytes()


@pytest.mark.parametrize(
    ("bits", "note"),
    [
        (8, "Values up to 255 were taken for 8 bits."),
        (10, "Values up to 1,023 were scaled from 10 bits to 8."),
        (12, "Values up to 4,095 were scaled from 12 bits to 8."),
        (14, "Values up to 16,383 were scaled from 14 bits to 8."),
        (16, "Values up to 65,535 were scaled from 16 bits to 8."),
    ],
)
@pytest.mark.parametrize("form", ["png", "tiff", "big-endian tiff", "32-bit tiff"])
@pytest.mark.parametrize("shown", [RAMP[..., None], COLOURS])
def test_deep_values_are_scaled_by_the_bits_that_they_use(tmp_path, bits, note, form, shown):
    values = (shown * (2**bits - 1)).round()
    if form == "32-bit tiff" and shown is COLOURS:
        return  # Pillow reads no such file
    kind = {"tiff": "<u2", "big-endian tiff": ">u2", "32-bit tiff": "<u4", "png": ">u2"}[form]
    colours = 2 if shown is COLOURS else 1
    data = png_of_16_bits(values) if form == "png" else tiff_of(values.astype(kind), photometric=colours)
    picture = load_picture(with_file(tmp_path, "x", data))
    expected = np.broadcast_to((values * (255 / (2**bits - 1))).round(), (32, 32, 3))
    assert picture.note == note
    assert np.array_equal(np.asarray(picture.image), expected)


@pytest.mark.parametrize("shown", [RAMP[..., None], COLOURS])
def test_transparency_of_16_bits_has_the_bits_of_the_colours_or_its_own(tmp_path, shown):
    for opaque in (4095, 65535):
        values = np.concatenate([(shown * 4095).round(), np.full((32, 32, 1), opaque)], -1)
        picture = load_picture(with_file(tmp_path, "x.png", png_of_16_bits(values)))
        assert picture.note == "Values up to 4,095 were scaled from 12 bits to 8."
        assert np.abs(np.asarray(picture.image) - shown * 255).max() <= 1
    values[..., -1] = 0
    picture = load_picture(with_file(tmp_path, "x.png", png_of_16_bits(values)))
    assert picture.note == "Values up to 4,095 were scaled from 12 bits to 8 and transparency was laid over white."
    assert np.asarray(picture.image).min() == 255


def test_deep_colours_stand_upright_and_may_be_compressed(tmp_path):
    values = (COLOURS[:20] * 4095).round().astype("<u2")
    turned = load_picture(with_file(tmp_path, "turned.tif", tiff_of(values, photometric=2, orientation=6))).image
    assert np.array_equal(np.asarray(turned), np.rot90((values * (255 / 4095)).round(), -1))
    cv2.imwrite(str(tmp_path / "packed.tif"), values[..., ::-1])  # LZW with a predictor
    packed = load_picture(tmp_path / "packed.tif")
    assert packed.note == "Values up to 4,095 were scaled from 12 bits to 8."
    assert np.array_equal(np.asarray(packed.image), (values * (255 / 4095)).round())


@pytest.mark.parametrize(
    ("values", "note", "shown"),
    [
        (RAMP.astype("<f4"), "Values from 0 to 1 were scaled to 8 bits.", RAMP),
        (RAMP.astype(">f4"), "Values from 0 to 1 were scaled to 8 bits.", RAMP),
        ((RAMP * 200).astype("<f4"), "Values were rounded to 8 bits.", RAMP * 200 / 255),
        ((RAMP * 1.5).astype("<f4"), "Values up to 1.5 were scaled to 8 bits by the greatest.", RAMP),
        ((RAMP * 5000).astype("<f4"), "Values up to 5,000 were scaled to 8 bits by the greatest.", RAMP),
        ((RAMP * 1.02 - 0.02).astype("<f4"), "Values from 0 to 1 were scaled to 8 bits.", (RAMP * 1.02 - 0.02).clip(0)),
        ((RAMP * 2 - 1).astype("<f4"), "Values from -1 to 1 were stretched to 8 bits.", RAMP),
        ((RAMP * 4000 - 1000).astype("<i2"), "Values from -1,000 to 3,000 were stretched to 8 bits.", RAMP),
        ((RAMP * 4000 - 1000).astype(">i2"), "Values from -1,000 to 3,000 were stretched to 8 bits.", RAMP),
        ((RAMP * 4000 - 1000).astype("<i4"), "Values from -1,000 to 3,000 were stretched to 8 bits.", RAMP),
        ((RAMP * 200 - 100).astype("i1"), "Values from -100 to 100 were stretched to 8 bits.", RAMP),
        ((RAMP * 4095).astype("<i4"), "Values up to 4,095 were scaled from 12 bits to 8.", RAMP),
        ((RAMP * 4e9).astype("<u4"), "Values up to 4e+09 were scaled to 8 bits by the greatest.", RAMP),
        ((RAMP * 0).astype("<f4"), "Values from 0 to 1 were scaled to 8 bits.", RAMP * 0),
        ((RAMP * 0 - 5).astype("<i2"), "Values from -5 to -5 were stretched to 8 bits.", RAMP * 0),
    ],
)
def test_floats_and_signed_numbers_are_scaled_by_their_range(tmp_path, values, note, shown):
    picture = load_picture(with_file(tmp_path, "x.tif", tiff_of(values)))
    assert picture.note == note
    assert np.abs(np.asarray(picture.image)[..., 0] - shown * 255).max() <= 2


@pytest.mark.parametrize("kind", ["u1", "<u2"])
def test_a_tiff_whose_zero_is_white_is_not_shown_as_its_negative(tmp_path, kind):
    deepest = 255 if kind == "u1" else 4095
    picture = load_picture(with_file(tmp_path, "x.tif", tiff_of((RAMP * deepest).astype(kind), photometric=0)))
    assert np.abs(np.asarray(picture.image)[..., 0] - (1 - RAMP) * 255).max() <= 1


def test_a_tiff_with_deep_colours_in_planes_of_their_own_is_refused(tmp_path):
    data = tiff_of(COLOURS.astype("<u2"), photometric=2, apart=True)
    with pytest.raises(EngineError, match="got a TIFF with 16 bits a colour in planes of their own"):
        load_picture(with_file(tmp_path, "x.tif", data))


@pytest.mark.parametrize("values", [RAMP.astype("<f8"), COLOURS.astype("<f4")])
def test_a_tiff_of_a_kind_that_is_not_read_is_called_one(tmp_path, values):
    with pytest.raises(EngineError, match="got a TIFF of a kind that is not read here, such as one of 64-bit"):
        load_picture(with_file(tmp_path, "x.tif", tiff_of(values)))


def test_floats_that_are_no_numbers_are_refused(tmp_path):
    image = Image.fromarray(np.full((32, 32), np.nan, dtype=np.float32))
    with pytest.raises(EngineError, match="values that are no numbers"):
        load_picture(with_file(tmp_path, "x.tif", encoded(image, "TIFF")))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_picture_is_reduced(tmp_path, kind):
    picture = load_picture(with_file(tmp_path, "x", encoded(Image.new("RGB", (5000, 2500), "navy"), kind)))
    assert picture.image.size == (2048, 1024)
    assert picture.note == "The picture was reduced from 5,000×2,500 to 2,048×1,024 pixels."


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_what_phones_and_browsers_save_is_read(tmp_path, kind):
    smooth = NOISE.resize((15, 10)).resize((120, 80), Image.Resampling.BICUBIC)
    data = heic(smooth) if kind == "HEIC" else encoded(smooth, "AVIF", quality=90)
    picture = load_picture(with_file(tmp_path, "any.name", data))
    assert (picture.note, picture.size, picture.image.mode) == ("", (120, 80), "RGB")
    assert np.abs(np.asarray(picture.image).astype(int) - np.asarray(smooth)).mean() < 4


def test_a_heic_of_several_pictures_gives_its_main_one(tmp_path):
    several = pillow_heif.from_pillow(Image.new("RGB", (64, 48), "red"))
    several.add_from_pillow(Image.new("RGB", (64, 48), "blue"))
    buffer = io.BytesIO()
    several.save(buffer, primary_index=1)
    picture = load_picture(with_file(tmp_path, "x.heic", buffer.getvalue()))
    assert picture.note == "Only the main picture of the file was used."
    red, _, blue = np.asarray(picture.image)[20, 20]
    assert blue > 200 > 50 > red


def test_a_turned_heic_stands_upright_once(tmp_path):
    two = Image.fromarray(np.repeat(np.uint8([[[250] * 3], [[5] * 3]]), [24, 24], 0).repeat(64, 1))
    exif = Image.Exif()
    exif[274] = 6
    picture = load_picture(with_file(tmp_path, "x.heic", heic(two, exif=exif.tobytes())))
    assert picture.size == picture.image.size == (48, 64)
    assert np.asarray(picture.image)[32, 40, 0] > 200 > 50 > np.asarray(picture.image)[32, 8, 0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "size"), [("JPEG", (12_000, 6_000)), ("JPEG", (16_000, 12_000)), ("PNG", (8064, 6048))]
)
def test_a_photograph_of_many_megapixels_is_taken(tmp_path, kind, size):
    halves = Image.new("RGB", size, (200, 30, 30))
    halves.paste((30, 30, 200), (0, 0, size[0] // 2, size[1]))
    picture = load_picture(with_file(tmp_path, "x", encoded(halves, kind)))
    assert picture.size == size and max(picture.image.size) == 2048
    left, right = (np.asarray(picture.image)[500, column].tolist() for column in (500, 1600))
    assert np.allclose(left, (30, 30, 200), atol=6) and np.allclose(right, (200, 30, 30), atol=6)
    assert picture.note.startswith(f"The picture was reduced from {size[0]:,}×{size[1]:,} to 2,048×")


def test_what_is_read_as_evaluations_read_it_keeps_the_limit_of_what_is_decoded_whole(tmp_path):
    with pytest.raises(EngineError, match="at most 64 megapixels, .* got 12,000×6,000"):
        load_picture(with_file(tmp_path, "x.jpg", jpeg_of_size(12_000, 6_000)), plain=True)


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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIC"])
def test_a_file_that_tells_where_it_was_taken_tells_more_than_its_pixels(tmp_path, kind):
    exif = Image.Exif()
    exif[271] = "a camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.4)})
    data = heic(NOISE, exif=exif.tobytes()) if kind == "HEIC" else encoded(NOISE, kind, exif=exif)
    assert tells_more(with_file(tmp_path, "x", data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "AVIF"])
def test_a_file_of_nothing_but_pixels_tells_no_more(tmp_path, kind):
    assert not tells_more(with_file(tmp_path, "x", encoded(NOISE, kind)))


def test_a_comment_is_more_than_pixels(tmp_path):
    assert tells_more(with_file(tmp_path, "x.jpg", encoded(NOISE, "JPEG", comment=b"from grandmother")))
