"""The figures of `bench` as plain data and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .tables import UNDEFINED, table, wrapped

if TYPE_CHECKING:
    from ..benchmarks.comparison import LiteralCost
    from ..benchmarks.speed import Timing

STAGES = ("stage", "seconds", "forwards", "GFLOP", "GFLOP/s", "of peak", "GB", "limit")
LITERAL = ("literal", "tokens", "seconds", "GFLOP", "GFLOP/s", "of peak", "over ours", "fewer operations")


def stage_data(timings: Sequence[Timing], peak: float) -> list[dict]:
    """Each stage as plain data; `peak` is the rate of matrix products in operations a second."""
    forward = next(timing.seconds for timing in timings if timing.stage == "predict")
    return [
        {
            "stage": timing.stage,
            "seconds": timing.seconds,
            "forwards": timing.seconds / forward,
            **_rate(timing, peak),
            "memory_gb": timing.memory_gb,
            "limit": timing.limit,
            "verdict": timing.verdict,
        }
        for timing in timings
    ]


def literal_data(costs: Sequence[LiteralCost], timings: Sequence[Timing], peak: float) -> list[dict]:
    """Each literal schedule as plain data, with what it takes over the stage of ours that has its name."""
    ours = {timing.stage: timing for timing in timings}
    return [
        {
            "defence": cost.defence,
            "tokens": cost.length,
            "seconds": cost.seconds,
            **_rate(cost, peak),
            "ratio": None if cost.seconds is None else cost.seconds / ours[cost.defence].seconds,
            "operations_ratio": cost.operations / (ours[cost.defence].operations or 1),
        }
        for cost in costs
    ]


def cost_lines(document: dict) -> list[str]:
    """Both tables, and the most memory."""
    return [
        *table(STAGES, [_stage_row(stage) for stage in document["stages"]]),
        "",
        *table(LITERAL, [_literal_row(cost) for cost in document["literal"]]),
        "",
        *wrapped(
            "GFLOP: operations of matrix products, convolutions and attention, as torch counts them, in thousand"
            " millions; of peak: of the fastest matrix product; GB: most resident memory meanwhile; over ours: literal"
            " seconds over those of the stage of that name."
        ),
        f"most memory of ours {document['memory_gb']:.2f} GB"
        f" (limit of the built-in model {document['memory_limit_gb']:g} GB)",
    ]


def _rate(cost: Timing | LiteralCost, peak: float) -> dict:
    share = None if cost.rate is None else cost.rate / peak
    return {"operations": cost.operations, "operations_per_second": cost.rate, "share_of_peak": share}


def _stage_row(stage: dict) -> tuple[str, ...]:
    figures = (
        f"{stage['seconds']:.3f}",
        f"{stage['forwards']:.1f}",
        *_rate_cells(stage),
        _cell(stage["memory_gb"], ".2f"),
    )
    return (stage["stage"], *figures, stage["verdict"])


def _literal_row(cost: dict) -> tuple[str, ...]:
    ratios = _cell(cost["ratio"], ".1f", "x"), _cell(cost["operations_ratio"], ".1f", "x")
    return (cost["defence"], str(cost["tokens"]), _cell(cost["seconds"], ".2f"), *_rate_cells(cost), *ratios)


def _rate_cells(cost: dict) -> tuple[str, ...]:
    """Operations, their rate and its share of the peak."""
    billions = [None if cost[name] is None else cost[name] / 1e9 for name in ("operations", "operations_per_second")]
    return (_cell(billions[0], ".1f"), _cell(billions[1], ".0f"), _cell(cost["share_of_peak"], ".0%"))


def _cell(value: float | None, form: str, unit: str = "") -> str:
    return UNDEFINED if value is None else f"{value:{form}}{unit}"
