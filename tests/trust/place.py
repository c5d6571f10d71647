"""The page as it is served to strangers, with its log, for tries that must not disturb each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import open_clip
import torch
from safetensors.torch import save_file

from engine.models import Backbone
from tests.benchmarks.page_ready import started
from tests.fixtures import SMALL, saved

SAMPLES = Path(__file__).resolve().parents[2] / "assets" / "samples"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page is served, the number of the process, its log and its folders."""

    url: str
    process: int
    log: Path
    folder: Path

    @property
    def said(self) -> str:
        """All that the server has said since it could be opened."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def health(self) -> dict:
        """What the server tells of itself."""
        return httpx.get(f"{self.url}health", timeout=60).json()


@contextmanager
def place(*options: str, folder: Path | None = None, variables: Mapping[str, str] | None = None) -> Iterator[Place]:
    """The page, served by a process of its own that keeps everything below `folder`, by default a fresh one."""
    with TemporaryDirectory(prefix="trust-") as own:
        home = Path(own) if folder is None else folder
        (home / "files").mkdir(exist_ok=True)
        own_variables = {
            "GRADIO_TEMP_DIR": str(home / "files"),
            "ATPT_CACHE": str(home / "cache"),
            "ATPT_MODEL": "auto",
            "ATPT_ACCESS_LOG": "-",
        }
        log = home / "log.txt"
        with started("--cold", *options, log=log, **own_variables | dict(variables or {})) as (process, url):
            yield Place(url, process.pid, log, home)


def open_model(folder: Path, spoilt: bool = False) -> str:
    """The name of a CLIP of random weights that reads any word, once it is in this folder; a `spoilt` one has a weight
    that is no number."""
    torch.manual_seed(0)
    backbone = Backbone(open_clip.CLIP(**SMALL), open_clip.get_tokenizer("ViT-B-32"), "small")
    folder.mkdir(parents=True, exist_ok=True)
    name = saved(backbone, SMALL, folder)
    if spoilt:
        weights = {key: value.clone() for key, value in backbone.model.state_dict().items()}
        weights["visual.ln_post.weight"][0] = float("nan")
        save_file(weights, folder / "open_clip_model.safetensors")
    return name


def samples() -> list[dict]:
    """The samples of the page, as their list tells of them."""
    return json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))
