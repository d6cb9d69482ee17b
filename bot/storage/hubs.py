"""Hubs: who pushes the changes of which source (WebSub), until when, what proves it, and who is to stop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import RowMapping

from bot.storage.sql import Tx, row, rows, run, run_given


@dataclass(frozen=True, slots=True)
class Hub:
    """A subscription at a hub. Where it is not `wanted`, the hub is to stop, and `secret` is empty."""

    source_id: int
    hub: str
    topic: str
    token: str
    secret: str
    wanted: bool


async def offer(tx: Tx, source_id: int, *, hub: str, topic: str, token: str, secret: str, at: datetime) -> None:
    """A source names this hub. The one that is known stays; another one is left, and this one is due at once."""
    known = "SELECT 1 AS found FROM hubs WHERE source_id = :id AND hub = :hub AND topic = :topic"
    if await row(tx, known, id=source_id, hub=hub, topic=topic):
        return
    await leave(tx, source_id, at)
    await run(
        tx,
        """
        INSERT INTO hubs (source_id, hub, topic, token, secret, renew_at_ms)
        VALUES (:source_id, :hub, :topic, :token, :secret, :at)
        ON CONFLICT DO NOTHING
        """,
        source_id=source_id,
        hub=hub,
        topic=topic,
        token=token,
        secret=secret,
        at=at,
    )


async def leave(tx: Tx, source_id: int, at: datetime) -> None:
    """A source is removed, read from elsewhere or names no hub any more: one that still pushes is to stop."""
    left = await row(tx, "DELETE FROM hubs WHERE source_id = :id RETURNING *", id=source_id)
    if left is None or left["lease_until_ms"] is None:
        return
    await run(
        tx,
        """
        INSERT INTO left_hubs (token, source_id, hub, topic, left_at_ms, lease_until_ms)
        VALUES (:token, :source_id, :hub, :topic, :at, :until)
        """,
        token=left["token"],
        source_id=source_id,
        hub=left["hub"],
        topic=left["topic"],
        at=at,
        until=left["lease_until_ms"],
    )


async def claim_due(tx: Tx, now: datetime, apart: timedelta, longest: timedelta, most: int) -> tuple[Hub, ...]:
    """Take up to `most` that are to be asked (again) to push.

    After a try without an answer the next one comes `apart` later, then after twice that, and so on up to `longest`.
    """
    found = await rows(
        tx,
        """
        WITH due AS (
            SELECT h.source_id FROM hubs h JOIN sources s ON s.id = h.source_id
             WHERE s.removed_at_ms IS NULL AND h.renew_at_ms <= :now
               AND (h.asked_at_ms IS NULL
                    OR :now - h.asked_at_ms >= :apart
                   AND (:now - h.asked_at_ms >= h.asked_at_ms - h.renew_at_ms OR :now - h.asked_at_ms >= :longest))
             ORDER BY h.renew_at_ms LIMIT :most)
        UPDATE hubs SET asked_at_ms = :now
         WHERE source_id IN (SELECT source_id FROM due)
        RETURNING *, TRUE AS wanted
        """,
        now=now,
        apart=_ms(apart),
        longest=_ms(longest),
        most=most,
    )
    return tuple(_hub(each) for each in found)


async def claim_left(tx: Tx, now: datetime, apart: timedelta, most: int) -> tuple[Hub, ...]:
    """Take up to `most` that are to be told (again) to stop.

    At once, then after `apart`, twice that and so on, until the lease ends.
    """
    await run(tx, "DELETE FROM left_hubs WHERE lease_until_ms <= :now", now=now)
    found = await rows(
        tx,
        """
        WITH due AS (
            SELECT token FROM left_hubs
             WHERE asked_at_ms IS NULL
                OR :now - asked_at_ms >= :apart AND :now - asked_at_ms >= asked_at_ms - left_at_ms
             ORDER BY left_at_ms LIMIT :most)
        UPDATE left_hubs SET asked_at_ms = :now
         WHERE token IN (SELECT token FROM due)
        RETURNING source_id, hub, topic, token, '' AS secret, FALSE AS wanted
        """,
        now=now,
        apart=_ms(apart),
        most=most,
    )
    return tuple(_hub(each) for each in found)


async def called(tx: Tx, token: str) -> Hub | None:
    """Whose callback this is; None: nobody's."""
    found = await row(
        tx,
        """
        SELECT source_id, hub, topic, token, secret, TRUE AS wanted FROM hubs WHERE token = :token
         UNION ALL
        SELECT source_id, hub, topic, token, '', FALSE FROM left_hubs WHERE token = :token
        """,
        token=token,
    )
    return _hub(found) if found else None


async def confirmed(tx: Tx, source_id: int, *, lease_until: datetime, renew_at: datetime) -> None:
    """The hub pushes until `lease_until`."""
    sql = "UPDATE hubs SET lease_until_ms = :until, renew_at_ms = :renew_at WHERE source_id = :id"
    await run(tx, sql, id=source_id, until=lease_until, renew_at=renew_at)


async def ended(tx: Tx, token: str) -> None:
    """A hub that was left has stopped."""
    await run(tx, "DELETE FROM left_hubs WHERE token = :token", token=token)


async def denied(tx: Tx, source_id: int, try_again_at: datetime) -> None:
    """The hub does not push, or no longer."""
    sql = "UPDATE hubs SET lease_until_ms = NULL, renew_at_ms = :at WHERE source_id = :id"
    await run(tx, sql, id=source_id, at=try_again_at)


async def pushing(tx: Tx, source_ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Those of these sources whose hub has confirmed that it pushes, for now."""
    found = await run_given(
        tx,
        "SELECT source_id FROM hubs WHERE lease_until_ms > :now AND source_id IN (SELECT id FROM given)",
        {"id": "BIGINT"},
        ((id_,) for id_ in source_ids),
        now=now,
    )
    return frozenset(each["source_id"] for each in found)


def _hub(found: RowMapping) -> Hub:
    return Hub(
        source_id=found["source_id"],
        hub=found["hub"],
        topic=found["topic"],
        token=found["token"],
        secret=found["secret"],
        wanted=bool(found["wanted"]),
    )


def _ms(span: timedelta) -> int:
    return round(span / timedelta(milliseconds=1))
