"""Discovery: the feeds that a page offers through `<link rel="alternate">`, in the page's order.

Left out are feeds of comments, which are no news, and what only looks like a feed (oEmbed, WordPress's wp-json).
"""

import re
from collections.abc import Iterator
from html import unescape

from bot.domain.models import FeedLink
from bot.domain.text import plain
from bot.feeds.decode import decoded
from bot.feeds.markup import without_comments
from bot.feeds.urls import web_link

_MOST_BYTES = 2 << 20
_MOST_LINKS = 50
_TITLE_CHARS = 200

_SCRIPT = re.compile(r"(?is)<(script|style|template|textarea)\b[^<>]*+>.*?(?:</\1\s*>|\Z)")
_TAG = re.compile(r"""(?i)<(link|base)(?=[\s/])((?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+)>""")
_ATTRIBUTE = re.compile(r"""([a-zA-Z:-]+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>]++))""")
_TYPES = re.compile(r"application/(?:(?:rss|atom|rdf|feed)\+(?:xml|json)|json|xml)|text/(?:xml|rss|rdf\+xml)")
_PLAIN_TYPES = re.compile(r"application/(?:json|xml)|text/xml")  # anything may be behind these
_LIKE_A_FEED = re.compile(r"(?i)feed|rss|atom|rdf|\.xml\b")
_NO_NEWS_ADDRESS = re.compile(
    r"(?i)/comments?(?:/|$|\?|\.)|[?&]feed=comments|/wp-json(?:/|$)|oembed|commentrss|comments-feed"
)
_COMMENT_TITLE = re.compile(
    r"(?i)\b(?:of this post|comments?|kommentar\w*|comentarios?|comentários?|commentaires?|commenti|reacties"
    r"|kommentarer|komentarz\w*|komentar\w*|yorum\w*)\b|комментари|評論|评论|コメント|댓글|التعليقات"
)


def feed_links(html: bytes, url: str) -> tuple[FeedLink, ...]:
    """The news feeds that a page offers, absolute http(s) addresses, each once, at most fifty.

    Args:
        html: the page; only its first 2 MiB are read.
        url: where it came from.
    """
    head = html[:4096].decode("latin-1")  # where a page says its charset
    text = _SCRIPT.sub("", without_comments(decoded(html[:_MOST_BYTES], head)))
    found: dict[str, FeedLink] = {}
    for link in _links(text, url):
        found.setdefault(link.url, link)
        if len(found) == _MOST_LINKS:
            break
    return tuple(found.values())


def _links(text: str, url: str) -> Iterator[FeedLink]:
    base = url
    for tag in _TAG.finditer(text):
        attributes = _attributes(tag[2])
        if tag[1].lower() == "base":
            base = web_link(attributes.get("href"), url) or base
            continue
        address = web_link(attributes.get("href"), base)
        title = plain(attributes.get("title", ""), _TITLE_CHARS) or None
        if address and _offers_feed(attributes) and not _is_no_news(address, title):
            yield FeedLink(address, title)


def _attributes(inside: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(inside[:5000]):
        found.setdefault(name.lower(), unescape(double or single or bare).strip())
    return found


def _offers_feed(attributes: dict[str, str]) -> bool:
    kind = attributes.get("type", "").partition(";")[0].strip().lower()
    if "alternate" not in attributes.get("rel", "").lower().split() or not _TYPES.fullmatch(kind):
        return False
    return not _PLAIN_TYPES.fullmatch(kind) or bool(_LIKE_A_FEED.search(attributes.get("href", "")))


def _is_no_news(address: str, title: str | None) -> bool:
    return bool(_NO_NEWS_ADDRESS.search(address) or _COMMENT_TITLE.search(title or ""))
