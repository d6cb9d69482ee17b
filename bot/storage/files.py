"""A SQLite database as a file: its folder, what is wrong with it before it is opened, and who holds it.

Checked at every opening: that the file is a database, that its write-ahead log is whole, and the structure of its pages
where that is quick (up to `QUICK_CHECK_BYTES`) or where the last program did not close it.
"""

import fcntl
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from bot.domain.errors import StorageError, UserError
from bot.storage.failures import as_storage_error
from bot.storage.wal import damaged

QUICK_CHECK_BYTES = 200 * 2**20  # read in 0.2 s when cached
_UNCLEAN_CHECK_BYTES = 2**30
_USE_LOG_TRIES = 60  # of 0.15 s
_MAGIC = b"SQLite format 3\0"


def prepare(path: Path) -> None:
    """Make the folder, and look at the file that may be there.

    Raises:
        UserError: the folder cannot be made, or what is there is no database.
        StorageError: the database is damaged, locked or cannot be written.
    """
    prepare_folder(path)
    if path.is_dir():
        raise UserError(f"{path} is a folder: NUTGRAF_DATABASE_URL must name a file.")
    if path.exists() and path.stat().st_size:
        inspect(path)
    _use_log(path)


def prepare_folder(path: Path) -> None:
    """Make the folder of a database file.

    Raises:
        UserError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {path.parent} cannot be made: {error.strerror}. Set NUTGRAF_DATA_DIR.") from error


def inspect(path: Path) -> None:
    """Refuse a file that is no database or a damaged one.

    Raises:
        UserError: it is no database or cannot be read.
        StorageError: it is damaged.
    """
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(_MAGIC))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    if magic != _MAGIC:
        raise UserError(f"{path} is not a database: move it away, or set NUTGRAF_DATABASE_URL to another file.")
    log = beside(path, "-wal")
    unclean = log.exists() and log.stat().st_size > 0
    if unclean and damaged(log):
        raise StorageError(
            f"{log} is damaged: run 'nutgraf db restore' with a backup, or delete it to go on without the last changes."
        )
    if path.stat().st_size <= (_UNCLEAN_CHECK_BYTES if unclean else QUICK_CHECK_BYTES):
        _quick_check(path)


def _quick_check(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path, timeout=0.5)) as connection:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
    except sqlite3.OperationalError:
        return  # locked or unreadable: the opening that follows says so
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        raise StorageError(f"{path} is damaged: run 'nutgraf db restore' with a backup.")


def _use_log(path: Path) -> None:
    # once for each file, and in tries: SQLite does not wait for its turn when two make the change at the same time
    for tries_left in reversed(range(_USE_LOG_TRIES)):
        try:
            with closing(sqlite3.connect(path, timeout=0.1)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.Error as error:
            if not tries_left or "locked" not in str(error):
                raise as_storage_error(error) from error
            time.sleep(0.05)
        else:
            return


def lock(path: Path) -> int:
    """Hold the database for one service; the lock ends with the descriptor or the process.

    Raises:
        UserError: another process holds it.
    """
    descriptor = os.open(beside(path, ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise UserError("Another Nutgraf is running on this database; stop it first.") from error
    return descriptor


def must_be_there(path: Path) -> None:
    """Raise UserError unless `path` is a file."""
    if not path.is_file():
        raise UserError(f"{path} does not exist.")


def must_be_new(path: Path) -> None:
    """Raise UserError if there is something at `path`."""
    if path.exists():
        raise UserError(f"{path} exists: name a new file.")


def beside(path: Path, suffix: str) -> Path:
    """The file that goes with a database, e.g. its `-wal`."""
    return path.with_name(path.name + suffix)


def sync(path: Path) -> None:
    """Make a file's content, or a folder's names, survive a power loss."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
