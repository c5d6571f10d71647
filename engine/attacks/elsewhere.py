"""A picture that somebody attacked elsewhere: nothing is attacked here, what there is to know of it is measured."""

from __future__ import annotations

import math

from torch import Tensor

from ..classes import Classes
from ..models import Backbone
from ..models.predict import check_pixels, predict
from ..passes import Passes
from ..results import Adversarial


def attacked_elsewhere(
    backbone: Backbone, attacked: Tensor, clean: Tensor | None, classes: Classes, label: int | None = None
) -> Adversarial:
    """The pixels `attacked` (3, s, s) in [0, 1] as the result of an attack that nobody here knows.

    `clean`, likewise, is what they were made of, None where that is not known. What was attacked is `label`, else the
    answer to the clean picture, else, where nothing else is known, the answer that there is. Raises `EngineError` for
    pixels of another shape or range.
    """
    for pixels in (attacked, *(() if clean is None else (clean,))):
        check_pixels(backbone, pixels)
    exact = attacked.detach().float().cpu()
    before = None if clean is None else predict(backbone, clean, classes)
    after = predict(backbone, exact, classes)
    reference = after if before is None else before
    return Adversarial(
        clean=None if clean is None else clean.detach().float().cpu(),
        pixels=exact,
        saved=exact,
        attack="",
        target_defence="",
        epsilon=math.nan,
        norm="linf",
        label=reference.label if label is None else label,
        target=None,
        from_truth=label is not None,
        found=None,
        confidence=0.0,
        before=before,
        after=after,
        after_saved=after,
        zero_gradient=False,
        steps=(),
        seconds=0.0,
    )


def measuring_passes(clean_known: bool) -> Passes:
    """What `attacked_elsewhere` takes."""
    return Passes(1 + clean_known)
