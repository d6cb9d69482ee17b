"""The reference way: feedparser, for any feed that can be read at all.

feedparser's sanitiser and link rewriting stay off, because no markup survives our cleaning anyway and both are slow.
"""

import re
from io import BytesIO
from typing import Any

from bot.domain.errors import NotAFeed
from bot.domain.models import FeedKind
from bot.feeds.raw import Raw, RawFeed
from bot.feeds.repair import repaired

NO_FEED = "That is not a feed."
_AUTHOR_CHARS = 200


def read_any(text: str, root: int, url: str | None, most_entries: int) -> RawFeed:
    """Read the feed whose first element begins at `root`.

    Raises:
        NotAFeed: nothing of a feed is in it.
    """
    parsed = _feedparser(repaired(text, root, most_entries), url)
    channel, entries = parsed["feed"], parsed["entries"][:most_entries]
    if not parsed["version"] and not entries and not channel:
        raise NotAFeed(NO_FEED)
    return RawFeed(_kind(parsed["version"], text[root : root + 60]), channel, entries)


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
        raise NotAFeed(NO_FEED) from error
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
