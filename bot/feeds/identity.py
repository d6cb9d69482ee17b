"""Identity: which entries are one article, and the articles that a fetch brings.

A feed's guid is believed within its source as long as the feed itself does not contradict it; without one the canonical
link stands for it, and without a link title and date do.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator

from bot.domain.canonical import canonical_url
from bot.domain.models import Entry, Feed, NewArticle
from bot.domain.text import cut, plain
from bot.feeds.limits import MOST_ENTRIES

_TITLE_CHARS = 120
_DIGESTED_CHARS = 20_000


def entry_key(entry: Entry) -> str:
    """What identifies an entry within its source, at most 500 characters."""
    if entry.id:
        return _bounded(f"id:{entry.id}")
    if entry.link:
        return _bounded(f"link:{canonical_url(entry.link)}")
    day = entry.published_at.isoformat() if entry.published_at else ""
    title = plain(entry.title or _text(entry), 500)
    return f"hash:{_digest(f'{title} {day}')}"


def new_articles(feed: Feed, *, most: int = MOST_ENTRIES) -> tuple[NewArticle, ...]:
    """The articles of one fetch in the feed's order, each key once, at most `most`.

    Where one guid stands on several entries of the fetch, guid and link together are the key. Entries with neither
    title nor text are left out. A missing title is the first words of the text; the text is the longer of content and
    summary.
    """
    keys: dict[str, NewArticle] = {}
    for article in _articles(feed):
        keys.setdefault(article.key, article)
        if len(keys) == most:
            break
    return tuple(keys.values())


def _articles(feed: Feed) -> Iterator[NewArticle]:
    guids = Counter(entry.id for entry in feed.entries if entry.id)
    for entry in feed.entries:
        text = _text(entry)
        if not entry.title and not text:
            continue
        shared = entry.id and entry.link and guids[entry.id] > 1
        key = _bounded(f"both:{entry.id} {canonical_url(entry.link or '')}") if shared else entry_key(entry)
        yield NewArticle(
            key=key,
            url=entry.link,
            canonical_url=canonical_url(entry.link) if entry.link else None,
            title=entry.title or cut(plain(text), _TITLE_CHARS),
            author=entry.author,
            language=feed.language,
            image=entry.image,
            published_at=entry.published_at or entry.updated_at,
            text=text,
            entry_digest=_digest(plain(f"{entry.title} {text}", _DIGESTED_CHARS)),
        )


def _text(entry: Entry) -> str:
    return max(entry.content or "", entry.summary or "", key=len)


def _bounded(key: str) -> str:
    return key if len(key) <= 500 else f"{key[:400]}#{_digest(key)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]
