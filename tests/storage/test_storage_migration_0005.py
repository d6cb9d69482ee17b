"""From version 0003 to 0004 and to 0005: sources and articles keep what they have, and what is new is empty."""

from pathlib import Path

import pytest

from bot.domain.models import Bullet, Condensed
from bot.storage import articles, bullets, sources
from bot.storage.database import Database, open_database
from bot.storage.sql import row
from tests.storage.versions import leave_at

SOURCE = """
    INSERT INTO sources (id, url, title, interval_s, next_poll_at_ms, added_at_ms, errors)
    VALUES ({id}, 'https://wire.example/feed{id}', 'Wire {id}', 900, 60000, 0, {errors})
"""
MADE_IN_0003 = (
    SOURCE.format(id=1, errors=0),
    SOURCE.format(id=2, errors=3),
    "INSERT INTO stories (id, source_id, published_at_ms, ready_at_ms) VALUES (1, 1, 0, 0)",
    """
    INSERT INTO articles (id, source_id, story_id, lead, key, title, published_at_ms, fetched_at_ms, state, due_at_ms,
                          text, news, condensed_version)
    VALUES (1, 1, 1, TRUE, 'k', 'Ferry', 0, 0, 'ready', 0, 'It sails.', TRUE, 1)
    """,
    "INSERT INTO bullets (article_id, position, text, start_chars, end_chars) VALUES (1, 0, 'It sails.', 0, 9)",
)
MADE_IN_0004 = (
    "UPDATE articles SET entry_digest = 'd', previous_title = 'Boat', edited_at_ms = 7",
    """
    INSERT INTO hubs (source_id, hub, topic, token, secret, renew_at_ms)
    VALUES (1, 'https://hub.example', 'https://wire.example/feed1', 't', 's', 9)
    """,
)


async def _one(database: Database, sql: str) -> dict[str, object]:
    async with database.read() as tx:
        found = await row(tx, sql)
    assert found
    return dict(found)


async def test_what_was_there_is_kept(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await leave_at(empty_url, tmp_path / "3", "v000[4-9]*", monkeypatch, MADE_IN_0003)
    await leave_at(empty_url, tmp_path / "4", "v000[5-9]*", monkeypatch, MADE_IN_0004)
    database = await open_database(empty_url)
    failing = await _one(database, "SELECT * FROM sources WHERE id = 2")
    assert (failing["failing_since_ms"], failing["ttl_s"], failing["skip_hours"]) == (60000, None, 0)
    well = await _one(database, "SELECT * FROM sources WHERE id = 1")
    assert (well["failing_since_ms"], well["skip_days"], well["ended_at_ms"]) == (None, 0, None)
    assert (await _one(database, "SELECT * FROM hubs"))["token"] == "t"
    kept = await _one(database, "SELECT * FROM articles")
    assert (kept["previous_title"], kept["entry_digest"], kept["edited_at_ms"]) == ("Boat", "d", 7)
    assert [kept[name] for name in ("dateline_place", "dateline_agency", "notes", "copy_of")] == [None] * 4
    await _renewed_and_listed(database)
    await database.close()


async def _renewed_and_listed(database: Database) -> None:
    """The columns that came serve the service: an article is condensed again, and its sources are listed."""
    async with database.write() as tx:
        assert (await bullets.of(tx, [1]))[1] == (Bullet("It sails.", 0, 9),)
        await articles.renew(tx, 1, Condensed("en", (), 2, "Kiel", "Wire", ("It swims.",)))
    kept = await _one(database, "SELECT * FROM articles")
    assert [kept[name] for name in ("dateline_place", "dateline_agency", "notes")] == ["Kiel", "Wire", "It swims."]
    async with database.write() as tx:
        assert {each.title for each in await sources.listed(tx)} == {"Wire 1", "Wire 2"}
