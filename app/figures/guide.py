"""The map that A-TPT mixes its views by, beside the one that is read."""

from __future__ import annotations

import engine
from app.figures.ground import Ground, backdrops
from app.figures.html import differing, esc, note, section
from app.figures.maps import Look, MapFigure, file_name, heat_map, residue, scale_of_pair
from app.present import present
from app.state.found import Found
from app.text import attention as text
from app.text import words


def guide_maps(found: Found, look: Look) -> list[MapFigure]:
    """The maps of the clean picture, where it is known, and of the attacked one, on one scale or each on its own."""
    pair, shown, names = present(found.guide), present(found.picture), present(found.classes).names
    shared = scale_of_pair(pair) if look.shared else None
    arms = (
        (words.MAP_CLEAN, "clean", pair.clean, shown.pixels),
        (words.MAP_ATTACKED, "attacked", pair.attacked, present(found.adversarial).saved),
    )
    return [
        heat_map(
            name, drawn.raw, Ground.of(shown, pixels, f"guide-{which}"),
            shared or engine.overlays.scale_of(drawn.raw.numpy()), look, shown.mask,
            key=f"guide mixing-{file_name(drawn, which, names)}",
        )
        for name, which, drawn, pixels in arms
        if drawn is not None
    ]  # fmt: skip


def drawn_guide(found: Found, look: Look) -> str:
    """These maps, and in words why they are there."""
    pair, names, figures = present(found.guide), present(found.classes).names, guide_maps(found, look)
    attacked = names[pair.attacked.label]
    if pair.clean is None:
        about = esc(text.GUIDE_ABOUT_ONE.format(attacked=attacked))
    else:
        clean = names[pair.clean.label]
        about = text.GUIDE_ABOUT_SAME if attacked == clean else text.GUIDE_ABOUT
        about = about.format(clean=esc(clean), attacked=differing(attacked, clean))
    said = residue(text.GUIDE_DEGENERATE, pair, names)
    warning = note(said, "warn", "!") if said else ""
    why = f'<div class="why"><p class="fine">{esc(text.GUIDE_WHY)} {about}</p>{warning}</div>'
    grounds = backdrops(*(figure.ground for figure in figures))
    drawn = f'{grounds}<div class="maps">{"".join(figure.figure() for figure in figures)}{why}</div>'
    title = text.GUIDE_TITLE.format(map=engine.MAPS[pair.attacked.map].title)
    return section(title, drawn, text.MAP_SHARED_PAIR if look.shared else text.MAP_OWN)
