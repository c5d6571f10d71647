"""Serve the explorer: `python app.py`, or the same file on a hosted Space."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("GRADIO_SSR_MODE", "False")

try:
    import spaces  # before torch, so that a lent accelerator can be prepared
except ImportError:
    spaces = None

import argparse
import sys
from pathlib import Path

from starlette.middleware import Middleware

import engine
from app.guard import Guard
from app.labels import load_label_sets
from app.layout import build_app
from app.samples import load_samples
from app.theme import CSS, head, theme

ASSETS = Path(__file__).resolve().parent / "assets"
LENT_SECONDS = 60
OWN_MACHINE = ("127.0.0.1", "localhost", "::1")  # whoever reaches these may load any file of it anyway


def main(arguments: list[str] | None = None) -> int:
    """Load the model, build the page and serve it until interrupted; 2 for a model that cannot be loaded."""
    chosen = _parser().parse_args(arguments)
    print(f"Loading {chosen.model} …", flush=True)
    try:
        backbone = engine.load_backbone(chosen.model, chosen.device, chosen.precision)
    except engine.EngineError as error:
        print(error, file=sys.stderr)
        return 2
    page = build_app(
        backbone,
        load_samples(ASSETS / "samples"),
        lend=_lend(),
        free=chosen.host in OWN_MACHINE,
        label_sets=load_label_sets(ASSETS / "labels"),
    )
    page.queue(max_size=24, default_concurrency_limit=4)
    _, address, _ = page.launch(
        server_name=chosen.host,
        server_port=chosen.port,
        theme=theme(),
        css=CSS,
        head=head(),
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        enable_monitoring=False,
        run_history=False,
        footer_links=["api", "settings"],
        max_file_size="20mb",
        state_session_capacity=200,
        app_kwargs={"middleware": [Middleware(Guard)], "docs_url": None, "redoc_url": None, "openapi_url": None},
    )
    print(f"The page is ready at {address}", flush=True)
    page.block_thread()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Watch a CLIP-like model be fooled and repaired, in the browser.")
    parser.add_argument(
        "--model",
        default="fieldguide",
        help=f"{engine.models.FORMS}; default: %(default)s",
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda, mps or auto: the fastest that is there (default)")
    parser.add_argument(
        "--precision",
        default="fp32",
        choices=engine.models.PRECISIONS,
        help="of the model's weights; default: %(default)s",
    )
    parser.add_argument(
        "--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), help="address to listen on"
    )
    parser.add_argument("--port", type=int, default=None, help="default: the first free one from 7860")
    return parser


def _lend():
    """What wraps the computing function on a host that lends its accelerator by the call, else nothing."""
    return None if spaces is None else spaces.GPU(duration=LENT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
