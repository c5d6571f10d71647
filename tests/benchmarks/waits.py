"""Seconds that a short call waits behind a long one on one model: `python -m tests.benchmarks.waits`."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from time import perf_counter
from uuid import uuid4

from PIL import Image

from engine.benchmarks.speed import Timing, median_seconds
from engine.fieldguide.world.questions import make_question
from engine.models import load_backbone
from engine.models.predict import predict
from engine.settings import AttackSettings, Settings
from engine.story.graph import Story
from engine.story.recipe import Picture, Recipe
from engine.story.requests import Attack, Clean, Defended, Request
from engine.story.results import Results

LIMIT = 0.4  # seconds, on two idle cores with the built-in model, where a predict takes 9 ms
LONG: dict[str, tuple[AttackSettings, tuple[Request, ...]]] = {
    "an adaptive attack of 1,000 steps": (AttackSettings("adaptive", steps=1000), (Attack(),)),
    "views and defences": (AttackSettings(epsilon=0.0), tuple(map(Defended, ("a-tpt", "tpt", "mta", "mac")))),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the longest wait behind each kind of long work; 0 where all limits were held and 1 where one was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.waits", description=__doc__)
    parser.add_argument("--calls", type=int, default=20, metavar="N", help="short calls behind each (default: 20)")
    chosen = parser.parse_args(arguments)
    if chosen.calls < 1:
        parser.error(f"expected at least one call; got {chosen.calls}")
    backbone = load_backbone()
    question = make_question(seed=0, index=0)
    pixels, classes = backbone.prepare(Image.fromarray(question.painting.pixels)), question.classes
    alone = median_seconds(lambda: predict(backbone, pixels, classes), 25)
    print(f"predict alone: {alone:.3f} s, median", flush=True)
    held = True
    for name, (attack, requests) in LONG.items():
        results = Results()
        given = Recipe(Picture(pixels), classes, settings=Settings(attack=attack))
        warm_up(Story(backbone, given, results), requests)
        seconds = sorted(waits(Story(backbone, given, results, "long"), requests, chosen.calls))
        longest = Timing(f"predict behind {name}", seconds[-1], LIMIT)
        print(f"{longest.stage}: {seconds[len(seconds) // 2]:.3f} s, median of {len(seconds)};", end=" ")
        print(
            f"longest {longest.seconds:.3f} s ({longest.verdict}), {longest.seconds / alone:.0f} predicts", flush=True
        )
        held = held and longest.seconds < LIMIT
    return int(not held)


def warm_up(story: Story, requests: Sequence[Request]) -> None:
    """Have everything imported that the requests compute with, by an attack of one step."""
    settings = story.recipe.settings
    short = replace(story.recipe, settings=replace(settings, attack=replace(settings.attack, steps=1)))
    for request in requests:
        Story(story.backbone, salted(short), story.results).result(request)


def waits(story: Story, requests: Sequence[Request], calls: int) -> Iterator[float]:
    """Seconds of each of so many calls for the answer to another picture, while the story's requests are computed over
    and over again."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            for request in requests:
                fresh = Story(story.backbone, salted(story.recipe), story.results, story.owner)
                with closing(fresh.ask(request)) as items:
                    for _ in items:
                        if over.is_set():
                            return

    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(calls):
        over.wait(0.3)
        short = Story(story.backbone, salted(story.recipe), story.results, "short")
        started = perf_counter()
        short.result(Clean())
        yield perf_counter() - started
    over.set()
    thread.join()


def salted(recipe: Recipe) -> Recipe:
    """The same under a name that nobody has used, so that nothing is held."""
    return replace(recipe, picture=Picture(recipe.picture.pixels, uuid4().hex))


if __name__ == "__main__":
    raise SystemExit(main())
