"""What a visitor may choose about the attack; controls that the chosen attack does not heed are hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import gradio as gr

import engine
from app.choices import NO_TARGET, STRIDE, Choices
from app.components.controls import class_menu, listing, menu
from app.components.slider import Range
from app.figures.html import esc
from app.page import Page
from app.text import words as text

DEFAULTS = engine.AttackSettings()
ADAPTIVE, THROUGH = "adaptive", "a-tpt"
LIMIT = {"linf": 255 * DEFAULTS.epsilon, "l2": 1.0}  # in levels of 1/255, and as a length of pixels in [0, 1]


class AttackControls:
    """The row above the panel, its two buttons, and a fold with the rest."""

    def __init__(self) -> None:
        with gr.Row(elem_classes=["controls"]):  # least widths of four fields, one hidden, leave room for the buttons
            self.attack = gr.Dropdown(
                [(attack.title, name) for name, attack in engine.ATTACKS.items()], value=DEFAULTS.attack,
                label=text.ATTACK_METHOD, elem_id="attack-menu", filterable=False, min_width=174,
            )  # fmt: skip
            self.eps = Range(
                0, 16, LIMIT["linf"], step=0.5, label=text.EPSILON, elem_id="eps", min_width=155, buttons=[]
            )
            self.length = Range(
                0, 16, LIMIT["l2"], step=0.1, label=text.LENGTH, elem_id="attack-length", min_width=55, buttons=[],
                visible=False,
            )  # fmt: skip
            self.steps = Range(
                1, 100, DEFAULTS.steps, step=1, label=text.ATTACK_STEPS, elem_id="attack-steps", min_width=100,
                buttons=[],
            )  # fmt: skip
            self.button = gr.Button(text.ATTACK, variant="secondary", elem_id="attack", min_width=90, scale=0)
            self.adaptive = gr.Button(text.ADAPTIVE, elem_id="attack-adaptive", min_width=180, scale=0)
        gr.HTML(f'<p class="fine">{esc(text.ADAPTIVE_COST)}</p>', elem_id="adaptive-cost")
        with gr.Accordion(text.ATTACK_MORE, open=False, elem_id="attack-more"):
            self._more()
        self.controls = {
            "attack": self.attack, "eps": self.eps, "length": self.length, "steps": self.steps,
            "norm": self.norm, "stride": self.stride, "target": self.target, "eot_samples": self.eot_samples,
            "target_defence": self.target_defence, "unroll": self.unroll,
        }  # fmt: skip

    def _more(self) -> None:
        with gr.Row(elem_classes=["controls"]):
            self.norm = menu(text.NORMS, DEFAULTS.norm, text.NORM, "attack-norm", 240)
            self.stride = Range(
                0.05, 2, STRIDE, step=0.05, label=text.STRIDE, elem_id="attack-stride", min_width=210, buttons=[]
            )
            self.eot_samples = Range(
                1, 16, DEFAULTS.eot_samples, step=1, label=text.DRAWS, info=text.DRAWS_INFO, elem_id="eot-samples",
                min_width=210, buttons=[], visible=False,
            )  # fmt: skip
        self.target = class_menu(NO_TARGET, text.TARGET, "attack-target", text.TARGET_INFO)
        with gr.Row(elem_classes=["controls"]):
            listed = {name: method.title for name, method in engine.DEFENCES.items()}
            self.target_defence = menu(
                listed, DEFAULTS.target_defence, text.THROUGH, "target-defence", 200, visible=False
            )
            self.unroll = menu(text.UNROLLS, DEFAULTS.unroll, text.UNROLL, "attack-unroll", 320, visible=False)

    def wire(self, page: Page) -> None:
        """The buttons; forgetting when a control moves, and showing what the attack then uses."""
        page.press(self.button, page.story.work_on("attack"))
        page.note_press(self.adaptive)
        page.listen(self.adaptive.click, self._through(page), [*self.controls.values()])
        page.forget((*self.controls, "seed"), "adversarial")
        followers = [*self.controls.values()]
        for chosen in (self.attack, self.norm, self.target_defence):
            page.redraw(chosen, lambda session, choices: self.fit(choices.possible(), choices), followers)

    def fit(self, choices: Choices, before: Choices | None = None) -> dict:
        """The controls for `choices`; those that its attack does not heed are hidden.

        With what stood there `before`, only the values that differ from it are set: a visitor may be writing.
        """
        attack, uses = engine.ATTACKS[choices.attack], set(engine.ATTACKS[choices.attack].uses)
        shown = {"steps": "steps" in uses, "stride": "step_size" in uses, "target": attack.targeted}
        shown |= {name: name in uses for name in ("eot_samples", "target_defence")}
        shown["unroll"] = "unroll" in uses and engine.DEFENCES[choices.target_defence].loss is not None
        shown |= {"eps": choices.norm == "linf", "length": choices.norm == "l2"}
        updates = {component: gr.update() for component in self.controls.values()}
        for name, component in self.controls.items():
            value = getattr(choices, name)
            if before is None or value != getattr(before, name):
                updates[component]["value"] = value
            if name in shown:
                updates[component]["visible"] = shown[name]
        norms = [(text.NORMS[name], name) for name in attack.norms]
        updates[self.norm] |= {"choices": norms, "interactive": len(norms) > 1}
        return updates

    def targets(self, names: Sequence[str], choices: Choices) -> dict:
        """The classes there are to aim at; a target that is none of them is dropped."""
        return {self.target: listing(NO_TARGET, names, choices.target)}

    def _through(self, page: Page):
        """Attack through A-TPT at once, whatever stood there."""

        def handler(request: gr.Request, *values: object) -> Iterator[dict]:
            choices = Choices(*values)._replace(attack=ADAPTIVE, target_defence=THROUGH).possible()
            job = page.job(request, choices.settings())
            job.keep(job.session.without("adversarial"))
            yield page.draw(job.session, choices, 2) | self.fit(choices)
            yield from page.story.work_on("attack")(job, choices)

        return handler
