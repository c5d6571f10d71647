"""When memory is short the work goes on in smaller parts, and its results stay what they were."""

import pytest
import torch

from engine.attention import attention_maps
from engine.backbone import Backbone
from engine.backbone.batches import Batches
from engine.errors import EngineError
from engine.settings import AttentionSettings
from engine.types import Classes

CLASSES = Classes(tuple(f"thing {number}" for number in range(9)))
MESSAGES = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("MPS backend out of memory (MPS allocated: 18 GB)"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
]


def room_for(rows: int, error: Exception):
    """Doubles numbers, but raises `error` for more than so many at once; remembers how many it was given."""
    given = []

    def work(numbers: torch.Tensor) -> torch.Tensor:
        given.append(len(numbers))
        if len(numbers) > rows:
            raise error
        return 2 * numbers

    return work, given


@pytest.mark.parametrize("error", MESSAGES)
def test_parts_are_halved_until_they_fit_and_stay_so(error):
    batches, numbers = Batches(16, "one number"), torch.arange(22)
    work, given = room_for(5, error)
    assert torch.equal(torch.cat(batches.run(work, numbers)), 2 * numbers)
    assert given == [16, 8, 4, 4, 4, 4, 4, 2]
    assert torch.equal(torch.cat(batches.run(work, numbers[:3])), 2 * numbers[:3])
    assert given[8:] == [3]


def test_the_part_that_failed_is_halved_and_not_the_size_that_was_asked():
    batches = Batches(64, "one number")
    work, given = room_for(5, MESSAGES[0])
    batches.run(work, torch.arange(10))
    assert given == [10, 5, 5]


def test_columns_are_cut_alike():
    sums = Batches(2, "one row").run(lambda a, b: a + b, torch.arange(5), 10 * torch.arange(5))
    assert [part.tolist() for part in sums] == [[0, 11], [22, 33], [44]]


def test_one_row_that_does_not_fit_is_the_end():
    work, given = room_for(0, MESSAGES[0])
    with pytest.raises(EngineError, match="not enough memory for one picture on cpu; choose a smaller model, bf16"):
        Batches(4, "one picture").run(work, torch.arange(4))
    assert given == [4, 2, 1]


def test_other_errors_pass_through():
    work, given = room_for(1, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        Batches(4, "one picture").run(work, torch.arange(4))
    assert given == [4]


@pytest.fixture
def short(tiny):
    """The tiny model on a machine that holds three pictures or sentences at once."""

    def refuse(module: torch.nn.Module, args: tuple) -> None:
        if len(args[0]) > 3:
            raise MESSAGES[0]

    ends = (tiny.model.ln_final, tiny.model.visual.ln_post)
    handles = [end.register_forward_pre_hook(refuse) for end in ends]
    yield Backbone(tiny.model, tiny.tokenizer, "short of memory")
    for handle in handles:
        handle.remove()


def everything(backbone: Backbone) -> list[torch.Tensor]:
    """Features of pictures, sentences and prompts, and maps."""
    pictures = torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    text = backbone.encode_text(CLASSES)
    maps = attention_maps(backbone, pictures, text, AttentionSettings("a-tpt-repaired")).raw
    return [backbone.encode_image(pictures), text, backbone.encode_prompts(backbone.prompts(CLASSES)), maps]


def test_everything_is_the_same_in_little_memory(tiny, request):
    roomy = everything(Backbone(tiny.model, tiny.tokenizer, "roomy"))
    narrow = everything(request.getfixturevalue("short"))
    for one, other in zip(narrow, roomy, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5)


def test_gradients_reach_every_part(short):
    pictures = torch.rand(5, 3, 64, 64, generator=torch.Generator().manual_seed(2)).requires_grad_()
    (gradient,) = torch.autograd.grad(short.encode_image(pictures)[:, 0].sum(), pictures)
    assert bool((gradient.abs().sum((1, 2, 3)) > 0).all())
