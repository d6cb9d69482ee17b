"""`nutgraf outbox`: what became of the messages, and those of which nobody knows."""

import argparse
import asyncio

from bot.cli.output import dumped, iso, say
from bot.feeds.markup import line_of
from bot.settings import load
from bot.storage.outbox_list import InDoubt

MOST = 100
TEXT_CHARS = 60


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("outbox", help="how many messages were sent, and which are in doubt")
    parser.add_argument("--json", action="store_true", help="one JSON object: counts, and the messages in doubt")
    parser.set_defaults(handler=_run)


def _run(args: argparse.Namespace) -> int:
    counts, in_doubt = asyncio.run(_look())
    if args.json:
        say(dumped({"counts": counts, "in_doubt": [_row(each) for each in in_doubt]}))
        return 0
    for state, number in counts.items():
        say(f"{state}\t{number}")
    for each in in_doubt:
        say("\t".join(_shown(value) for value in _row(each).values()))
    return 0


async def _look() -> tuple[dict[str, int], tuple[InDoubt, ...]]:
    """How many deliveries are in each state, in the order of their lives, and the newest in doubt."""
    from bot.domain.models import DeliveryState
    from bot.storage import outbox, outbox_list
    from bot.storage.database import open_database

    database = await open_database(load().database_url)
    try:
        async with database.read() as tx:
            counts = await outbox.counts(tx)
            in_doubt = await outbox_list.in_doubt(tx, MOST)
            return {state.value: counts.get(state.value, 0) for state in DeliveryState}, in_doubt
    finally:
        await database.close()


def _row(each: InDoubt) -> dict[str, object]:
    return {
        "id": each.id,
        "chat_id": each.ref.telegram_id,
        "thread_id": each.ref.thread_id,
        "settled_at": each.settled_at,
        "attempts": each.attempts,
        "why": each.why,
        "text": line_of(each.html, TEXT_CHARS),
    }


def _shown(value: object) -> str:
    return str(value) if isinstance(value, int | str) else iso(value)
