"""What the drivers raise becomes `StorageError`, here and nowhere else, with a line that says what to do.

The line never holds the database's address, for a password may stand in it; the driver's error is the cause.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.domain.errors import StorageError

_SAY = tuple(
    (re.compile(sign, re.IGNORECASE), line)
    for sign, line in (
        ("disk is full|no space left", "The disk is full: make room; nothing that was stored is lost."),
        ("is locked", "The database is locked by another program: end it and try again."),
        ("malformed", "The database is damaged: run 'nutgraf db check', then 'nutgraf db restore' with a backup."),
        ("not a database", "The file is not a database: move it away, or set NUTGRAF_DATABASE_URL to another."),
        ("readonly database", "The database cannot be written: make its file and folder writable for this user."),
        ("unable to open", "The database file cannot be opened: check the permissions of its folder."),
        ("authentication failed|no password", "The database refused the user or password in NUTGRAF_DATABASE_URL."),
        ("(database|role) .* does not exist", "The database or its user does not exist: create it."),
        ("too many clients", "The database has too many clients: raise its max_connections, or stop some."),
    )
)


@contextmanager
def mapped() -> Iterator[None]:
    """Let the drivers' errors out as `StorageError`."""
    try:
        yield
    except (SQLAlchemyError, UnicodeEncodeError) as error:
        raise as_storage_error(error) from error


@contextmanager
def mapped_connecting() -> Iterator[None]:
    """`mapped`, and what the network raises while a connection is made."""
    try:
        with mapped():
            yield
    except OSError as error:
        raise StorageError(
            "The database cannot be reached: is its server running, and NUTGRAF_DATABASE_URL right?"
        ) from error


def as_storage_error(error: Exception) -> StorageError:
    """The error of ours for one of a driver."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    for sign, line in _SAY:
        if sign.search(str(original)):
            return StorageError(line)
    return StorageError(f"The database failed ({_name(original)}); the log has the details.")


def _name(error: BaseException) -> str:
    return type(error.__cause__ or error).__name__
