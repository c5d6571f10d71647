"""Step 6: what every defence answers for this one picture, and where the final answer comes from."""

from __future__ import annotations

import gradio as gr

import engine
from app.choices import Choices
from app.figures.bars import prediction_bars
from app.figures.curves import weight_columns
from app.figures.html import badge, caption, differing, empty, esc, mark, note, percent, section, table
from app.figures.measured import measured_button
from app.figures.threat import badges
from app.page import Page
from app.panels.verdict_controls import WEIGHTS, rare_controls, weight_controls
from app.present import present
from app.session import Session
from app.text import words as text

UNTIMED = f'<span class="untimed" title="{text.UNTIMED}">–</span>'


class VerdictPanel:
    """The panel of step 6."""

    def __init__(self) -> None:
        self.head = gr.HTML(elem_id="verdict-head")
        with gr.Row(elem_classes=["controls"]):
            defences = gr.CheckboxGroup(
                [(defence.title, name) for name, defence in engine.DEFENCES.items()],
                value=list(engine.Settings().defences), label=text.DEFENCES_LABEL, elem_id="defences", min_width=260,
                scale=3,
            )  # fmt: skip
            self.button = gr.Button(text.COMPARE, elem_id="compare", min_width=150, scale=0)
        with gr.Accordion(text.WEIGH_MORE, open=False, elem_id="weigh-more"):
            weights = weight_controls()
        with gr.Accordion(text.DEFENCES_MORE, open=False, elem_id="defences-more"):
            rare = rare_controls()
        with gr.Accordion(text.DEFENCES_EXPLAINED, open=False, elem_id="defences-explained"):
            gr.HTML(_defences())
        self.table = gr.HTML(elem_id="verdict-table")
        with gr.Row():
            self.final = gr.HTML(elem_id="verdict-final", min_width=300)
            self.weights = gr.HTML(elem_id="verdict-weights", min_width=300)
        gr.HTML(caption(text.VERDICT_CAPTION))
        gr.HTML(measured_button(), elem_id="verdict-measured")
        self.controls = {"defences": defences} | weights | rare
        self.outputs = [self.head, self.table, self.final, self.weights]

    def wire(self, page: Page) -> None:
        """Comparing runs the model; weighing again only needs the views that are there."""
        page.press(self.button, page.story.work_on("defences"))
        for name in WEIGHTS:
            page.weigh(name, defences_follow=name != "weighting")
        page.forget(("purifier",), "defences")
        page.forget(("legacy",), "adversarial")

    def draw(self, session: Session, choices: Choices) -> dict:
        """The panel as the session has it."""
        if session.ensemble is None and not session.defences:
            said = text.MISSING["Verdict"] if session.adversarial is None else text.EMPTY["Verdict"]
            return {self.head: empty(said)} | dict.fromkeys(self.outputs[1:], "")
        return {
            self.head: _head(session),
            self.table: _table(session, choices),
            self.final: _final(session),
            self.weights: _weights(session, choices),
        }


def _defences() -> str:
    """Every defence in a sentence, with its cost and source."""
    rows = [
        (f"<b>{esc(defence.title)}</b>", esc(defence.explanation), esc(defence.cost), esc(defence.source))
        for defence in engine.DEFENCES.values()
    ]
    return table(text.DEFENCES_HEADS, rows, text.DEFENCES_EXPLAINED, "stacks explained")


def _head(session: Session) -> str:
    """Two separate verdicts: did the attack work, did the defence."""
    result, names = present(session.adversarial), present(session.classes).names
    reference = names[present(session.reference)]
    wanted = f"the true class **{reference}**" if session.given else f"the clean answer **{reference}**"
    after = result.after_saved
    if not result.epsilon:
        attack = note(f"**Attack:** none (limit 0); the model says **{after.name}**.", "warn", "!")
    elif result.before.label != result.label:
        attack = note(
            f"**Wrong before any attack:** the model took the clean picture for **{result.before.name}** and says"
            f" **{after.name}** now, instead of {wanted}.",
            "warn",
            "!",
        )
    elif result.blind:
        attack = note(text.BLIND.format(answer=f"**{after.name}** ({percent(after.confidence)})"), "warn", "!")
    elif result.target is not None:
        attack = _aimed(session, wanted)
    elif result.fooled_as_computed and not result.fooled:
        attack = note(
            f"**Attack undone by saving:** as computed the model says **{result.after.name}**, but after rounding to 8"
            f" bits still **{after.name}** ({percent(after.confidence)}).",
            "warn",
            "!",
        )
    elif result.fooled:
        attack = note(
            f"**Attack succeeded:** without defence the model says **{after.name}**"
            f" ({percent(after.confidence)}) instead of {wanted}.",
            "bad",
            "✗",
        )
    else:
        attack = note(
            f"**Attack failed:** without defence the model still says **{after.name}** ({percent(after.confidence)}).",
            "good",
            "✓",
        )
    return f'<div class="verdicts">{attack}{_defended(session, wanted)}</div>{badges(result) if result.epsilon else ""}'


def _aimed(session: Session, wanted: str) -> str:
    """The verdict on an attack with a target."""
    result = present(session.adversarial)
    answer = f"**{result.after_saved.name}** ({percent(result.after_saved.confidence)})"
    target = f"the target **{present(session.classes).names[present(result.target)]}**"
    if result.reached:
        return note(f"**Attack reached its target:** without defence the model says {answer}.", "bad", "✗")
    if result.reached_as_computed:
        return note(f"**Attack undone by saving:** {target} was reached as computed; saved: {answer}.", "warn", "!")
    sentence = f"**Attack did not reach** {target}: without defence the model says {answer}"
    return note(f"{sentence} instead of {wanted}.", "warn", "!") if result.fooled else note(f"{sentence}.", "good", "✓")


def _defended(session: Session, wanted: str) -> str:
    answers = {d.defence: d.prediction for d in session.defences}
    chosen, name = answers.get("a-tpt"), "A-TPT"
    if chosen is None and session.ensemble is not None:
        chosen, name = session.ensemble.prediction, text.YOURS
    if chosen is None:
        return ""
    answer = f"**{chosen.name}** ({percent(chosen.confidence)})"
    right = sum(prediction.label == session.reference for prediction in answers.values())
    others = text.OF_DEFENCES[session.given].format(right=right, of=len(answers)) if answers else ""
    if chosen.label == session.reference:
        return note(f"**{name} {text.DEFENDED[session.given]}:** {answer}.{others}", "good", "✓")
    return note(f"**{name} {text.NOT_DEFENDED[session.given]}:** {answer} instead of {wanted}.{others}", "bad", "✗")


def _table(session: Session, choices: Choices) -> str:
    hit = present(session.adversarial)
    rows = [_row(session, text.REFERENCE, text.REFERENCE_WHY, hit.before, None, "clean")]
    seen = "attacked" if hit.epsilon else "clean"
    for found in session.defences:
        defence = engine.DEFENCES[found.defence]
        rows.append(
            _row(
                session,
                defence.title,
                f"{defence.explanation} {defence.source}",
                found.prediction,
                found.seconds,
                seen,
            )
        )
    if session.ensemble is not None:
        steps = session.steps[-1].index
        setup = (
            f"{text.YOURS_FROM}, {steps} tuning step{'s' * (steps != 1)}, weights"
            f" {text.WEIGHTINGS[session.ensemble.weighting]}"
        )
        if steps:
            untuned = engine.fuse(present(session.views), session.steps[0], choices.settings().ensemble).prediction
            rows.append(_row(session, text.YOURS_UNTUNED, setup, untuned, None, seen))
        rows.append(_row(session, text.YOURS, setup, session.ensemble.prediction, None, seen, text.YOURS_NOTE))
    cleaned = text.PURIFIED.format(purifier=choices.purifier.upper()) if choices.purifier else ""
    heads = ("Method", "Picture", "Answer", "", "Confidence", "Entropy (nats)", "Seconds")
    return section(
        "The chosen methods on this picture",
        table(heads, rows, "Answers of all methods"),
        text.JUDGED[session.given] + cleaned,
    )


def _asked(session: Session, prediction: engine.Prediction) -> str:
    """The prompt of a defence that asks with another than the page's."""
    first, *more = prediction.classes.templates
    if prediction.classes == session.classes:
        return ""
    return text.ASKED_MORE.format(first=first, more=len(more)) if more else text.ASKED.format(first=first)


def _small(line: str) -> str:
    """A second line below a defence's name, if there is anything to tell."""
    return f'<br><small class="asked">{esc(line)}</small>' if line else ""


def _row(
    session: Session,
    title: str,
    why: str,
    prediction: engine.Prediction,
    seconds: float | None,
    picture: str,
    detail: str = "",
) -> tuple[str, ...]:
    shape = {"clean": "● clean", "attacked": "▲ attacked"}[picture]
    return (
        f'<span class="defence" title="{esc(why)}">{esc(title)}</span>'
        f"{_small(detail)}{_small(_asked(session, prediction))}",
        f'<span class="on {picture}">{shape}</span>',
        differing(prediction.name, present(session.classes).names[present(session.reference)]),
        mark(prediction.label == session.reference, session.given),
        percent(prediction.confidence),
        f"{prediction.entropy:.2f}",
        UNTIMED if seconds is None else f"{seconds:.2f}",
    )


def _final(session: Session) -> str:
    answer = session.ensemble
    result = present(session.adversarial)
    named = [("clean", "clean", result.before), ("attacked", "attacked", result.after_saved)]
    if answer is not None:
        named.append(("defended, your settings", "defended", answer.prediction))
    return section("From clean to attacked to defended", prediction_bars(named, 4, session.reference, session.given))


def _weights(session: Session, choices: Choices) -> str:
    answer = session.ensemble
    if answer is None:
        return ""
    kept = set(session.steps[-1].kept.tolist())
    largest = answer.weights.topk(min(3, len(answer.weights)))
    heaviest = "".join(
        badge(f"view {view}: {percent(float(w))}", "", "weighs")
        for w, view in zip(largest.values, largest.indices.tolist(), strict=True)
    )
    legend = (
        '<div class="legend"><span class="key drives">also drives the tuning</span><span class="key'
        ' other">does not</span></div>'
    )
    drawn = weight_columns(answer.weights.tolist(), kept)
    return section(
        "Weight of every view in the answer",
        f'{legend}{drawn}<div class="badges">{heaviest}</div>',
        text.WEIGHTINGS[answer.weighting] if answer.weighting != "tv" else choices.settings().ensemble.tv_reading,
    )
