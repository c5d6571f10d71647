"""What an attack looks through that must not be noticed: the model, and beside its answer the detection scores."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..detection.scores import SCORES, measured
from .probes import Probe


class EvadingProbe(Probe):
    """Answers with the model's logits, and keeps how far the scores of the pictures last looked at lie above those of
    the clean pictures, for whoever asks next.

    The attacker knows the scores, not the defender's seed: noise is drawn anew for each of `settings.eot_samples` sets
    of copies at every look (EOT), and the scores are means over them. All of it is smooth, the border included.
    """

    allowed: Tensor  # (b, k), one for each of k scores

    def know(self, clean: Tensor) -> None:
        """Take the scores of the clean pictures (b, 3, s, s) as the largest that are allowed."""
        with torch.no_grad():
            _, self.allowed = self._seen(clean)

    def forward(self, pixels: Tensor) -> Tensor:
        self.check_cancelled()
        features, scores = self._seen(self._held(self._watched(pixels)))
        logits = self.backbone.logits(F.normalize(features, dim=-1).to(self.text_features), self.text_features).float()
        self._excess = (scores - self.allowed).relu().sum(-1)
        self.report(logits.detach().clone())
        return logits

    def excess(self) -> Tensor:
        """How far (b,), summed over the scores and 0 where none lies above; to be asked once behind every look.

        It is not kept: its graph ends in a hook that holds the probe, a ring that nothing would ever free.
        """
        found = self._excess
        del self._excess
        return found

    def _seen(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Features (b, d) of pictures (b, 3, s, s), not of unit length, and their scores (b, k)."""
        found = [self._of_one(picture, rng) for picture, rng in zip(pixels.split(1), self.rngs, strict=True)]
        features, scores = zip(*found, strict=True)
        return torch.stack(features), torch.stack(scores)

    def _of_one(self, picture: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        self.check_cancelled()
        draws, kinds = self.settings.eot_samples, len(SCORES)
        copies = [one.change(picture, rng) for _ in range(draws) for one in SCORES.values()]
        seen = self.backbone.embed_image(torch.cat([picture, *copies]))
        each = [measured(torch.cat([seen[:1], some])) for some in seen[1:].split(kinds)]
        return seen[0], torch.stack([torch.stack([*one.values()]) for one in each]).mean(0)
