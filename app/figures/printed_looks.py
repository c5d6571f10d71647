"""The figures of the export on what step 3 shows beside its maps: all kinds of map, curves, words, heads, layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

import engine
from app.figures.printed import (
    ATTACKED,
    CLEAN,
    DRIVES,
    GREY,
    STYLE,
    bare,
    cautious,
    colour_bar,
    empty,
    norm_of,
    wrapped,
)
from app.present import present
from app.state.found import Found
from app.text import attention as text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACROSS = 6  # kinds of maps beside each other
SMALL = {"fontsize": 7}
ROW, LEGEND = 0.3, 0.5  # inches of a word and its bars, and of what is said above them


def printed_looks(found: Found) -> dict[str, Figure]:
    """Every such figure for which there are results, by name."""
    drawers: dict[str, tuple[object, Callable[[Found], Figure]]] = {
        "every-map": (found.every, _every),
        "curves": (found.occlusion, _curves),
        "words": (found.words, _words),
        "heads": (found.heads, _heads),
        "layers": (found.heads, _layers),
    }
    return cautious(found, {name: draw(found) for name, (result, draw) in drawers.items() if result})


def _every(found: Found) -> Figure:
    """Each kind of map on a scale of its own over what the model sees, the clean picture's above the attacked one's."""
    hit = present(found.adversarial)
    both = 1 if found.every[0].pair.clean is None else 2
    across = min(ACROSS, len(found.every))
    down = -(-len(found.every) // across)
    figure = empty(1.7 * across, down * (1.75 * both + 0.3))
    places = figure.subplots(down * both, across, squeeze=False)
    for axes in places.ravel():
        axes.set_axis_off()
    for index, test in enumerate(found.every):
        block, column = divmod(index, across)
        pair = test.pair
        rows = [("attacked", pair.attacked, hit.saved)]
        if pair.clean is not None:
            rows.insert(0, ("clean", pair.clean, hit.known_clean))
        scale = engine.overlays.scale_of(*(drawn.raw.numpy() for _, drawn, _ in rows))
        for row, (which, drawn, pixels) in enumerate(rows):
            axes = places[block * both + row, column]
            axes.set_axis_on()
            _seen(axes, drawn.raw.numpy(), pixels, scale)
            title = f"{wrapped(engine.MAPS[drawn.map].title, 22)}\n{which}" if not row else which
            bare(axes, title)
            axes.title.set_fontsize(7)
    return figure


def _seen(axes: Axes, cells: np.ndarray, pixels: Tensor, scale: engine.overlays.Scale) -> None:
    side = pixels.shape[-1]
    grey, place = pixels.mean(0).numpy(), (0, side, side, 0)
    axes.imshow(grey, cmap="gray", vmin=0, vmax=1, extent=place)
    axes.imshow(cells, cmap="viridis", norm=norm_of(scale), alpha=0.7, extent=place, interpolation="nearest")


def _curves(found: Found) -> Figure:
    """Deletion and insertion in the order of the map, and in one drawn at random."""
    pair = present(found.occlusion)
    figure = empty(9, 3.4)
    for axes, ((title, hint), part) in zip(
        figure.subplots(1, 2, sharey=True),
        ((text.DELETION, "deletion"), (text.INSERTION, "insertion")),
        strict=True,
    ):
        for name, colour, one in (
            (text.OCCLUSION_MAP, CLEAN, pair.map), (text.SIMILARITY_RANDOM, GREY, pair.chance),
        ):  # fmt: skip
            area = getattr(one, f"{part}_area")
            axes.plot(
                one.fractions.tolist(),
                getattr(one, part).tolist(),
                color=colour,
                marker="o",
                ms=3,
                label=f"{name}, area {area:.3f}",
            )
        axes.set_ylim(0, 1)
        axes.set_title(f"{title}: {hint}", fontsize=8)
        axes.set_xlabel("share of the patches", **STYLE)
        axes.legend(**SMALL)
    name = present(found.classes).names[pair.map.label]
    figure.supylabel(f"probability of “{wrapped(name)}”", fontsize=8)
    return figure


def _words(found: Found) -> Figure:
    """What each word of a sentence counts, for the clean and for the attacked picture."""
    read = present(found.words)
    sentences = [read.asked] if read.answer is None else [read.asked, read.answer]
    words = [len(now.words) for _, now in sentences]
    figure = empty(4.6 * len(sentences), 1.2 + LEGEND + ROW * max(words))
    for axes, (before, now) in zip(figure.subplots(1, len(sentences), squeeze=False)[0], sentences, strict=True):
        arms = (
            [("attacked", ATTACKED, now)] if before is None else [("clean", CLEAN, before), ("attacked", ATTACKED, now)]
        )
        thick = 0.8 / len(arms)
        for place, (name, colour, one) in enumerate(arms):
            rows = np.arange(len(one.words)) + (place - (len(arms) - 1) / 2) * thick
            label = f"{name}, {text.WORDS_SCORE.format(score=one.score)}"
            axes.barh(rows, [share for _, share in one.words], thick, color=colour, label=label)
        axes.set_yticks(range(len(now.words)), [word for word, _ in now.words], fontsize=8)
        count = len(now.words)
        axes.set_ylim(count - 0.5, -0.5 - LEGEND * count / (ROW * max(words)))
        axes.set_xlabel("share", **STYLE)
        axes.set_title(wrapped(now.sentence, 44), fontsize=8)
        axes.legend(loc="upper right", **SMALL)
    return figure


def _heads(found: Found) -> Figure:
    """What the class token reads in every layer and head, all on one scale."""
    pair = present(found.heads)
    named = [*zip(("clean", "attacked")[-len(pair.both) :], pair.both, strict=True)]
    layers, heads = pair.attacked.attention.shape[:2]
    scale = engine.overlays.scale_of(*(each.attention.numpy() for each in pair.both), low=0.0)
    side = 5.2
    figure = empty(side * len(named) + 0.6, side * layers / heads + 0.7)
    places = figure.subplots(1, len(named), squeeze=False)[0]
    for axes, (name, each) in zip(places, named, strict=True):
        tiled = _tiled(each.attention.numpy())
        axes.imshow(tiled, cmap="viridis", norm=norm_of(scale), interpolation="nearest")
        across, down = tiled.shape[1] / heads, tiled.shape[0] / layers
        axes.set_xticks([(place + 0.5) * across for place in range(heads)], range(1, heads + 1), **SMALL)
        axes.set_yticks([(place + 0.5) * down for place in range(layers)], range(1, layers + 1), **SMALL)
        axes.tick_params(length=0)
        axes.set_xlabel("head", **STYLE)
        axes.set_ylabel("layer", **STYLE)
        axes.set_title(f"{name}: what the class token reads", fontsize=8)
    colour_bar(figure, places[-1].images[0], [*places], scale, "max")
    return figure


def _tiled(attention: np.ndarray) -> np.ndarray:
    """Maps (layers, heads, gh, gw) side by side in one, a cell apart."""
    layers, heads, rows, columns = attention.shape
    gapped = np.full((layers, heads, rows + 1, columns + 1), np.nan, np.float32)
    gapped[..., :rows, :columns] = attention
    return gapped.swapaxes(1, 2).reshape(layers * (rows + 1), heads * (columns + 1))[:-1, :-1]


def _layers(found: Found) -> Figure:
    """The probability of the attacked class, and of the answer that stands now, read off after each layer."""
    pair, hit, names = present(found.heads), present(found.adversarial), present(found.classes).names
    figure = empty(7, 3.4)
    axes: Axes = figure.subplots()
    for name, colour, label, each in (
        (f"clean: {names[hit.label]}", CLEAN, hit.label, pair.clean),
        (f"attacked: {names[hit.label]}", ATTACKED, hit.label, pair.attacked),
        (f"attacked, the answer: {hit.after_saved.name}", DRIVES, hit.after_saved.label, pair.attacked),
    ):
        if each is not None:
            shares = each.logits.softmax(-1)[:, label].tolist()
            axes.plot(range(1, len(shares) + 1), shares, color=colour, marker="o", ms=3, label=name)
    axes.set_ylim(0, 1)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("layer", **STYLE)
    axes.set_ylabel("probability", **STYLE)
    axes.legend(**SMALL)
    axes.set_title(f"{text.HEADS_LAYERS} ({text.HEADS_LAYERS_HINT})", fontsize=8)
    return figure
