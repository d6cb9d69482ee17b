"""Stories: what readers are told, each by its lead article. Those of removed sources are not told any more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import RowMapping

from bot.domain.models import Bullet, Story
from bot.storage import bullets
from bot.storage.sql import Tx, row, rows, run, run_each, run_given
from bot.storage.times import from_ms

_STORY = """
    SELECT s.id, s.source_id, s.published_at_ms, s.ready_at_ms, a.id AS article_id, a.title, a.url, a.language,
           so.title AS outlet,
           (SELECT count(DISTINCT o.source_id) FROM articles o WHERE o.story_id = s.id) AS outlets
      FROM stories s
      JOIN articles a ON a.story_id = s.id AND a.lead
      JOIN sources so ON so.id = s.source_id
"""


# stories by a source's newest articles; twice as many as are asked for, since some may be copies of its own
_TOLD_BY = """
    SELECT story_id FROM (SELECT story_id FROM articles WHERE source_id = :source_id AND story_id IS NOT NULL
                           ORDER BY published_at_ms DESC LIMIT :reach) AS told
"""


async def add(tx: Tx, article_id: int, at: datetime) -> int:
    """Make a story that this article leads, ready at `at`, and return its id; the article's story if it has one.

    Raises:
        StorageError: there is no such article.
    """
    known = await row(tx, "SELECT story_id FROM articles WHERE id = :id AND story_id IS NOT NULL", id=article_id)
    if known:
        return int(known["story_id"])
    made = await row(
        tx,
        """
        INSERT INTO stories (source_id, published_at_ms, ready_at_ms)
        VALUES ((SELECT source_id FROM articles WHERE id = :id),
                (SELECT published_at_ms FROM articles WHERE id = :id), :at)
        RETURNING id
        """,
        id=article_id,
        at=at,
    )
    assert made is not None  # noqa: S101  # RETURNING of an insert
    await run(tx, "UPDATE articles SET story_id = :story, lead = TRUE WHERE id = :id", id=article_id, story=made["id"])
    return int(made["id"])


async def join(tx: Tx, article_id: int, first_id: int) -> None:
    """Put an article without a story into that of the article whose copy it is.

    Where the source of the story's lead was removed, the copy tells it from now on.
    """
    placed = await run(
        tx,
        """
        UPDATE articles SET copy_of = :first, story_id = (SELECT story_id FROM articles WHERE id = :first)
         WHERE id = :id AND story_id IS NULL
        """,
        id=article_id,
        first=first_id,
    )
    if placed:
        await _relead(tx, "s.id = (SELECT story_id FROM articles WHERE id = :id)", id=article_id)


async def hand_over(tx: Tx, source_id: int, since: datetime) -> None:
    """A source was removed: its stories published since then are told by the first copy in a source that is there."""
    await _relead(tx, "s.source_id = :source AND s.published_at_ms >= :since", source=source_id, since=since)


async def _relead(tx: Tx, which: str, **values: object) -> None:
    """Give stories whose lead is of a removed source the first of their other articles as lead, if there is one."""
    found = await rows(
        tx,
        f"""
        SELECT s.id AS story, min(o.id) AS lead
          FROM stories s
          JOIN sources so ON so.id = s.source_id AND so.removed_at_ms IS NOT NULL
          JOIN articles o ON o.story_id = s.id AND NOT o.lead
          JOIN sources other ON other.id = o.source_id AND other.removed_at_ms IS NULL
         WHERE {which} GROUP BY s.id
        """,  # noqa: S608  # our own text
        **values,
    )
    changes = [{"story": each["story"], "lead": each["lead"]} for each in found]
    for sql in (
        "UPDATE articles SET lead = FALSE WHERE story_id = :story AND lead",
        "UPDATE articles SET lead = TRUE WHERE id = :lead AND story_id = :story",
        "UPDATE stories SET source_id = (SELECT source_id FROM articles WHERE id = :lead) WHERE id = :story",
    ):
        await run_each(tx, sql, changes)


async def newest(tx: Tx, *, limit: int, offset: int = 0, source_id: int | None = None) -> tuple[Story, ...]:
    """Stories by time of publishing, the newest first; those that one source tells too, or all."""
    of_source = "" if source_id is None else f"AND s.id IN ({_TOLD_BY})"
    found = await rows(
        tx,
        f"""{_STORY}
         WHERE so.removed_at_ms IS NULL {of_source}
         ORDER BY s.published_at_ms DESC, s.id DESC LIMIT :limit OFFSET :offset
        """,
        limit=limit,
        offset=offset,
        **({} if source_id is None else {"source_id": source_id, "reach": 2 * (limit + offset)}),
    )
    return await _stories(tx, found)


async def titles(tx: Tx, *, since: datetime, limit: int) -> tuple[str, ...]:
    """The titles of the newest stories published at `since` or later."""
    found = await rows(
        tx,
        """
        SELECT a.title
          FROM stories s
          JOIN articles a ON a.story_id = s.id AND a.lead
          JOIN sources so ON so.id = s.source_id
         WHERE s.published_at_ms >= :since AND so.removed_at_ms IS NULL
         ORDER BY s.published_at_ms DESC, s.id DESC LIMIT :limit
        """,
        since=since,
        limit=limit,
    )
    return tuple(str(each["title"]) for each in found)


async def get(tx: Tx, ids: Sequence[int]) -> dict[int, Story]:
    """Stories by id, those of removed sources too; unknown ids are left out."""
    found = await rows(tx, f"{_STORY} WHERE s.id IN :ids", ids=list(ids))
    return {story.id: story for story in await _stories(tx, found)}


async def ready(tx: Tx, *, since: datetime, limit: int, ids: Sequence[int] | None = None) -> tuple[Story, ...]:
    """Stories that readers could first be told of at `since` or later, the newest published first.

    `ids`: only among these.
    """
    among = "" if ids is None else "AND s.id IN :ids"
    # the plus keeps both databases from walking through all stories in this order to find the few that are ready
    found = await rows(
        tx,
        f"""{_STORY}
         WHERE s.ready_at_ms >= :since AND so.removed_at_ms IS NULL {among}
         ORDER BY +s.published_at_ms DESC, s.id DESC LIMIT :limit
        """,  # our own text
        since=since,
        limit=limit,
        **({} if ids is None else {"ids": list(ids)}),
    )
    return await _stories(tx, found)


# from the chats on: what was told to all of them would be found through the story too, again for each batch
_TOLD = {
    "sqlite": """
        SELECT b.chat_id, b.story_id FROM given CROSS JOIN briefed b
         WHERE b.chat_id = given.chat_id AND b.story_id IN :stories
    """,
    "postgresql": """
        SELECT given.chat_id, b.story_id FROM given
         CROSS JOIN LATERAL (SELECT story_id FROM briefed
                              WHERE chat_id = given.chat_id AND story_id IN :stories OFFSET 0) b
    """,
}


async def told(tx: Tx, chat_ids: Sequence[int], story_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Which of these chats were briefed on which of these stories: (chat, story)."""
    found = await run_given(
        tx,
        _TOLD[tx.dialect.name],
        {"chat_id": "BIGINT"},
        ((chat_id,) for chat_id in chat_ids),
        stories=list(story_ids),
    )
    return {(each["chat_id"], each["story_id"]) for each in found}


async def of_briefing(tx: Tx, chat_id: int, slot: str, *, limit: int, offset: int) -> tuple[tuple[Story, ...], int]:
    """Stories of a chat's briefing in its order from `offset` on, and how many it has."""
    found = await rows(
        tx,
        """
        SELECT r.story_id FROM briefings b
          JOIN briefed r ON r.briefing_id = b.id
         WHERE b.chat_id = :chat_id AND b.slot = :slot ORDER BY r.position, r.story_id
        """,
        chat_id=chat_id,
        slot=slot,
    )
    page = [int(each["story_id"]) for each in found[offset : offset + limit]]
    known = await get(tx, page)
    return tuple(known[story_id] for story_id in page if story_id in known), len(found)


async def _stories(tx: Tx, found: Sequence[RowMapping]) -> tuple[Story, ...]:
    told = await bullets.of(tx, [each["article_id"] for each in found])
    return tuple(_story(each, told[each["article_id"]]) for each in found)


def _story(found: RowMapping, told: tuple[Bullet, ...]) -> Story:
    return Story(
        id=found["id"],
        title=found["title"],
        url=found["url"],
        source_id=found["source_id"],
        outlet=found["outlet"],
        published_at=from_ms(found["published_at_ms"]),
        ready_at=from_ms(found["ready_at_ms"]),
        language=found["language"],
        bullets=told,
        outlets=found["outlets"],
    )
