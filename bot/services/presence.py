"""Whether the service has been away, and whether it has caught up with what happened meanwhile.

After an absence nothing is briefed until the sources that were due have been polled and what they brought is condensed
(five minutes at most), so that what was missed becomes one catch-up and not a message for every article.
"""

from datetime import datetime, timedelta

import structlog

from bot.domain.ports import Now
from bot.storage import articles, polling, state
from bot.storage.database import Database

log = structlog.get_logger()

ABSENCE = timedelta(hours=1)
PATIENCE = timedelta(minutes=5)
CATCHING_UP = timedelta(hours=1)  # so long after the return a first briefing may still be a catch-up

ALIVE = "alive_at"


class Presence:
    """Remembers when the service was last there."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now
        self._back_at: datetime | None = None
        self._settled = True
        self.away_since: datetime | None = None

    async def begin(self) -> None:
        """Find out at start whether the service was away."""
        now = self._now()
        async with self._database.write() as tx:
            alive_at = await state.moment(tx, ALIVE)
            await state.set_moment(tx, ALIVE, now)
        if alive_at is not None and now - alive_at > ABSENCE:
            self.away_since, self._back_at, self._settled = alive_at, now, False
            log.info("back after an absence", since=alive_at.isoformat())

    async def note(self) -> None:
        """The service is there."""
        async with self._database.write() as tx:
            await state.set_moment(tx, ALIVE, self._now())

    async def settled(self) -> bool:
        """Whether briefings may be composed."""
        if self._settled or self._back_at is None:
            return True
        async with self._database.read() as tx:
            behind = await polling.due_since(tx, self._back_at) or await articles.in_work(tx)
        self._settled = not behind or self._now() - self._back_at > PATIENCE
        return self._settled

    def missed(self, since: datetime) -> datetime | None:
        """Since when somebody who was last served at `since` has missed something; None: not by our absence."""
        if self._back_at is None or self.away_since is None:
            return None
        lately = self._back_at <= self._now() <= self._back_at + CATCHING_UP
        return max(since, self.away_since) if lately and since < self._back_at else None
