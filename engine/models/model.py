"""One CLIP-like model: pictures and prompts in, unit features out, and a look inside.

Everything that touches the shared module while hooks may be in place takes `Backbone.lock`: hooks set by one thread
would otherwise catch the forward pass of another.
"""

from __future__ import annotations

import copy
import hashlib
import math
import threading
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from functools import cached_property, partial
from typing import cast

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..classes import SEVEN_TEMPLATES, Classes, in_template
from ..errors import require
from ..results import Box, Familiarity
from ..settings import ModelSettings, PictureSettings
from . import kept_texts
from .anatomy import anatomy
from .batches import Batches
from .blocks import are_plain, completed, passed, plain_blocks, projected, summary_alone
from .cancellation import LayerHooks, cancelled_by
from .device import choose_device, place
from .familiarity import FamiliarityMeasure, summaries
from .gradient_scaling import loses_gradients, with_scaled_gradients
from .lock import ModelLock
from .precision import PRECISIONS, at_least_single, dtype_of
from .preprocessing import AS_TRAINED, Preprocessing
from .prompts import Prompts, ReadPrompts, can_be_read, end_token, entering, make_prompts, read_out, read_padded
from .published import ACTIVATIONS, activation_of
from .recent import Recent
from .sentences import can_be_packed, read_packed, shared_tokens
from .tokens import Reader
from .towers import Clip, TextTower, Tokenizer
from .trace import Trace, through_blocks, watch_blocks, watch_layer

GRAPH_BYTES = 2_000_000_000  # of the text tower's graphs that are kept; what is larger is worked out again in parts
GRAPHS = 8  # label sets whose graphs are kept
GRAPH_WIDTHS = 16  # numbers that a block keeps of a token for its way back, in units of the tower's width


class Backbone:
    """A frozen CLIP-like model in evaluation mode on one device, safe to share between threads.

    Whatever the precision of its weights, features, prompts and logits are float32.

    `name` is what it was loaded as, `words` the only words it knows (None: an open vocabulary), `templates` its prompt
    ensemble, `grid` its patch grid (rows, columns), `kind` and `averaged` as in `Anatomy`. `difference` is how far an
    image tower that was put in lies from the model's own, relative to its length (None: none was put in). `settings` is
    what was said of its preprocessing and activation when it was loaded, `assumed` a sentence for each part of these
    that nobody said.
    """

    def __init__(
        self,
        model: Clip,
        tokenizer: Tokenizer,
        name: str,
        preprocessing: Preprocessing = Preprocessing(),  # noqa: B008  it is frozen
        words: frozenset[str] | None = None,
        templates: tuple[str, ...] = SEVEN_TEMPLATES,
        difference: float | None = None,
        settings: ModelSettings = ModelSettings(),  # noqa: B008  it is frozen
        assumed: tuple[str, ...] = (),
        measure: FamiliarityMeasure | None = None,
    ) -> None:
        self.model: Clip = model.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.name = name
        self.words = words
        self.templates = templates
        self.difference = difference
        self.settings = settings
        self.assumed = assumed
        self.measure = measure
        self.lock = ModelLock()
        self.cancellation_hooks = LayerHooks(self.model, self.lock)
        self.visual = model.visual
        self.text = cast(TextTower, getattr(model, "text", model))
        parameter = next(self.visual.parameters())
        self.device, self.dtype = parameter.device, parameter.dtype
        exact = torch.promote_types(self.dtype, torch.float32)
        self.preprocessing = preprocessing
        self.mean = torch.tensor(preprocessing.mean, device=self.device, dtype=exact).view(3, 1, 1)
        self.std = torch.tensor(preprocessing.std, device=self.device, dtype=exact).view(3, 1, 1)
        size = self.visual.image_size
        self.image_size = size if isinstance(size, int) else size[0]
        self._anatomy = anatomy(self.visual, self.image_size)
        self.kind, self.grid, self.averaged = self._anatomy.kind, self._anatomy.grid, self._anatomy.averaged
        length = min(filter(None, (self.text.context_length, tokenizer.context_length)))
        self._reader = Reader(tokenizer, name, words, length, end_token(self.text))
        few = self.device.type == "cpu"  # no slower there, and who waits for a turn waits for one part
        beside = self.lock if few else None  # on a CPU one product after the other leaves cores idle
        unwatched = beside if self.kind == "vit" else None  # the insides of other towers are read by hooks
        self.map_batches = Batches(8 if few else 32, "the maps of one picture", self.lock.give_way, unwatched)
        self._image_batches = Batches(8 if few else 64, "one picture", self.lock.give_way, beside)
        self._text_batches = Batches(512, "one sentence", self.lock.give_way)
        packed = can_be_read(self.text) and can_be_packed(self.text)
        self._read_behind = read_packed if packed else read_padded
        self._texts: Recent[Tensor] = Recent()
        self._prompts: Recent[Prompts] = Recent()
        self._untuned: Recent[ReadPrompts] = Recent(1, lambda read: max(read.bytes / GRAPH_BYTES, 1 / GRAPHS))

    @property
    def scale(self) -> float:
        """What cosines are multiplied with to become logits (100 for OpenAI's CLIP)."""
        return float(self.model.logit_scale.exp())

    @property
    def precision(self) -> str:
        """The key of `PRECISIONS` that its weights have."""
        return next((name for name in PRECISIONS if dtype_of(name) == self.dtype), str(self.dtype))

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(p.numel() for p in self.model.parameters())

    @property
    def activation(self) -> str:
        """“quickgelu” where its transformers have OpenAI's QuickGELU, else “gelu”."""
        return activation_of(self.model)

    @property
    def reading(self) -> dict:
        """What pictures and weights are read with, as plain data, and in a few words."""
        return {
            "in_words": ", ".join((ACTIVATIONS[self.activation], self.preprocessing.in_words)),
            "activation": self.activation,
            "preprocessing": {"image_size": self.image_size, **asdict(self.preprocessing)},
            "assumed": list(self.assumed),
        }

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with any weight, precision, preprocessing, picture size or activation.

        What the built-in model has goes without saying, and the size too where the weights of a ViT tell it.
        """
        said = [self.dtype, self.mean.tolist(), self.std.tolist(), *self.preprocessing.resizing]
        said += [] if self.activation == "gelu" else [self.activation]
        said += [] if self.kind == "vit" else [self.image_size]
        digest = hashlib.sha256(repr(tuple(said)).encode())
        for name, tensor in sorted(self.model.state_dict().items()):
            exact = tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
            digest.update(name.encode())
            digest.update(exact.numpy())  # as it lies: copies would take as long as the digest
        return digest.hexdigest()[:16]

    @property
    def layers(self) -> int:
        """Number of transformer blocks of the image tower; 0 for other towers."""
        return len(self._anatomy.watched) if self.kind in ("vit", "patches") else 0

    @property
    def last_block(self) -> nn.Module:
        """The last transformer block of the image tower, or a ResNet's last stage.

        Raises `EngineError` for towers that have neither.
        """
        require(bool(self._anatomy.watched), f"{self.name} has no transformer blocks and no layer4.")
        return self._anatomy.watched[-1]

    def with_model(self, model: Clip, name: str) -> Backbone:
        """The same preprocessing and words around other weights."""
        return Backbone(model, self.tokenizer, name, self.preprocessing, self.words, self.templates)

    def copied(self, device: str | None = None) -> Backbone:
        """The same with weights, lock and everything it keeps of its own, on `device` as `choose_device` takes it."""
        model = copy.deepcopy(self.model)
        place(model, choose_device(device), self.dtype)
        given = self.preprocessing, self.words, self.templates, self.difference, self.settings, self.assumed
        return Backbone(model, self.tokenizer, self.name, *given)

    @contextmanager
    def cancellable(self, token: threading.Event) -> Generator[None]:
        """Inside, what this thread computes with the model raises `Cancelled` at the next layer once `token` is set.

        Several threads may do so at once, each with its own token. Not for around a `yield`: see `cancellation`.
        """
        with self.cancellation_hooks.in_place(), cancelled_by(token):
            yield

    # -- pictures ----------------------------------------------------------------------------------------------

    def prepare(self, picture: Image.Image, how: PictureSettings = AS_TRAINED) -> Tensor:
        """The picture as the model sees it, (3, s, s) in steps of 1/255, by its own preprocessing, fitted as asked."""
        return self.preprocessing.square(picture, self.image_size, how)

    def box(self, shape: tuple[int, int], how: PictureSettings = AS_TRAINED) -> Box:
        """Where what it sees lies in a picture of that width and height."""
        return self.preprocessing.box(shape, self.image_size, how)

    def normalise(self, pixels: Tensor) -> Tensor:
        """Pixels in [0, 1] to the model's own scale, device and precision."""
        return ((pixels.to(self.mean) - self.mean) / self.std).to(self.dtype)

    def embed_image(self, pixels: Tensor) -> Tensor:
        """Features (b, d) of pixels (b, 3, s, s) in [0, 1], not yet unit; differentiable with respect to the pixels."""
        see = partial(with_scaled_gradients, self._see, dtype=self.dtype)
        return self._image_batches.joined(see, pixels)

    def _see(self, pixels: Tensor) -> Tensor:
        with self.lock:
            seen = self._see_summary(pixels) if self._anatomy.summary_alone else self.visual(self.normalise(pixels))
        return at_least_single(seen[0] if isinstance(seen, tuple) else seen)  # CoCa's tower gives its tokens as well

    def _see_summary(self, pixels: Tensor) -> Tensor:
        """What the image tower sees, its last block worked out for the class token alone, as nothing reads the rest."""
        *blocks, last = plain_blocks(self.visual.transformer)
        tokens = self.visual._embeds(self.normalise(pixels))
        for block in blocks:
            tokens = passed(block, tokens)
        return self._projected(self.visual._pool(summary_alone(last, tokens))[0])

    def encode_image(self, pixels: Tensor) -> Tensor:
        """Unit features (b, d) of pixels (b, 3, s, s) in [0, 1]; differentiable with respect to the pixels."""
        return F.normalize(self.embed_image(pixels), dim=-1)

    @torch.no_grad()
    def knows(self, pixels: Tensor) -> Familiarity | None:
        """How familiar pixels (3, s, s) in [0, 1] are to it; None for a model without a measure."""
        if self.measure is None:
            return None
        return self.measure.of(self.summaries(pixels[None])[0])

    @torch.no_grad()
    def summaries(self, pixels: Tensor) -> Tensor:
        """What a "vit" tower makes of pixels (b, 3, s, s) in [0, 1], block by block, (b, blocks, 3, width) on the CPU:
        the class token, and mean and standard deviation of the patches."""
        return torch.cat(self._image_batches.run(self._summaries, pixels)).float().cpu()

    def _summaries(self, pixels: Tensor) -> Tensor:
        with self.lock:
            return summaries(plain_blocks(self.visual.transformer), self.visual._embeds(self.normalise(pixels)))

    # -- words -------------------------------------------------------------------------------------------------

    def unknown_words(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """What of `texts` this model has never seen, in order: words, signs that are no punctuation, and texts without
        any word; empty for an open vocabulary."""
        return self._reader.unknown_words(texts)

    @torch.no_grad()
    def encode_text(self, classes: Classes) -> Tensor:
        """Unit text features (c, d); several templates are averaged and made unit again. Cached per label set, long
        lists on disk as well (`kept_texts`).

        Raises `EngineError` for what the model cannot read, and for two names that are one text to it.
        """
        with self.lock:
            return self._texts.get(classes, self._encode_or_find)

    def _encode_or_find(self, classes: Classes) -> Tensor:
        known = self.device.type == "cpu" or "fingerprint" in vars(self)  # which takes longer than a GPU reads
        if not known or len(classes) * len(classes.templates) < kept_texts.FEWEST:
            return self._encode_classes(classes)
        read = self._reader.read_classes(classes, classes.templates[0])  # told apart, as ever, and by which tokenizer
        asked = (self.fingerprint, self.device.type, torch.__version__, classes.templates, read.shape)
        key = hashlib.sha256(repr(asked).encode() + read.numpy().tobytes()).hexdigest()[:32]
        return kept_texts.kept(key, partial(self._encode_classes, classes)).to(self.device)

    def _encode_classes(self, classes: Classes) -> Tensor:
        features = [self._encode_in(template, classes) for template in classes.templates]
        return F.normalize(torch.stack(features).mean(0), dim=-1)

    @cached_property
    def nameless(self) -> Tensor:
        """The unit mean (d,) of unit features of the model's own sentences, with no class name in them."""
        with torch.no_grad(), self.lock:
            ids = self._reader.read([in_template(template, "") for template in self.templates])
            return F.normalize(self._encode_ids(ids).mean(0), dim=0)

    def _encode_in(self, template: str, classes: Classes) -> Tensor:
        return self._encode_ids(self._reader.read_classes(classes, template))

    def _encode_ids(self, ids: Tensor) -> Tensor:
        """Unit text features (b, d) of token ids (b, length)."""
        found = self._read_cut(ids) if can_be_read(self.text) else self._read_whole(ids)
        return F.normalize(at_least_single(torch.cat(found)), dim=-1)

    def _read_whole(self, ids: Tensor) -> list[Tensor]:
        return self._text_batches.run(self.model.encode_text, ids.to(self.device))

    def _read_cut(self, ids: Tensor) -> list[Tensor]:
        """The same with nothing read behind an end, and what all sentences begin with read once."""
        ends = self._reader.ends(ids)
        shared = shared_tokens(ids, ends)
        embedded = at_least_single(self.text.token_embedding(ids[:, : int(ends.max()) + 1].to(self.device)))
        read = partial(self._read_behind, self.text, embedded[0, :shared])
        return self._text_batches.run(read, embedded[:, shared:], ends.to(self.device))

    @torch.no_grad()
    def prompts(self, classes: Classes) -> Prompts:
        """The prompts of the first template, ready for tuning. Cached per label set."""
        with self.lock:
            return self._prompts.get(classes, partial(make_prompts, self.text, self._reader))

    def reading_cost(self, classes: Classes) -> float:
        """What reading the first template of `classes` once takes, in passes of one picture through the image tower.

        A rough rule: a tower takes as long as it has weights times the places that they are applied at, tokens up to
        each end of text here, those that all sentences begin with once, and patches there. Raises `EngineError` for
        what the model cannot read.
        """
        ids = self._reader.read_classes(classes, classes.templates[0])
        ends = self._reader.ends(ids)
        shared = shared_tokens(ids, ends)
        tokens = shared + int((ends + 1 - shared).sum())
        return tokens * _weights(self.text.transformer) / (_places(self.grid) * _weights(self.visual))

    def encode_prompts(self, prompts: Prompts, context: Tensor | None = None, twice: bool = False) -> Tensor:
        """Unit text features (c, d) with `context` (tokens, width) in the place of the words before the class name.

        With `twice`, their gradients with respect to the context can be differentiated again.
        """
        context = prompts.context if context is None else context
        start, behind = prompts.embeddings[:1, 0], prompts.embeddings[:, 1 + prompts.tokens :]

        def read(rest: Tensor, ends: Tensor, same: Tensor) -> Tensor:
            def work(shared: Tensor) -> Tensor:
                return self._read_behind(self.text, torch.cat([start, shared[0]]), rest, ends)[None]

            with self.lock:
                return with_scaled_gradients(work, same[:1], self.dtype)[0]

        columns = (behind, prompts.ends, context.expand(len(behind), -1, -1))
        if twice:
            packed = self._read_behind is read_packed  # elsewhere: torch's fused attention has no second derivative
            with self.lock, nullcontext() if packed else sdpa_kernel(SDPBackend.MATH):
                features = torch.cat(self._text_batches.run(read, *columns))
        else:
            features = self._text_batches.joined(read, *columns, graph=self._graph_bytes(prompts) <= GRAPH_BYTES)
        return F.normalize(features, dim=-1)

    def _graph_bytes(self, prompts: Prompts) -> int:
        """About what the text tower keeps of these prompts for a way back."""
        blocks, width = self.text.transformer.resblocks, prompts.context.shape[-1]
        return GRAPH_WIDTHS * width * len(blocks) * prompts.read * self.dtype.itemsize

    def read_prompts(self, classes: Classes, context: Tensor | None = None) -> ReadPrompts:
        """Unit text features of the first template of `classes` with `context` (None: the template's own), to be
        differentiated. Under the template's own context they are kept, graph and all, for a few label sets.
        """
        if context is not None:
            return self._attached(classes, context, False)
        own = self.prompts(classes).context
        if loses_gradients(self.dtype):  # the factors of a backward pass lie in the graph
            return self._attached(classes, own, False)
        with self.lock:
            return self._untuned.get(classes, partial(self._attached, context=own, kept=True))

    def _attached(self, classes: Classes, context: Tensor, kept: bool) -> ReadPrompts:
        prompts, context = self.prompts(classes), context.to(self.device, copy=True).requires_grad_()
        with torch.enable_grad():
            features = self.encode_prompts(prompts, context)
        size = self._graph_bytes(prompts)
        return ReadPrompts(context, features, kept, size if size <= GRAPH_BYTES else 0)

    def logits(self, image_features: Tensor, text_features: Tensor) -> Tensor:
        """Scaled cosines (b, c) of unit features (b, d) and those of classes, (c, d) or each picture's own, (b, c, d).

        SigLIP's bias is left out because no decision depends on it.
        """
        scaled = self.model.logit_scale.exp() * image_features
        if text_features.ndim == 3:
            return (scaled[:, None] @ text_features.mT)[:, 0]
        return scaled @ text_features.t()

    @torch.no_grad()
    def nearest_words(self, context: Tensor, count: int = 5) -> list[list[tuple[str, float]]]:
        """For each context vector the `count` whole words with the closest embedding, as (word, cosine).

        Tuned vectors rarely read as language: the nearest word is often the one the vector started from.
        """
        words, ids = self._whole_words
        table = F.normalize(self.text.token_embedding.weight[ids].float(), dim=-1)
        cosines = F.normalize(context.to(self.device).float(), dim=-1) @ table.t()
        best = cosines.topk(min(count, len(words)), -1)
        return [
            [(words[i], float(v)) for v, i in zip(values, places.tolist(), strict=True)]
            for values, places in zip(best.values, best.indices, strict=True)
        ]

    @cached_property
    def _whole_words(self) -> tuple[list[str], Tensor]:
        whole = self._reader.whole_words()
        return list(whole), torch.tensor(list(whole.values()), device=self.device)

    # -- inside ------------------------------------------------------------------------------------------------

    def trace(self, pixels: Tensor, blocks: int, whole: bool = True) -> Trace:
        """Forward `pixels` (b, 3, s, s) keeping inputs and attention of the last `blocks` transformer blocks, and what
        they leave; of the last one, unless `whole`, the class token alone where that is all the tower reads.

        Gradients exist with respect to the kept tokens only; blocks before them build no graph. Towers of kind
        "patches" keep tokens alone. Of a convolutional tower the output of the last stage is kept instead. Raises
        `EngineError` for towers that have neither.
        """
        require(
            self.kind != "other",
            f"{self.name} has no attention blocks or stages to look into; maps need a ViT, a ResNet or a ConvNeXt.",
        )
        if self.kind == "vit":
            return self._trace_blocks(pixels, blocks, self._anatomy.summary_alone and not whole)
        if self.kind in ("resnet", "stages"):
            watch = watch_layer(self._anatomy.watched[0])
        else:
            watch = watch_blocks(self._anatomy.watched[-blocks:])
        with self.lock, torch.enable_grad(), watch as kept:
            features = F.normalize(self._see(pixels), dim=-1)
        return Trace(features, *(tuple(of_blocks) for of_blocks in kept))

    def _trace_blocks(self, pixels: Tensor, count: int, summary: bool) -> Trace:
        blocks = plain_blocks(self.visual.transformer)
        with self.lock:
            with torch.no_grad():
                tokens = self.visual._embeds(self.normalise(pixels))
                for block in blocks[:-count]:
                    tokens = passed(block, tokens)
            with torch.enable_grad():
                tokens, kept = through_blocks(blocks[-count:], tokens, summary=summary)
                pooled, _ = self.visual._pool(tokens)
                features = self._project(pooled)
        return Trace(features, *(tuple(of_blocks) for of_blocks in kept))

    def trace_text(self, sentence: str) -> tuple[Trace, tuple[str, ...]]:
        """Forward one sentence, cut behind its end, keeping inputs and attention of all blocks of the text tower, and
        spell out the pieces between its start and its end.

        Raises `EngineError` for text towers that do not read a sentence at its end by plain attention.
        """
        blocks = self.text.transformer.resblocks if can_be_read(self.text) else ()
        require(
            bool(blocks) and are_plain(blocks),
            f"Expected a text tower that reads the prompt at its end-of-text token by plain attention; {self.name} has"
            " another kind, so its words cannot be told apart.",
        )
        ids = self._reader.read([sentence])
        ends = self._reader.ends(ids)
        ids = ids[:, : int(ends) + 1]
        embeddings = self.text.token_embedding(ids.to(self.device))
        with self.lock, torch.enable_grad():
            mask = self.text.attn_mask[: ids.shape[1], : ids.shape[1]]
            plain = plain_blocks(self.text.transformer)
            tokens, kept = through_blocks(plain, entering(self.text, at_least_single(embeddings)), mask)
            features = F.normalize(at_least_single(read_out(self.text, tokens[:, int(ends)])), dim=-1)
        return Trace(features, *(tuple(of_blocks) for of_blocks in kept)), self._reader.pieces(ids[0, 1:-1])

    def read_out(self, tokens: Tensor) -> Tensor:
        """Unit features (b, d) of a "vit" tower's tokens (b, 1 + gh*gw, width), as if its last block had left them."""
        pooled, _ = self.visual._pool(tokens.to(self.dtype))
        return self._project(pooled)

    def unmixed(self, trace: Trace) -> tuple[Tensor, ...]:
        """What each traced block of a "vit" tower would leave, (b, 1 + gh*gw, width), if every token read itself alone
        there: its own value in the place of what attention mixes (MaskCLIP, Zhou et al., ECCV 2022)."""
        blocks = plain_blocks(self.visual.transformer)[-len(trace.tokens) :]
        return tuple(
            at_least_single(completed(block, tokens.to(self.dtype), projected(block, normed.to(self.dtype), 2, 2)[0]))
            for block, tokens, normed in zip(blocks, trace.tokens, trace.normed, strict=True)
        )

    def read_token(self, token: Tensor) -> Tensor:
        """Unit features (b, d) of one token (b, width) of a "vit" tower, as if it were what the tower pools to."""
        return self._project(self.visual.ln_post(token.to(self.dtype)))

    def _project(self, pooled: Tensor) -> Tensor:
        return F.normalize(at_least_single(self._projected(pooled)), dim=-1)

    def _projected(self, pooled: Tensor) -> Tensor:
        return pooled if self.visual.proj is None else pooled @ self.visual.proj


def _weights(tower: nn.Module) -> int:
    return sum(weight.numel() for weight in tower.parameters())


def _places(grid: tuple[int, int]) -> int:
    """Patches, or as many as most convolutional towers end with where the tower does not tell."""
    return math.prod(grid) or 49
