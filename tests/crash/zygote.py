"""A process that has imported the service once and forks it as often as it is asked to.

A start costs a fork instead of the imports, so thirty crashes fit into the time of a few. The forked child is the real
service, built by `bot.compose` from settings, with its death prepared by `tests.crash.arms`. One child runs at a time.

The channel is a socket that keeps messages apart: an order comes in as JSON, the child's process id goes out, and after
its end its exit status (below zero: the signal that killed it).
"""

import asyncio
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

MOST_ORDER_BYTES = 65_536
HASTE = (
    20  # in the service and the sandbox an hour lasts three minutes, so that back-offs do not cost the tests minutes
)
IMPORTED = (
    "bot.cli.service", "bot.compose", "tests.crash.arms", "alembic.command", "asyncpg", "aiosqlite",
    "sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.dialects.sqlite.aiosqlite",
)  # fmt: skip
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@dataclass(frozen=True, slots=True)
class Order:
    """One start of the service.

    Args:
        environ: its settings, and nothing else.
        log: the file that its log and its tracebacks are added to.
        began_at: the real time, in seconds, at which the hasty clock started.
        arm: the name of the point at which it kills itself; empty: it lives until its outbox is empty.
        passes: it dies at this pass of the point.
        answer_s: how long it waits for an answer of Telegram's; 0: as long as ever.
        versions: the folder of migrations that it takes for its own; empty: its own.
    """

    environ: dict[str, str]
    log: str
    began_at: float
    arm: str = ""
    passes: int = 1
    answer_s: float = 0.0
    versions: str = ""


def hasty_clock(began_at: float) -> Callable[[], datetime]:
    """A clock that started right and is fast; the same in every process that is given the same start."""
    start = datetime.fromtimestamp(began_at, UTC)
    return lambda: start + HASTE * (datetime.now(UTC) - start)


def encode(order: Order) -> bytes:
    return json.dumps(asdict(order)).encode()


def die_with_parent() -> None:
    """A test run that is killed leaves no service behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


def serve(channel: socket.socket) -> None:
    """Fork the service for each order until the other side closes the channel."""
    _import_service()
    gc.freeze()
    while received := channel.recv(MOST_ORDER_BYTES):
        child = os.fork()
        if not child:
            _become_service(Order(**json.loads(received)))
        channel.send(str(child).encode())
        _, ended = os.waitpid(child, 0)
        channel.send(str(os.waitstatus_to_exitcode(ended)).encode())


def _import_service() -> None:
    for name in IMPORTED:
        importlib.import_module(name)


def _become_service(order: Order) -> None:
    """Run the service to its end; never returns."""
    die_with_parent()
    log = os.open(order.log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    status = 1
    try:
        asyncio.run(_service(order))
        status = 0
    except BaseException:  # noqa: BLE001  # whatever it is, the log has to tell it
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


async def _service(order: Order) -> None:
    from bot.cli.logs import configure
    from bot.cli.service import run_until, stop_signals
    from bot.compose import open_service
    from bot.settings import load
    from tests.crash import arms

    settings = load(order.environ, env_file=None)
    configure("json", (settings.telegram_token,))
    arms.prepare(order)
    with stop_signals() as stop:
        await run_until(stop, open_service(settings, hasty_clock(order.began_at)))


if __name__ == "__main__":
    die_with_parent()
    serve(socket.socket(fileno=int(sys.argv[1])))
