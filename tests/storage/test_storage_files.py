"""SQLite as a file: write-ahead logs of killed processes, whole and damaged; times at the store's edge."""

import os
import sqlite3
import struct
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage.times import from_ms, maybe_from_ms, to_ms
from bot.storage.wal import damaged

WRITER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("CREATE TABLE boats (name TEXT)")
if sys.argv[2] == "anew":  # the log is begun anew: old frames stay behind its end
    for number in range(30):
        connection.execute("INSERT INTO boats VALUES (?)", [str(number) * 3000])
    connection.execute("PRAGMA wal_checkpoint(RESTART)")
for number in range(8):
    connection.execute("INSERT INTO boats VALUES (?)", [str(number) * 3000])
if sys.argv[2] == "open":
    connection.execute("PRAGMA cache_size=1")
    connection.execute("BEGIN")
    for number in range(200):
        connection.execute("INSERT INTO boats VALUES (?)", [str(number) * 3000])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(params=["plain", "anew", "open"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The log of a killed writer: from its first page, begun anew, and with an unfinished transaction at its end."""
    subprocess.run([sys.executable, "-c", WRITER, str(tmp_path / "boats.db"), request.param], check=False)
    return tmp_path / "boats.db-wal"


def _frame_bytes(log: Path) -> int:
    page_bytes: int = struct.unpack_from(">I", log.read_bytes(), 8)[0]
    return 24 + page_bytes


def test_the_log_of_a_killed_process_is_whole(log: Path) -> None:
    assert log.stat().st_size > 32 + 8 * _frame_bytes(log)
    assert not damaged(log)
    with sqlite3.connect(log.with_name("boats.db")) as reader:
        assert reader.execute("SELECT count(*) FROM boats").fetchone()[0] in (8, 38)
    reader.close()


@pytest.mark.parametrize("place", [0, 9, 20, 33, 500, 32 + 4120 + 7, 32 + 3 * 4120 + 9])
def test_a_changed_byte_is_found(log: Path, place: int) -> None:
    content = bytearray(log.read_bytes())
    content[place] ^= 0x5A
    log.write_bytes(content)
    assert damaged(log)


def test_a_write_that_was_cut_short_is_no_damage(log: Path) -> None:
    content = log.read_bytes()
    frame = _frame_bytes(log)
    for end in (0, 20, 32, 32 + 10, 32 + frame * 3 + 100, 32 + frame * 4):
        log.write_bytes(content[:end])
        assert not damaged(log)


@pytest.mark.parametrize("log", ["plain"], indirect=True)
def test_a_last_write_that_a_power_loss_tore_is_no_damage(log: Path) -> None:
    content = bytearray(log.read_bytes())
    content[-100] ^= 0x5A
    log.write_bytes(content)
    assert not damaged(log)


def test_rubbish_is_damage(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(os.urandom(10_000))
    assert damaged(tmp_path / "log")


@given(at=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_comes_back_to_the_millisecond(at: datetime) -> None:
    back = from_ms(to_ms(at))
    assert timedelta() <= at - back < timedelta(milliseconds=1)
    assert back.tzinfo is UTC
    assert to_ms(back) == to_ms(at)


def test_a_zone_is_taken_into_account() -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=2)))
    assert from_ms(to_ms(noon)) == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert maybe_from_ms(None) is None
    with pytest.raises(ValueError, match="without a zone"):
        to_ms(datetime(2026, 11, 22))  # noqa: DTZ001
