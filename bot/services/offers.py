"""Feeds to choose from, kept for a day so that a button pressed after a restart still finds them."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from bot.domain.errors import UserError
from bot.domain.ports import Now
from bot.feeds.choices import Choice
from bot.storage import offers
from bot.storage.database import Database, Tx

LIFE = timedelta(days=1)
EXPIRED = "That choice is over a day old. Send /addsource and the address again."


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
        return await offers.keep(tx, json.dumps([_plain(choice) for choice in choices]), self._now(), self._until())

    async def get(self, offer_id: int) -> tuple[Choice, ...]:
        """The choices of an offer.

        Raises:
            UserError: it has expired.
        """
        async with self._database.read() as tx:
            kept = await offers.get(tx, offer_id, self._now())
        if kept is None:
            raise UserError(EXPIRED)
        return tuple(_choice(each) for each in json.loads(kept))

    async def drop(self, offer_id: int) -> None:
        """Forget an offer."""
        async with self._database.write() as tx:
            await offers.drop(tx, offer_id)

    def _until(self) -> datetime:
        return self._now() + LIFE


def _plain(choice: Choice) -> dict[str, object]:
    at = choice.newest_at
    return asdict(choice) | {"newest_at": at.isoformat() if at else None}


def _choice(plain: dict[str, str | None]) -> Choice:
    at = plain["newest_at"]
    return Choice(**plain | {"newest_at": datetime.fromisoformat(at) if at else None})  # type: ignore[arg-type]  # as kept
