"""The pictures of a story handed on to another model: what it is asked, and its answers put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PIL import Image
from torch import Tensor

from ..errors import require
from ..models import Backbone
from ..results import Prediction
from .graph import Story
from .recipe import Picture, Recipe
from .requests import Answers, Attack, Control, arms_of
from .transfer import Asked, Transfer

ELSEWHERE = (
    "This picture was attacked elsewhere, and nobody here knows on which model. Whom it fools is seen by asking the"
    " models one after the other about it."
)


def handed_on(story: Story, backbone: Backbone) -> tuple[Story, Answers]:
    """What to ask another model about the pictures of a story, whose attack is computed where it is not held.

    They are the squares in 8 bits that the attacked model saw: clean, attacked, and under as much noise where anything
    was changed. Where its pictures have another size, they are resized as it resizes any. Raises `EngineError` for a
    picture that was attacked elsewhere.
    """
    require(story.recipe.attacked is None, ELSEWHERE)
    hit, clean = story.result(Attack()), story.recipe.picture
    arms = arms_of(clean, hit, story.recipe.settings.attack.seed)
    shown = tuple(Picture(as_seen(backbone, pixels), clean.salt) for pixels in arms.values())
    recipe = Recipe(shown[0], story.recipe.classes, hit.label)
    return Story(backbone, recipe, story.results, story.owner), Answers(shown)


def as_seen(backbone: Backbone, pixels: Tensor) -> Tensor:
    """A square that another model saw, (3, s, s) in [0, 1], as this one sees it, in 8 bits: the same where both look at
    pictures of one size."""
    levels = (pixels.detach().cpu() * 255).round().byte()
    if pixels.shape[-1] == backbone.image_size:
        return levels.float() / 255
    return backbone.prepare(Image.fromarray(levels.permute(1, 2, 0).contiguous().numpy()))


def transferred(story: Story, others: Iterable[tuple[Backbone, Sequence[Prediction]]]) -> Transfer:
    """Whom the attack of a story fools, its own model and the `others`, each with what it answered when asked."""
    hit = story.result(Attack())
    noise = story.result(Control()) if hit.per_channel else None
    own = Asked(story.backbone.name, story.backbone.image_size, hit.known_before, hit.after_saved, noise)
    asked = (Asked(one.name, one.image_size, *_of_three(answers)) for one, answers in others)
    return Transfer(hit.label, hit.from_truth, (own, *asked))


def transfer_of(story: Story, others: Sequence[Backbone]) -> Transfer:
    """The same, with all that it takes computed. Raises `EngineError` as `handed_on` does, and for classes that one of
    the others cannot read."""
    asked = [handed_on(story, other) for other in others]
    return transferred(story, [(one.backbone, one.result(request)) for one, request in asked])


def _of_three(answers: Sequence[Prediction]) -> tuple[Prediction, Prediction, Prediction | None]:
    clean, attacked, *noise = answers
    return clean, attacked, noise[0] if noise else None
