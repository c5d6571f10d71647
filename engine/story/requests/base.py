"""What every part of a story is.

`compute` is given the slice of the recipe and the results that a request names, and nothing else. So what a part has
not declared it cannot read, and a result is determined by its slice and by the keys of what it needs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from ...models import Backbone
from ...passes import Passes
from ..recipe import Recipe


class Request(ABC):
    """A part of the story with its arguments; equal requests of one recipe have one result.

    `slice` gives the values that `compute` may read of the recipe, by the names of its parameters, with the default in
    place of every setting that it does not read. `needs` gives the requests whose results it is given, by name too.
    `compute` yields what there is on the way, and the result last. `passes` is what it takes at most.
    """

    @abstractmethod
    def slice(self, backbone: Backbone, recipe: Recipe) -> dict[str, Any]: ...

    def needs(self, recipe: Recipe) -> Mapping[str, Request]:
        return {}

    @abstractmethod
    def passes(self, backbone: Backbone, recipe: Recipe) -> Passes: ...

    def cost(self, backbone: Backbone, recipe: Recipe) -> float:
        """What computing takes at most, that of its needs left out, in the unit of `Passes.cost`: the pass of one
        picture forward through the image tower. Raises `EngineError` for what computing refuses unseen.
        """
        passes = self.passes(backbone, recipe)
        return passes.cost(backbone.reading_cost(recipe.classes) if passes.text_forward else 0.0)

    @staticmethod
    @abstractmethod
    def compute(*backbone: Any, **held: Any) -> Iterator[Any]: ...
