"""Is a write-ahead log that a dead process left behind whole?

SQLite reads a log up to the first frame whose checksum is wrong and forgets the rest without a word: right for a write
that a power loss cut short, which can only be the last, wrong for a log damaged in its middle. Format:
https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

import struct
import sys
from array import array
from pathlib import Path

_HEADER_BYTES, _FRAME_BYTES = 32, 24
_MAGIC = (0x377F0682, 0x377F0683)
_MOST_BYTES = 32 * 2**20  # 0.1 s for the 4 MB that are usual


def damaged(log: Path) -> bool:
    """Whether more than one transaction lies behind a broken place, or the header itself is broken.

    Only the first 32 MB are looked at.
    """
    with log.open("rb") as stream:
        content = stream.read(_MOST_BYTES)
    if len(content) < _HEADER_BYTES:
        return False
    magic, _, page_bytes, _, *salts, sum0, sum1 = struct.unpack_from(">8I", content)
    swap = (magic & 1) != (sys.byteorder == "big")
    if magic not in _MAGIC or _checksum(content[:24], (0, 0), swap=swap) != (sum0, sum1):
        return True
    return _lost_commits(content, page_bytes, tuple(salts), (sum0, sum1), swap=swap) > 1


def _lost_commits(content: bytes, page_bytes: int, salts: tuple[int, ...], sums: tuple[int, int], *, swap: bool) -> int:
    lost, whole, size = 0, True, _FRAME_BYTES + page_bytes
    for start in range(_HEADER_BYTES, len(content) - size + 1, size):
        _, commit, salt0, salt1, sum0, sum1 = struct.unpack_from(">6I", content, start)
        ours = (salt0, salt1) == salts  # else a frame of before the log was last begun anew
        if whole:
            frame = content[start : start + 8] + content[start + _FRAME_BYTES : start + size]
            sums = _checksum(frame, sums, swap=swap)
            whole = ours and sums == (sum0, sum1)
        if not whole and ours and commit:
            lost += 1
    return lost


def _checksum(content: bytes, sums: tuple[int, int], *, swap: bool) -> tuple[int, int]:
    words = array("I", content)
    if swap:
        words.byteswap()
    first, second = sums
    pairs = iter(words)
    for even, odd in zip(pairs, pairs, strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
