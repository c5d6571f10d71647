"""Step 1: the picture as it came, what the model sees of it, and what the untouched model answers."""

from __future__ import annotations

import gradio as gr

import engine
from app.choices import Choices
from app.components.controls import shown
from app.components.settings import choice, slider, tick
from app.figures.bars import explained, prediction_bars, prediction_chips, underlined
from app.figures.cosines import cosine_line
from app.figures.ground import Ground, definition, framed
from app.figures.html import caption, empty, esc, note, section, signed, stranger
from app.figures.pictures import to_uint8
from app.present import present
from app.state.found import Found
from app.state.shown import Shown
from app.text import inputs as text
from app.text import words
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

MOST = 7  # classes drawn
MANY_SENTENCES = 1200  # a model may take too long for them to be read at once
LITTLE = 0.6  # a share of the picture: of less than that, an answer may be about something else
DRAG = """let grip = null;
const slider = () => document.querySelector('#frame input[type=range]');
const place = (event) => {
  const {across, share} = grip;
  const moved = (across ? event.clientX : event.clientY) - grip.from;
  const most = share < 1 ? grip.length * (1 - share) : 1;
  return Math.min(1, Math.max(0, grip.at + moved / most));
};
element.addEventListener('pointerdown', (event) => {
  const drawn = event.target.closest('[data-share]');
  if (!drawn || !slider()) return;
  const size = drawn.getBoundingClientRect();
  const across = drawn.dataset.across === '1';
  grip = {
    across, share: Number(drawn.dataset.share), from: across ? event.clientX : event.clientY,
    length: across ? size.width : size.height, at: Number(slider().value),
  };
  element.setPointerCapture(event.pointerId);
  event.preventDefault();
});
element.addEventListener('pointermove', (event) => {
  if (!grip) return;
  const field = slider();
  field.value = place(event);
  field.dispatchEvent(new Event('input', {bubbles: true}));
});
for (const end of ['pointerup', 'pointercancel']) element.addEventListener(end, () => { grip = null; });"""


class PicturePanel:
    """The panel of step 1."""

    def __init__(self) -> None:
        self.question = gr.HTML(elem_id="picture-question")
        self.compared = gr.HTML(elem_id="compare-1")
        with gr.Row():
            with gr.Column(scale=5, min_width=260):
                self.original = gr.HTML(elem_id="picture-original", js_on_load=DRAG)
                self.picture = gr.Image(
                    type="numpy", format="png", interactive=False, show_label=False, elem_id="picture-seen",
                    elem_classes=["pixels"], alt_text=text.PICTURE_ALT, buttons=["download", "fullscreen"],
                )  # fmt: skip
                self.about = gr.HTML(elem_id="picture-about")
                with gr.Row(elem_classes=["controls"]):
                    self.fit = choice("fit", text.FITS, text.FIT, min_width=200)
                    self.frame = slider("frame", text.FRAME, min_width=200, info=text.FRAME_INFO, visible=False)
            with gr.Column(scale=7, min_width=300):
                self.bars = gr.HTML(elem_id="picture-bars")
                self.read = gr.Button(text.READ_FIRST, elem_id="read-first", visible=False, scale=0)
                with gr.Row(elem_classes=["controls"]):
                    self.none = tick("none_of_these", words.NONE_LABEL, text.NONE_INFO, 300, visible=False)
                    self.below = slider(
                        "none_below", text.NONE_BELOW, min_width=300, info=text.NONE_BELOW_INFO, visible=False
                    )
        gr.HTML(caption(text.PICTURE_CAPTION))
        self.definitions = gr.HTML(elem_id="originals", elem_classes=["unseen"])
        self.controls = {"fit": self.fit, "frame": self.frame, "none_of_these": self.none, "none_below": self.below}
        outputs = [self.question, self.original, self.picture, self.about, self.bars]
        self.pieces = [
            Piece(self.define, [self.definitions], ("original", "pinned")),
            Piece(self.draw, outputs, ("picture", "classes", "label", "clean", "answer")),
            Piece(self.offer, [self.frame], ("picture",)),
            Piece(self.offer_reading, [self.read], ("picture", "classes", "clean")),
            Piece(self.offer_none, [self.none, self.below], ("clean", "answer")),
        ]

    def wire(self, page: Page, running: Running) -> None:
        """The button that has many sentences read."""
        running.button(self.read, ("clean",))

    def define(self, found: Found, choices: Choices) -> dict:
        """The pictures as they came, once for all drawings on them."""
        both = [found, *([found.pinned.found] if found.pinned else [])]
        defined = [definition(one.original) for one in both if one.original is not None]
        return {self.definitions: "".join(dict.fromkeys(defined))}

    def offer(self, found: Found, choices: Choices) -> dict:
        """The slider for the frame, where something is cut off."""
        return {self.frame: gr.update(visible=found.picture is not None and found.picture.box.share < 1)}

    def offer_reading(self, found: Found, choices: Choices) -> dict:
        """The button, where there is no answer for want of many sentences."""
        return {self.read: gr.update(visible=_sentences_first(found) >= MANY_SENTENCES)}

    def offer_none(self, found: Found, choices: Choices) -> dict:
        """The box for “none of these”, with the threshold where it is ticked; while there is no answer, as they are."""
        if found.clean is None:
            return {}
        on = found.answer.none_of_these
        return {self.none: gr.update(visible=found.with_cosines), self.below: gr.update(visible=on)}

    def draw(self, found: Found, choices: Choices) -> dict:
        """What there is to see, or what to press."""
        picture = found.picture
        if picture is None:
            return {
                self.question: empty(words.EMPTY["Picture"]), self.original: "", self.picture: None, self.about: "",
                self.bars: "",
            }  # fmt: skip
        return {
            self.question: self._question(picture.name, picture.asks),
            self.original: _original(picture),
            self.picture: shown(to_uint8(picture.pixels)),
            self.about: self._about(picture),
            self.bars: self._answer(found),
        }

    def _question(self, name: str, asks: str) -> str:
        question = f'<span class="asks">{esc(asks)}</span>' if asks else ""
        return f'<div class="headline"><h2>{esc(name)}</h2>{question}</div>'

    def _about(self, picture: Shown) -> str:
        width, height = picture.size
        side = picture.pixels.shape[-1]
        line = f"{side} × {side} pixels, as the model sees it; the file has {width:,} × {height:,}."
        made = "" if picture.attacked is None else _attacked(picture)
        read = note(picture.note[:1].upper() + picture.note[1:], "warn", "!") if picture.note else ""
        credit = f'<p class="fine">{esc(text.CREDIT.format(credit=picture.credit))}</p>' if picture.credit else ""
        return f'<p class="fine">{esc(line)}</p>{credit}{read}{made}'

    def _answer(self, found: Found) -> str:
        clean = found.clean
        if clean is None:
            count = _sentences_first(found)
            why = text.NO_ANSWER if found.classes is None else text.NOT_ANSWERED
            return empty(text.SENTENCES_FIRST.format(count=count) if count >= MANY_SENTENCES else why)
        sentence = f"The model answers **{clean.name}**"
        if found.strange:
            verdict = stranger() + note(f"{sentence}.")
        elif found.abstains(clean):
            verdict = note(_none(found), "warn", "!")
        elif not found.clean_known and not found.given:
            verdict = note(text.ANSWERED_ATTACKED.format(answer=clean.name))
        elif not found.given:
            verdict = note(
                f"{sentence}. No true class is given, so this answer is what the attack will push away from."
            )
        elif clean.label == found.label:
            verdict = note(f"{sentence}, which is right.", "good", "✓")
        else:
            truth = present(found.classes).names[present(found.label)]
            late = text.WRONG_ATTACKED if not found.clean_known else text.WRONG_BEFORE
            verdict = note(f"{sentence}; the true class is **{truth}**. {late}", "bad", "✗")
        kind = "clean" if found.clean_known else "attacked"
        answers = [(kind, kind, clean)]
        bars = prediction_bars(answers, MOST, found.reference, found.given, cosines=found.with_cosines)
        hint = "; ".join(filter(None, (_few(found, clean), underlined(bars, found.given))))
        title = words.ANSWER_CLEAN if found.clean_known else words.ANSWER_ATTACKED
        return verdict + section(title, prediction_chips(clean) + explained(bars, found.given) + _cosines(found), hint)


def _sentences_first(found: Found) -> int:
    """How many sentences have to be read before there is an answer; 0 where there is one, or nothing to read."""
    if found.picture is None or found.classes is None or found.clean is not None:
        return 0
    return len(found.classes) * len(found.classes.templates)


def _attacked(picture: Shown) -> str:
    """What was given as the attacked picture, and what reading it may have lost."""
    made = present(picture.attacked)
    said = words.ELSEWHERE_IS.format(name=made.name) if picture.clean_known else words.ELSEWHERE_ITSELF
    return note(said) + "".join(note(remark, "warn", "!") for remark in made.remarks)


def _few(found: Found, clean: engine.Prediction) -> str:
    """Which classes of many have bars; empty where all have."""
    if len(clean.classes) <= MOST:
        return ""
    there = found.reference in clean.logits.topk(MOST).indices.tolist()
    wanted = words.REFERENCE_SHORT[found.given]
    return text.LIKELIEST[there].format(count=MOST, less=MOST - 1, of=len(clean.classes), wanted=wanted)


def _none(found: Found) -> str:
    """That the answer is “none of these”, why, and what comes of it."""
    clean = present(found.clean)
    best, least = signed(present(clean.best_cosine), 3), signed(found.answer.none_below)
    said = text.NONE_ANSWER.format(best=best, name=clean.name, threshold=least)
    if not found.given:
        return said + text.NONE_REST.format(name=clean.name)
    return said + text.NONE_NEITHER.format(truth=present(found.classes).names[present(found.label)])


def _cosines(found: Found) -> str:
    """What a cosine is, and where those of the picture lie beside the threshold."""
    clean = present(found.clean)
    if clean.scale is None or not found.with_cosines:
        return ""
    drawn = cosine_line(clean, found.answer.none_below) if found.answer.none_of_these else ""
    return f'<p class="fine">{esc(words.COSINE_WHY)}</p>{drawn}'


def _original(picture: Shown) -> str:
    """The whole picture with the frame of what the model sees, and how much that is; empty where it sees no less."""
    small = max(picture.size) <= picture.pixels.shape[-1] and picture.box.share >= 1
    if small or picture.original is None:
        return ""
    ground = Ground.of(picture, picture.pixels)
    share, said = picture.box.share, _said(picture)
    return framed(ground, text.ORIGINAL_ALT.format(name=picture.name)) + (
        note(said, "warn", "!") if share < LITTLE else f'<p class="fine">{esc(said)}</p>'
    )


def _said(picture: Shown) -> str:
    """How much the model sees of the picture, and what becomes of the rest."""
    box, share = picture.box, picture.box.share
    if share < 1:
        across = box.right - box.left < 1
        before, behind = (box.left > 0, box.right < 1) if across else (box.top > 0, box.bottom < 1)
        sides = text.SIDES[across][2 if before and behind else int(behind)]
        return text.CUT_OFF.format(share=100 * share, sides=sides)
    if box.left < 0 or box.top < 0:
        return text.PADDED
    width, height = picture.size
    return text.SEEN_WHOLE if width == height else text.SQUASHED
