"""Training of the built-in model: contrastive on captions, with attribute heads that are thrown away afterwards."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from tqdm import tqdm

from ..backbone import read_prompts
from .batches import SILENT, Batch, batches
from .clip import CONFIG, MEAN, STD, Words, build, export
from .corpus import NONE, load_corpus
from .specimens import COLOURS, KINDS, PATTERNS

_GRID = CONFIG["vision_cfg"]["image_size"] // CONFIG["vision_cfg"]["patch_size"]
_HEADS = (len(KINDS), len(COLOURS), len(PATTERNS), NONE + 1, len(COLOURS))
_EMA = 0.998
_CHECKPOINT_SECONDS = 180


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """`pictures` views are shown in all; the last `decay` of them with a falling learning rate, and from `full_from` on
    every patch is kept (before that `tokens` of 196, background dropped first, which is faster)."""

    pictures: int = 370_000
    families: int = 6_000
    batch: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup: int = 200
    decay: float = 0.35
    tokens: int = 64
    full_from: float = 0.9
    seed: int = 0


class TellingPatches(nn.Module):
    """Keeps `count` patches a picture while training, patches of the object first, the rest of the count at random."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.coverage: Tensor | None = None

    def forward(self, tokens: Tensor) -> Tensor:
        """Drop patches of `tokens` (b, 1 + 196, width) unless evaluating or `count` is 0."""
        if not self.training or not self.count:
            return tokens
        chance = torch.rand(self.coverage.shape) + 0.7 * (self.coverage > 0)
        kept = chance.topk(self.count, -1).indices
        patches = tokens[:, 1:].gather(1, kept[..., None].expand(-1, -1, tokens.shape[-1]))
        return torch.cat([tokens[:, :1], patches], 1)


class Trainee(nn.Module):
    """The model in training: CLIP, and linear heads that read each attribute off the joint space of both towers."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.clip = build(words)
        self.patches = TellingPatches()
        self.clip.visual.patch_dropout = self.patches
        self.heads = nn.ModuleList(nn.Linear(CONFIG["embed_dim"], size) for size in _HEADS)

    def forward(self, batch: Batch, words: Words, normalise: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """The parts of the loss for one batch."""
        self.patches.coverage = F.avg_pool2d(batch.masks[:, None], CONFIG["vision_cfg"]["patch_size"]).flatten(1)
        tokens = words.tokens(batch.complete + batch.partial)
        with torch.autocast("cpu", torch.bfloat16), sdpa_kernel(SDPBackend.MATH):  # faster here than the fused kernel
            images = self.clip.visual((batch.pixels - normalise[0]) / normalise[1])
            texts = self._read(tokens)
        images, texts = F.normalize(images.float(), dim=-1), F.normalize(texts.float(), dim=-1)
        scale = self.clip.logit_scale.exp()
        complete, partial = (scale * images @ half.t() for half in texts.chunk(2))
        same = (batch.codes[:, None] == batch.codes[None]).all(-1)
        true = ((batch.said[None] == SILENT) | (batch.said[None] == batch.codes[:, None])).all(-1)
        halves = texts.chunk(2)
        return {
            "complete": _contrast(complete, same) + _contrast(complete.t(), same.t()),
            "partial": 0.5 * _contrast(partial, true) + 0.5 * _spread(partial.t(), true.t()),
            "heads": self._read_off(images, batch.codes)
            + 0.5 * (self._read_off(halves[0], batch.codes) + self._read_off(halves[1], batch.said)),
        }

    def _read(self, tokens: Tensor) -> Tensor:
        """Text features before normalisation; prompts are cut behind the longest, as the engine does."""
        ends = tokens.argmax(-1)
        return read_prompts(self.clip, self.clip.token_embedding(tokens[:, : int(ends.max()) + 1]), ends)

    def _read_off(self, features: Tensor, codes: Tensor) -> Tensor:
        losses = [
            F.cross_entropy(10 * head(features), codes[:, i], ignore_index=SILENT) for i, head in enumerate(self.heads)
        ]
        return torch.stack(losses).mean()


def _contrast(logits: Tensor, true: Tensor) -> Tensor:
    """Mean of -log of the probability that falls on any true partner."""
    return (logits.logsumexp(-1) - logits.masked_fill(~true, -torch.inf).logsumexp(-1)).mean()


def _spread(logits: Tensor, true: Tensor) -> Tensor:
    """Mean cross-entropy to the uniform distribution over true partners."""
    return -(logits.log_softmax(-1) * true).sum(-1).div(true.sum(-1)).mean()


def _rate(settings: TrainSettings, step: int, total: int) -> float:
    rise = min(1.0, (step + 1) / settings.warmup)
    fall = min(1.0, (total - step) / max(1, round(total * settings.decay)))
    return settings.learning_rate * rise * fall


def _optimiser(trainee: Trainee, settings: TrainSettings) -> torch.optim.AdamW:
    matrices = [p for p in trainee.parameters() if p.ndim >= 2]
    others = [p for p in trainee.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, settings.learning_rate, betas=(0.9, 0.98))


def train(settings: TrainSettings, cache: Path, folder: Path, workers: int = 2) -> None:
    """Train (or go on training) with the corpus and checkpoint in `cache`; export to `folder` at every checkpoint.

    Killed at any moment it goes on from the last checkpoint, at most three minutes back; changing `pictures` moves the
    end. A run that has reached its end exports again and stops.
    """
    torch.manual_seed(settings.seed)
    corpus = load_corpus(cache, settings.families, settings.seed, workers)
    words = Words()
    trainee = Trainee(words).train()
    average = torch.optim.swa_utils.AveragedModel(
        trainee.clip, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(_EMA)
    )
    optimiser = _optimiser(trainee, settings)
    state = {"step": 0, "seconds": 0.0}
    checkpoint = cache / "training.pt"
    if checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        trainee.load_state_dict(saved["trainee"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        state = saved["state"]

    def keep() -> None:
        parts = {"trainee": trainee, "average": average, "optimiser": optimiser}
        temporary = checkpoint.with_suffix(".part")
        torch.save({**{name: part.state_dict() for name, part in parts.items()}, "state": state}, temporary)
        temporary.replace(checkpoint)
        export(average.module.state_dict(), words, folder)
        card = {"settings": asdict(settings), "pictures_seen": state["step"] * settings.batch}
        card["hours"] = round(state["seconds"] / 3600, 2)
        (folder / "training.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")

    _loop(settings, trainee, average, optimiser, corpus, words, state, keep)


def _loop(settings, trainee, average, optimiser, corpus, words, state, keep) -> None:
    total = settings.pictures // settings.batch
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    stream = batches(corpus, settings.batch, settings.seed, state["step"])
    last = kept = time.monotonic()
    with tqdm(total=total, initial=min(state["step"], total), unit="steps", smoothing=0.02) as bar:
        while state["step"] < total:
            step = state["step"]
            trainee.patches.count = settings.tokens if step < settings.full_from * total else 0
            for group in optimiser.param_groups:
                group["lr"] = _rate(settings, step, total)
            losses = trainee(next(stream), words, (mean, std))
            optimiser.zero_grad(set_to_none=True)
            torch.stack(list(losses.values())).sum().backward()
            nn.utils.clip_grad_norm_(trainee.parameters(), 1.0)
            optimiser.step()
            trainee.clip.logit_scale.data.clamp_(max=4.6052)
            average.update_parameters(trainee.clip)
            state["step"] += 1
            now = time.monotonic()
            state["seconds"] += now - last
            last = now
            bar.update()
            bar.set_postfix({name: f"{float(value):.3f}" for name, value in losses.items()})
            if now - kept > _CHECKPOINT_SECONDS:
                keep()
                kept = time.monotonic()
    keep()
