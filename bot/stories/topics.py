"""Topics: words as they are indexed and asked for, and how stories found are ranked.

Index and query are folded by the same function, so that both databases find the same: case and accents do not count,
and every Chinese or Japanese sign is a word of its own.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from difflib import get_close_matches

from bot.domain.models import Hit, Story

MOST_TOKENS = 12
SHORTEST_GUESSED = 4
MOST_OFF = 2  # letters more or fewer
ALIKE = 0.7  # of difflib's ratio: "syrai" has 0.8 to "syria" and 0.73 to "syrian"
FRESH_FOR = timedelta(days=2)

_SIGN = re.compile(r"([぀-ヿ㐀-鿿豈-﫿])")
_TOKEN = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Text as tokens separated by blanks: lower case, no accents, no punctuation; what the index holds."""
    # twice: letters of mathematics become capitals only by the first, and case folding composes some anew
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(_TOKEN.findall(_SIGN.sub(r" \1 ", bare)))


def tokens(words: str) -> tuple[str, ...]:
    """The tokens of a topic, each once, at most twelve; empty if there is nothing to look for."""
    return tuple(dict.fromkeys(fold(words).split()))[:MOST_TOKENS]


def suggest(words: str, titles: Iterable[str]) -> str | None:
    """What somebody may have meant: each unknown word replaced by the most alike word of these titles.

    None where every word is known, or where one has nothing alike. Words of under four letters are left alone.
    """
    known = {token for title in titles for token in fold(title).split()}
    meant = [_meant(token, known) for token in tokens(words)]
    found = [token for token in meant if token is not None]
    return " ".join(found) if len(found) == len(meant) and tuple(found) != tokens(words) else None


def _meant(token: str, known: set[str]) -> str | None:
    if len(token) < SHORTEST_GUESSED or any(word.startswith(token) for word in known):
        return token
    # only words of about its length and with its first letter: a slip of the finger, found without a long search
    alike = sorted(word for word in known if word[0] == token[0] and abs(len(word) - len(token)) <= MOST_OFF)
    return next(iter(get_close_matches(token, alike, n=1, cutoff=ALIKE)), None)


def ranked(hits: Iterable[Hit], now: datetime) -> tuple[Story, ...]:
    """The stories found, best first: half by how well the words fit, half by freshness (halved every two days)."""
    found = list(hits)
    best = max((hit.match for hit in found), default=0.0) or 1.0

    def worth(hit: Hit) -> tuple[float, int]:
        age = max(now - hit.story.published_at, timedelta())
        return hit.match / best + 0.5 ** (age / FRESH_FOR), hit.story.id

    return tuple(hit.story for hit in sorted(found, key=worth, reverse=True))
