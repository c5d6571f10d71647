"""The models that a menu offers; any other name that `load_backbone` takes works as well. Loads nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec

from .build import is_here
from .names import BUILT_IN, FIELDGUIDE

PHOTOGRAPHS = "Photographs and English of the web, in any words"
TINYCLIP = "Wu et al., 2023 (TinyCLIP)"
ROBUST = "As its base, with an image tower trained on ImageNet against attacks of up to 4/255"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the menu. `name` is for `load_backbone`; `knows` says in a sentence what it can be asked about.

    `megabytes` is about what is downloaded: the size of the file where that is known, as of the built-in model's, and
    for others that of their weights in fp32, counted from their description; a publisher may have stored them in less.
    In memory all weights are in the precision that is asked for. `here` tells that nothing has to be
    downloaded, `needs` a package that is not installed (None: nothing is missing).
    """

    name: str
    title: str
    knows: str
    source: str
    licence: str
    megabytes: int
    here: bool = False
    needs: str | None = None


_ENTRIES = (
    ModelEntry(
        BUILT_IN,
        "Field Guide (built in)",
        "Painted butterflies, fish, birds, flowers, beetles and mushrooms, in its own few words",
        "this repository",
        "Apache-2.0",
        round(sum(file.stat().st_size for file in FIELDGUIDE.glob("*.safetensors")) / 1e6),
    ),
    ModelEntry("ViT-B-32/openai", "CLIP ViT-B/32", PHOTOGRAPHS, "OpenAI, 2021", "MIT", 605),
    ModelEntry("ViT-B-16/openai", "CLIP ViT-B/16", PHOTOGRAPHS, "OpenAI, 2021", "MIT", 598),
    ModelEntry("ViT-L-14/openai", "CLIP ViT-L/14", PHOTOGRAPHS, "OpenAI, 2021", "MIT", 1710),
    ModelEntry("RN50/openai", "CLIP ResNet-50", PHOTOGRAPHS, "OpenAI, 2021", "MIT", 408),
    ModelEntry("ViT-B-32/laion2b_s34b_b79k", "OpenCLIP ViT-B/32", PHOTOGRAPHS, "LAION-2B, 2022", "MIT", 605),
    ModelEntry("ViT-B-16/laion2b_s34b_b88k", "OpenCLIP ViT-B/16", PHOTOGRAPHS, "LAION-2B, 2023", "MIT", 598),
    ModelEntry(
        "hf-hub:timm/vit_medium_patch16_clip_224.tinyclip_yfcc15m",
        "TinyCLIP ViT-39M/16",
        f"{PHOTOGRAPHS}; small and quick",
        f"{TINYCLIP}, YFCC-15M",
        "MIT",
        166,  # in fp16
    ),
    ModelEntry(
        "hf-hub:timm/vit_xsmall_patch16_clip_224.tinyclip_yfcc15m",
        "TinyCLIP ViT-8M/16",
        f"{PHOTOGRAPHS}; the smallest, and often wrong",
        f"{TINYCLIP}, YFCC-15M",
        "MIT",
        94,
    ),
    ModelEntry(
        "hf-hub:timm/vit_medium_patch32_clip_224.tinyclip_laion400m",
        "TinyCLIP ViT-40M/32",
        f"{PHOTOGRAPHS}; small and quick",
        f"{TINYCLIP}, LAION-400M",
        "MIT",
        337,
    ),
    ModelEntry(
        "hf-hub:timm/vit_betwixt_patch32_clip_224.tinyclip_laion400m",
        "TinyCLIP ViT-61M/32",
        PHOTOGRAPHS,
        f"{TINYCLIP}, LAION-400M",
        "MIT",
        462,
    ),
    ModelEntry(
        "ViT-B-16-SigLIP/webli",
        "SigLIP ViT-B/16",
        f"{PHOTOGRAPHS}; its prompts cannot be tuned",
        "Google, 2023",
        "Apache-2.0",
        813,
        needs="transformers",
    ),
    ModelEntry(
        "hf-hub:chs20/TeCoA4-ViT-B-32-laion2B-s34B-b79K",
        "TeCoA ViT-B/32 (robust)",
        ROBUST,
        "Mao et al., 2023; weights of Schlarmann et al., 2024",
        "MIT",
        605,
    ),
    ModelEntry(
        "hf-hub:chs20/TeCoA4-ViT-B-16-laion2B-s34B-b88K",
        "TeCoA ViT-B/16 (robust)",
        ROBUST,
        "Mao et al., 2023; weights of Schlarmann et al., 2024",
        "MIT",
        598,
    ),
    ModelEntry(
        "hf-hub:chs20/FARE4-ViT-B-16-laion2B-s34B-b88K",
        "FARE ViT-B/16 (robust)",
        ROBUST,
        "Schlarmann et al., 2024",
        "MIT",
        598,
    ),
)

RECOMMENDED = (
    "hf-hub:timm/vit_medium_patch16_clip_224.tinyclip_yfcc15m",
    "hf-hub:timm/vit_betwixt_patch32_clip_224.tinyclip_laion400m",
    "hf-hub:timm/vit_medium_patch32_clip_224.tinyclip_laion400m",
    "hf-hub:timm/vit_xsmall_patch16_clip_224.tinyclip_yfcc15m",
    "ViT-B-32/openai",
    "ViT-B-16/openai",
)  # for photographs: small and good first


def listed_models() -> tuple[ModelEntry, ...]:
    """The menu's models as they stand on this machine, the built-in one first."""
    return tuple(map(_as_it_stands, _ENTRIES))


def entry_of(name: str) -> ModelEntry | None:
    """What the menu says of this model; None for one that is not in it."""
    return next((_as_it_stands(entry) for entry in _ENTRIES if entry.name == name), None)


def recommended_here() -> list[str]:
    """The models for photographs that are on this machine already, the one to take first."""
    return [name for name in RECOMMENDED if is_here(name)]


def recommended_model() -> ModelEntry:
    """The model for photographs that asks least of whoever wants one: of those on this machine, else of all."""
    name = next((name for name in RECOMMENDED if is_here(name)), RECOMMENDED[0])
    return next(_as_it_stands(entry) for entry in _ENTRIES if entry.name == name)


def _as_it_stands(entry: ModelEntry) -> ModelEntry:
    """The entry with what this machine has of it."""
    return replace(entry, here=is_here(entry.name), needs=_missing(entry.needs))


def _missing(package: str | None) -> str | None:
    return package if package and find_spec(package) is None else None
