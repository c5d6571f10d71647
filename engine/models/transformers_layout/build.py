"""open_clip's CLIP with the weights of a CLIPModel in it."""

from __future__ import annotations

from typing import cast

import open_clip
from open_clip.tokenizer import SimpleTokenizer

from ..towers import Clip, Tokenizer
from ..undrawn import Undrawn
from ..weights import fit, read_weights
from .fetch import CLIPModelParts
from .keys import State, open_clip_state


def build_clip_model(parts: CLIPModelParts) -> tuple[Clip, Tokenizer]:
    """Model and tokenizer. Raises `EngineError` for weights that cannot be read or do not fit the configuration."""
    with Undrawn():
        model = cast(Clip, open_clip.CLIP(**parts.config, quick_gelu=bool(parts.reading.quick_gelu)))
    weights: State = {}
    for path in parts.weights:
        weights |= read_weights(path)
    fit(open_clip_state(weights), model, parts.weights[0])
    model.visual.preprocess_cfg = parts.reading.preprocessing
    return model, SimpleTokenizer(context_length=parts.config["text_cfg"]["context_length"])
