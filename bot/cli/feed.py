"""`nutgraf feed`: feeds as JSON lines or as a list for people."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial

from bot.cli.batch import spread
from bot.cli.inputs import Given, Inputs
from bot.cli.output import dumped, say
from bot.domain.errors import NutgrafError
from bot.domain.models import Entry, Feed

_LIMIT_S = 3.5
_MOST_MB = 200
_EMPTY: dict[str, object] = {"kind": None, "title": None, "link": None, "language": None, "entries": []}


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("feed", help="read feeds: titles, links, dates and texts of their entries")
    parser.add_argument("inputs", nargs="+", metavar="PATH|URL", help="a saved feed or its address")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--base", metavar="URL", help="the address that relative links of files belong to")
    parser.set_defaults(handler=_run)


def _run(args: argparse.Namespace) -> int:
    read = partial(read_feed, base=args.base, now=datetime.now(UTC))
    outcomes = spread(read, Inputs(args.inputs), limit_s=_LIMIT_S, most_mb=_MOST_MB, progress="feeds")
    failed = 0
    for name, outcome in zip(args.inputs, outcomes, strict=True):
        failed += isinstance(outcome, NutgrafError)
        for line in [as_json(name, outcome)] if args.json else as_text(name, outcome):
            say(line)
    return 1 if failed else 0


def read_feed(given: Given, base: str | None, now: datetime) -> Feed:
    """Parse one input; runs in a worker.

    Raises:
        SourceError: it cannot be read or is no feed.
    """
    from bot.feeds.parse import parse_feed

    return parse_feed(
        given.read(),
        url=given.url or base,
        content_type=given.content_type,
        now=now,
    )


def as_json(name: str, outcome: Feed | NutgrafError) -> str:
    """The line of one input."""
    line: dict[str, object] = {"input": name, "ok": True, "error": None}
    if isinstance(outcome, NutgrafError):
        line |= {"ok": False, "error": str(outcome)} | _EMPTY
    else:
        line |= {name: getattr(outcome, name) for name in _EMPTY}
        line["entries"] = [asdict(_folded(entry)) for entry in outcome.entries]
    return dumped(line)


def _folded(entry: Entry) -> Entry:
    """The entry with its texts on one line, as the output promises."""
    return replace(entry, summary=_one_line(entry.summary), content=_one_line(entry.content))


def _one_line(text: str | None) -> str | None:
    return " ".join(text.split()) if text else None


def as_text(name: str, outcome: Feed | NutgrafError) -> Iterator[str]:
    """The lines of one input for people."""
    if isinstance(outcome, NutgrafError):
        yield f"{name}: {outcome}"
        return
    yield f"{outcome.title or name} ({outcome.kind}, {len(outcome.entries)} entries)"
    for entry in outcome.entries:
        at = entry.published_at or entry.updated_at
        yield f"  {at:%Y-%m-%d %H:%M}  {entry.title}" if at else f"  {'':16}  {entry.title}"
        if entry.link:
            yield f"  {'':16}  {entry.link}"
