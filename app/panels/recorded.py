"""Step 6, of a specimen that has a record: whether the story here ends as the record does."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

import engine
from app import measured
from app.choices import Choices
from app.figures.html import note
from app.models import Models
from app.present import present
from app.state.found import Found
from app.text import verdict as text
from app.wiring.pieces import Piece


class Recorded:
    """A sentence on the answers of kept records beside those of the defences here."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.drawn = gr.HTML(elem_id="recorded")
        self.pieces = [
            Piece(self.draw, [self.drawn], ("picture", "classes", "label", "adversarial", "defences"), ("defences",))
        ]

    def draw(self, found: Found, choices: Choices) -> dict:
        """Empty for what has no record."""
        record = self._record(found, choices)
        return {self.drawn: "" if record is None else remark(found, *record)}

    def _record(self, found: Found, choices: Choices) -> tuple[measured.Measured, measured.Arm, int] | None:
        """The record of this very question, if there is one and a defence has answered."""
        place = None if found.picture is None else measured.numbered(found.picture.source)
        if place is None or not found.defences or found.picture is None or found.picture.attacked is not None:
            return None
        series, number = place
        model = self.models.backbone(found.model)
        for kept, arm in measured.arms().values():
            same = (kept.plan["series"], kept.plan["fingerprint"]) == (series, model.fingerprint)
            if same and number < kept.pictures and self._asked_so(kept, arm, number, found, choices):
                return kept, arm, number
        return None

    @staticmethod
    def _asked_so(kept: measured.Measured, arm: measured.Arm, number: int, found: Found, choices: Choices) -> bool:
        """Whether all that the answers depend on is as it was for the record."""
        asked, begun = choices.settings(), kept.settings(arm, number, ())
        apart = {"attention": begun.attention, "lens": begun.lens, "answer": begun.answer, "defences": ()}
        classes = present(found.classes)
        named = found.label is not None and classes.names[found.label] == kept.truths[number]
        plain = classes.templates == (engine.classes.DEFAULT_TEMPLATE,)
        return named and plain and replace(choices.aimed(asked, classes), **apart) == begun


def remark(found: Found, kept: measured.Measured, arm: measured.Arm, number: int) -> str:
    """Which answers are others than the record's, or that none is; empty where it has none of these defences."""
    here = {one.defence: one.prediction.name for one in found.defences if one.defence in arm.answers}
    if not here:
        return ""
    other = {name: answer for name, answer in here.items() if answer != arm.answers[name][number]}
    words = {"number": number, "count": len(here)}
    if not other:
        return note(text.RECORDED_SAME.format(**words), "plain", "=")
    each = [
        text.RECORDED_OTHER.format(name=engine.DEFENCES[name].title, here=answer, there=arm.answers[name][number])
        for name, answer in other.items()
    ]
    return note(text.RECORDED_DIFFERS.format(**words, each="; ".join(each)), "warn", "≠")
