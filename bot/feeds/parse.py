"""Parsing: the bytes of a feed → a Feed, by feedparser (RSS, Atom, RDF) or by ourselves (JSON Feed).

Pure and blocking: callers run it in a worker. Nothing outside the bytes is read. What comes out is plain text and
http(s) addresses, bounded in number and length. feedparser's sanitiser and link rewriting stay off, because no markup
survives here anyway and both are slow.
"""

import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from bot.domain.errors import NotAFeed
from bot.domain.models import Entry, Feed, FeedKind
from bot.domain.text import plain
from bot.feeds.decode import decoded
from bot.feeds.jsonfeed import parse_json_feed
from bot.feeds.limits import CONTENT_CHARS, ID_CHARS, NAME_CHARS, SUMMARY_CHARS, TITLE_CHARS, usable_time
from bot.feeds.markup import line_of, text_of
from bot.feeds.repair import find_root, repaired
from bot.feeds.urls import web_link

_NO_FEED = "That is not a feed."
_AUTHOR_CHARS = 200

Raw = Mapping[str, Any]


def parse_feed(
    body: bytes,
    *,
    url: str | None = None,
    content_type: str | None = None,
    most_entries: int = 200,
    now: datetime | None = None,
) -> Feed:
    """Parse a feed of any known format.

    Args:
        body: as it came, at most some MB.
        url: where it came from; relative addresses are resolved against it.
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
        raise NotAFeed(_NO_FEED)
    parsed = _feedparser(repaired(text, root, most_entries), url)
    channel, entries = parsed["feed"], parsed["entries"][:most_entries]
    if not parsed["version"] and not entries and not channel:
        raise NotAFeed(_NO_FEED)
    kind = _kind(parsed["version"], text[root : root + 60])
    return Feed(
        kind=kind,
        title=line_of(_text(channel, "title"), TITLE_CHARS) or None,
        link=web_link(channel.get("link"), url),
        language=plain(_text(channel, "language"), 35) or None,
        entries=tuple(_entry(entry, url, now, dated_once=kind != FeedKind.ATOM) for entry in entries),
    )


def _feedparser(xml: str, url: str | None) -> Raw:
    import feedparser

    _defuse()
    headers = {"content-type": "application/xml; charset=utf-8"} | ({"content-location": url} if url else {})
    try:
        found: Raw = feedparser.parse(
            BytesIO(xml.encode("utf-8", "replace")),  # a path or an address would be opened
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:
        raise NotAFeed(_NO_FEED) from error
    return found


def _defuse() -> None:
    """Cut authors before feedparser's e-mail pattern sees them (20 s for one of 64 kB), and leave ids as they are."""
    from feedparser.mixin import _FeedParserMixin as Mixin

    original = Mixin._sync_author_detail  # noqa: SLF001 - feedparser offers no other place
    if hasattr(original, "cuts"):
        return

    def sync(self: Any, key: str = "author") -> None:
        context = self._get_context()
        if len(context.get(key) or "") > _AUTHOR_CHARS:
            context[key] = context[key][:_AUTHOR_CHARS]
        original(self, key)

    sync.cuts = True  # type: ignore[attr-defined]
    Mixin._sync_author_detail = sync  # noqa: SLF001
    Mixin.can_be_relative_uri = Mixin.can_be_relative_uri - {"id"}


def _kind(version: str, root: str) -> FeedKind:
    if version.startswith("atom"):
        return FeedKind.ATOM
    if version in ("rss090", "rss10") or re.match(r"<(\w+:)?rdf\b", root, re.IGNORECASE):
        return FeedKind.RDF
    return FeedKind.ATOM if re.match(r"<(\w+:)?feed\b", root, re.IGNORECASE) else FeedKind.RSS


def _entry(raw: dict[str, Any], url: str | None, now: datetime | None, dated_once: bool) -> Entry:
    """`dated_once`: the format has one date, so one that feedparser calls "updated" (dc:date) is the publication's."""
    updated_at = _time(raw, "updated_parsed", now)
    contents = [text_of(_text(content, "value"), CONTENT_CHARS) for content in raw.get("content") or ()]
    return Entry(
        id=_id(plain(_text(raw, "id"), ID_CHARS), url),
        title=line_of(_text(raw, "title"), TITLE_CHARS),
        link=web_link(raw.get("link"), url),
        author=line_of(_text(raw, "author"), NAME_CHARS) or None,
        published_at=_time(raw, "published_parsed", now) or (updated_at if dated_once else None),
        updated_at=updated_at,
        summary=text_of(_text(raw, "summary"), SUMMARY_CHARS) or None,
        content=max(contents, key=len, default="") or None,
        image=next(_images(raw, url), None),
    )


def _id(guid: str, url: str | None) -> str | None:
    """As the publisher wrote it; only a path is made an address, anything else could change with the feed's own."""
    return (web_link(guid, url) if guid.startswith("/") else None) or guid or None


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


def _time(raw: dict[str, Any], name: str, now: datetime | None) -> datetime | None:
    parsed = dict.get(raw, name)  # its own get answers for a missing "updated" with "published"
    try:
        return usable_time(datetime.fromtimestamp(timegm(parsed), UTC), now) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
