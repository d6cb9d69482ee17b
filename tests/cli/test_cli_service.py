"""`nutgraf run` and what keeps it open."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from bot.cli.service import run_until


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


async def test_what_a_start_leaves_is_no_longer_looked_through_for_garbage(seen: list[str]) -> None:
    stop = asyncio.Event()
    stop.set()

    @asynccontextmanager
    async def service() -> AsyncIterator[None]:
        seen.append(f"frozen {gc.get_freeze_count() > 0}")
        yield
        seen.append(f"frozen {gc.get_freeze_count() > 0}")

    await run_until(stop, service())
    assert seen == ["frozen False", "frozen True"]


async def test_a_stop_while_it_opens_ends_that_too(seen: list[str]) -> None:
    stop = asyncio.Event()

    @asynccontextmanager
    async def service() -> AsyncIterator[None]:
        stop.set()
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("cancelled")
        yield

    await run_until(stop, service())
    assert seen == ["cancelled"]
