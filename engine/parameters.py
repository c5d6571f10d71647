"""Settings as the outside world names them: options, arguments of the API, controls of the page, parameters of a link.

All of them are `Parameter`s, derived from the fields of the settings classes (`engine.settings`): the same words with
the same units everywhere. One adapter, `to_settings`, turns levels of 1/255 into pixels in [0, 1]. Imports no torch.
"""

from __future__ import annotations

import math
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from . import settings as declared
from .attacks.registry import ATTACKS
from .classes import Classes
from .defences.registry import DEFENCES, PURIFIERS
from .errors import EngineError, require
from .maps.registry import MAPS
from .settings import KEY, AttackSettings, Setting, Settings, number_text, span

REGISTRIES: dict[str, tuple[str, ...]] = {
    "attack": tuple(ATTACKS),
    "defence": tuple(DEFENCES),
    "map": tuple(MAPS),
    "purifier": ("", *PURIFIERS),
}
LEVELS = {"linf": 255, "l2": 1}  # 1.0 in the engine is so much outside: 255 levels, or the same length
UNITS = {"linf": "levels of 1/255", "l2": "units of length, pixels in [0, 1]"}  # of what the norm measures
OWN = ""  # stands for `Settings` itself, beside the names of its sections


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting as the outside world sees it.

    `word` is its name, `kind` the type of its values (bool, int, float, str, tuple), `default` its value as options
    give it. `places` are the fields that it sets, as (section, field): one seed serves attack, maps and views.
    """

    word: str
    kind: type
    default: Any
    known: Setting
    places: tuple[tuple[str, str], ...]

    @property
    def option(self) -> str:
        """Its option on the command line; for a list that of one item."""
        return "--" + (self.known.each or self.word).replace("_", "-")

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it may have; empty where they are not listed."""
        return REGISTRIES[self.known.registry] if self.known.registry else self.known.choices

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest number that it may be, as options give it; infinite where there are no bounds."""
        low, high = self.known.low, self.known.high
        if self.known.length:
            low, high = 0, AttackSettings.LARGEST["linf"] * LEVELS["linf"]  # the same number as under l2
        least = [bound for bound in (low, self.known.none) if bound is not None]
        return min(least, default=-math.inf), math.inf if high is None else high

    @property
    def help(self) -> str:
        """What it is, with its choices or bounds, for a person."""
        if self.known.class_name:
            return self.known.more
        low, high = self.bounds
        bounds = f" ({low:g} to {high:g})" if self.kind in (int, float) and high < 10**6 else ""
        names = f"; one of {', '.join(name for name in self.choices if name)}" if self.choices else ""
        return f"{self.known.what}{bounds}" + (f": {self.known.more}" if self.known.more else "") + names

    @property
    def unit(self) -> str:
        """The unit of its numbers for a person; empty where they have none, as shares and counts."""
        return ", or ".join(f"{unit} with {norm}" for norm, unit in UNITS.items()) if self.known.length else ""

    @property
    def usual(self) -> str:
        """Its default for a person; empty where it has none. The usual limit depends on the norm."""
        if self.known.length and self.known.none is None:
            return ", ".join(f"{value * LEVELS[norm]:g} with {norm}" for norm, value in AttackSettings.USUAL.items())
        if self.kind is bool:
            return "yes" if self.default else "no"
        if self.kind is tuple:
            return ", ".join(self.default)
        return f"{self.default:g}" if self.kind is float else str(self.default)

    def read(self, value: Any, norm: str = "linf") -> Any:
        """`value` as this parameter's kind; raises `EngineError` for another kind or a name not among `choices`.

        Refused lengths are told in the unit of the `norm`.
        """
        if self.kind is tuple:
            listed = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
            require(listed, self._odd("a list of names", value))
            for one in value:
                self._named(one)
            return tuple(value)
        if self.kind is str:
            require(isinstance(value, str), self._odd("text", value))
            self._named(value)
            return value
        if self.kind is bool:
            require(isinstance(value, bool), self._odd("true or false", value))
            return value
        number = isinstance(value, int | float) and not isinstance(value, bool)
        whole = isinstance(value, int)  # which may be too long for a float
        require(number and (whole or math.isfinite(value)), self._odd("a number", value))
        require(self.kind is float or value == int(value), self._odd("a whole number", value))
        low, high = self.bounds
        require(low <= value <= high, self._out_of_bounds(low, high, value, norm))
        return self.kind(value)

    def _out_of_bounds(self, low: float, high: float, value: float, norm: str) -> str:
        unit = f" {UNITS[norm]}" if self.known.length else ""
        return f"Expected {self.known.what} {span(low, high, unit)}; got {number_text(value):.60}."

    def _odd(self, kind: str, value: Any) -> str:
        return f"Expected {self.word} to be {kind}; got {value!r:.60}."

    def _named(self, name: str) -> None:
        known = not self.choices or name in self.choices
        listed = ", ".join(one or "“”" for one in self.choices)
        require(known, f"Expected {self.known.what} to be one of {listed}; got “{name:.60}”.")


@cache
def parameters() -> dict[str, Parameter]:
    """All parameters by word, in the order of the fields of `Settings`; fields of one word are one parameter."""
    found: dict[str, Parameter] = {}
    for place, one, kind, optional in _declared():
        known: Setting = one.metadata[KEY]
        word = known.word or one.name
        if word in found:
            same = (kind, _default(known, one.default, kind)) == (found[word].kind, found[word].default)
            require(same, f"Expected all fields of the word {word} to have one type and one default.")
            found[word] = replace(found[word], places=(*found[word].places, place))
        else:
            require(not optional or known.none is not None or known.class_name, f"The field {one.name} needs `none`.")
            kind = str if known.class_name else kind
            found[word] = Parameter(word, kind, _default(known, one.default, kind), known, (place,))
    return found


def _declared() -> Iterator[tuple[tuple[str, str], Any, type, bool]]:
    """Section and name of every field that is a setting, the field, its type, and whether it may be None."""
    for top in fields(declared.Settings):
        made = get_type_hints(declared.Settings, vars(declared))[top.name]
        owner, section = (made, top.name) if is_dataclass(made) else (declared.Settings, OWN)
        for one in fields(owner) if section else (top,):
            if KEY in one.metadata:
                yield (section, one.name), one, *_kind(get_type_hints(owner, vars(declared))[one.name])


def _kind(hint: Any) -> tuple[type, bool]:
    if get_origin(hint) in (Union, types.UnionType):
        (kept,) = (one for one in get_args(hint) if one is not type(None))
        return kept, True
    return get_origin(hint) or hint, False


def _default(known: Setting, default: Any, kind: type) -> Any:
    if default is None:
        return "" if known.class_name else known.none
    return round(default * LEVELS["linf"], 9) if known.length else kind(default)


def words(*sections: str, recipe: bool = True) -> tuple[str, ...]:
    """The words of the parameters of these sections of `Settings` (`OWN`: its own fields), in their order.

    Without `recipe`, those are left out that every defence decides for itself.
    """
    return tuple(
        word
        for word, one in parameters().items()
        if (recipe or not one.known.recipe) and any(section in sections for section, _ in one.places)
    )


def read_by(word: str) -> tuple[str, ...]:
    """The attacks or maps that a parameter matters to; empty: all."""
    one = parameters()[word]
    if one.places[0][0] == "attack" and any(one.places[0][1] in attack.uses for attack in ATTACKS.values()):
        return tuple(name for name, attack in ATTACKS.items() if one.places[0][1] in attack.uses)
    return one.known.owner


def to_settings(values: Mapping[str, Any], classes: Classes | None = None) -> Settings:
    """The settings that parameters give, each in the unit of outside; those that are missing have their defaults.

    Lengths are in levels of 1/255 under Linf; a limit that is missing is the usual one of the norm. The class of
    `target` is looked up in `classes` (None: it is left open). Raises `EngineError` for a word that is no parameter, a
    value of another kind, and one out of range.
    """
    known = parameters()
    norm = known["norm"].read(values.get("norm", known["norm"].default))
    given = {word: _known(word).read(value, norm) for word, value in values.items()}
    changed: dict[str, dict[str, Any]] = {"attack": {"epsilon": AttackSettings.USUAL[norm]}}
    for word, value in given.items():
        one = known[word].known
        if one.class_name:
            value = classes.index(value) if value and classes is not None else None
        elif value == one.none and one.none is not None:
            value = None
        elif one.length:
            value = value / LEVELS[norm]
        for section, name in known[word].places:
            changed.setdefault(section, {})[name] = value
    made = declared.Settings(**changed.pop(OWN, {}))
    return replace(made, **{name: replace(getattr(made, name), **given) for name, given in changed.items()})


def from_settings(settings: Settings, classes: Classes | None = None) -> dict[str, Any]:
    """The parameters that `to_settings` makes these settings of, all by word; `classes` names the target."""
    found: dict[str, Any] = {}
    for word, one in parameters().items():
        section, name = one.places[0]
        value = getattr(getattr(settings, section) if section else settings, name)
        if one.known.class_name:
            value = "" if value is None or classes is None else classes.names[value]
        elif value is None:
            value = one.known.none
        elif one.known.length:
            value = round(value * LEVELS[settings.attack.norm], 9)
        found[word] = value
    return found


def as_options(values: Mapping[str, Any], chosen: Iterable[str]) -> list[str]:
    """The words of a command line that gives the parameters `chosen` these values; a target or list may be empty."""
    line: list[str] = []
    for word in chosen:
        one, value = _known(word), values[word]
        if one.kind is tuple:
            line += [part for item in value for part in (one.option, item)]
        elif one.kind is bool:
            line.append(one.option if value else "--no-" + one.option.removeprefix("--"))
        elif value != "":
            line += [one.option, value if isinstance(value, str) else f"{value:.10g}"]
    return line


def length(value: float, norm: str) -> str:
    """A length for a person: levels of 255, or Euclidean on the [0, 1] scale."""
    return f"{value * LEVELS[norm]:.4g}" + ("/255" if norm == "linf" else "")


def _known(word: str) -> Parameter:
    found = parameters().get(word)
    if found is None:
        raise EngineError(f"There is no setting “{word}”; there are {', '.join(parameters())}.")
    return found


STORY = words("attack", OWN, "views", "tuning", "ensemble")  # what `atpt defend` takes: all but how maps are drawn
