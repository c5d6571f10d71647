"""One CLIP-like model: pictures and prompts in, unit features out, and a look inside.

Everything that touches the shared module while hooks may be in place takes `Backbone.lock`: hooks set by one thread
would otherwise catch the forward pass of another.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from functools import cached_property

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as TF

from ..errors import EngineError, require
from ..types import SEVEN_TEMPLATES, Classes
from .prompts import Prompts, read_prompts
from .trace import Trace, watch_blocks, watch_layer

IMAGE_BATCH = 64
TEXT_BATCH = 256
CACHED_LABEL_SETS = 64


class Backbone:
    """A frozen CLIP-like model in evaluation mode on one device, safe to share between threads.

    `name` is what it was loaded as, `words` the only words it knows (None: an open vocabulary), `templates` its prompt
    ensemble, `grid` its patch grid (rows, columns), `kind` "vit", "resnet" or "other" (no maps).
    """

    def __init__(
        self,
        model: nn.Module,
        tokenizer,
        name: str,
        mean: tuple[float, ...] = open_clip.OPENAI_DATASET_MEAN,
        std: tuple[float, ...] = open_clip.OPENAI_DATASET_STD,
        resize_mode: str = "shortest",
        words: frozenset[str] | None = None,
        templates: tuple[str, ...] = SEVEN_TEMPLATES,
    ) -> None:
        self.model = model.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.name = name
        self.words = words
        self.templates = templates
        self.lock = threading.RLock()
        self.visual = model.visual
        self.text = getattr(model, "text", model)
        parameter = next(model.parameters())
        self.device, self.dtype = parameter.device, parameter.dtype
        self.mean = torch.tensor(mean, device=self.device, dtype=self.dtype).view(3, 1, 1)
        self.std = torch.tensor(std, device=self.device, dtype=self.dtype).view(3, 1, 1)
        self.resize_mode = resize_mode
        size = self.visual.image_size
        self.image_size = int(size[0] if isinstance(size, tuple | list) else size)
        self.kind, self.grid = self._anatomy()
        self._texts: OrderedDict[Classes, Tensor] = OrderedDict()
        self._prompts: OrderedDict[Classes, Prompts] = OrderedDict()

    def _anatomy(self) -> tuple[str, tuple[int, int]]:
        if hasattr(self.visual, "transformer") and hasattr(self.visual.transformer, "resblocks"):
            return "vit", tuple(self.visual.grid_size)
        if hasattr(self.visual, "layer4"):
            return "resnet", (self.image_size // 32, self.image_size // 32)
        return "other", (0, 0)

    @property
    def scale(self) -> float:
        """What cosines are multiplied with to become logits (100 for OpenAI's CLIP)."""
        return float(self.model.logit_scale.exp())

    @property
    def context_length(self) -> int:
        """Most tokens a prompt may have, start and end included."""
        return int(self.text.positional_embedding.shape[0] if hasattr(self.text, "positional_embedding") else 77)

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(p.numel() for p in self.model.parameters())

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with any weight, precision or preprocessing."""
        digest = hashlib.sha256(repr((self.dtype, self.mean.tolist(), self.std.tolist(), self.resize_mode)).encode())
        for name, tensor in sorted(self.model.state_dict().items()):
            exact = tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
            digest.update(name.encode() + exact.numpy().tobytes())
        return digest.hexdigest()[:16]

    @property
    def layers(self) -> int:
        """Number of transformer blocks of the image tower; 0 for other towers."""
        return len(self.visual.transformer.resblocks) if self.kind == "vit" else 0

    # -- pictures ----------------------------------------------------------------------------------------------

    def prepare(self, picture: Image.Image) -> Tensor:
        """The picture as the model sees it, (3, s, s) in steps of 1/255: short side resized bicubically, centre cut."""
        size = self.image_size
        target = [size, size] if self.resize_mode == "squash" else [size]
        resized = TF.resize(picture.convert("RGB"), target, InterpolationMode.BICUBIC, antialias=True)
        cropped = np.asarray(TF.center_crop(resized, [size, size]))
        return torch.from_numpy(cropped.copy()).permute(2, 0, 1).float() / 255

    def normalise(self, pixels: Tensor) -> Tensor:
        """Pixels in [0, 1] to the model's own scale, device and precision."""
        return (pixels.to(self.device, self.dtype) - self.mean) / self.std

    def embed_image(self, pixels: Tensor) -> Tensor:
        """Features (b, d) of pixels (b, 3, s, s) in [0, 1], not yet unit; differentiable with respect to the pixels."""
        chunks = []
        for part in pixels.split(IMAGE_BATCH):
            with self.lock:
                chunks.append(self.visual(self.normalise(part)))
        return torch.cat(chunks)

    def encode_image(self, pixels: Tensor) -> Tensor:
        """Unit features (b, d) of pixels (b, 3, s, s) in [0, 1]; differentiable with respect to the pixels."""
        return F.normalize(self.embed_image(pixels), dim=-1)

    # -- words -------------------------------------------------------------------------------------------------

    def unknown_words(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """The words of `texts` that this model has never seen, in order; empty for an open vocabulary."""
        if self.words is None:
            return ()
        found = (w for text in texts for w in re.findall(r"[^\W_]+", text.lower()))
        return tuple(dict.fromkeys(w for w in found if w not in self.words))

    def _tokens(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Token ids (b, longest) and end positions (b,), refusing unknown words and texts that would be cut."""
        unknown = self.unknown_words(tuple(texts))
        if unknown:
            listed = ", ".join(f"“{w}”" for w in unknown[:8]) + (" and more" if len(unknown) > 8 else "")
            raise EngineError(
                f"The model {self.name} has never seen the word{'s' * (len(unknown) > 1)} {listed};"
                " use its own words or choose a model with an open vocabulary."
            )
        limit = self.context_length
        ids = self.tokenizer(texts, context_length=limit + 1)
        ends = ids.argmax(-1)
        worst = int(ends.argmax())
        require(
            int(ends[worst]) < limit,
            f"“{texts[worst][:60]}…” is too long for the text encoder: it reads at most {limit - 2} word pieces.",
        )
        return ids[:, : int(ends.max()) + 1].to(self.device), ends.to(self.device)

    def _require_open_text_tower(self) -> None:
        open_tower = all(hasattr(self.text, part) for part in ("token_embedding", "ln_final", "text_projection"))
        require(
            open_tower and getattr(self.text, "text_pool_type", getattr(self.text, "pool_type", "")) == "argmax",
            f"Expected a text tower that reads the prompt at its end-of-text token; {self.name} has another kind,"
            " so prompts cannot be tuned on it.",
        )

    @torch.no_grad()
    def encode_text(self, classes: Classes) -> Tensor:
        """Unit text features (c, d); several templates are averaged and made unit again. Cached per label set."""
        with self.lock:
            if classes not in self._texts:
                names = [name.replace("_", " ") for name in classes.names]
                total = torch.stack([self._encode_sentences([t.format(n) for n in names]) for t in classes.templates])
                _remember(self._texts, classes, F.normalize(total.mean(0), dim=-1))
            self._texts.move_to_end(classes)
            return self._texts[classes]

    def _encode_sentences(self, sentences: list[str]) -> Tensor:
        ids, _ = self._tokens(sentences)
        padded = F.pad(ids, (0, self.context_length - ids.shape[1]))
        return torch.cat([F.normalize(self.model.encode_text(part), dim=-1) for part in padded.split(TEXT_BATCH)])

    @torch.no_grad()
    def prompts(self, classes: Classes) -> Prompts:
        """The prompts of the first template, ready for tuning. Cached per label set."""
        self._require_open_text_tower()
        with self.lock:
            if classes not in self._prompts:
                template = classes.templates[0]
                prefix = template.split("{}")[0]
                whole_words = prefix if prefix.endswith(" ") else prefix.rpartition(" ")[0]
                require(
                    bool(whole_words.strip()),
                    f"Tuning moves the words before the class name; “{template}” has none, “a photo of a {{}}.” has.",
                )
                ids, ends = self._tokens([template.format(n.replace("_", " ")) for n in classes.names])
                count = int(self._tokens([whole_words.strip()])[1][0]) - 1
                embeddings = self.text.token_embedding(ids).to(self.dtype)
                made = Prompts(embeddings, ends, embeddings[0, 1 : 1 + count].clone())
                _remember(self._prompts, classes, made)
            self._prompts.move_to_end(classes)
            return self._prompts[classes]

    def encode_prompts(self, prompts: Prompts, context: Tensor | None = None) -> Tensor:
        """Unit text features (c, d) with `context` (tokens, width) in the place of the words before the class name."""
        context = prompts.context if context is None else context
        features = []
        for embeddings, ends in zip(
            prompts.embeddings.split(TEXT_BATCH), prompts.ends.split(TEXT_BATCH), strict=True
        ):
            shared = context.expand(len(embeddings), -1, -1)
            filled = torch.cat([embeddings[:, :1], shared, embeddings[:, 1 + prompts.tokens :]], 1)
            features.append(F.normalize(read_prompts(self.text, filled, ends), dim=-1))
        return torch.cat(features)

    def logits(self, image_features: Tensor, text_features: Tensor) -> Tensor:
        """Scaled cosines (b, c) of unit features; SigLIP's bias is left out because no decision depends on it."""
        return self.model.logit_scale.exp() * image_features @ text_features.t()

    @torch.no_grad()
    def nearest_words(self, context: Tensor, count: int = 5) -> list[list[tuple[str, float]]]:
        """For each context vector the `count` whole words with the closest embedding, as (word, cosine).

        Tuned vectors rarely read as language: the nearest word is often the one the vector started from.
        """
        ids, words = self._whole_words()
        table = F.normalize(self.text.token_embedding.weight[ids].float(), dim=-1)
        cosines = F.normalize(context.to(self.device).float(), dim=-1) @ table.t()
        best = cosines.topk(min(count, len(words)), -1)
        return [
            [(words[i], float(v)) for v, i in zip(values, places.tolist(), strict=True)]
            for values, places in zip(best.values, best.indices, strict=True)
        ]

    def _whole_words(self) -> tuple[Tensor, list[str]]:
        encoder = getattr(self.tokenizer, "encoder", None)
        require(encoder is not None, f"The tokenizer of {self.name} has no word list to search.")
        whole = {token[:-4]: i for token, i in encoder.items() if token.endswith("</w>") and token[:-4].isalpha()}
        if self.words is not None:
            whole = {word: i for word, i in whole.items() if word in self.words}
        return torch.tensor(list(whole.values()), device=self.device), list(whole)

    # -- inside ------------------------------------------------------------------------------------------------

    def trace(self, pixels: Tensor, blocks: int) -> Trace:
        """Forward `pixels` (b, 3, s, s) keeping inputs and attention of the last `blocks` transformer blocks.

        Gradients exist with respect to the kept tokens only; blocks before them build no graph. For a ResNet the
        output of layer4 is kept instead. Raises `EngineError` for towers that have neither.
        """
        require(
            self.kind != "other",
            f"{self.name} has no attention blocks or layer4 to look into; maps need a ViT or a CLIP ResNet.",
        )
        if self.kind == "resnet":
            watch = watch_layer(self.visual.layer4)
        else:
            watch = watch_blocks(self.visual.transformer.resblocks[-blocks:])
        with self.lock, torch.enable_grad(), watch as (tokens, attention, normed):
            features = F.normalize(self.visual(self.normalise(pixels)), dim=-1)
        return Trace(features, tuple(tokens), tuple(attention), tuple(normed))


def _remember(cache: OrderedDict, key: Classes, value: object) -> None:
    cache[key] = value
    while len(cache) > CACHED_LABEL_SETS:
        cache.popitem(last=False)
