"""Fingerprints: who shares values, what is boilerplate, and what is forgotten."""

from datetime import timedelta

from bot.storage import fingerprints
from bot.storage.database import Database
from bot.storage.sql import Tx, row
from tests.conftest import Clock
from tests.storage.making import add_ready, add_source, new_article


async def _fill(tx: Tx, clock: Clock, number: int) -> list[int]:
    source = await add_source(tx, clock())
    return [await add_ready(tx, source, clock(), new_article(f"a{n}")) for n in range(number)]


async def test_candidates_share_values_the_likeliest_first(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        a, b, c, d, e = await _fill(tx, clock, 5)
        await fingerprints.put(tx, {a: (1, 2, 3), b: (3, 4, 2**47), c: (9,), e: ()}, clock())
        await fingerprints.put(tx, {a: (1, 2, 3)}, clock())  # an article is stored again without harm
        found = await fingerprints.candidates(tx, {d: (1, 2, 3, 2**47), c: (9,), e: (8,), b: (3, 4)})
    assert found == {d: (a, b), b: (a,)}


async def test_at_most_five_candidates_and_of_equals_the_first_stored(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        ids = await _fill(tx, clock, 8)
        await fingerprints.put(tx, dict.fromkeys(ids[:7], (1,)), clock())
        assert await fingerprints.candidates(tx, {ids[7]: (1,)}) == {ids[7]: tuple(ids[:5])}


async def test_a_value_that_many_articles_have_is_stored_for_no_more(database: Database, clock: Clock) -> None:
    most = fingerprints.MOST_OF_A_VALUE
    async with database.write() as tx:
        ids = await _fill(tx, clock, most + 2)
        for each in ids:
            await fingerprints.put(tx, {each: (7, each)}, clock())
        stored = await row(tx, "SELECT count(*) AS number FROM fingerprints WHERE value = 7")
        assert await fingerprints.candidates(tx, {ids[0]: (ids[-1],)}) == {ids[0]: (ids[-1],)}
    assert stored is not None
    assert stored["number"] == most


async def test_what_is_old_is_forgotten_in_batches(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        a, b = await _fill(tx, clock, 2)
        await fingerprints.put(tx, {a: (1, 2, 3)}, clock())
        await fingerprints.put(tx, {b: (3,)}, clock() + timedelta(seconds=1))
        before = clock() + timedelta(seconds=1)
        assert [await fingerprints.forget(tx, before, 2) for _ in range(3)] == [2, 1, 0]
        assert await fingerprints.candidates(tx, {a: (1, 3)}) == {a: (b,)}
