"""One look at the Bot API server, for `nutgraf doctor`: is it reached, is the token taken, what time has it."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp

LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Looked:
    """`username` is None where the token was refused; `server_at` None where the server tells no time."""

    username: str | None
    server_at: datetime | None


async def look(api_url: str, token: str) -> Looked | None:
    """Ask the server who the bot is; None if it was not reached or does not speak the Bot API."""
    timeout = aiohttp.ClientTimeout(total=LIMIT_S)
    try:
        # the environment's proxies count here, as they do for the bot
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(f"{api_url}/bot{token}/getMe") as answer,
        ):
            body = await answer.json(content_type=None)
            date = answer.headers.get("Date")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return None
    if not isinstance(body, dict) or "ok" not in body:
        return None
    username = body["result"].get("username") if body["ok"] else None
    return Looked(username, _time(date))


def _time(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
