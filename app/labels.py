"""Label sets that come with the page: lists of class names, each with its source and the prompt it is asked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import engine
from app import prompts
from app.choices import NO_TRUTH, Choices
from app.text import inputs as text

NO_SET = ""
EVERYDAY = "everyday"
FIRST = (EVERYDAY, "field-guide-kinds")  # what a visitor's own picture begins with, the first that the model can read


@dataclass(frozen=True, slots=True)
class LabelSet:
    """A list of class names. `key` is the name of its file."""

    key: str
    title: str
    source: str
    template: str
    names: tuple[str, ...]

    @property
    def lines(self) -> str:
        """The names, one per line."""
        return "\n".join(self.names)

    def asking(self, choices: Choices) -> Choices:
        """The choices with these names in this prompt; no true class is given."""
        return choices._replace(class_names=self.lines, template=self.template, true_class=NO_TRUTH)

    def readable(self, backbone: engine.Backbone) -> bool:
        """Whether the model knows every word of it."""
        return not backbone.unknown_words(self.names)


def load_label_sets(folder: Path) -> tuple[LabelSet, ...]:
    """The sets of `folder`, by name: text files of one class name a line, headed by `# title:`, `# source:` and
    `# prompt:` lines; hidden files are passed over. Raises `EngineError` for a file that lacks one of these or holds no
    usable classes."""
    return tuple(_read(path) for path in sorted(folder.glob("[!.]*.txt")))


def published_sets() -> tuple[LabelSet, ...]:
    """The sets whose names come with installed packages."""
    clip, prompt = "names as OpenAI edited them for CLIP, 2021, from open_clip", engine.classes.DEFAULT_TEMPLATE
    a, r = "Hendrycks et al., Natural adversarial examples", "Hendrycks et al., The many faces of robustness"
    names, flowers = engine.datasets.imagenet_names, engine.datasets.flower_names()
    asked = "a photo of a {}, a type of flower."
    nilsback = "Nilsback and Zisserman, ICVGIP 2008, names from torchvision; the prompt is that of CoOp, IJCV 2022"
    imagenet = f"Russakovsky et al., IJCV 2015; {clip}"
    return (
        LabelSet("imagenet", "ImageNet, also -V2 and -Sketch", imagenet, prompt, names()),
        LabelSet("imagenet-a", "ImageNet-A", f"{a}, CVPR 2021; {clip}", prompt, names("imagenet-a")),
        LabelSet("imagenet-r", "ImageNet-R", f"{r}, ICCV 2021; {clip}", prompt, names("imagenet-r")),
        LabelSet("flowers-102", "Oxford Flowers 102", nilsback, asked, flowers),
    )


def offered(sets: Sequence[LabelSet], backbone: engine.Backbone) -> list[tuple[str, str]]:
    """The entries of the menu for this model: title with the number of classes, and key; “no set” comes first, then
    everyday things, then all others by title."""
    ordered = sorted(sets, key=lambda each: (each.key != EVERYDAY, each.title.casefold()))
    readable = [(f"{each.title} ({len(each.names):,})", each.key) for each in ordered if each.readable(backbone)]
    return [(text.LABEL_SET_NONE, NO_SET), *readable]


def prompt_sets(backbone: engine.Backbone) -> list[tuple[str, str]]:
    """The entries of the menu of sentences to average, for this model: title and set; of sentences whose words it does
    not know none."""
    readable = not backbone.unknown_words(prompts.sentences(prompts.EIGHTY, ()))
    titles = {prompts.ALONE: text.PROMPT_ALONE, prompts.OWN: text.PROMPT_OWN.format(count=len(backbone.templates))}
    titles |= {prompts.EIGHTY: text.PROMPT_EIGHTY} if readable else {}
    return [(title, chosen) for chosen, title in titles.items()]


def set_of(sets: Sequence[LabelSet], names: str) -> LabelSet | None:
    """The set that has these names, one per line; None where none has."""
    asked = tuple(line.strip() for line in names.splitlines() if line.strip())
    return next((each for each in sets if each.names == asked), None)


def first_asked(sets: Sequence[LabelSet], backbone: engine.Backbone) -> LabelSet | None:
    """The set that a visitor's own picture is asked for; None where the page has none that the model can read."""
    readable = {each.key: each for each in sets if each.key in FIRST and each.readable(backbone)}
    return next((readable[key] for key in FIRST if key in readable), None)


def _read(path: Path) -> LabelSet:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    heads = dict(line[1:].split(":", 1) for line in lines if line.startswith("#") and ":" in line)
    fields = {name.strip(): value.strip() for name, value in heads.items()}
    missing = [name for name in ("title", "source", "prompt") if not fields.get(name)]
    if missing:
        raise engine.EngineError(f"Expected a line “# {missing[0]}: …” in the label set {path.name}; it has none.")
    names = tuple(line for line in lines if not line.startswith("#"))
    try:
        classes = engine.Classes(names, (fields["prompt"],))
    except engine.EngineError as error:
        raise engine.EngineError(f"The label set {path.name}: {error}") from error
    return LabelSet(path.stem, fields["title"], fields["source"], fields["prompt"], classes.names)
