"""Backup and restore of a SQLite file."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bot.domain.errors import StorageError, UserError
from bot.storage import files, migrations


def backup(database: Path, path: Path) -> None:
    """Copy `database` to `path` in one read transaction, so that writers go on meanwhile."""
    if not database.is_file():
        raise UserError(f"{database} does not exist: there is nothing to back up.")
    files.must_be_new(path)
    with _mapped(path), _complete_or_absent(path) as copy:
        with closing(sqlite3.connect(database, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        _must_be_sound(copy)


def restore(database: Path, path: Path) -> Path:
    """Replace `database` by the copy at `path`; the old file stays beside it as `.before-restore`."""
    files.must_be_there(path)
    if path.resolve() == database.resolve():
        raise UserError(f"{path} is the database itself.")
    kept = files.beside(database, ".before-restore")
    files.prepare_folder(database)
    held = files.lock(database)
    try:
        files.inspect(path)
        with _mapped(path), _prepared(path, files.beside(database, ".restoring")) as copy:
            _keep(database, kept)
            copy.replace(database)
            files.sync(database.parent)
    finally:
        os.close(held)
    return kept


@contextmanager
def _prepared(path: Path, copy: Path) -> Iterator[Path]:
    try:
        shutil.copyfile(path, copy)
        log = files.beside(path, "-wal")
        if log.exists():
            shutil.copyfile(log, files.beside(copy, "-wal"))
        _must_be_sound(copy)
        migrations.check_version(_version(copy))
        files.sync(copy)
        yield copy
    finally:
        _remove(copy)


@contextmanager
def _complete_or_absent(path: Path) -> Iterator[Path]:
    copy = files.beside(path, ".partial")
    _remove(copy)
    try:
        yield copy
        files.sync(copy)
        copy.rename(path)
        files.sync(path.parent)
    finally:
        _remove(copy)


def _must_be_sound(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if problem != "ok":
        raise StorageError(f"The copy is damaged: {problem.splitlines()[0]}. Take another.")


def _version(copy: Path) -> str:
    with closing(sqlite3.connect(copy)) as connection:
        try:
            found = connection.execute(f"SELECT version_num FROM {migrations.VERSION_TABLE}").fetchone()  # noqa: S608
        except sqlite3.OperationalError:
            found = None
    if not found:
        raise UserError("This file is no backup of Nutgraf's database.")
    return str(found[0])


def _keep(database: Path, kept: Path) -> None:
    # the log belongs to the old file: read into it while that is possible, else kept beside it under its new name
    if not database.exists():
        return
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(database, timeout=5)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _remove(kept)
    log = files.beside(database, "-wal")
    if log.exists():
        log.rename(files.beside(kept, "-wal"))
    files.beside(database, "-shm").unlink(missing_ok=True)
    os.link(database, kept)  # a second name: at no moment is there no database


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        files.beside(path, suffix).unlink(missing_ok=True)


@contextmanager
def _mapped(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(f"Copying failed: {error}.") from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}.") from error
