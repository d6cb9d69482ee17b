"""Full-text search: FTS5 in SQLite, tsvector in PostgreSQL, side by side, finding the same stories.

Both index the words that `_words` finds and neither parses language or query syntax: whatever a reader types is words.
Only the newest hits are ranked, for ranking every hit of a common word takes 60 times as long (380 ms among a million).
"""

import unicodedata
from datetime import datetime

from bot.domain.models import Hit
from bot.storage import stories as stored
from bot.storage.sql import Tx, rows, run

_MOST_WORDS = 8_000  # of an article; PostgreSQL counts positions up to 16,383
_MOST_TOKENS = 32
_MOST_CHARS = 64  # of a word; the rest is cut off in index and query alike

_PUT = {
    "sqlite": "INSERT OR REPLACE INTO article_search (rowid, title, body) VALUES (:id, :title, :body)",
    "postgresql": """
        INSERT INTO article_search (article_id, words)
        VALUES (:id, setweight(CAST(:title AS tsvector), 'A') || CAST(:body AS tsvector))
        ON CONFLICT (article_id) DO UPDATE SET words = excluded.words
    """,
}
_SEARCH = {
    "sqlite": """
        SELECT a.story_id, -bm25(article_search, 4.0, 1.0) AS score
          FROM article_search
          JOIN articles a ON a.id = article_search.rowid
          JOIN sources so ON so.id = a.source_id
         WHERE article_search MATCH :query
           AND a.story_id IS NOT NULL AND a.published_at_ms >= :since AND so.removed_at_ms IS NULL
         ORDER BY article_search.rowid DESC LIMIT :limit
    """,
    "postgresql": """
        SELECT newest.story_id, ts_rank('{0.25, 0.25, 0.25, 1.0}', newest.words, CAST(:query AS tsquery)) AS score
          FROM (SELECT a.id, a.story_id, article_search.words
                  FROM article_search
                  JOIN articles a ON a.id = article_search.article_id
                  JOIN sources so ON so.id = a.source_id
                 WHERE article_search.words @@ CAST(:query AS tsquery)
                   AND a.story_id IS NOT NULL AND a.published_at_ms >= :since AND so.removed_at_ms IS NULL
                 ORDER BY a.id DESC LIMIT :limit) AS newest
    """,
}


async def put(tx: Tx, article_id: int, *, title: str, body: str) -> None:
    """Make an article's folded words findable, instead of those it had."""
    if tx.dialect.name == "sqlite":
        texts = {"title": " ".join(_words(title)), "body": " ".join(_words(body)[:_MOST_WORDS])}
    else:
        texts = {"title": _vector(_words(title)), "body": _vector(_words(body)[:_MOST_WORDS])}
    await run(tx, _PUT[tx.dialect.name], id=article_id, **texts)


async def stories(
    tx: Tx, tokens: tuple[str, ...], *, since: datetime, limit: int = 300, prefix_from: int = 4
) -> tuple[Hit, ...]:
    """Stories published at `since` or later with an article that has all tokens, the best match first.

    Args:
        tx: an open transaction.
        tokens: folded words, taken as data whatever signs they hold; only the first 32 different ones count.
        since: time of publishing.
        limit: only so many articles are looked at, those stored last.
        prefix_from: a word of so many characters also finds longer ones that begin with it.

    Returns:
        No hit where no token holds a letter or digit. A match in the title weighs four times one in the text.
    """
    words = list(dict.fromkeys(word for token in tokens for word in _words(token)))[:_MOST_TOKENS]
    if not words:
        return ()
    query = _match(words, prefix_from) if tx.dialect.name == "sqlite" else _tsquery(words, prefix_from)
    best: dict[int, float] = {}
    for each in await rows(tx, _SEARCH[tx.dialect.name], query=query, since=since, limit=limit):
        best[each["story_id"]] = max(float(each["score"]), best.get(each["story_id"], 0.0))
    found = await stored.get(tx, list(best))
    return tuple(sorted((Hit(story, best[story.id]) for story in found.values()), key=_best_first))


def _best_first(hit: Hit) -> tuple[float, int]:
    return -hit.match, -hit.story.id


def _words(text: str) -> list[str]:
    # letters, digits and the marks that belong to them: no sign that either database could read as syntax
    spaced = (char if char.isalnum() or unicodedata.category(char)[0] == "M" else " " for char in text.casefold())
    return [word[:_MOST_CHARS] for word in "".join(spaced).split()]


def _vector(words: list[str]) -> str:
    return " ".join(f"'{word}':{place}" for place, word in enumerate(words, 1))


def _match(words: list[str], prefix_from: int) -> str:
    return " ".join(f'"{word}"*' if len(word) >= prefix_from else f'"{word}"' for word in words)


def _tsquery(words: list[str], prefix_from: int) -> str:
    return " & ".join(f"'{word}':*" if len(word) >= prefix_from else f"'{word}'" for word in words)
