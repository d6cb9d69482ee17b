"""Starter lists: which of their sources are there, and a tap that adds or removes one."""

from bot.domain.errors import SourceError, UserError, WorkerError
from bot.feeds.starters import Starter, starters
from bot.services.finding import refusal
from bot.services.sources import Sources

UNKNOWN = "That source is no longer in the lists."


class Starting:
    """Starters as sources."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def there(self, among: tuple[Starter, ...]) -> frozenset[int]:
        """The ids of those that are sources."""
        positions = await self._sources.there_among([starter.url for starter in among])
        return frozenset(among[position].id for position in positions)

    async def toggle(self, starter_id: int) -> tuple[Starter, bool]:
        """Add a starter, or remove it where it is a source; returns it, and whether it is one now.

        Raises:
            UserError: it cannot be read, or is no longer in the lists.
        """
        starter = next((each for each in starters() if each.id == starter_id), None)
        if starter is None:
            raise UserError(UNKNOWN)
        source = await self._sources.there(starter.url)
        if source is not None:
            await self._sources.remove(source.id)
            return starter, False
        try:
            await self._sources.add_unseen(starter.url, starter.title)
        except (SourceError, WorkerError) as error:
            raise UserError(refusal(error)) from error
        return starter, True
