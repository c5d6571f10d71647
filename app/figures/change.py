"""In words, how much of an attack's change one can see."""

from __future__ import annotations

import engine
from app.text import attack as text

HIDDEN, FAINT = 0.85, 0.6  # structural similarity from which on one sees next to nothing, and little
WIDE = 12 / 255  # a change of every channel that one sees, whatever the measure says
PLAIN = 48 / 255  # one that is seen in few pixels, where nothing holds it back


def likeness(result: engine.Adversarial) -> float:
    """Structural similarity of the clean and the saved attacked picture, 1 where they are equal."""
    return engine.measures.picture_ssim(result.known_clean, result.saved)


def to_the_eye(result: engine.Adversarial) -> str:
    """What one sees of the attack, by how alike the pictures are and by how far the channels have moved."""
    alike, moved = likeness(result), result.per_channel
    if not result.limited and result.linf() > PLAIN:
        return text.TO_THE_EYE["plain"]
    if alike < FAINT or moved > WIDE:
        return text.TO_THE_EYE["seen"]
    return text.TO_THE_EYE["hidden" if alike >= HIDDEN else "faint"]
