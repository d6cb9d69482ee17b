"""Hubs: who pushes the changes of which source (WebSub), until when, and what proves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import RowMapping

from bot.storage.sql import Tx, row, rows, run, run_given
from bot.storage.times import from_ms, maybe_from_ms


@dataclass(frozen=True, slots=True)
class Hub:
    """One source's hub. `lease_until` is None while it has not confirmed; asked again from `renew_at` on.

    `wanted` is false once its source was removed.
    """

    source_id: int
    hub: str
    topic: str
    token: str
    secret: str
    asked_at: datetime | None
    renew_at: datetime
    lease_until: datetime | None
    wanted: bool


async def offer(tx: Tx, source_id: int, *, hub: str, topic: str, token: str, secret: str, at: datetime) -> None:
    """A source names this hub. The one that is known stays; another one takes its place and is due at once."""
    await run(
        tx,
        """
        INSERT INTO hubs (source_id, hub, topic, token, secret, renew_at_ms)
        VALUES (:source_id, :hub, :topic, :token, :secret, :at)
        ON CONFLICT (source_id) DO UPDATE
           SET hub = excluded.hub, topic = excluded.topic, token = excluded.token, secret = excluded.secret,
               asked_at_ms = NULL, renew_at_ms = excluded.renew_at_ms, lease_until_ms = NULL
         WHERE hubs.hub <> excluded.hub OR hubs.topic <> excluded.topic
        """,
        source_id=source_id,
        hub=hub,
        topic=topic,
        token=token,
        secret=secret,
        at=at,
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


async def claim_leaving(tx: Tx, now: datetime, apart: timedelta, most: int) -> tuple[Hub, ...]:
    """Take up to `most` that still push for removed sources and are to be told (again) to stop.

    At once, then after `apart`, twice that and so on, until the lease ends.
    """
    found = await rows(
        tx,
        """
        WITH due AS (
            SELECT h.source_id FROM hubs h JOIN sources s ON s.id = h.source_id
             WHERE s.removed_at_ms IS NOT NULL AND h.lease_until_ms > :now
               AND (h.asked_at_ms IS NULL OR h.asked_at_ms < s.removed_at_ms
                    OR :now - h.asked_at_ms >= :apart AND :now - h.asked_at_ms >= h.asked_at_ms - s.removed_at_ms)
             ORDER BY s.removed_at_ms LIMIT :most)
        UPDATE hubs SET asked_at_ms = :now
         WHERE source_id IN (SELECT source_id FROM due)
        RETURNING *, FALSE AS wanted
        """,
        now=now,
        apart=_ms(apart),
        most=most,
    )
    return tuple(_hub(each) for each in found)


async def drop(tx: Tx, source_id: int) -> None:
    """A source is read from elsewhere, or names no hub any more: what its hub still pushes finds nobody."""
    await run(tx, "DELETE FROM hubs WHERE source_id = :id", id=source_id)


async def renew(tx: Tx, source_id: int, at: datetime) -> None:
    """Subscribe anew: a source that was removed is back."""
    await run(tx, "UPDATE hubs SET asked_at_ms = NULL, renew_at_ms = :at WHERE source_id = :id", id=source_id, at=at)


async def called(tx: Tx, token: str) -> Hub | None:
    """Whose callback this is; None: nobody's."""
    found = await row(
        tx,
        """
        SELECT h.*, s.removed_at_ms IS NULL AS wanted FROM hubs h JOIN sources s ON s.id = h.source_id
         WHERE h.token = :token
        """,
        token=token,
    )
    return _hub(found) if found else None


async def confirmed(tx: Tx, source_id: int, *, lease_until: datetime, renew_at: datetime) -> None:
    """The hub pushes until `lease_until`."""
    sql = "UPDATE hubs SET lease_until_ms = :until, renew_at_ms = :renew_at WHERE source_id = :id"
    await run(tx, sql, id=source_id, until=lease_until, renew_at=renew_at)


async def ended(tx: Tx, source_id: int) -> None:
    """The hub agreed to stop."""
    await run(tx, "UPDATE hubs SET lease_until_ms = NULL WHERE source_id = :id", id=source_id)


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
        asked_at=maybe_from_ms(found["asked_at_ms"]),
        renew_at=from_ms(found["renew_at_ms"]),
        lease_until=maybe_from_ms(found["lease_until_ms"]),
        wanted=bool(found["wanted"]),
    )


def _ms(span: timedelta) -> int:
    return round(span / timedelta(milliseconds=1))
