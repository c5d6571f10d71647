"""What every patch is read as after every layer: grids as compact data for the browser, tables, and a curve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor

import engine
from app.figures.curves import Line, curve
from app.figures.html import differing, esc, note, percent, section, table
from app.figures.judged import caution
from app.figures.pictures import thumbnail, to_uint8
from app.present import present
from app.state.found import Found
from app.text import lens as text
from app.text.counted import counted

FIRST_SIGN = 0x4E00  # of the signs that stand for words, one after the other
BETWEEN = "|"  # the words of a list that the browser reads; no class name has it
NAMED = 7  # classes with a colour of their own; all others share grey
CELL = 28  # pixels a side that a patch is painted with, on a canvas that is shown smaller
CLEAREST = 0.95  # of all leads, what is drawn in full size
CLASS_TOKEN = -1  # in place of the number of a patch


def lens_figure(found: Found) -> str:
    """The slider, the grids side by side, their legend, and what they say in numbers."""
    read, names = present(found.lens), present(found.classes).names
    order = _in_order(read)
    layers, rows, columns = read.attacked.leads.shape
    numbers = {
        "rows": rows, "columns": columns, "layers": layers, "named": min(NAMED, len(order)),
        "signs": len(dict.fromkeys((read.label, read.answer))), "names": BETWEEN.join(names[one] for one in order),
        "cell-said": text.CELL,
    }  # fmt: skip
    data = "".join(f' data-{name}="{esc(value)}"' for name, value in numbers.items())
    tables = "".join(_of_layer(layer, _table(found, layer)) for layer in range(layers))
    body = f'{_slider(layers)}<div class="lens-grids">{_grids(found, order)}</div>{_legend(found, order)}{tables}'
    return section(text.SHOWN, f'{caution(found)}{_said(found)}<div class="lens"{data}>{body}</div>', text.HINT)


def nearest_figure(found: Found, cell: int) -> str:
    """The nearest words of one patch, or of the class token, in every picture, for each layer."""
    read = present(found.lens)
    layers, _, columns = read.attacked.leads.shape
    place = text.TOKEN if cell == CLASS_TOKEN else text.PATCH.format(row=cell // columns + 1, column=cell % columns + 1)
    tables = "".join(_of_layer(layer, _nearest(found, layer, cell, place)) for layer in range(layers))
    back = f'<button type="button" data-back>{esc(text.BACK)}</button> ' * (cell != CLASS_TOKEN)
    return f'<div class="lens-nearest" data-cell="{cell}">{tables}<p class="fine">{back}{esc(text.PRESS)}</p></div>'


def _of_layer(layer: int, body: str) -> str:
    """What is shown while the slider stands on the layer of this number, from 0."""
    return f'<div class="of-layer of-layer-{layer + 1}">{body}</div>'


def _in_order(read: engine.story.Lenses) -> list[int]:
    """All classes that any patch is read as: the attacked one and the answer first, then by how often."""
    tops = torch.cat([one.words[..., 0].flatten() for one in read.arms.values()])
    often = [number for number, _ in Counter(tops.tolist()).most_common()]
    return list(dict.fromkeys((read.label, read.answer, *often)))


def _arms(found: Found) -> dict[str, str]:
    """What the pictures are called."""
    null = present(found.adversarial).null
    return text.ARMS if null is None else text.ARMS | {"noise": text.NULL.format(what=null.what)}


def _slider(layers: int) -> str:
    places = "".join(_of_layer(layer, esc(text.AT.format(layer=layer + 1, layers=layers))) for layer in range(layers))
    return (
        f'<label class="lens-layer"><span>{esc(text.LAYER)}</span><input type="range" min="1" max="{layers}" step="1"'
        f' value="{layers}" aria-label="{esc(text.MOVE)}"><b>{places}</b></label>'
    )


def _grids(found: Found, order: Sequence[int]) -> str:
    read, called = present(found.lens), _arms(found)
    place = {number: chr(FIRST_SIGN + at) for at, number in enumerate(order)}
    clearest = float(torch.cat([one.leads.flatten() for one in read.arms.values()]).quantile(CLEAREST)) or 1.0
    return "".join(_grid(called[name], one, place, clearest, _pixels(found, name)) for name, one in read.arms.items())


def _grid(name: str, one: engine.maps.Lens, place: dict[int, str], clearest: float, pixels: Tensor) -> str:
    _, rows, columns = one.leads.shape
    words = "".join(place[number] for number in one.words[..., 0].flatten().tolist())
    leads = "".join(map(str, (9 * one.leads / clearest).clamp(0, 9).round().int().flatten().tolist()))
    label = text.GRID.format(arm=name, rows=rows, columns=columns)
    return (
        f'<figure><figcaption>{esc(name)}</figcaption><div><img src="{thumbnail(to_uint8(pixels))}" alt="">'
        f'<canvas width="{columns * CELL}" height="{rows * CELL}" tabindex="0" role="img" aria-label="{esc(label)}"'
        f' data-words="{words}" data-leads="{leads}"></canvas></div></figure>'
    )


def _pixels(found: Found, name: str) -> Tensor:
    """What lies under a grid; noise as large as the change is not to be seen at this size, so the clean picture."""
    hit = present(found.adversarial)
    if name == engine.story.ATTACKED:
        return hit.saved
    if name == engine.story.NOISE and hit.null is not None:
        return hit.null.pixels
    return present(found.picture).pixels


def _legend(found: Found, order: Sequence[int]) -> str:
    read, names = present(found.lens), present(found.classes).names
    said = {number: esc(names[number]) for number in order[:NAMED]}
    said |= {number: differing(names[number], names[read.label]) for number in said if number != read.label}
    said[read.answer] = text.ANSWER.format(name=said[read.answer])
    said[read.label] = text.PUSHED[found.given].format(name=esc(names[read.label]))
    signs = {read.answer: "diamond", read.label: "disc"}
    keys = "".join(
        _key(at, f"--read-{at}", signs.get(number, ""), said[number]) for at, number in enumerate(order[:NAMED])
    )
    rest = len(order) - NAMED
    if rest > 0:
        keys += _key(NAMED, "--read-other", "", esc(counted(text.OTHERS, count=rest)))
    return f'<div class="legend lens-legend">{keys}</div><p class="fine">{esc(text.POINTED)}</p>'


def _key(at: int, colour: str, sign: str, said: str) -> str:
    swatch = f'<i class="{sign}" style="background:var({colour})"></i>'
    return f'<span class="lens-key" tabindex="0" data-word="{at}">{swatch}<span>{said}</span></span>'


def _table(found: Found, layer: int) -> str:
    read, called = present(found.lens), _arms(found)
    heads = [head.format(pushed=text.CLASS[found.given]) for head in text.HEADS]
    changed = read.changed
    rows = []
    for name, one in read.arms.items():
        every = one.leads[layer].numel()
        counts = [one.share_read_as(number) for number in (read.label, read.answer)]
        counts += [changed[name]] if name in changed else []
        cells = [text.SHARE.format(count=round(float(share[layer]) * every), all=every) for share in counts]
        cells += [text.NONE_SUCH] * (3 - len(cells))
        rows.append((esc(called[name]), _token(found, one, layer), *map(esc, cells)))
    return table(heads, rows, text.TABLE.format(layer=layer + 1), "stacks")


def _token(found: Found, one: engine.maps.Lens, layer: int) -> str:
    names, shares = present(found.classes).names, one.logits[layer].softmax(-1)
    name = names[int(shares.argmax())]
    return f"{differing(name, names[present(found.lens).label])} {esc(percent(float(shares.max())))}"


def _nearest(found: Found, layer: int, cell: int, place: str) -> str:
    read, called = present(found.lens), _arms(found)
    columns = [_words(found, one, layer, cell) for one in read.arms.values()]
    rows = [(text.RANK.format(rank=rank), *row) for rank, row in enumerate(zip(*columns, strict=True), 1)]
    title = text.NEAREST.format(place=place)
    drawn = table(["", *(called[name] for name in read.arms)], rows, title, "stacks")
    return section(title, drawn, text.NEAREST_HINT.format(layer=layer + 1))


def _words(found: Found, one: engine.maps.Lens, layer: int, cell: int) -> list[str]:
    """The nearest words as cells of a table."""
    names, label = present(found.classes).names, present(found.lens).label
    if cell == CLASS_TOKEN:
        shares, words = one.logits[layer].softmax(-1).topk(one.words.shape[-1])
    else:
        shares, words = (part[layer].flatten(0, 1)[cell] for part in (one.shares, one.words))
    return [
        f"{differing(names[number], names[label])} {esc(percent(share))}"
        for number, share in zip(words.tolist(), shares.tolist(), strict=True)
    ]


def _said(found: Found) -> str:
    """By how much the attack changes the readings, beside its null arm."""
    read = present(found.lens)
    every = read.attacked.leads[-1].numel()
    counts = {name: round(float(share[-1]) * every) for name, share in read.changed.items()}
    if not counts:
        return note(text.UNKNOWN, "plain")
    null = text.NOISE if present(found.adversarial).null is None else text.NULL_ARM
    sentence = text.CHANGED if "noise" in counts else text.CHANGED_ALONE
    return note(sentence.format(all=every, null=null, **counts), "plain")


def changed_figure(found: Found) -> str:
    """Layer by layer, by how much the attack changes the readings, beside its null arm."""
    read, called = present(found.lens), _arms(found)
    kinds = {"attacked": "attacked", "noise": "line-4"}
    lines = [Line(called[name], kinds[name], shares.tolist()) for name, shares in read.changed.items()]
    if not lines:
        return ""
    layers = len(read.attacked.logits)
    return section(text.CURVE, curve(text.CURVE, lines, text.CURVE_X, text.CURVE_Y, layers, first=1, share=True))
