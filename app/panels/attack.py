"""Step 2: a small change of the picture that makes the model wrong."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
import torch

import engine
from app.choices import Choices
from app.components.controls import shown
from app.components.slider import Range
from app.figures.bars import prediction_bars
from app.figures.curves import Line, curve
from app.figures.html import caption, empty, esc, levels, note, percent, section, table
from app.figures.judged import abstained, caution
from app.figures.pictures import amplified, gain_for, to_uint8
from app.figures.threat import badges, limit, remarks, titled
from app.panels.attack_controls import AttackControls
from app.present import present
from app.state.found import Found
from app.state.parts import Question
from app.text import words as text
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running


class AttackPanel:
    """The panel of step 2."""

    def __init__(self) -> None:
        self.choose = AttackControls()
        self.compared = gr.HTML(elem_id="compare-2")
        self.verdict = gr.HTML(elem_id="attack-verdict")
        with gr.Row():
            with gr.Column(scale=5, min_width=240):
                self.slider = gr.ImageSlider(
                    format="png", type="numpy", interactive=False, show_label=False, max_height=420,
                    elem_id="before-after", elem_classes=["pixels"], visible=False, buttons=["download", "fullscreen"],
                )  # fmt: skip
                self.slider_label = gr.HTML(elem_id="attack-slider_label")
            with gr.Column(scale=5, min_width=240):
                self.noise = gr.Image(
                    type="numpy", format="png", interactive=False, show_label=False, elem_id="perturbation",
                    elem_classes=["pixels"], alt_text=text.NOISE_ALT, visible=False, buttons=["download", "fullscreen"],
                )  # fmt: skip
                self.gain = gr.HTML(elem_id="attack-gain")
            with gr.Column(scale=6, min_width=260):
                self.bars = gr.HTML(elem_id="attack-bars")
        self.curve = gr.HTML(elem_id="attack-curve")
        self.at = Range(
            1, 2, 1, step=1, label=text.ATTACK_AT, elem_id="attack-at", visible=False, buttons=[], interactive=True
        )
        self.passed = gr.HTML(elem_id="attack-passed")
        self.measured = gr.HTML(elem_id="attack-measured")
        gr.HTML(caption(text.ATTACK_CAPTION))
        self.controls = self.choose.controls
        self.texts = [self.verdict, self.slider_label, self.gain, self.bars, self.curve, self.passed, self.measured]
        outputs = [*self.texts, self.slider, self.noise, self.at]
        reads = ("picture", "classes", "label", "clean", "adversarial", "answer")
        self.pieces = [Piece(self.draw, outputs, reads, ("adversarial",)), *self.choose.pieces]

    def wire(self, page: Page, running: Running) -> None:
        """The controls, and going back through the attack."""
        self.choose.wire(page, running)
        page.look(self.at, self._draw_at, [self.curve, self.passed])

    def live(self, trail: Sequence[engine.AttackStep], question: Question) -> str:
        """The curve while the attack runs."""
        recipe = question.story.recipe
        label = question.story.result(engine.story.Clean()).label if recipe.label is None else recipe.label
        return _curve(trail, label, trail[0].total, question.settings.attack)

    def draw(self, found: Found, choices: Choices) -> dict:
        """What there is to see, or what to press."""
        result = found.adversarial
        if result is None:
            name = "Attack"
            said = empty(text.MISSING[name] if found.clean is None else text.EMPTY[name])
            hidden = gr.update(value=None, visible=False)
            away = {self.slider: hidden, self.noise: hidden, self.at: gr.update(visible=False)}
            return dict.fromkeys(self.texts, "") | {self.verdict: said} | away
        gain = gain_for(result)
        pictures = (shown(to_uint8(result.clean)), shown(to_uint8(result.saved)))
        return {
            self.verdict: verdict(result, caution(found) + abstained(found)),
            self.slider: gr.update(value=pictures, visible=True),
            self.noise: gr.update(value=shown(amplified(result.saved - result.clean, gain)), visible=True),
            self.slider_label: f'<p class="fine">{esc(text.SLIDER_LABEL)}</p>',
            self.gain: f'<p class="fine">The change, amplified <b>{gain:g} times</b>; grey would be no change.</p>',
            self.bars: _bars(found),
            self.curve: _curve(result.steps, result.label, len(result.steps), result),
            self.measured: _measured(result),
            self.passed: "",
            self.at: _scrubber(len(result.steps)),
        }

    def _draw_at(self, found: Found, at: float) -> dict:
        """The attack as it stood at one of its iterations."""
        result = found.adversarial
        if result is None or not 1 <= at <= len(result.steps):
            return {}
        step = result.steps[int(at) - 1]
        pair = [("clean", "clean", result.before), (f"iteration {step.index}", "attacked", step.prediction)]
        bars = prediction_bars(pair, 4, result.label, result.from_truth, result.target, cosines=found.with_cosines)
        hint = f"loss {step.loss:.3f} nats"
        return {
            self.curve: _curve(result.steps, result.label, len(result.steps), result, step.index),
            self.passed: section(f"Answer at iteration {step.index}", bars, hint),
        }


def _scrubber(count: int) -> dict:
    """The slider over an attack's iterations; there is nothing to slide over where there are fewer than two."""
    if count < 2:
        return gr.update(visible=False)
    return gr.update(maximum=count, value=count, visible=True)


def verdict(result: engine.Adversarial, cautious: str = "") -> str:
    """One sentence on whether the attack worked, and what the attacker knew and wanted; without a colour behind
    `cautious` words, drawn, on what an answer is worth."""
    if not result.epsilon:
        return note(text.NOT_ATTACKED, "warn", "!")
    aimed = text.AIMED_AT.format(defence=engine.DEFENCES[result.target_defence].title) if result.target_defence else ""
    fine = f'<p class="fine">{esc(aimed)}</p>' if aimed else ""
    said = _blind if result.blind else _against if result.target is None else _towards
    sentence, tone, icon = said(result)
    drawn = cautious + note(sentence) if cautious else note(sentence, tone, icon)
    return drawn + remarks(result) + badges(result) + fine


def _blind(result: engine.Adversarial) -> tuple[str, str, str]:
    """Sentence, tone and icon for an attack that failed for want of a gradient."""
    return text.BLIND.format(answer=_bold_answer(result)), "warn", "!"


def _against(result: engine.Adversarial) -> tuple[str, str, str]:
    """Sentence, tone and icon for an attack that only pushes away."""
    name, answer = result.before.classes.names[result.label], _bold_answer(result)
    if result.before.label == result.label and result.fooled != result.fooled_as_computed:
        if result.fooled:
            return text.FOOLED_AS_SAVED.format(answer=answer, name=name), "bad", "✗"
        return text.HELD_AS_SAVED.format(answer=answer, computed=result.after.name), "warn", "!"
    if result.before.label == result.label and result.fooled:
        sentence = f"Fooled: to the eye almost the same picture, but the model now says {answer} instead of **{name}**."
        return sentence, "bad", "✗"
    if result.before.label == result.label:
        return f"Held: the model still says {answer}.", "good", "✓"
    if result.fooled:
        sentence = f"Wrong before and after: the clean answer was already not **{name}**; it is now {answer}."
        return sentence, "bad", "✗"
    return f"The attacked picture is answered {answer}, although the clean one was not.", "good", "✓"


def _towards(result: engine.Adversarial) -> tuple[str, str, str]:
    """Sentence, tone and icon for an attack with a target."""
    names, answer = result.before.classes.names, _bold_answer(result)
    target, name = names[present(result.target)], names[result.label]
    if result.reached != result.reached_as_computed:
        if result.reached:
            return text.REACHED_AS_SAVED.format(answer=answer), "bad", "✗"
        return text.MISSED_AS_SAVED.format(answer=answer), "warn", "!"
    if result.reached:
        return f"Reached the target: to the eye almost the same picture, but the model now says {answer}.", "bad", "✗"
    missed = f"Did not reach the target **{target}**"
    if result.fooled:
        return f"{missed}, but the model no longer says **{name}**: it says {answer}.", "warn", "!"
    return f"{missed}: the model says {answer}.", "good", "✓"


def _bold_answer(result: engine.Adversarial) -> str:
    return f"**{result.after_saved.name}** at {percent(result.after_saved.confidence)}"


def _bars(found: Found) -> str:
    result = present(found.adversarial)
    pair = [("clean", "clean", result.before), ("attacked", "attacked", result.after_saved)]
    bars = prediction_bars(pair, 4, result.label, result.from_truth, result.target, cosines=found.with_cosines)
    return section("Answers before and after", bars)


def _curve(
    steps: Sequence[engine.AttackStep],
    label: int,
    last: int,
    attack: engine.AttackSettings | engine.Adversarial,
    at: int | None = None,
) -> str:
    """Shares and loss over iterations up to `last`; an attack that may end early announces more than it needs."""
    if not steps:
        return ""
    loss = curve(
        "Attack loss", [Line("loss", "attacked", [s.loss for s in steps])], "iteration", "loss (nats)", last, 1, at=at
    )
    shares = [s.prediction.probabilities for s in steps]
    if (target := attack.target) is None:
        names = ("class pushed away from", "strongest other class")
        others = [p[torch.arange(len(p)) != label].max() for p in shares]
    else:
        names, others = ("class to be answered", "target class"), [p[target] for p in shares]
    kept = Line(names[0], "line-4", [float(p[label]) for p in shares])
    rival = Line(names[1], "line-3", [float(share) for share in others])
    looks = f"; {text.SEEN_THROUGH}" if "eot_samples" in engine.ATTACKS[attack.attack].uses else ""
    both = curve("Shares during the attack", [kept, rival], "iteration", "share", last, 1, True, at)
    so_far = f"iteration {len(steps)} of {last}"
    return f'<div class="pair">{section("Shares", both, text.AS_FOUND + looks)}{section("Loss", loss, so_far)}</div>'


def _measured(result: engine.Adversarial) -> str:
    allowed = {result.norm: limit(result.epsilon, result.norm) if result.norm == "linf" else f"{result.epsilon:g}"}
    linf, l2 = (allowed.get(norm, "none") for norm in ("linf", "l2"))
    rows = [
        (
            esc("Largest change of a channel (Linf)"),
            esc(levels(result.linf(False))),
            f'<span id="linf">{esc(levels(result.linf()))}</span>',
            linf,
        ),
        (esc("Length of the change (L2, channels from 0 to 1)"), f"{result.l2(False):.3f}", f"{result.l2():.3f}", l2),
        ("Answer", _answer(result.after), _answer(result.after_saved), ""),
    ]
    made = (
        f"{titled(result.attack, result.target_defence)} within {limit(result.epsilon, result.norm)},"
        f" {len(result.steps)} forward passes in {result.seconds:.2f} s"
    )
    heads = ("", "as computed (float)", "as saved (8 bits)", "limit")
    return section("Measured", table(heads, rows, "Measured size of the change", "stacks"), made)


def _answer(prediction: engine.Prediction) -> str:
    return f"{esc(prediction.name)} {percent(prediction.confidence)}"
