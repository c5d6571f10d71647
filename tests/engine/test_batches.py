"""When memory is short the work goes on in smaller parts, and its results stay what they were."""

import weakref

import pytest
import torch

from engine.classes import Classes
from engine.errors import EngineError
from engine.maps.attend import attention_maps
from engine.models import Backbone
from engine.models.batches import Batches
from engine.settings import AttackSettings, AttentionSettings
from engine.story.attack import attack_batch

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


class Graphs:
    """Memory for `room` bytes that graphs keep for their way back, the model's weights not counted.

    What a graph keeps is freed with the graph, so a weak reference to each piece tells what is still held.
    """

    def __init__(self, backbone: Backbone, room: float = torch.inf) -> None:
        self.room, self.held, self.most = room, weakref.WeakSet(), 0
        self.weights = {weight.untyped_storage().data_ptr() for weight in backbone.model.state_dict().values()}

    def __enter__(self) -> "Graphs":
        self.hooks = torch.autograd.graph.saved_tensors_hooks(self.keep, lambda piece: piece.values)
        self.hooks.__enter__()
        return self

    def __exit__(self, *given: object) -> None:
        self.hooks.__exit__(*given)

    def keep(self, values: torch.Tensor) -> "Piece":
        piece = Piece(values)
        if values.untyped_storage().data_ptr() in self.weights:
            return piece
        if self.used + values.nbytes > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.held.add(piece)
        self.most = max(self.most, self.used)
        return piece

    @property
    def used(self) -> int:
        return sum(piece.values.nbytes for piece in self.held)


class Piece:
    def __init__(self, values: torch.Tensor) -> None:
        self.values = values.detach()  # the graph holds the piece, so the piece must not hold the graph


def pixel_slopes(backbone: Backbone, pictures: torch.Tensor) -> torch.Tensor:
    given = pictures.clone().requires_grad_()
    weights = torch.linspace(0, 1, len(pictures))[:, None]
    return torch.autograd.grad((weights * backbone.encode_image(given)).sum(), given)[0]


def context_slopes(backbone: Backbone, _: torch.Tensor) -> torch.Tensor:
    prompts = backbone.prompts(CLASSES)
    context = prompts.context.clone().requires_grad_()
    weights = torch.linspace(0, 1, len(CLASSES))[:, None]
    return torch.autograd.grad((weights * backbone.encode_prompts(prompts, context)).sum(), context)[0]


@pytest.mark.parametrize("slopes", [pixel_slopes, context_slopes])
def test_where_no_graph_of_all_fits_parts_are_worked_out_again_and_gradients_are_the_same(tiny, slopes):
    pictures = torch.rand(6, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    with Graphs(tiny) as roomy:
        expected = slopes(Backbone(tiny.model, tiny.tokenizer, "roomy"), pictures)
    backbone = Backbone(tiny.model, tiny.tokenizer, "short of memory")
    with Graphs(tiny, 0.4 * roomy.most) as short:
        assert torch.allclose(slopes(backbone, pictures), expected, rtol=1e-4, atol=1e-6)
        assert torch.allclose(slopes(backbone, pictures), expected, rtol=1e-4, atol=1e-6)
    assert 0 < short.most <= 0.4 * roomy.most
    narrow = Graphs(tiny, 0.15 * roomy.most)  # less than one row and its graph
    with narrow, pytest.raises(EngineError, match="not enough memory for one (picture|sentence) on cpu"):
        slopes(backbone, pictures)


@pytest.mark.parametrize(("name", "count"), [("pgd", 5), ("adaptive", 1)])
def test_an_attack_finds_the_same_pictures_in_little_memory(tiny, name, count):
    """The graph is refused as soon as there is one of more than two pictures."""
    pictures = torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(4))
    settings = AttackSettings(name, steps=1, target_defence="r-tpt")
    expected = attack_batch(Backbone(tiny.model, tiny.tokenizer, "roomy"), pictures, CLASSES, settings)

    def refuse(module: torch.nn.Module, args: tuple) -> None:
        if torch.is_grad_enabled() and len(args[0]) > 2:
            raise MESSAGES[0]

    handle = tiny.visual.ln_post.register_forward_pre_hook(refuse)
    found = attack_batch(Backbone(tiny.model, tiny.tokenizer, "short of memory"), pictures, CLASSES, settings)
    handle.remove()
    for one, other in zip(found, expected, strict=True):
        alike = (one.saved == other.saved).float().mean()
        assert alike > 0.99  # the sign of a gradient near zero is a matter of rounding
