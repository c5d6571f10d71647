"""The row of seven cards that sums up the story so far and opens the steps; and the status line."""

from __future__ import annotations

import math
import time

import engine
from app.figures.html import differing_words, esc, percent, rough_percent, signed
from app.present import present
from app.state.found import Found
from app.text import words as text
from app.text.counted import counted
from engine import DEFENCES, Prediction

SUBJECTS = {  # the parts that say what came out, by step
    1: ("clean",), 2: ("adversarial",), 3: ("maps",), 4: ("views",), 5: ("steps",), 6: ("defences", "ensemble"),
}  # fmt: skip
MANY = len(text.STEPS)  # the step that is about other pictures
LONG = 120  # letters of a sentence that may take more lines than the status line has
ICONS = {"done": "◉", "busy": "…", "open": "○", "waiting": "·"}


def journey(found: Found) -> str:
    """Seven cards with their findings; one is at work while a run is at its step."""
    busy, go, story = found.progress.step, found.progress.go, found.progress.story
    findings = _findings(found)
    cards = "".join(
        _card(number, name, findings[number - 1], busy == number, found) for number, name in enumerate(text.STEPS, 1)
    )
    goes = f' data-walk="1" data-goes="{esc(text.STORY_HELD)}" data-gone="{esc(text.STORY_GONE_BY)}"'
    walk = goes if found.progress.walk else ""
    move = "" if go is None else f' data-go="{go}" data-turn="{found.progress.turn}" data-story="{int(story)}"{walk}'
    on = " data-on-its-way" if story and busy is not None else ""
    return f'<nav class="journey" aria-label="Steps of the story"{on}{move}>{cards}</nav>'


def cleared(found: Found) -> list[int]:
    """The steps that have nothing with these settings and had something with others, in their order: none of the first,
    whose answer comes by itself."""
    later = (number for number in SUBJECTS if number > 1)
    return [number for number in later if _was_elsewhere(number, found) and finding(found, number) is None]


def _was_elsewhere(number: int, found: Found) -> bool:
    return found.progress.step is None and bool(found.elsewhere.intersection(SUBJECTS[number]))


def furthest(found: Found) -> int:
    """The last step of the picture's story that has found something; 1 where none has."""
    return max((number for number, found in enumerate(_findings(found)[:6], 1) if found), default=1)


def status(
    sentence: str, tone: str = "calm", share: float | None = None, link: str = "", press: str = "", take: str = ""
) -> str:
    """One sentence on what happens now; `tone` is calm, busy, good or bad; `share` fills the line below.

    `link`, the query of a link, is what the browser is to put into its address bar, `press` the id of a button that it
    is to press; either once. `take` is written on a button behind the sentence that downloads everything.
    """
    role = "alert" if tone == "bad" else "status"
    width = "" if share is None else f'<span class="progress"><span style="width:{100 * share:.0f}%"></span></span>'
    dots = " …" if tone == "busy" else ""
    asked = f' data-link="{esc(link)}"' if link else f' data-press="{esc(press)}"' if press else ""
    asked += f' data-turn="{time.monotonic_ns()}"' if asked else ""
    focus = ' tabindex="0"' if len(sentence) > LONG else ""  # it scrolls
    way = f' <button type="button" class="take" data-take="1">{esc(take)}</button>' if take else ""
    return (
        f'<div class="status {esc(tone)}" data-tone="{esc(tone)}" role="{role}"{asked}'
        f' aria-live="polite"><span{focus}>{esc(sentence)}{dots}{way}</span>{width}</div>'
    )


def _card(number: int, name: str, finding: tuple[str, str] | None, busy: bool, found: Found) -> str:
    reachable = found.clean is not None or number == 1
    state = "busy" if busy else "done" if finding else "open" if reachable else "waiting"
    head, detail = finding or ("", _waiting(name, found))
    if busy and not finding:
        detail = "working"
    strange = " strange" * (finding is not None and number < MANY and _amber(found, number))
    return (
        f'<button type="button" class="card {state}{strange}" data-open-step="{number}" id="card-{number}"'
        f' title="{esc(head)} {esc(detail)}">'
        f'<span class="card-name"><span class="dot" aria-hidden="true">{ICONS[state]}</span>{number} '
        f'<span class="step-name">{esc(name)}</span></span>'
        f'<span class="card-head">{esc(head)}</span><span class="card-detail">'
        f"{esc(detail)}</span></button>"
    )


def _amber(found: Found, number: int) -> bool:
    """Whether a card makes no claim."""
    answers = {1: found.clean, 2: None if found.adversarial is None else found.adversarial.after_saved}
    answer = answers.get(number)
    return found.strange or found.none_given or (answer is not None and found.abstains(answer))


def _waiting(name: str, found: Found) -> str:
    if found.clean is None:
        return text.WAITING_FIRST[found.picture is not None][name != "Picture"]
    if name == "Many":
        return text.MANY_WAITS
    if _was_elsewhere(text.STEPS.index(name) + 1, found):
        return text.NOT_WITH_THESE
    if found.adversarial is None:
        return "Not run yet." if name == "Attack" else text.WAITING.get(name, "")
    if found.views is None and name == "Tuning":
        return text.WAITING["Tuning"]
    return "Not run yet."


def _findings(found: Found) -> list[tuple[str, str] | None]:
    return [finding(found, number) for number, _ in enumerate(text.STEPS, 1)]


def finding(found: Found, number: int) -> tuple[str, str] | None:
    """What the card of a step says in large and in small letters; None where nothing was found."""
    return (_picture, _attack, _maps, _views, _tuning, _verdict, _many)[number - 1](found)


def _picture(found: Found) -> tuple[str, str] | None:
    if found.clean is None:
        return None
    if found.strange:
        return text.STRANGE_CARD, text.STRANGE_ANSWER
    if found.abstains(found.clean):
        return _none(found.clean)
    return found.clean.name, percent(found.clean.confidence)


def _attack(found: Found) -> tuple[str, str] | None:
    result = found.adversarial
    if result is None:
        return None
    after = result.after_saved
    if result.before is None:
        return text.ELSEWHERE_CARD, _now(result)
    if not result.epsilon:
        return "Not attacked", "limit 0"
    if found.strange:
        return text.MOVED_CARD[after.label != result.known_before.label], text.STRANGE_VERDICT.lower()
    if result.target_defence:
        return _through(result, found.through)
    if found.abstains(after):
        return _none(after)
    if result.blind:
        return text.BLIND_CARD
    if result.target is not None:
        head = "Reached the target" if result.reached else "Target not reached"
        if result.reached_as_computed and not result.reached:
            head = "Target lost by saving"
        return head, _now(result)
    if not result.fooled:
        return "Undone by saving" if result.fooled_as_computed else "Held", f"at {percent(after.confidence)}"
    fooled = text.FOOLED[not result.made_here or engine.ATTACKS[result.attack].aimed]
    head = fooled if result.right_before else "Wrong before and after"
    return head, _instead(after, result.label)


def _through(result: engine.Adversarial, through: engine.DefenceResult | None) -> tuple[str, str]:
    """What became of the defence that the attack went through, once that is known, and of the model alone."""
    after = result.after_saved
    alone = _instead(after, result.label) if result.fooled else f"{percent(after.confidence)} {after.name}"
    held = None if through is None else through.prediction.label == result.label
    head = text.THROUGH_CARDS[held].format(defence=DEFENCES[result.target_defence].title)
    return head, text.ALONE_CARD.format(said=alone)


def _none(answer: Prediction) -> tuple[str, str]:
    """That an answer is “none of these”, and what came nearest."""
    return text.NONE_CARD, text.NONE_CARD_WHY.format(name=answer.name, best=signed(present(answer.best_cosine)))


def _now(result: engine.Adversarial) -> str:
    """The answer to the attacked picture: by the words that make it another, or how sure the model still is."""
    after = result.after_saved
    return _instead(after, result.label) if result.fooled else f"at {percent(after.confidence)}"


def _instead(answer: Prediction, label: int) -> str:
    """A wrong answer by the words that make it another class; cards are narrow."""
    words = " ".join(differing_words(answer.name, answer.classes.names[label]))
    return f"“{words}” {percent(answer.confidence)}"


def _maps(found: Found) -> tuple[str, str] | None:
    if found.maps is None:
        return None
    pair = found.maps
    if pair.clean is None:
        return text.ONE_MAP
    overlap = engine.measures.top_iou(pair.clean.raw, pair.attacked.raw)
    if math.isnan(overlap):
        return text.FLAT_MAPS
    null = None if pair.noisy is None else engine.measures.top_iou(pair.clean.raw, pair.noisy.raw)
    arm = "under mere noise" if present(found.adversarial).null is None else "in the null arm"
    said = "clean and attacked" if null is None else f"{arm} {rough_percent(null)}"
    said = text.STRANGE_VERDICT.lower() if found.strange else said
    return f"Maps overlap {rough_percent(overlap)}", said


def _views(found: Found) -> tuple[str, str] | None:
    if found.views is None:
        return None
    right = int((found.views.logits.argmax(-1) == present(found.reference)).sum())
    head = f"{right} of {len(found.views)} views"
    if found.strange or found.none_given:
        return head, (text.STRANGE_VERDICT if found.strange else text.NONE_VERDICT).lower()
    said = counted(text.VIEWS_CARD[found.given], right=right)
    was_right = found.given and present(found.adversarial).right_before
    return head, text.VIEWS_STILL.format(said=said) if was_right else said


def _tuning(found: Found) -> tuple[str, str] | None:
    if not found.steps:
        return None
    last = found.steps[-1]
    asked = text.STRANGE_MARK if found.unjudged else text.AS_ASKED[found.given]
    alone = text.NONE if found.abstains(last.prediction) else asked[last.prediction.label == found.reference]
    said = text.STRANGE_VERDICT.lower() if found.strange else f"the picture alone: {alone}"
    return counted(text.TUNED_CARD, steps=last.index), said


def _verdict(found: Found) -> tuple[str, str] | None:
    if found.ensemble is None and not found.defences:
        return None
    if found.strange:
        return text.STRANGE_VERDICT, text.STRANGE_CARD.lower()
    if found.unjudged:
        return text.NONE_VERDICT, f"clean: {text.NONE if found.none_given else text.UNKNOWN}"
    if found.ensemble is not None:
        answer = found.ensemble.prediction
        good = answer.label == found.reference
        if good:
            return text.VERDICT_GOOD[found.given], f"defended, at {percent(answer.confidence)}"
        return text.VERDICT_BAD[found.given], _instead(answer, present(found.reference))
    if "defences" in found.partial and found.progress.step is None:
        return None  # what is left of them says nothing of the others
    answers = found.defended or found.defences
    right, good = sum(found.right(one.prediction) for one in answers), text.AS_ASKED[found.given][True]
    counts = f"{right} of {len(answers)} {good}"
    return counts, text.DEFENCES_CARD if found.defended else DEFENCES[answers[0].defence].title.lower()


def _many(found: Found) -> tuple[str, str] | None:
    batch = found.batch
    if batch is None or not batch.rows or not batch.rows[0].answers:
        return None
    defences = [name for name, _ in batch.rows[0].answers]
    chosen = "a-tpt" if "a-tpt" in defences else defences[-1]
    title = DEFENCES[chosen].title
    if not batch.known and not batch.unknown:
        strange = text.STRANGE_VERDICT, text.STRANGE_CARD.lower()
        return strange if batch.strange else (text.NONE_VERDICT, f"clean: {text.NONE}")
    if not batch.known:
        return f"{batch.kept(chosen)} of {len(batch.unknown)} kept", f"the clean answer: {title} attacked"
    total = len(batch.known)
    return f"{batch.right(chosen)} of {total} right", f"{title} attacked; not attacked {batch.right(None)}"
