"""Many sentences that begin alike through a causal text tower: the beginning is read once, and nothing behind an end.

All tokens lie packed in one matrix, the beginning first and then the sentences by length, so that no place is filled up
and no product runs on places that nobody reads. Letters: c sentences, p tokens that they share, w the tower's width;
h heads, k the width of a head; a group has g sentences with n tokens of their own each.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch
from torch import Tensor

from .blocks import are_plain, attention_of, completed, mixed_by, plain_blocks, projected
from .prompts import entering, read_out
from .towers import Block, TextTower


def can_be_packed(text: TextTower) -> bool:
    """Whether `read_packed` reads this tower, one that `can_be_read`: plain blocks, and no token sees a later one."""
    mask = text.attn_mask
    causal = torch.equal(mask, torch.full_like(mask, -torch.inf).triu(1))
    return causal and are_plain(text.transformer.resblocks)


def shared_tokens(ids: Tensor, ends: Tensor) -> int:
    """With how many tokens all sentences with ids (c, length) begin, those at the positions `ends` (c,) left out."""
    return min(int((ids == ids[0]).all(0).cumprod(0).sum()), int(ends.min()))


@dataclass(frozen=True, eq=False, slots=True)
class _Packed:
    """Where the sentences lie behind the p shared tokens: (g, n) of each group, and the sentence at each place."""

    shared: int
    groups: tuple[tuple[int, int], ...]
    order: Tensor  # (c,)

    @property
    def rows(self) -> list[slice]:
        """Where each group lies."""
        ends = accumulate((count * length for count, length in self.groups), initial=self.shared)
        return [slice(start, end) for start, end in pairwise(ends)]

    @property
    def last_rows(self) -> Tensor:
        """The row (c,) of each sentence's last token."""
        lengths = [length for count, length in self.groups for _ in range(count)]
        return self.shared - 1 + torch.tensor(lengths, device=self.order.device).cumsum(0)


def read_packed(text: TextTower, beginning: Tensor, rest: Tensor, ends: Tensor) -> Tensor:
    """Text features (c, d), not yet unit, of sentences of token embeddings: `beginning` (p, w), and behind it `rest`
    (c, length, w), read at the positions `ends` (c,), counted from the beginning's first.

    Gradients exist with respect to the embeddings, second ones too.
    """
    packed = _pack(len(beginning), ends)
    tokens = _embedded(text, beginning, rest, packed)
    *blocks, last = plain_blocks(text.transformer)
    for block in blocks:
        tokens = completed(block, tokens, _mixed(block, tokens, packed))
    tokens = completed(last, tokens[packed.last_rows], _mixed_at_ends(last, tokens, packed))
    features = read_out(text, tokens)
    return torch.empty_like(features).index_copy(0, packed.order, features)


def _pack(shared: int, ends: Tensor) -> _Packed:
    lengths, order = (ends + 1 - shared).sort(stable=True)
    found, counts = lengths.unique_consecutive(return_counts=True)
    return _Packed(shared, tuple(zip(counts.tolist(), found.tolist(), strict=True)), order)


def _embedded(text: TextTower, beginning: Tensor, rest: Tensor, packed: _Packed) -> Tensor:
    """The packed tokens (rows, w) that enter the first block."""
    parts, done = [entering(text, beginning)], 0
    for count, length in packed.groups:
        own = rest[packed.order[done : done + count], :length]
        parts.append(entering(text, own, packed.shared).flatten(0, 1))
        done += count
    return torch.cat(parts)


def _mixed(block: Block, tokens: Tensor, packed: _Packed) -> Tensor:
    """What the heads mix for every token, (rows, h, k)."""
    query, key, value = projected(block, block.ln_1(tokens), 0, 2)
    shared = slice(packed.shared)
    mask = _mask(packed.shared, packed.shared, query)
    mixed = [mixed_by(attention_of(query[shared], key[shared], mask), value[shared])]
    for rows, (count, length) in zip(packed.rows, packed.groups, strict=True):
        asks, keys, values = _of_group(packed, rows, (count, length), query, key, value)
        weights = attention_of(asks, keys, _mask(length, packed.shared + length, query))
        mixed.append(mixed_by(weights, values).flatten(0, 1))
    return torch.cat(mixed)


def _mixed_at_ends(block: Block, tokens: Tensor, packed: _Packed) -> Tensor:
    """What the heads mix for the last token of each sentence, (c, h, k)."""
    normed = block.ln_1(tokens)
    (query,) = projected(block, normed[packed.last_rows], 0, 0)
    key, value = projected(block, normed, 1, 2)
    mixed, done = [], 0
    for rows, (count, length) in zip(packed.rows, packed.groups, strict=True):
        _, keys, values = _of_group(packed, rows, (count, length), key, key, value)
        mixed.append(mixed_by(attention_of(query[done : done + count, None], keys), values).flatten(0, 1))
        done += count
    return torch.cat(mixed)


def _of_group(
    packed: _Packed, rows: slice, group: tuple[int, int], query: Tensor, key: Tensor, value: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The queries (g, n, h, k) of a group's own tokens, and the keys and values (g, p + n, h, k) that they may see."""
    own = [each[rows].unflatten(0, group) for each in (query, key, value)]
    shared = [each[: packed.shared].expand(group[0], -1, -1, -1) for each in (key, value)]
    return own[0], torch.cat([shared[0], own[1]], 1), torch.cat([shared[1], own[2]], 1)


def _mask(rows: int, columns: int, like: Tensor) -> Tensor:
    """What keeps each of the last `rows` of `columns` tokens from seeing those behind it."""
    return torch.full((rows, columns), -torch.inf, device=like.device).triu(columns - rows + 1)
