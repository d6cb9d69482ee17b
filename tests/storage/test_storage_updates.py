"""The inbox's rows and Telegram's message counters, on both kinds of database."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.models import Incoming
from bot.storage import counters, updates
from bot.storage.database import Database
from bot.storage.sql import Tx, row, rows, run
from bot.storage.updates import Reopened
from tests.conftest import Clock

OMAR, GROUP, BASIC = 2, -1_001_234_567_890, -4711
DAY = timedelta(days=1)


def incoming(update_id: int, telegram_id: int = OMAR) -> Incoming:
    return Incoming(update_id, telegram_id, f'{{"update_id": {update_id}}}')


async def open_ids(tx: Tx) -> list[int]:
    found = await rows(tx, "SELECT update_id FROM updates WHERE done_at_ms IS NULL ORDER BY update_id")
    return [each["update_id"] for each in found]


# ---- the offset ------------------------------------------------------------------------------------


async def test_the_offset_is_kept(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        assert await updates.offset(tx, clock() - DAY) == 0
        await updates.set_offset(tx, 2**40, clock())
        await updates.set_offset(tx, 2**40 + 1, clock())
    async with database.read() as tx:
        assert await updates.offset(tx, clock() - DAY) == 2**40 + 1
        assert await updates.offset(tx, clock()) == 2**40 + 1


async def test_an_offset_that_is_too_old_does_not_count(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await updates.set_offset(tx, 77, clock())
        assert await updates.offset(tx, clock() + timedelta(milliseconds=1)) == 0


async def test_an_offset_without_a_time_does_not_count(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await run(tx, "INSERT INTO state (key, value) VALUES ('update_offset', '77')")
        assert await updates.offset(tx, clock() - DAY) == 0


# ---- taking and finishing --------------------------------------------------------------------------


async def test_t63_what_was_taken_is_not_new_again(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        assert await updates.take(tx, [incoming(7), incoming(8)], clock()) == {7, 8}
    async with database.write() as tx:
        assert await updates.take(tx, [incoming(8), incoming(9), incoming(9)], clock()) == {9}
        await updates.done(tx, 8, (), clock())
        assert await updates.take(tx, [incoming(8)], clock()) == frozenset()
        assert await updates.take(tx, [], clock()) == frozenset()
        assert await open_ids(tx) == [7, 9]


async def test_what_is_done_keeps_nothing_that_was_written(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await updates.take(tx, [incoming(7), incoming(8), incoming(9)], clock())
        await updates.done(tx, 7, (31, 32), clock())
        await updates.drop(tx, [8], clock())
        found = await rows(tx, "SELECT payload FROM updates ORDER BY update_id")
        assert [each["payload"] for each in found] == ["", "", incoming(9).payload]
        assert await open_ids(tx) == [9]


async def test_what_was_left_unfinished_comes_back_in_order(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await updates.take(tx, [incoming(9), incoming(7, GROUP), incoming(8)], clock())
        await updates.done(tx, 8, (), clock())
        assert await updates.reopen(tx, clock()) == Reopened((incoming(7, GROUP), incoming(9)), (), ())


async def test_a_poisonous_update_is_given_up_after_its_third_attempt_and_no_other(
    database: Database, clock: Clock
) -> None:
    async with database.write() as tx:
        await updates.take(tx, [incoming(7), incoming(8)], clock())
        assert await updates.reopen(tx, clock()) == Reopened((incoming(7), incoming(8)), (), ())
        for _ in range(2):  # a suspect is not counted before it is begun
            assert await updates.reopen(tx, clock()) == Reopened((), (incoming(7), incoming(8)), ())
        await updates.begun(tx, 7)
        await updates.take(tx, [incoming(9)], clock())
        assert await updates.reopen(tx, clock()) == Reopened((incoming(9),), (incoming(8),), (7,))
        assert await updates.reopen(tx, clock()) == Reopened((), (incoming(8), incoming(9)), ())
        found = await row(tx, "SELECT payload FROM updates WHERE update_id = 7")
        assert found
        assert found["payload"] == ""


async def test_traces_are_forgotten_once_they_are_old_and_done(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await updates.take(tx, [incoming(7), incoming(8), incoming(9)], clock())
        await updates.done(tx, 7, (), clock())
        clock.advance(seconds=3600)
        await updates.done(tx, 8, (), clock())
        assert await updates.forget(tx, clock()) == 1
        assert [each["update_id"] for each in await rows(tx, "SELECT update_id FROM updates ORDER BY update_id")] == [
            8,
            9,
        ]


# ---- answers ---------------------------------------------------------------------------------------


async def test_the_answers_of_a_chat_since_a_time(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await updates.take(tx, [incoming(1), incoming(2), incoming(3), incoming(4, GROUP)], clock())
        await updates.done(tx, 1, (10,), clock())
        clock.advance(seconds=60)
        since = clock()
        await updates.done(tx, 2, (11, 12), clock())
        clock.advance(seconds=60)
        await updates.done(tx, 3, (), clock())
        await updates.done(tx, 4, (13,), clock())
        assert await updates.answers_of(tx, OMAR, since) == {11, 12}
        assert await updates.answers_of(tx, GROUP, since) == {13}
        assert await updates.answers_of(tx, BASIC, since) == frozenset()


async def test_answers_of_an_attempt_that_died_are_not_known(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await updates.take(tx, [incoming(1), incoming(2, GROUP)], clock())
        assert await updates.answers_of(tx, OMAR, clock()) == frozenset()
        await updates.reopen(tx, clock())
        assert await updates.answers_of(tx, OMAR, clock()) == {updates.UNKNOWN_ID}
        await updates.done(tx, 1, (11,), clock())
        assert await updates.answers_of(tx, OMAR, clock()) == {updates.UNKNOWN_ID, 11}


async def test_a_chat_is_open_while_one_of_its_updates_is(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await updates.take(tx, [incoming(1), incoming(2), incoming(3, GROUP)], clock())
        await updates.done(tx, 1, (), clock())
        assert await updates.is_open(tx, OMAR)
        await updates.done(tx, 2, (), clock())
        assert not await updates.is_open(tx, OMAR)
        assert await updates.is_open(tx, GROUP)


# ---- counters --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("telegram_id", "counter"),
    [
        (OMAR, 0),
        (2**52, 0),
        (BASIC, 0),
        (-999_999_999_999, 0),
        (GROUP, GROUP),
        (-1_009_876_543_210, -1_009_876_543_210),
    ],
)
def test_private_chats_and_basic_groups_share_a_counter(telegram_id: int, counter: int) -> None:
    assert counters.counter_of(telegram_id) == counter


async def test_a_counter_only_grows(database: Database) -> None:
    async with database.write() as tx:
        assert await counters.last(tx, OMAR) is None
        for telegram_id, message_id in ((OMAR, 5), (BASIC, 9), (OMAR, 7), (GROUP, 2**33)):
            await counters.learn(tx, telegram_id, message_id)
        assert await counters.last(tx, OMAR) == await counters.last(tx, BASIC) == 9
        assert await counters.last(tx, GROUP) == 2**33
        assert await counters.last(tx, GROUP - 1) is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(taken=st.lists(st.lists(st.integers(1, 12), max_size=6), max_size=6))
async def test_every_update_is_new_exactly_once(
    sqlite_database: Database, clock: Clock, taken: list[list[int]]
) -> None:
    async with sqlite_database.write() as tx:
        await run(tx, "DELETE FROM updates")
        new = [await updates.take(tx, [incoming(number) for number in batch], clock()) for batch in taken]
        assert await open_ids(tx) == sorted({number for batch in taken for number in batch})
    assert sum(len(batch) for batch in new) == len({number for batch in taken for number in batch})
