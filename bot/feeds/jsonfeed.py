"""JSON Feed 1.0 and 1.1 (jsonfeed.org): the one format that feedparser does not read."""

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from bot.domain.errors import NotAFeed
from bot.domain.models import Entry, Feed, FeedKind
from bot.domain.text import plain, plain_lines
from bot.feeds.limits import (
    CONTENT_CHARS,
    ID_CHARS,
    LANGUAGE_CHARS,
    NAME_CHARS,
    SUMMARY_CHARS,
    TITLE_CHARS,
    usable_time,
)
from bot.feeds.markup import line_of, text_of
from bot.feeds.urls import web_link

Item = Mapping[str, Any]


def parse_json_feed(text: str, url: str | None, most_entries: int, now: datetime | None) -> Feed:
    """Parse JSON Feed; items of a wrong type are left out, fields of a wrong type are taken as missing.

    Raises:
        NotAFeed: it is no JSON, or no feed.
    """
    try:
        # numbers stay as they are written: an id of many digits is an id
        data = json.loads(text.lstrip("\ufeff"), parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise NotAFeed("That is not a feed: its JSON is broken.") from error
    if not isinstance(data, dict) or not _string(data, "version") or not isinstance(data.get("items"), list):
        raise NotAFeed("That is not a feed.")
    items = [item for item in data["items"] if isinstance(item, dict)]
    return Feed(
        kind=FeedKind.JSON,
        title=line_of(_string(data, "title"), TITLE_CHARS) or None,
        link=web_link(data.get("home_page_url"), url),
        language=plain(_string(data, "language"), LANGUAGE_CHARS) or None,
        entries=tuple(_entry(item, url, now) for item in items[:most_entries]),
        hub=next(filter(None, (web_link(hub.get("url"), url) for hub in _hubs(data))), None),
        self_url=web_link(data.get("feed_url"), url),
    )


def _hubs(data: Item) -> list[Item]:
    hubs = data.get("hubs")
    return [hub for hub in hubs[:10] if isinstance(hub, dict)] if isinstance(hubs, list) else []


def _entry(item: Item, url: str | None, now: datetime | None) -> Entry:
    html = text_of(_string(item, "content_html"), CONTENT_CHARS)
    return Entry(
        id=plain(_string(item, "id"), ID_CHARS) or None,
        title=line_of(_string(item, "title"), TITLE_CHARS),
        link=web_link(item.get("url"), url) or web_link(item.get("external_url"), url),
        author=_author(item),
        published_at=_time(item, "date_published", now),
        updated_at=_time(item, "date_modified", now),
        summary=plain_lines(_string(item, "summary"), SUMMARY_CHARS) or None,
        content=html or plain_lines(_string(item, "content_text"), CONTENT_CHARS) or None,
        image=web_link(item.get("image"), url) or web_link(item.get("banner_image"), url),
    )


def _author(item: Item) -> str | None:
    authors = item.get("authors")
    people = authors if isinstance(authors, list) else [item.get("author")]
    names = [plain(_string(person, "name"), NAME_CHARS) for person in people[:10] if isinstance(person, dict)]
    return ", ".join(name for name in names if name)[:NAME_CHARS] or None


def _string(item: Item, name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _time(item: Item, name: str, now: datetime | None) -> datetime | None:
    """RFC 3339 as the format asks, or an e-mail date as some give."""
    written = _string(item, name)[:60].strip()
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return usable_time(read(written), now)
        except (ValueError, TypeError):
            continue
    return None
