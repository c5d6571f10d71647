"""The answers that a picture may get, and the sentences that they are put into."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from .errors import EngineError, require

DEFAULT_TEMPLATE = "a photo of a {}."
SEVEN_TEMPLATES = (  # the short prompt ensemble of the CLIP literature
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
)
MAX_CLASSES = 1000
MAX_NAME = 200
STRAIGHT = str.maketrans("ʼ‘’‚‛“”„‟", "'" * 5 + '"' * 4)  # quotation marks, as CLIP's tokenizer reads them


def spelling(name: str) -> str:
    """What all spellings of one name have in common; two names with the same are one.

    Case, blanks, underscores, composed or decomposed letters, curled quotation marks and HTML's entities do not count:
    CLIP's tokenizer makes them the same before it reads a text.
    """
    plain = unicodedata.normalize("NFC", html.unescape(name)).translate(STRAIGHT)
    return " ".join(plain.replace("_", " ").lower().split())


def find(name: str | None, names: Sequence[str]) -> int | None:
    """Position of `name` among `names`, in the same spelling or another; None where it is none of them."""
    if not name:
        return None
    if name in names:
        return names.index(name)
    wanted = spelling(name)
    return next((place for place, other in enumerate(names) if spelling(other) == wanted), None)


def require_distinct(names: Sequence[str], read: Iterable[Hashable], fault: str) -> None:
    """Raise `EngineError` with `fault` and both names where two of `names` are `read` as the same."""
    first: dict[Hashable, int] = {}
    for place, (name, form) in enumerate(zip(names, read, strict=True)):
        before = first.setdefault(form, place)
        if before != place:
            looks = {unicodedata.normalize("NFC", one) for one in (name, names[before])}
            encoded = ", which differ only in how letters are encoded" * (len(looks) == 1 and name != names[before])
            raise EngineError(
                f"The class name “{name}” {fault}: number {before + 1} is “{names[before]}”, number {place + 1} is"
                f" “{name}”{encoded}; every class needs its own name."
            )


def in_template(template: str, name: str) -> str:
    """The sentence that the text encoder reads: `name` with its underscores as spaces, in the place of `{}`."""
    return template.replace("{}", name.replace("_", " "))


def require_templates(templates: Sequence[str]) -> None:
    """Raise `EngineError` for no templates and for one with other braces than one `{}`, or too long."""
    require(bool(templates), "Give at least one prompt template, such as “a photo of a {}.”.")
    for template in templates:
        braces = tuple(template.count(each) for each in ("{}", "{", "}"))
        require(
            braces == (1, 1, 1) and len(template) <= MAX_NAME,
            f"A prompt template needs exactly one {{}} for the class name, no other braces, and at most {MAX_NAME}"
            f" characters; got “{template[:60]}”.",
        )


@dataclass(frozen=True, slots=True)
class Classes:
    """The answers a picture may get: names and the sentences they are put into.

    The first template is the prompt that tuning starts from; several templates are averaged (prompt ensemble)
    wherever nothing is tuned. Underscores in names are read as spaces by the text encoder.
    Lists become tuples. Raises `EngineError` for what is no list of texts, fewer than two names, empty, too long or too
    many names, two with the same `spelling`, or a template that has not exactly one `{}` and no other braces.
    """

    names: tuple[str, ...]
    templates: tuple[str, ...] = (DEFAULT_TEMPLATE,)

    def __post_init__(self) -> None:
        for field, value in (("names", self.names), ("templates", self.templates)):
            listed = isinstance(value, tuple | list) and all(isinstance(one, str) for one in value)
            require(listed, f"Expected the {field} of classes to be several texts; got {value!r:.60}.")
            object.__setattr__(self, field, tuple(value))
        count = len(self.names)
        require(count >= 2, f"Give at least two class names, one per line; got {count or 'none'}.")
        require(count <= MAX_CLASSES, f"Give at most {MAX_CLASSES:,} class names; got {count:,}.")
        spellings = [spelling(name) for name in self.names]
        require("" not in spellings, "A class name is empty; every line needs at least one word.")
        for name in self.names:
            require(
                len(name) <= MAX_NAME,
                f"Class names may have at most {MAX_NAME} characters; “{name[:30]}…” has {len(name):,}.",
            )
        require_distinct(self.names, spellings, "stands twice")
        require_templates(self.templates)

    @classmethod
    def parse(cls, text: str, templates: tuple[str, ...] = (DEFAULT_TEMPLATE,)) -> Classes:
        """Classes from text with one name per line; blank lines are passed over."""
        return cls(tuple(line.strip() for line in text.splitlines() if line.strip()), templates)

    def __len__(self) -> int:
        return len(self.names)

    def sentences(self, template: str) -> list[str]:
        """The names in one template, in order, as the text encoder reads them."""
        return [in_template(template, name) for name in self.names]

    def index(self, name: str) -> int:
        """Position of `name` in any `spelling`; raises `EngineError` when it is not one of the classes."""
        place = find(name, self.names)
        if place is None:
            raise EngineError(f"“{name}” is not one of the {len(self)} class names.")
        return place
