"""The bytes of documents, bounded: the oldest are dropped when there are too many."""

from itertools import count
from pathlib import PurePosixPath

from bot.sandbox.nouns import Document

MOST_FILE_BYTES = 20 * 2**20
MOST_BYTES = 100 * 2**20


class Files:
    """Documents by file id and by the path under which getFile offers them."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._kept: dict[str, tuple[Document, bytes]] = {}

    def add(self, name: str, mime_type: str, data: bytes) -> Document:
        """Keep a file. `name` is cut to its last part and to 64 characters."""
        number = next(self._numbers)
        short = PurePosixPath(name.replace("\\", "/")).name[-64:] or "file"
        suffix = PurePosixPath(short).suffix
        path = f"documents/file_{number}{suffix if suffix[1:].isascii() and suffix[1:].isalnum() else ''}"
        document = Document(f"BQAC{number:08d}", f"AQAD{number:08d}", short, mime_type, len(data), path)
        self._kept[document.file_id] = (document, data)
        while len(self._kept) > 1 and sum(len(kept) for _, kept in self._kept.values()) > MOST_BYTES:
            del self._kept[next(iter(self._kept))]
        return document

    def get(self, file_id: str) -> tuple[Document, bytes] | None:
        """A document and its bytes, None if unknown or dropped."""
        return self._kept.get(file_id)

    def at(self, path: str) -> tuple[Document, bytes] | None:
        """The same by path."""
        return next((kept for kept in self._kept.values() if kept[0].path == path), None)
