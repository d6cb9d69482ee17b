"""Where a service dies, and what else the tests change in it. Runs in the forked service, before it starts.

The program knows nothing of this: each arm wraps a function of the program in one that kills the process at its n-th
pass. What they rely on: `Deliveries.flush`, `outbox.claim`, `outbox.sent`, `TelegramSender.send`, `migrations.upgrade`,
`migrations.VERSIONS`, `database.bring_up_to_date`, `Jobs.__init__` and `app.ANSWER_S`, by these names.
"""

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from bot.jobs import Jobs, Step
from bot.services.delivery import Deliveries
from bot.storage import database, migrations, outbox
from bot.tg import app
from bot.tg.sender import TelegramSender
from tests.crash.zygote import Order

PACE = 0.1  # how long the pauses between two looks at what is due are, of what they are outside of tests


class Fuse:
    """Kills the process at the n-th `pass_by`."""

    def __init__(self, passes: int) -> None:
        self._left = passes

    def pass_by(self) -> None:
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def prepare(order: Order) -> None:
    """Set the order's arm, and make the service hasty and end when its outbox is empty."""
    _hurry()
    _end_when_all_is_paid()
    if order.answer_s:
        app.ANSWER_S = order.answer_s
    if order.versions:
        migrations.VERSIONS = Path(order.versions)
    if order.arm:
        ARMS[order.arm](Fuse(order.passes))


def _hurry() -> None:
    begin = Jobs.__init__

    def begin_hastily(self: Jobs, steps: dict[str, tuple[Step, float]]) -> None:
        begin(self, {name: (step, PACE * every_s) for name, (step, every_s) in steps.items()})

    Jobs.__init__ = begin_hastily  # type: ignore[method-assign]


def _end_when_all_is_paid() -> None:
    flush = Deliveries.flush

    async def flush_and_look(self: Deliveries) -> Any:
        flushed = await flush(self)
        async with self._database.read() as tx:
            left = await outbox.counts(tx)
        if not left.keys() & {"waiting", "sending"}:
            os.kill(os.getpid(), signal.SIGTERM)
        return flushed

    Deliveries.flush = flush_and_look  # type: ignore[method-assign]


# ---- the points ------------------------------------------------------------------------------------


def _before_claim_commits(fuse: Fuse) -> None:
    """Some are marked as being sent, and that is not committed."""
    _after(outbox, "claim", fuse, counts=bool)


def _after_claim_commits(fuse: Fuse) -> None:
    """Some are marked as being sent, and nothing has been asked of Telegram."""
    _before(TelegramSender, "send", fuse)


def _before_outcome_commits(fuse: Fuse) -> None:
    """Telegram's answer is known and written down, and that is not committed."""
    _after(outbox, "sent", fuse)


def _in_migration(fuse: Fuse) -> None:
    """Between two statements of a migration, or before its commit where it has fewer than the fuse's passes."""
    upgrade = migrations.upgrade

    def upgrade_and_die(connection: Connection) -> None:
        @event.listens_for(Engine, "after_cursor_execute")
        def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not statement.lstrip().startswith(("SELECT", "PRAGMA", "BEGIN")):
                fuse.pass_by()

        upgrade(connection)
        Fuse(1).pass_by()

    migrations.upgrade = upgrade_and_die


def _after_migration(fuse: Fuse) -> None:
    """A migration is committed, and nothing else has happened."""
    _after(database, "bring_up_to_date", fuse)


ARMS: dict[str, Callable[[Fuse], None]] = {
    "before claim's commit": _before_claim_commits,
    "after claim's commit": _after_claim_commits,
    "before outcome's commit": _before_outcome_commits,
    "in a migration": _in_migration,
    "after a migration": _after_migration,
}


def _before(owner: Any, name: str, fuse: Fuse) -> None:
    function: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def die_or_go_on(*args: Any, **named: Any) -> Any:
        fuse.pass_by()
        return await function(*args, **named)

    setattr(owner, name, die_or_go_on)


def _after(owner: Any, name: str, fuse: Fuse, counts: Callable[[Any], bool] = lambda _: True) -> None:
    """`counts`: whether a pass with this result is one."""
    function: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def go_on_and_die(*args: Any, **named: Any) -> Any:
        result = await function(*args, **named)
        if counts(result):
            fuse.pass_by()
        return result

    setattr(owner, name, go_on_and_die)
