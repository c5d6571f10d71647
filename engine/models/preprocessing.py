"""From any picture to the square of pixels that a model was trained to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import open_clip
import torch
from open_clip.constants import IMAGENET_MEAN, IMAGENET_STD
from PIL import Image
from torch import Tensor
from torchvision.transforms import InterpolationMode, Pad, Resize

from ..errors import require
from ..results import Box
from ..settings import Channels, ModelSettings, PictureSettings, check_channels

KNOWN = {  # mean and std
    "OpenAI's": (*open_clip.OPENAI_DATASET_MEAN, *open_clip.OPENAI_DATASET_STD),
    "ImageNet's": (*IMAGENET_MEAN, *IMAGENET_STD),
}
MODES = {"crop": "shortest", "squash": "squash", "pad": "longest"}  # by the fit that asks for them
AS_TRAINED = PictureSettings()


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What open_clip's configurations say of a model's pictures.

    `mean` and `std` are those of the channels, pixels in [0, 1]. `resize_mode` makes the short side fit and cuts the
    middle out ("shortest"), stretches the picture to a square ("squash"), or makes the long side fit and fills up with
    `fill_color`, a level from 0 to 255 ("longest"). Raises `EngineError` for another `resize_mode` or `interpolation`,
    and for a mean and a std that are not three numbers.
    """

    mean: Channels = open_clip.OPENAI_DATASET_MEAN
    std: Channels = open_clip.OPENAI_DATASET_STD
    resize_mode: str = "shortest"
    interpolation: str = "bicubic"
    fill_color: int = 0

    def __post_init__(self) -> None:
        for part, values in (
            ("resize_mode", ModelSettings.RESIZE_MODES),
            ("interpolation", ModelSettings.INTERPOLATIONS),
        ):
            said = getattr(self, part)
            sentence = f"Expected {part} to be one of {', '.join(values)}; the model's configuration says {said}."
            require(said in values, sentence)
        check_channels(self.mean, self.std)

    @classmethod
    def configured(cls, config: Mapping[str, Any]) -> Preprocessing:
        """What one of open_clip's configurations says; there one number may stand for all channels, and the
        interpolation may be “random”, which is bicubic but in training."""
        parts = {part: config[part] for part in PARTS if part in config}
        for part in {"mean", "std"} & parts.keys():
            parts[part] = tuple(parts[part]) if isinstance(parts[part], list | tuple) else (parts[part],) * 3
        if parts.get("interpolation") == "random":
            parts["interpolation"] = "bicubic"
        return cls(**parts)

    @property
    def in_words(self) -> str:
        """All of it in a few words."""
        given = np.array((*self.mean, *self.std))
        whose = next((name for name, known in KNOWN.items() if np.allclose(given, known, rtol=0, atol=1e-6)), None)
        scale = f"{whose} mean and std" if whose else f"mean {_channels(self.mean)}, std {_channels(self.std)}"
        return f"{scale}, {self.interpolation}, resize mode {self.resize_mode}"

    @property
    def resizing(self) -> tuple[str, ...]:
        """What tells its way of resizing from others; the usual interpolation and colour go without saying."""
        usual = (("bicubic", self.interpolation), ("0", str(self.fill_color)))
        return (self.resize_mode, *(given for expected, given in usual if given != expected))

    def square(self, picture: Image.Image, size: int, how: PictureSettings = AS_TRAINED) -> Tensor:
        """The picture as RGB pixels (3, size, size) in steps of 1/255."""
        way = InterpolationMode.BILINEAR if self.interpolation == "bilinear" else InterpolationMode.BICUBIC
        width, height, left, top = self._placed(picture.size, size, how)
        resized = Resize([height, width], way, antialias=True)(picture.convert("RGB"))
        if self._mode(how) == "longest":
            seen = Pad([-left, -top, size - width + left, size - height + top], fill=self.fill_color)(resized)
        else:
            seen = resized.crop((left, top, left + size, top + size))
        return torch.from_numpy(np.asarray(seen).copy()).permute(2, 0, 1).float() / 255

    def box(self, shape: tuple[int, int], size: int, how: PictureSettings = AS_TRAINED) -> Box:
        """Where `square` lies in a picture of that width and height."""
        width, height, left, top = self._placed(shape, size, how)
        return Box(left / width, top / height, (left + size) / width, (top + size) / height)

    def _mode(self, how: PictureSettings) -> str:
        return MODES[how.fit] if how.fit else self.resize_mode

    def _placed(self, shape: tuple[int, int], size: int, how: PictureSettings) -> tuple[int, int, int, int]:
        """Width and height that the picture is resized to, and where the square begins in it, from the left and top."""
        mode, (width, height) = self._mode(how), shape
        if mode == "squash":
            return size, size, 0, 0
        if mode == "longest":
            width, height = (max(1, round(side * size / max(shape))) for side in shape)
            return width, height, -((size - width) // 2), -((size - height) // 2)
        width, height = (size if side == min(shape) else int(size * side / min(shape)) for side in shape)
        return width, height, round(how.frame * (width - size)), round(how.frame * (height - size))


def _channels(values: Channels) -> str:
    return " ".join(f"{value:.4g}" for value in (values[:1] if len(set(values)) == 1 else values))


PARTS = tuple(part.name for part in fields(Preprocessing))
