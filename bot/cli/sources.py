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
from bot.domain.models import FeedLink, Source
from bot.feeds.opml import read_opml, write_opml
from bot.settings import load

Act = Callable[[Desk, argparse.Namespace], Awaitable[int]]


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("sources", help="add, list, check and remove sources")
    parser.set_defaults(handler=_run)
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add = acts.add_parser("add", help="add the feed at an address, or the one its page offers")
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
    links = read_opml(args.file.read_bytes())
    results = [await _import_one(desk, link) for link in tqdm(links, unit="source", disable=None)]
    for outcome in ("added", "already there", "failed"):
        say(f"{outcome}: {results.count(outcome)}")
    return 1 if "failed" in results else 0


async def _import_one(desk: Desk, link: FeedLink) -> str:
    try:
        added = await desk.sources.add(link.url)
    except UserError as error:
        sys.stderr.write(f"nutgraf: {link.url}: {error}\n")
        return "failed"
    return "already there" if added.known else "added"


async def _export(desk: Desk, _: argparse.Namespace) -> int:
    sys.stdout.write(write_opml(await desk.sources.listed()))
    return 0
