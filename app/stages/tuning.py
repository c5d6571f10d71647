"""Step 5: the prompt's word vectors move until the surest views are surer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr

import engine
from app import text
from app.choices import Choices
from app.controls import menu
from app.figures.bars import prediction_bars
from app.figures.curves import Line, curve, entropy_rows
from app.figures.html import caption, chips, empty, esc, section, table
from app.models import Models
from app.page import Page
from app.run import Job
from app.session import Session

LINES = ("line-1", "line-2", "line-3", "line-4")


class TuningStage:
    """The panel of step 5."""

    def __init__(self, models: Models) -> None:
        self.models = models
        defaults = engine.TuneSettings()
        with gr.Row(elem_classes=["controls"]):
            loss = menu(text.LOSSES, defaults.loss, text.LOSS, "loss", 225)
            steps = gr.Slider(1, 20, 1, step=1, label=text.TUNE_STEPS, elem_id="tune-steps", min_width=135, buttons=[])
            rate = gr.Slider(
                0.001,
                0.05,
                defaults.learning_rate,
                step=0.001,
                label=text.LEARNING_RATE,
                elem_id="learning-rate",
                min_width=180,
                buttons=[],
            )
            keep = gr.Slider(
                0.05, 1, defaults.keep, step=0.05, label=text.KEEP, elem_id="keep", min_width=170, buttons=[]
            )
        with gr.Row(elem_classes=["buttons"]):
            self.step = gr.Button(text.STEP, elem_id="tune-step", min_width=90, scale=0)
            self.run = gr.Button(text.RUN, elem_id="tune-run", min_width=90, scale=0)
            self.reset = gr.Button(text.RESET, elem_id="tune-reset", min_width=90, scale=0)
        self.head = gr.HTML(elem_id="tune-head")
        with gr.Row():
            self.loss = gr.HTML(elem_id="tune-loss", min_width=280)
            self.shares = gr.HTML(elem_id="tune-shares", min_width=280)
        with gr.Row():
            self.entropies = gr.HTML(elem_id="tune-entropies", min_width=280)
            self.words = gr.HTML(elem_id="tune-words", min_width=280)
        gr.HTML(caption(text.TUNE_CAPTION))
        self.controls = {"loss": loss, "tune_steps": steps, "learning_rate": rate, "keep": keep}
        self.outputs = [self.head, self.loss, self.shares, self.entropies, self.words]

    def wire(self, page: Page) -> None:
        """Step, run, reset."""
        page.compute(self.run.click, page.story.work_on("tune"))
        page.compute(self.step.click, self._one_more(page))
        page.compute(self.reset.click, self._untuned(page))
        page.forget(tuple(self.controls), "steps")

    def draw(self, session: Session, choices: Choices) -> dict:
        """The panel as the session has it."""
        if not session.steps:
            said = text.MISSING["Tuning"] if session.views is None else text.EMPTY["Tuning"]
            return {self.head: empty(said)} | dict.fromkeys(self.outputs[1:], "")
        return {
            self.head: _head(session),
            self.loss: _loss(session.steps),
            self.shares: _shares(session),
            self.entropies: _entropies(session.steps),
            self.words: self._words(session),
        }

    def _one_more(self, page: Page):
        """One update beyond where the prompt stands; the optimiser has memory, so all are run again."""

        def work(job: Job, choices: Choices) -> Iterator[dict]:
            tuning = replace(job.settings.tuning, steps=len(job.session.steps) or 1)
            job.settings = replace(job.settings, tuning=tuning)
            yield from page.story.work_on("tune", f"Step {tuning.steps} done.")(job, choices)

        return work

    def _untuned(self, page: Page):
        def work(job: Job, choices: Choices) -> Iterator[dict]:
            job.keep(job.session.without("steps"))
            yield page.draw(job.session, choices, 4) | page.say(text.DONE["reset"])

        return work

    def _words(self, session: Session) -> str:
        steps, backbone = session.steps, self.models.worker(session.model).backbone
        try:
            began = backbone.nearest_words(steps[0].context, 1)
            near = backbone.nearest_words(steps[-1].context, 3)
        except engine.EngineError as error:
            return section("Nearest words", f'<p class="fine">{esc(error)}</p>')
        most = max(float(steps[-1].token_drift.max()), 1e-9)
        rows = []
        for token, (start, words) in enumerate(zip(began, near, strict=True)):
            drift = float(steps[-1].token_drift[token])
            bar = (
                f'<span class="tight"><span class="drift"><span'
                f' style="width:{100 * drift / most:.0f}%"></span></span> {drift:.3f}</span>'
            )
            listed = ", ".join(f"{word} {cosine:.2f}" for word, cosine in words)
            rows.append((esc(start[0][0]), bar, esc(listed)))
        return section(
            "The prompt's vectors",
            table(("began as", "moved by", "nearest words now (cosine)"), rows, "Drift of each token"),
        )


def _head(session: Session) -> str:
    first, last = session.steps[0], session.steps[-1]
    moved = float(last.text_drift.max())
    numbers = chips(
        (
            ("Step", str(last.index), "Updates of the prompt so far"),
            (
                "Views that drive it",
                f"{len(last.kept)} of {len(last.logits)}",
                "Chosen once, by least entropy, before the first step",
            ),
            ("Loss", f"{first.loss:.4f} → {last.loss:.4f}", "Over the driving views, in nats"),
            (
                "Largest move of a class sentence",
                f"{moved:.4f}",
                "One minus cosine between its text features before and after",
            ),
        )
    )
    pair = [("untuned", "attacked", first.prediction), ("tuned", "defended", last.prediction)]
    bars = prediction_bars(pair, 3, session.reference, session.label is not None)
    return numbers + section("Answer for the attacked picture itself, before and after tuning", bars)


def _loss(steps: tuple[engine.TuneStep, ...]) -> str:
    line = Line("loss", "defended", [s.loss for s in steps])
    return section("Loss", curve("Tuning loss", [line], "step", "loss (nats)", max(steps[-1].index, 1)))


def _shares(session: Session) -> str:
    steps, names = session.steps, session.classes.names
    places = dict.fromkeys(
        [session.reference, *steps[-1].prediction.probabilities.topk(min(3, len(names))).indices.tolist()]
    )
    shares = [s.prediction.probabilities for s in steps]
    lines = [
        Line(("★ " if place == session.reference else "") + names[place], kind, [float(p[place]) for p in shares])
        for place, kind in zip(list(places)[:4], LINES, strict=False)
    ]
    return section(
        "Shares of the classes", curve("Shares", lines, "step", "share", max(steps[-1].index, 1), share=True)
    )


def _entropies(steps: tuple[engine.TuneStep, ...]) -> str:
    first, last = steps[0], steps[-1]
    most = math.log(last.logits.shape[-1])
    drawn = entropy_rows(first.entropies.tolist(), last.entropies.tolist(), set(last.kept.tolist()), most)
    legend = (
        '<div class="legend"><span class="key defended">drives the tuning</span><span class="key open">other'
        " views</span></div>"
    )
    return section("Entropy of every view", legend + drawn)
