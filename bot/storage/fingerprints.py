"""Fingerprints: values that articles of one text have in common, kept for some days.

A value that many articles have is boilerplate and says nothing: it is not stored for more of them, so that looking one
up stays cheap however often a line is printed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import text

from bot.storage.sql import Tx, run, run_given

MOST_OF_A_VALUE = 20
MOST_CANDIDATES = 5
_LOCK = 0x6E757467_636F7079  # ours among PostgreSQL's advisory locks

# from the given values on: both databases would rather read the whole table
_SHARED = {
    "sqlite": "given CROSS JOIN fingerprints f ON f.value = given.value",
    "postgresql": """
        given CROSS JOIN LATERAL (SELECT article_id FROM fingerprints WHERE value = given.value OFFSET 0) f
    """,
}


async def one_at_a_time(tx: Tx) -> None:
    """Wait until no other transaction looks for copies, and keep others waiting to the end of this one.

    Else two that see each other's articles only afterwards would both call theirs the first. SQLite has one writer.
    """
    if tx.dialect.name == "postgresql":
        await tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


async def candidates(tx: Tx, values: Mapping[int, Sequence[int]]) -> dict[int, tuple[int, ...]]:
    """Articles that share values with these (by id): most shared first, then the first stored; at most five of each."""
    found = await run_given(
        tx,
        f"""
        SELECT given.article_id AS id, f.article_id AS other, count(*) AS shared
          FROM {_SHARED[tx.dialect.name]}
         GROUP BY given.article_id, f.article_id ORDER BY shared DESC, other
        """,  # noqa: S608  # our own text
        {"article_id": "BIGINT", "value": "BIGINT"},
        ((article_id, value) for article_id, of_it in values.items() for value in of_it),
    )
    others: defaultdict[int, tuple[int, ...]] = defaultdict(tuple)
    for each in found:
        if each["other"] != each["id"]:
            others[each["id"]] += (each["other"],)
    return {article_id: of_it[:MOST_CANDIDATES] for article_id, of_it in others.items()}


async def put(tx: Tx, values: Mapping[int, Sequence[int]], at: datetime) -> None:
    """Store the values of articles (by id)."""
    await run_given(
        tx,
        """
        INSERT INTO fingerprints (value, article_id, at_ms)
        SELECT given.value, given.article_id, :at FROM given
         WHERE (SELECT count(*) FROM (SELECT 1 FROM fingerprints f WHERE f.value = given.value LIMIT :most) AS there)
               < :most
        ON CONFLICT DO NOTHING
        """,
        {"article_id": "BIGINT", "value": "BIGINT"},
        ((article_id, value) for article_id, of_it in values.items() for value in of_it),
        at=at,
        most=MOST_OF_A_VALUE,
    )


async def forget(tx: Tx, before: datetime, most: int) -> int:
    """Delete up to `most` that were stored before then; how many."""
    return await run(
        tx,
        """
        DELETE FROM fingerprints WHERE (value, article_id) IN
            (SELECT value, article_id FROM fingerprints WHERE at_ms < :before ORDER BY at_ms LIMIT :most)
        """,
        before=before,
        most=most,
    )
