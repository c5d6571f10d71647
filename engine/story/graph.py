"""A story: one recipe on one model, whose results are asked for by request and found by key."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from functools import partial
from typing import Any

from ..models import Backbone
from .recipe import Recipe
from .requests import Request
from .results import Results


class Story:
    """The results of one recipe on one model, from what `results` holds or computed as they are asked for.

    `owner` is who pays for what is computed: whose results go first where there is not room for all.
    """

    def __init__(self, backbone: Backbone, recipe: Recipe, results: Results | None = None, owner: str = "") -> None:
        self.backbone, self.recipe, self.owner = backbone, recipe, owner
        self.results = Results() if results is None else results
        self._keys: dict[Request, str] = {}

    def key(self, request: Request) -> str:
        """A digest of all that a result depends on: part, slice, needs, weights, precision and kind of device."""
        if request not in self._keys:
            self._keys[request] = self._digest(request)
        return self._keys[request]

    def _digest(self, request: Request) -> str:
        held = sorted(request.slice(self.backbone, self.recipe).items())
        needs = [(name, self.key(need)) for name, need in sorted(request.needs(self.recipe).items())]
        model = (self.backbone.fingerprint, self.backbone.device.type)
        return hashlib.sha256(repr((type(request).__name__, held, needs, model)).encode()).hexdigest()[:32]

    def __contains__(self, request: Request) -> bool:
        """Whether the result is held."""
        return self.key(request) in self.results

    def ask(self, request: Request, low: bool = False) -> Iterator[tuple[Request, Any]]:
        """The result of `request`, last; before it whatever there is on the way, and that of all needs not held.

        Each item comes with the request that it belongs to. With `low`, it is computed while nobody waits for anything
        else. Raises what computing raises. Closing the generator leaves the computation, which is cancelled where
        nobody else follows it.
        """
        key = self.key(request)
        try:
            held = self.results[key]
        except KeyError:
            pass
        else:
            yield request, held
            return
        found = {}
        for name, need in request.needs(self.recipe).items():
            found[name] = yield from self._needed(need, low)
        for item in self.results.ask(key, partial(self._compute, request, found), self.owner, low):
            yield request, item

    def result(self, request: Request, low: bool = False) -> Any:
        """The result of `request`, computed with all that it needs where it is not held."""
        *_, (_, last) = self.ask(request, low)
        return last

    def _needed(self, need: Request, low: bool) -> Generator[tuple[Request, Any], None, Any]:
        held = need in self
        for asked, item in self.ask(need, low):
            if not held:
                yield asked, item
        return item

    def _compute(self, request: Request, found: dict[str, Any]) -> Generator[Any]:
        with self.backbone.cancellation_hooks.in_place():
            yield from request.compute(self.backbone, **request.slice(self.backbone, self.recipe), **found)
