"""Condensing with versions: what an older one found is condensed again, and nobody is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar, TypeVarTuple
from urllib.parse import unquote

import pytest

from bot.domain.errors import WorkerError
from bot.domain.models import Bullet, Story, Wish
from bot.feeds.fetch import Fetcher
from bot.services import condense
from bot.storage import bullets
from bot.storage.database import Database
from bot.storage.sql import rows, run
from bot.summarize.bullets import VERSION
from tests.conftest import Clock
from tests.services.conftest import PLACE, InlineWorkers, KeptSender, Site
from tests.services.newsroom import INSTANT, Newsroom, begin

Ts = TypeVarTuple("Ts")
T = TypeVar("T")
TITLES = ("Harbour bridge closed", "Library opens at night", "Ferry strike ends")


class BrokenWorkers(InlineWorkers):
    """Lose all work."""

    async def run(self, function: Callable[[*Ts], T], *args: *Ts, limit_s: float = 10.0) -> T:
        raise WorkerError("killed")


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


async def _told(room: Newsroom) -> dict[str, Story]:
    return {story.title: story for story in (await room.reading.latest(count=9)).stories}


async def _age(room: Newsroom) -> None:
    """All bullets are those of the version before."""
    async with room.database.write() as tx:
        await run(tx, "UPDATE articles SET condensed_version = :version", version=VERSION - 1)
        await run(tx, "UPDATE bullets SET text = 'Old.', start_chars = 0, end_chars = 4, link = NULL")


async def _versions(room: Newsroom) -> list[int]:
    async with room.database.read() as tx:
        return sorted(each["condensed_version"] for each in await rows(tx, "SELECT * FROM articles"))


async def test_bullets_lead_to_their_sentences(room: Newsroom, site: Site) -> None:
    await begin(room, site, TITLES[0])
    for bullet in (await _told(room))[TITLES[0]].bullets:
        page, _, words = (bullet.link or "").partition("#:~:text=")
        assert page == f"{site.url}/first-0"
        assert bullet.text.startswith(unquote(words).split(",")[0])
    assert await _versions(room) == [VERSION]


async def test_what_is_new_goes_first_then_the_outdated_in_small_batches(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(condense, "BATCH_AGAIN", 2)
    await begin(room, site, *TITLES)
    before = await _told(room)
    await _age(room)
    site.tell("second", "Lighthouse lamp replaced")
    clock.advance(seconds=900)
    assert await room.gather() == 1
    assert await _versions(room) == [VERSION - 1] * 3 + [VERSION]
    done = []
    for _ in range(4):
        assert await room.condense.condense_new() == 0
        done.append((await _versions(room)).count(VERSION))
    assert done == [3, 4, 4, 4]
    after = await _told(room)
    assert {title: after[title] for title in TITLES} == before  # the same stories with the same bullets as ever
    assert sender.texts == []


async def test_condensing_again_wakes_nobody(room: Newsroom, site: Site, sender: KeptSender, clock: Clock) -> None:
    await begin(room, site, *TITLES)
    await room.subscriptions.subscribe(PLACE, Wish("bridge", INSTANT))
    await room.tell()
    told = list(sender.texts)
    assert told == [TITLES[0]]
    await _age(room)
    clock.advance(seconds=60)
    await room.condense.condense_new()
    await room.tell()
    assert sender.texts == told
    fresh = {title for title, story in (await _told(room)).items() if story.bullets[0].text != "Old."}
    assert fresh == set(TITLES) - set(told)  # what readers were told stays what it was


async def test_what_is_older_than_a_week_stays(room: Newsroom, site: Site, clock: Clock) -> None:
    await begin(room, site, TITLES[0])
    await _age(room)
    clock.advance(seconds=timedelta(days=8).total_seconds())
    await room.condense.condense_new()
    assert await _versions(room) == [VERSION - 1]


async def test_bullets_outlive_a_worker_that_fails(room: Newsroom, site: Site, fetcher: Fetcher, clock: Clock) -> None:
    await begin(room, site, TITLES[0])
    await _age(room)
    await condense.Condense(room.database, BrokenWorkers(), clock).condense_new()
    assert await _versions(room) == [VERSION]  # it is not tried for ever
    async with room.database.read() as tx:
        assert (await bullets.of(tx, [1]))[1] == (Bullet("Old.", 0, 4),) * 2
