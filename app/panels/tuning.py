"""Step 5: the prompt's word vectors move until the surest views are surer."""

from __future__ import annotations

import gradio as gr
import torch

import engine
from app.choices import Choices
from app.components.settings import choice, slider
from app.figures.bars import prediction_bars, underlined
from app.figures.curves import Line, bundle, curve
from app.figures.html import (
    caption,
    chips,
    comes,
    decimals,
    differing,
    differing_words,
    esc,
    note,
    percent,
    section,
    short,
    signed,
    table,
)
from app.figures.judged import caution, defended
from app.models import Models
from app.present import present
from app.state.found import Found
from app.text import tuning as text
from app.text import words as common
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

SENTENCES = 5
MOST_STEPS = int(present(engine.parameters.parameters()["tune_steps"].known.slider)[1])
BUNDLE_LEGEND = (
    '<div class="legend"><span class="key drives">drives the tuning</span><span class="key">other views</span></div>'
)
LINES = ("line-1", "line-2", "line-3", "line-4")


class TuningPanel:
    """The panel of step 5."""

    def __init__(self, models: Models) -> None:
        self.models = models
        with gr.Row(elem_classes=["controls"]):
            loss = choice("loss", common.LOSSES, common.LOSS, min_width=225)
            self.count = slider("tune_steps", common.TUNE_STEPS, min_width=135)
            rate = slider("learning_rate", text.LEARNING_RATE, min_width=180)
            keep = slider("keep", text.KEEP, min_width=170)
        with gr.Row(elem_classes=["buttons"]):
            self.step = gr.Button(text.STEP, elem_id="tune-step", min_width=90, scale=0)
            self.back = gr.Button(text.BACK, elem_id="tune-back", min_width=90, scale=0)
            self.run = gr.Button(text.RUN, elem_id="tune-run", min_width=90, scale=0)
            self.reset = gr.Button(text.RESET, elem_id="tune-reset", min_width=90, scale=0)
        self.compared = gr.HTML(elem_id="compare-5")
        self.head = gr.HTML(elem_id="tune-head")
        with gr.Row():
            self.loss = gr.HTML(elem_id="tune-loss", min_width=280)
            self.shares = gr.HTML(elem_id="tune-shares", min_width=280)
        with gr.Row():
            self.entropies = gr.HTML(elem_id="tune-entropies", min_width=280)
            self.surer = gr.HTML(elem_id="tune-surer", min_width=280)
        with gr.Row():
            self.words = gr.HTML(elem_id="tune-words", min_width=280)
            self.sentences = gr.HTML(elem_id="tune-sentences", min_width=280)
        gr.HTML(caption(text.TUNE_CAPTION))
        self.controls = {"loss": loss, "tune_steps": self.count, "learning_rate": rate, "keep": keep}
        self.outputs = [
            self.head, self.loss, self.shares, self.entropies, self.surer, self.words, self.sentences,
        ]  # fmt: skip
        reads = ("model", "classes", "label", "clean", "views", "steps", "answer")
        self.pieces = [Piece(self.draw, self.outputs, reads, ("steps",))]

    def wire(self, page: Page, running: Running) -> None:
        """Each button but one asks for a number of steps; what was computed before is found again."""
        parts, count = ("steps", "ensemble"), [self.count]
        running.button(self.run, parts)
        running.button(self.step, parts, _one_more, count, common.DONE["step"])
        running.button(self.back, parts, _one_less, count, common.DONE["back"])
        running.put_away(self.reset, parts, common.DONE["reset"])

    def draw(self, found: Found, choices: Choices) -> dict:
        """What there is to see, or what to press."""
        if not found.steps:
            said = common.MISSING["Tuning"] if found.views is None else common.EMPTY["Tuning"]
            return {self.head: comes(said, common.COMES)} | dict.fromkeys(self.outputs[1:], "")
        return {
            self.head: _head(found),
            self.loss: _loss(found, choices.loss),
            self.shares: _shares(found),
            self.entropies: _entropies(found.steps),
            self.surer: _surer(found.steps),
            self.words: self._words(found),
            self.sentences: _sentences(found),
        }

    def _words(self, found: Found) -> str:
        steps, backbone = found.steps, self.models.backbone(found.model)
        try:
            began = backbone.nearest_words(steps[0].context, 1)
            near = backbone.nearest_words(steps[-1].context, 3)
        except engine.EngineError as error:
            return section("Nearest words", f'<p class="fine">{esc(error)}</p>')
        most = float(steps[-1].token_drift.max())
        lengths = steps[0].context.norm(dim=-1)
        rows = []
        for token, (start, words) in enumerate(zip(began, near, strict=True)):
            drift, length = float(steps[-1].token_drift[token]), float(lengths[token])
            moved = _drift(found, drift, most, f"{drift:.3f} ({percent(drift / length)} of its length)")
            rows.append((esc(start[0][0]), moved, esc(", ".join(f"{word} {cosine:.2f}" for word, cosine in words))))
        return section(text.VECTORS, table(text.VECTOR_HEADS, rows, text.VECTORS, "stacks"))


def _one_more(found: Found, choices: Choices) -> Choices:
    """One update beyond where the prompt stands."""
    taken = found.steps[-1].index if found.steps else 0
    if taken >= MOST_STEPS:
        raise engine.EngineError(text.STEPS_MOST.format(most=MOST_STEPS))
    return choices._replace(tune_steps=taken + 1)


def _one_less(found: Found, choices: Choices) -> Choices:
    """One update less than where the prompt stands."""
    taken = found.steps[-1].index if found.steps else 0
    return choices._replace(tune_steps=max(taken - 1, 0))


def _drift(found: Found, value: float, most: float, label: str) -> str:
    """A distance as a bar that the largest one fills, and in numbers."""
    share = 100 * value / most if most else 0
    bar = f'<span class="drift {defended(found)}"><span style="width:{share:.0f}%"></span></span>'
    return f'<span class="tight">{bar} {esc(label)}</span>'


def _head(found: Found) -> str:
    first, last = found.steps[0], found.steps[-1]
    numbers = chips(
        (
            ("Step", str(last.index), "Updates of the prompt so far"),
            (
                "Views that drive it",
                f"{len(last.kept)} of {len(last.logits)}",
                "Chosen once, by least entropy, before the first step",
            ),
            (common.TUNING_LOSS, f"{decimals(first.loss, 4)} → {decimals(last.loss, 4)}", common.TUNING_LOSS_WHY),
            (common.LARGEST_MOVE, short(float(last.text_drift.max())), text.LARGEST_MOVE_WHY),
        )
    )
    pair = [("untuned", "attacked", first.prediction), ("tuned", defended(found), last.prediction)]
    bars = prediction_bars(pair, 3, found.reference, found.given, cosines=found.with_cosines)
    return numbers + section(text.TUNED_ANSWER, bars + _what_it_did(found))


def _what_it_did(found: Found) -> str:
    """In words: whether tuning alone changed the answer to the picture itself; the verdict comes from the views."""
    if not found.steps[-1].index:
        return ""
    before, after = (step.prediction.label == found.reference for step in (found.steps[0], found.steps[-1]))
    cautious = caution(found)
    if cautious:
        return cautious
    tone, icon = ("calm", "") if found.given is None else ("good", "✓") if after else ("warn", "!")
    if found.abstains(found.steps[-1].prediction):
        tone, icon = "plain", ""
    return note(text.TUNED[found.given][before, after], tone, icon)


def _loss(found: Found, loss: str) -> str:
    steps = found.steps
    if not len(steps[-1].kept):
        return section(common.TUNING_LOSS, note(text.NO_LOSS, "warn", "!"))
    line = Line("loss", defended(found), [s.loss for s in steps])
    drawn = curve(common.TUNING_LOSS, [line], "step", "loss (nats)", max(steps[-1].index, 1))
    return section(common.TUNING_LOSS, drawn, text.TUNING_LOSS_IS.format(loss=common.LOSSES[loss]))


def _shares(found: Found) -> str:
    steps, names = found.steps, present(found.classes).names
    places = dict.fromkeys(
        [present(found.reference), *steps[-1].prediction.probabilities.topk(min(3, len(names))).indices.tolist()]
    )
    shares = [s.prediction.probabilities for s in steps]
    lines = [
        Line(_named(found, place), kind, [float(p[place]) for p in shares])
        for place, kind in zip(list(places)[:4], LINES, strict=False)
    ]
    return section(text.SHARES_ALONE, curve("Shares", lines, "step", "share", max(steps[-1].index, 1), share=True))


def _named(found: Found, place: int) -> str:
    """A class in few words: those that set it apart from the class to be answered."""
    names = present(found.classes).names
    if place == found.reference:
        return common.REFERENCE_SHORT[found.given]
    return f"“{' '.join(differing_words(names[place], names[present(found.reference)]))}”"


def _entropies(steps: tuple[engine.TuneStep, ...]) -> str:
    values = torch.stack([step.entropies for step in steps], 1)
    drawn = bundle(text.ENTROPIES, values.tolist(), set(steps[-1].kept.tolist()), "entropy (nats)")
    return section(text.ENTROPIES, BUNDLE_LEGEND + drawn)


def _surer(steps: tuple[engine.TuneStep, ...]) -> str:
    """The same from where each view began, for a step of tuning is far smaller than views differ."""
    values = torch.stack([step.entropies - steps[0].entropies for step in steps], 1)
    kept = steps[-1].kept
    others = torch.ones(len(values), dtype=torch.bool)
    others[kept] = False
    sentence = text.SURER_NONE
    if len(kept):
        sentence = text.SURER_KEPT.format(mean=signed(float(values[kept, -1].mean()), 4))
    if others.any():
        sentence += text.SURER_OTHERS.format(mean=signed(float(values[others, -1].mean()), 4))
        if len(kept) and values[others, -1].mean() < values[kept, -1].mean() < 0:
            sentence += text.SURER_MORE
    drawn = bundle(text.SURER, values.tolist(), set(kept.tolist()), "change (nats)")
    return section(text.SURER, f'{BUNDLE_LEGEND}{drawn}<p class="fine">{esc(sentence)}</p>', text.SURER_HINT)


def _sentences(found: Found) -> str:
    """The class sentences that moved most, and that of the class to be answered."""
    drift = found.steps[-1].text_drift
    places = drift.argsort(descending=True, stable=True)[:SENTENCES].tolist()
    rows = [_sentence(found, place, drift) for place in dict.fromkeys([*places, present(found.reference)])]
    mean = text.SENTENCES_MEAN.format(mean=short(float(drift.mean())), count=len(drift))
    drawn = table(text.SENTENCE_HEADS, rows, text.SENTENCES)
    return section(text.SENTENCES, f'{drawn}<p class="fine">{esc(mean)}</p>', underlined(drawn, found.given))


def _sentence(found: Found, place: int, drift: torch.Tensor) -> tuple[str, str]:
    names, value = present(found.classes).names, float(drift[place])
    mark = ("★ " if found.given else "☆ ") if place == found.reference else ""
    shown = differing(names[place], names[present(found.reference)])
    return mark + shown, _drift(found, value, float(drift.max()), short(value))
