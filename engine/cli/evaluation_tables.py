"""An evaluation's summary as lines for a terminal and as Markdown tables."""

from __future__ import annotations

from ..attacks import ATTACKS
from ..defences.registry import DEFENCES
from ..parameters import length
from ..settings import EnsembleSettings
from .confidence_tables import lacking, markdown_confidence, plain_confidence
from .corruption_tables import markdown_corruptions, plain_corruptions
from .detection_tables import markdown_detection, plain_detection
from .survival_tables import markdown_survival, plain_survival
from .tables import markdown_table, table, wrapped
from .transfer_tables import markdown_transfer, plain_transfer

NAMED = 20  # pictures that a table names among those left out


def plain_lines(summary: dict) -> list[str]:
    """One aligned table per arm."""
    lines = [_heading(summary), *(line for sentence in _assumed(summary) for line in wrapped(sentence))]
    lines += _skipped_lines(summary, "  ")
    for arm, results in summary["arms"].items():
        base = _base(results)
        head = (
            arm,
            "accuracy",
            "95 % interval",
            f"minus {base}",
            f"only it / only {base}",
            "McNemar p",
            "Holm",
            "seconds",
        )
        rows = [_plain_row(defence, results) for defence in results["accuracy"]]
        lines += ["", *table(head if base else (*head[:3], "", "", "", "", head[-1]), rows)]
        if results["blind"]:
            lines.append(_blind(results))
        lines += plain_confidence(arm, results)
    beside = [*plain_corruptions(summary), *plain_survival(summary), *plain_detection(summary)]
    return [*lines, *plain_transfer(summary), *lacking(summary["arms"]), *beside]


def markdown_lines(summary: dict) -> list[str]:
    """What was attacked how, a table of accuracies, and one of differences on the same pictures."""
    arms = summary["arms"]
    scored: list[dict[str, float]] = [results["accuracy"] for results in arms.values()]
    defences = list(max(scored, key=len, default={}))
    timed = any(results["seconds"] for results in arms.values())
    seconds = [(_seconds(arms, defence),) if timed else () for defence in defences]
    accuracies = [
        (defence, *(_share(results, defence) for results in arms.values()), *took)
        for defence, took in zip(defences, seconds, strict=True)
    ]
    base = next((_base(results) for results in arms.values() if results["pairs"]), "")
    differences = [
        (defence, *(_difference(results, defence) for results in arms.values()))
        for defence in defences
        if defence != base
    ]
    lines = [
        f"{_heading(summary)}. Accuracy with 95 % Wilson interval"
        + ("; seconds a picture in one worker, attack excluded." if timed else "."),
        *_skipped_lines(summary, "- "),
        "",
        *(f"- {sentence}" for sentence in _assumed(summary)),
        *(f"- {_attack_line(arm, summary)}" for arm in arms if arm in summary["plan"]["attacks"]),
        "",
        *markdown_table(("defence", *arms, *(["seconds"] if timed else [])), accuracies),
    ]
    if base:
        lines += [
            "",
            f"Accuracy minus that of {base} on the same pictures with 95 % interval (Newcombe), pictures only the one"
            " : only the other got right, exact McNemar p, and corrected for the comparisons of its column (Holm).",
            "",
            *markdown_table(("defence", *arms), differences),
        ]
    lines += [*markdown_transfer(summary), *markdown_confidence(arms, defences)]
    return [*lines, *markdown_corruptions(summary), *markdown_survival(summary), *markdown_detection(summary)]


def _heading(summary: dict) -> str:
    done, asked = summary["pictures"], summary["plan"]["pictures"]
    pictures = f"{done}" if done == asked else f"{done} of {asked}"
    parts = [f"{pictures} pictures", summary["plan"]["model"], f"{summary['plan']['views']['count']} views"]
    reading = summary["plan"].get("reading")  # plans of older versions have none
    parts += [reading["in_words"]] if reading else []
    weights = EnsembleSettings(**summary["plan"]["ensemble"])
    defences = {name.rpartition("/")[2] for results in summary["arms"].values() for name in results["accuracy"]}
    if any("tv_map" in DEFENCES[defence].uses for defence in defences):
        parts.append(f"TV weights: {weights.tv_reading}")
    return ", ".join([*parts, *(["flaws of the official codes kept"] if weights.legacy else [])])


def _assumed(summary: dict) -> list[str]:
    return summary["plan"].get("reading", {}).get("assumed", [])


def _skipped_lines(summary: dict, mark: str) -> list[str]:
    """Which pictures could not be read, the first `NAMED` of them by their sentences; none where all could."""
    reasons = [one["reason"] for one in summary["skipped"]]
    if not reasons:
        return []
    rest = len(reasons) - NAMED
    more = [f"and {rest:,} more, all in skipped.jsonl and summary.json"] if rest > 0 else []
    lines = [mark + why for why in (*reasons[:NAMED], *more)]
    return ["", f"Left out, for they cannot be read: {len(reasons):,}.", "", *lines]


def _attack_line(arm: str, summary: dict) -> str:
    attack = summary["plan"]["attacks"][arm]
    seconds = summary["attack_seconds"].get(arm)
    took = "" if seconds is None else f"; {seconds:.1f} s a picture"
    chosen = ATTACKS[attack["attack"]]
    blind = f"; {_blind(results)}" if (results := summary["arms"][arm])["blind"] else ""
    if not chosen.limited:
        return f"`{arm}`: {chosen.title}; {chosen.threat}{took}{blind}"
    count = 1 if attack["attack"] == "fgsm" else attack["steps"]
    steps = f", {count} step{'s' if count > 1 else ''}" if chosen.aimed else ""
    away = "" if attack.get("from_truth", True) else ", away from the model's own answer"
    through = f" ({attack['target_defence']})" if attack["attack"] == "adaptive" else ""
    limit = length(attack["epsilon"], attack["norm"])
    return (
        f"`{arm}`: {chosen.title}{through}{away}{steps}, {attack['norm']} at most {limit}; {chosen.threat}{took}{blind}"
    )


def _blind(results: dict) -> str:
    """On how many pictures an attack proved nothing."""
    count = results["blind"]
    pictures = f"{count} picture{'s' if count > 1 else ''}"
    return f"gradient zero at the first step on {pictures}, where this attack proves nothing"


def _base(results: dict) -> str:
    return results["pairs"][0]["second"] if results["pairs"] else ""


def _plain_row(defence: str, results: dict) -> tuple[str, ...]:
    low, high = results["intervals"][defence]
    cells = (defence, f"{results['accuracy'][defence]:.3f}", f"{low:.3f} ... {high:.3f}")
    seconds = f"{results['seconds'][defence]:.3f}" if defence in results["seconds"] else ""
    pair = _pair(results, defence)
    if not pair:
        return (*cells, "", "", "", "", seconds)
    low, high = pair["interval"]
    span = f"{pair['difference']:+.3f} ({low:+.3f} ... {high:+.3f})"
    return (*cells, span, f"{pair['only_first']} / {pair['only_second']}", _p(pair["p"]), _p(pair["holm"]), seconds)


def _pair(results: dict, defence: str) -> dict:
    return next((pair for pair in results["pairs"] if pair["first"] == defence), {})


def _share(results: dict, defence: str) -> str:
    if defence not in results["accuracy"]:
        return ""
    low, high = results["intervals"][defence]
    return f"{results['accuracy'][defence]:.3f} [{low:.3f}, {high:.3f}]"


def _difference(results: dict, defence: str) -> str:
    pair = _pair(results, defence)
    if not pair:
        return ""
    low, high = pair["interval"]
    split = f"{pair['only_first']} : {pair['only_second']}"
    return f"{pair['difference']:+.3f} [{low:+.3f}, {high:+.3f}], {split}, p {_p(pair['p'])}, Holm {_p(pair['holm'])}"


def _seconds(arms: dict, defence: str) -> str:
    """The mean over the arms; the pictures differ, the work does not."""
    seconds = [results["seconds"][defence] for results in arms.values() if defence in results["seconds"]]
    return f"{sum(seconds) / len(seconds):.3f}" if seconds else ""


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
