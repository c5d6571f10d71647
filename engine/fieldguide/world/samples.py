"""The sample pictures of the page: held-out specimens, each with its truth, its label set and a question to ask."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2

from ...files import make_folder
from .questions import make_question

SERIES = 2026


@dataclass(frozen=True, slots=True)
class Sample:
    """Question `index` of the series of samples, of this kind, and what a visitor may try with it."""

    kind: str
    index: int
    question: str


SAMPLES = (
    Sample("butterfly", 0, "The body is a sliver between large wings. Does the map find it, also under attack?"),
    Sample("bird", 1, "Eight of forty answers differ in the colour of the head only. Does the attack choose one?"),
    Sample("fish", 2, "Crops often lose the tail. Do views without a tail agree on a wrong answer?"),
    Sample("flower", 13, "Do R-TPT and A-TPT agree here? What if the limit is 1/255, a single grey level?"),
    Sample("beetle", 4, "Is TPT, which looks at the attacked picture itself, ever right here?"),
    Sample("mushroom", 5, "Does the answer survive when views are plain averages, without any tuning?"),
    Sample("bird", 6, "Attack it through random crops: which defences stand? Does another seed change that?"),
    Sample("butterfly", 7, "Compare the difference of the maps at eps = 4/255 and at eps = 8/255."),
    Sample("fish", 8, "Which views drive the tuning, and do the same ones carry weight in the answer?"),
    Sample("mushroom", 9, "Take 2 views instead of 64. What is left of the defence?"),
)


def paint_samples(folder: Path) -> None:
    """Write NAME.png, NAME.mask.png (object 255, telling part 128, backdrop 0) and samples.json into `folder`."""
    make_folder(folder)
    entries = []
    for sample in SAMPLES:
        question = make_question(SERIES, sample.index, sample.kind)
        name = f"{sample.kind}-{sample.index}"
        painting = question.painting
        cv2.imwrite(str(folder / f"{name}.png"), painting.pixels[..., ::-1])
        cv2.imwrite(str(folder / f"{name}.mask.png"), painting.labelled())
        truth = question.classes.names[question.truth]
        entries.append(
            {
                "file": f"{name}.png",
                "mask": f"{name}.mask.png",
                "title": truth[0].upper() + truth[1:],
                "question": sample.question,
                "truth": truth,
                "classes": list(question.classes.names),
                "series": SERIES,
                "index": sample.index,
                "seed": painting.seed,
                "specimen": asdict(painting.specimen),
            }
        )
    (folder / "samples.json").write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
