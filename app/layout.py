"""The page as a whole: composition only. What a step shows is in its panel, what it says in `text`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import gradio as gr

import engine
from app import warming
from app.api import Api
from app.blocks import Blocks
from app.comparison import comparison
from app.export.buttons import ExportButtons
from app.export.linked import LinkedStep
from app.figures.journey import journey, status
from app.head import Head
from app.labels import LabelSet
from app.looks import LookButtons
from app.models import Models
from app.panels.attack import AttackPanel
from app.panels.attention import AttentionPanel, drawn_maps
from app.panels.batch import BatchPanel
from app.panels.inputs import Inputs
from app.panels.other_settings import FOLD_BELOW, OtherSettings
from app.panels.picture import PicturePanel
from app.panels.tuning import TuningPanel
from app.panels.verdict import VerdictPanel
from app.panels.views import ViewsPanel
from app.picture_sources import Fitted, PictureSources
from app.pin import Pinning
from app.restore import READ_TOKEN, RestoreLine
from app.samples import Sample
from app.start_over import StartOver
from app.state.found import Found
from app.state.lent import Lend
from app.state.parts import PARTS
from app.state.tabs import Tabs
from app.state.visitors import Visitors
from app.text import mathematics
from app.text import words as text
from app.wiring.page import Page
from app.wiring.pieces import Panel, Piece
from app.wiring.running import Running
from app.wiring.trail import AttackTrail

MOST_BYTES, MOST_BYTES_EACH, MOST_PINNED = 192 << 20, 160 << 20, 150 << 20  # of results: in all, a visitor's, samples'
KEEP_FILES = (600, 7200)  # seconds: look this often for files older than that


def new_results() -> engine.story.Results:
    """Empty ones, within the bounds above."""
    return engine.story.Results(MOST_BYTES, MOST_BYTES_EACH, MOST_PINNED)


def build_app(
    backbone: engine.Backbone,
    samples: Sequence[Sample] = (),
    visitors: Visitors | None = None,
    lend: Lend | None = None,
    free: bool = False,
    label_sets: Sequence[LabelSet] = (),
    results: engine.story.Results | None = None,
    budget: engine.story.Budget | None = None,
    api_budget: engine.story.Budget | None = None,
    ahead: bool = False,
) -> gr.Blocks:
    """The page, opened on one backbone, with the samples and label sets it offers.

    `lend` wraps the function that needs a lent accelerator, where there is one; `free` lets visitors load any model by
    name, from this machine's folders too. `results` holds what is computed (None: within the bounds above). `budget` is
    charged with what visitors have computed, `api_budget` with what addresses that call the API have; None: no bound.
    With `ahead`, the stories of the samples are computed while nobody waits.
    """
    models, sources = Models(backbone, lend, free), PictureSources(backbone, samples)
    results = new_results() if results is None else results
    page = Page(models, Visitors() if visitors is None else visitors, results, budget or engine.story.Budget())
    page.fit = Fitted(sources)
    with Blocks(title=text.TITLE, analytics_enabled=False, delete_cache=KEEP_FILES, fill_width=True) as demo:
        gr.HTML(f'<a class="skip" href="#journey" data-bar="{text.BAR}">{text.SKIP}</a>', elem_id="skip")
        page.build_hidden()
        head = Head(models)
        with gr.Column(elem_id="top"):
            with gr.Row(elem_id="bar"):
                run = gr.Button(text.RUN_STORY, variant="primary", elem_id="run-story", scale=0, min_width=230)
                stop = gr.Button(text.STOP, variant="stop", elem_id="stop", scale=0, min_width=90)
                looks, pinning = LookButtons(), Pinning(models)
                here = lend is None  # what follows the controls would take a visitor's share of a lent accelerator
                live = gr.Checkbox(
                    here, visible=here, label=text.LIVE, elem_id="live", scale=0, min_width=60, container=False
                )
                page.status = gr.HTML(status(text.READY), elem_id="status")
                gr.Button(text.TOUR, elem_id="tour", scale=0, min_width=130)
                export, step = ExportButtons(sources, label_sets, drawn_maps), LinkedStep()
                gr.Button(text.PRESENT, elem_id="present", scale=0, min_width=80)
                gr.Button(text.LEAVE, elem_id="leave", scale=0, min_width=80)
                gr.HTML(f'<button type="button" data-bring="inputs">{text.TO_INPUTS}</button>', elem_id="to-inputs")
            pinning.place_line()
        restore = RestoreLine(Tabs(page.visitors))
        with gr.Row(elem_id="body"):
            with gr.Column(elem_id="story", scale=1, min_width=320):
                cards = gr.HTML(journey(Found()), elem_id="journey")
                page.panels, columns = _panels(page, models, sources)
            with gr.Column(elem_id="inputs", scale=0, min_width=330):
                inputs, over = Inputs(sources, models, head, label_sets), StartOver()
        page.controls["live"] = live
        page.controls |= inputs.controls
        for number, panel in page.panels.items():
            page.controls |= panel.controls
            page.screens.steps |= dict.fromkeys(panel.controls, number)
        _other_settings(page, columns)
        reads = (*PARTS, "picture", "label", "classes", "answer", "elsewhere", "batch", "progress")
        page.add([Piece(lambda found, choices: {cards: journey(found)}, [cards], reads), *inputs.pieces])
        attack = page.panels[2]
        assert isinstance(attack, AttackPanel)
        page.trail = partial(AttackTrail, attack.curve, attack.live)
        running = Running(page, attack.curve)
        for number, panel in page.panels.items():
            page.add(panel.pieces, number)
            panel.wire(page, running)
            if panel.compared is not None:
                page.add([comparison(number, panel.compared)], number)
        running.story(run)
        inputs.wire(page)
        head.wire(page, inputs.model.switched, inputs.model.switching)
        restore.wire(page, inputs.again, inputs.followers)
        inputs.wire_load(page, partial(demo.load, js=READ_TOKEN), restore, step)
        step.wire(page, running)
        inputs.fold(demo.load)
        looks.wire(page, inputs.again, inputs.followers)
        over.wire(page, inputs.again, inputs.followers)
        pinning.wire(page, inputs.again, inputs.followers)
        many = page.panels[7]
        assert isinstance(many, BatchPanel)
        many.mosaic.wire(page, inputs.again, inputs.followers)
        export.wire(page)
        page.connect()
        page.stop(stop)
        Api(models, sources, results, api_budget or engine.story.Budget())
    if ahead and here:
        warming.begin(page, sources)
    return demo


def _panels(page: Page, models: Models, sources: PictureSources) -> tuple[dict[int, Panel], dict[int, gr.Column]]:
    """The panels by the number of their step, and the columns that hold them."""
    builders = (
        PicturePanel, lambda: AttackPanel(models, sources), lambda: AttentionPanel(sources), ViewsPanel,
        lambda: TuningPanel(models), lambda: VerdictPanel(models), lambda: BatchPanel(sources),
    )  # fmt: skip
    panels: dict[int, Panel] = {}
    columns: dict[int, gr.Column] = {}
    for number, build in enumerate(builders, 1):
        with gr.Column(elem_id=f"panel-{number}") as columns[number]:
            gr.HTML(f"<h2>{number} {text.STEPS[number - 1]}</h2>", elem_classes=["on-paper"])
            page.stale[number] = gr.HTML("", elem_id=f"stale-{number}")
            panels[number] = build()
            with gr.Accordion(text.MATHEMATICS, open=False, elem_id=f"mathematics-{number}"):
                gr.Markdown(mathematics.STEPS[number - 1], latex_delimiters=mathematics.DELIMITERS)
    return panels, columns


def _other_settings(page: Page, columns: dict[int, gr.Column]) -> None:
    """What is left of the engine's settings, below the step that they belong to; their controls join the page's."""
    for section, number in FOLD_BELOW.items():
        with columns[number]:
            others = OtherSettings(section, page.controls).controls
            page.controls |= others
            page.screens.steps |= dict.fromkeys(others, number)
