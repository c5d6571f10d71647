"""The options of the page's process, without Gradio: `python app.py --help` and `atpt app --help` show the same."""

from __future__ import annotations

import argparse
import os

import engine

DESCRIPTION = "Watch a CLIP-like model be fooled and repaired, in the browser."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Those of a model, --host and --port."""
    engine.models.add_model_options(parser)
    parser.add_argument(
        "--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), help="address to listen on"
    )
    parser.add_argument("--port", type=int, default=None, help="default: the first free one from 7860")
