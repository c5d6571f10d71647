"""Attacks for the shortest change beside foolbox's: `python -m tests.benchmarks.minimal_attacks`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import mean, median

import torch
from torch import Tensor, nn

from engine.attacks.projection import size_of
from engine.classes import Classes
from engine.fieldguide.series import FieldGuideSeries
from engine.models import Backbone, load_backbone
from engine.models.predict import predict
from engine.parameters import LEVELS
from engine.settings import AttackSettings
from engine.story.attack import attack

SERIES = 3
FAR = AttackSettings.LARGEST  # the limit, so that none is cut
Finder = Callable[[Backbone, Tensor, Classes, int], tuple[Tensor, int]]  # to the picture found and the number of passes


@dataclass(frozen=True, slots=True)
class Row:
    """On how many of the `pictures` an attack turned the answer, how long those changes are, and its passes a picture.

    Linf in levels of 1/255, l2 with pixels in [0, 1].
    """

    norm: str
    name: str
    turned: int
    pictures: int
    median: float
    mean: float
    passes: float

    @property
    def line(self) -> str:
        """The row in Markdown."""
        cells = (self.norm, self.name, f"{self.turned} of {self.pictures}", f"{self.median:.3g}", f"{self.mean:.3g}")
        return f"| {' | '.join(cells)} | {self.passes:.0f} |"


class Counted(nn.Module):
    """The model as foolbox asks it: pixels (b, 3, s, s) to logits (b, c), counting pictures."""

    def __init__(self, backbone: Backbone, classes: Classes) -> None:
        super().__init__()
        self.backbone, self.text, self.passes = backbone, backbone.encode_text(classes), 0
        self.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        self.passes += len(pixels)
        return self.backbone.logits(self.backbone.encode_image(pixels), self.text).float()


def ours(name: str, norm: str, steps: int) -> Finder:
    """An attack of the engine."""

    def find(backbone: Backbone, pixels: Tensor, classes: Classes, label: int) -> tuple[Tensor, int]:
        *passes, result = attack(backbone, pixels, classes, AttackSettings(name, FAR[norm], steps=steps, norm=norm))
        return result.pixels, len(passes)

    return find


def foolbox_s(name: str, **options: float) -> Finder:
    """An attack of foolbox."""
    import foolbox

    def find(backbone: Backbone, pixels: Tensor, classes: Classes, label: int) -> tuple[Tensor, int]:
        counted = Counted(backbone, classes)
        model = foolbox.PyTorchModel(counted, bounds=(0, 1), device=backbone.device)
        wanted = foolbox.criteria.Misclassification(torch.tensor([label], device=backbone.device))
        counted.passes = 0
        found, _, turned = getattr(foolbox.attacks, name)(**options)(model, pixels[None], wanted, epsilons=None)
        black = not found.any()  # what its C&W returns where it fails, which may be given another answer
        return found[0] if turned and not black else pixels, counted.passes

    return find


CW = "L2CarliniWagnerAttack"
PATIENT = {"stepsize": 1e-3, "initial_const": 1e-2, "abort_early": False}  # better than its defaults at so few passes
COMPARED: tuple[tuple[str, str, Finder], ...] = (
    ("linf", "DeepFool", ours("deepfool", "linf", 50)),
    ("linf", "DeepFool of foolbox", foolbox_s("LinfDeepFoolAttack")),
    ("linf", "Carlini & Wagner, 20 steps", ours("cw", "linf", 20)),
    ("l2", "DeepFool", ours("deepfool", "l2", 50)),
    ("l2", "DeepFool of foolbox", foolbox_s("L2DeepFoolAttack")),
    ("l2", "Carlini & Wagner, 20 steps", ours("cw", "l2", 20)),
    ("l2", "C&W of foolbox, 9 times 20 steps", foolbox_s(CW, steps=20)),
    ("l2", "C&W of foolbox, 5 times 100 steps of 0.001", foolbox_s(CW, steps=100, binary_search_steps=5, **PATIENT)),
)


@dataclass(frozen=True, slots=True)
class Found:
    """The lengths of the changes that turned the answer, pixels in [0, 1], and the passes for each picture."""

    lengths: list[float]
    passes: list[int]


def measure_all(backbone: Backbone, norm: str, find: Finder, asked: Iterable[tuple[Tensor, Classes]]) -> Found:
    """The clean answers to pictures (3, s, s) among their classes are turned, one after another."""
    lengths, passes = [], []
    for pixels, classes in asked:
        label = predict(backbone, pixels, classes).label
        found, made = find(backbone, pixels, classes, label)
        passes.append(made)
        if predict(backbone, found.cpu(), classes).label != label:
            lengths.append(size_of(found.cpu() - pixels, norm))
    return Found(lengths, passes)


def specimens(backbone: Backbone, count: int) -> Iterator[tuple[Tensor, Classes]]:
    """The first pictures of the series and their classes."""
    series = FieldGuideSeries(count, SERIES)
    for index in range(count):
        question = series.ask(index)()
        yield backbone.prepare(question.image), question.classes


def measure(backbone: Backbone, norm: str, name: str, find: Finder, pictures: int) -> Row:
    """One row of the table."""
    found = measure_all(backbone, norm, find, specimens(backbone, pictures))
    lengths = [length * LEVELS[norm] for length in found.lengths] or [float("nan")]
    return Row(norm, name, len(found.lengths), pictures, median(lengths), mean(lengths), mean(found.passes))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row per attack."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.minimal_attacks", description=__doc__)
    parser.add_argument("--pictures", type=int, default=20, metavar="N", help="specimens (default: %(default)s)")
    parser.add_argument("--norm", choices=AttackSettings.NORMS, help="one norm only")
    parser.add_argument("--json", action="store_true", help="print one JSON object a row and nothing else")
    chosen = parser.parse_args(arguments)
    backbone = load_backbone(device="cpu")
    for norm, name, find in COMPARED:
        if chosen.norm in (None, norm):
            row = measure(backbone, norm, name, find, chosen.pictures)
            print(json.dumps(asdict(row)) if chosen.json else row.line, flush=True)


if __name__ == "__main__":
    main()
