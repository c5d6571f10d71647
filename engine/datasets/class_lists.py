"""Class names and prompts of data sets that installed packages bring; reads no data set."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ..errors import EngineError
from .imagenet import distinct

EIGHTY = "imagenet-80"  # what `imagenet_templates` goes by outside
SUBSETS = {"imagenet-a": "imagenet_a_indices.txt", "imagenet-r": "imagenet_r_indices.txt"}


@cache
def imagenet_names(subset: str = "") -> tuple[str, ...]:
    """The 1,000 names of ImageNet as OpenAI edited them for CLIP, which open_clip has; of ImageNet-V2 and -Sketch too.

    `subset` is a key of `SUBSETS`, whose 200 places timm has. A name that stands twice has a number the second time.
    """
    from open_clip import IMAGENET_CLASSNAMES  # as a command that asks for none loads no model's code

    names = distinct(list(IMAGENET_CLASSNAMES))
    if not subset:
        return names
    package = find_spec("timm")  # importing it takes a second
    if package is None or package.origin is None:
        raise EngineError(f"{subset} needs the package timm: pip install timm.")
    listing = Path(package.origin).parent / "data" / "_info" / SUBSETS[subset]
    return tuple(names[int(place)] for place in listing.read_text(encoding="utf-8").split())


def imagenet_templates() -> tuple[str, ...]:
    """The 80 sentences that OpenAI asks ImageNet with (Radford et al., ICML 2021), which open_clip has."""
    from open_clip import OPENAI_IMAGENET_TEMPLATES

    return tuple(template("{}") for template in OPENAI_IMAGENET_TEMPLATES)


def flower_names() -> tuple[str, ...]:
    """The 102 names of Oxford Flowers 102, which torchvision has."""
    from torchvision.datasets import Flowers102

    return tuple(Flowers102.classes)
