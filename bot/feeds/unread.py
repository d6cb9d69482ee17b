"""What of a feed was not read before: the entries whose bytes are the same as last time need not be read again.

Most feeds change by one entry in twenty, and reading entries is most of what a changed feed costs. Only feeds whose
entries are plainly told apart are cut; of any other, or where an id stands on several entries, everything is read.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

MOST_BYTES = 1 << 20  # cutting is done in the event loop's thread
MOST_SOURCES = 20_000
MOST_ENTRIES = 200  # 32 MB are remembered at most; longer feeds are rare, and read whole

_DIGEST_BYTES = 8
_EDGE = re.compile(rb"<(?:(item|entry)(?=[\s>])|/(item|entry)>)")
_ID = re.compile(rb"<(?:guid|id)(?=[\s>])")
_ID_TEXT = re.compile(rb"[^>]{0,500}+>(?:\s*<!\[CDATA\[)?([^<\]]{1,2000}+)")


@dataclass(frozen=True, slots=True)
class Unread:
    """A feed's body with the entries that were not seen before, of `entries` in all; `seen` is for the next time."""

    body: bytes
    entries: int
    seen: bytes


class Seen:
    """What was read of each source since the program began, 8 bytes an entry; of the longest unused nothing."""

    def __init__(self, most: int = MOST_SOURCES) -> None:
        self._most = most
        self._seen: OrderedDict[int, bytes] = OrderedDict()

    def of(self, source_id: int) -> bytes:
        """What to give to `unread`."""
        return self._seen.get(source_id, b"")

    def keep(self, source_id: int, seen: bytes) -> None:
        """Remember what `unread` said, once it is stored."""
        self._seen[source_id] = seen
        self._seen.move_to_end(source_id)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)


def unread(body: bytes, seen: bytes) -> Unread | None:
    """What was not seen before; None where all of it has to be read.

    Args:
        body: a feed as it came.
        seen: of the last time, empty for a source that was not read yet.
    """
    spans = _entries(body) if len(body) <= MOST_BYTES else None
    if not spans or len(spans) > MOST_ENTRIES:
        return None
    entries = [body[start:end] for start, end in spans]
    ids = [id_ for entry in entries if (id_ := _id(entry))]
    if len(set(ids)) < len(ids):
        return None
    digests = [blake2b(entry, digest_size=_DIGEST_BYTES).digest() for entry in entries]
    known = {seen[at : at + _DIGEST_BYTES] for at in range(0, len(seen), _DIGEST_BYTES)}
    old = [span for span, digest in zip(spans, digests, strict=True) if digest in known]
    return Unread(_without(body, old), len(entries), b"".join(digests))


def _entries(body: bytes) -> list[tuple[int, int]] | None:
    """From where to where each entry goes; None where a tag of theirs stands in another entry or is not closed."""
    spans: list[tuple[int, int]] = []
    start, name = None, None
    for edge in _EDGE.finditer(body):
        opened, closed = edge.groups()
        name = name or opened
        if (opened is None) == (start is None) or (opened or closed) != name:
            return None
        if start is None:
            start = edge.start()
        else:
            spans.append((start, edge.end()))
            start = None
    return spans if start is None else None


def _id(entry: bytes) -> bytes | None:
    tag = _ID.search(entry)
    text = _ID_TEXT.match(entry, tag.end()) if tag else None
    return text[1].strip() if text else None


def _without(body: bytes, spans: list[tuple[int, int]]) -> bytes:
    kept, at = [], 0
    for start, end in spans:
        kept.append(body[at:start])
        at = end
    return b"".join((*kept, body[at:]))
