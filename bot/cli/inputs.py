"""Inputs of the command line: paths as they are, addresses fetched behind the guard."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.errors import SourceError

if TYPE_CHECKING:
    from bot.feeds.fetch import Fetcher

_AT_ONCE = 16
_MOST_BYTES = 10 << 20


@dataclass(frozen=True, slots=True)
class Given:
    """One input: a path, or an address with what its server said; `error` where that failed."""

    input: str
    body: bytes | None = None
    url: str | None = None
    content_type: str | None = None
    error: str | None = None

    def read(self) -> bytes:
        """The bytes, at most 10 MiB.

        Raises:
            SourceError: there is nothing to read, in one clear line.
        """
        if self.error is not None:
            raise SourceError(self.error)
        return self.body if self.body is not None else _file(Path(self.input))


class Inputs:
    """The inputs in order; addresses are fetched some at a time when their turn comes."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self._inputs = inputs

    def __len__(self) -> int:
        return len(self._inputs)

    def __iter__(self) -> Iterator[Given]:
        if not any(map(is_url, self._inputs)):
            yield from map(Given, self._inputs)
            return
        with asyncio.Runner() as runner:
            for start in range(0, len(self._inputs), _AT_ONCE):
                yield from runner.run(_fetch(self._inputs[start : start + _AT_ONCE]))


def is_url(text: str) -> bool:
    """Whether an input is an address rather than a path."""
    return text.lower().startswith(("http://", "https://"))


async def _fetch(inputs: Sequence[str]) -> list[Given]:
    from bot.feeds.fetch import Fetcher
    from bot.feeds.guard import Guard
    from bot.settings import load

    fetcher = Fetcher(Guard(load().allowed_networks))
    try:
        return await asyncio.gather(*(_given(fetcher, text) for text in inputs))
    finally:
        await fetcher.close()


async def _given(fetcher: "Fetcher", text: str) -> Given:
    if not is_url(text):
        return Given(text)
    try:
        fetched = await fetcher.get(text, most_bytes=_MOST_BYTES)
    except SourceError as error:
        return Given(text, error=error.why)
    return Given(text, fetched.body, fetched.url, fetched.content_type)


def _file(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise SourceError("That is a folder.")
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise SourceError("There is no such file.") from None
    except (OSError, ValueError) as error:
        raise SourceError(f"It cannot be read ({getattr(error, 'strerror', None) or error}).") from error
    if len(body) > _MOST_BYTES:
        raise SourceError(f"It is larger than {_MOST_BYTES >> 20} MiB.")
    return body
