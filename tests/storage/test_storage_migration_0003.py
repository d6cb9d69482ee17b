"""From version 0002 to 0003: bullets stay, without links, and are those of no version."""

from pathlib import Path

import pytest

from bot.domain.models import Bullet
from bot.storage import articles, bullets
from bot.storage.database import open_database
from bot.storage.sql import rows
from tests.conftest import Clock
from tests.storage.versions import leave_at

MADE = (
    """
    INSERT INTO sources (id, url, title, interval_s, next_poll_at_ms, added_at_ms)
    VALUES (1, 'https://wire.example/feed', 'Wire', 900, 0, 0)
    """,
    "INSERT INTO stories (id, source_id, published_at_ms, ready_at_ms) VALUES (1, 1, 0, 0)",
    """
    INSERT INTO articles (id, source_id, story_id, lead, key, title, published_at_ms, fetched_at_ms, state, due_at_ms,
                          text, news)
    VALUES (1, 1, 1, TRUE, 'k', 'Ferry', 0, 0, 'ready', 0, 'It sails.', TRUE)
    """,
    "INSERT INTO bullets (article_id, position, text, start_chars, end_chars) VALUES (1, 0, 'It sails.', 0, 9)",
)


async def test_bullets_of_before_are_kept_and_outdated(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    await leave_at(empty_url, tmp_path / "2", "v000[3-9]*", monkeypatch, MADE)
    database = await open_database(empty_url)
    async with database.write() as tx:
        assert (await bullets.of(tx, [1]))[1] == (Bullet("It sails.", 0, 9),)
        assert [each["condensed_version"] for each in await rows(tx, "SELECT * FROM articles")] == [None]
        (outdated,) = await articles.outdated(tx, 1, clock().fromtimestamp(0, clock().tzinfo), 9)
        assert outdated.id == 1
    await database.close()
