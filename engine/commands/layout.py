"""Results as plain data for --json and as aligned lines for a person."""

from __future__ import annotations

from ..types import Adversarial, AttackStep, Prediction


def prediction_data(prediction: Prediction) -> dict:
    """A prediction as plain data; logits and probabilities stand in the order of the classes."""
    return {
        "name": prediction.name,
        "label": prediction.label,
        "confidence": prediction.confidence,
        "entropy": prediction.entropy,
        "margin": prediction.margin,
        "logits": prediction.logits.tolist(),
        "probabilities": prediction.probabilities.tolist(),
    }


def attack_data(adversarial: Adversarial) -> dict:
    """An attack as plain data; norms are those of the saved picture, pixels in [0, 1]."""
    return {
        "method": adversarial.method,
        "epsilon": adversarial.epsilon,
        "label": adversarial.label,
        "from_truth": adversarial.from_truth,
        "fooled": adversarial.fooled,
        "linf": adversarial.linf(),
        "l2": adversarial.l2(),
        "linf_float": adversarial.linf(saved=False),
        "before": prediction_data(adversarial.before),
        "after": prediction_data(adversarial.after),
        "after_saved": prediction_data(adversarial.after_saved),
        "steps": [_step_data(step, adversarial.label) for step in adversarial.steps],
        "seconds": adversarial.seconds,
    }


def _step_data(step: AttackStep, label: int) -> dict:
    prediction = step.prediction
    return {
        "index": step.index,
        "loss": step.loss,
        "name": prediction.name,
        "confidence": prediction.confidence,
        "attacked_probability": float(prediction.probabilities[label]),
    }


def prediction_row(title: str, prediction: Prediction) -> tuple[str, ...]:
    """Columns for `table`: title, answer, probability, entropy and margin."""
    return (
        title,
        prediction.name,
        f"{prediction.confidence:.3f}",
        f"{prediction.entropy:.3f}",
        f"{prediction.margin:.2f}",
    )


PREDICTION_HEAD = ("", "answer", "prob", "entropy", "margin")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """Lines with aligned columns: text to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    numeric = [all(_is_number(row[i]) for row in rows) for i in range(len(head))]

    def line(row: tuple[str, ...]) -> str:
        cells = zip(row, widths, numeric, strict=True)
        return "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in cells).rstrip()

    return [line(head), *(line(row) for row in rows)]


def _is_number(cell: str) -> bool:
    return cell[:1].isdigit() or cell[:1] == "-"
