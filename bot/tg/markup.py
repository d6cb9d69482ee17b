"""Telegram HTML from texts of others.

Promises: what came from outside is text and nothing else. It is cleaned and escaped; what Telegram would make clickable
by itself (`@name`, `/command`, `#tag`, `$TAG`, addresses) gets a word joiner (U+2060) behind its sign. That character
shows nothing, allows no line break, and belongs to none of the character classes of Telegram's entity parser; a zero
width non-joiner would not do, because hashtags may contain it. Text with right-to-left letters is isolated
(U+2068 … U+2069), so that it cannot turn its surroundings round. Links lead to http and https only.
"""

import re
import unicodedata
from html import escape, unescape
from urllib.parse import urlsplit

from bot.domain.text import cut, plain

MOST_URL_CHARS = 2048

_JOINER = "\u2060"
_CLICKABLE = re.compile(
    r"@(?=\w)"
    r"|#(?=\w)"
    r"|\$(?=[A-Za-z])"
    r"|(?<![\w/<>])/(?=\w)"
    r"|:(?=//)"
    r"|(?<=\w)\.(?=[^\W\d_]{2})"  # the dots of a host name
)
_TAG = re.compile(r"<[^<>]*>")


def said(text: str, most_chars: int = 1000) -> str:
    """What somebody else wrote, as HTML that shows at most `most_chars` characters of it."""
    shown = escape(_CLICKABLE.sub(rf"\g<0>{_JOINER}", _tidy(text, most_chars)), quote=False)
    return f"\u2068{shown}\u2069" if _right_to_left(shown) else shown


def literal(text: str, most_chars: int = 300) -> str:
    """An address or a name to copy, exactly as it is: Telegram looks for nothing to click inside `<code>`."""
    return f"<code>{escape(_tidy(text, most_chars), quote=False)}</code>"


def link(url: str | None, html: str) -> str:
    """`html` as a link, or as it is where the address is not one that readers should be sent to."""
    safe = safe_url(url)
    return f'<a href="{escape(safe)}">{html}</a>' if safe else html


def safe_url(url: str | None) -> str | None:
    """The address if it is http or https with a plain host, without user name, control characters or excess length."""
    if not url or len(url) > MOST_URL_CHARS or re.search(r"[\s\\\x00-\x1f\x7f\ud800-\udfff]", url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else None


def without_markup(html: str) -> str:
    """The text of Telegram HTML, for messages that must go out plain."""
    return unescape(_TAG.sub("", html))


def _tidy(text: str, most_chars: int) -> str:
    return cut(plain(text, most_chars + 1), most_chars)


def _right_to_left(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)
