"""`nutgraf doctor`: settings, token, database, network and clock, one line each, and how to mend what is wrong."""

import argparse
import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.errors import NutgrafError, SettingsError
from bot.settings import Settings, load

MOST_CLOCK_ERROR = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is well, and what to know or do."""

    what: str
    well: bool
    says: str


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("doctor", help="look at settings, token, database, network and clock")
    parser.set_defaults(handler=_run)


def _run(_: argparse.Namespace) -> int:
    try:
        settings = load()
    except SettingsError as error:
        findings = [Finding("settings", False, problem) for problem in error.problems]
    else:
        findings = [Finding("settings", True, "read"), *asyncio.run(_examine(settings))]
    for finding in findings:
        print(f"{'ok ' if finding.well else 'BAD'} {finding.what}: {finding.says}")
    return 0 if all(finding.well for finding in findings) else 1


async def _examine(settings: Settings) -> list[Finding]:
    return [_admins(settings), await _database(settings), *await _telegram(settings)]


def _admins(settings: Settings) -> Finding:
    if settings.admin_ids:
        return Finding("admins", True, f"{len(settings.admin_ids)} set")
    return Finding("admins", False, "nobody can add sources: set NUTGRAF_ADMIN_IDS (@userinfobot tells you your id)")


async def _database(settings: Settings) -> Finding:
    from bot.storage import upkeep
    from bot.storage.database import open_database

    try:
        database = await open_database(settings.database_url)
        try:
            async with database.read() as tx:
                problems = await upkeep.integrity(tx)
        finally:
            await database.close()
    except NutgrafError as error:
        return Finding("database", False, str(error))
    if problems:
        return Finding("database", False, f"{problems[0]}: restore a backup with `nutgraf db restore PATH`")
    return Finding("database", True, f"{database.kind}, up to date and sound")


async def _telegram(settings: Settings) -> list[Finding]:
    from bot.tg.probe import look

    if settings.telegram_token is None:
        return [Finding("token", False, "none: @BotFather gives one, set NUTGRAF_TELEGRAM_TOKEN")]
    looked = await look(settings.telegram_api_url, settings.telegram_token)
    if looked is None:
        why = f"{settings.telegram_api_url} was not reached: check the connection, or NUTGRAF_TELEGRAM_API_URL"
        return [Finding("network", False, why)]
    network = Finding("network", True, f"{settings.telegram_api_url} answers")
    return [network, _token(looked.username), *_clock(looked.server_at)]


def _token(username: str | None) -> Finding:
    if username is None:
        return Finding("token", False, "Telegram refused it: copy it again from @BotFather")
    return Finding("token", True, f"belongs to @{username}")


def _clock(server_at: datetime | None) -> list[Finding]:
    if server_at is None:
        return []
    off = datetime.now(UTC) - server_at
    if abs(off) > MOST_CLOCK_ERROR:
        return [Finding("clock", False, f"{off.total_seconds():+.0f} s off: turn on time synchronisation (NTP)")]
    return [Finding("clock", True, "right")]
