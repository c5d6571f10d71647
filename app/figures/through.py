"""In words, what became of the defence that an attack was made to break."""

from __future__ import annotations

import engine
from app.figures.html import percent
from app.text import attack as text


def went_through(
    result: engine.Adversarial, through: engine.DefenceResult | None, strange: bool = False
) -> tuple[str, str, str]:
    """Sentence, tone and icon on the defence that the attack was made to break."""
    title, names = engine.DEFENCES[result.target_defence].title, result.known_before.classes.names
    if through is None:
        return text.THROUGH_OPEN.format(defence=title), "plain", ""
    answer = f"**{through.prediction.name}** at {percent(through.prediction.confidence)}"
    said = {"defence": title, "answer": answer, "name": names[result.label]}
    if strange:
        return text.THROUGH_SAYS.format(**said), "plain", ""
    if through.prediction.label == result.label:
        return text.THROUGH_HELD.format(**said), "good", "✓"
    if through.prediction.label == result.target:
        return text.THROUGH_REACHED.format(**said), "bad", "✗"
    return text.THROUGH_BROKEN.format(**said), "bad", "✗"
