"""Feeds to choose from, kept for a day so that a button pressed after a restart still finds them."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.errors import UserError
from bot.domain.ports import Now
from bot.feeds.choices import Choice
from bot.storage import offers
from bot.storage.database import Database, Tx

LIFE = timedelta(days=1)
EXPIRED = "That choice is no longer there. Send /addsource and the address again."


@dataclass(frozen=True, slots=True)
class Offer:
    """Feeds that were found together, best first. `there`: positions of those that are sources already."""

    id: int
    choices: tuple[Choice, ...]
    there: frozenset[int] = frozenset()


class Offers:
    """Keeps offers and finds them again."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    async def keep(self, tx: Tx, choices: tuple[Choice, ...]) -> int:
        """Keep these choices; returns the offer's number."""
        content = json.dumps([_plain(choice) for choice in choices])
        return await offers.keep(tx, content, self._now(), self._now() + LIFE)

    async def get(self, offer_id: int) -> tuple[Choice, ...]:
        """The choices of an offer.

        Raises:
            UserError: it has expired, or nothing of it was wanted.
        """
        async with self._database.read() as tx:
            kept = await offers.get(tx, offer_id, self._now())
        choices = json.loads(kept) if kept is not None else None
        if not isinstance(choices, list):  # what else is kept as an offer is no choice of feeds
            raise UserError(EXPIRED)
        return tuple(_choice(each) for each in choices)

    async def drop(self, offer_id: int) -> None:
        """Forget an offer."""
        async with self._database.write() as tx:
            await offers.drop(tx, offer_id)


def _plain(choice: Choice) -> dict[str, object]:
    at = choice.newest_at
    return asdict(choice) | {"newest_at": at.isoformat() if at else None}


def _choice(plain: dict[str, Any]) -> Choice:
    at = plain["newest_at"]
    return Choice(**plain | {"newest_at": datetime.fromisoformat(at) if at else None})
