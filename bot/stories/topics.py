"""Topics: words as they are indexed and asked for, and how stories found are ranked.

Index and query are folded by the same function, so that both databases find the same: case and accents do not count,
and every Chinese or Japanese sign is a word of its own.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.models import Hit, Story

MOST_TOKENS = 12
FRESH_FOR = timedelta(days=2)

_SIGN = re.compile(r"([぀-ヿ㐀-鿿豈-﫿])")
_TOKEN = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Text as tokens separated by blanks: lower case, no accents, no punctuation; what the index holds."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(_TOKEN.findall(_SIGN.sub(r" \1 ", bare)))


def tokens(words: str) -> tuple[str, ...]:
    """The tokens of a topic, each once, at most twelve; empty if there is nothing to look for."""
    return tuple(dict.fromkeys(fold(words).split()))[:MOST_TOKENS]


def ranked(hits: Iterable[Hit], now: datetime) -> tuple[Story, ...]:
    """The stories found, best first: half by how well the words fit, half by freshness (halved every two days)."""
    found = list(hits)
    best = max((hit.match for hit in found), default=0.0) or 1.0

    def worth(hit: Hit) -> tuple[float, int]:
        age = max(now - hit.story.published_at, timedelta())
        return hit.match / best + 0.5 ** (age / FRESH_FOR), hit.story.id

    return tuple(hit.story for hit in sorted(found, key=worth, reverse=True))
