"""`nutgraf db`: migrations, integrity, backup and restore."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.settings import load


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("db", help="migrations, integrity, backup, restore")
    parser.set_defaults(handler=_run)
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("upgrade", help="bring the database to this version").set_defaults(act=_upgrade)
    acts.add_parser("check", help="look for damage").set_defaults(act=_check)
    for name, act, what in (("backup", _backup, "copy the database while it is in use"),
                            ("restore", _restore, "put a backup in the database's place")):  # fmt: skip
        sub = acts.add_parser(name, help=what)
        sub.add_argument("path", type=Path, metavar="PATH")
        sub.set_defaults(act=act)


def _run(args: argparse.Namespace) -> int:
    status: int = asyncio.run(args.act(args))
    return status


async def _upgrade(_: argparse.Namespace) -> int:
    from bot.storage.database import open_database

    database = await open_database(load().database_url)  # opening migrates
    await database.close()
    print("database is up to date")
    return 0


async def _check(_: argparse.Namespace) -> int:
    from bot.storage import upkeep
    from bot.storage.database import open_database

    database = await open_database(load().database_url)
    try:
        async with database.read() as tx:
            problems = await upkeep.integrity(tx)
    finally:
        await database.close()
    for problem in problems:
        sys.stderr.write(f"nutgraf: db check: {problem}\n")
    if not problems:
        print("database is sound")
    return 1 if problems else 0


async def _backup(args: argparse.Namespace) -> int:
    from bot.storage import upkeep

    await upkeep.backup(load().database_url, args.path)
    print(f"backup written: {args.path}")
    return 0


async def _restore(args: argparse.Namespace) -> int:
    from bot.services.upkeep import settle_restored
    from bot.storage import upkeep
    from bot.storage.database import open_database

    url = load().database_url
    await upkeep.restore(url, args.path)
    database = await open_database(url)
    try:
        await database.lock_instance()
        await settle_restored(database, datetime.now(UTC))
    finally:
        await database.close()
    print(f"restored from {args.path}")
    return 0
