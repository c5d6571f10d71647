"""The options of the page's process, without Gradio: `python app.py --help` and `atpt app --help` show the same."""

from __future__ import annotations

import argparse
import os
from functools import partial

import engine
from app import hosting

PASSES = (
    ("--visitor-passes", "each visitor of the page", "ATPT_VISITOR_PASSES"),
    ("--address-passes", "each address that calls the API", "ATPT_ADDRESS_PASSES"),
)
AUTO_MODEL = "auto"
AUTO_MODEL_HELP = (
    f", or {AUTO_MODEL}: the first model for photographs that is on this machine already, else {engine.models.BUILT_IN}"
    " (or $ATPT_MODEL)"
)
DESCRIPTION = "Watch a CLIP-like model be fooled and repaired, in the browser."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Those of a model, of the address, and of what is computed for whom."""
    model = os.environ.get("ATPT_MODEL", AUTO_MODEL)
    engine.models.add_model_options(parser, model, AUTO_MODEL_HELP)
    parser.add_argument(
        "--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), help="address to listen on"
    )
    parser.add_argument(
        "--port", type=_port, default=hosting.PORT or None,
        help="port to listen on (default: the first free one from 7860, or $GRADIO_SERVER_PORT)",
    )  # fmt: skip
    for name, whose, variable in PASSES:
        parser.add_argument(
            name, type=partial(_passes, variable), default=os.environ.get(variable) or None, metavar="N",
            help=f"passes through the model a minute for {whose} (default: no bound, or ${variable})",
        )  # fmt: skip
    parser.add_argument(
        "--access-log", default=os.environ.get("ATPT_ACCESS_LOG") or None, metavar="FILE",
        help="append a line of JSON for each request, - for standard error (default: none, or $ATPT_ACCESS_LOG)",
    )  # fmt: skip
    parser.add_argument(
        "--cold", action="store_true", help="do not compute the stories of the samples ahead, while nobody waits"
    )


def _port(said: str) -> int:
    if not (said.isdecimal() and 0 < int(said) < 2**16):
        came = _came(said, hosting.PORT, "GRADIO_SERVER_PORT")
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535; {came}")
    return int(said)


def _passes(variable: str, said: str) -> float:
    try:
        return float(said)
    except ValueError as error:
        came = _came(said, os.environ.get(variable), variable)
        raise argparse.ArgumentTypeError(f"expected a number of passes; {came}") from error


def _came(said: str, usual: str | None, variable: str) -> str:
    """What came, and from the variable where that says so."""
    return f"${variable} is “{said}”" if said == usual else f"got “{said}”"
