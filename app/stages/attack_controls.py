"""What a visitor may choose about the attack; controls that the chosen attack does not heed are hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import gradio as gr

import engine
from app import text
from app.choices import NO_TARGET, Choices
from app.controls import menu
from app.figures.html import esc
from app.page import Page

DEFAULTS = engine.AttackSettings()
ADAPTIVE, THROUGH = "adaptive", "a-tpt"
LARGEST_STEP = 64  # in the unit of the limit


@dataclass(frozen=True, slots=True)
class Scale:
    """The slider of the limit under one norm, in its unit: levels of 1/255, or a length of pixels in [0, 1]."""

    most: float
    grain: float
    start: float


SCALES = {"linf": Scale(16, 0.5, 255 * DEFAULTS.epsilon), "l2": Scale(8, 0.1, 1)}


class AttackControls:
    """The row above the panel, its two buttons, and a fold with the rest."""

    def __init__(self) -> None:
        scale = SCALES[DEFAULTS.norm]
        with gr.Row(elem_classes=["controls"]):
            self.method = gr.Dropdown(
                [(attack.title, name) for name, attack in engine.ATTACKS.items()], value=DEFAULTS.method,
                label=text.ATTACK_METHOD, elem_id="attack-method", filterable=False, min_width=174,
            )  # fmt: skip
            self.epsilon = gr.Slider(
                0, scale.most, scale.start, step=scale.grain, label=text.EPSILON[DEFAULTS.norm], elem_id="epsilon",
                min_width=155, buttons=[],
            )  # fmt: skip
            self.steps = gr.Slider(
                1, 100, DEFAULTS.steps, step=1, label=text.ATTACK_STEPS, elem_id="attack-steps", min_width=155,
                buttons=[],
            )  # fmt: skip
            self.button = gr.Button(text.ATTACK, variant="secondary", elem_id="attack", min_width=90, scale=0)
            self.adaptive = gr.Button(text.ADAPTIVE, elem_id="attack-adaptive", min_width=180, scale=0)
        gr.HTML(f'<p class="fine">{esc(text.ADAPTIVE_COST)}</p>', elem_id="adaptive-cost")
        with gr.Accordion(text.ATTACK_MORE, open=False, elem_id="attack-more"):
            self._more()
        self.controls = {
            "attack": self.method, "epsilon": self.epsilon, "attack_steps": self.steps, "norm": self.norm,
            "step_size": self.step_size, "target": self.target, "draws": self.draws, "through": self.through,
            "unroll": self.unroll,
        }  # fmt: skip

    def _more(self) -> None:
        with gr.Row(elem_classes=["controls"]):
            self.norm = menu(text.NORMS, DEFAULTS.norm, text.NORM, "attack-norm", 240)
            self.step_size = gr.Number(
                0, label=text.STEP_SIZE[DEFAULTS.norm], info=text.STEP_SIZE_INFO, minimum=0, maximum=LARGEST_STEP,
                elem_id="step-size", min_width=150,
            )  # fmt: skip
            self.draws = gr.Slider(
                1, 16, DEFAULTS.draws, step=1, label=text.DRAWS, info=text.DRAWS_INFO, elem_id="attack-draws",
                min_width=210, buttons=[], visible=False,
            )  # fmt: skip
        self.target = gr.Dropdown(
            [NO_TARGET], value=NO_TARGET, label=text.TARGET, info=text.TARGET_INFO, elem_id="attack-target",
            filterable=True, allow_custom_value=True,  # as the true class: names may have changed since
        )  # fmt: skip
        with gr.Row(elem_classes=["controls"]):
            listed = {name: method.title for name, method in engine.METHODS.items()}
            self.through = menu(listed, DEFAULTS.through, text.THROUGH, "attack-through", 200, visible=False)
            self.unroll = menu(text.UNROLLS, DEFAULTS.unroll, text.UNROLL, "attack-unroll", 320, visible=False)

    def wire(self, page: Page) -> None:
        """The buttons; forgetting when a control moves, and showing what the attack then heeds."""
        page.compute(self.button.click, page.story.work_on("attack"))
        page.listen(self.adaptive.click, self._through(page), [*self.controls.values()])
        page.forget((*self.controls, "seed"), "adversarial")
        followers = [*self.controls.values()]
        page.redraw(self.method, lambda session, choices: self.fit(choices.possible()), followers)
        page.redraw(self.through, lambda session, choices: self.fit(choices), followers)
        page.redraw(self.norm, lambda session, choices: self.fit(_rescaled(choices)), followers)

    def fit(self, choices: Choices) -> dict:
        """The controls as `choices` has them, named in its units; those that its attack does not heed are hidden."""
        attack, scale = engine.ATTACKS[choices.attack], SCALES[choices.norm]
        tuned = engine.METHODS[choices.through].loss is not None
        shown = {name: name in attack.heeds for name in ("step_size", "draws", "through", "unroll")}
        shown |= {"target": attack.targeted, "attack_steps": "steps" in attack.heeds}
        shown["unroll"] &= tuned
        values = {self.controls[name]: gr.update(value=getattr(choices, name)) for name in self.controls}
        for name, visible in shown.items():
            values[self.controls[name]]["visible"] = visible
        values[self.epsilon] |= {"label": text.EPSILON[choices.norm], "maximum": scale.most, "step": scale.grain}
        values[self.step_size]["label"] = text.STEP_SIZE[choices.norm]
        norms = [(text.NORMS[name], name) for name in attack.norms]
        values[self.norm] |= {"choices": norms, "interactive": len(norms) > 1}
        return values

    def targets(self, names: Sequence[str], choices: Choices) -> dict:
        """The classes there are to aim at; a target that is none of them is dropped."""
        listed = {"choices": [NO_TARGET, *names]}
        return {self.target: gr.update(**listed | ({} if choices.target in names else {"value": NO_TARGET}))}

    def _through(self, page: Page):
        """Attack through A-TPT at once, whatever stood there."""

        def handler(request: gr.Request, *values: object) -> Iterator[dict]:
            choices = Choices(*values)._replace(attack=ADAPTIVE, through=THROUGH).possible()
            job = page.job(request, choices.settings())
            job.keep(job.session.without("adversarial"))
            yield page.draw(job.session, choices, 2) | self.fit(choices)
            yield from page.story.work_on("attack")(job, choices)

        return handler


def _rescaled(choices: Choices) -> Choices:
    """With lengths that make sense under the norm just chosen."""
    return choices._replace(epsilon=SCALES[choices.norm].start, step_size=0)
