"""A database that came back from a backup: what it says is due was told, by the service that it knows nothing of."""

from datetime import datetime

from bot.storage.sql import Tx, run

_SETTLED = (
    """
    UPDATE deliveries
       SET state = CASE WHEN state = 'sending' OR doubtful THEN 'in_doubt' ELSE 'expired' END,
           why = 'restored from a backup', settled_at_ms = :now
     WHERE state IN ('waiting', 'sending')
    """,
    "UPDATE updates SET done_at_ms = :now, payload = '' WHERE done_at_ms IS NULL",
    "UPDATE subscriptions SET since_at_ms = :now",
)
_FORGOTTEN = (
    "UPDATE articles SET news = FALSE WHERE state = 'found'",
    "UPDATE articles SET news = FALSE WHERE state = 'read'",
    # ids that were given since are taken for proof of what is sent from now on
    "DELETE FROM message_counters",
)


async def settle(tx: Tx, now: datetime) -> None:
    """Nothing that was on its way is sent, answered or told any more; subscriptions begin anew at `now`."""
    for sql in _SETTLED:
        await run(tx, sql, now=now)
    for sql in _FORGOTTEN:
        await run(tx, sql)
