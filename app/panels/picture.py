"""Step 1: the picture as the model sees it, and what the untouched model answers."""

from __future__ import annotations

import gradio as gr

from app.choices import Choices
from app.components.controls import shown
from app.figures.bars import prediction_bars, prediction_chips
from app.figures.html import caption, empty, esc, note, section, stranger
from app.figures.pictures import to_uint8
from app.present import present
from app.state.found import Found
from app.state.shown import Shown
from app.text import words as text
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running

MOST = 7  # classes drawn


class PicturePanel:
    """The panel of step 1."""

    controls: dict = {}

    def __init__(self) -> None:
        self.question = gr.HTML(elem_id="picture-question")
        self.compared = gr.HTML(elem_id="compare-1")
        with gr.Row():
            with gr.Column(scale=5, min_width=260):
                self.picture = gr.Image(
                    type="numpy", format="png", interactive=False, show_label=False, elem_id="picture-seen",
                    elem_classes=["pixels"], alt_text=text.PICTURE_ALT, buttons=["download", "fullscreen"],
                )  # fmt: skip
                self.about = gr.HTML(elem_id="picture-about")
            with gr.Column(scale=7, min_width=300):
                self.bars = gr.HTML(elem_id="picture-bars")
        gr.HTML(caption(text.PICTURE_CAPTION))
        outputs = [self.question, self.picture, self.about, self.bars]
        self.pieces = [Piece(self.draw, outputs, ("picture", "classes", "label", "clean"))]

    def wire(self, page: Page, running: Running) -> None:
        """Nothing is pressed here."""

    def draw(self, found: Found, choices: Choices) -> dict:
        """What there is to see, or what to press."""
        picture = found.picture
        if picture is None:
            return {self.question: empty(text.EMPTY["Picture"]), self.picture: None, self.about: "", self.bars: ""}
        return {
            self.question: self._question(picture.name, picture.asks),
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
        read = note(picture.note[:1].upper() + picture.note[1:], "warn", "!") if picture.note else ""
        credit = f'<p class="fine">{esc(text.CREDIT.format(credit=picture.credit))}</p>' if picture.credit else ""
        return f'<p class="fine">{esc(line)}</p>{credit}{read}'

    def _answer(self, found: Found) -> str:
        clean = found.clean
        if clean is None:
            return empty(text.NO_ANSWER)
        sentence = f"The model answers **{clean.name}**"
        if found.strange:
            verdict = stranger() + note(f"{sentence}.")
        elif not found.given:
            verdict = note(
                f"{sentence}. No true class is given, so this answer is what the attack will push away from."
            )
        elif clean.label == found.label:
            verdict = note(f"{sentence}, which is right.", "good", "✓")
        else:
            truth = present(found.classes).names[present(found.label)]
            verdict = note(
                f"{sentence}; the true class is **{truth}**. It is wrong before any attack.",
                "bad",
                "✗",
            )
        bars = prediction_bars([("clean", "clean", clean)], MOST, found.reference, found.given)
        few = text.LIKELIEST.format(count=MOST, of=len(clean.classes)) if len(clean.classes) > MOST else ""
        hint = few + text.DIFFERS[found.given]
        return verdict + section("Answer to the clean picture", prediction_chips(clean) + bars, hint)
