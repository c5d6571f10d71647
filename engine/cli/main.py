"""The command line: one parser, one command per file beside this one, every error one sentence."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Callable, Sequence
from functools import partialmethod

from ..errors import EngineError
from . import attack, bench, defend, detect, evaluate, fieldguide, lens, maps, places, predict, survive, sweep, transfer

COMMANDS = (
    predict, attack, maps, lens, defend, survive, detect, transfer, places, sweep, evaluate, bench, fieldguide,
)  # fmt: skip
PROGRAM = "python -m engine"

Register = Callable[[argparse._SubParsersAction], None]  # adds one command to the parser


class Help(argparse.HelpFormatter):
    """Wraps texts line by line, never within a name; a line that begins with a blank stays as it is."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        wrapped = ([line] if line.startswith(" ") else _wrapped(line, width - len(indent)) for line in text.split("\n"))
        return "\n".join(indent + line for lines in wrapped for line in lines or [""])

    def _split_lines(self, text: str, width: int) -> list[str]:
        return _wrapped(text, width)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)


class Parser(argparse.ArgumentParser):
    """A parser with such help, as are the parsers of its commands."""

    __init__ = partialmethod(argparse.ArgumentParser.__init__, formatter_class=Help)


def parser(program: str = PROGRAM, more: Sequence[Register] = ()) -> argparse.ArgumentParser:
    """The parser with all commands; each sets `run`, a function of the parsed arguments.

    `program` is how it was called, `more` what adds commands that lie above the engine.
    """
    built = Parser(
        prog=program,
        description="Attack a CLIP model with one picture, look where it looks, and defend it at test time.",
        epilog="Every command has its own help: %(prog)s attack --help",
    )
    subparsers = built.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for register in (*(command.register for command in COMMANDS), *more):
        register(subparsers)
    return built


def main(argv: list[str] | None = None, program: str = PROGRAM, more: Sequence[Register] = ()) -> int:
    """Run one command; 0 when done, 2 after a sentence about bad input, 130 when interrupted, 141 when nobody reads.

    `program` and `more` are those of `parser`.
    """
    args = parser(program, more).parse_args(argv)
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
