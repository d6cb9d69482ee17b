"""What the headers of an answer say about asking again: how long it stays fresh, and who pushes changes."""

import re
from collections.abc import Iterable

from bot.feeds.urls import web_link

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_NOT_FRESH = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b", re.IGNORECASE)
_LINK = re.compile(r"<([^<>]{1,2048})>((?:\s*;\s*[\w*-]{1,40}\s*=\s*(?:\"[^\"]{0,500}\"|[^\s\",;]{0,500})){1,20})")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)
_LONGEST = 8000


def max_age_s(cache_control: str) -> int | None:
    """Seconds that an answer stays fresh (RFC 9111, section 5.2.2.1); None where it does not say."""
    found = _MAX_AGE.search(cache_control[:_LONGEST])
    return int(found[1]) if found and not _NOT_FRESH.search(cache_control[:_LONGEST]) else None


def header_links(values: Iterable[str], url: str) -> dict[str, str]:
    """The addresses of Link headers (RFC 8288) by their relation, absolute; of several the first."""
    found: dict[str, str] = {}
    for address, parameters in _LINK.findall(", ".join(values)[:_LONGEST]):
        said = _REL.search(parameters)
        link = web_link(address, url)
        for rel in (said[1] or said[2]).lower().split() if said and link else ():
            found.setdefault(rel, link or "")
    return found
