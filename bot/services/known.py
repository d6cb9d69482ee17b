"""Which source an address is, however it is spelled: scheme, "www.", closing slash, tracking parameters."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache

from bot.domain.canonical import canonical_url
from bot.domain.models import Source
from bot.storage import sources
from bot.storage.database import Tx


async def known_source(tx: Tx, urls: Iterable[str]) -> Source | None:
    """The source that has one of these addresses; what is not printable is none."""
    for url in filter(str.isprintable, urls):
        if found := await sources.find(tx, url) or await _at_its_host(tx, url):
            return found
    return None


async def known_positions(tx: Tx, urls: Sequence[str]) -> frozenset[int]:
    """The positions of the addresses that sources have."""
    known = [await known_source(tx, (url,)) for url in urls]
    return frozenset(position for position, source in enumerate(known) if source is not None)


async def _at_its_host(tx: Tx, url: str) -> Source | None:
    """One spelled otherwise; only its host's are compared, for there may be ten thousand sources."""
    form = _form(url)
    host = form.partition("://")[2].partition("/")[0]
    there = await sources.of_host(tx, host) if host else ()
    return await asyncio.to_thread(_same, there, form)


def _same(there: tuple[Source, ...], form: str) -> Source | None:
    return next((source for source in there if _form(source.url) == form), None)


@lru_cache(maxsize=20_000)
def _form(url: str) -> str:
    return canonical_url(url if "://" in url else f"https://{url}")
