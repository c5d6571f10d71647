"""Load a model and serve the page until interrupted: `python app.py` and `atpt app`."""

from app import hosting  # before torch and Gradio

# isort: split
import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import gradio as gr
import httpx
from starlette.middleware import Middleware

import engine
from app import sessions, tidying
from app.access import Access, access_log
from app.guard import Guard
from app.health import Health, state_of
from app.labels import load_label_sets, published_sets
from app.layout import build_app, new_results
from app.misfits import Misfits
from app.opening import Opening
from app.options import AUTO_MODEL, DESCRIPTION, add_options
from app.samples import load_photographs, load_samples
from app.scripts import Scripts
from app.social import Preview
from app.state.lent import Lend
from app.theme import CSS, first, head, theme

THREADS = 200  # events under way at once: each has one, which mostly waits for its turn to compute
MOST_WAITING = 400  # events that wait for one of these
LOOK_EVERY = 0.03  # seconds between looks whether an event has come; Gradio's own 0.001 take 6 % of a core
TELL_EVERY = 1.0  # seconds between looks for what `gr.Progress` has to tell, which this page does not use
NOT_REACHED = (
    "The page was served, but this machine did not get it from itself. If a proxy for outgoing connections is set,"
    " NO_PROXY=localhost,127.0.0.1 leaves this machine out; if the machine is busy, try again."
)
OWN_MACHINE = ("127.0.0.1", "localhost", "::1")  # whoever reaches these may load any file of it anyway


def main(arguments: list[str] | None = None) -> int:
    """Serve the page with the options of a command line; 2 for a model that cannot be loaded."""
    parser = argparse.ArgumentParser(description=DESCRIPTION)
    add_options(parser)
    try:
        serve(parser.parse_args(arguments))
    except engine.EngineError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def serve(chosen: argparse.Namespace) -> None:
    """Load the model, build the page and serve it until interrupted; raises `EngineError` for a model that is none."""
    hosting.one_arena()
    budgets = [engine.story.Budget(passes) for passes in (chosen.visitor_passes, chosen.address_passes)]
    log = None if chosen.access_log is None else access_log(chosen.access_log)
    lend = hosting.lend()
    backbone = _first_model(chosen, lent=lend is not None)
    results = new_results()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what stops services ends it as Ctrl-C does
    try:
        with suppress(KeyboardInterrupt), hosting.own_folder():
            _serve(chosen, backbone, lend, results, budgets, log)
    finally:
        results.turns.stop()  # a thread that the process's own end cuts off in torch would abort it


def _serve(
    chosen: argparse.Namespace,
    backbone: engine.Backbone,
    lend: Lend | None,
    results: engine.story.Results,
    budgets: Sequence[engine.story.Budget],
    log: logging.Logger | None,
) -> None:
    sets, samples = (*load_label_sets(engine.ASSETS / "labels"), *published_sets()), engine.ASSETS / "samples"
    photographs = load_photographs(samples / "photographs.json", {each.key: each.names for each in sets})
    page = build_app(
        backbone,
        (*load_samples(samples), *photographs),
        lend=lend,
        free=chosen.host in OWN_MACHINE,
        label_sets=sets,
        results=results,
        budget=budgets[0],
        api_budget=budgets[1],
        ahead=not chosen.cold,
    )
    page.queue(max_size=MOST_WAITING, default_concurrency_limit=4)
    page._queue.sleep_when_free, page._queue.progress_update_sleep_when_free = LOOK_EVERY, TELL_EVERY
    health = Middleware(Health, state_of(backbone, results))
    front = [Middleware(Guard), health, Middleware(Preview), Middleware(Scripts), Middleware(Opening, first())]
    front = [*_noted(log, page), *front, Middleware(Misfits)]
    try:
        served, address, _ = page.launch(
            server_name=chosen.host,
            server_port=chosen.port,
            theme=theme(),
            css=CSS,
            head=head(),
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            max_threads=THREADS,
            show_error=False,
            ssr_mode=False,
            pwa=False,
            enable_monitoring=False,
            run_history=False,
            footer_links=["api", "settings"],
            max_file_size=engine.pictures.MAX_BYTES,
            state_session_capacity=200,
            app_kwargs={"middleware": front, "docs_url": None, "redoc_url": None, "openapi_url": None},
        )
    except OSError as error:
        raise engine.EngineError(_not_served(chosen)) from error
    except (httpx.HTTPError, ValueError) as error:  # Gradio asks for its own page before it goes on
        raise engine.EngineError(NOT_REACHED) from error
    sessions.slim(served, page)
    tidying.begin(results)
    print(f"The page is ready at {address}", flush=True)
    try:
        threading.Event().wait()
    finally:
        page.close(verbose=False)


def _noted(log: logging.Logger | None, page: gr.Blocks) -> list[Middleware]:
    """What writes the access log, if one is kept; it stands before everything else."""
    if log is None:
        return []
    calls = {str(one.api_name) for one in page.fns.values() if one.api_visibility == "public"}
    return [Middleware(Access, log, calls)]


def _not_served(chosen: argparse.Namespace) -> str:
    where = f"port {chosen.port}" if chosen.port else "any port from 7860"
    return f"Expected an address of this machine and a port that is free; cannot listen on {chosen.host}, {where}."


def _first_model(chosen: argparse.Namespace, lent: bool) -> engine.Backbone:
    """The model that the page opens with: the one that was chosen, else the first that is here and can be loaded."""
    if chosen.model != AUTO_MODEL:
        return _loaded(chosen, chosen.model, lent)
    for name in engine.models.recommended_here():
        try:
            return _loaded(chosen, name, lent)
        except engine.EngineError as error:
            print(error, file=sys.stderr)
    return _loaded(chosen, engine.models.BUILT_IN, lent)


def _loaded(chosen: argparse.Namespace, name: str, lent: bool) -> engine.Backbone:
    print(f"Loading {name} …", flush=True)
    settings = engine.models.model_settings(chosen)
    device = "cpu" if lent else chosen.device  # what is lent is there in another process only
    return engine.models.apart(partial(engine.load_backbone, name, device, chosen.precision, settings=settings))
