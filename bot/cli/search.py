"""`nutgraf search`: what `/topic` would find."""

import argparse
import asyncio
import re

from bot.cli.output import dumped, iso, say
from bot.domain.models import Story
from bot.settings import load

MOST = 300


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("search", help="what /topic would find")
    parser.add_argument("words", nargs="+", metavar="WORDS")
    parser.add_argument("--since", type=_days, default=7, metavar="3d", help="how many days back (default 7d)")
    parser.add_argument("--limit", type=_limit, default=10, metavar="N", help="most stories (default 10)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(handler=_run)


def _run(args: argparse.Namespace) -> int:
    for story in asyncio.run(_find(" ".join(args.words), args.since, args.limit)):
        if args.json:
            say(dumped(_row(story)))
        else:
            say(f"{story.title}\n  {story.outlet} · {iso(story.published_at)}\n  {story.url or ''}")
    return 0


async def _find(words: str, days: int, limit: int) -> tuple[Story, ...]:
    from bot.compose import open_desk

    async with open_desk(load()) as desk:
        return (await desk.reading.topic(words, days=days, count=limit)).stories


def _row(story: Story) -> dict[str, object]:
    return {
        "id": story.id,
        "title": story.title,
        "link": story.url,
        "source": story.outlet,
        "published_at": story.published_at,
        "language": story.language,
        "bullets": [each.text for each in story.bullets],
    }


def _days(text: str) -> int:
    found = re.fullmatch(r"(\d{1,4})d?", text)
    if not found or not 1 <= int(found[1]) <= 3650:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days, such as 3d")
    return int(found[1])


def _limit(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST}")
    return int(text)
