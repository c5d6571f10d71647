"""The file of a single map: of which maps there is one, what it is called and what it shows."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import engine
from app.export.map_files import _name
from app.figures.ground import Ground
from app.figures.guide import drawn_guide
from app.figures.map_rows import drawn_rows, map_rows
from app.figures.maps import Look, MapFigure
from app.figures.printed import printed
from app.panels.attention import drawn_maps
from app.panels.every_map import _drawn
from app.picture_sources import PictureSources
from tests.page_cases import CHOICES, WHOLE, asked, run


@pytest.fixture(scope="module")
def looked(tiny, tmp_path_factory):
    """All maps of step 3 of a wide picture of somebody's own, and the picture."""
    path = tmp_path_factory.mktemp("own") / "beach.png"
    levels = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    Image.fromarray(levels).resize((900, 600)).save(path)
    shown = PictureSources(tiny, ()).file(str(path), "my [beach] #1/2.jpeg").shown
    choices = CHOICES._replace(opened_patch=5)
    question = asked(tiny, engine.story.Results(), choices, shown)
    return run(question, (*WHOLE, "every", "heads"), shown), choices, Image.open(path)


def test_each_map_of_the_step_can_be_asked_for_by_a_key_of_its_own(looked, tiny):
    found, choices, _ = looked
    figures = drawn_maps(found, choices)
    keys = [figure.key for figure in figures]
    kinds, rows = len(engine.maps.maps_for(tiny)), 1 if found.maps.rival is None else 2
    assert len(keys) == len(set(keys)) == 3 * rows + 2 + 2 * kinds + 3
    drawn = drawn_rows(found, Look()) + drawn_guide(found, Look()) + _drawn(found, Look())
    buttons = re.findall(r'data-save="([^"]+)"', drawn)
    assert buttons == [key for key in keys if not key.startswith("head ")]
    assert keys[-1].startswith("head layer-") and keys[-1].endswith("-row-1-column-6-difference")


def test_its_name_is_the_pictures_and_the_maps_and_fits_every_system(looked):
    found, choices, _ = looked
    first, *_, last = drawn_maps(found, choices)
    about = found.classes.names[found.maps.clean.label].replace(" ", "-")
    assert _name(found.picture, first) == f"my [beach] -1-2-{found.maps.clean.map}-{about}-clean.png"
    for name in ("..", "///", "ü" * 300 + ".png", "CON\0:*?"):
        file = _name(replace(found.picture, name=name), last)
        assert len(file.encode()) < 255 and re.fullmatch(r"[\w.()\[\] -]+\.png", file) and not file.startswith(".")


def test_it_shows_the_map_over_the_whole_picture_on_the_scale_of_the_page(looked):
    found, choices, whole = looked
    shared = drawn_maps(found, choices)
    own = drawn_maps(found, choices._replace(scale="own", colours="inferno"))
    for figure in (shared[0], own[0], own[2]):
        drawn = figure.over(whole)
        assert drawn.size == whole.size == (900, 600)
        box = found.picture.box
        alone = engine.overlays.overlaid(whole, box, figure.values, figure.scale, figure.colours)
        assert np.array_equal(np.asarray(drawn), np.asarray(alone))
    assert shared[0].scale == shared[1].scale and own[0].scale != own[1].scale
    assert own[0].colours == "inferno" and own[2].colours == engine.overlays.DIVERGING


def test_the_printed_maps_lie_on_the_picture_at_their_place(looked):
    found, _, _ = looked
    ground = Ground.of(found.picture, found.picture.pixels)
    (width, height), (left, top, across, down) = ground.size, ground.seen
    assert left > 0 and top == 0
    for axes in printed(found, "tiny")["maps"].axes[:3]:
        whole, grey, cells = axes.images
        assert tuple(whole.get_extent()) == (0, width, height, 0) and whole.get_array().shape[:2] == (600, 900)
        assert tuple(grey.get_extent()) == tuple(cells.get_extent()) == (left, left + across, top + down, top)
        assert axes.get_xlim() == (0, width) and axes.get_ylim() == (height, 0)


def test_the_printed_maps_of_two_classes_share_the_scales_of_the_page(looked):
    found, choices, _ = looked
    pair = found.maps
    rival = tuple(replace(one, raw=5 * one.raw) for one in (pair.attacked, pair.clean))
    both = replace(found, maps=replace(pair, rival=rival))
    rows, figures = map_rows(both, Look.of(choices)), printed(both, "tiny")
    for row, name in zip(rows, ("maps", "maps-of-the-answer"), strict=True):
        for axes, figure in zip(figures[name].axes[:3], row.figures, strict=True):
            norm = axes.images[-1].norm
            assert (norm.vmin, norm.vmax) == (figure.scale.low, figure.scale.high)
    assert rows[0].figures[2].scale == rows[1].figures[2].scale != map_rows(found, Look.of(choices))[0].figures[2].scale


def test_a_map_without_a_key_offers_no_file_and_a_thumbnail_tells_its_values(looked):
    found, choices, _ = looked
    figure = drawn_maps(found, choices)[0]
    bare = MapFigure(figure.name, figure.values, figure.ground, figure.scale, figure.colours)
    assert "data-save" not in bare.figure() + bare.thumbnail() and "data-save" in figure.figure()
    values = re.search(r'data-values="([^"]+)"', bare.thumbnail())
    assert values is not None and len(values[1].split(" ")) == figure.values.numel()
