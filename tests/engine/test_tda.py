"""TDA's answer against its caches filled view by view, on plain lists."""

from math import exp, log

import pytest
import torch
import torch.nn.functional as F

from engine.defences.tda import cached_logits

SCALE = 8.0


def softmax(values):
    top = max(values)
    shares = [exp(v - top) for v in values]
    return [share / sum(shares) for share in shares]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def update(cache, guess, entry, capacity):
    """The released rule: a full cache gives up its most doubtful entry for a surer one."""
    held = cache.setdefault(guess, [])
    if len(held) < capacity:
        held.append(entry)
    elif entry["doubt"] < max(e["doubt"] for e in held):
        held.remove(max(held, key=lambda e: e["doubt"]))
        held.append(entry)


def literal_answer(features, logits):
    """The answer, and how many views the positive and the negative cache hold."""
    classes = range(len(logits[0]))
    positive, negative, seen = {}, {}, []
    for f, row in zip(features, logits, strict=True):
        p = softmax(row)
        entry = {"f": f, "row": row, "p": p, "doubt": -sum(v * log(v) for v in p if v > 0)}
        seen.append(entry)
        guess = row.index(max(row))
        update(positive, guess, entry, 3)
        if 0.2 < entry["doubt"] / log(len(row)) < 0.5:
            update(negative, guess, entry, 2)
    surest = sorted(seen, key=lambda e: e["doubt"])[: max(1, int(len(seen) * 0.1))]
    query = [sum(e["f"][k] for e in surest) / len(surest) for k in range(len(features[0]))]
    answer = [sum(e["row"][c] for e in surest) / len(surest) for c in classes]
    for guess, held in positive.items():
        for e in held:
            answer[guess] += 2.0 * exp(-5.0 * (1 - dot(query, e["f"])))
    for held in negative.values():
        for e in held:
            for c in classes:
                if 0.03 < e["p"][c] < 1:
                    answer[c] -= 0.117 * exp(-(1 - dot(query, e["f"])))
    return answer, sum(map(len, positive.values())), sum(map(len, negative.values()))


@pytest.mark.parametrize("seed", range(4))
def test_the_answer_is_the_literal_one_whatever_the_order_of_the_views(seed):
    generator = torch.Generator().manual_seed(seed)
    features = F.normalize(torch.randn(24, 6, generator=generator) * 0.6 + torch.eye(6)[0], dim=-1)
    text = F.normalize(torch.randn(5, 6, generator=generator), dim=-1)
    logits = SCALE * features @ text.t()
    expected, sure, unsure = literal_answer(features.tolist(), logits.tolist())
    assert sure < 24 and unsure > 0
    assert torch.allclose(cached_logits(features, logits), torch.tensor(expected), atol=1e-4)
    order = torch.randperm(24, generator=generator)
    assert torch.allclose(cached_logits(features[order], logits[order]), torch.tensor(expected), atol=1e-4)


def test_views_that_are_all_sure_only_raise_their_class():
    features = torch.eye(3)[:2]
    logits = torch.tensor([[30.0, 0.0, 0.0], [0.0, 40.0, 0.0]])
    expected = [0.0 + 2 * exp(-5), 40.0 + 2, 0.0]
    assert cached_logits(features, logits).tolist() == pytest.approx(expected, abs=1e-5)
