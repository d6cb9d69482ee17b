"""Where the rest of an article is: its next page, and its plain version (AMP).

Both are addresses only; whoever fetches them passes the guard.
"""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from bot.feeds.decode import decoded
from bot.feeds.markup import without_comments
from bot.feeds.urls import web_link

MOST_PAGES = 5

_MOST_BYTES = 2 << 20
_TAG = re.compile(r"""(?i)<(?:a|link)(?=[\s/])((?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+)>""")
_ATTRIBUTE = re.compile(r"""(?i)\b(href|rel)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>]++))""")
_PAGE_NAMES = frozenset({"page", "p", "pg", "pagenum", "paged", "seite", "pagina", "pagenumber", "part"})
_PAGE_PATH = re.compile(
    r"(?:[/,_-]|/(?:page|seite|pagina|p|part)[/_-]?|[-_](?:page|seite|part)[-_]?)(\d)$", re.IGNORECASE
)
_SUFFIX = re.compile(r"\.(?:html?|php|aspx?|shtml)$", re.IGNORECASE)


def next_page(html: bytes, url: str, page: int = 1) -> str | None:
    """The address of the page after this one of the same article; None on its last and behind the fifth.

    Followed is a link to the same address with the next page's number in it, so neither a next article nor a next page
    of a list.

    Args:
        html: the page; only its first 2 MiB are read.
        url: the address of the article's first page.
        page: which page `html` is.
    """
    if page >= MOST_PAGES:
        return None
    for address, _ in _links(html, url):
        if page_of(address, url) == page + 1:
            return address
    return None


def amp_url(html: bytes, url: str) -> str | None:
    """The address of the page's AMP version, which often has the text where the page builds it by script.

    Only one on the outlet's own host, or the one that it has for AMP; none in a cache of others.
    """
    return next(
        (each for each, rel in _links(html, url) if "amphtml" in rel and each != url and _is_own(each, url)), None
    )


def _is_own(address: str, url: str) -> bool:
    return _site(address) == _site(url)


def _site(url: str) -> str:
    return re.sub(r"^(?:www|amp|m|mobile)\.", "", urlsplit(url).hostname or "")


def page_of(address: str, first: str) -> int | None:
    """Which page of the article at `first` an address is: 2 to 9, None where it is no page of it."""
    one, other = urlsplit(first), urlsplit(address)
    if (one.hostname or "").removeprefix("www.") != (other.hostname or "").removeprefix("www."):
        return None
    if _stem(one.path) == _stem(other.path):
        return _query_page(one.query, other.query)
    found = _PAGE_PATH.search(_stem(other.path))
    if not found or one.query != other.query or _stem(other.path)[: found.start()] != _stem(one.path):
        return None
    return int(found[1]) if found[1] not in "01" else None


def _stem(path: str) -> str:
    return _SUFFIX.sub("", path.rstrip("/"))


def _query_page(first: str, other: str) -> int | None:
    known = parse_qsl(first, max_num_fields=50)
    added = [pair for pair in parse_qsl(other, max_num_fields=50) if pair not in known]
    if len(added) != 1 or added[0][0].lower() not in _PAGE_NAMES:
        return None
    number = added[0][1]
    return int(number) if number.isascii() and number.isdigit() and len(number) == 1 and number not in "01" else None


def _links(html: bytes, url: str) -> list[tuple[str, list[str]]]:
    text = without_comments(decoded(html[:_MOST_BYTES], html[:4096].decode("latin-1")))
    found = []
    for tag in _TAG.finditer(text):
        said = {name.lower(): unescape(a or b or c).strip() for name, a, b, c in _ATTRIBUTE.findall(tag[1][:5000])}
        if address := web_link(said.get("href"), url):
            found.append((address.partition("#")[0], said.get("rel", "").lower().split()))
    return found
