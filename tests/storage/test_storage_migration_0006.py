"""From version 0005 to 0006: sources are known by their addresses, and the hubs of removed ones are to stop."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.models import Article
from bot.storage import articles, hubs, known, sources
from bot.storage.database import open_database
from bot.storage.hubs import Hub
from bot.storage.sql import rows
from tests.storage.making import new_article
from tests.storage.versions import leave_at

NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=5000)
HOUR = timedelta(hours=1)

SOURCE = """
    INSERT INTO sources (id, url, title, interval_s, next_poll_at_ms, added_at_ms, removed_at_ms)
    VALUES ({id}, '{url}', 'Wire {id}', 900, 60000, 0, {removed_at})
"""
HUB = """
    INSERT INTO hubs (source_id, hub, topic, token, secret, asked_at_ms, renew_at_ms, lease_until_ms)
    VALUES ({id}, 'https://hub.example', 'https://wire.example/{id}', 't{id}', 's{id}', {asked_at}, 9, {until})
"""
MADE = (
    SOURCE.format(id=1, url="http://www.Wire.example/feed/?utm_source=x", removed_at="NULL"),
    SOURCE.format(id=2, url="https://coast.example/rss", removed_at=4000),
    SOURCE.format(id=3, url="https://bay.example/rss", removed_at=4000),
    SOURCE.format(id=4, url="not an address", removed_at=4000),
    HUB.format(id=1, asked_at=1000, until=9000),
    HUB.format(id=2, asked_at=1000, until=9000),
    HUB.format(id=3, asked_at=4500, until=9000),
    HUB.format(id=4, asked_at=1000, until="NULL"),
    """
    INSERT INTO articles (id, source_id, key, title, published_at_ms, fetched_at_ms, state, due_at_ms, text, news,
                          image)
    VALUES (1, 1, 'k', 'Ferry', 0, 0, 'ready', 0, 'It sails.', TRUE, 'https://wire.example/old.jpg')
    """,
)


async def test_what_was_there_serves_the_new_version(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leave_at(empty_url, tmp_path / "5", "v000[6-9]*", monkeypatch, MADE)
    database = await open_database(empty_url)
    async with database.write() as tx:
        found = await sources.known(tx, "wire.example/feed")
        assert found
        assert (found.id, found.url) == (1, "http://www.Wire.example/feed/?utm_source=x")
        assert await sources.known(tx, "https://coast.example/rss") is None  # removed
        back = await sources.restore(tx, 2, NOW)
        assert back == await sources.known(tx, "coast.example/rss")
        assert [each["source_id"] for each in await rows(tx, "SELECT source_id FROM hubs")] == [1]
        assert await hubs.called(tx, "t1") == Hub(1, "https://hub.example", "https://wire.example/1", "t1", "s1", True)
        (told,) = await hubs.claim_left(tx, NOW, HOUR, 9)  # the third was told already
        assert told == Hub(2, "https://hub.example", "https://wire.example/2", "t2", "", False)
        assert [bool(await hubs.called(tx, token)) for token in ("t3", "t4")] == [True, False]
        await known.edit(tx, 1, new_article("k", image=None), NOW)
        await articles.read(tx, 1, text="It swims.", image="https://wire.example/new.jpg", at=NOW)
        edited = await articles.get(tx, 1)
    assert isinstance(edited, Article)
    assert edited.image == "https://wire.example/new.jpg"
    await database.close()
