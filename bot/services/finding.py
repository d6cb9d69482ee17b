"""From what an admin typed to the feeds there: fetched, read and compared, nothing stored.

Promises: every address goes through the fetcher's guard, those that a page names as well, and every request waits for
its turn at the host, though not for long; at most `MOST_TRIED` feeds of a page are read, one after the other, as they
are mostly of one host.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

from bot.domain.errors import Forbidden, HostBusy, NotAFeed, SourceError, UserError, WorkerError
from bot.domain.models import Feed, FeedLink
from bot.domain.ports import Now, Workers
from bot.domain.text import cut
from bot.feeds.choices import Choice, best_first, choice_of
from bot.feeds.discover import feed_links
from bot.feeds.fetch import Fetched
from bot.feeds.parse import parse_feed
from bot.feeds.usual import feed_by_form, usual_feeds
from bot.feeds.visits import Visits

MOST_TRIED = 5
MOST_S = 30.0  # for the feeds of a page together
PATIENCE_S = 5.0  # for a turn at a host, while somebody looks at the chat
PARSE_LIMIT_S = 5.0
TWIN_SHARE = 0.8  # of the entries of two feeds together: RSS and Atom of the same list
RIVAL_SHARE = 0.5  # of the best feed's articles a week: less is a section, or asleep
TITLE_CHARS = 120
NO_FEED = "That page has no feed. Send the address of its RSS or Atom feed, or of another page."


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that could be read, and what it offers."""

    fetched: Fetched
    feed: Feed
    choice: Choice


class Finder:
    """Looks for feeds."""

    def __init__(self, visits: Visits, workers: Workers, now: Now) -> None:
        self._visits = visits
        self._workers = workers
        self._now = now

    async def look(self, url: str) -> tuple[Found, ...]:
        """The feeds at an address, best first; exactly one where the address is a feed itself.

        Raises:
            UserError: there is no feed, or it may not or cannot be read; one sentence.
        """
        try:
            return await self._look(url.strip())
        except (SourceError, WorkerError) as error:
            raise UserError(refusal(error)) from error

    async def read(self, url: str, title: str | None = None, *, patience_s: float = PATIENCE_S) -> Found:
        """The feed at exactly this address; `title` is what a page calls it.

        Raises:
            HostBusy: its turn would come later than `patience_s`; nothing was asked.
            SourceError: it cannot be read, or is no feed.
            WorkerError: reading it took too long or too much memory.
        """
        return await self._read(await self._visits.feed(url, patience_s=patience_s), title)

    async def _look(self, url: str) -> tuple[Found, ...]:
        if (known := feed_by_form(url)) and (found := await self._readable([FeedLink(known, None)])):
            return found
        fetched = await self._fetch(url)
        try:
            return (await self._read(fetched, None),)
        except NotAFeed:
            offered = await self._workers.run(feed_links, fetched.body, fetched.url)
        found = await self._readable(offered[:MOST_TRIED]) or await self._guessed(fetched.url)
        if not found:
            raise NotAFeed(NO_FEED)
        return _without_twins(found)

    async def _readable(self, links: Iterable[FeedLink]) -> tuple[Found, ...]:
        """Those that can be read.

        Raises:
            HostBusy: none can, and one of them only because its turn would come too late.
        """
        found: list[Found] = []
        busy: HostBusy | None = None
        with contextlib.suppress(TimeoutError):  # what was found by then is enough to choose from
            async with asyncio.timeout(MOST_S):
                for link in links:
                    try:
                        found.append(await self.read(link.url, link.title))
                    except HostBusy as error:
                        busy = error
                    except (SourceError, WorkerError):
                        continue
        if busy and not found:
            raise busy
        return _named_apart(found, {link.url: link.title for link in links})

    async def _guessed(self, page_url: str) -> tuple[Found, ...]:
        """The first usual place that holds a feed; an empty one is no proof that the page's news are there."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MOST_S):
                for url in usual_feeds(page_url):
                    found = await self._readable([FeedLink(url, None)])
                    if found and found[0].feed.entries:
                        return found
        return ()

    async def _fetch(self, url: str) -> Fetched:
        """Fetch what was typed; an address without a scheme is tried with https and then with http."""
        if "://" in url:
            return await self._get(url)
        try:
            return await self._get("https://" + url)
        except (Forbidden, HostBusy):
            raise
        except SourceError as error:
            if error.status is not None:
                raise
        return await self._get("http://" + url)

    async def _get(self, url: str) -> Fetched:
        return await self._visits.feed(url, patience_s=PATIENCE_S)

    async def _read(self, fetched: Fetched, title: str | None) -> Found:
        now = self._now()
        work = partial(parse_feed, fetched.body, url=fetched.url, content_type=fetched.content_type, now=now)
        feed = await self._workers.run(work, limit_s=PARSE_LIMIT_S)
        return Found(fetched, feed, choice_of(fetched.url, feed, now, title))


def refusal(error: SourceError | WorkerError) -> str:
    """Why there is no source, for whoever asked for it: one sentence, or two."""
    if isinstance(error, (Forbidden, NotAFeed)):
        return str(error) if isinstance(error, Forbidden) else NO_FEED
    if isinstance(error, WorkerError):
        return "That feed is too large or too tangled to read."
    if isinstance(error, HostBusy):
        return f"Its host is busy right now. Try again {_in_words(error.retry_after_s or 0.0)}."
    return f"That address could not be read. {error}"


def _in_words(wait_s: float) -> str:
    seconds = max(ceil(wait_s), 1)
    for unit_s, unit in ((3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit_s:
            return f"in {ceil(seconds / unit_s)} {unit}"
    return f"in {seconds} second{'s' if seconds > 1 else ''}"


def source_title(choice: Choice) -> str:
    """What a source of this feed is called: as the feed calls itself, else its host."""
    return cut(choice.feed_title or choice.url.partition("://")[2].partition("/")[0], TITLE_CHARS)


def rivals(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """The feeds that are about as good as the first one, so that only a person can choose."""
    if not found:
        return ()
    best = found[0].choice
    least = (best.articles_per_week or 0.0) * RIVAL_SHARE
    return tuple(
        other
        for other in found[1:]
        if other.feed.entries
        and other.choice.full_text == best.full_text
        and (other.choice.articles_per_week or 0.0) >= least
    )


def _without_twins(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """Best first, and each list of articles once, in the form that the page names first."""
    kept: list[Found] = []
    for one in found:
        if not any(_are_twins(one, other) or one.choice.url == other.choice.url for other in kept):
            kept.append(one)
    by_url = {one.choice.url: one for one in kept}
    return tuple(by_url[choice.url] for choice in best_first([one.choice for one in kept]))


def _are_twins(one: Found, other: Found) -> bool:
    first, second = ({entry.link or entry.title for entry in each.feed.entries} for each in (one, other))
    return bool(first) and len(first & second) >= TWIN_SHARE * len(first | second)


def _named_apart(found: list[Found], offered: dict[str, str | None]) -> tuple[Found, ...]:
    """Feeds of one outlet often share one title: then the page's own words for them tell more."""
    titles = [one.choice.title for one in found]
    return tuple(
        replace(one, choice=replace(one.choice, title=offered.get(one.choice.url) or one.choice.title))
        if titles.count(one.choice.title) > 1
        else one
        for one in found
    )
