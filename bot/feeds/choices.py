"""Which of a page's feeds to take: what each of them offers, to be shown before one is chosen."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.models import Entry, Feed
from bot.domain.text import plain

FULL_TEXT_CHARS = 1500
_WEEK = timedelta(days=7)
_LEAST_SPAN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Choice:
    """A feed as a choice, and what a source of it is called.

    `articles_per_week` is None where too few entries have a date to tell. `title` tells it from the page's other feeds,
    `feed_title` is what it calls itself.
    """

    url: str
    title: str
    newest_title: str | None
    newest_at: datetime | None
    articles_per_week: float | None
    full_text: bool
    feed_title: str | None = None
    language: str | None = None
    site_url: str | None = None


def choice_of(url: str, feed: Feed, now: datetime, offered_title: str | None = None) -> Choice:
    """What a parsed feed offers.

    Args:
        url: where it is.
        feed: what is there.
        now: the present; a feed that has fallen silent publishes less with each day.
        offered_title: the name that the page gave it, for a feed without a title of its own.
    """
    newest = _newest(feed)
    return Choice(
        url=url,
        title=feed.title or offered_title or url,
        newest_title=plain(newest.title or _text(newest), 200) or None if newest else None,
        newest_at=_at(newest) if newest else None,
        articles_per_week=_per_week(feed, now),
        full_text=_has_full_text(feed),
        feed_title=feed.title,
        language=feed.language,
        site_url=feed.link,
    )


def best_first(choices: list[Choice]) -> list[Choice]:
    """The same, those with the fullest text and then the liveliest first; equals stay in the page's order."""
    return sorted(choices, key=lambda choice: (not choice.full_text, -(choice.articles_per_week or 0.0)))


def _newest(feed: Feed) -> Entry | None:
    dated = [(at, -n) for n, entry in enumerate(feed.entries) if (at := _at(entry))]
    if dated:
        return feed.entries[-max(dated)[1]]
    return feed.entries[0] if feed.entries else None


def _per_week(feed: Feed, now: datetime) -> float | None:
    times = [at for entry in feed.entries if (at := _at(entry))]
    if len(times) < 2:
        return None
    return len(times) * (_WEEK / max(now - min(times), _LEAST_SPAN))


def _has_full_text(feed: Feed) -> bool:
    """Whether half of the entries carry a text that is as long as an article."""
    long = sum(len(_text(entry)) >= FULL_TEXT_CHARS for entry in feed.entries)
    return bool(feed.entries) and 2 * long >= len(feed.entries)


def _at(entry: Entry) -> datetime | None:
    return entry.published_at or entry.updated_at


def _text(entry: Entry) -> str:
    return max(entry.content or "", entry.summary or "", key=len)
