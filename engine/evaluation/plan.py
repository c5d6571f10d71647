"""What an evaluation asks of every picture."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

from ..attacks.registry import ATTACKS
from ..errors import require
from ..settings import AttackSettings, EnsembleSettings, PictureSettings, Settings, TuneSettings, ViewSettings
from ..story.slices import read_of_target

CLEAN = "clean"
ONE_PICTURE = (
    "--own-target cannot go with --answer-with, --detect or --survival: these tell of one picture an arm, and there"
    " each defence has a picture of its own; run the two apart."
)
_SPREAD = 1_000_003  # keeps the seeds of neighbouring series and pictures apart


@dataclass(frozen=True, slots=True)
class Attacked:
    """An arm that is attacked: its name, the attack, and whether that pushes away from the true class."""

    name: str
    attack: AttackSettings
    from_truth: bool

    @property
    def own(self) -> dict:
        """What the plan's document says of it beside its settings; empty where it pushes away from the truth, so that
        what was kept is what it was."""
        return {} if self.from_truth else {"from_truth": False}


@dataclass(frozen=True, slots=True)
class Plan:
    """The arms of an evaluation: the clean picture, and one arm per attack.

    The attacks of `predicted` are not told the true class: they push away from the model's own clean answer.

    Every arm is answered by `settings.defences`, with CLIP always first; the clean one by CLIP alone where
    `defend_clean` is False, that of an adaptive attack by CLIP and its target alone with `own_target`. Each picture has
    a seed of its own, made of `seed` and its number, so that no result depends on order or worker. So many neighbouring
    pictures as `batch` says are attacked at once, which changes the last digits of numbers (1: each alone).

    Records have more beside: with `survival` the model's own answers behind everything that happens to pictures; with
    `detect` the scores of `engine.detection` for the picture of every arm, and for the clean one under noise as large
    as each limit; and what the models that `answer_with` names answer in every arm, undefended. Raises `EngineError`
    for two attacks or models of one name, a batch of none, and for `own_target` with any of these three.
    """

    settings: Settings
    attacks: tuple[AttackSettings, ...]
    seed: int = 0
    defend_clean: bool = True
    batch: int = 1
    predicted: tuple[AttackSettings, ...] = ()
    own_target: bool = False
    survival: bool = False
    detect: bool = False
    answer_with: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(self.batch >= 1, f"Expected at least one picture in a batch; got {self.batch}.")
        names = [one.name for one in self.attacked]
        require(len(set(names)) == len(names), f"Expected attacks of different names; got {', '.join(names)}.")
        asked = ", ".join(self.answer_with)
        require(len({*self.answer_with}) == len(self.answer_with), f"Expected each model once to answer; got {asked}.")
        require(not self.own_target or not (self.answer_with or self.detect or self.survival), ONE_PICTURE)

    @property
    def attacked(self) -> tuple[Attacked, ...]:
        """The arms behind the clean one, in order: what is not told the true class stands behind the same that is."""
        found = []
        for attack in self.attacks:
            found += [(attack, True), *((one, False) for one in self.predicted if one == attack)]
        found += [(one, False) for one in self.predicted if one not in self.attacks]
        return tuple(Attacked(arm_name(attack, truth), attack, truth) for attack, truth in found)

    @property
    def defences(self) -> tuple[str, ...]:
        """CLIP and then the others."""
        return ("clip", *(name for name in self.settings.defences if name != "clip"))

    def settings_for(self, number: int, arm: str) -> Settings:
        """The settings of picture `number` in one arm, with its own seed."""
        targets = {one.name: one.attack for one in self.attacked if self.own_target}
        asked = of_target_alone(targets[arm], self.defences) if arm in targets else self.defences
        alone = arm == CLEAN and not self.defend_clean
        return replace(self.settings, defences=("clip",) if alone else asked).with_seed(self.seed_for(number))

    def seed_for(self, number: int) -> int:
        """The seed of picture `number`."""
        return picture_seed(self.seed, number)

    @property
    def noises(self) -> dict[str, float]:
        """The largest changes of a channel that attacks are allowed, by the name of the noise that is as large."""
        attacks = [one.attack for one in self.attacked]
        limits = {one.epsilon for one in attacks if ATTACKS.named(one.attack).limited and one.norm == "linf"}
        return {f"noise-{epsilon * 255:g}": epsilon for epsilon in sorted(limits)}

    def batch_of(self, attack: AttackSettings) -> int:
        """How many pictures this attack is made on at once: 1 where they would disturb each other."""
        return self.batch if ATTACKS.named(attack.attack).batched else 1

    def document(self) -> dict:
        """The plan as plain data; two plans that could give different records give different documents."""
        settings = asdict(self.settings) | {"defences": list(self.defences)}
        del settings["attack"], settings["attention"], settings["lens"], settings["picture"], settings["answer"]
        attacks = {
            one.name: kept_attack(one.attack) | of_target(replace(self.settings, attack=one.attack)) | one.own
            for one in self.attacked
        }
        own = {"seed": self.seed, "defend_clean": self.defend_clean, "attacks": attacks}
        beside = {"own_target": self.own_target, "survival": self.survival, "detect": self.detect}
        own |= {name: True for name, asked in beside.items() if asked}  # else what was kept is what it was
        own |= {"answer_with": list(self.answer_with)} if self.answer_with else {}
        return own | of_batch(self.batch) | of_picture(self.settings) | settings


def settings_kept(document: dict, arm: str, number: int) -> Settings:
    """The settings of picture `number` in one arm of a kept evaluation, of which `document` is the plan as plain data.

    Their attack makes the arm's picture of the clean one; that of the clean arm has a limit of 0. Raises `EngineError`
    for an arm that the plan does not have.
    """
    attacks = document["attacks"]
    require(arm == CLEAN or arm in attacks, f"Expected one of {', '.join([CLEAN, *attacks])}; got “{arm:.60}”.")
    names = {one.name for one in fields(AttackSettings)}
    asked = {name: value for name, value in attacks.get(arm, {}).items() if name in names}
    attack = AttackSettings(**asked) if asked else AttackSettings(epsilon=0.0)
    defences = tuple(document["defences"]) if arm != CLEAN or document["defend_clean"] else ("clip",)
    if document.get("own_target"):
        defences = of_target_alone(attack, defences)
    made = Settings(
        attack=attack,
        views=ViewSettings(**document["views"]),
        tuning=TuneSettings(**document["tuning"]),
        ensemble=EnsembleSettings(**document["ensemble"]),
        picture=PictureSettings(**document.get("picture", {})),
        defences=defences,
        purifier=document["purifier"],
        domain_word=document["domain_word"],
    )
    return made.with_seed(picture_seed(document["seed"], number))


def of_target_alone(attack: AttackSettings, defences: tuple[str, ...]) -> tuple[str, ...]:
    """Of these defences CLIP and the one that an adaptive attack goes through; of any other attack, all."""
    target = attack.target_defence
    return defences if attack.attack != "adaptive" else tuple(name for name in defences if name in ("clip", target))


def kept_attack(attack: AttackSettings) -> dict:
    """An attack's settings as plain data; of one without a limit, without what a limit means to it."""
    values = attack.kept() | {"step_size": attack.step}
    if ATTACKS.named(attack.attack).limited:
        return values
    return {name: value for name, value in values.items() if name not in ("epsilon", "norm", "step_size")}


def picture_seed(series: int, number: int) -> int:
    """The seed of picture `number` in the series with this seed."""
    return (series * _SPREAD + number) % 2**63


def of_batch(batch: int) -> dict:
    """As `batch`, how many pictures are attacked at once; empty for one, so that what was kept is what it was."""
    return {"batch": batch} if batch > 1 else {}


def of_picture(settings: Settings) -> dict:
    """As `picture`, how pictures are fitted; empty for as the model was trained, so that what was kept stays."""
    return {} if settings.picture == PictureSettings() else {"picture": asdict(settings.picture)}


def of_target(settings: Settings) -> dict:
    """As `defended`, the settings of an adaptive attack's target defence that the attack reads and that are not the
    defaults; empty where there are none, so that what was kept under defaults is what it was."""
    read, usual = (read_of_target(one) for one in (settings, Settings(attack=settings.attack)))
    if read is None or usual is None:
        return {}
    changed = _changed(asdict(read), asdict(usual))
    return {"defended": changed} if changed else {}


def _changed(values: dict, usual: dict) -> dict:
    """The values that are not the usual ones, those within a section by section."""
    changed = {name: value for name, value in values.items() if value != usual[name]}
    return {name: _changed(value, usual[name]) if isinstance(value, dict) else value for name, value in changed.items()}


def arm_name(attack: AttackSettings, from_truth: bool = True) -> str:
    """The name of an attack in records: the attack, its target defence, if it has one, “predicted”, if it pushes away
    from the model's own answer, and its limit.

    An Linf limit is in levels of 1/255, an L2 limit a length on the [0, 1] scale, and behind it is said where only
    some cells may change; an attack without a limit says instead whether it is its null arm.
    """
    predicted = "" if from_truth else "-predicted"
    if not ATTACKS.named(attack.attack).limited:
        kind = f"-{attack.corruption}-{attack.severity}" if attack.attack == "corruption" else ""
        return f"{attack.attack}{kind}{predicted}{'-control' * attack.control}"
    target = f"-{attack.target_defence}" if attack.attack == "adaptive" else ""
    limit = f"{attack.epsilon * 255:g}" if attack.norm == "linf" else f"l2-{attack.epsilon:g}"
    return f"{attack.attack}{target}{predicted}-{limit}{'-some-cells' * bool(attack.only_cells)}"
