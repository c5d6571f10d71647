"""The story in three large pictures, each with its answer: clean, attacked, and attacked where the defence looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

import engine
from app.figures.bars import prediction_bars
from app.figures.html import esc, percent, rich
from app.figures.judged import judged
from app.figures.maps import data_uri, scale_of_pair
from app.figures.pictures import to_uint8
from app.figures.threat import made_by
from app.present import present
from app.state.found import Found
from app.text import verdict as text
from app.text import words

LONG = 60  # letters of a class name, of which more are drawn smaller before an audience
BARS = 3  # of the likeliest classes
DARK = 0.3  # of its light where a map finds nothing
SIDE = 336  # pixels of a picture: sharp at the size it is shown in, light enough to send


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """One picture (h, w, 3) of the poster in uint8, what it is, in words and as a `kind`, and its answer."""

    title: str
    kind: str
    picture: np.ndarray
    answer: engine.Prediction

    def tone(self, found: Found) -> str:
        """Its colour class: grey where colours would be a claim."""
        return "untuned" if found.unjudged else self.kind

    def says(self, found: Found) -> tuple[str, str]:
        """Its answer, and how sure that is; of “none of these”, which class is the likeliest."""
        sure = percent(self.answer.confidence)
        if not found.abstains(self.answer):
            return self.answer.name, sure
        return words.NONE, f"{text.NONE_LIKELIEST.format(name=self.answer.name)}, {sure}"

    def unjudged(self, found: Found) -> bool:
        """Whether there is nothing to say of the answer: “none of these”, and the clean one where others are held
        against it."""
        return found.abstains(self.answer) or (self.kind == "clean" and (found.unjudged or not found.given))

    def fails(self, found: Found) -> bool:
        """Whether it is a defence's answer and not right: its title is no green one then."""
        return self.kind == "defended" and not found.unjudged and not found.right(self.answer)


def frames(found: Found) -> list[Frame]:
    """The pictures of the poster from left to right; without the clean one where it is not known, and without the
    defended one where no defence has answered."""
    result = present(found.adversarial)
    attacked = to_uint8(result.saved)
    drawn = [Frame(text.POSTER_ATTACKED, "attacked", _large(attacked), result.after_saved)]
    if result.before is not None:
        drawn.insert(0, Frame(text.POSTER_CLEAN, "clean", _large(to_uint8(result.known_clean)), result.before))
    over = lit(found, attacked, None if found.maps is None else found.maps.attacked)
    answers = {each.defence: each.prediction for each in found.defences}
    if "a-tpt" in answers:
        drawn.append(Frame(text.POSTER_DEFENDED, "defended", over, answers["a-tpt"]))
    elif found.ensemble is not None:
        drawn.append(Frame(text.POSTER_YOURS, "defended", over, found.ensemble.prediction))
    return drawn


def poster(found: Found, model: str) -> str:
    """The poster as the page shows it, with buttons that save it; `model` is the name of the one that answers."""
    drawn = "".join(_drawn(found, frame) for frame in frames(found))
    buttons = "".join(
        f'<button type="button" data-poster="{kind}">{esc(words.POSTER_SAVE.format(kind=kind.upper()))}</button>'
        for kind in ("png", "pdf")
    )
    return f'<div class="poster">{drawn}</div><div class="poster-save">{buttons}{_made_of(found, model)}</div>'


def _drawn(found: Found, frame: Frame) -> str:
    tone = frame.tone(found)
    wrong = ' class="wrong"' if frame.fails(found) else ""
    bars = prediction_bars([(frame.title, tone, frame.answer)], BARS, found.reference, found.given)
    name, sure = frame.says(found)
    long = " long" if len(name) > LONG else ""
    said = esc(sure) + ("" if frame.unjudged(found) else f" {judged(found, frame.answer)}")
    return (
        f'<figure class="{esc(tone)}"><figcaption{wrong}>{esc(frame.title)}</figcaption>'
        f'<img src="{data_uri(frame.picture, "JPEG", quality=90)}" alt="{esc(frame.title)}">'
        f'<p class="says{long}">{esc(name)}</p><p class="share">{said}</p>{bars}</figure>'
    )


def _made_of(found: Found, model: str) -> str:
    """Which model answers, which cells an attack was kept to, and which map lies over the last picture."""
    said = f'<span class="fine">{rich(text.POSTER_MODEL.format(model=title_of(model)))}</span>'
    result, veil = present(found.adversarial), veiled_by(found)
    if result.only_cells:
        said += f'<span class="fine aloud">{esc(made_by(result))}.</span>'
    return said + (f'<span class="fine aloud">{esc(veil)}</span>' if veil else "")


def veiled_by(found: Found) -> str:
    """Which map lies over the last picture, in words; empty where there is none."""
    if found.maps is None:
        return ""
    return text.POSTER_MAP.format(map=engine.MAPS[found.maps.attacked.map].title)


def title_of(model: str) -> str:
    """What a model is called on the page's menu, else its name."""
    entry = engine.models.entry_of(model)
    return model if entry is None else entry.title


def lit(found: Found, pixels: np.ndarray, drawn: engine.AttentionMap | None) -> np.ndarray:
    """A large copy of (s, s, 3) uint8, dark but where its map finds evidence, on the scale of step 3; as it is where
    there is no map."""
    if drawn is None or found.maps is None:
        return _large(pixels)
    placed = scale_of_pair(found.maps).shares(drawn.raw.numpy()).clip(0, 1)
    bright = Image.fromarray(placed.astype(np.float32))
    light = DARK + (1 - DARK) * np.asarray(bright.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    return (_large(pixels) * light[..., None]).round().astype(np.uint8)


def _large(pixels: np.ndarray) -> np.ndarray:
    """A copy for looking: as large as it is shown, pixels as they are where it has few."""
    way = Image.Resampling.NEAREST if len(pixels) * 2 < SIDE else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), way))
