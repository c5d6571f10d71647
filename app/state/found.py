"""What is known for a visitor's question: the results that are held, part by part, as the panels draw them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from torch import Tensor

import engine
from app.batch import Batch
from app.present import present
from app.state.history import Look
from app.state.parts import PARTS, HeadsPair, MapPair, MapTest, OcclusionPair, Question, Row, WordsRead
from app.state.shown import Original, Shown
from app.state.visitors import Progress, Visitor
from app.sweep import Sweep
from app.transfers import Transfers

ALONE = "clip"  # the model's own answer, among the methods


@dataclass(frozen=True, eq=False, slots=True)
class Pinned:
    """A look that a visitor compares others with, and what is held of it: nothing while its model is `away`.

    `unmoved` says that the same is looked at now.
    """

    look: Look
    found: Found
    away: bool = False
    unmoved: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """A visitor's picture and question, and what there is of every part; None or empty where there is nothing.

    `guide` are the maps that A-TPT mixes by, where `maps` are others, each for the model's own answer.
    `through` is the answer of the defence that the attack goes through, to the attacked picture.
    `model` is the name of a model that the visitor chose, empty for the page's own. `made` names each part that is
    there by a digest of the keys of its results; of those that are `partial`, some rows are missing. `elsewhere` are
    the parts that were looked at on this picture with other settings. `progress` is that of a run under way, `mosaic`
    says that that of step 7 is to be drawn, and `pinned` is what all this is compared with. `original` is the whole
    picture, for looking, the same however it is fitted; `answer` is how answers are read, `grid` that of the model's
    patches (rows, columns).
    """

    model: str = ""
    picture: Shown | None = None
    classes: engine.Classes | None = None
    label: int | None = None
    clean: engine.Prediction | None = None
    adversarial: engine.Adversarial | None = None
    through: engine.DefenceResult | None = None
    maps: MapPair | None = None
    guide: MapPair | None = None
    occlusion: OcclusionPair | None = None
    every: tuple[MapTest, ...] = ()
    words: WordsRead | None = None
    heads: HeadsPair | None = None
    lens: engine.story.Lenses | None = None
    views: engine.ViewSet | None = None
    steps: tuple[engine.TuneStep, ...] = ()
    ensemble: engine.Ensemble | None = None
    defences: tuple[engine.DefenceResult, ...] = ()
    placed: engine.story.Places | None = None
    survival: engine.story.Survival | None = None
    severities: engine.story.Severities | None = None
    detection: engine.story.Detection | None = None
    batch: Batch | None = None
    sweep: Sweep | None = None
    transfers: Transfers | None = None
    progress: Progress = Progress()
    mosaic: bool = False
    pinned: Pinned | None = None
    elsewhere: frozenset[str] = frozenset()
    made: dict[str, str] = field(default_factory=dict)
    partial: frozenset[str] = frozenset()
    original: Original | None = None
    answer: engine.settings.AnswerSettings = engine.settings.AnswerSettings()
    grid: tuple[int, int] | None = None

    @property
    def clean_known(self) -> bool:
        """Whether there is a clean picture; else it was attacked elsewhere, and `clean` is the answer to that."""
        return self.picture is None or self.picture.clean_known

    @property
    def given(self) -> bool | None:
        """Whether the visitor says what the picture shows; without that nothing can be called right.

        None where the clean picture is not known either: then there is nothing that an answer could be held against.
        """
        return True if self.label is not None else False if self.clean_known else None

    @property
    def reference(self) -> int | None:
        """The class a defence should answer: the true label, else the clean answer; where nothing is known, the answer
        to the picture as it came, which is better than no other."""
        if self.given:
            return self.label
        return None if self.clean is None else self.clean.label

    @property
    def strange(self) -> bool:
        """Whether the model knows no such picture, as it says itself: then no answer about it is right or wrong."""
        familiarity = None if self.clean is None else self.clean.familiarity
        return familiarity is not None and not familiarity.accepted

    @property
    def none_given(self) -> bool:
        """Whether nobody says what the picture shows and the model itself answers “none of these”."""
        return not self.given and self.clean is not None and self.abstains(self.clean)

    @property
    def unjudged(self) -> bool:
        """Whether no answer about the picture can be called right or wrong, but only the same or not: the model knows
        no such picture, or there is nothing that an answer could be held against."""
        return self.strange or self.none_given or self.given is None

    @property
    def with_cosines(self) -> bool:
        """Whether cosines stand beside shares: unless the model itself tells which pictures it knows."""
        return self.answer.none_of_these or (self.clean is not None and self.clean.familiarity is None)

    @property
    def defended(self) -> tuple[engine.DefenceResult, ...]:
        """The answers of defences: without that of the model alone, which stands beside them as “No defence”."""
        return tuple(one for one in self.defences if one.defence != ALONE)

    def right(self, prediction: engine.Prediction) -> bool:
        """Whether an answer is the class that a defence should answer, and not “none of these”."""
        return prediction.label == self.reference and not self.abstains(prediction)

    def abstains(self, prediction: engine.Prediction) -> bool:
        """Whether an answer is read as “none of these”."""
        return prediction.abstains(self.answer)

    @property
    def whole_plane(self) -> bool:
        """Whether there is all that the plane of three sentences shows."""
        return self.placed is not None and self.views is not None and self.ensemble is not None and bool(self.steps)

    @property
    def chance_map(self) -> Tensor:
        """What the maps must beat: one of the same grid (gh, gw), drawn at random."""
        rows, columns = present(self.maps).attacked.raw.shape
        return engine.baselines.random_map((rows, columns), present(self.adversarial).label)


def find(question: Question | None, visitor: Visitor) -> Found:
    """What is held of all that the visitor has asked for; without a `question` nothing is."""
    elsewhere = visitor.looked_at_elsewhere
    original = None if visitor.picture is None else visitor.picture.original
    own = {name: getattr(visitor, name) for name in ("batch", "sweep", "transfers", "progress", "mosaic")}
    found = Found(visitor.model, visitor.picture, original=original, elsewhere=elsewhere, **own)
    if question is None:
        return found
    values, made, partial = {}, {}, set()
    for name in visitor.asked | ({"through"} if "adversarial" in visitor.asked else set()):
        part = PARTS[name]
        every = [Row(wanted).advance(question.story) for wanted in part.wanted(question)]
        rows = [row for row in every if row.request is None]
        if rows:
            partial |= {name} if len(rows) < len(every) else set()
            values[name] = tuple(row.value for row in rows) if part.in_rows else rows[0].value
            keys = " ".join(question.story.key(request) for row in rows for request in row.given)
            made[name] = hashlib.sha256(keys.encode()).hexdigest()[:16]
    recipe = question.story.recipe
    asked = {"classes": recipe.classes, "label": recipe.label, "answer": recipe.settings.answer}
    grid = question.story.backbone.grid
    return replace(found, **asked, grid=grid, made=made, partial=frozenset(partial), **values)
