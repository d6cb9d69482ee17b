"""Parsing: the bytes of a feed → a Feed, by one of two ways or, for JSON Feed, by ourselves.

A feed that proves plain is read the fast way, any other by feedparser, the reference; both must say the same of a feed
that both can read. Pure and blocking: callers run it in a worker. Nothing outside the bytes is read. What comes out is
plain text and http(s) addresses, bounded in number and length.
"""

from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from bot.domain.errors import NotAFeed
from bot.domain.models import Entry, Feed, FeedKind
from bot.domain.text import plain
from bot.feeds.dates import read_time
from bot.feeds.decode import decoded
from bot.feeds.fast import read_fast
from bot.feeds.hints import read_hints
from bot.feeds.jsonfeed import parse_json_feed
from bot.feeds.limits import (
    CONTENT_CHARS,
    ID_CHARS,
    LANGUAGE_CHARS,
    MOST_ENTRIES,
    NAME_CHARS,
    SUMMARY_CHARS,
    TITLE_CHARS,
    usable_time,
)
from bot.feeds.markup import line_of, text_of
from bot.feeds.raw import Raw, RawFeed
from bot.feeds.reference import NO_FEED, read_any
from bot.feeds.repair import find_root
from bot.feeds.urls import relative_link, web_link


def parse_feed(
    body: bytes,
    *,
    url: str | None = None,
    content_type: str | None = None,
    most_entries: int = MOST_ENTRIES,
    now: datetime | None = None,
) -> Feed:
    """Parse a feed of any known format.

    Args:
        body: as it came, at most some MB.
        url: where it came from; relative addresses are resolved against it, and stay relative where it is None.
        content_type: the HTTP header, for its charset.
        most_entries: entries after these are not looked at.
        now: the present; times later than a day after it are dropped. None: times up to the year 2100 pass.

    Raises:
        NotAFeed: the bytes are no feed, or broken beyond reading.
    """
    text = decoded(body, content_type)
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return parse_json_feed(text, url, most_entries, now)
    root = find_root(text)
    if root is None:
        raise NotAFeed(NO_FEED)
    raw = read_fast(text, root, most_entries) or read_any(text, root, url, most_entries)
    return as_feed(raw, text, url, now)


def as_feed(raw: RawFeed, text: str, url: str | None, now: datetime | None) -> Feed:
    """The feed as everybody else sees it; `text` is its document, for what is said there to readers of feeds."""
    hints = read_hints(text, url)
    return Feed(
        kind=raw.kind,
        title=line_of(_text(raw.channel, "title"), TITLE_CHARS) or None,
        link=_link(raw.channel.get("link"), url),
        language=plain(_text(raw.channel, "language"), LANGUAGE_CHARS) or None,
        entries=tuple(_entry(entry, url, now, dated_once=raw.kind != FeedKind.ATOM) for entry in raw.entries),
        ttl_s=hints.ttl_s,
        skip_hours=hints.skip_hours,
        skip_days=hints.skip_days,
        hub=hints.hub,
        self_url=hints.self_url,
    )


def _entry(raw: Raw, url: str | None, now: datetime | None, dated_once: bool) -> Entry:
    """`dated_once`: the format has one date, so one that feedparser calls "updated" (dc:date) is the publication's."""
    updated_at = _time(raw, "updated", now)
    contents = [text_of(_text(content, "value"), CONTENT_CHARS) for content in raw.get("content") or ()]
    return Entry(
        id=_id(plain(_text(raw, "id"), ID_CHARS), url),
        title=line_of(_text(raw, "title"), TITLE_CHARS),
        link=_link(raw.get("link"), url),
        author=line_of(_text(raw, "author"), NAME_CHARS) or None,
        published_at=_time(raw, "published", now) or (updated_at if dated_once else None),
        updated_at=updated_at,
        summary=text_of(_text(raw, "summary"), SUMMARY_CHARS) or None,
        content=max(contents, key=len, default="") or None,
        image=next(_images(raw, url), None),
    )


def _id(guid: str, url: str | None) -> str | None:
    """As the publisher wrote it; only a path is made an address, anything else could change with the feed's own."""
    return (web_link(guid, url) if guid.startswith("/") else None) or guid or None


def _link(link: object, url: str | None) -> str | None:
    return web_link(link, url) or (relative_link(link) if url is None else None)


def _images(raw: Raw, url: str | None) -> Iterator[str]:
    image = raw.get("image")
    candidates = [image.get("href") if isinstance(image, Mapping) else image]
    for group in ("media_thumbnail", "media_content", "enclosures"):
        for medium in raw.get(group) or ():
            kind = f"{medium.get('type') or ''} {medium.get('medium') or ''}"
            if group == "media_thumbnail" or "image" in kind:
                candidates.append(medium.get("url") or medium.get("href"))
    yield from filter(None, (web_link(candidate, url) for candidate in candidates))


def _text(raw: Raw, name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _time(raw: Raw, name: str, now: datetime | None) -> datetime | None:
    """By our own rules where they know the form, else by feedparser's."""
    # feedparser's own get answers for a missing "updated" with "published"
    written, parsed = dict.get(raw, name), dict.get(raw, f"{name}_parsed")
    at = read_time(written) if isinstance(written, str) else None
    try:
        if at is None and parsed:
            at = datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return usable_time(at, now)
