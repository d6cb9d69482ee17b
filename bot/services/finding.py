"""From what an admin typed to the feeds there: fetched, read and compared, nothing stored.

Promises: every address goes through the fetcher's guard, those that a page names as well; at most `MOST_TRIED` feeds of
a page are read, one after the other, as they are mostly of one host.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from bot.domain.errors import Forbidden, NotAFeed, SourceError, UserError, WorkerError
from bot.domain.models import Feed, FeedLink
from bot.domain.ports import Now, Workers
from bot.feeds.choices import Choice, best_first, choice_of
from bot.feeds.discover import feed_links
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.parse import parse_feed
from bot.feeds.usual import feed_by_form, usual_feeds

MOST_TRIED = 5
MOST_S = 30.0  # for the feeds of a page together
PARSE_LIMIT_S = 5.0
TWIN_SHARE = 0.8  # of the entries of two feeds together: RSS and Atom of the same list
RIVAL_SHARE = 0.5  # of the best feed's articles a week: less is a section, or asleep
NO_FEED = "That page has no feed. Send the address of its RSS or Atom feed, or of another page."


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that could be read, and what it offers."""

    fetched: Fetched
    feed: Feed
    choice: Choice


class Finder:
    """Looks for feeds."""

    def __init__(self, fetcher: Fetcher, workers: Workers, now: Now) -> None:
        self._fetcher = fetcher
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

    async def read(self, url: str, title: str | None = None) -> Found:
        """The feed at exactly this address; `title` is what a page calls it.

        Raises:
            SourceError: it cannot be read, or is no feed.
            WorkerError: reading it took too long or too much memory.
        """
        return await self._read(await self._fetcher.get(url), title)

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
        found: list[Found] = []
        with contextlib.suppress(TimeoutError):  # what was found by then is enough to choose from
            async with asyncio.timeout(MOST_S):
                for link in links:
                    with contextlib.suppress(SourceError, WorkerError):
                        found.append(await self.read(link.url, link.title))
        return _named_apart(found, {link.url: link.title for link in links})

    async def _guessed(self, page_url: str) -> tuple[Found, ...]:
        """The first usual place that holds a feed; an empty one is no proof that the page's news are there."""
        for url in usual_feeds(page_url):
            found = await self._readable([FeedLink(url, None)])
            if found and found[0].feed.entries:
                return found
        return ()

    async def _fetch(self, url: str) -> Fetched:
        """Fetch what was typed; an address without a scheme is tried with https and then with http."""
        if "://" in url:
            return await self._fetcher.get(url)
        try:
            return await self._fetcher.get("https://" + url)
        except Forbidden:
            raise
        except SourceError as error:
            if error.status is not None:
                raise
        return await self._fetcher.get("http://" + url)

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
    return f"That address could not be read. {error}"


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
