"""Prompt tuning: what one step is, and that it leaves nothing behind."""

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import exp, log, sqrt

import pytest
import torch

from engine.classes import Classes
from engine.defences.tuning import LOSSES, Kept, Tuning, confident, tune
from engine.models import Backbone
from engine.numerics.measures import entropy
from engine.settings import TuneSettings, ViewSettings
from engine.views.guided import make_views

CLASSES = Classes(("cat", "dog", "red fox", "grand piano"))


@pytest.fixture(scope="module")
def views(tiny):
    """Ten plain views of a noise picture."""
    pixels = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    return make_views(tiny, pixels, CLASSES, ViewSettings(kind="augmix", count=10))


def gradient_of(tiny, views, context, kept, loss):
    context = context.clone().requires_grad_()
    text = tiny.encode_prompts(tiny.prompts(CLASSES), context)
    alike = torch.full((len(kept),), 1 / len(kept))
    return torch.autograd.grad(LOSSES[loss](Kept(tiny.logits(views.features, text)[kept], text, alike)), context)[0]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_first_step_is_weight_decay_and_a_step_along_the_sign(tiny, views, loss):
    settings = TuneSettings(loss, steps=1, keep=0.5)
    start, end = tune(tiny, views, CLASSES, settings)
    gradient = gradient_of(tiny, views, start.context, start.kept, loss)
    rate, decay = settings.learning_rate, settings.weight_decay
    expected = start.context * (1 - rate * decay) - rate * gradient / (gradient.abs() + 1e-8)
    assert torch.allclose(end.context, expected, atol=1e-6)


def test_the_losses_are_the_literal_ones():
    generator = torch.Generator().manual_seed(5)
    logits, text = torch.randn(3, 4, generator=generator) * 3, torch.randn(4, 6, generator=generator)
    text = text / text.norm(dim=-1, keepdim=True)
    raised = [[exp(v) for v in row] for row in logits.tolist()]
    p = [[v / sum(row) for v in row] for row in raised]
    mean = [sum(row[c] for row in p) / 3 for c in range(4)]
    pointwise = -sum(v * log(v) for row in p for v in row) / 3
    marginal = -sum(v * log(v) for v in mean)
    words = text.tolist()
    centre = [sum(word[k] for word in words) / 4 for k in range(6)]
    apart = sum(sqrt(sum((w - m) ** 2 for w, m in zip(word, centre, strict=True))) for word in words) / 4
    expected = {"pointwise": pointwise, "marginal": marginal, "dispersed": marginal - 50 * apart}
    for name, value in expected.items():
        assert float(LOSSES[name](Kept(logits, text, torch.full((3,), 1 / 3)))) == pytest.approx(value, abs=1e-4)


def test_step_zero_is_the_untuned_prompt(tiny, views):
    start = next(tune(tiny, views, CLASSES, TuneSettings()))
    assert start.index == 0
    assert torch.equal(start.context, tiny.prompts(CLASSES).context)
    assert torch.allclose(start.logits, views.logits, atol=1e-3)
    assert not start.token_drift.any() and start.text_drift.max() < 1e-6
    assert start.prediction.label == int(views.logits[0].argmax())


def test_views_are_chosen_once_by_untuned_entropy(tiny, views):
    steps = list(tune(tiny, views, CLASSES, TuneSettings(steps=3, keep=0.35)))
    assert [step.index for step in steps] == [0, 1, 2, 3]
    assert steps[0].kept.tolist() == entropy(steps[0].logits).argsort()[:3].tolist()
    assert all(torch.equal(step.kept, steps[0].kept) for step in steps)


def test_at_least_one_view_is_kept():
    assert len(confident(torch.randn(4, 3, generator=torch.manual_seed(0)), 0.1)) == 1
    assert len(confident(torch.randn(64, 3, generator=torch.manual_seed(0)), 0.1)) == 6


@pytest.mark.parametrize("loss", ["pointwise", "marginal"])
def test_legacy_keeps_no_view_of_less_than_ten_and_only_weight_decay_moves_the_prompt(tiny, views, loss):
    settings = TuneSettings(loss, keep=0.09, legacy=True)
    start, end = tune(tiny, views, CLASSES, settings)
    assert not len(start.kept) and start.loss != start.loss
    assert torch.allclose(end.context, start.context * (1 - settings.learning_rate * settings.weight_decay))
    start, end = tune(tiny, views, CLASSES, TuneSettings(loss, keep=0.1, legacy=True))
    assert len(start.kept) == 1 and end.token_drift.min() > 0.005


def test_tuning_lowers_its_loss_and_moves_the_prompt(tiny, views):
    *_, before, end = tune(tiny, views, CLASSES, TuneSettings(steps=8, keep=0.5))
    start = next(tune(tiny, views, CLASSES, TuneSettings(steps=8, keep=0.5)))
    assert end.loss < start.loss
    assert end.token_drift.min() > before.token_drift.min() > 0 and end.text_drift.max() > 0
    assert end.loss == pytest.approx(float(end.entropies[end.kept].mean()), rel=1e-4)


def test_the_model_is_bit_identical_afterwards(tiny, views):
    before = {name: value.clone() for name, value in tiny.model.state_dict().items()}
    list(tune(tiny, views, CLASSES, TuneSettings(steps=2)))
    assert all(torch.equal(value, before[name]) for name, value in tiny.model.state_dict().items())
    assert all(parameter.grad is None for parameter in tiny.model.parameters())


def test_two_visitors_do_not_see_each_other(tiny, views):
    settings, other = TuneSettings(steps=3), TuneSettings("marginal", steps=3, keep=1)
    alone = list(tune(tiny, views, CLASSES, settings))
    together = [first for first, _ in zip(tune(tiny, views, CLASSES, settings), tune(tiny, views, CLASSES, other))]  # noqa: B905
    for mine, shared in zip(alone, together, strict=True):
        assert torch.equal(mine.context, shared.context) and torch.equal(mine.logits, shared.logits)


def test_gradients_stay_as_the_caller_has_them_between_steps(tiny, views):
    for _ in tune(tiny, views, CLASSES, TuneSettings(steps=1)):
        assert torch.is_grad_enabled()
    with torch.no_grad():
        steps = []
        for step in tune(tiny, views, CLASSES, TuneSettings(steps=1)):
            assert not torch.is_grad_enabled()
            steps.append(step)
    assert not torch.equal(steps[0].context, steps[1].context)
    assert not any(t.requires_grad for t in (steps[1].context, steps[1].logits, steps[1].text_features))


def test_the_same_run_twice_gives_the_same_steps(tiny, views):
    runs = [list(tune(tiny, views, CLASSES, TuneSettings(steps=2))) for _ in range(2)]
    for first, second in zip(*runs, strict=True):
        assert torch.equal(first.context, second.context) and torch.equal(first.logits, second.logits)


def test_zero_steps_only_looks(tiny, views):
    assert [step.index for step in tune(tiny, views, CLASSES, TuneSettings(steps=0))] == [0]


def test_only_the_first_of_several_templates_is_tuned(tiny, views):
    several = Classes(CLASSES.names, ("a photo of a {}.", "art of the {}."))
    first, second = (list(tune(tiny, views, classes, TuneSettings())) for classes in (CLASSES, several))
    assert torch.equal(first[1].context, second[1].context)


def fresh_of(backbone: Backbone) -> Backbone:
    """The same model, which has read no prompts yet."""
    return backbone.with_model(backbone.model, backbone.name)


@contextmanager
def readings(backbone: Backbone) -> Iterator[list[bool]]:
    """One entry for every time that prompts go through the text tower: whether a graph was built."""
    found = []
    handle = backbone.text.ln_final.register_forward_hook(lambda *given: found.append(given[2].requires_grad))
    try:
        yield found
    finally:
        handle.remove()


def test_the_untuned_prompt_is_read_once_for_all_pictures_and_each_step_once(tiny, views):
    backbone = fresh_of(tiny)
    with readings(backbone) as found:
        first = list(tune(backbone, views, CLASSES, TuneSettings()))
        assert found == [True, False]
        second = list(tune(backbone, views, CLASSES, TuneSettings()))
        assert found == [True, False, False]
        begun = Tuning(backbone, views, CLASSES, TuneSettings()).begin()
        went_on = Tuning(backbone, views, CLASSES, TuneSettings()).update(begun).step
        assert found == [True, False, False, False]
    for again in (second[1], went_on):
        assert torch.equal(again.context, first[1].context) and torch.equal(again.logits, first[1].logits)


def test_threads_that_differentiate_one_kept_reading_get_what_each_gets_alone(tiny, views):
    backbone, found = fresh_of(tiny), {}
    alone = {loss: list(tune(fresh_of(tiny), views, CLASSES, TuneSettings(loss)))[-1].context for loss in LOSSES}
    together = threading.Barrier(2 * len(LOSSES))

    def run(place: int, loss: str) -> None:
        together.wait()
        found[place] = loss, list(tune(backbone, views, CLASSES, TuneSettings(loss)))[-1].context

    threads = [threading.Thread(target=run, args=one) for one in enumerate([*LOSSES] * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(threads)
    assert all(torch.equal(context, alone[loss]) for loss, context in found.values())


def test_a_label_set_whose_graph_is_too_large_is_worked_out_again_in_parts_and_tuned_alike(tiny, views, monkeypatch):
    expected = list(tune(fresh_of(tiny), views, CLASSES, TuneSettings(steps=2)))
    monkeypatch.setattr("engine.models.model.GRAPH_BYTES", 1)
    backbone = fresh_of(tiny)
    backbone._text_batches.size = 3
    with readings(backbone) as found:
        steps = list(tune(backbone, views, CLASSES, TuneSettings(steps=2)))
    assert found == 2 * [False, False, *[True, True]] + [False, False]
    for one, other in zip(steps, expected, strict=True):
        assert torch.allclose(one.context, other.context, atol=1e-6)
        assert torch.allclose(one.logits, other.logits, atol=1e-4)


def test_graphs_are_kept_of_the_latest_label_sets_as_far_as_there_is_room(tiny, views, monkeypatch):
    one = fresh_of(tiny).read_prompts(CLASSES).bytes
    monkeypatch.setattr("engine.models.model.GRAPH_BYTES", 2.5 * one)
    backbone, others = (
        fresh_of(tiny),
        [replace(CLASSES, names=CLASSES.names[::-1]), Classes((*CLASSES.names[1:], "owl"))],
    )
    kept = [backbone.read_prompts(classes) for classes in (CLASSES, *others)]
    assert [read.kept and read.bytes > 0 for read in kept] == [True] * 3
    assert backbone.read_prompts(others[1]) is kept[2] and backbone.read_prompts(others[0]) is kept[1]
    assert backbone.read_prompts(CLASSES) is not kept[0]


def test_graphs_are_kept_of_eight_label_sets_however_small(tiny):
    backbone, sets = (
        fresh_of(tiny),
        [Classes((name, "owl")) for name in ("cat", "dog", "fox", "ant", "bee", "elk", "cow", "hen", "pig")],
    )
    kept = [backbone.read_prompts(classes) for classes in sets]
    assert all(backbone.read_prompts(classes) is read for classes, read in zip(sets[1:], kept[1:], strict=True))
    assert backbone.read_prompts(sets[0]) is not kept[0]


def test_half_precision_without_range_keeps_no_graph_as_factors_would_meet_in_it(tiny):
    half = Backbone(copy.deepcopy(tiny.model).half(), tiny.tokenizer, "half")
    first, second = half.read_prompts(CLASSES), half.read_prompts(CLASSES)
    assert first is not second and not first.kept and torch.equal(first.features, second.features)


def test_what_a_graph_takes_is_estimated_from_above_but_not_by_far(tiny):
    backbone, weights = fresh_of(tiny), {w.untyped_storage().data_ptr() for w in tiny.model.state_dict().values()}
    pieces = {}

    def keep(values: torch.Tensor) -> torch.Tensor:
        storage = values.untyped_storage()
        if storage.data_ptr() not in weights:
            pieces[storage.data_ptr()] = storage.nbytes()
        return values

    many = Classes(tuple(f"{colour} {name}" for colour in ("red", "old") for name in CLASSES.names))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda values: values):
        read = backbone.read_prompts(many)
    assert 0.4 * read.bytes < sum(pieces.values()) < read.bytes
