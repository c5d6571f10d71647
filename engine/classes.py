"""The answers that a picture may get, and the sentences that they are put into."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import require

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


@dataclass(frozen=True, slots=True)
class Classes:
    """The answers a picture may get: names and the sentences they are put into.

    The first template is the prompt that tuning starts from; several templates are averaged (prompt ensemble)
    wherever nothing is tuned. Underscores in names are read as spaces by the text encoder.
    Raises `EngineError` for fewer than two names, empty, repeated, too long or too many names, or a template
    without exactly one `{}`.
    """

    names: tuple[str, ...]
    templates: tuple[str, ...] = (DEFAULT_TEMPLATE,)

    def __post_init__(self) -> None:
        count = len(self.names)
        require(count >= 2, f"Give at least two class names, one per line; got {count or 'none'}.")
        require(count <= MAX_CLASSES, f"Give at most {MAX_CLASSES:,} class names; got {count:,}.")
        seen: set[str] = set()
        for name in self.names:
            require(bool(name.strip()), "A class name is empty; every line needs at least one word.")
            require(
                len(name) <= MAX_NAME,
                f"Class names may have at most {MAX_NAME} characters; “{name[:30]}…” has {len(name):,}.",
            )
            key = " ".join(name.replace("_", " ").lower().split())
            require(key not in seen, f"The class name “{name}” stands twice; every class needs its own name.")
            seen.add(key)
        require(bool(self.templates), "Give at least one prompt template, such as “a photo of a {}.”.")
        for template in self.templates:
            require(
                template.count("{}") == 1 and len(template) <= MAX_NAME,
                f"A prompt template needs exactly one {{}} for the class name and at most {MAX_NAME} characters;"
                f" got “{template[:60]}”.",
            )

    @classmethod
    def parse(cls, text: str, templates: tuple[str, ...] = (DEFAULT_TEMPLATE,)) -> Classes:
        """Classes from text with one name per line; blank lines are passed over."""
        return cls(tuple(line.strip() for line in text.splitlines() if line.strip()), templates)

    def __len__(self) -> int:
        return len(self.names)

    def sentences(self, template: str) -> list[str]:
        """The names in one template, in order, as the text encoder reads them."""
        return [template.format(name.replace("_", " ")) for name in self.names]

    def index(self, name: str) -> int:
        """Position of `name`; raises `EngineError` when it is not one of the classes."""
        require(name in self.names, f"“{name}” is not one of the {len(self)} class names.")
        return self.names.index(name)
