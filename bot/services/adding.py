"""Adding a source in a chat: found, chosen, looked at, and only then added.

Promises: nothing is a source before it is asked to be one; what was found is kept as an offer, so that its buttons work
after a restart; adding asks nobody anything, as the next poll reads what the feed holds; added twice, it is there once.
"""

from dataclasses import dataclass

from bot.domain.errors import SourceError, UserError, WorkerError
from bot.domain.models import Source
from bot.domain.ports import Now
from bot.feeds.choices import Choice
from bot.services.finding import Finder, Found, refusal, rivals, source_title
from bot.services.offers import Offer, Offers
from bot.services.previews import Previews, Sample
from bot.storage import sources
from bot.storage.database import Database

UNKNOWN_NUMBER = "That choice does not exist."


@dataclass(frozen=True, slots=True)
class Proposal:
    """A feed that may be added: number `position` of an offer that has `others` beside it."""

    offer_id: int
    position: int
    others: int
    sample: Sample


@dataclass(frozen=True, slots=True)
class Known:
    """A source that is there already. `others`: further feeds of the same page, kept as the offer `offer_id`."""

    source: Source
    others: int = 0
    offer_id: int | None = None


class Adding:
    """Answers whoever adds sources and can be asked."""

    def __init__(self, database: Database, finder: Finder, previews: Previews, now: Now, interval_s: int) -> None:
        """`interval_s`: seconds between two polls of what is added."""
        self._database = database
        self._finder = finder
        self._previews = previews
        self._now = now
        self._interval_s = interval_s
        self._offers = Offers(database, now)

    async def look(self, url: str) -> Proposal | Offer | Known:
        """What is at an address: one feed, or several about as good, or a source that is there.

        Raises:
            UserError: there is no feed, or it may not or cannot be read; one sentence.
        """
        if known := await self._known(url):
            return Known(known)
        found = await self._finder.look(url)
        choices = tuple(one.choice for one in found)
        known = None if rivals(found) else await self._known(found[0].fetched.url)
        if known and len(found) == 1:
            return Known(known)
        async with self._database.write() as tx:
            offer_id = await self._offers.keep(tx, choices)
        if known:
            return Known(known, len(found) - 1, offer_id)
        if rivals(found):
            return await self._offer(offer_id, choices)
        return await self._proposal(offer_id, 0, found[0], len(found) - 1)

    async def feeds(self, offer_id: int) -> Offer:
        """An offer's feeds, as they stand.

        Raises:
            UserError: it has expired.
        """
        return await self._offer(offer_id, await self._offers.get(offer_id))

    async def preview(self, offer_id: int, position: int) -> Proposal | Known:
        """One of an offer's feeds.

        Raises:
            UserError: the offer has expired, or the feed cannot be read any more.
        """
        choices = await self._offers.get(offer_id)
        choice = _at(choices, position)
        if known := await self._known(choice.url):
            return Known(known, len(choices) - 1, offer_id)
        try:
            found = await self._finder.read(choice.url, choice.title)
        except (SourceError, WorkerError) as error:
            raise UserError(refusal(error)) from error
        return await self._proposal(offer_id, position, found, len(choices) - 1)

    async def add(self, offer_id: int, position: int) -> tuple[Source, int, bool]:
        """Make one of an offer's feeds a source, due at once.

        Returns:
            The source, how many other feeds the offer has, and whether it was there already.

        Raises:
            UserError: the offer has expired.
        """
        choices = await self._offers.get(offer_id)
        choice, now = _at(choices, position), self._now()
        async with self._database.write() as tx:
            if known := await sources.known(tx, choice.url):
                return known, len(choices) - 1, True
            source = await sources.add(
                tx,
                url=choice.url,
                title=source_title(choice),
                language=choice.language,
                site_url=choice.site_url,
                interval_s=self._interval_s,
                at=now,
            )
        return source, len(choices) - 1, False

    async def cancel(self, offer_id: int) -> None:
        """Nothing of an offer is wanted."""
        await self._offers.drop(offer_id)

    async def _known(self, url: str) -> Source | None:
        async with self._database.read() as tx:
            return await sources.known(tx, url.strip())

    async def _offer(self, offer_id: int, choices: tuple[Choice, ...]) -> Offer:
        async with self._database.read() as tx:
            return Offer(offer_id, choices, await sources.known_among(tx, [choice.url for choice in choices]))

    async def _proposal(self, offer_id: int, position: int, found: Found, others: int) -> Proposal:
        return Proposal(offer_id, position, others, await self._previews.sample(found))


def _at(choices: tuple[Choice, ...], position: int) -> Choice:
    if not 0 <= position < len(choices):
        raise UserError(UNKNOWN_NUMBER)
    return choices[position]
