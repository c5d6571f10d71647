"""Within step 3: every kind of map side by side, each beside its null arm and its sanity check."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

import engine
from app.choices import Choices
from app.components.controls import part
from app.figures.ground import SMALL_BACKDROP, Ground, backdrops
from app.figures.html import aligned, caption, empty, esc, percent, section, table, tick
from app.figures.maps import Look, MapFigure, colour_bar, file_name, subject
from app.present import present
from app.state.found import Found
from app.state.parts import MapTest
from app.text import words as text
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running


class EveryMap:
    """A table with one row a kind of map."""

    def __init__(self) -> None:
        self.button, self.drawn = part(text.EVERY_ASKS, text.EVERY_RUN, "every-run", "every")
        reads = ("picture", "classes", "adversarial", "every")
        self.pieces = [Piece(self.draw, [self.drawn], reads, ("every",), ("colours",))]

    def wire(self, page: Page, running: Running) -> None:
        """The button draws each map four times."""
        running.button(self.button, ("every",))

    def draw(self, found: Found, choices: Choices) -> dict:
        """The table as far as it has come."""
        return {self.drawn: _drawn(found, Look.of(choices)) if found.every else empty(text.EVERY_EMPTY)}


def every_map(found: Found, look: Look) -> list[tuple[MapFigure, MapFigure]]:
    """The clean and the attacked map of every kind, on one scale."""
    shown, names = present(found.picture), present(found.classes).names
    below = Ground.of(shown, shown.pixels, "every-clean")
    above = Ground.of(shown, present(found.adversarial).saved, "every-attacked")
    return [_both(test, (below, above), look, names) for test in found.every]


def _both(
    test: MapTest, grounds: tuple[Ground, Ground], look: Look, names: Sequence[str]
) -> tuple[MapFigure, MapFigure]:
    pair = test.pair
    clean, attacked = pair.clean.raw.numpy(), pair.attacked.raw.numpy()
    scale = (min(float(clean.min()), float(attacked.min())), engine.overlays.upper_end(clean, attacked))
    first, second = (
        MapFigure(
            f"{engine.MAPS[drawn.map].title}, {which}", drawn.raw, ground, scale, look.colour_map,
            key=f"every {file_name(drawn, which, names)}",
        )
        for drawn, ground, which in zip((pair.clean, pair.attacked), grounds, ("clean", "attacked"), strict=True)
    )  # fmt: skip
    return first, second


def _drawn(found: Found, look: Look) -> str:
    mask = present(found.picture).mask
    figures = every_map(found, look)
    rows = [_row(test, *both, mask) for test, both in zip(found.every, figures, strict=True)]
    heads = text.EVERY_HEADS
    if mask is not None:
        chance = percent(float(mask.float().mean()))
        heads += tuple(head.format(chance=chance) for head in text.EVERY_TRUTH)
    drawn = table(heads, rows, text.EVERY_TITLE, "stacks every")
    copies = backdrops(*(figure.ground for figure in figures[0]), side=SMALL_BACKDROP)
    bar = f'<div class="scale">{colour_bar(text.EVERY_ENDS, look.colour_map)}</div>'
    about = subject(found.every[0].pair.clean, present(found.classes).names)
    figure = section(text.EVERY_TITLE_FOR.format(subject=about), copies + bar + drawn, text.EVERY_HINT)
    return figure + caption(text.EVERY_CAPTION)


def _row(test: MapTest, first: MapFigure, second: MapFigure, mask: Tensor | None) -> list[str]:
    pair = test.pair
    clean, attacked = pair.clean.raw, pair.attacked.raw
    title = engine.MAPS[pair.clean.map].title
    marked = text.EVERY_DEGENERATE if pair.clean.degenerate or pair.attacked.degenerate else ""
    row = [
        f"{esc(title)}<small>{esc(marked)}</small>",
        first.thumbnail(),
        second.thumbnail(),
        aligned(engine.measures.spearman(clean, attacked)),
        "" if pair.noisy is None else aligned(engine.measures.spearman(clean, pair.noisy.raw)),
        aligned(engine.measures.spearman(clean, test.shuffled.raw)),
    ]
    return row if mask is None else row + [_inside(values, mask) for values in (clean, attacked)]


def _inside(values: Tensor, mask: Tensor) -> str:
    share = percent(engine.measures.energy_inside(values, mask))
    flat, hit = engine.measures.is_flat(values), engine.measures.pointing_hit(values, mask)
    peak = esc(text.POINTS_NOWHERE) if flat else f"peak {tick(hit)}"
    return f'<span class="tight">{share}</span><small class="peak">{peak}</small>'
