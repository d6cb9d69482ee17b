"""`nutgraf sources`: the admins' commands from a shell."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from tqdm import tqdm

from bot.cli.output import iso, say
from bot.compose import Desk, open_desk
from bot.domain.errors import UserError
from bot.domain.models import Source
from bot.feeds.opml import write_opml
from bot.feeds.starters import starters
from bot.settings import load

Act = Callable[[Desk, argparse.Namespace], Awaitable[int]]


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("sources", help="add, list, check and remove sources")
    parser.set_defaults(handler=_run)
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add = acts.add_parser("add", help="add the feed at an address, or the best its page offers, at once")
    add.add_argument("url", metavar="URL")
    add.set_defaults(act=_add)
    acts.add_parser("list", help="all sources").set_defaults(act=_list)
    remove = acts.add_parser("remove", help="remove a source")
    remove.add_argument("url", metavar="URL or number")
    remove.set_defaults(act=_remove)
    check = acts.add_parser("check", help="read sources now and say how they are")
    check.add_argument("url", metavar="URL or number", nargs="?")
    check.set_defaults(act=_check)
    given = acts.add_parser("import", help="add the sources of an OPML file")
    given.add_argument("file", type=Path, metavar="FILE.opml")
    given.set_defaults(act=_import)
    listed = acts.add_parser("starters", help="well-known sources to begin with")
    listed.add_argument("language", metavar="LANGUAGE", nargs="?", help="such as en or pt; all without it")
    listed.set_defaults(handler=_starters)
    acts.add_parser("export", help="all sources as OPML").set_defaults(act=_export)


def _run(args: argparse.Namespace) -> int:
    return asyncio.run(_do(args.act, args))


async def _do(act: Act, args: argparse.Namespace) -> int:
    async with open_desk(load()) as desk:
        return await act(desk, args)


async def _add(desk: Desk, args: argparse.Namespace) -> int:
    added = await desk.sources.add(args.url)
    word = "already there" if added.known else "added"
    say(f"{word}: {added.source.id} {added.source.title} ({added.entries} entries) {added.source.url}")
    return 0


async def _list(desk: Desk, _: argparse.Namespace) -> int:
    for source in await desk.sources.listed():
        state = f"failing {source.errors}x: {source.last_error}" if source.errors else "ok"
        newest = iso(source.last_article_at) if source.last_article_at else "-"
        say(f"{source.id}\t{source.title}\t{source.url}\tlast article {newest}\t{state}")
    return 0


async def _remove(desk: Desk, args: argparse.Namespace) -> int:
    source = await desk.sources.find(args.url)
    await desk.sources.remove(source.id)
    say(f"removed: {source.id} {source.title} {source.url}")
    return 0


async def _check(desk: Desk, args: argparse.Namespace) -> int:
    asked = [await desk.sources.find(args.url)] if args.url else list(await desk.sources.listed())
    return max([await _check_one(desk, source) for source in asked], default=0)


async def _check_one(desk: Desk, source: Source) -> int:
    try:
        entries = await desk.sources.check(source)
    except UserError as error:
        sys.stderr.write(f"nutgraf: {source.title}: {error}\n")
        return 1
    say(f"{source.id}\t{source.title}\tok\t{entries} entries")
    return 0


async def _import(desk: Desk, args: argparse.Namespace) -> int:
    with tqdm(unit="source", disable=None) as bar:

        async def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = await desk.importing.run(_content(args.file), tell)
    for dead in report.dead:
        sys.stderr.write(f"nutgraf: {dead.link.url}: {dead.why}\n")
    for link in report.untried:
        sys.stderr.write(f"nutgraf: {link.url}: not tried, its host is busy; import the file again later\n")
    counts = {"added": report.added, "already there": report.known, "failed": len(report.dead)}
    for outcome, number in (counts | ({"not tried yet": len(report.untried)} if report.untried else {})).items():
        say(f"{outcome}: {number}")
    return 1 if report.dead or report.untried else 0


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error


def _starters(args: argparse.Namespace) -> int:
    for starter in starters():
        if args.language in (None, starter.language):
            say(f"{starter.language}\t{starter.region}\t{starter.title}\t{starter.url}")
    return 0


async def _export(desk: Desk, _: argparse.Namespace) -> int:
    sys.stdout.write(write_opml(await desk.sources.listed()))
    return 0
