"""The executor whose workers are actors on a Ray cluster; items of an actor that is lost are done again by another.

The only module that imports ray, and it does so when a cluster is started, not before.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from ...errors import EngineError, require
from ...models import load_backbone
from ...settings import ModelSettings
from .base import Each, Work

LOCAL = "local"  # instead of an address: a cluster of this machine alone, for as long as it is needed
AUTO = "auto"  # instead of an address: the cluster that this machine belongs to
PATIENCE = 5  # seconds in which a machine must answer
AHEAD = 2  # items an actor is given at a time, so that it never waits for the next
RETRIES = 3  # times that one item may lose its actor; more, and the item is what kills it
RESOURCES = {"num_cpus": "CPU", "num_gpus": "GPU"}  # of an actor: of a cluster
STORE = 256 * 2**20  # bytes of shared memory that a cluster of this machine sets aside; records are small


@dataclass(frozen=True, slots=True)
class RayCluster:
    """`count` actors (None: one per CPU of the cluster) of one thread each, on the cluster at `address`.

    With a CUDA `device` every actor has a GPU. All machines need this package and see pictures, models and folders
    under the same paths. Raises `EngineError` for fewer than one actor.
    """

    model: str
    device: str | None = None
    count: int | None = None
    precision: str = "fp32"
    address: str = LOCAL
    settings: ModelSettings = ModelSettings()

    def __post_init__(self) -> None:
        require(self.count is None or self.count >= 1, f"Expected at least one worker; got {self.count}.")

    @contextmanager
    def start(self) -> Generator[Each]:
        """A function that works on items in the actors; raises `EngineError` without ray, cluster or room for them."""
        ray = _ray()
        here = self.address == LOCAL
        if self.address not in (LOCAL, AUTO):
            _check_reachable(self.address)
        cores = self.count or os.cpu_count()
        asked = {"num_cpus": cores, "include_dashboard": False, "object_store_memory": STORE} if here else {}
        try:
            ray.init(self.address, log_to_driver=False, logging_level="error", **asked)
        except (ConnectionError, ValueError, RuntimeError) as error:
            why = str(error).split("\n")[0]
            raise EngineError(f"Expected a Ray cluster to join by “{self.address}”; Ray says: {why}") from error
        try:
            actors = self._actors(ray)
            yield lambda work, items: _each(ray, actors, work, items)
        finally:
            ray.shutdown()

    def _actors(self, ray: Any) -> list[Any]:
        needs = {"num_cpus": 1, "num_gpus": int((self.device or "").startswith("cuda"))}
        room = ray.cluster_resources()
        places = int(min(room.get(name, 0) / needs[key] for key, name in RESOURCES.items() if needs[key]))
        count = self.count or places
        require(1 <= count <= places, f"Expected a cluster with room for {count or 1} workers; it has {places}.")
        build = ray.remote(max_restarts=-1, max_task_retries=RETRIES, **needs)(Actor)
        return [build.remote(self.model, self.device, self.precision, self.settings) for _ in range(count)]


class Actor:
    """One model and one thread on some machine."""

    def __init__(self, model: str, device: str | None, precision: str, settings: ModelSettings) -> None:
        torch.set_num_threads(1)
        self.load = partial(load_backbone, model, device, precision, settings=settings)
        self.backbone = None

    def work(self, work: Work, item: Any) -> Any:
        """The result of `work` on one item. The model is loaded with the first, so that its errors reach the caller."""
        if self.backbone is None:
            self.backbone = self.load()
        return work(self.backbone, item)


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster started here reports nothing to anybody
    try:
        import ray  # optional: requirements-ray.txt
    except ImportError as error:
        raise EngineError("A cluster needs Ray: pip install -r requirements-ray.txt.") from error
    return ray


def _check_reachable(address: str) -> None:
    """Raise `EngineError` where no server listens; Ray itself would retry for a quarter of an hour."""
    host, _, port = address.rpartition(":")
    require(bool(host) and port.isdigit(), f"Expected host:port, {AUTO} or {LOCAL} for a Ray cluster; got “{address}”.")
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise EngineError(f"Expected a Ray cluster at “{address}”; nobody answers there.") from error


def _each(ray: Any, actors: list[Any], work: Work, items: Iterable[Any]) -> Iterator[Any]:
    """Results in the order of the items, whichever actor is done first."""
    shared = ray.put(work)
    waiting = enumerate(items)
    free = deque(actor for _ in range(AHEAD) for actor in actors)
    running: dict[Any, tuple[int, Any]] = {}
    done: dict[int, Any] = {}
    upcoming = 0
    while True:
        while free and (taken := next(waiting, None)) is not None:
            place, item = taken
            actor = free.popleft()
            running[actor.work.remote(shared, item)] = (place, actor)
        if not running:
            return
        (ready, *_), _ = ray.wait(list(running))
        place, actor = running.pop(ready)
        done[place] = _result(ray, ready)
        free.append(actor)
        while upcoming in done:
            yield done.pop(upcoming)
            upcoming += 1


def _result(ray: Any, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.RayActorError as error:
        raise EngineError(
            f"A worker of the cluster was lost {RETRIES + 1} times over one picture; memory may run short there."
        ) from error
