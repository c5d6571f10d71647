"""A sweep as lines over the limit, one a defence with its band over seeds, and the kept pictures at the same limits."""

from __future__ import annotations

from app.figures.curves import Banded, banded
from app.figures.html import esc, note, section, signed, stranger, table
from app.figures.mosaic import called
from app.figures.threat import limit, titled
from app.measured import Arm, Measured, arms
from app.sweep import Sweep
from app.text import many as text
from app.text.counted import counted

KINDS = ("line-4", "line-1", "line-2")  # of CLIP alone, and of the two chosen
CHOICE = "adaptive"  # the attack of which a record tells more than its name


def sweep_figure(sweep: Sweep) -> str:
    """Everything there is of a sweep so far."""
    if not sweep.points:
        return ""
    names = [_limit(one, sweep) for one in sweep.limits]
    lines = [_line(sweep, defence, kind) for defence, kind in zip(sweep.defences, KINDS, strict=False)]
    zero = text.SWEEP_ZERO[sweep.given]
    drawn = banded(text.SWEEP_TITLE, lines, names, text.SWEEP_X, text.SWEEP_Y[sweep.given], zero)
    attack = sweep.settings.attack
    words = {
        "attack": titled(attack.attack, attack.target_defence), "steps": attack.steps, "seed": attack.seed,
        "views": sweep.settings.views.count, "done": len(sweep.points), "total": sweep.total,
    }  # fmt: skip
    warned = stranger() if sweep.strange else ""
    body = f"{warned}{note(_held(sweep))}{drawn}{_counts(sweep)}"
    return section(text.SWEEP_TITLE, body, counted(text.SWEEP_HINT, **words)) + _kept(sweep)


def _limit(value: float, sweep: Sweep) -> str:
    return "0" if not value else limit(value, sweep.settings.attack.norm).removeprefix("an L2 length of ")


def _line(sweep: Sweep, defence: str, kind: str) -> Banded:
    levels = sweep.levels(defence)
    said = [
        counted(
            text.SWEEP_POINT, name=called(defence), limit=_limit(one.epsilon, sweep), lead=signed(one.lead),
            low=signed(one.least), high=signed(one.greatest), right=one.right, of=one.seeds,
        )
        for one in levels
    ]  # fmt: skip
    middle, low, high = ([getattr(one, name) for one in levels] for name in ("lead", "least", "greatest"))
    return Banded(called(defence), kind, middle, low, high, said)


def _held(sweep: Sweep) -> str:
    """Up to which limit each defence answers so with every seed."""
    each = []
    for defence in sweep.defences:
        held = sweep.holds(defence)
        each.append(f"{called(defence)} **{text.SWEEP_NEVER if held is None else _limit(held, sweep)}**")
    return text.SWEEP_HELD[sweep.given].format(each=", ".join(each))


def _counts(sweep: Sweep) -> str:
    """With how many seeds each is right, and the middle lead."""
    found = [(defence, sweep.levels(defence)) for defence in sweep.defences]
    rows = [
        (
            esc(called(defence)),
            *(f"<b>{one.right} of {one.seeds}</b><br><small>{signed(one.lead)}</small>" for one in levels),
        )
        for defence, levels in found
    ]
    heads = (text.SWEEP_ROWS[sweep.given], *(_limit(one.epsilon, sweep) for one in found[0][1]))
    return table(heads, rows, text.SWEEP_ROWS[sweep.given], "stacks")


def _kept(sweep: Sweep) -> str:
    """How often each is right over the kept pictures, where there are records of this model and attack."""
    found = {one: kept for one in sweep.limits if (kept := _record(sweep, one)) is not None}
    if not found:
        return ""
    rows = [(esc(called(defence)), *(_share(*kept, defence) for kept in found.values())) for defence in sweep.defences]
    table_of = table(("", *(_limit(one, sweep) for one in found)), rows, text.SWEEP_KEPT, "stacks")
    ((measured, arm), *_) = found.values()
    steps = 0 if arm.attack is None else arm.attack["steps"]
    return section(text.SWEEP_KEPT, f'<p class="fine">{esc(text.SWEEP_KEPT_WHY.format(steps=steps))}</p>{table_of}')


def _record(sweep: Sweep, value: float) -> tuple[Measured, Arm] | None:
    attack = sweep.settings.attack
    for measured, arm in arms().values():
        if arm.attack is None or measured.plan["fingerprint"] != sweep.fingerprint:
            continue
        same = all(arm.attack.get(name) == getattr(attack, name) for name in ("attack", "norm"))
        through = attack.attack != CHOICE or arm.attack["target_defence"] == attack.target_defence
        if same and through and arm.attack["epsilon"] == value:
            return measured, arm
    return None


def _share(measured: Measured, arm: Arm, defence: str) -> str:
    if defence not in arm.right:
        return f"<small>{esc(text.SWEEP_NOT_KEPT)}</small>"
    low, high = (100 * bound for bound in arm.intervals[defence])
    share = f"<b>{100 * arm.accuracy[defence]:.1f} %</b> {esc(text.SWEEP_OF.format(pictures=measured.pictures))}"
    return f'{share}<br><small title="{esc(text.WILSON)}">{low:.0f}–{high:.0f} %</small>'
