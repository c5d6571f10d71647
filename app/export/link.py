"""A link that restores what a visitor had set: the picture by name, and every control that differs from its start."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlencode

import engine
from app import prompts
from app.choices import DISPLAY, Choices
from app.figures.journey import SUBJECTS
from app.labels import LabelSet, set_of
from app.picture_sources import Opened
from app.state.history import Look
from app.state.parts import PARTS, STORY
from app.text import export as text
from app.text import words

PICTURE, MODEL, LABELS = "picture", "model", "labels"
OWN = "own"  # in the place of a source: a picture that stays with whoever made the link
STEP, SHOWN = "step", "shown"  # the step that the link opens, and what of it is beside the story
STEPS = tuple(map(str, range(1, len(words.STEPS) + 1)))
MAPS = 3  # the step with parts beside the story
BESIDE = tuple(name for name in PARTS if name not in ("clean", "through", *STORY))
FORMER = {("prompt_ensemble", "1"): prompts.OWN}  # what links of before mean
PIN = "pin."  # before the names of what is pinned
SEPARATOR = "+"  # between the items of a list
NOTHING: Mapping[str, str] = MappingProxyType({})
LONGEST = 6_000  # characters that servers and chat programs still take


def query(
    choices: Choices,
    started: Choices,
    opened: Opened | None,
    model: str = "",
    pin: Mapping[str, str] = NOTHING,
    sets: Sequence[LabelSet] = (),
    at: Mapping[str, str] = NOTHING,
    own: bool = False,
) -> str:
    """The part of a link from the question mark on; `started` is the page as it began.

    The picture is named by its source; a visitor's `own` never gets into a link, which says so. Class names and truth
    are left out where they are the picture's own, and the names of one of `sets` go by its key; `model` is empty where
    it is the page's own; `pin` is as `pinned` gives it, `at` as `opening` does. Raises `EngineError` where the link
    would be too long.
    """
    source = opened.shown.source if opened is not None else OWN if own else ""
    parameters = {PICTURE: source} if source else {}
    parameters |= {MODEL: model} if model else {}
    link = "?" + urlencode(parameters | _moved(choices, _expected(started, opened), sets) | dict(pin) | dict(at))
    if len(link) > LONGEST:
        raise engine.EngineError(text.LINK_TOO_LONG.format(most=LONGEST, length=len(link)))
    return link


def pinned(look: Look, beside: Look, opened: Opened | None, sets: Sequence[LabelSet] = ()) -> dict[str, str]:
    """The parameters for a look that is pinned beside another: its picture, and what else differs from that one.

    `opened` is its picture where that is another one. Empty where it is a visitor's own, which no link can open.
    """
    if opened is None and not look.picture.same(beside.picture):
        return {}
    display = {name: getattr(beside.choices, name) for name in DISPLAY}
    found = {PICTURE: look.picture.source} if look.picture.source else {}
    found |= {MODEL: look.model} if look.model != beside.model else {}
    found |= _moved(look.choices._replace(**display), _expected(beside.choices, opened), sets)
    return {PIN + name: value for name, value in found.items()}


def opening(step: object, asked: Collection[str]) -> dict[str, str]:
    """The parameters for a link that opens on `step`, as a browser says it, where these parts were asked for."""
    if step not in range(2, len(words.STEPS) + 1):
        return {}
    beside = [name for name in BESIDE if name in asked and step == MAPS]
    return {STEP: f"{step:g}"} | ({SHOWN: SEPARATOR.join(beside)} if beside else {})


def opened(parameters: Mapping[str, str]) -> tuple[int, tuple[str, ...]]:
    """The step that a link opens, 0 where it names none, and the parts of the story that it shows by then.

    None of the last one's, which is about other pictures.
    """
    said = parameters.get(STEP, "")
    step = int(said) if said in STEPS[1:] else 0
    if step not in SUBJECTS:
        return step, ()
    shown = {name for number in range(2, step + 1) for name in SUBJECTS[number]} | {"through"}
    if step == MAPS:
        shown |= {name for name in parameters.get(SHOWN, "").split(SEPARATOR) if name in BESIDE}
    return step, tuple(name for name in PARTS if name in shown)


def restored(
    parameters: Mapping[str, str],
    started: Choices,
    opened: Opened | None,
    fits: Callable[[str, object], bool],
    before: str = "",
    sets: Sequence[LabelSet] = (),
) -> tuple[Choices, list[str]]:
    """The choices that `query` put into a link, and a sentence for each value that does not fit its control.

    Names that are no control of this page are passed over; `before` stands in front of each name.
    """
    choices, complaints = _expected(started, opened), []
    if (key := parameters.get(before + LABELS)) is not None:
        known = next((each for each in sets if each.key == key), None)
        if known is None:
            complaints.append(text.LINK_LABELS.format(key=key[:40]))
        else:
            choices = choices._replace(class_names=known.lines)
    for name in Choices._fields:
        said = parameters.get(before + name)
        if said is None:
            continue
        value = _read(FORMER.get((name, said), said), getattr(choices, name))
        if fits(name, value):
            choices = choices._replace(**{name: value})
        else:
            complaints.append(text.LINK_ODD.format(name=before + name, value=said[:40]))
    return choices, complaints


def _moved(choices: Choices, expected: Choices, sets: Sequence[LabelSet]) -> dict[str, str]:
    """The choices that are not as expected, as a link spells them."""
    found = {
        name: SEPARATOR.join(value) if isinstance(value, list) else _plain(value)
        for name, value in choices._asdict().items()
        if value is not None and value != getattr(expected, name)
    }
    known = set_of(sets, found.get("class_names", ""))
    if known is not None:
        found = {LABELS if name == "class_names" else name: said for name, said in found.items()} | {LABELS: known.key}
    return found


def _expected(started: Choices, opened: Opened | None) -> Choices:
    if opened is None or not opened.names:
        return started
    return started._replace(class_names="\n".join(opened.names), true_class=opened.truth)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(int(value) if isinstance(value, bool) else value)


def _read(said: str, like: object) -> object:
    """What a control of the kind of `like` would hold; text that is no number stays text, which no slider takes."""
    if isinstance(like, bool):
        return {"1": True, "0": False}.get(said, said)
    if isinstance(like, list):
        return [item for item in said.split(SEPARATOR) if item]
    if not isinstance(like, int | float):
        return said
    try:
        value = float(said)
    except ValueError:
        return said
    if not math.isfinite(value):
        return said
    return int(value) if value.is_integer() else value
