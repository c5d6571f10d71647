"""Step 2: a small change of the picture that makes the model wrong."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
import torch

import engine
from app.choices import Choices
from app.components.controls import shown
from app.components.placing import PLACE
from app.components.slider import Range
from app.figures.bars import explained, prediction_bars, underlined
from app.figures.change import likeness, to_the_eye
from app.figures.curves import Line, curve
from app.figures.html import caption, comes, esc, levels, note, percent, rich, section, table
from app.figures.judged import abstained, caution
from app.figures.pictures import change_of, gain_for, to_uint8
from app.figures.threat import badges, limit, remarks, titled, where
from app.figures.through import went_through
from app.models import Models
from app.panels.attack_controls import AttackControls
from app.panels.detection import DetectionTest
from app.panels.only_cells import OnlyCells
from app.panels.severities import SeveritiesStrip
from app.panels.survival import SurvivalTest
from app.panels.transfer import TransferTest
from app.picture_sources import PictureSources
from app.present import present
from app.state.found import Found
from app.state.parts import Question
from app.text import attack as text
from app.text import only_cells, words
from app.text.counted import counted
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running


class AttackPanel:
    """The panel of step 2."""

    def __init__(self, models: Models, sources: PictureSources) -> None:
        self.choose = AttackControls(models)
        with self.choose.more:
            self.severities = SeveritiesStrip()
            self.where = OnlyCells()
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
                self.gain = gr.HTML(elem_id="attack-gain", js_on_load=PLACE)
            with gr.Column(scale=6, min_width=260):
                self.bars = gr.HTML(elem_id="attack-bars")
        self.curve = gr.HTML(elem_id="attack-curve")
        self.at = Range(
            1, 2, 1, step=1, label=text.ATTACK_AT, elem_id="attack-at", visible=False, buttons=[], interactive=True
        )
        self.passed = gr.HTML(elem_id="attack-passed")
        self.measured = gr.HTML(elem_id="attack-measured")
        self.caption = gr.HTML()
        self.survival = SurvivalTest()
        self.detection = DetectionTest()
        self.transfer = TransferTest(models, sources)
        self.controls = self.choose.controls | self.where.controls
        self.texts = [self.verdict, self.slider_label, self.gain, self.bars, self.curve, self.passed, self.measured]
        outputs = [*self.texts, self.slider, self.noise, self.at, self.caption]
        reads = ("picture", "classes", "label", "clean", "adversarial", "through", "answer")
        self.pieces = [
            Piece(self.draw, outputs, reads, ("adversarial", "through")),
            *self.choose.pieces,
            *self.severities.pieces,
            *self.where.pieces,
            *self.survival.pieces,
            *self.detection.pieces,
            *self.transfer.pieces,
        ]

    def wire(self, page: Page, running: Running) -> None:
        """The controls, and going back through the attack."""
        self.choose.wire(page, running)
        self.severities.wire(page, running)
        self.where.wire(page)
        self.survival.wire(page, running)
        self.detection.wire(page, running)
        self.transfer.wire(page)
        page.look(self.at, self._draw_at, [self.curve, self.passed])
        page.press(self.gain, _placed)

    def live(self, trail: Sequence[engine.AttackStep], question: Question) -> str:
        """The curve while the attack runs."""
        recipe = question.story.recipe
        label = question.story.result(engine.story.Clean()).label if recipe.label is None else recipe.label
        return _curve(trail, label, trail[0].total, question.settings.attack)

    def draw(self, found: Found, choices: Choices) -> dict:
        """What there is to see, or what to press."""
        result = found.adversarial
        if result is None:
            said = comes(_waits(found), words.COMES)
            hidden = gr.update(value=None, visible=False)
            away = {self.slider: hidden, self.noise: hidden, self.at: gr.update(visible=False)}
            return dict.fromkeys(self.texts, "") | {self.verdict: said, self.caption: _caption(found)} | away
        return self._pictures(result) | {
            self.verdict: _said(found),
            self.bars: _bars(found),
            self.curve: _curve(result.steps, result.label, len(result.steps), result),
            self.measured: _measured(result),
            self.passed: "",
            self.at: _scrubber(len(result.steps)),
            self.caption: _caption(found, result.limited),
        }

    def _pictures(self, result: engine.Adversarial) -> dict:
        """Both pictures and the change between them; none where the clean one is not known."""
        if result.clean is None:
            hidden = gr.update(value=None, visible=False)
            unknown = note(text.NO_CLEAN, "warn", "!")
            return {self.slider: hidden, self.noise: hidden, self.slider_label: unknown, self.gain: ""}
        gain = gain_for(result)
        placed = result.made_here and "place_x" in engine.ATTACKS[result.attack].uses
        amplified_by = text.AMPLIFIED.format(gain=f"{gain:g}") + (f" {text.PLACE_PRESS}" if placed else "")
        amplified_by += f" {only_cells.HATCHED}" if result.only_cells else ""
        change = change_of(result, gain)
        pictures = (shown(to_uint8(result.clean)), shown(to_uint8(result.saved)))
        return {
            self.slider: gr.update(value=pictures, visible=True),
            self.noise: gr.update(value=shown(change), visible=True),
            self.slider_label: _sides(),
            self.gain: f'<p class="fine">{rich(amplified_by)}</p>',
        }

    def _draw_at(self, found: Found, at: float) -> dict:
        """The attack as it stood at one of its iterations."""
        result = found.adversarial
        if result is None or not 1 <= at <= len(result.steps):
            return {}
        step = result.steps[int(at) - 1]
        pair = [("clean", "clean", result.known_before), (f"iteration {step.index}", "attacked", step.prediction)]
        bars = prediction_bars(pair, 4, result.label, result.from_truth, result.target, cosines=found.with_cosines)
        hint = f"loss {step.loss:.3f} nats"
        return {
            self.curve: _curve(result.steps, result.label, len(result.steps), result, step.index),
            self.passed: section(f"Answer at iteration {step.index}", bars, hint),
        }


def _waits(found: Found) -> str:
    """What to press, or what the attack waits for."""
    if found.picture is None:
        return words.MISSING["Attack"]
    return text.UNANSWERED if found.clean is None else words.EMPTY["Attack"]


def _sides() -> str:
    """Which picture stands on which side of the slider, also where nobody can drag it."""
    drag = f'<span class="by-hand">{esc(text.SLIDER_DRAG)}</span>'
    return f'<p class="fine aloud">{esc(text.SLIDER_LABEL)}{drag}</p>'


def _placed(found: Found, choices: Choices, event: gr.EventData) -> dict:
    """The place in the picture that was pressed, for an attack that has one."""
    place = [getattr(event, name, None) for name in ("across", "down")]
    known = [one for one in place if isinstance(one, int | float) and 0 <= one <= 1]
    if len(known) < 2 or "place_x" not in engine.ATTACKS[choices.attack].uses:
        return {}
    return {"place_x": round(known[0], 2), "place_y": round(known[1], 2), "places": 1, "patch_at": "given"}


def _scrubber(count: int) -> dict:
    """The slider over an attack's iterations; there is nothing to slide over where there are fewer than two."""
    if count < 2:
        return gr.update(visible=False)
    return gr.update(maximum=count, value=count, visible=True)


def _caption(found: Found, limited: bool = True) -> str:
    """What the panel shows of an attack that is made here, with or without a limit, or of one that was made
    elsewhere."""
    if found.picture is None or found.picture.attacked is None:
        return caption(text.ATTACK_CAPTION if limited else text.ATTACK_CAPTION_FREE)
    return caption(text.ELSEWHERE_CAPTION[found.picture.clean_known])


def _said(found: Found) -> str:
    """The verdict on the attack; of one made elsewhere, what there is to know of it."""
    result, cautious = present(found.adversarial), caution(found) + abstained(found)
    if result.made_here:
        return verdict(result, cautious, found.through)
    made = present(present(found.picture).attacked)
    warned = "".join(note(remark, "warn", "!") for remark in made.remarks)
    what = words.ELSEWHERE_IS.format(name=made.name) if found.clean_known else words.ELSEWHERE_ITSELF
    head = f'<p class="fine">{esc(what)}</p>'
    if result.right_before:
        sentence, tone, icon = _elsewhere(result)
        said = note(sentence) if cautious else note(sentence, tone, icon)
    else:
        said = note(_answered(found, result))
    return head + warned + cautious + said + badges(result)


def _elsewhere(result: engine.Adversarial) -> tuple[str, str, str]:
    """Sentence, tone and icon for a picture attacked elsewhere, whose clean one is answered as asked for."""
    name, answer, far = result.known_before.classes.names[result.label], _bold_answer(result), levels(result.linf())
    if result.fooled:
        return text.ELSEWHERE_FOOLED.format(answer=answer, name=name, far=far), "bad", "✗"
    return text.ELSEWHERE_HELD.format(answer=answer, far=far), "good", "✓"


def _answered(found: Found, result: engine.Adversarial) -> str:
    """What the model answers where the clean picture is not known, or was answered otherwise than asked for."""
    answer, names = _bold_answer(result), result.after_saved.classes.names
    if result.before is not None:
        wrong = text.ELSEWHERE_WRONG.format(clean=result.before.name, name=names[result.label], answer=answer)
        return wrong + " " + text.ELSEWHERE_FAR.format(far=levels(result.linf()))
    truth = text.ELSEWHERE_TRUTH.format(name=names[result.label]) if found.given else ""
    return text.ELSEWHERE_ANSWER.format(answer=answer) + truth


def verdict(result: engine.Adversarial, cautious: str = "", through: engine.DefenceResult | None = None) -> str:
    """One sentence on whether the attack worked, and what the attacker knew and wanted; without a colour behind
    `cautious` words, drawn, on what an answer is worth.

    An attack through a defence worked where it broke that one, whose answer is `through` (None: not known yet); what
    the model says without is told apart from it.
    """
    if not result.epsilon:
        return note(text.NOT_ATTACKED, "warn", "!")
    aimed = text.AIMED_AT.format(defence=engine.DEFENCES[result.target_defence].title) if result.target_defence else ""
    fine = f'<p class="fine">{esc(aimed)}</p>' if aimed else ""
    judged = _against if result.target is None else _towards
    lines = [(_blind if result.blind else _moved if cautious else judged)(result)]
    if result.target_defence and not result.blind:
        alone = words.ALONE.format(answer=_bold_answer(result))
        lines = [went_through(result, through, bool(cautious)), (alone, "plain", "")]
    drawn = "".join(note(sentence) if cautious else note(sentence, tone, icon) for sentence, tone, icon in lines)
    return cautious + drawn + remarks(result) + badges(result) + fine


def _moved(result: engine.Adversarial) -> tuple[str, str, str]:
    """Sentence, tone and icon where no answer is right or wrong: only whether it is another."""
    before, after = result.known_before, result.after_saved
    moved = text.MOVED[after.label != before.label]
    return moved.format(answer=_bold_answer(result), before=before.name), "plain", ""


def _blind(result: engine.Adversarial) -> tuple[str, str, str]:
    """Sentence, tone and icon for an attack that failed for want of a gradient."""
    return words.BLIND.format(answer=_bold_answer(result)), "warn", "!"


def _against(result: engine.Adversarial) -> tuple[str, str, str]:
    """Sentence, tone and icon for an attack that only pushes away."""
    name, answer = result.after.classes.names[result.label], _bold_answer(result)
    if result.right_before and result.fooled != result.fooled_as_computed:
        if result.fooled:
            return text.FOOLED_AS_SAVED.format(answer=answer, name=name), "bad", "✗"
        return text.HELD_AS_SAVED.format(answer=answer, computed=result.after.name), "warn", "!"
    if result.right_before and result.fooled:
        head = words.FOOLED[engine.ATTACKS[result.attack].aimed]
        wanted = f"**{name}**" if result.from_truth else f"{words.WANTED[False]} **{name}**"
        return f"{head}: {to_the_eye(result)}, but the model now says {answer} instead of {wanted}.", "bad", "✗"
    if result.right_before:
        return f"Held: the model still says {answer}.", "good", "✓"
    if result.fooled:
        same = result.known_before.label == result.after_saved.label
        sentence = text.WRONG_BOTH[same].format(name=name, answer=answer)
        return sentence, "bad", "✗"
    return f"The attacked picture is answered {answer}, although the clean one was not.", "good", "✓"


def _towards(result: engine.Adversarial) -> tuple[str, str, str]:
    """Sentence, tone and icon for an attack with a target."""
    names, answer = result.after.classes.names, _bold_answer(result)
    target, name = names[present(result.target)], names[result.label]
    if result.reached != result.reached_as_computed:
        if result.reached:
            return text.REACHED_AS_SAVED.format(answer=answer), "bad", "✗"
        return text.MISSED_AS_SAVED.format(answer=answer), "warn", "!"
    if result.reached:
        return f"Reached the target: {to_the_eye(result)}, but the model now says {answer}.", "bad", "✗"
    missed = f"Did not reach the target **{target}**"
    if result.fooled:
        return f"{missed}, but the model no longer says **{name}**: it says {answer}.", "warn", "!"
    return f"{missed}: the model says {answer}.", "good", "✓"


def _bold_answer(result: engine.Adversarial) -> str:
    return f"**{result.after_saved.name}** at {percent(result.after_saved.confidence)}"


def _bars(found: Found) -> str:
    result = present(found.adversarial)
    attacked, cosines = ("attacked", "attacked", result.after_saved), found.with_cosines
    if result.before is None:
        reference = result.label if result.from_truth else None
        alone = prediction_bars([attacked], 4, reference, result.from_truth, cosines=cosines)
        return section(words.ANSWER_ATTACKED, explained(alone, result.from_truth))
    pair = [("clean", "clean", result.before), attacked]
    bars = prediction_bars(pair, 4, result.label, result.from_truth, result.target, cosines=cosines)
    hint = underlined(bars, result.from_truth)
    return section("Answers before and after", explained(bars, result.from_truth), hint)


def _curve(
    steps: Sequence[engine.AttackStep],
    label: int,
    last: int,
    attack: engine.AttackSettings | engine.Adversarial,
    at: int | None = None,
) -> str:
    """Shares and loss over iterations up to `last`, where there are several; an attack that may end early announces
    more than it needs."""
    if not steps or last < 2:
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
    uses = engine.ATTACKS[attack.attack].uses
    found_as = next((said for setting, said in text.AS_ASKED_THERE.items() if setting in uses), text.AS_FOUND)
    looks = f"; {text.SEEN_THROUGH}" if "eot_samples" in uses else ""
    both = curve("Shares during the attack", [kept, rival], "iteration", "share", last, 1, True, at)
    so_far = f"iteration {len(steps)} of {last}"
    return f'<div class="pair">{section("Shares", both, found_as + looks)}{section("Loss", loss, so_far)}</div>'


def _measured(result: engine.Adversarial) -> str:
    if not result.made_here:
        return _distance(result)
    allowed = {result.norm: limit(result.epsilon, result.norm) if result.norm == "linf" else f"{result.epsilon:g}"}
    linf, l2 = (allowed.get(norm, "none") for norm in ("linf", "l2"))
    rows = [
        (
            esc(text.LINF),
            esc(levels(result.linf(False))),
            f'<span id="linf">{esc(levels(result.linf()))}</span>',
            linf,
        ),
        (esc(text.L2), f"{result.l2(False):.3f}", f"{result.l2():.3f}", l2),
        (esc(text.LIKENESS), "", f"{likeness(result):.2f}", ""),
        ("Answer", _answer(result.after), _answer(result.after_saved), ""),
    ]
    within = " within " if result.limited else ", "
    made = (
        f"{titled(result.attack, result.target_defence)}{within}{limit(result.epsilon, result.norm)}"
        f"{where(result.only_cells)},"
        f" {_took(result)} in {result.seconds:.2f} s"
    )
    heads = ("", "as computed (float)", "as saved (8 bits)", text.LIMIT)
    return section("Measured", table(heads, rows, "Measured size of the change", "stacks"), made)


def _took(result: engine.Adversarial) -> str:
    """How often it asked: each time takes one pass of the model, or as many as what it goes through has."""
    looks = engine.ATTACKS[result.attack].looks(engine.AttackSettings(attack=result.attack), len(result.after.classes))
    return counted(text.TOOK[looks.back > 0], count=len(result.steps))


def _distance(result: engine.Adversarial) -> str:
    """How far a picture that was attacked elsewhere lies from the clean one; within which limit, nobody here knows."""
    unknown, known = esc(words.UNKNOWN), result.clean is not None
    rows = [
        (esc(text.LINF), f'<span id="linf">{esc(levels(result.linf()))}</span>' if known else unknown, unknown),
        (esc(text.L2), f"{result.l2():.3f}" if known else unknown, unknown),
    ]
    drawn = table(("", text.AS_GIVEN, text.LIMIT), rows, "Measured size of the change", "stacks")
    return section("Measured", drawn, text.ELSEWHERE_MADE)


def _answer(prediction: engine.Prediction) -> str:
    return f"{esc(prediction.name)} {percent(prediction.confidence)}"
