"""What a visitor may choose about the attack; controls that the chosen attack does not heed are hidden."""

from __future__ import annotations

import gradio as gr
from gradio.components import Component

import engine
from app.choices import NO_TARGET, SETTINGS, Choices
from app.components.controls import class_menu, listing
from app.components.settings import choice, others, slider
from app.figures.html import esc
from app.figures.threat import limit_set
from app.models import Models
from app.state.found import Found
from app.text import attack as text
from app.text import words
from app.wiring.page import Page
from app.wiring.pieces import Piece, merged
from app.wiring.running import Running

ADAPTIVE, THROUGH = "adaptive", "a-tpt"
ELSEWHERE = ("seed", "legacy", "only_cells")  # beside the picture, in the verdict, and in a fold of its own
L2_STEP = 0.1  # of the slider of the limit, which is set for Linf


class AttackControls:
    """The row above the panel, its two buttons, and a fold with the rest."""

    def __init__(self, models: Models) -> None:
        self._models = models
        with gr.Row(elem_classes=["controls"]):  # least widths of three fields leave room for the buttons
            attacks = {name: attack.title for name, attack in engine.ATTACKS.items()}
            self.attack = choice("attack", attacks, text.ATTACK_KIND, "attack-menu", min_width=174)
            self.eps = slider("eps", text.LIMITS["linf"], min_width=155)
            self.linf_step = self.eps.step
            self.steps = slider("steps", text.ATTACK_STEPS, "attack-steps", min_width=100)
            self.corruption = choice("corruption", words.CORRUPTIONS, words.CORRUPTION, min_width=170, visible=False)
            self.severity = slider("severity", text.SEVERITY, min_width=100, visible=False)
            self.button = gr.Button(text.ATTACK, variant="secondary", elem_id="attack", min_width=90, scale=0)
            self.adaptive = gr.Button(text.ADAPTIVE, elem_id="attack-adaptive", min_width=180, scale=0)
        self.about = gr.HTML(elem_id="attack-about")
        self.cost = gr.HTML(elem_id="adaptive-cost")
        with gr.Accordion(text.ATTACK_MORE, open=False, elem_id="attack-more") as self.more:
            self._more()
            self.controls: dict[str, Component] = {
                "attack": self.attack, "eps": self.eps, "steps": self.steps, "norm": self.norm,
                "step_size": self.step_size, "target": self.target, "eot_samples": self.eot_samples,
                "target_defence": self.target_defence, "unroll": self.unroll, "written": self.written,
                "corruption": self.corruption, "severity": self.severity, "patch_shape": self.patch_shape,
                "patch_at": self.patch_at,
            }  # fmt: skip
            placed = (*self.controls, *ELSEWHERE)
            with gr.Row(elem_classes=["controls"], visible=not set(engine.parameters.words("attack")) <= set(placed)):
                self.controls |= others("attack", placed, engine.parameters.parameters()["attack"].default)
        self.pieces = [
            Piece(self.fit, list(self.controls.values()), (), choices=("attack", "norm", "target_defence")),
            Piece(self.targets, [self.target, self.written], ("classes",)),
            Piece(self.tell, [self.about], ("clean",), choices=("attack",)),
            Piece(self.draw_cost, [self.cost], ("model", "picture", "classes", "clean"), choices=SETTINGS),
            Piece(self.offer, [self.button, self.adaptive], ("picture",)),
        ]

    def _more(self) -> None:
        with gr.Row(elem_classes=["controls"]):
            self.norm = choice("norm", text.NORMS, text.NORM, "attack-norm", min_width=240)
            self.step_size = slider("step_size", text.STEP_SIZES["linf"], min_width=210)
            self.eot_samples = slider("eot_samples", text.DRAWS, min_width=210, info=text.DRAWS_INFO, visible=False)
        self.target = class_menu(NO_TARGET, text.TARGET, "attack-target", text.TARGET_INFO)
        self.written = gr.Dropdown(
            [(text.WRITTEN_NONE, "")], value="", label=text.WRITTEN, info=text.WRITTEN_INFO, elem_id="written",
            filterable=True, allow_custom_value=True, visible=False,
        )  # fmt: skip
        with gr.Row(elem_classes=["controls"]):
            self.patch_shape = choice("patch_shape", text.PATCH_SHAPES, text.PATCH_SHAPE, min_width=160, visible=False)
            self.patch_at = choice("patch_at", text.PATCH_PLACES, text.PATCH_AT, min_width=240, visible=False)
        with gr.Row(elem_classes=["controls"]):
            listed = {name: defence.title for name, defence in engine.DEFENCES.items()}
            self.target_defence = choice("target_defence", listed, text.THROUGH, min_width=200, visible=False)
            self.unroll = choice("unroll", text.UNROLLS, text.UNROLL, "attack-unroll", min_width=320, visible=False)

    def wire(self, page: Page, running: Running) -> None:
        """The buttons; another attack or norm brings what it can be run with."""
        page.adjust(_fitting)
        running.button(self.button, ("adversarial", "through"))
        own = list(self.controls.values())
        running.button(self.adaptive, ("adversarial", "through"), _through, own)

    def fit(self, found: Found, choices: Choices) -> dict:
        """What the controls say for the attack and the norm; those that the attack does not read are hidden."""
        attack = engine.ATTACKS[choices.attack]
        readers = {word: engine.parameters.read_by(word) for word in self.controls}
        shown = {word: choices.attack in names for word, names in readers.items() if names}
        shown["unroll"] &= engine.DEFENCES[choices.target_defence].loss is not None
        shown |= {"target": attack.targeted, "eps": attack.limited, "norm": attack.limited}
        updates = {self.controls[word]: gr.update(visible=visible) for word, visible in shown.items()}
        norms = [(text.NORMS[name], name) for name in attack.norms]
        step = L2_STEP if choices.norm == "l2" else self.linf_step
        return merged(
            updates,
            {
                self.eps: gr.update(label=text.LIMITS[choices.norm], step=step),
                self.step_size: gr.update(label=text.STEP_SIZES[choices.norm]),
                self.norm: gr.update(choices=norms, interactive=len(norms) > 1) if norms else gr.update(),
            },
        )

    def targets(self, found: Found, choices: Choices) -> dict:
        """The classes there are to aim at and to write; a target that is none of them is dropped."""
        if found.classes is None:
            return {}
        names = found.classes.names
        written = gr.update(choices=[(text.WRITTEN_NONE, ""), *((name, name) for name in names)])
        return {self.target: listing(NO_TARGET, names, choices.target), self.written: written}

    def tell(self, found: Found, choices: Choices) -> dict:
        """Of an attack without a limit, what it may do, and what it can be to a model that knows only paintings."""
        attack = engine.ATTACKS[choices.attack]
        if attack.limited:
            return {self.about: ""}
        paintings = found.clean is not None and found.clean.familiarity is not None
        said = [attack.explanation, *([attack.on_paintings] if paintings and attack.on_paintings else [])]
        return {self.about: "".join(f'<p class="fine">{esc(sentence)}</p>' for sentence in said)}

    def draw_cost(self, found: Found, choices: Choices) -> dict:
        """What the attack through A-TPT would be, and how much more it takes than the one that is chosen."""
        attack = engine.ATTACKS[choices.attack]
        try:
            through, chosen = _through(found, choices).settings(), choices.settings()
        except engine.EngineError:
            return {self.cost: ""}
        known = attack.limited and choices.attack != ADAPTIVE
        times = self._times(found, through, chosen) if known else 1
        cost = text.ADAPTIVE_TIMES.format(times=times, attack=attack.title) if times > 1 else ""
        said = text.ADAPTIVE_IS.format(limit=limit_set(through.attack), cost=cost)
        said += "" if attack.limited else text.ADAPTIVE_INSTEAD.format(attack=attack.title)
        return {self.cost: f'<p class="fine">{esc(said)}</p>'}

    def _times(self, found: Found, through: engine.Settings, chosen: engine.Settings) -> int:
        """By how much it takes more, in passes through the model; 1 where that is not known, as for class names that
        the model cannot answer with."""
        shown, classes, attack = found.picture, found.classes, engine.story.Attack()
        if shown is None or classes is None or found.clean is None:
            return 1
        backbone = self._models.backbone(found.model)
        many, few = (attack.cost(backbone, shown.recipe(classes, None, asked)) for asked in (through, chosen))
        return round(many / few)

    def offer(self, found: Found, choices: Choices) -> dict:
        """Nothing attacks a picture that was attacked elsewhere."""
        ready = found.picture is None or found.picture.attacked is None
        return dict.fromkeys((self.button, self.adaptive), gr.update(interactive=ready))


def _fitting(before: Choices, now: Choices) -> Choices:
    """Another norm has another usual limit; another attack may have neither the norm nor a target."""
    now = now.possible()
    return now if now.norm == before.norm else now.usual()


def _through(found: Found, choices: Choices) -> Choices:
    """An attack through A-TPT at once, whatever stood there."""
    return choices._replace(attack=ADAPTIVE, target_defence=THROUGH).possible()
