"""TTP (CVPR 2026, arXiv 2512.16523): a border that moves the picture's feature far means an attack, and undoes it.

What the paper leaves open is settled here: all borders are a seventh of the picture's side, 32 of 224 pixels; the fixed
one is black; six views are tuned on; and the border's step is taken on the scale on which pixels lie in [0, 1], clipped
to it. Whether the border goes around the picture, which then shrinks back to its size, or inside it, is two readings.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..detection.borders import Border, around, canvas_size, inside
from ..passes import Passes
from .base import Case, Defence, views_of

if TYPE_CHECKING:
    from torch import Tensor

ALIKE = 0.8  # a cosine above it, with and without a border, is that of a clean picture
KEPT = 6  # views, the surest, that the border is tuned on
START = 10 / 255  # the border begins as uniform noise up to here
RATE = 5.0  # of the border's one step down the gradient
WIDTH = 0.05  # of the slope by which an attack follows the decision
LOOKS = Passes(1 + 3 * KEPT, KEPT)  # black border; begun, tuned and black border of the kept views


def restored(case: Case, border: Border) -> tuple[Tensor, Tensor]:
    """Log-probabilities (c,) of the surest views inside a tuned border, and their weights (k,).

    The border goes once down the mean entropy of these views. A view counts more the nearer the border brings it to
    where a black one does, and the further from where it was.
    """
    from ..numerics.measures import entropy

    backbone, text = case.backbone, case.backbone.encode_text(case.classes)
    kept = entropy(case.logits).argsort(stable=True)[:KEPT]
    pictures = case.pictures[kept]
    canvas = tuned_border(case, pictures.detach(), border, text)
    seen, fixed = (backbone.encode_image(border(pictures, each)) for each in (canvas, canvas * 0))
    nearer = (seen * fixed).sum(-1) - (seen * case.views.features[kept].to(seen)).sum(-1)
    weights = nearer.float().softmax(0)
    logs = backbone.logits(seen, text).float().log_softmax(-1)
    return (logs + weights.log()[:, None]).logsumexp(0), weights


def tuned_border(case: Case, pictures: Tensor, border: Border, text: Tensor) -> Tensor:
    """A canvas (3, t, t) whose border, noise drawn from the seed of the views, was moved by one step."""
    import numpy as np
    import torch

    from ..models.memory import enough_memory
    from ..numerics.measures import entropy

    size = canvas_size(pictures.shape[-1], border)
    drawn = np.random.default_rng(case.settings.views.seed).uniform(0, START, (3, size, size))
    canvas = torch.from_numpy(drawn).to(pictures).requires_grad_()
    with enough_memory("TTP"), torch.enable_grad():
        logits = case.backbone.logits(case.backbone.encode_image(border(pictures, canvas)), text)
        (gradient,) = torch.autograd.grad(entropy(logits.float()).mean(), canvas)
    return (canvas.detach() - RATE * gradient).clamp(0, 1)


def likeness(case: Case, border: Border) -> Tensor:
    """Cosine () of the picture's features without and with a black border."""
    import torch

    picture = case.pictures[:1]
    size = canvas_size(picture.shape[-1], border)
    (seen,) = case.backbone.encode_image(border(picture, torch.zeros(3, size, size)))
    return (seen @ case.views.features[0].to(seen)).float().cpu()


def bordered_answer(case: Case, border: Border) -> Tensor:
    """Logits (c,) of view 0 where a border hardly moves its feature, else log-probabilities inside a tuned border."""
    if float(likeness(case, border)) > ALIKE:
        return case.logits[0]
    return restored(case, border)[0].cpu()


def bordered_answer_to_follow(case: Case, border: Border) -> Tensor:
    """The same answer, as log-probabilities; the decision has the slope of a sigmoid, and the border's step none."""
    found = likeness(case, border)
    soft, hard = ((found - ALIKE) / WIDTH).sigmoid(), (found > ALIKE).float()
    clean = soft + (hard - soft).detach()
    return clean * case.logits[0].float().log_softmax(-1) + (1 - clean) * restored(case, border)[0].cpu()


TTP = Defence(
    title="TTP (border around)",
    source="CVPR 2026 (arXiv 2512.16523), border around the picture, then shrunk",
    explanation="If a black border changes much of what the model sees, a border is tuned that undoes it, else the"
    " untouched model answers; a model that knows no borders takes all for attacked.",
    views=views_of("augmix"),
    answer=partial(bordered_answer, border=around),
    answer_looks=LOOKS,
    surrogate=partial(bordered_answer_to_follow, border=around),
)
TTP_INSIDE = replace(
    TTP,
    title="TTP (border inside)",
    source="CVPR 2026, border inside the picture's frame",
    explanation="As TTP, with the picture shrunk first, so that the border fits into its frame.",
    answer=partial(bordered_answer, border=inside),
    surrogate=partial(bordered_answer_to_follow, border=inside),
)
