"""Bullets: the sentences that tell an article, in text order, each with its place in the text and a link to it."""

from collections import defaultdict
from collections.abc import Sequence

from bot.domain.models import Bullet
from bot.storage.sql import Tx, rows, run, run_each


async def put(tx: Tx, article_id: int, bullets: Sequence[Bullet]) -> None:
    """Store an article's bullets in place of those that it has."""
    await run(tx, "DELETE FROM bullets WHERE article_id = :id", id=article_id)
    await run_each(
        tx,
        """
        INSERT INTO bullets (article_id, position, text, start_chars, end_chars, link)
        VALUES (:article_id, :position, :text, :start, :end, :link)
        """,
        (
            {
                "article_id": article_id,
                "position": position,
                "text": each.text,
                "start": each.start,
                "end": each.end,
                "link": each.link,
            }
            for position, each in enumerate(bullets)
        ),
    )


async def of(tx: Tx, article_ids: Sequence[int]) -> defaultdict[int, tuple[Bullet, ...]]:
    """The bullets of these articles by article; none for one that has none."""
    found: defaultdict[int, tuple[Bullet, ...]] = defaultdict(tuple)
    sql = "SELECT * FROM bullets WHERE article_id IN :ids ORDER BY article_id, position"
    for each in await rows(tx, sql, ids=list(article_ids)):
        found[each["article_id"]] += (Bullet(each["text"], each["start_chars"], each["end_chars"], each["link"]),)
    return found
