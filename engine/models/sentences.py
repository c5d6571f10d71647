"""Many sentences that begin alike through a causal text tower: the beginning is read once, and nothing behind an end.

All tokens lie packed in one matrix, the beginning first and then the sentences by length, so that no place is filled up
and no product runs on places that nobody reads. Letters: c sentences, p tokens that they share, w the tower's width;
h heads, k the width of a head; a group has g sentences with n tokens of their own each.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .blocks import are_plain, completed, plain_blocks, projected, softmax
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
    def starts(self) -> list[int]:
        """The first row of each group."""
        starts = [self.shared]
        for count, length in self.groups:
            starts.append(starts[-1] + count * length)
        return starts[:-1]

    @property
    def last_rows(self) -> Tensor:
        """The row (c,) of each sentence's last token."""
        device = self.order.device
        return torch.cat(
            [
                start + length * torch.arange(1, count + 1, device=device) - 1
                for start, (count, length) in zip(self.starts, self.groups, strict=True)
            ]
        )


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
    rows = packed.last_rows
    tokens = completed(last, tokens[rows], _mixed_at_ends(last, tokens, rows, packed))
    features = _out(text, text.ln_final(tokens))
    return torch.empty_like(features).index_copy(0, packed.order, features)


def _out(text: TextTower, read: Tensor) -> Tensor:
    projection = text.text_projection
    return projection(read) if isinstance(projection, nn.Linear) else read @ projection


def _pack(shared: int, ends: Tensor) -> _Packed:
    lengths, order = (ends + 1 - shared).sort(stable=True)
    found, counts = lengths.unique_consecutive(return_counts=True)
    return _Packed(shared, tuple(zip(counts.tolist(), found.tolist(), strict=True)), order)


def _embedded(text: TextTower, beginning: Tensor, rest: Tensor, packed: _Packed) -> Tensor:
    """The packed tokens (rows, w) that enter the first block."""
    placed = text.positional_embedding.to(rest.dtype)
    parts, done = [beginning + placed[: packed.shared]], 0
    for count, length in packed.groups:
        own = rest[packed.order[done : done + count], :length]
        parts.append((own + placed[packed.shared : packed.shared + length]).flatten(0, 1))
        done += count
    return torch.cat(parts).to(text.transformer.get_cast_dtype())


def _mixed(block: Block, tokens: Tensor, packed: _Packed) -> Tensor:
    """What the heads mix for every token, (rows, h, k)."""
    query, key, value = projected(block, block.ln_1(tokens), 0, 2)
    shared_key, shared_value = key[: packed.shared], value[: packed.shared]
    blind = _later(packed.shared, packed.shared, query)
    mixed = [_attended(query[None, : packed.shared], shared_key[None], shared_value[None], blind).flatten(0, 1)]
    for start, (count, length) in zip(packed.starts, packed.groups, strict=True):
        own = slice(start, start + count * length)
        parts = (each[own].unflatten(0, (count, length)) for each in (query, key, value))
        asks, own_key, own_value = parts
        keys = torch.cat([shared_key.expand(count, -1, -1, -1), own_key], 1)
        values = torch.cat([shared_value.expand(count, -1, -1, -1), own_value], 1)
        mixed.append(_attended(asks, keys, values, _later(length, packed.shared + length, query)).flatten(0, 1))
    return torch.cat(mixed)


def _mixed_at_ends(block: Block, tokens: Tensor, rows: Tensor, packed: _Packed) -> Tensor:
    """What the heads mix for the last token of each sentence, (c, h, k)."""
    normed = block.ln_1(tokens)
    (query,) = projected(block, normed[rows], 0, 0)
    key, value = projected(block, normed, 1, 2)
    mixed, done = [], 0
    for start, (count, length) in zip(packed.starts, packed.groups, strict=True):
        own = slice(start, start + count * length)
        keys, values = (
            torch.cat([each[: packed.shared].expand(count, -1, -1, -1), each[own].unflatten(0, (count, length))], 1)
            for each in (key, value)
        )
        mixed.append(_attended(query[done : done + count, None], keys, values, None).flatten(0, 1))
        done += count
    return torch.cat(mixed)


def _attended(query: Tensor, key: Tensor, value: Tensor, later: Tensor | None) -> Tensor:
    """What queries (g, n, h, k) mix of the values behind keys, both (g, p + n, h, k); `later` (n, p + n) is unseen."""
    scores = query.transpose(1, 2) @ key.permute(0, 2, 3, 1)
    seen = scores if later is None else scores.masked_fill(later, -torch.inf)
    return (softmax(seen, value) @ value.transpose(1, 2)).transpose(1, 2)


def _later(rows: int, columns: int, like: Tensor) -> Tensor:
    """Which of `columns` tokens stand behind each of the last `rows` of them."""
    return torch.ones(rows, columns, dtype=torch.bool, device=like.device).triu(columns - rows + 1)
