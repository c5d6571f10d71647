"""ZERO (Farina et al., NeurIPS 2024): the surest views vote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Case, Defence, mean_probability, views_of

if TYPE_CHECKING:
    from torch import Tensor

VOTING_SHARE = 0.3  # of the views that vote (ZERO's default)


def vote(logits: Tensor, keep: float) -> tuple[Tensor, int]:
    """Votes (c,) of the int(n * keep) surest of logits (n, c), at least one, and the class that wins.

    At temperature zero each view votes for its best class; of classes with equally many votes, the one that the surest
    of the remaining views prefers wins, else the lowest number.
    """
    from ..numerics.measures import entropy

    order = entropy(logits).argsort(stable=True)
    best = logits.argmax(-1)[order]
    count = max(1, int(len(logits) * keep))
    votes = best[:count].bincount(minlength=logits.shape[-1])
    tied = votes == votes.max()
    decisive = [int(place) for place in best[count:] if tied[place]]
    return votes, decisive[0] if decisive and int(tied.sum()) > 1 else int(votes.argmax())


def vote_answer(case: Case) -> Tensor:
    """Shares of the votes as logarithms (c,); they say who won, not how sure the defence is."""
    votes, winner = vote(case.logits.float(), VOTING_SHARE)
    counted = votes.float() + 1e-3
    counted[winner] += 1e-3
    return (counted / counted.sum()).log()


ZERO = Defence(
    title="ZERO",
    source="Farina et al., NeurIPS 2024",
    explanation="No tuning: the surest third of the crops vote; its confidence is the share of their votes.",
    views=views_of("crops"),
    answer=vote_answer,
    surrogate=mean_probability,
)
