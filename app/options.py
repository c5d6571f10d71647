"""The options of the page's process, without Gradio: `python app.py --help` and `atpt app --help` show the same."""

from __future__ import annotations

import argparse
import os

import engine

DESCRIPTION = "Watch a CLIP-like model be fooled and repaired, in the browser."


def add_options(parser: argparse.ArgumentParser) -> None:
    """--model, --device, --precision, --host and --port."""
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
