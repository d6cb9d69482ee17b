"""The `nutgraf` command: parses, calls a service, prints.

One file a group of subcommands. Exit status: 0 all well, 1 some input failed, 2 wrong usage or settings. Errors are one
line on standard error, `nutgraf: WHAT: WHY`.
"""

import argparse
import importlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from bot.domain.errors import NutgrafError, SettingsError

# command → the module that registers it; only the module of the command asked for is imported
_COMMANDS = {
    "run": "service",
    "demo": "demo",
    "summarize": "summarize",
    "feed": "feed",
    "extract": "extract",
    "search": "search",
    "sources": "sources",
    "outbox": "outbox",
    "db": "db",
    "doctor": "doctor",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of argparse's usage block."""
        self.exit(2, f"nutgraf: {self.prog.partition(' ')[2] or 'usage'}: {message} (see {self.prog} --help)\n")


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # in any locale
    args = _parser(argv).parse_args(argv)
    # not at the top of the file: the worker processes of commands are spared a tenth of a second
    from bot.cli.logs import configure

    # before a command says otherwise: troubles only, and never on standard output
    configure("text", level=logging.WARNING)
    try:
        return _finish(args.handler(args))
    except (NutgrafError, OSError) as error:
        if args.debug:
            raise
        return _report(args.command, error)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if args.debug:
            raise
        sys.stderr.write(f"nutgraf: {args.command}: unexpected {type(error).__name__} (--debug shows it)\n")
        return 1


def _parser(argv: Sequence[str]) -> _Parser:
    parser = _Parser(prog="nutgraf", description="News briefings for Telegram.")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    asked = next((word for word in argv if word in _COMMANDS), None)
    for name in [asked] if asked else _COMMANDS:
        importlib.import_module(f"bot.cli.{_COMMANDS[name]}").register(commands)
    return parser


def _finish(status: int) -> int:
    # a closed pipe (`| head`) must not end in a traceback at shutdown
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _report(command: str, error: Exception) -> int:
    if isinstance(error, BrokenPipeError):
        return _finish(1)
    problems = error.problems if isinstance(error, SettingsError) else (" ".join(str(error).split()),)
    for problem in problems:
        sys.stderr.write(f"nutgraf: {command}: {problem}\n")
    return 2 if isinstance(error, SettingsError) else 1
