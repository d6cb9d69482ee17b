"""The schema: fresh equals migrated, older ones are led on, newer ones refused, a killed migration leaves nothing."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from bot.domain.errors import WrongVersion
from bot.storage import migrations
from bot.storage.addresses import read_address
from bot.storage.database import open_database
from bot.storage.schema import version_of
from bot.storage.sql import row, run
from bot.storage.tables import metadata

LATEST = migrations.known()[-1]
NEXT = f"{int(LATEST) + 1:04}"
NEXT_VERSION = f'''
"""Outlets get a rank."""
import sqlalchemy as sa
from alembic import op
revision = "{NEXT}"
down_revision = "{LATEST}"

def upgrade() -> None:
    op.create_table("ranks", sa.Column("id", sa.Integer, primary_key=True))
    with op.batch_alter_table("sources") as sources:
        sources.add_column(sa.Column("rank", sa.Integer, nullable=False, server_default=sa.text("0")))
        sources.alter_column("title", nullable=True)
'''


@pytest.fixture
def next_version(tmp_path: Path) -> Path:
    """A folder of versions with one more than the program has."""
    folder = tmp_path / "versions"
    shutil.copytree(migrations.VERSIONS, folder)
    (folder / f"v{NEXT}_ranks.py").write_text(NEXT_VERSION)
    return folder


async def _describe(url: str, *, create: bool = False) -> dict[str, Any]:
    engine = create_async_engine(read_address(url).url)
    async with engine.begin() as connection:
        if create:
            await connection.run_sync(metadata.create_all)
        described = await connection.run_sync(_described)
    await engine.dispose()
    return described


def _described(connection: Connection) -> dict[str, Any]:
    inspector = inspect(connection)
    return {
        name: {
            "columns": [{**column, "type": str(column["type"])} for column in inspector.get_columns(name)],
            "key": inspector.get_pk_constraint(name),
            "foreign": sorted(inspector.get_foreign_keys(name), key=str),
            "unique": sorted(inspector.get_unique_constraints(name), key=str),
            "checks": sorted(inspector.get_check_constraints(name), key=str),
            "indexes": sorted(_plain(inspector.get_indexes(name)), key=str),
        }
        for name in inspector.get_table_names()
        if name != migrations.VERSION_TABLE
    }


def _plain(indexes: Any) -> list[dict[str, object]]:
    return [{**each, "dialect_options": {k: str(v) for k, v in each["dialect_options"].items()}} for each in indexes]


@pytest.fixture
def second_empty_url(empty_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if empty_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'second.db'}"
    url: str = request.getfixturevalue("second_empty_postgresql_url")
    return url


async def test_fresh_equals_migrated(empty_url: str, second_empty_url: str) -> None:
    await (await open_database(empty_url)).close()
    migrated, fresh = await _describe(empty_url), await _describe(second_empty_url, create=True)
    assert {"sources", "articles", "deliveries", "article_search"} <= {name.removesuffix("_data") for name in migrated}
    assert migrated == fresh


async def test_alembic_finds_nothing_to_do(database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def compare(connection: Connection) -> Any:
        options = {"version_table": migrations.VERSION_TABLE, "compare_type": True}
        options["include_name"] = lambda name, kind, _: kind != "table" or not name.startswith("article_search")
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    engine = create_async_engine(read_address(database_url).url)
    async with engine.connect() as connection:
        differences = await connection.run_sync(compare)
    await engine.dispose()
    assert differences == []


def test_the_known_versions_are_alembics() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(migrations.__file__).parent), version_locations=[str(migrations.VERSIONS)])
    assert [each.revision for each in scripts.walk_revisions()] == list(reversed(migrations.known()))
    assert scripts.get_current_head() == migrations.known()[-1]


async def test_opening_leaves_logging_alone(empty_url: str) -> None:
    import logging

    before = {name: logging.getLogger(name).level for name in ("", "alembic", "sqlalchemy")}
    handlers = list(logging.getLogger().handlers)
    await (await open_database(empty_url)).close()
    assert {name: logging.getLogger(name).level for name in before} == before
    assert logging.getLogger().handlers == handlers


async def test_an_older_database_is_migrated_at_opening(
    database_url: str, next_version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "VERSIONS", next_version)
    database = await open_database(database_url)
    async with database.write() as tx:
        await run(tx, "INSERT INTO ranks (id) VALUES (1)")
        assert await row(tx, "SELECT rank FROM sources") is None
    await database.close()
    assert await version_of(read_address(database_url)) == NEXT


async def test_t86_a_newer_database_is_refused_and_left_alone(
    database_url: str, next_version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(migrations, "VERSIONS", next_version)
        await (await open_database(database_url)).close()
    before = await _describe(database_url)
    with pytest.raises(WrongVersion) as caught:
        await open_database(database_url)
    assert str(caught.value) == (
        f"The database is of version {NEXT}, this Nutgraf knows up to {LATEST}: "
        "install the newer Nutgraf, or restore a backup made before the upgrade."
    )
    assert await _describe(database_url) == before


# ---- T85: killed in the middle ---------------------------------------------------------------------

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
import aiosqlite, alembic.autogenerate, alembic.command, asyncpg  # here once instead of in each process that is killed
from sqlalchemy import Engine, event
from sqlalchemy.dialects.postgresql import asyncpg as _
from bot.storage import migrations
from bot.storage.database import open_database

url, folder, *moments = sys.argv[1:]
migrations.VERSIONS = Path(folder)
for moment in moments:
    if os.fork() == 0:
        left = int(moment)

        @event.listens_for(Engine, "after_cursor_execute")
        def count(connection, cursor, statement, *rest):
            global left
            left -= not statement.lstrip().startswith(("SELECT", "PRAGMA", "BEGIN"))
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        async def main():
            await (await open_database(url)).close()

        asyncio.run(main())
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


async def kill(url: str, folder: Path, moments: range) -> list[int]:
    command = [sys.executable, "-c", KILLED, url, str(folder), *map(str, moments)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


@pytest.mark.untraced
async def test_t85_killed_while_the_schema_is_made_nothing_of_it_is_there(empty_url: str) -> None:
    codes = await kill(empty_url, migrations.VERSIONS, range(0, 31, 6))
    assert codes == [-9] * 6
    assert await _describe(empty_url) == {}
    await (await open_database(empty_url)).close()
    assert len(await _describe(empty_url)) > 10


@pytest.mark.untraced
async def test_t85_killed_while_migrating_the_old_schema_is_there(database_url: str, next_version: Path) -> None:
    before = await _describe(database_url)
    assert set(await kill(database_url, next_version, range(3))) == {-9}
    assert await _describe(database_url) == before
    assert await version_of(read_address(database_url)) == LATEST
    assert await kill(database_url, next_version, range(1000, 1001)) == [0]
    assert await version_of(read_address(database_url)) == NEXT
