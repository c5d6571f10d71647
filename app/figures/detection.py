"""The detection scores of a story's pictures, each on a line between how it is spread over clean and attacked ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

import engine
from app.figures.html import differing, esc, levels, mark, note, percent, rich, section, table
from app.figures.judged import caution
from app.present import present
from app.state.found import Found
from app.text import detection as text
from app.text.counted import counted

Reference = engine.evaluation.Reference
WIDTH, TALL, MIDDLE, TOP, EDGE = 270, 50, 28, 8, 8
AXIS = TOP + TALL + MIDDLE + TALL  # where the lower histogram ends
BINS = 36
SIGNS = {"clean": "●", "noise": "◇", "attacked": "▲", "unnoticed": "★"}


def detection_figure(found: Found) -> str:
    """The sentence, a drawing for every score, and the numbers as a table."""
    detected = present(found.detection)
    known = engine.evaluation.references(detected.fingerprint)
    said, called = _said(found, detected, known), _called(found)
    drawn = _legend(called, detected, known) + _scores(called, detected, known) if known else ""
    numbers = _numbers(found, detected, called)
    if known:
        numbers = f"<details><summary>{text.TABLE}</summary>{numbers}</details>"
    hint = text.HINT.format(pictures=known[0].pictures) if known else text.HINT_RAW
    tone = "plain" if known and not found.unjudged else "calm"
    return section(text.TITLE, caution(found) + note(said, tone) + drawn + numbers, hint)


def kept_caption() -> tuple[tuple[str, str], ...]:
    """What the caption says, of what is kept."""
    usual = engine.AttackSettings()
    words = {"limit": levels(usual.epsilon), "steps": usual.steps}
    return tuple((head, body.format(**words)) for head, body in text.CAPTION)


def _said(found: Found, detected: engine.story.Detection, known: Sequence[Reference]) -> str:
    if not known:
        return text.SAID_UNKNOWN
    flags = {name: _flags(known, one) for name, one in detected.pictures.items()}
    said = counted(text.SAID, of=len(engine.detection.SCORES), **flags)
    if "clean" in flags and "noise" in flags:
        null = text.NOISE if _null(found) is None else text.NULL_ARM
        said += text.SAID_ALONE.format(clean=_by(flags["clean"]), null=null, noise=_by(flags["noise"]))
    turned = detected.fooled("attacked")
    if not turned:
        said += text.SAID_MISSED
    if "unnoticed" in flags:
        words = {"too": text.TOO * turned, "unnoticed": _by(flags["unnoticed"])}
        said += text.SAID_KNOWING[detected.fooled("unnoticed")].format(**words)
    return said


def _null(found: Found) -> engine.results.NullArm | None:
    """The null arm of the attack's own; None where it is noise, as large as the change."""
    return None if found.adversarial is None else found.adversarial.null


def _called(found: Found) -> dict[str, str]:
    """What the pictures are called."""
    null = _null(found)
    return text.NAMES if null is None else text.NAMES | {"noise": text.NULL.format(what=null.what)}


def _by(flags: int) -> str:
    return str(flags) if flags else text.NONE


def _flags(known: Sequence[Reference], one: engine.story.Suspected) -> int:
    return sum(found.flagged for found in engine.evaluation.judged(known, one.scores).values())


def _legend(called: dict[str, str], detected: engine.story.Detection, known: Sequence[Reference]) -> str:
    keys = "".join(
        f'<span class="key {kind}"><span aria-hidden="true">{SIGNS[kind]}</span>{esc(called[kind])}</span>'
        for kind in detected.pictures
    )
    lines = [text.LINES["noise"], *([text.LINES["unnoticed"]] if _knowing(known) else []), text.LINES["threshold"]]
    return f'<div class="legend signs-of">{keys}</div><p class="fine">{esc("; ".join(lines))}.</p>'


def _scores(called: dict[str, str], detected: engine.story.Detection, known: Sequence[Reference]) -> str:
    drawn = "".join(_score(name, called, detected, known) for name in engine.detection.SCORES)
    return f'<div class="spreads">{drawn}</div>'


def _score(name: str, called: dict[str, str], detected: engine.story.Detection, known: Sequence[Reference]) -> str:
    marks = {kind: one.scores[name] for kind, one in detected.pictures.items()}
    judged = engine.evaluation.judged(known, detected.pictures["attacked"].scores)[name]
    said = [text.JUDGED[judged.flagged].format(alarms=percent(judged.alarms)), _told(name, known)]
    sentences = "".join(f"<p>{rich(sentence)}</p>" for sentence in said)
    title = (
        f'<figcaption title="{esc(engine.detection.SCORES[name].explanation)}">{esc(text.CALLED[name])}</figcaption>'
    )
    return f"<figure>{title}{_drawn(name, called, marks, judged.threshold, known)}{sentences}</figure>"


def _told(name: str, known: Sequence[Reference]) -> str:
    plain, attacked = known[0], _attacked(known[0])
    value, low, high = auroc(plain, attacked, name)
    kind = "none" if low <= 0.5 <= high else "wrong" if high < 0.5 else "right"
    noise = [f"{auroc(plain, arm, name)[0]:.2f}" for arm in plain.scores if arm.startswith("noise-")]
    said = text.AUROC.format(auroc=_two(value), low=_two(low), high=_two(high), kind=text.KINDS[kind], noise=noise[0])
    knowing = _knowing(known)
    if knowing is not None:
        value, low, high = auroc(knowing, _attacked(knowing), name)
        words = {"auroc": _two(value), "low": _two(low), "high": _two(high), "pictures": knowing.pictures}
        said += text.AUROC_KNOWING.format(**words)
    return said


def _two(value: float) -> str:
    return f"{value:.2f}"


@cache
def auroc(reference: Reference, arm: str, score: str) -> tuple[float, float, float]:
    """How well the score tells that arm from clean pictures, with its interval; computed once."""
    return reference.detector(arm, score).auroc


def _attacked(reference: Reference) -> str:
    """Its attacked arm."""
    return next(iter(reference.attacks))


def _knowing(known: Sequence[Reference]) -> Reference | None:
    """The reference whose attacker knows the scores, where there is one."""
    wanted = engine.story.UNNOTICED_ATTACK
    return next((one for one in known if one.attacks[_attacked(one)]["attack"] == wanted), None)


def _drawn(
    name: str, called: dict[str, str], marks: dict[str, float], threshold: float, known: Sequence[Reference]
) -> str:
    plain, knowing = known[0], _knowing(known)
    arms = {"clean": plain.scores["clean"][name], "attacked": plain.scores[_attacked(plain)][name]}
    outlines = {"noise": next((one[name] for arm, one in plain.scores.items() if arm.startswith("noise-")), None)}
    outlines["unnoticed"] = None if knowing is None else knowing.scores[_attacked(knowing)][name]
    low, high = _range([*arms.values()], [*marks.values(), threshold])
    edges = np.linspace(low, high, BINS + 1)
    counted = {kind: _shares(values, edges) for kind, values in {**arms, **outlines}.items() if values is not None}
    most = max(float(shares.max()) for shares in counted.values())

    def x(value: float) -> float:
        return EDGE + (min(max(value, low), high) - low) / (high - low) * (WIDTH - 2 * EDGE)

    body = "".join(_bars(kind, counted[kind], edges, most, x) for kind in arms)
    body += "".join(_outline(kind, counted[kind], edges, most, x) for kind in outlines if kind in counted)
    body += f'<line class="threshold" x1="{x(threshold):.1f}" x2="{x(threshold):.1f}" y1="{TOP}" y2="{AXIS}"/>'
    body += "".join(_sign(kind, called[kind], x(value), value) for kind, value in marks.items()) + _axis(low, high, x)
    listed = ", ".join(f"{called[kind]} {value:.3f}" for kind, value in marks.items())
    described = esc(text.ALT.format(name=text.CALLED[name], pictures=plain.pictures, marks=listed))
    return f'<svg class="spread" viewBox="0 0 {WIDTH} {AXIS + 20}" role="img" aria-label="{described}">{body}</svg>'


def _range(arms: Sequence[np.ndarray], marks: Sequence[float]) -> tuple[float, float]:
    """Of an axis that holds all marks, and nearly all pictures: those further out stand at its ends."""
    ends = np.quantile(np.concatenate(list(arms)), [0.005, 0.995])
    low, high = min(ends[0], *marks), max(ends[1], *marks)
    return float(low), float(high if high > low else low + 1e-6)


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts, _ = np.histogram(values.clip(edges[0], edges[-1]), edges)
    return counts / len(values)


def _level(kind: str, share: float, most: float) -> float:
    """Where a share stands: those of clean and noise grow upwards, the others downwards."""
    tall = TALL * share / most
    return TOP + TALL - tall if kind in ("clean", "noise") else TOP + TALL + MIDDLE + tall


def _bars(kind: str, shares: np.ndarray, edges: np.ndarray, most: float, x: Callable[[float], float]) -> str:
    base, drawn = _level(kind, 0, most), []
    for left, right, share in zip(edges, edges[1:], shares, strict=False):
        if share:
            end = _level(kind, share, most)
            drawn.append(f"M{x(left):.1f} {base:.0f}V{end:.1f}H{x(right):.1f}V{base:.0f}z")
    return f'<path class="{kind}" d="{"".join(drawn)}"/>'


def _outline(kind: str, shares: np.ndarray, edges: np.ndarray, most: float, x: Callable[[float], float]) -> str:
    steps = "".join(
        f"V{_level(kind, share, most):.1f}H{x(right):.1f}" for right, share in zip(edges[1:], shares, strict=True)
    )
    base = _level(kind, 0, most)
    return f'<path class="outline {kind}" d="M{x(edges[0]):.1f} {base:.0f}{steps}V{base:.0f}"/>'


def _axis(low: float, high: float, x: Callable[[float], float]) -> str:
    lines = "".join(
        f'<line class="grid" x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{y}" y2="{y}"/>'
        for y in (TOP + TALL, TOP + TALL + MIDDLE)
    )
    ends = ((low, "start"), ((low + high) / 2, "middle"), (high, "end"))
    ticks = "".join(
        f'<text class="tick" x="{x(value):.1f}" y="{AXIS + 15}" text-anchor="{anchor}">{value:.3g}</text>'
        for value, anchor in ends
    )
    return lines + ticks


def _sign(kind: str, name: str, x: float, value: float) -> str:
    y, title = TOP + TALL + MIDDLE / 2, f"<title>{esc(name)}: {value:.4f}</title>"
    shapes = {
        "clean": f'<circle class="mark clean" cx="{x:.1f}" cy="{y}" r="5.5">{title}</circle>',
        "noise": f'<path class="mark noise" d="M{x:.1f} {y - 7}l7 7l-7 7l-7-7z">{title}</path>',
        "attacked": f'<path class="mark attacked" d="M{x:.1f} {y - 7}l7 13h-14z">{title}</path>',
        "unnoticed": f'<path class="mark unnoticed" d="M{x:.1f} {y - 9}{STAR}">{title}</path>',
    }
    return shapes[kind]


STAR = "l2.6 5.9 6.4.6-4.8 4.2 1.4 6.3-5.6-3.3-5.6 3.3 1.4-6.3-4.8-4.2 6.4-.6z"


def _numbers(found: Found, detected: engine.story.Detection, called: dict[str, str]) -> str:
    heads = (*text.HEADS, *(text.CALLED[name] for name in engine.detection.SCORES))
    rows = (_row(found, detected, called[kind], one) for kind, one in detected.pictures.items())
    formulas = (
        text.FORMULA.format(name=text.CALLED[name], formula=one.formula, source=one.source)
        for name, one in engine.detection.SCORES.items()
    )
    return table(heads, rows, text.TITLE, "stacks") + "".join(
        f'<p class="fine">{esc(formula)}</p>' for formula in formulas
    )


def _row(found: Found, detected: engine.story.Detection, name: str, one: engine.story.Suspected) -> tuple[str, ...]:
    answer = ""
    if one.answer is not None:
        good = mark(one.answer.label == detected.label, found.given, found.unjudged)
        answer = f"{good} {differing(one.answer.name, one.answer.classes.names[detected.label])}"
    return esc(name), answer, *(f"{value:.4f}" for value in one.scores.values())
