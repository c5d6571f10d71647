"""The story of a picture as a short animation: the picture and its answer, and where it lies on the plane."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

import engine
from app.figures.html import percent
from app.figures.judged import warned
from app.figures.labels import Labels, Point
from app.figures.pictures import to_uint8
from app.figures.places import among_three, region_names
from app.figures.plane import Frame
from app.figures.poster import lit
from app.figures.printed import AMBER, ATTACKED, CLEAN, DEFENDED, DRIVES
from app.figures.printed_places import INK, PLAIN, TINTS
from app.figures.threat import made_by
from app.present import present
from app.state.found import Found
from app.text import animation as text
from app.text import words

WIDTH, HEIGHT, TIMES = 800, 450, 2  # pixels, and how many times as large it is drawn
LEFT, TOP, SIDE = 20, 62, 256  # of the picture
PLANE = (296, 62, 790, 416)  # left, top, right, bottom
PASSES, GRID = 12, 5  # passes of the attack that are shown at most, and views in a row and a column
SHORT, MIDDLE, LONG = 140, 1000, 1900  # milliseconds
PALE, GROUND, VIEW = "#4d5a70", "#ffffff", "#77b8a4"
COLOURS = {"clean": CLEAN, "attacked": ATTACKED, "tuned": DRIVES, "answer": DEFENDED, "plain": PALE}
WARNED, FOOT = 95, 50  # letters of a line of the warning, and of what it is made of to the left of that
BARS, LETTERS = 2, 31  # classes with their shares, and letters of a line of a name


@dataclass(frozen=True, eq=False, slots=True)
class Moment:
    """One picture of the animation: what it shows (h, w, 3) in uint8, its title in the colour `kind`, the answer,
    how far the attack's way goes, which signs and how many of the views the plane has, and for how long."""

    picture: np.ndarray
    title: str
    kind: str
    answer: engine.Prediction | None
    way: int
    signs: Mapping[str, Tensor] = field(default_factory=dict)
    views: int = 0
    milliseconds: int = MIDDLE


def animation(found: Found, model: str) -> bytes:
    """A GIF of some eight seconds, which begins anew at its end."""
    drawing = _Drawing(found, model)
    moments = [*_moments(found)]
    pictures = [drawing.of(moment) for moment in moments]
    palette = _palette(pictures)
    flat = [picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for picture in pictures]
    buffer = io.BytesIO()
    flat[0].save(
        buffer, "GIF", save_all=True, append_images=flat[1:], loop=0, optimize=False,
        duration=[moment.milliseconds for moment in moments],
    )  # fmt: skip
    return buffer.getvalue()


def _palette(pictures: list[Image.Image]) -> Image.Image:
    """256 colours for all of them: those of the first, of one within and of the last, and what is drawn with."""
    chosen = pictures[0], pictures[len(pictures) // 2], pictures[-1]
    sheet = Image.new("RGB", (WIDTH, HEIGHT * (len(chosen) + 1)))
    for place, picture in enumerate(chosen):
        sheet.paste(picture, (0, HEIGHT * place))
    wide = WIDTH // len(COLOURS)
    for place, colour in enumerate(COLOURS.values()):
        sheet.paste(colour, (wide * place, HEIGHT * len(chosen), wide * (place + 1), HEIGHT * (len(chosen) + 1)))
    return sheet.quantize(256)


def _moments(found: Found) -> Iterator[Moment]:
    """What is shown, one after the other."""
    placed, result, views = present(found.placed), present(found.adversarial), present(found.views)
    whole = len(placed.way)
    attacked, signs = to_uint8(result.saved), {}
    shown = attacked
    if result.clean is not None and placed.clean is not None:
        shown, signs = to_uint8(result.clean), {"clean": placed.clean}
        yield Moment(shown, text.CLEAN, "clean", result.known_before, 1, signs)
    steps = result.steps
    chosen = torch.linspace(0, len(steps) - 1, min(PASSES, len(steps))).round().int().tolist() if steps else []
    for place in chosen:
        title = text.CLIMB.format(index=place + 1, total=len(steps))
        yield Moment(shown, title, "attacked", steps[place].prediction, place + 2, signs, milliseconds=SHORT)
    signs = {**signs, "attacked": placed.attacked}
    yield Moment(attacked, text.ATTACKED, "attacked", result.after_saved, whole, signs)
    if found.maps is not None:
        if found.maps.clean is not None and result.clean is not None:
            before = lit(found, to_uint8(result.clean), found.maps.clean)
            yield Moment(before, text.CLEAN_MAP, "clean", result.known_before, whole, signs)
        now = lit(found, attacked, found.maps.attacked)
        yield Moment(now, text.ATTACKED_MAP, "attacked", result.after_saved, whole, signs)
    signs = {**signs, "tuned": placed.tuning[-1]}
    yield Moment(attacked, text.TUNED, "tuned", found.steps[-1].prediction, whole, signs)
    order = present(found.ensemble).weights.argsort(descending=True, stable=True)
    tiles = to_uint8(views.pixels[order[: GRID * GRID]])
    for count in _growing(len(views)):
        picture = _tiled(tiles[:count])
        title = text.VIEWS.format(count=count, views=len(views))
        yield Moment(picture, title, "plain", None, whole, signs, count, SHORT + 60)
    answer = present(found.ensemble).prediction
    signs = {**signs, "answer": placed.answer}
    kind, title = "plain", text.ANSWER
    if not found.unjudged:
        kind = "answer" if found.right(answer) else "attacked"
        title = text.ANSWERED.format(judged=words.AS_ASKED[found.given][found.right(answer)])
    yield Moment(_tiled(tiles), title, kind, answer, whole, signs, len(views), LONG)


def _growing(views: int) -> list[int]:
    return sorted({max(1, round(views * share / 8)) for share in range(1, 9)})


def _tiled(tiles: np.ndarray) -> np.ndarray:
    """Pictures (n, s, s, 3) in rows, on white."""
    side = SIDE * TIMES // GRID
    sheet = np.full((side * GRID, side * GRID, 3), 255, np.uint8)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, GRID)
        small = Image.fromarray(tile).resize((side - 6, side - 6), Image.Resampling.BICUBIC)
        sheet[row * side : row * side + side - 6, column * side : column * side + side - 6] = np.asarray(small)
    return sheet


@cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which matplotlib brings."""
    from matplotlib import get_data_path

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(get_data_path()) / "fonts" / "ttf" / name, size * TIMES)


class _Drawing:
    """Draws moments of one story; what is the same in all of them is drawn once."""

    def __init__(self, found: Found, model: str) -> None:
        self._found, self._placed = found, present(found.placed)
        left, top, right, bottom = PLANE
        self._frame = Frame(self._placed, right - left, bottom - top)
        self._ground = Image.new("RGB", (WIDTH * TIMES, HEIGHT * TIMES), GROUND)
        self._regions(ImageDraw.Draw(self._ground))
        by = made_by(present(found.adversarial))
        attack = f" · {by}" if by else ""
        foot = text.FOOT.format(project=words.TITLE, model=model, attack=attack)
        draw = ImageDraw.Draw(self._ground)
        for line, said in enumerate(reversed(textwrap.wrap(foot, FOOT))):
            self._write(draw, (LEFT, HEIGHT - 12 - 13 * line), said, 9, PALE)
        for line, said in enumerate(textwrap.wrap(warned(found), WARNED)):
            self._write(draw, (PLANE[0], HEIGHT - 26 + 13 * line), said, 8, AMBER)

    def of(self, moment: Moment) -> Image.Image:
        """The picture of a moment."""
        sheet = self._ground.copy()
        draw = ImageDraw.Draw(sheet)
        side = SIDE * TIMES
        picture = Image.fromarray(moment.picture).resize((side, side), Image.Resampling.BICUBIC)
        sheet.paste(picture, (LEFT * TIMES, TOP * TIMES))
        self._write(draw, (LEFT, 30), moment.title, 19, COLOURS[moment.kind], True)
        self._answer(draw, moment)
        self._points(draw, moment)
        return sheet.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)

    def _write(
        self, draw: ImageDraw.ImageDraw, at: Point, said: str, size: int, colour: str, bold: bool = False,
        anchor: str = "lm",
    ) -> None:  # fmt: skip
        draw.text((at[0] * TIMES, at[1] * TIMES), said, colour, _font(size, bold), anchor)

    def _answer(self, draw: ImageDraw.ImageDraw, moment: Moment) -> None:
        """The likeliest classes as bars below the picture; without an answer, what the dots are."""
        top, answer = TOP + SIDE + 18, moment.answer
        if answer is None:
            self._write(draw, (LEFT, top), text.DOTS, 10, PALE)
            said = [] if all(among_three(self._found)) else [text.SQUARES]
            said += [text.TILES.format(count=GRID**2)] * (moment.views > GRID**2)
            for line, sentence in enumerate(said, 1):
                self._write(draw, (LEFT, top + 16 * line), sentence, 10, PALE)
            return
        shares, places = answer.probabilities.topk(min(BARS, len(answer.classes)))
        for row, (share, place) in enumerate(zip(shares.tolist(), places.tolist(), strict=True)):
            at = top + row * 46
            for line, said in enumerate(_lines(answer.classes.names[place])):
                self._write(draw, (LEFT, at + 13 * line), said, 10, INK, row == 0)
            self._write(draw, (LEFT + SIDE, at), percent(share), 11, INK, row == 0, "rm")
            for width, colour in ((SIDE, "#dfe4ec"), (SIDE * share, COLOURS[moment.kind])):
                box = LEFT, at + 21, LEFT + width, at + 26
                draw.rectangle([edge * TIMES for edge in box], fill=colour)

    def _at(self, place: Tensor) -> Point:
        x, y = self._frame.at(place)
        return (PLANE[0] + x) * TIMES, (PLANE[1] + y) * TIMES

    def _regions(self, draw: ImageDraw.ImageDraw) -> None:
        signs, crowd = self._placed.marks.values(), [*self._placed.tuned, *self._placed.way]
        left, top, right, bottom = PLANE
        labels = Labels(right - left, bottom - top, map(self._frame.at, signs), map(self._frame.at, crowd))
        tints = PLAIN if self._found.unjudged else TINTS
        for tint, name, corners in zip(tints, region_names(self._found), self._frame.regions(), strict=True):
            if not corners:
                continue
            points = [((PLANE[0] + x) * TIMES, (PLANE[1] + y) * TIMES) for x, y in corners]
            draw.polygon(points, tint, "#dfe4ec", TIMES)
            x, y = labels.spot(name, corners)
            self._write(draw, (PLANE[0] + x, PLANE[1] + y), name, 12, PALE, anchor="mm")

    def _points(self, draw: ImageDraw.ImageDraw, moment: Moment) -> None:
        weights, last = present(self._found.ensemble).weights, self._found.steps[-1]
        known = among_three(self._found)
        for view in weights.argsort(descending=True, stable=True)[: moment.views].tolist():
            right = int(last.logits[view].argmax()) == self._found.reference and not self._found.unjudged
            radius = (2.5 + 5.5 * float(weights[view] / weights.max()) ** 0.5) * TIMES
            x, y = self._at(self._placed.tuned[view])
            shape = draw.ellipse if known[view] else draw.rectangle
            shape((x - radius, y - radius, x + radius, y + radius), VIEW if right else None, PALE, TIMES)
        way = [self._at(place) for place in self._placed.way[: moment.way]]
        if len(way) > 1:
            draw.line(way, COLOURS["attacked"], 3 * TIMES, "curve")
            self._circle(draw, way[-1], 4 * TIMES, COLOURS["attacked"], COLOURS["attacked"])
        for kind, place in moment.signs.items():
            self._sign(draw, kind, self._at(place))

    def _circle(self, draw: ImageDraw.ImageDraw, at: Point, radius: float, fill: str | None, edge: str) -> None:
        x, y = at
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill, edge, TIMES)

    def _sign(self, draw: ImageDraw.ImageDraw, kind: str, at: Point) -> None:
        x, y = at
        if kind == "clean":
            self._circle(draw, at, 8 * TIMES, COLOURS["clean"], GROUND)
            return
        size = {"attacked": 11, "tuned": 5, "answer": 11}[kind] * TIMES
        corners = [(0, -size), (size, 0.8 * size), (-size, 0.8 * size)]
        if kind == "answer":
            corners = [(0, -size), (size, 0), (0, size), (-size, 0)]
        colour = COLOURS["plain"] if self._found.unjudged and kind == "answer" else COLOURS[kind]
        draw.polygon([(x + dx, y + dy) for dx, dy in corners], colour, GROUND, TIMES)


def _lines(name: str) -> list[str]:
    """A class name on two lines at most."""
    first, *more = textwrap.wrap(name, LETTERS) or [name]
    return [first, textwrap.shorten(" ".join(more), LETTERS, placeholder=" …")] if more else [first]
