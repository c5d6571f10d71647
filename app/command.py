"""`atpt`: every command of the engine and `app`, from any folder. It lies above the page and the engine."""

from app import hosting  # noqa: F401  before torch and Gradio

# isort: split
import argparse

from app.options import DESCRIPTION, add_options
from engine.cli.main import main as run_command


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is that of the engine's command line."""
    return run_command(arguments, "atpt", (register,))


def register(subparsers: argparse._SubParsersAction) -> None:
    """Add `app` to the parser."""
    parser = subparsers.add_parser("app", help="serve the page for a browser", description=DESCRIPTION)
    add_options(parser)
    parser.set_defaults(run=_serve)


def _serve(chosen: argparse.Namespace) -> None:
    from app.server import serve  # brings Gradio, which no other command needs

    serve(chosen)
