"""Step 2: a change nobody sees that makes the model wrong."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
import torch

import engine
from app import text
from app.choices import Choices
from app.controls import shown
from app.figures.bars import prediction_bars
from app.figures.curves import Line, curve
from app.figures.html import badge, caption, empty, esc, levels, note, percent, section, table
from app.figures.pictures import amplified, gain_for, to_uint8
from app.page import Page
from app.session import Session


class AttackStage:
    """The panel of step 2."""

    def __init__(self) -> None:
        with gr.Row(elem_classes=["controls"]):
            method = gr.Dropdown(
                [(attack.title, name) for name, attack in engine.ATTACKS.items()], value="pgd",
                label=text.ATTACK_METHOD, elem_id="attack-method", filterable=False, min_width=150,
            )  # fmt: skip
            epsilon = gr.Slider(0, 16, 4, step=0.5, label=text.EPSILON, elem_id="epsilon", min_width=180, buttons=[])
            steps = gr.Slider(
                1, 100, 20, step=1, label=text.ATTACK_STEPS, elem_id="attack-steps", min_width=150, buttons=[]
            )
            self.button = gr.Button(text.ATTACK, variant="secondary", elem_id="attack", min_width=120, scale=0)
        self.verdict = gr.HTML(elem_id="attack-verdict")
        with gr.Row():
            with gr.Column(scale=5, min_width=240):
                self.slider = gr.ImageSlider(
                    format="png", type="numpy", interactive=False, show_label=False, max_height=420,
                    elem_id="before-after", elem_classes=["pixels"], visible=False, buttons=["download", "fullscreen"],
                )  # fmt: skip
                self.told = gr.HTML(elem_id="attack-told")
            with gr.Column(scale=5, min_width=240):
                self.noise = gr.Image(
                    type="numpy", format="png", interactive=False, show_label=False, elem_id="perturbation",
                    elem_classes=["pixels"], alt_text=text.NOISE_ALT, visible=False, buttons=["download", "fullscreen"],
                )  # fmt: skip
                self.gain = gr.HTML(elem_id="attack-gain")
            with gr.Column(scale=6, min_width=260):
                self.bars = gr.HTML(elem_id="attack-bars")
        self.curve = gr.HTML(elem_id="attack-curve")
        self.at = gr.Slider(
            1, 2, 1, step=1, label=text.ATTACK_AT, elem_id="attack-at", visible=False, buttons=[], interactive=True
        )
        self.passed = gr.HTML(elem_id="attack-passed")
        self.measured = gr.HTML(elem_id="attack-measured")
        gr.HTML(caption(text.ATTACK_CAPTION))
        self.controls = {"attack": method, "epsilon": epsilon, "attack_steps": steps}
        self.outputs = [
            self.verdict,
            self.slider,
            self.noise,
            self.told,
            self.gain,
            self.bars,
            self.curve,
            self.passed,
            self.measured,
            self.at,
        ]

    def wire(self, page: Page) -> None:
        """The button, and forgetting when a control moves."""
        page.compute(self.button.click, page.story.work_on("attack"))
        page.forget((*self.controls, "seed"), "adversarial")
        page.redraw(self.at.input, self._draw_at, [self.curve, self.passed], [self.at])

    def live(self, trail: Sequence[engine.AttackStep], label: int) -> dict:
        """The curve while the attack on class `label` runs."""
        return {self.curve: _curve(trail, label, trail[0].total) if trail else ""}

    def draw(self, session: Session, choices: Choices) -> dict:
        """The panel as the session has it."""
        result = session.adversarial
        if result is None:
            name = "Attack"
            said = empty(text.MISSING[name] if session.clean is None else text.EMPTY[name])
            hidden = gr.update(value=None, visible=False)
            away = {self.slider: hidden, self.noise: hidden, self.at: gr.update(visible=False)}
            return {self.verdict: said} | away | dict.fromkeys(self.outputs[3:-1], "")
        gain = gain_for(result.epsilon)
        pictures = (shown(to_uint8(result.clean)), shown(to_uint8(result.saved)))
        return {
            self.verdict: verdict(result),
            self.slider: gr.update(value=pictures, visible=True),
            self.noise: gr.update(value=shown(amplified(result.saved - result.clean, gain)), visible=True),
            self.told: f'<p class="fine">{esc(text.SLIDER_LABEL)}</p>',
            self.gain: f'<p class="fine">The change, amplified <b>{gain:g} times</b>; grey means no change.</p>',
            self.bars: _bars(result),
            self.curve: _curve(result.steps, result.label, len(result.steps)),
            self.measured: _measured(result),
            self.passed: "",
            self.at: _scrubber(len(result.steps)),
        }

    def _draw_at(self, session: Session, choices: Choices, at: float) -> dict:
        """The attack as it stood at one of its iterations."""
        result = session.adversarial
        if result is None or not 1 <= at <= len(result.steps):
            return {}
        step = result.steps[int(at) - 1]
        pair = [("clean", "clean", result.before), (f"iteration {step.index}", "attacked", step.prediction)]
        bars = prediction_bars(pair, 4, result.label, result.from_truth)
        told = f"loss {step.loss:.3f} nats"
        return {
            self.curve: _curve(result.steps, result.label, len(result.steps), step.index),
            self.passed: section(f"Answer at iteration {step.index}", bars, told),
        }


def _scrubber(count: int) -> dict:
    """The slider over an attack's iterations; there is nothing to slide over where there are fewer than two."""
    if count < 2:
        return gr.update(visible=False)
    return gr.Slider(1, count, count, visible=True)


def verdict(result: engine.Adversarial) -> str:
    name = result.before.classes.names[result.label]
    after = result.after_saved
    told = "the true class you gave" if result.from_truth else "the clean answer (no true class given)"
    badges = badge(engine.ATTACKS[result.method].threat) + badge(
        f"pushes away from {told}", name, "warn"
    )
    if not result.epsilon:
        return note(text.NOT_ATTACKED, "warn", "!")
    answer = f"**{after.name}** at {percent(after.confidence)}"
    if result.before.label != result.label:
        sentence, tone, icon = (
            f"Wrong before and after: the clean answer was already not **{name}**; it is now {answer}.",
            "bad",
            "✗",
        )
        if not result.fooled:
            sentence, tone, icon = (
                f"The attacked picture is answered {answer}, although the clean one was not.",
                "good",
                "✓",
            )
    elif result.fooled:
        sentence, tone, icon = (
            f"Fooled: the same picture to the eye, but the model now says {answer} instead of **{name}**.",
            "bad",
            "✗",
        )
    else:
        sentence, tone, icon = f"Held: the model still says {answer}.", "good", "✓"
    return note(sentence, tone, icon) + f'<div class="badges">{badges}</div>'


def _bars(result: engine.Adversarial) -> str:
    pair = [("clean", "clean", result.before), ("attacked", "attacked", result.after_saved)]
    return section("Answers before and after", prediction_bars(pair, 4, result.label, result.from_truth))


def _curve(steps: Sequence[engine.AttackStep], label: int, last: int, at: int | None = None) -> str:
    """Shares and loss over iterations up to `last`; an attack that may end early announces more than it needs."""
    if not steps:
        return ""
    loss = curve(
        "Attack loss", [Line("loss", "attacked", [s.loss for s in steps])], "iteration", "loss (nats)", last, 1, at=at
    )
    shares = [s.prediction.probabilities for s in steps]
    kept = Line("attacked class", "clean", [float(p[label]) for p in shares])
    rival = Line("best other class", "attacked", [float(p[torch.arange(len(p)) != label].max()) for p in shares])
    both = curve("Shares during the attack", [kept, rival], "iteration", "share", last, 1, True, at)
    return f'<div class="pair">{section("Shares", both)}{section("Loss", loss, f"{len(steps)} of {last}")}</div>'


def _measured(result: engine.Adversarial) -> str:
    rows = [
        (
            esc("Largest change of a channel (Linf)"),
            esc(levels(result.linf(False))),
            f'<span id="linf">{esc(levels(result.linf()))}</span>',
        ),
        (esc("Length of the change (L2)"), f"{result.l2(False):.3f}", f"{result.l2():.3f}"),
        ("Answer", _answer(result.after), _answer(result.after_saved)),
    ]
    made = (
        f"{engine.ATTACKS[result.method].title} within {levels(result.epsilon)}, {len(result.steps)} forward passes in"
        f" {result.seconds:.2f} s"
    )
    return section(
        "Measured", table(("", "as computed (float)", "as saved (8 bits)"), rows, "Measured size of the change"), made
    )


def _answer(prediction: engine.Prediction) -> str:
    return f"{esc(prediction.name)} {percent(prediction.confidence)}"
