"""Addresses that readers may follow."""

import re
from urllib.parse import urljoin, urlsplit

MOST_CHARS = 2048
_BLANKS = re.compile("[\\s\0-\x20\x7f]")


def web_link(url: object, base: str | None = None) -> str | None:
    """An absolute http(s) address that readers may follow, resolved against `base`; None for anything else."""
    if not isinstance(url, str) or not url.strip() or len(url) > 2 * MOST_CHARS:
        return None
    try:
        joined = urljoin(base or "", url.strip())
        parts = urlsplit(joined)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            return None
        _ = parts.port
    except ValueError:
        return None
    link = _BLANKS.sub(lambda blank: f"%{ord(blank[0]):02X}" if ord(blank[0]) < 128 else "", joined)
    return link if len(link) <= MOST_CHARS and link.isprintable() else None


def relative_link(url: object) -> str | None:
    """A relative reference as it stands, for whoever knows its base; None for anything with a scheme or a host."""
    if not isinstance(url, str) or not 0 < len(url.strip()) <= MOST_CHARS:
        return None
    link = url.strip()
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return link if link.isprintable() and not _BLANKS.search(link) and not parts.scheme and not parts.netloc else None
