"""What an attack is, and what several families share; every family is one file of this package.

The registry reads these files for their names and texts, so neither this module nor a family's file imports torch at
its top: functions that compute import what they need.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import require
from ..registry import Entry
from .looks import LookPasses, Looks, each_step, rivals, the_picture

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .adaptive import TargetDefence
    from .probes import Probe

Run = Callable[["Tensor", "Tensor"], "Tensor"]  # pixels (b, 3, s, s) and labels (b,) -> perturbed pixels
Walk = Callable[["Tensor", "Tensor"], Generator[None, None, "Tensor"]]  # the same, with a stop behind each look
Builder = Callable[["Probe", "AttackSettings"], Walk] | Callable[["Probe", "AttackSettings"], Run]
CountLooks = Callable[["AttackSettings", int], Looks]  # with the number of classes
CountPasses = Callable[["TargetDefence | None", int, "AttackSettings"], LookPasses]  # with the image tower's blocks
LookThrough = Callable[["TargetDefence | None"], Callable[..., "Probe"]]

NORMS = {"linf": "Linf", "l2": "L2"}  # as torchattacks spells them
WITHIN = ("only_cells",)  # of every attack that has a limit
STEPPED = ("steps", "step_size", *WITHIN)
UNAWARE = "white-box on the model; knows nothing of any defence"


def through_the_model(target: TargetDefence | None) -> Callable[..., Probe]:
    """The probe of an attack that asks the model itself."""
    from .probes import Probe

    return Probe


@dataclass(frozen=True, kw_only=True)
class Attack(Entry):
    """An attack: what the attacker knows (`threat`), how it is built, and what it looks through (`probe`).

    `build` takes a probe and the settings and returns the walk, or with `blocking` a run that tells nobody when it
    looks, which then has a thread of its own. It builds anew at every call, because torchattacks' objects keep state.
    Runs start below the package's own entries where those would seed the global generator. `probe`
    is given the defence to go through and returns what makes the probe. `looks` counts how often it is asked at most,
    `look_passes` what each time takes.

    `norms` are those it can keep to, none where its change has no limit: epsilon and norm then do not matter to it, and
    `threat` says what it may do instead. Such an attack may have a null arm of its own, which `null` describes (empty:
    noise as large as its change) and the probe keeps, a picture for each (`Probe.nulls`); `on_paintings` is a sentence
    on what it can be to a model that knows only its paintings. `least` is how many classes its loss needs, `targeted`
    whether it can be aimed at a class, `batched` whether several pictures can run together without disturbing each
    other, `minimal` whether its run looks for the shortest change, however long that is: the stream measures it and
    cuts it to epsilon. `aimed` is whether anybody aims it at the model. `uses` names the settings that
    change what it does, besides epsilon and norm.
    """

    threat: str
    build: Builder
    looks: CountLooks = each_step
    probe: LookThrough = through_the_model
    look_passes: CountPasses = the_picture
    norms: tuple[str, ...] = ("linf", "l2")
    least: int = 2
    targeted: bool = False
    batched: bool = True
    blocking: bool = False
    minimal: bool = False
    aimed: bool = True
    null: str = ""
    on_paintings: str = ""
    uses: tuple[str, ...] = ("steps", *WITHIN)

    @property
    def limited(self) -> bool:
        """Whether its change has a limit, epsilon in one of its norms."""
        return bool(self.norms)

    def check_limited(self, what: str) -> None:
        """Raise `EngineError` where it has no limit, for what needs one."""
        require(self.limited, f"{what} needs an attack with a limit; {self.title} has none.")

    def idle(self, settings: AttackSettings) -> bool:
        """Whether the limit leaves it nothing to do."""
        return self.limited and settings.epsilon == 0


def whole(walk: Walk) -> Run:
    """The walk as a run that does not stop."""

    def run(pixels: Tensor, labels: Tensor) -> Tensor:
        steps = walk(pixels, labels)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    return run


def fools(probe: Probe, pixels: Tensor, label: Tensor) -> bool:
    """Whether no answer for pixels (b, 3, s, s) is the label (b,)."""
    return bool((probe(pixels).argmax(-1) != label).all())


def likeliest_wrong(logits: Tensor, label: Tensor) -> list[int]:
    """Places from the top, counted from 1, of the likeliest wrong classes in logits (1, c)."""
    order = logits.sort(dim=1)[1][0].flip(0).tolist()
    return [place for place, name in enumerate(order, 1) if name != int(label)][: rivals(len(order))]
