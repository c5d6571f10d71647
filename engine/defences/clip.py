"""CLIP without a defence, its prompt ensemble, and the mean over views: the arms that defences are compared with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .base import Defence, mean_probability, views_of

if TYPE_CHECKING:
    from ..classes import Classes
    from ..models import Backbone


def own_templates(backbone: Backbone, classes: Classes, domain_word: str) -> Classes:
    """The classes in the model's own set of sentences, whose features are averaged."""
    return replace(classes, templates=backbone.templates)


CLIP = Defence(
    title="No defence",
    source="Radford et al., ICML 2021",
    explanation="The untouched model looks once at the picture.",
)
CLIP_TEMPLATES = Defence(
    title="Prompt ensemble",
    source="Radford et al., ICML 2021, section 3.1.4",
    explanation="The untouched model, with each class name in several sentences whose features are averaged.",
    classes=own_templates,
)
VIEW_AVERAGE = Defence(
    title="View average",
    source="the row “Ensemble” of Sheng et al., CVPR 2025",
    explanation="The model looks at many random crops, and its probabilities are averaged.",
    views=views_of("augmix"),
    answer=mean_probability,
)
