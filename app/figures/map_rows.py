"""The maps of step 3: one row for the class attacked and one for the class it is taken for now."""

from __future__ import annotations

from dataclasses import dataclass

import engine
from app.figures.ground import Ground, backdrops
from app.figures.html import esc, note, presented, section
from app.figures.maps import (
    FLOOR,
    Look,
    MapFigure,
    difference_map,
    file_name,
    heat_map,
    scale_of_moves,
    scale_of_pair,
    subject,
)
from app.present import present
from app.state.found import Found
from app.text import attention as text
from app.text import words


@dataclass(frozen=True, eq=False, slots=True)
class MapRow:
    """Clean map, attacked map and their difference for one class, the attacked one alone where the clean picture is not
    known; `why` is what that class is to the picture."""

    about: engine.AttentionMap
    why: str
    figures: tuple[MapFigure, ...]


def map_rows(found: Found, look: Look) -> list[MapRow]:
    """The rows, on shared scales or each map on its own, as the `look` says."""
    pair = present(found.maps)
    rows = [(_why(found), pair.clean, pair.attacked)]
    if pair.rival is not None:
        rows.append((words.MAP_RIVAL, *pair.rival))
    scale = scale_of_pair(pair) if look.shared else None
    moved = scale_of_moves(pair) if look.shared and pair.clean is not None else None
    return [
        MapRow(attacked, why, _figures(found, clean, attacked, look, scale, moved)) for why, clean, attacked in rows
    ]


def drawn_rows(found: Found, look: Look) -> tuple[str, str]:
    """The first row, and the second one, if there is one, with what is to be known of the lines and scales of both."""
    pair, names, shown = present(found.maps), present(found.classes).names, present(found.picture)
    rows = map_rows(found, look)
    together = text.MAP_SHARED if pair.rival is None else text.MAP_SHARED_BOTH
    hint = together if look.shared else text.MAP_OWN
    first, *others = (section(_title(row, names), in_a_row(row.figures), hint) for row in rows)
    grounds = [figure.ground for figure in rows[0].figures[:2]]
    legend = text.MAP_LINES.format(floor=100 * FLOOR) + (text.MAP_OBJECT if shown.mask is not None else "")
    places = f'<p class="fine aloud">{esc(text.MAP_PLACES)}</p>'
    thin = text.MAP_OBJECT_SHORT if shown.mask is not None else ""
    first += presented(text.MAP_LINES_SHORT.format(object=thin, scale=hint))
    places += f'<p class="fine">{esc(text.MAP_GOES_ON)}</p>' if grounds[0].goes_on else ""
    unknown = "" if found.clean_known else note(text.NO_CLEAN_MAP, "warn", "!")
    lines = f'<p class="fine">{esc(legend)} {esc(text.MAP_HOVER)}</p>'
    return f"{backdrops(*grounds)}{places}{unknown}{first}", "".join(others) + lines


def in_a_row(figures: tuple[MapFigure, ...]) -> str:
    """Figures beside each other, or below each other where they are too wide for that."""
    return f'<div class="maps">{"".join(figure.figure() for figure in figures)}</div>'


def _title(row: MapRow, names: tuple[str, ...]) -> str:
    if not engine.MAPS[row.about.map].class_specific:
        return text.MAP_TITLE_NO_CLASS
    title = text.MAP_TITLE if row.about.against is None else text.MAP_TITLE_AGAINST
    return title.format(subject=subject(row.about, names), why=row.why)


def _why(found: Found) -> str:
    """What the class of the maps is to this picture."""
    label, hit = present(found.maps).attacked.label, present(found.adversarial)
    if label == found.reference:
        return words.MAP_ASKED[found.given]
    return words.MAP_RIVAL if label == hit.after_saved.label else text.MAP_CHOSEN


def _figures(
    found: Found,
    clean: engine.AttentionMap | None,
    attacked: engine.AttentionMap,
    look: Look,
    shared: engine.overlays.Scale | None,
    moved: engine.overlays.Scale | None,
) -> tuple[MapFigure, ...]:
    shown, names = present(found.picture), present(found.classes).names
    below = Ground.of(shown, shown.pixels, "maps-clean")
    above = Ground.of(shown, present(found.adversarial).saved, "maps-attacked")
    key = {which: f"maps {file_name(attacked, which, names)}" for which in ("clean", "attacked", "difference")}
    maps = [(words.MAP_ATTACKED, "attacked", attacked.raw, above)]
    if clean is not None:
        maps.insert(0, (words.MAP_CLEAN, "clean", clean.raw, below))
    drawn = [
        heat_map(
            name, values, ground, shared or engine.overlays.scale_of(values.numpy()), look,
            shown.mask, key=key[which],
        )
        for name, which, values, ground in maps
    ]  # fmt: skip
    if clean is None:
        return tuple(drawn)
    beside, change = shared.high if shared else None, attacked.raw - clean.raw
    return *drawn, difference_map(words.MAP_DIFFERENCE, change, below, look, moved, beside, key["difference"])
