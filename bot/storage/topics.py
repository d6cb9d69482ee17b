"""Topics: what chats follow, each stored once. The topic with no words is everything."""

from bot.storage.sql import Tx, row, run


async def ensure(tx: Tx, words: str) -> int:
    """The id of the topic with these words (at most 100 characters), made if it is new."""
    await run(tx, "INSERT INTO topics (words) VALUES (:words) ON CONFLICT (words) DO NOTHING", words=words)
    found = await row(tx, "SELECT id FROM topics WHERE words = :words", words=words)
    assert found is not None  # noqa: S101  # inserted, or in the way of the insertion
    return int(found["id"])


async def words(tx: Tx, topic_id: int) -> str | None:
    """The words of a topic; None: there is no such topic."""
    found = await row(tx, "SELECT words FROM topics WHERE id = :id", id=topic_id)
    return str(found["words"]) if found else None
