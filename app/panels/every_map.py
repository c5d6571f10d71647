"""Within step 3: every kind of map side by side, each beside its null arm and its sanity check."""

from __future__ import annotations

from torch import Tensor

import engine
from app.choices import Choices
from app.components.controls import part
from app.figures.html import aligned, caption, empty, esc, percent, section, table
from app.figures.judged import pointing
from app.figures.maps import Look, colour_bar, small_map, subject, upper_end
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
        reads = ("picture", "classes", "label", "answer", "clean", "adversarial", "every")
        self.pieces = [Piece(self.draw, [self.drawn], reads, ("every",), ("colours",))]

    def wire(self, page: Page, running: Running) -> None:
        """The button draws each map four times."""
        running.button(self.button, ("every",))

    def draw(self, found: Found, choices: Choices) -> dict:
        """The table as far as it has come."""
        return {self.drawn: _drawn(found, Look.of(choices)) if found.every else empty(text.EVERY_EMPTY)}


def _drawn(found: Found, look: Look) -> str:
    mask = present(found.picture).mask
    rows = [_row(found, test, look, mask) for test in found.every]
    heads = text.EVERY_HEADS
    if mask is not None:
        chance = percent(float(mask.float().mean()))
        heads += tuple(head.format(chance=chance) for head in text.EVERY_TRUTH)
    drawn = table(heads, rows, text.EVERY_TITLE, "stacks every")
    bar = f'<div class="scale">{colour_bar(text.EVERY_ENDS, look.colour_map)}</div>'
    about = subject(found.every[0].pair.clean, present(found.classes).names)
    figure = section(text.EVERY_TITLE_FOR.format(subject=about), bar + drawn, text.EVERY_HINT)
    return figure + caption(text.EVERY_CAPTION)


def _row(found: Found, test: MapTest, look: Look, mask: Tensor | None) -> list[str]:
    pair, hit = test.pair, present(found.adversarial)
    clean, attacked = pair.clean.raw, pair.attacked.raw
    title = engine.MAPS[pair.clean.map].title
    scale = (min(float(clean.min()), float(attacked.min())), upper_end(clean.numpy(), attacked.numpy()))
    marked = text.EVERY_DEGENERATE if pair.clean.degenerate or pair.attacked.degenerate else ""
    row = [
        f"{esc(title)}<small>{esc(marked)}</small>",
        small_map(f"{title}, clean", clean, hit.clean, scale, look),
        small_map(f"{title}, attacked", attacked, hit.saved, scale, look),
        aligned(engine.measures.spearman(clean, attacked)),
        "" if pair.noisy is None else aligned(engine.measures.spearman(clean, pair.noisy.raw)),
        aligned(engine.measures.spearman(clean, test.shuffled.raw)),
    ]
    return row if mask is None else row + [_inside(found, values, mask) for values in (clean, attacked)]


def _inside(found: Found, values: Tensor, mask: Tensor) -> str:
    share = percent(engine.measures.energy_inside(values, mask))
    flat, hit = engine.measures.is_flat(values), engine.measures.pointing_hit(values, mask)
    peak = esc(text.POINTS_NOWHERE) if flat else f"peak {pointing(found, hit)}"
    return f'<span class="tight">{share}</span><small class="peak">{peak}</small>'
