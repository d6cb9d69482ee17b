"""Racing claims: no row is ever given to two, and none is forgotten."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot.domain.errors import StorageError
from bot.domain.models import Message, Owed
from bot.storage import articles, backlog, contents, fingerprints, outbox, polling, sources, stories, subscriptions
from bot.storage.database import Database
from bot.storage.sql import Tx
from tests.conftest import Clock
from tests.storage.making import add_chat, add_source, new_article, owe, subscribe

LEASE = timedelta(minutes=2)
ROWS = 60

Claim = Callable[[Tx, Clock, int], Awaitable[list[int]]]


async def _claim_sources(tx: Tx, clock: Clock, most: int) -> list[int]:
    return [each.id for each in await polling.claim_due(tx, clock(), clock() + LEASE, most)]


async def _claim_found(tx: Tx, clock: Clock, most: int) -> list[int]:
    return [each.article.id for each in await articles.claim_found(tx, clock(), clock() + LEASE, most)]


async def _claim_read(tx: Tx, clock: Clock, most: int) -> list[int]:
    return [each.article.id for each in await articles.claim_read(tx, clock(), clock() + LEASE, most)]


async def _claim_subscriptions(tx: Tx, clock: Clock, most: int) -> list[int]:
    due = [each.id for each in await subscriptions.due(tx, clock(), 2 * most)]
    claimed = [each.id for each in await subscriptions.claim_due(tx, clock(), due)][:most]
    await subscriptions.served(tx, [(each, clock(), clock() + LEASE) for each in claimed])
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
    [_claim_sources, _claim_found, _claim_read, _claim_deliveries],
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


async def test_subscriptions_that_another_open_transaction_took_are_passed_over(
    postgresql_database: Database, clock: Clock
) -> None:
    await _fill(postgresql_database, clock)
    async with postgresql_database.write() as first, postgresql_database.write() as second:
        ids = [each.id for each in await subscriptions.due(first, clock(), 30)]
        taken = [each.id for each in await subscriptions.claim_due(first, clock(), ids[:20])]
        others = [each.id for each in await asyncio.wait_for(subscriptions.claim_due(second, clock(), ids[10:]), 10)]
        assert (taken, others) == (ids[:20], ids[20:])


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
        chat = await add_chat(tx, clock())

    async def compose() -> int:
        async with postgresql_database.write() as tx:
            return len(await outbox.add(tx, [Owed(chat.id, "s", clock(), (Message("one"),))], clock()))

    composed = await asyncio.gather(*(compose() for _ in range(6)), return_exceptions=True)
    assert composed.count(1) == 1
    assert all(each in (0, 1) or isinstance(each, StorageError) for each in composed)
    async with postgresql_database.read() as tx:
        assert await outbox.counts(tx) == {"waiting": 1}


_SMALL_SCANS = {
    "SCAN due",
    "SCAN CONSTANT ROW",
    "SCAN there",
    "SCAN (subquery-1)",
    "SCAN (subquery-2)",
}  # of rows just claimed, or of none


async def _plans(tx: Tx, work: Callable[[], Awaitable[object]]) -> list[str]:
    """How the database does the statements of `work`, a step a line, e.g. SEARCH x USING INDEX y (z=?)."""
    said: list[tuple[str, Any]] = []
    engine = tx.engine.sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def listen(_c: Connection, _cursor: object, statement: str, values: Sequence[object], *_: object) -> None:
        said.append((statement, values))

    await work()
    event.remove(engine, "before_cursor_execute", listen)
    explain = "EXPLAIN QUERY PLAN" if tx.dialect.name == "sqlite" else "EXPLAIN"
    plans = [await tx.exec_driver_sql(f"{explain} {statement}", tuple(values)) for statement, values in said]
    return [each[-1] for plan in plans for each in plan]


_SORTED = {
    "ix_sources_canonical_url",
    "ix_stories_ready",
    "ix_articles_of_source",
    "ix_briefed_briefing",
    "ix_deliveries_stale",
    "pk_fingerprints",
}
# PostgreSQL sorts a few
_CHOSEN_BY_SIZE = {
    "ix_sources_canonical_url",
    "ix_stories_newest",
    "ix_stories_ready",
    "ix_stories_of_source",
    "ix_deliveries_sending",
}
_SQLITE_NAMES = {
    "pk_briefed": "sqlite_autoindex_briefed_1",
    "pk_fingerprints": "sqlite_autoindex_fingerprints_1",
    "uq_briefings_chat_id_slot": "sqlite_autoindex_briefings_1",
}


async def _know_sources(tx: Tx) -> None:
    await sources.known(tx, "wire.example/feed")
    await sources.known_among(tx, ["wire.example/feed", "https://coast.example/"])


_LOOKUPS: dict[str, Callable[[Tx, Clock], Awaitable[object]]] = {
    "ix_sources_canonical_url": lambda tx, _: _know_sources(tx),
    "ix_sources_due": lambda tx, clock: _claim_sources(tx, clock, 3),
    "ix_articles_found": lambda tx, clock: _claim_found(tx, clock, 3),
    "ix_articles_read": lambda tx, clock: _claim_read(tx, clock, 3),
    "ix_articles_ready": lambda tx, _: articles.counts(tx),
    "ix_stories_newest": lambda tx, _: stories.newest(tx, limit=5),
    "ix_stories_of_source": lambda tx, clock: stories.hand_over(tx, 1, clock()),
    "ix_articles_of_source": lambda tx, _: stories.newest(tx, limit=5, source_id=1),
    "pk_fingerprints": lambda tx, _: fingerprints.candidates(tx, {1: (5, 6)}),
    "ix_fingerprints_at_ms": lambda tx, clock: fingerprints.forget(tx, clock(), 5),
    "ix_stories_ready": lambda tx, clock: stories.ready(tx, since=clock(), limit=5),
    "ix_briefed_briefing": lambda tx, _: stories.of_briefing(tx, 1, "s", limit=5, offset=0),
    "pk_briefed": lambda tx, _: stories.told(tx, [1, 2], [3]),
    "ix_subscriptions_due": lambda tx, clock: subscriptions.due(tx, clock(), 3),
    "ix_subscriptions_instant": lambda tx, clock: subscriptions.wake_instant(tx, clock()),
    "uq_briefings_chat_id_slot": lambda tx, clock: outbox.composed(tx, 1, "paused ", clock()),
    "ix_deliveries_due": lambda tx, clock: _claim_deliveries(tx, clock, 3),
    "ix_deliveries_sending": lambda tx, clock: outbox.recover(tx, clock()),
    "ix_deliveries_stale": lambda tx, clock: backlog.stale_chats(tx, clock(), 5),
    "ix_deliveries_expires": lambda tx, clock: outbox.expire(tx, clock()),
    "ix_deliveries_to_let_go": lambda tx, clock: contents.let_go(tx, clock(), 5),
    "ix_deliveries_content": lambda tx, _: contents.forget_unused(tx, 5),
    "ix_deliveries_settled": lambda tx, _: outbox.counts(tx),
}


@pytest.mark.parametrize("index", _LOOKUPS)
async def test_every_claim_and_lookup_is_served_by_its_index(database: Database, clock: Clock, index: str) -> None:
    async with database.write() as tx:
        if database.kind == "postgresql":
            # so few rows are read faster as a whole
            await tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
        steps = await _plans(tx, lambda: _LOOKUPS[index](tx, clock))
    if database.kind == "postgresql":
        assert index in _CHOSEN_BY_SIZE or any(index in step for step in steps), steps
        return
    assert any(_SQLITE_NAMES.get(index, index) in step for step in steps), steps
    assert not {step for step in steps if step.startswith("SCAN") and "INDEX" not in step} - _SMALL_SCANS, steps
    # sorting is for what the index has already made few
    assert index in _SORTED or "USE TEMP B-TREE FOR ORDER BY" not in steps, steps
