"""A real CLIP of random weights that runs in milliseconds."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from pathlib import Path

import open_clip
import pytest
import torch
from open_clip.tokenizer import SimpleTokenizer
from safetensors.torch import save_file

from app.state.found import Found
from app.state.parts import Question
from engine.evaluation.executors import processes
from engine.models import Backbone
from engine.story import Results
from tests.evaluation_cases import picture_tree
from tests.page_cases import asked, run

TINY = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 64, "layers": 4, "width": 128, "patch_size": 8, "head_width": 64},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 2},
}
SMALL = TINY | {"vision_cfg": {"image_size": 32, "layers": 4, "width": 64, "patch_size": 8, "head_width": 32}}
SHALLOW = {
    "embed_dim": 64,
    "vision_cfg": SMALL["vision_cfg"] | {"layers": 2},
    "text_cfg": SMALL["text_cfg"] | {"layers": 1},
}


def noise(size: int, seed: int = 7) -> torch.Tensor:
    """A picture (3, size, size) in steps of 1/255."""
    levels = torch.randint(0, 256, (3, size, size), generator=torch.Generator().manual_seed(seed))
    return levels.float() / 255


@pytest.fixture(scope="session")
def shallow_model(shallow, tmp_path_factory) -> str:
    """The shallow model likewise."""
    return saved(shallow, SHALLOW, tmp_path_factory.mktemp("shallow"))


def saved(backbone: Backbone, shape: dict, target: Path) -> str:
    """The name that the model is loaded by, of this shape in open_clip's terms, once it is in this folder."""
    preprocess = {"mean": backbone.mean.flatten().tolist(), "std": backbone.std.flatten().tolist()}
    document = {"model_cfg": shape, "preprocess_cfg": preprocess}
    (target / "open_clip_config.json").write_text(json.dumps(document))
    weights = {name: value.contiguous() for name, value in backbone.model.state_dict().items()}
    save_file(weights, target / "open_clip_model.safetensors")
    return f"local-dir:{target}"


@pytest.fixture(scope="session", autouse=True)
def vocabulary() -> Iterator[None]:
    """The merges of CLIP's tokenizer, read once for all models: a tenth of a second for every one that is loaded."""
    read, held = SimpleTokenizer.__init__, {}

    def begin(self: SimpleTokenizer, *given: object, **named: object) -> None:
        asked = repr((given, sorted(named.items())))
        if asked not in held:
            read(self, *given, **named)
            held[asked] = dict(vars(self))
        vars(self).update(held[asked])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SimpleTokenizer, "__init__", begin)
        yield


@pytest.fixture(scope="session")
def tiny() -> Backbone:
    """A backbone of 64 pixels, 8x8 patches and four layers, the same weights every time."""
    torch.manual_seed(0)
    return Backbone(open_clip.CLIP(**TINY), open_clip.get_tokenizer("ViT-B-32"), "tiny")


@pytest.fixture(scope="session")
def small() -> Backbone:
    """A backbone of 32 pixels, 4x4 patches and four layers, for what is done hundreds of times."""
    torch.manual_seed(0)
    return Backbone(open_clip.CLIP(**SMALL), open_clip.get_tokenizer("ViT-B-32"), "small")


@pytest.fixture(scope="session")
def shallow() -> Backbone:
    """The small model with two layers and one, for what is done a thousand times."""
    torch.manual_seed(0)
    return Backbone(open_clip.CLIP(**SHALLOW), open_clip.get_tokenizer("ViT-B-32"), "shallow")


@pytest.fixture(scope="session")
def model(tiny, tmp_path_factory) -> str:
    """The tiny model as a folder in open_clip's format."""
    return saved(tiny, TINY, tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def small_model(small, tmp_path_factory) -> str:
    """The small model likewise, for processes that load it and for what takes long."""
    return saved(small, SMALL, tmp_path_factory.mktemp("small"))


@pytest.fixture
def pixels() -> torch.Tensor:
    """A noise picture (3, 64, 64) in steps of 1/255."""
    return noise(64)


@pytest.fixture(scope="session")
def resnet() -> Backbone:
    """A CLIP ResNet of random weights."""
    torch.manual_seed(1)
    vision = {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "patch_size": None, "head_width": 64}
    text = {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1}
    model = open_clip.CLIP(64, vision, text)
    for layer in model.visual.modules():  # fresh ones start as zeros, and so would their maps
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.weight.data.normal_(1, 0.5)
            layer.bias.data.normal_(0, 0.5)
    return Backbone(model, open_clip.get_tokenizer("ViT-B-32"), "tiny ResNet")


@pytest.fixture(scope="session")
def results() -> Results:
    """What the tests of the page compute on the tiny model, each result once."""
    return Results()


@pytest.fixture(scope="session")
def question(tiny, results) -> Question:
    """What a visitor with `CHOICES` asks of the tiny model."""
    return asked(tiny, results)


@pytest.fixture(scope="session")
def told(question) -> Found:
    """What is found after the whole story on the tiny model."""
    return run(question)


@pytest.fixture(scope="session")
def forking() -> BaseContext:
    """Processes begin with what workers import, which one process imports for all of them: it takes seconds."""
    context = get_context("forkserver")
    context.set_forkserver_preload([processes.__name__])
    return context


@pytest.fixture(scope="session")
def two_at_work(forking) -> Iterator[ProcessPoolExecutor]:
    """Two processes set up as `Processes` does, which stay at work for all tests."""
    with ProcessPoolExecutor(2, forking, processes._initialise) as pool:
        yield pool


@pytest.fixture
def two_workers(two_at_work, monkeypatch) -> None:
    """Whoever asks `Processes` for two has those; their models are loaded by them as ever."""

    @contextmanager
    def pool(count: int, context: BaseContext, begin: Callable[[], None]) -> Iterator[ProcessPoolExecutor]:
        assert (count, context, begin) == (2, get_context("spawn"), processes._initialise)
        yield two_at_work

    monkeypatch.setattr(processes, "ProcessPoolExecutor", pool)


@pytest.fixture
def tree(tmp_path) -> Path:
    """Six pictures in three folders, one of them nested, and a folder without pictures."""
    return picture_tree(tmp_path)
