"""Within step 3: every kind of map side by side, each beside its null arm and its sanity check."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

import engine
from app.choices import Choices
from app.components.controls import part
from app.figures.ground import SMALL_BACKDROP, Ground, backdrops
from app.figures.html import aligned, caption, empty, esc, percent, section, table
from app.figures.judged import pointing
from app.figures.maps import Look, MapFigure, colour_bar, file_name, subject
from app.present import present
from app.state.found import Found
from app.state.parts import MapTest
from app.text import attention as text
from app.text import words
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running


class EveryMap:
    """A table with one row a kind of map."""

    def __init__(self) -> None:
        self.button, self.drawn = part(text.EVERY_ASKS, text.EVERY_RUN, "every-run", "every")
        reads = ("picture", "classes", "label", "answer", "clean", "adversarial", "every")
        self.pieces = [Piece(self.draw, [self.drawn], reads, ("every",), ("colours",))]

    def wire(self, page: Page, running: Running) -> None:
        """The button draws each map four times."""
        running.button(self.button, ("every",))

    def draw(self, found: Found, choices: Choices) -> dict:
        """The table as far as it has come."""
        return {self.drawn: _drawn(found, Look.of(choices)) if found.every else empty(text.EVERY_EMPTY)}


def every_map(found: Found, look: Look) -> list[tuple[MapFigure, ...]]:
    """The clean and the attacked map of every kind, on one scale; the attacked one alone where the clean picture is not
    known."""
    shown, names = present(found.picture), present(found.classes).names
    below = Ground.of(shown, shown.pixels, "every-clean")
    above = Ground.of(shown, present(found.adversarial).saved, "every-attacked")
    return [_figures(test, (below, above), look, names) for test in found.every]


def _figures(test: MapTest, grounds: tuple[Ground, Ground], look: Look, names: Sequence[str]) -> tuple[MapFigure, ...]:
    pair = test.pair
    maps = [*zip((pair.clean, pair.attacked), grounds, ("clean", "attacked"), strict=True)]
    shown = [(drawn, ground, which) for drawn, ground, which in maps if drawn is not None]
    values = [drawn.raw.numpy() for drawn, _, _ in shown]
    scale = engine.overlays.scale_of(*values)
    return tuple(
        MapFigure(
            f"{engine.MAPS[drawn.map].title}, {which}", drawn.raw, ground, scale, look.colour_map,
            key=f"every {file_name(drawn, which, names)}",
        )
        for drawn, ground, which in shown
    )  # fmt: skip


def _drawn(found: Found, look: Look) -> str:
    mask = present(found.picture).mask
    figures = every_map(found, look)
    rows = [_row(found, test, both, mask) for test, both in zip(found.every, figures, strict=True)]
    heads = text.EVERY_HEADS
    if mask is not None:
        chance = percent(float(mask.float().mean()))
        heads += tuple(head.format(chance=chance) for head in text.EVERY_TRUTH)
    drawn = table(heads, rows, text.EVERY_TITLE, "stacks every")
    copies = backdrops(*(figure.ground for figure in figures[0]), side=SMALL_BACKDROP)
    bar = f'<div class="scale">{colour_bar(text.EVERY_ENDS, look.colour_map)}</div>'
    about = subject(found.every[0].pair.attacked, present(found.classes).names)
    figure = section(text.EVERY_TITLE_FOR.format(subject=about), copies + bar + drawn, text.EVERY_HINT)
    alike = text.EVERY_ALIKE[found.clean_known]
    return figure + caption(tuple((name, said.format(alike=alike)) for name, said in text.EVERY_CAPTION))


def _row(found: Found, test: MapTest, figures: Sequence[MapFigure], mask: Tensor | None) -> list[str]:
    """`figures` are the clean map, where the clean picture is known, and the attacked one."""
    pair = test.pair
    known, attacked = pair.known.raw, pair.attacked.raw
    title = engine.MAPS[pair.attacked.map].title
    marked = text.EVERY_DEGENERATE if pair.known.degenerate or pair.attacked.degenerate else ""
    root = words.ROOTS[figures[0].scale.root]
    unknown = pair.clean is None
    row = [
        f'{esc(title)}<small>{esc(marked)}</small><small class="root">{esc(root)}</small>',
        words.UNKNOWN if unknown else figures[0].thumbnail(),
        figures[-1].thumbnail(),
        words.UNKNOWN if unknown else aligned(engine.measures.spearman(known, attacked)),
        "" if pair.noisy is None else aligned(engine.measures.spearman(known, pair.noisy.raw)),
        aligned(engine.measures.spearman(known, test.shuffled.raw)),
    ]
    return row if mask is None else row + [_inside(found, values, mask) for values in (known, attacked)]


def _inside(found: Found, values: Tensor, mask: Tensor) -> str:
    share = percent(engine.measures.energy_inside(values, mask))
    flat, hit = engine.measures.is_flat(values), engine.measures.pointing_hit(values, mask)
    peak = esc(text.POINTS_NOWHERE) if flat else f"peak {pointing(found, hit)}"
    return f'<span class="tight">{share}</span><small class="peak">{peak}</small>'
