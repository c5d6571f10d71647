"""What an evaluation tells of confidences and of the attack's success, as lines for a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .tables import UNDEFINED, markdown_table, table

COLUMNS = {"ece": "ECE", "adaptive_ece": "adaptive ECE", "auroc": "AUROC"}
TABLES = {
    "ece": "Expected calibration error, 15 bins of equal width, with 95 % interval (basic bootstrap over the pictures,"
    " 2,000 draws; it may lie below the value, to which few pictures add); in parentheses what 95 % of models that are"
    " right as often as they say stay below.",
    "adaptive_ece": "The same with 15 bins of equally many pictures.",
    "auroc": "How often a right answer is surer than a wrong one (AUROC of confidence), with interval likewise.",
}
SUCCESS = (
    "Attack success: of the pictures that the defence answers right when clean, the share that it answers wrong"
    " attacked, with 95 % Wilson interval."
)
DIFFERENCES = "Expected calibration error minus that of {base} on the same pictures, with interval likewise."
LACKING = "Calibration is not told: these records keep no confidences."


def plain_confidence(arm: str, results: dict) -> list[str]:
    """A table of one arm; none where its records tell nothing of confidences."""
    if not results["calibration"]:
        return []
    successes = results["success"]
    measures = [cell for measure in COLUMNS.values() for cell in (measure, "95 % interval")]
    head = (arm, *measures, "calibrated: below", *(["fooled", "95 % interval"] if successes else ()))
    rows = [
        (name, *(cell for measure in COLUMNS for cell in _measure(found, measure)), f"{found['calibrated']:.3f}",
         *(_success(successes, name) if successes else ()))
        for name, found in results["calibration"].items()
    ]  # fmt: skip
    return ["", *table(head, rows)]


def lacking(arms: Mapping[str, dict]) -> list[str]:
    """A sentence where no record of any arm has a confidence."""
    return ["", LACKING] if arms and not any(results["calibration"] for results in arms.values()) else []


def markdown_confidence(arms: Mapping[str, dict], defences: Sequence[str]) -> list[str]:
    """A table for each measure, an arm a column, and one of the attacks' success."""
    known = [arm for arm, results in arms.items() if results["calibration"]]
    lines = lacking(arms)
    for measure in COLUMNS if known else ():
        rows = [(name, *(_in_one(arms[arm]["calibration"].get(name), measure) for arm in known)) for name in defences]
        lines += ["", TABLES[measure], "", *markdown_table(("defence", *known), rows)]
        pairs = {arm: {one["first"]: one for one in arms[arm]["calibration_pairs"]} for arm in known}
        base = next((one["second"] for of_arm in pairs.values() for one in of_arm.values()), "")
        if measure == "ece" and base:
            rows = [(name, *(_apart(pairs[arm].get(name)) for arm in known)) for name in defences if name != base]
            lines += ["", DIFFERENCES.format(base=base), "", *markdown_table(("defence", *known), rows)]
    attacked = [arm for arm, results in arms.items() if results["success"]]
    if attacked:
        rows = [
            (name, *(" ".join(_success(arms[arm]["success"], name, "[]")) for arm in attacked)) for name in defences
        ]
        lines += ["", SUCCESS, "", *markdown_table(("defence", *attacked), rows)]
    return lines


def _measure(found: dict, measure: str) -> tuple[str, str]:
    value, interval = found[measure], found[f"{measure}_interval"]
    if value is None:
        return UNDEFINED, UNDEFINED
    return f"{value:.3f}", UNDEFINED if interval is None else f"{interval[0]:.3f} ... {interval[1]:.3f}"


def _in_one(found: dict | None, measure: str) -> str:
    if found is None or found[measure] is None:
        return UNDEFINED
    low, high = found[f"{measure}_interval"]
    usual = f" ({found['calibrated']:.3f})" if measure == "ece" else ""
    return f"{found[measure]:.3f} [{low:.3f}, {high:.3f}]{usual}"


def _apart(pair: dict | None) -> str:
    if pair is None:
        return UNDEFINED
    low, high = pair["interval"]
    return f"{pair['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"


def _success(successes: dict[str, Any], name: str, brackets: str = "") -> tuple[str, ...]:
    found = successes.get(name)
    if found is None or found["rate"] is None:
        return (UNDEFINED,) if brackets else (UNDEFINED, UNDEFINED)
    low, high = found["interval"]
    if brackets:
        return f"{found['rate']:.3f}", f"[{low:.3f}, {high:.3f}],", f"{found['fooled']} of {found['of']}"
    return f"{found['rate']:.3f}", f"{low:.3f} ... {high:.3f}"
