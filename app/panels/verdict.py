"""Step 6: what every defence answers for this one picture, and where the final answer comes from."""

from __future__ import annotations

import gradio as gr

import engine
from app.choices import Choices
from app.export.poster_file import PosterFile
from app.figures.bars import prediction_bars
from app.figures.curves import weight_columns
from app.figures.html import badge, caption, comes, differing, esc, note, percent, section, table
from app.figures.judged import abstained, caution, defended, judged
from app.figures.measured import measured_button
from app.figures.poster import poster
from app.figures.threat import badges, null_remark
from app.figures.through import went_through
from app.models import Models
from app.panels.places import PlacesPart
from app.panels.recorded import Recorded
from app.panels.verdict_controls import rare_controls, weight_controls
from app.present import present
from app.state.found import Found
from app.text import verdict as text
from app.text import words
from app.text.counted import counted
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

UNTIMED = f'<span class="untimed" title="{words.UNTIMED}">–</span>'


class VerdictPanel:
    """The panel of step 6."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.head = gr.HTML(elem_id="verdict-head")
        self.recorded = Recorded(models)
        self.poster = gr.HTML(elem_id="poster")
        self.file = PosterFile(models)
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
        self.compared = gr.HTML(elem_id="compare-6")
        self.table = gr.HTML(elem_id="verdict-table")
        with gr.Row():
            self.final = gr.HTML(elem_id="verdict-final", min_width=300)
            self.weights = gr.HTML(elem_id="verdict-weights", min_width=300)
        gr.HTML(caption(text.VERDICT_CAPTION))
        self.places = PlacesPart(models)
        gr.HTML(measured_button(), elem_id="verdict-measured")
        self.controls = {"defences": defences} | weights | rare
        self.outputs = [self.head, self.table, self.final, self.weights]
        reads = (
            "classes", "label", "clean", "adversarial", "through", "views", "steps", "ensemble", "defences", "answer",
        )  # fmt: skip
        self.pieces = [
            Piece(self.draw_poster, [self.poster], ("maps", *reads), ("ensemble", "defences")),
            Piece(self.draw, self.outputs, reads, ("ensemble", "defences"), ("purifier",)),
            *self.recorded.pieces,
            *self.places.pieces,
        ]

    def wire(self, page: Page, running: Running) -> None:
        """Comparing runs the defences."""
        running.button(self.button, ("defences",))
        self.file.wire(page)
        self.places.wire(page, running)

    def draw_poster(self, found: Found, choices: Choices) -> dict:
        """The story in large pictures, once a defence has answered."""
        answered = found.ensemble is not None or bool(found.defences)
        model = found.model or self.models.first.name
        return {self.poster: poster(found, model) if answered else ""}

    def draw(self, found: Found, choices: Choices) -> dict:
        """What there is to see, or what to press."""
        if found.ensemble is None and not found.defences:
            said = words.MISSING["Verdict"] if found.adversarial is None else words.EMPTY["Verdict"]
            return {self.head: comes(said, words.COMES)} | dict.fromkeys(self.outputs[1:], "")
        return {
            self.head: _head(found),
            self.table: _table(found, choices),
            self.final: _final(found),
            self.weights: _weights(found, choices),
        }


def _defences() -> str:
    """Every defence in a sentence, with its cost and source."""
    rows = [
        (f"<b>{esc(defence.title)}</b>", esc(defence.explanation), esc(defence.cost), esc(defence.source))
        for defence in engine.DEFENCES.values()
    ]
    return table(text.DEFENCES_HEADS, rows, text.DEFENCES_EXPLAINED, "stacks explained")


def _head(found: Found) -> str:
    """Two separate verdicts: did the attack work, did the defence."""
    result, names = present(found.adversarial), present(found.classes).names
    cautious = caution(found)
    if cautious:
        return f'<div class="verdicts">{cautious}</div>'
    reference = names[present(found.reference)]
    wanted = f"{words.WANTED[found.given]} **{reference}**"
    after, aimed = result.after_saved, not result.made_here or engine.ATTACKS[result.attack].aimed
    if result.before is None:
        attack = _unknown_before(found, wanted)
    elif not result.epsilon:
        attack = note(f"**Attack:** none (limit 0); the model says **{after.name}**.", "warn", "!")
    elif found.abstains(after):
        attack = abstained(found)
    elif not result.right_before:
        attack = note(
            text.WRONG_BEFORE[result.before.label == after.label].format(
                before=result.before.name, after=after.name, wanted=wanted
            ),
            "warn",
            "!",
        )
    elif result.target_defence and not result.blind:
        return f'<div class="verdicts">{_through(found, wanted)}</div>{badges(result)}'
    elif result.blind:
        attack = note(words.BLIND.format(answer=f"**{after.name}** ({percent(after.confidence)})"), "warn", "!")
    elif result.target is not None:
        attack = _aimed(found, wanted)
    elif result.fooled_as_computed and not result.fooled:
        attack = note(
            f"**Attack undone by saving:** as computed the model says **{result.after.name}**, but after rounding to 8"
            f" bits still **{after.name}** ({percent(after.confidence)}).",
            "warn",
            "!",
        )
    elif result.fooled:
        attack = note(
            f"**{text.SUCCEEDED[aimed]}:** without defence the model says **{after.name}**"
            f" ({percent(after.confidence)}) instead of {wanted}.",
            "bad",
            "✗",
        )
    else:
        attack = note(
            f"**{text.FAILED[aimed]}:** without defence the model still says **{after.name}**"
            f" ({percent(after.confidence)}).",
            "good",
            "✓",
        )
    known = null_remark(result) + badges(result) if result.epsilon else ""
    return f'<div class="verdicts">{attack}{_defended(found, wanted)}</div>{known}'


def _through(found: Found, wanted: str) -> str:
    """The verdict on an attack through a defence: on that defence, then on the model alone, and on A-TPT where the
    attack went through another."""
    result = present(found.adversarial)
    alone = words.ALONE.format(answer=f"**{result.after_saved.name}** ({percent(result.after_saved.confidence)})")
    more = "" if found.through is not None and result.target_defence == "a-tpt" else _defended(found, wanted)
    return note(*went_through(result, found.through)) + note(alone) + more


def _unknown_before(found: Found, wanted: str) -> str:
    """What there is to say of a picture that was attacked elsewhere and whose clean one nobody knows."""
    result = present(found.adversarial)
    answer = f"**{result.after_saved.name}** ({percent(result.after_saved.confidence)})"
    if not found.given:
        return note(text.VERDICT_UNKNOWN.format(answer=answer), "warn", "!")
    if result.fooled:
        return note(text.VERDICT_UNKNOWN_WRONG.format(answer=answer, wanted=wanted), "bad", "✗")
    return note(text.VERDICT_UNKNOWN_RIGHT.format(answer=answer), "good", "✓")


def _aimed(found: Found, wanted: str) -> str:
    """The verdict on an attack with a target."""
    result = present(found.adversarial)
    answer = f"**{result.after_saved.name}** ({percent(result.after_saved.confidence)})"
    target = f"the target **{present(found.classes).names[present(result.target)]}**"
    if result.reached:
        return note(f"**Attack reached its target:** without defence the model says {answer}.", "bad", "✗")
    if result.reached_as_computed:
        return note(f"**Attack undone by saving:** {target} was reached as computed; saved: {answer}.", "warn", "!")
    sentence = f"**Attack did not reach** {target}: without defence the model says {answer}"
    return note(f"{sentence} instead of {wanted}.", "warn", "!") if result.fooled else note(f"{sentence}.", "good", "✓")


def _defended(found: Found, wanted: str) -> str:
    answers = {d.defence: d.prediction for d in found.defences}
    chosen, name = answers.get("a-tpt"), "A-TPT"
    if chosen is None and found.ensemble is not None:
        chosen, name = found.ensemble.prediction, words.YOURS
    if chosen is None:
        return ""
    answer = f"**{chosen.name}** ({percent(chosen.confidence)})"
    right, of = sum(found.right(one.prediction) for one in found.defended), len(found.defended)
    others = counted(text.OF_DEFENCES[found.given], right=right, of=of) if of else ""
    if found.given is None:
        said = text.DEFENDED[None] if chosen.label == found.reference else text.NOT_DEFENDED[None]
        return note(f"**{name} {said}:** {answer}.{others}")
    if chosen.label == found.reference:
        return note(f"**{name} {text.DEFENDED[found.given]}:** {answer}.{others}", "good", "✓")
    return note(f"**{name} {text.NOT_DEFENDED[found.given]}:** {answer} instead of {wanted}.{others}", "bad", "✗")


def _table(found: Found, choices: Choices) -> str:
    hit = present(found.adversarial)
    rows = []
    if hit.before is not None:
        rows.append(_row(found, words.REFERENCE, words.REFERENCE_WHY, hit.before, None, "clean"))
    seen = "attacked" if hit.epsilon else "clean"
    for answered in found.defences:
        defence = engine.DEFENCES[answered.defence]
        rows.append(
            _row(
                found,
                defence.title,
                f"{defence.explanation} {defence.source}",
                answered.prediction,
                answered.seconds,
                seen,
            )
        )
    if found.ensemble is not None:
        steps = found.steps[-1].index
        setup = (
            f"{text.YOURS_FROM}, {counted(text.YOURS_STEPS, steps=steps)}, weights"
            f" {text.WEIGHTINGS[found.ensemble.weighting]}"
        )
        if steps:
            rows.append(_row(found, words.YOURS_UNTUNED, setup, present(found.ensemble.untuned), None, seen))
        rows.append(_row(found, words.YOURS, setup, found.ensemble.prediction, None, seen, text.YOURS_NOTE))
    cleaned = text.PURIFIED.format(purifier=choices.purifier.upper()) if choices.purifier else ""
    heads = ("Method", "Picture", "Answer", "", "Confidence", "Entropy (nats)", "Seconds")
    return section(
        "The chosen methods on this picture",
        table(heads, rows, "Answers of all methods"),
        _standard(found) + cleaned,
    )


def _standard(found: Found) -> str:
    """What an answer is held against."""
    if found.strange:
        return text.STRANGE_JUDGED
    said = text.NONE_SAME if found.none_given else text.JUDGED[found.given]
    return said + text.NONE_JUDGED * found.answer.none_of_these


def _answer(found: Found, prediction: engine.Prediction) -> str:
    """An answer by its words that are not those of the class to be answered."""
    name = differing(prediction.name, present(found.classes).names[present(found.reference)])
    if not found.abstains(prediction):
        return name
    return f"{esc(words.NONE)}<br><small>{text.NONE_LIKELIEST.format(name=name)}</small>"


def _asked(found: Found, prediction: engine.Prediction) -> str:
    """The prompt of a defence that asks with another than the page's."""
    first, *more = prediction.classes.templates
    if prediction.classes == found.classes:
        return ""
    return text.ASKED_MORE.format(first=first, more=len(more)) if more else text.ASKED.format(first=first)


def _mark(found: Found, title: str, prediction: engine.Prediction) -> str:
    """Whether a method is right; the clean answer itself, which others are held against where no class is given, is
    neither."""
    if title != words.REFERENCE or found.given or found.unjudged:
        return judged(found, prediction)
    return f'<span class="mark">{esc(words.REFERENCE_SHORT[found.given])}</span>'


def _small(line: str) -> str:
    """A second line below a defence's name, if there is anything to tell."""
    return f'<br><small class="asked">{esc(line)}</small>' if line else ""


def _row(
    found: Found,
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
        f"{_small(detail)}{_small(_asked(found, prediction))}",
        f'<span class="on {picture}">{shape}</span>',
        _answer(found, prediction),
        _mark(found, title, prediction),
        percent(prediction.confidence),
        f"{prediction.entropy:.2f}",
        UNTIMED if seconds is None else f"{seconds:.2f}",
    )


def _final(found: Found) -> str:
    answer = found.ensemble
    result = present(found.adversarial)
    named = [] if result.before is None else [("clean", "clean", result.before)]
    named.append(("attacked", "attacked", result.after_saved))
    if answer is not None:
        named.append(("defended, your settings", defended(found), answer.prediction))
    title = text.FINAL if result.before is None else "From clean to attacked to defended"
    bars = prediction_bars(named, 4, found.reference, found.given, cosines=found.with_cosines)
    return section(title, bars)


def _weights(found: Found, choices: Choices) -> str:
    answer = found.ensemble
    if answer is None:
        return ""
    kept = set(found.steps[-1].kept.tolist())
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
