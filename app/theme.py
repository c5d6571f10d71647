"""How the page looks in light and dark: Gradio's own parts by theme, ours by one style sheet."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import gradio as gr
from gradio.themes.utils.fonts import LocalFont

from app.figures.html import esc
from app.text import tour

FOLDER = Path(__file__).resolve().parent / "static"
SCRIPTS = ("page.js", "tour.js", "veil.js", "api.js")
STYLES = ("colours.css", "present.css", "print.css", "narrow.css")  # of the whole page; Gradio would put them lower
ICON = (FOLDER / "icon.svg").read_text(encoding="utf-8")
EARLY = ("rest.js", "stream.js")  # they change what Gradio's own scripts find
CSS = (FOLDER / "style.css").read_text(encoding="utf-8")
MODES = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLES)

TOUR_CARD = (
    '<div class="tour-card" role="dialog" aria-label="{name}"><div aria-live="polite"><b></b><p></p></div>'
    '<div class="tour-row"><small></small><button type="button" data-go="-1">{back}</button>'
    '<button type="button" data-go="1"></button><button type="button" data-go="0">{close}</button></div></div>'
)


def first() -> str:
    """What has to be there before Gradio's scripts: the icon, which browsers else ask for, styles and scripts."""
    icon = base64.b64encode(ICON.encode()).decode()
    link = f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,{icon}">'
    return f"{link}<style>{MODES}</style>{_scripts(EARLY)}"


def head() -> str:
    """The tour's words and its card as data, and our scripts."""
    card = esc(TOUR_CARD.format(name=esc(tour.NAME), back=esc(tour.BACK), close=esc(tour.CLOSE)))
    pages = json.dumps(tour.PAGES).replace("<", "\\u003c")
    return f'<script type="application/json" id="tour-pages" data-card="{card}">{pages}</script>{_scripts(SCRIPTS)}'


def _scripts(names: Sequence[str]) -> str:
    return "".join(f"<script>{(FOLDER / name).read_text(encoding='utf-8')}</script>" for name in names)


def theme() -> gr.themes.Base:
    """Gradio's components in the colours of `style.css`."""
    return gr.themes.Base(
        primary_hue="indigo",
        neutral_hue="slate",
        font=[LocalFont("IBM Plex Sans", (400, 700)), "system-ui", "sans-serif"],
        font_mono=[LocalFont("IBM Plex Mono", (400, 700)), "ui-monospace", "monospace"],
        radius_size="md",
        spacing_size="sm",
    ).set(
        body_background_fill="#f7f8fb",
        body_background_fill_dark="#0f1520",
        body_text_color="#182235",
        body_text_color_dark="#e8edf6",
        body_text_color_subdued="#4d5a70",
        body_text_color_subdued_dark="#a9b5c8",
        block_background_fill="*background_fill_primary",
        block_background_fill_dark="#161e2c",
        background_fill_primary_dark="#161e2c",
        background_fill_secondary_dark="#1e2838",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1e2838",
        border_color_primary="#dfe4ec",
        border_color_primary_dark="#2c3749",
        block_border_width="0px",
        block_shadow="none",
        block_padding="0px",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_text_color="#4d5a70",
        block_label_text_color_dark="#a9b5c8",
        block_title_text_weight="400",
        block_info_text_color="#5b677c",
        block_info_text_color_dark="#9aa7bb",
        input_border_width="1px",
        button_primary_background_fill="#3d4fc4",
        button_primary_background_fill_hover="#3443ab",
        button_primary_background_fill_dark="#4a5cd6",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
        slider_color="#3d4fc4",
        slider_color_dark="#8b9bff",
    )
