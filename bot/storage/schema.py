"""Bringing a database to this program's schema while it is opened."""

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StorageError, UserError
from bot.storage import engines, migrations
from bot.storage.addresses import Address

_MIGRATION_LOCK = 0x6E75746D6967  # "nutmig"


async def bring_up_to_date(address: Address) -> None:
    """Make the schema of an empty database, migrate an older one, leave a current one alone.

    Raises:
        WrongVersion: the database is newer than this program.
        UserError: it holds another program's tables.
    """
    if migrations.check_version(await version_of(address)):
        return
    engine = engines.sqlite_migrator(address) if address.path else engines.postgresql(address)
    try:
        async with engine.begin() as tx:
            await _migrate(tx)
    finally:
        await engine.dispose()


async def version_of(address: Address) -> str | None:
    """The version that a database says it has; None: empty.

    Raises:
        UserError: it holds another program's tables.
    """
    engine = engines.sqlite_readers(address, 1) if address.path else engines.postgresql(address)
    try:
        async with engine.connect() as tx:
            return await tx.run_sync(_version)
    finally:
        await engine.dispose()


async def _migrate(tx: AsyncConnection) -> None:
    if tx.dialect.name == "postgresql":
        await tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    # asked again under the lock: another process may have been quicker
    if migrations.check_version(await tx.run_sync(_version)):
        return
    await tx.run_sync(migrations.upgrade)
    if tx.dialect.name == "sqlite" and (await tx.execute(text("PRAGMA foreign_key_check"))).first():
        raise StorageError("The migration would leave rows that point nowhere; the database stays as it was.")


def _version(connection: Connection) -> str | None:
    inspector = inspect(connection)
    if inspector.has_table(migrations.VERSION_TABLE):
        version: str | None = connection.scalar(text(f"SELECT version_num FROM {migrations.VERSION_TABLE}"))  # noqa: S608
        return version
    if _foreign_tables(connection.dialect.name, set(inspector.get_table_names())):
        raise UserError("The database holds another program's tables: set NUTGRAF_DATABASE_URL to an empty one.")
    return None


def _foreign_tables(kind: str, names: set[str]) -> set[str]:
    # a PostgreSQL database may be shared as long as no name is taken twice; a SQLite file may not
    from bot.storage.tables import metadata

    return names if kind == "sqlite" else names & set(metadata.tables)
