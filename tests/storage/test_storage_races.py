"""Racing claims: no row is ever given to two, and none is forgotten."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot.storage import articles, outbox, sources, stories, subscriptions
from bot.storage.database import Database
from bot.storage.sql import Tx, rows
from tests.conftest import Clock
from tests.storage.making import add_chat, add_source, new_article, owe, subscribe

LEASE = timedelta(minutes=2)
ROWS = 60

Claim = Callable[[Tx, Clock, int], Awaitable[list[int]]]


async def _claim_sources(tx: Tx, clock: Clock, most: int) -> list[int]:
    return [each.id for each in await sources.claim_due(tx, clock(), clock() + LEASE, most)]


async def _claim_found(tx: Tx, clock: Clock, most: int) -> list[int]:
    return [each.article.id for each in await articles.claim_found(tx, clock(), clock() + LEASE, most)]


async def _claim_read(tx: Tx, clock: Clock, most: int) -> list[int]:
    return [each.article.id for each in await articles.claim_read(tx, clock(), clock() + LEASE, most)]


async def _claim_subscriptions(tx: Tx, clock: Clock, most: int) -> list[int]:
    claimed = [each.id for each in await subscriptions.claim_due(tx, clock(), most)]
    for each in claimed:
        await subscriptions.briefed(tx, each, since_at=clock(), next_due_at=clock() + LEASE)
    return claimed


async def _claim_deliveries(tx: Tx, clock: Clock, most: int) -> list[int]:
    return [each.id for each in await outbox.claim(tx, clock(), clock() + LEASE, most)]


async def _fill(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        found = [new_article(f"found {number}") for number in range(ROWS)]
        read = [new_article(f"read {number}") for number in range(ROWS)]
        for number in range(ROWS):
            source = await add_source(tx, clock(), f"wire{number}")
            chat = await add_chat(tx, clock(), number + 1)
            await owe(tx, await subscribe(tx, chat, clock(), due_at=clock()), clock(), "one")
        await articles.add_new(tx, source.id, read, clock())
        for each in await articles.claim_found(tx, clock(), clock(), ROWS):
            await articles.read(tx, each.article.id, text="", at=clock())
        await articles.add_new(tx, source.id, found, clock())


@pytest.mark.parametrize(
    "claim",
    [_claim_sources, _claim_found, _claim_read, _claim_subscriptions, _claim_deliveries],
    ids=lambda f: f.__name__,
)
async def test_racing_claims_share_the_rows(database: Database, clock: Clock, claim: Claim) -> None:
    await _fill(database, clock)

    async def work(most: int) -> list[int]:
        taken: list[int] = []
        while True:
            async with database.write() as tx:
                claimed = await claim(tx, clock, most)
                await asyncio.sleep(0)
            if not claimed:
                return taken
            taken += claimed

    taken = list(chain.from_iterable(await asyncio.gather(*(work(most) for most in (1, 3, 7, 2)))))
    assert len(taken) == len(set(taken)) == ROWS


@pytest.mark.parametrize(
    "claim",
    [_claim_sources, _claim_found, _claim_read, _claim_subscriptions, _claim_deliveries],
    ids=lambda f: f.__name__,
)
async def test_a_claim_passes_over_what_another_open_transaction_took(
    postgresql_database: Database, clock: Clock, claim: Claim
) -> None:
    await _fill(postgresql_database, clock)
    async with postgresql_database.write() as first, postgresql_database.write() as second:
        taken = await claim(first, clock, 20)
        others = await asyncio.wait_for(claim(second, clock, 20), 10)
        assert len(taken) == len(others) == 20
        assert not set(taken) & set(others)


async def test_two_do_not_send_to_one_chat_at_a_time(postgresql_database: Database, clock: Clock) -> None:
    async with postgresql_database.write() as tx:
        chat = await add_chat(tx, clock())
        await owe(tx, await subscribe(tx, chat, clock()), clock(), "one", "two", "three")
    async with postgresql_database.write() as first, postgresql_database.write() as second:
        assert len(await _claim_deliveries(first, clock, 5)) == 1
        assert await _claim_deliveries(second, clock, 5) == []
    async with postgresql_database.write() as tx:
        assert await _claim_deliveries(tx, clock, 5) == []


async def test_a_slot_composed_by_two_at_once_is_composed_once(postgresql_database: Database, clock: Clock) -> None:
    async with postgresql_database.write() as tx:
        subscription = await subscribe(tx, await add_chat(tx, clock()), clock())

    async def compose() -> int | None:
        async with postgresql_database.write() as tx:
            return await outbox.add(
                tx, subscription=subscription, due_at=clock(), story_ids=(), messages=(), at=clock()
            )

    composed = await asyncio.gather(*(compose() for _ in range(6)))
    assert sum(each is not None for each in composed) == 1


_SMALL_SCANS = {"SCAN due", "SCAN CONSTANT ROW", "SCAN (subquery-1)"}  # of rows just claimed, or of none


async def _plans(tx: Tx, work: Callable[[], Awaitable[object]]) -> set[str]:
    """The steps that SQLite takes for the statements that `work` does, e.g. SEARCH x USING INDEX y (z=?)."""
    said: list[tuple[str, Any]] = []
    engine = tx.engine.sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def listen(_c: Connection, _cursor: object, statement: str, values: Sequence[object], *_: object) -> None:
        said.append((statement, values))

    await work()
    event.remove(engine, "before_cursor_execute", listen)
    plans = [await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values)) for statement, values in said]
    return {each.detail for plan in plans for each in plan}


async def test_every_claim_and_lookup_is_served_by_its_index(sqlite_database: Database, clock: Clock) -> None:
    await _fill(sqlite_database, clock)
    async with sqlite_database.write() as tx:
        chat = (await rows(tx, "SELECT id FROM chats"))[0]["id"]
        plans = {
            "ix_sources_due": lambda: _claim_sources(tx, clock, 3),
            "ix_articles_found": lambda: _claim_found(tx, clock, 3),
            "ix_articles_read": lambda: _claim_read(tx, clock, 3),
            "ix_articles_ready": lambda: articles.counts(tx),
            "ix_stories_newest": lambda: stories.newest(tx, limit=5),
            "ix_stories_of_source": lambda: stories.newest(tx, limit=5, source_id=1),
            "ix_stories_ready": lambda: stories.unbriefed(tx, chat, ready_since=clock(), limit=5),
            "ix_subscriptions_due": lambda: subscriptions.claim_due(tx, clock(), 3),
            "ix_subscriptions_instant": lambda: subscriptions.wake_instant(tx, clock()),
            "ix_deliveries_due": lambda: outbox.next_due(tx),
            "ix_deliveries_open": lambda: _claim_deliveries(tx, clock, 3),
            "ix_deliveries_settled": lambda: outbox.counts(tx),
        }
        for index, work in plans.items():
            steps = await _plans(tx, work)
            assert any(index in step for step in steps), (index, steps)
            assert not {step for step in steps if step.startswith("SCAN") and "INDEX" not in step} - _SMALL_SCANS, steps
            # sorting is for what the index has already made few
            assert index == "ix_stories_ready" or "USE TEMP B-TREE FOR ORDER BY" not in steps, steps
