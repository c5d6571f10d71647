"""Within step 3: deletion and insertion, which blur or bring back patches in the order of the map."""

from __future__ import annotations

import engine
from app.choices import Choices
from app.components.controls import part
from app.figures.curves import Line, curve
from app.figures.html import caption, empty, esc, percent, rough_percent, section
from app.present import present
from app.state.found import Found
from app.state.parts import OcclusionPair
from app.text import attention as text
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

ALIKE = 0.02  # areas that differ by less are called the same: the chance map is one random order


class OcclusionTest:
    """The middle of step 3: curves of the clean map, beside those of a map that knows nothing."""

    def __init__(self) -> None:
        self.button, self.drawn = part(text.OCCLUSION_ASKS, text.OCCLUSION_RUN, "test-map", "occlusion", 130)
        self.pieces = [Piece(self.draw, [self.drawn], ("picture", "classes", "maps", "occlusion"), ("occlusion",))]

    def wire(self, page: Page, running: Running) -> None:
        """The button shows the model some thirty variants of the picture for either map."""
        running.button(self.button, ("occlusion",))

    def draw(self, found: Found, choices: Choices) -> dict:
        """The curves, or what to press."""
        waits = empty(text.OCCLUSION_EMPTY[found.clean_known])
        return {self.drawn: waits if found.occlusion is None else _drawn(found)}


def _drawn(found: Found) -> str:
    pair, flat = present(found.occlusion), engine.measures.is_flat(present(found.maps).known.raw)
    name = present(found.classes).names[pair.map.label]
    deletion = _chart(text.DELETION, pair, lambda o: o.deletion.tolist(), lambda o: o.deletion_area)
    insertion = _chart(text.INSERTION, pair, lambda o: o.insertion.tolist(), lambda o: o.insertion_area)
    said = text.OCCLUSION_FLAT if flat else _summary(pair)
    body = f'<div class="pair">{deletion}{insertion}</div><p class="fine">{esc(said)}</p>'
    title = text.OCCLUSION_TITLE if found.clean_known else text.OCCLUSION_TITLE_ATTACKED
    return section(title.format(name=name), body) + caption(text.OCCLUSION_CAPTION)


def _summary(pair: OcclusionPair) -> str:
    """In words: whether the map's order does better than one drawn at random."""
    deletion = _compared(pair.chance.deletion_area - pair.map.deletion_area)
    insertion = _compared(pair.map.insertion_area - pair.chance.insertion_area)
    left = percent(float(pair.map.deletion[-1]))
    return text.OCCLUSION_SUMMARY.format(deletion=deletion, insertion=insertion, same=ALIKE, left=left)


def _compared(gain: float) -> str:
    if abs(gain) < ALIKE:
        return text.OCCLUSION_SAME
    return text.OCCLUSION_BETTER if gain > 0 else text.OCCLUSION_WORSE


def _chart(title: tuple[str, str], pair: OcclusionPair, values, area) -> str:
    named = ((text.OCCLUSION_MAP, "clean", pair.map), (text.SIMILARITY_RANDOM, "line-4", pair.chance))
    lines = [Line(f"{name}, area {area(found):.3f}", kind, values(found)) for name, kind, found in named]
    head, hint = title
    steps = len(pair.map.fractions) - 1
    axis = text.OCCLUSION_AXIS.format(steps=steps, share=rough_percent(float(pair.map.fractions[1])))
    drawn = curve(head, lines, axis, "probability", steps, share=True)
    return section(head, drawn, hint)
