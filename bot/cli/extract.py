"""`nutgraf extract`: article pages as JSON lines or as texts for people."""

import argparse
from collections.abc import Iterator

from bot.cli.batch import spread
from bot.cli.inputs import Given, Inputs
from bot.cli.output import dumped, say
from bot.domain.errors import NutgrafError
from bot.domain.models import Page

_LIMIT_S = 20.0
_EMPTY = {"title": None, "author": None, "published_at": None, "language": None, "image": None, "text": None}


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("extract", help="read article pages: title, author, date, image and text")
    parser.add_argument("inputs", nargs="+", metavar="PATH|URL", help="a saved page or its address")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(handler=_run)


def _run(args: argparse.Namespace) -> int:
    outcomes = spread(read_page, Inputs(args.inputs), limit_s=_LIMIT_S, progress="pages")
    failed = 0
    for name, outcome in zip(args.inputs, outcomes, strict=True):
        failed += isinstance(outcome, NutgrafError)
        for line in [as_json(name, outcome)] if args.json else as_text(name, outcome):
            say(line)
    return 1 if failed else 0


def read_page(given: Given) -> Page:
    """Extract one input; runs in a worker.

    Raises:
        SourceError: it cannot be read or holds no article.
    """
    from bot.feeds.extract import extract_page

    return extract_page(given.read(), url=given.url)


def as_json(name: str, outcome: Page | NutgrafError) -> str:
    """The line of one input."""
    line: dict[str, object] = {"input": name, "ok": True, "error": None}
    if isinstance(outcome, NutgrafError):
        line |= {"ok": False, "error": str(outcome)} | _EMPTY
    else:
        line |= {name: getattr(outcome, name) for name in _EMPTY}
    return dumped(line)


def as_text(name: str, outcome: Page | NutgrafError) -> Iterator[str]:
    """The lines of one input for people."""
    if isinstance(outcome, NutgrafError):
        yield f"{name}: {outcome}"
        return
    day = f"{outcome.published_at:%Y-%m-%d}" if outcome.published_at else None
    yield outcome.title or name
    yield " · ".join(filter(None, (outcome.author, day, outcome.language)))
    yield ""
    yield from outcome.text.split("\n")
    yield ""
