"""The maps of both sides: on one scale and with their difference where values and cells are of one kind."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

import engine
from app.figures.compare.sides import Side, Sides, remark
from app.figures.ground import Ground
from app.figures.html import esc, section, signed, table
from app.figures.maps import Look, difference_map, heat_map, subject
from app.present import present
from app.state.parts import MapPair
from app.text import compare as text
from app.text import words

Drawn = tuple[Side, engine.AttentionMap, Ground]  # a map and what it is drawn over


def maps(sides: Sides, look: Look) -> str:
    """Clean and attacked map of each side, on one scale with their differences where they are of one unit."""
    pairs = [present(side.found.maps) for side in sides]
    unlike = _unlike(sides, pairs)
    scales = _scales(pairs, together=not unlike)
    if len(sides) < 2:
        return _alone(sides[0], pairs[0], scales[0], look)
    both = [*zip(sides, pairs, strict=True)]
    clean = [(side, pair.clean, _clean(side)) for side, pair in both if pair.clean is not None]
    rows = [(words.MAP_CLEAN, clean)] if len(clean) == len(sides) else []
    rows.append((words.MAP_ATTACKED, [(side, pair.attacked, _attacked(side)) for side, pair in both]))
    apart = bool(unlike) or not _same_picture(sides)
    moved = None if apart else engine.overlays.difference_scale(*(_change(drawn).numpy() for _, drawn in rows))
    body = "".join(_map_row(title, drawn, scales, look, moved) for title, drawn in rows)
    reasons = [unlike, "" if _same_picture(sides) else text.COMPARE_OTHER_PICTURE]
    alike = _alike(rows) if _same_picture(sides) else ""
    return "".join(map(remark, reasons)) + body + alike


def _alone(side: Side, pair: MapPair, scale: engine.overlays.Scale, look: Look) -> str:
    """Clean and attacked map of the only side."""
    mask = _mask(side)
    both = ((words.MAP_CLEAN, pair.clean, _clean(side)), (words.MAP_ATTACKED, pair.attacked, _attacked(side)))
    drawn = "".join(
        heat_map(title, shown.raw, ground, scale, look, mask).figure()
        for title, shown, ground in both
        if shown is not None
    )
    return section(f"{side.name}: {_about(side, pair.attacked)}", f'<div class="maps">{drawn}</div>')


def _unlike(sides: Sides, pairs: Sequence[MapPair]) -> str:
    """Why values of the two maps are of different units; empty where they are of one."""
    kinds = {pair.known.map for pair in pairs}
    if len(kinds) > 1:
        first, second = (engine.MAPS[pair.known.map].title for pair in pairs)
        return text.COMPARE_OTHER_MAP.format(first=first, second=second)
    return text.COMPARE_OTHER_MODEL if len({side.found.model for side in sides}) > 1 else ""


def _same_picture(sides: Sides) -> bool:
    first, *others = (present(side.found.picture) for side in sides)
    return all(first.same(other) for other in others)


def _clean(side: Side) -> Ground:
    shown = present(side.found.picture)
    return Ground.of(shown, shown.pixels)


def _attacked(side: Side) -> Ground:
    return Ground.of(present(side.found.picture), present(side.found.adversarial).saved)


def _scales(pairs: Sequence[MapPair], together: bool) -> list[engine.overlays.Scale]:
    """The scale of each side's two maps: one for all where the sides go `together`."""
    values = [[drawn.raw.numpy() for drawn in (pair.clean, pair.attacked) if drawn is not None] for pair in pairs]
    groups = [[one for both in values for one in both]] * len(pairs) if together else values
    return [engine.overlays.scale_of(*group) for group in groups]


def _change(drawn: Sequence[Drawn]) -> Tensor:
    (_, before, _), (_, now, _) = drawn
    return now.raw - before.raw


def _map_row(
    title: str,
    drawn: Sequence[Drawn],
    scales: Sequence[engine.overlays.Scale],
    look: Look,
    moved: engine.overlays.Scale | None,
) -> str:
    """`moved` is the scale of the differences, None where none is drawn."""
    if moved is not None and not _change(drawn).any():
        return section(title, remark(text.COMPARE_SAME_MAP))
    about = [_about(side, shown) for side, shown, _ in drawn]
    alike = len(set(about)) == 1
    figures = "".join(
        heat_map(side.name if alike else f"{side.name}: {said}", shown.raw, ground, scale, look, _mask(side)).figure()
        for (side, shown, ground), scale, said in zip(drawn, scales, about, strict=True)
    )
    if moved is not None:
        change, beside = _change(drawn), scales[0].high
        figures += difference_map(text.COMPARE_CHANGE, change, drawn[-1][2], look, moved, beside).figure()
    hint = "" if moved is None else text.COMPARE_ONE_SCALE
    return section(f"{title}: {about[0]}" if alike else title, f'<div class="maps">{figures}</div>', hint)


def _mask(side: Side) -> Tensor | None:
    return present(side.found.picture).mask


def _about(side: Side, shown: engine.AttentionMap) -> str:
    kind = engine.MAPS[shown.map]
    return text.COMPARE_MAP.format(subject=subject(shown, side.names)) if kind.class_specific else kind.title


def _alike(rows: Sequence[tuple[str, Sequence[Drawn]]]) -> str:
    """How alike the maps of the two sides are, beside a map drawn at random."""
    drawn = [
        (text.COMPARE_ALIKE.format(picture=title), _correlation(before.raw, now.raw))
        for title, ((_, before, _), (_, now, _)) in rows
    ]
    side, first, _ = rows[0][1][0]
    drawn.append((text.COMPARE_RANDOM, _correlation(first.raw, side.found.chance_map)))
    cells = [(esc(name), signed(value)) for name, value in drawn]
    return table(text.COMPARE_MAP_HEADS, cells, text.COMPARE_MAP_TABLE)


def _correlation(first: Tensor, second: Tensor) -> float:
    """Rank correlation of two maps; the coarser one is first brought to the grid of the finer."""
    fine, coarse = sorted((first, second), key=Tensor.numel, reverse=True)
    if fine.shape != coarse.shape:
        coarse = F.interpolate(coarse[None, None], fine.shape, mode="bilinear")[0, 0]
    return engine.measures.spearman(fine, coarse)
