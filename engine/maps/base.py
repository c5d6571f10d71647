"""What every map is: its text, the kinds of image tower that it can be drawn on, and how. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import require
from ..passes import Passes
from ..registry import Entry
from ..settings import AttentionSettings

if TYPE_CHECKING:
    from torch import Tensor

    from .evidence import Evidence

    Drawn = tuple[Tensor, Tensor]  # raw map (b, gh, gw), degenerate (b,)
    DrawMap = Callable[[Evidence], Drawn]

TOWERS = ("vit", "patches", "resnet", "stages")  # the values of `Backbone.kind` that have something to draw from


@dataclass(frozen=True, kw_only=True, eq=False)
class Map(Entry):
    """One way to draw a map.

    `blocks` is how many last blocks it reads (0: all). `draw` has a function for each kind of image tower
    (`Backbone.kind`) that the map is defined on; upsampled maps of a ResNet are sharpened by `floor`. `class_specific`
    tells whether the map depends on the class that it is drawn for, `whole` whether it reads what the last block leaves
    of the patches (`Trace.left`), which no answer needs.
    """

    blocks: int
    draw: Mapping[str, DrawMap]
    floor: float = 0.0
    class_specific: bool = True
    whole: bool = False

    def depth(self, layers: int, settings: AttentionSettings) -> int:
        """How many last blocks of `layers` have to be traced."""
        return self.blocks or layers

    def passes(self, layers: int, settings: AttentionSettings) -> Passes:
        """What one picture takes on a tower of `layers` blocks: forward, and back through the blocks read where the map
        depends on the class. Behind a convolutional tower's last stage there is next to nothing to go back through.

        Raises `EngineError` where the settings ask for blocks that are not there.
        """
        return Passes(1, self.depth(layers, settings) / layers if self.class_specific and layers else 0)


class LastBlocks(Map):
    """A map of as many last blocks as `AttentionSettings.last_blocks` says."""

    def depth(self, layers: int, settings: AttentionSettings) -> int:
        """How many last blocks of `layers` have to be traced; raises `EngineError` for more than there are."""
        asked = settings.last_blocks or super().depth(layers, settings)
        require(asked <= layers, f"Expected at most {layers} last blocks; got {asked}.")
        return asked


def never_degenerate(raw: Tensor) -> Drawn:
    """Raw maps (b, gh, gw), none of which is marked as degenerate."""
    return raw, raw.new_zeros(len(raw)).bool()
