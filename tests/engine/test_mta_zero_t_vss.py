"""MTA's mode, ZERO's vote and T-VSS's steering, against their formulas written out loop by loop."""

from math import exp, log, sqrt

import pytest
import torch
import torch.nn.functional as F

from engine.defences.mta import mean_shift_mode
from engine.defences.t_vss import spread_directions, steer
from engine.defences.zero import vote

SCALE = 20.0


@pytest.fixture
def features():
    """Twelve unit features near one direction, the last of them far off."""
    drawn = torch.randn(12, 6, generator=torch.Generator().manual_seed(4)) * 0.3 + torch.eye(6)[0]
    drawn[-1] = -torch.eye(6)[1]
    return F.normalize(drawn, dim=-1)


@pytest.fixture
def text():
    return F.normalize(torch.randn(4, 6, generator=torch.Generator().manual_seed(5)), dim=-1)


def softmax(values):
    top = max(values)
    shares = [exp(v - top) for v in values]
    return [share / sum(shares) for share in shares]


def entropy_of(logits):
    return -sum(p * log(p) for p in softmax(logits) if p > 0)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def literal_mode(f, logits):
    """MTA as its paper's algorithm, on plain lists."""
    n, d = len(f), len(f[0])
    apart = [[sum((x - y) ** 2 for x, y in zip(f[i], f[j], strict=True)) for j in range(n)] for i in range(n)]
    near = max(1, int(0.3 * (n - 1)))
    h2 = [0.5 * sum(sorted(apart[i][j] for j in range(n) if j != i)[:near]) / near + 1e-8 for i in range(n)]
    p = [softmax(row) for row in logits]
    affinity = [[dot(p[i], p[j]) for j in range(n)] for i in range(n)]

    def kernel(mode):
        return [exp(-sum((x - m) ** 2 for x, m in zip(f[i], mode, strict=True)) / (2 * h2[i])) for i in range(n)]

    y, mode = [1 / n] * n, f[0]
    for _ in range(5):
        k = kernel(mode)
        for _ in range(5):
            old, y = y, softmax([(k[i] + 4 * dot(affinity[i], y)) / 0.2 for i in range(n)])
            if sqrt(sum((a - b) ** 2 for a, b in zip(old, y, strict=True))) < 1e-6:
                break
        for _ in range(5):
            w = [a * b for a, b in zip(y, kernel(mode), strict=True)]
            moved = [sum(w[i] * f[i][c] for i in range(n)) for c in range(d)]
            length = sqrt(dot(moved, moved))
            old, mode = mode, [x / length for x in moved]
            if sqrt(sum((a - b) ** 2 for a, b in zip(old, mode, strict=True))) < 1e-6:
                break
    return mode, y


def test_the_mode_is_the_literal_one_and_leaves_the_outlier_out(features, text):
    logits = SCALE * features @ text.t()
    mode, belongs = mean_shift_mode(features, logits)
    expected, shares = literal_mode(features.tolist(), logits.tolist())
    assert torch.allclose(mode, torch.tensor(expected), atol=1e-4)
    assert torch.allclose(belongs, torch.tensor(shares), atol=1e-4)
    assert float(belongs.sum()) == pytest.approx(1, abs=1e-5) and belongs[-1] < 1e-6


def test_equal_views_have_a_mode(text):
    same = F.normalize(torch.ones(8, 6), dim=-1)
    mode, belongs = mean_shift_mode(same, SCALE * same @ text.t())
    assert torch.allclose(mode, same[0], atol=1e-6) and torch.allclose(belongs, torch.full((8,), 1 / 8))


def test_the_surest_views_vote():
    logits = torch.tensor([[5.0, 0, 0], [0, 9.0, 0], [0, 8.0, 0], [0, 0, 0.1]])
    votes, winner = vote(logits, 0.75)
    assert votes.tolist() == [1, 2, 0] and winner == 1
    assert vote(logits, 0.01)[0].tolist() == [0, 1, 0]


def test_a_tie_goes_to_the_surest_of_the_others_that_prefers_one_of_the_tied():
    logits = torch.tensor([[0, 0, 9.0], [0, 8.0, 0], [7.0, 0, 0], [0, 1.0, 0]])
    votes, winner = vote(logits, 0.5)
    assert votes.tolist() == [0, 1, 1] and winner == 1
    assert vote(logits[:2], 1)[1] == 1  # nobody is left to decide: the lower number


def test_the_directions_are_the_fewest_that_hold_nine_tenths_of_the_spread(features):
    directions = spread_directions(features)
    away = features[1:] - features[0]
    total = float(away.square().sum())
    held = [float((away @ directions[:m].t()).square().sum()) / total for m in range(1, len(directions) + 1)]
    assert held[-1] >= 0.9 and all(share < 0.9 for share in held[:-1])
    assert torch.allclose(directions @ directions.t(), torch.eye(len(directions)), atol=1e-5)


def test_steering_is_one_sign_step_down_the_weighted_entropy(features, text):
    answer, weights = steer(features, text, SCALE)
    n, directions = len(features), spread_directions(features)
    cosines = [[dot(a, b) for b in features.tolist()] for a in features.tolist()]
    near = [sum(sorted((cosines[i][j] for j in range(n) if j != i), reverse=True)[:5]) / 5 for i in range(n)]
    assert torch.allclose(weights, torch.tensor(softmax([v / 0.05 for v in near])), atol=1e-4)

    def steered(amounts):
        moved = [F.normalize(f + amounts @ directions, dim=0) for f in features]
        return [(SCALE * m @ text.t()).tolist() for m in moved]

    def loss(amounts):
        return sum(float(w) * entropy_of(row) for w, row in zip(weights, steered(amounts), strict=True))

    signs = []
    for axis in range(len(directions)):
        step = torch.zeros(len(directions))
        step[axis] = 1e-2
        signs.append(1.0 if loss(step) > loss(-step) else -1.0)
    rows = steered(-0.1 * torch.tensor(signs))
    mean = [sum(float(w) * softmax(row)[c] for w, row in zip(weights, rows, strict=True)) for c in range(len(text))]
    assert torch.allclose(answer.exp(), torch.tensor(mean), atol=1e-4)
