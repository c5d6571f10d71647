"""The whole picture on the page: where the frame lies, what is said of the rest, and maps at their place."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from app.figures.ground import Ground, backdrops, definition, drawn_on, framed
from app.panels.picture import _original, _said
from app.picture_sources import MOST_FITTED, Fitted, PictureSources
from app.state.found import Found
from app.wiring.pieces import _value

LEFT, MIDDLE = engine.PictureSettings(frame=0.0), engine.PictureSettings()


@pytest.fixture
def wide(tmp_path):
    """A wide picture, blue at its left end, in a file."""
    picture = Image.new("RGB", (800, 200), "sienna")
    picture.paste("royalblue", (0, 0, 200, 200))
    picture.save(tmp_path / "wide.png")
    return str(tmp_path / "wide.png")


@pytest.fixture
def opened(tiny, wide):
    return PictureSources(tiny, ()).file(wide, "my [wide] #1.png").shown


def corners(markup: str, name: str) -> list[float]:
    return [
        float(number) for number in re.findall(r"-?[\d.]+", re.search(f'class="{name}"[^>]* d="([^"]+)"', markup)[1])
    ]


def test_a_wide_picture_is_said_to_be_cut_off_and_the_frame_can_be_moved(tiny, opened):
    fit = Fitted(PictureSources(tiny, ()))
    assert opened.name == "my [wide] #1.png" and opened.size == (800, 200) and opened.box.share == 0.25
    assert "sees 25 % of the picture: what lies left and right of the frame is cut off" in _said(opened)
    left = fit(tiny, opened, LEFT)
    assert "what lies right of the frame" in _said(left) and left.name == opened.name
    blue, brown = (np.asarray(Image.new("RGB", (1, 1), name))[0, 0] / 255 for name in ("royalblue", "sienna"))
    assert np.allclose(left.pixels.mean((1, 2)), blue, atol=0.05)
    assert np.allclose(opened.pixels.mean((1, 2)), brown, atol=0.01)
    for how, said in (("squash", "squashed to a square"), ("pad", "with bars")):
        other = fit(tiny, opened, engine.PictureSettings(how))
        assert said in _said(other) and other.box.share == 1
    assert corners(_original(left), "frame")[:3] == [0, 0, 250]
    assert 'data-share="0.25" data-across="1"' in _original(left) and "movable" in _original(left)


def test_a_picture_fitted_again_is_the_same_one_and_nobody_elses(tiny, wide, opened):
    fit = Fitted(PictureSources(tiny, ()))
    assert fit(tiny, opened, MIDDLE) is opened and fit(tiny, opened, LEFT) is fit(tiny, opened, LEFT)
    left = fit(tiny, opened, LEFT)
    assert (
        left.same(opened) and left.picture.salt == opened.picture.salt and left.picture.digest != opened.picture.digest
    )
    stranger = PictureSources(tiny, ()).file(wide).shown
    assert fit(tiny, stranger, LEFT).picture.digest != left.picture.digest
    for place in range(MOST_FITTED + 5):
        fit(tiny, opened, engine.PictureSettings(frame=0.9 + place / 1000))
    assert len(fit._kept) == MOST_FITTED


def test_a_picture_whose_file_is_gone_is_refused_with_a_sentence(tiny, tmp_path):
    Image.new("RGB", (90, 40), "teal").save(tmp_path / "gone.png")
    shown = PictureSources(tiny, ()).file(str(tmp_path / "gone.png")).shown
    (tmp_path / "gone.png").unlink()
    with pytest.raises(engine.EngineError, match="there is no file"):
        Fitted(PictureSources(tiny, ()))(tiny, shown, LEFT)


def test_frames_of_one_colour_are_told_apart_by_their_place(tiny, tmp_path):
    Image.new("RGB", (90, 40), "teal").save(tmp_path / "plain.png")
    shown = PictureSources(tiny, ()).file(str(tmp_path / "plain.png")).shown
    moved = Fitted(PictureSources(tiny, ()))(tiny, shown, LEFT)
    assert torch.equal(moved.pixels, shown.pixels)
    assert _value("picture", Found(picture=moved)) != _value("picture", Found(picture=shown))
    assert _value("original", Found(original=moved.original)) == _value("original", Found(original=shown.original))
    assert _value("original", Found()) is None != _value("original", Found(original=shown.original))


def test_a_map_lies_where_the_model_looked(opened):
    ground = Ground.of(opened, opened.pixels)
    assert ground.size == (1000, 250) and ground.seen == (375, 0, 250, 250) and ground.canvas == (0, 0, 1000, 250)
    drawn = drawn_on(ground, "<rect/>", "<path/>", (7, 7), "a label", 10)
    assert 'viewBox="250 0 500 250"' in drawn  # of so long a picture some way around what the model sees
    assert 'class="seen" x="375" y="0" width="250" height="250" viewBox="0 0 70 70"' in drawn
    assert f'<use href="#original-{opened.original.key}"/>' in drawn
    defined = definition(opened.original)
    assert f'id="original-{opened.original.key}"' in defined and opened.original.uri in defined
    assert 'width="1000" height="250"' in defined
    assert corners(drawn, "frame") == [375, 0, 250, 250, -250]


@pytest.mark.parametrize(
    ("size", "how", "window", "kind"),
    [
        ((4000, 3000), MIDDLE, (0, 0, 1000, 750), ""),
        ((3000, 2000), MIDDLE, (0, 0, 1000, 2000 / 3), " wide"),
        ((2000, 500), LEFT, (0, 0, 500, 250), " wide"),
        ((2000, 500), engine.PictureSettings(frame=1.0), (500, 0, 500, 250), " wide"),
        ((400, 3000), MIDDLE, (0, 1100 / 3, 400 / 3, 800 / 3), ""),
        ((2000, 500), engine.PictureSettings("squash"), (0, 0, 1000, 250), " wide long"),
        ((400, 3000), engine.PictureSettings("squash"), (0, 0, 400 / 3, 1000), ""),
    ],
)
def test_of_long_pictures_no_more_is_drawn_than_twice_what_the_model_sees(tiny, size, how, window, kind):
    picture = engine.pictures.Picture(Image.new("RGB", size, "teal"), "", size)
    shown = PictureSources(tiny, (), how)._shown("x", picture)
    ground = Ground.of(shown, shown.pixels)
    assert ground.window == pytest.approx(window, abs=3) and ground.kind == kind
    assert ground.goes_on == (ground.window != ground.canvas)
    (left, top, width, height), (x, y, across, down) = ground.window, ground.seen
    assert left <= x and top <= y and x + across <= left + width + 1e-6 and y + down <= top + height + 1e-6


def test_copies_of_pixels_are_on_the_page_once_however_many_maps_lie_on_them(opened):
    clean = Ground.of(opened, opened.pixels, "maps-clean")
    attacked = Ground.of(opened, opened.pixels.flip(0), "maps-attacked")
    copies = backdrops(clean, attacked)
    assert re.findall(r'id="([^"]+)"', copies) == ["maps-clean-grey", "maps-attacked-grey", "maps-attacked-colour"]
    for ground in (clean, attacked):
        drawn = drawn_on(ground, "", "", (7, 9), "x", 10)
        used = re.findall(r'<use href="#(maps-[^"]+)" transform="scale\(90 70\)"', drawn)
        assert set(used) == {name for name in re.findall(r'id="([^"]+)"', copies) if name.startswith(ground.name)}
        assert "<image" not in drawn


def test_attacked_pixels_lie_over_the_original_and_clean_ones_do_not(opened):
    clean, attacked = (Ground.of(opened, pixels) for pixels in (opened.pixels, opened.pixels.flip(0)))
    counts = [drawn_on(ground, "", "", (7, 7), "x", 10).count("<image") for ground in (clean, attacked)]
    assert counts == [1, 2]  # the grey one of the veil, and the attacked one under it


def test_a_padded_picture_has_its_bars_within_the_drawing(tiny, opened):
    padded = Fitted(PictureSources(tiny, ()))(tiny, opened, engine.PictureSettings("pad"))
    ground = Ground.of(padded, padded.pixels)
    left, top, width, height = ground.canvas
    assert (left, width) == (0, 1000) and top < -300 and height == pytest.approx(1000) and ground.kind == ""
    assert ground.window == ground.canvas and not ground.goes_on
    assert "movable" not in framed(ground, "x")


def test_what_the_model_sees_whole_and_as_large_is_not_shown_twice(tiny):
    whole = replace(_square(tiny, 64), name="x")
    assert (_original(whole) == "") == (tiny.image_size >= 64)
    assert "The model sees all of the picture." in _original(_square(tiny, 500))


def _square(tiny, side):
    picture = engine.pictures.Picture(Image.new("RGB", (side, side), "teal"), "", (side, side))
    return PictureSources(tiny, ())._shown("x", picture)
