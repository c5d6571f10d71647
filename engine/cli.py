"""The command line: one parser, one command per file of `commands`, every error one sentence."""

from __future__ import annotations

import argparse
import os
import sys

from .commands import attack, bench, defend, evaluate, fieldguide, maps, predict
from .errors import EngineError

COMMANDS = (predict, attack, maps, defend, evaluate, bench, fieldguide)


def parser() -> argparse.ArgumentParser:
    """The parser with all commands; each sets `run`, a function of the parsed arguments."""
    built = argparse.ArgumentParser(
        prog="python -m engine",
        description="Attack a CLIP model with one picture, look where it looks, and defend it at test time.",
        epilog="Every command has its own help: python -m engine attack --help",
    )
    subparsers = built.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.register(subparsers)
    return built


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 when done, 2 after a sentence about bad input, 130 when interrupted, 141 when nobody reads."""
    args = parser().parse_args(argv)
    try:
        args.run(args)
        sys.stdout.flush()
    except EngineError as error:
        print(f"engine: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("engine: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `| head` has seen enough; what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return 0
