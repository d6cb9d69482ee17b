"""The open database: who may write when, what a commit promises, and in which shape errors leave.

SQLite has one writer connection (the others wait their turn in order) and a few readers that cannot write; PostgreSQL
has a small pool. A transaction commits at its end or leaves nothing behind.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from typing import Literal, cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.errors import UserError
from bot.storage import engines, files
from bot.storage.addresses import Address, read_address
from bot.storage.failures import mapped, mapped_connecting
from bot.storage.schema import bring_up_to_date
from bot.storage.sql import Tx as Tx


async def open_database(url: str, *, readers: int = 2) -> "Database":
    """Open a database, made or migrated where it must be.

    Raises:
        UserError: the address is wrong, or what it names is no database of ours.
        WrongVersion: it is newer than this program.
        StorageError: it is damaged or cannot be reached.
    """
    address = read_address(url)
    if address.path is not None:
        await asyncio.to_thread(files.prepare, address.path)
    with mapped_connecting():
        await bring_up_to_date(address)
    return Database(address, readers)


class Database:
    """One database; `open_database` makes it, `close` ends it."""

    def __init__(self, address: Address, readers: int) -> None:
        self._address = address
        self._turn: AbstractAsyncContextManager[None]
        if address.kind == "sqlite":
            self._writer = engines.sqlite_writer(address)
            self._readers = engines.sqlite_readers(address, readers)
            self._turn = asyncio.Lock()
        else:
            self._writer = engines.postgresql(address)
            self._readers = self._writer.execution_options(postgresql_readonly=True)
            self._turn = nullcontext()
        self._held_file: int | None = None
        self._held_connection: AsyncConnection | None = None

    @property
    def kind(self) -> Literal["sqlite", "postgresql"]:
        """Which of the two it is."""
        return cast(Literal["sqlite", "postgresql"], self._address.kind)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction that cannot write.

        Raises:
            StorageError: the database failed.
        """
        with mapped():
            async with _connected(self._readers) as tx, tx.begin():
                yield tx

    @asynccontextmanager
    async def write(self, *, durable: bool = False) -> AsyncIterator[Tx]:
        """A transaction that commits at its end, or rolls back when an exception leaves it.

        `durable`: once it is over, a power loss cannot undo it (else it may lose the last moments, never more, never a
        part of a transaction). PostgreSQL is always durable.

        Raises:
            StorageError: the database failed, or another program kept it locked for 30 s.
        """
        with mapped():
            async with self._turn, _connected(self._writer) as tx, self._synchronous(tx, full=durable), tx.begin():
                yield tx

    async def ping(self) -> None:
        """Raise StorageError unless the database answers."""
        async with self.read() as tx:
            await tx.execute(text("SELECT 1"))

    async def lock_instance(self) -> None:
        """Be the one service on this database until `close` or the end of the process.

        Raises:
            UserError: another one runs.
        """
        if self._address.path is not None:
            self._held_file = self._held_file or files.lock(self._address.path)
        elif self._held_connection is None:
            await self._hold_connection()

    async def close(self) -> None:
        """Give up the lock and all connections."""
        if self._held_connection is not None:
            await self._held_connection.close()
        await self._readers.dispose()
        await self._writer.dispose()
        if self._held_file is not None:
            os.close(self._held_file)
        self._held_file = self._held_connection = None

    async def _hold_connection(self) -> None:
        # outside of any transaction: a session-level lock, and nothing that would keep old rows from being cleaned up
        with mapped_connecting():
            connection = await self._writer.connect()
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            held = await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": engines.INSTANCE_LOCK})
        if not held:
            await connection.close()
            raise UserError("Another Nutgraf is running on this database; stop it first.")
        self._held_connection = connection

    @asynccontextmanager
    async def _synchronous(self, tx: Tx, *, full: bool) -> AsyncIterator[None]:
        if not full or self._address.path is None:
            yield
            return
        await _pragma(tx, "synchronous=FULL")
        try:
            yield
        finally:
            await _pragma(tx, "synchronous=NORMAL")


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[Tx]:
    async with AsyncExitStack() as stack:
        with mapped_connecting():
            connection = await stack.enter_async_context(engine.connect())
        yield connection


async def _pragma(tx: Tx, setting: str) -> None:
    # past SQLAlchemy, which would begin a transaction first, and in one this setting has no effect
    driver = (await tx.get_raw_connection()).driver_connection
    if driver is not None:
        await (await driver.execute(f"PRAGMA {setting}")).close()
