"""SQLAlchemy engines for both databases, each connection set up as `Database` promises."""

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.storage.addresses import Address

BUSY_S = 5.0  # how long one try waits for another program's write
BUSY_TRIES = 6
INSTANCE_LOCK = 0x6E757467726166  # "nutgraf": in PostgreSQL the one service on a database holds it
_POOL_CONNECTIONS = 8


def sqlite_writer(address: Address) -> AsyncEngine:
    """One connection; every transaction takes the write lock at its beginning."""
    engine = _sqlite(address, connections=1, pragmas=("foreign_keys=ON", "synchronous=NORMAL"))
    _begin_with(engine, "BEGIN IMMEDIATE")
    return engine


def sqlite_migrator(address: Address) -> AsyncEngine:
    """As the writer, foreign keys off: a migration may rebuild a table, and checks them itself."""
    engine = _sqlite(address, connections=1, pragmas=("foreign_keys=OFF", "synchronous=FULL"))
    _begin_with(engine, "BEGIN IMMEDIATE")
    return engine


def sqlite_readers(address: Address, connections: int) -> AsyncEngine:
    """Connections that cannot write; a transaction sees one moment of the database."""
    engine = _sqlite(address, connections=connections, pragmas=("query_only=ON",))
    _begin_with(engine, "BEGIN")
    return engine


def postgresql(address: Address) -> AsyncEngine:
    """A small pool."""
    return create_async_engine(
        address.url,
        pool_size=_POOL_CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"timeout": 10, "command_timeout": 60, "server_settings": {"application_name": "nutgraf"}},
    )


def _sqlite(address: Address, *, connections: int, pragmas: tuple[str, ...]) -> AsyncEngine:
    engine = create_async_engine(
        address.url, pool_size=connections, max_overflow=0, hide_parameters=True, connect_args={"timeout": BUSY_S}
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver would begin late and leave DDL outside of transactions
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={BUSY_S * 1000:.0f}", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _begin_with(engine: AsyncEngine, statement: str) -> None:
    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # several tries instead of one long one, so that a program that ends is not kept waiting
        for _ in range(BUSY_TRIES - 1):
            try:
                connection.exec_driver_sql(statement)
            except OperationalError as error:
                if "locked" not in str(error.orig):
                    raise
            else:
                return
        connection.exec_driver_sql(statement)
