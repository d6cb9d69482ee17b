"""Hit at every point where it could hurt: nothing is lost, nothing comes more than twice, nothing to a wrong chat.

Two SIGKILLs at each named point and three at any moment, on each database: thirty. `make crash` does ten times as many.
"""

from pathlib import Path

import pytest

from tests.crash import points
from tests.crash.harness import Ordeal, Zygote

HITS = {"SIGTERM": 15, "SIGSTOP, SIGCONT": 2}


async def suffer(zygote: Zygote, url: str, folder: Path, point: str, hits: int) -> None:
    async with Ordeal(zygote, url, folder, point) as ordeal:
        tally = await points.run(ordeal, point, hits)
    assert tally.hits + tally.faults >= hits
    assert tally.broken() == [], ordeal.log.read_text()


@pytest.mark.parametrize("point", points.KILLS)
async def test_killed(zygote: Zygote, database_url: str, tmp_path: Path, point: str) -> None:
    await suffer(zygote, database_url, tmp_path, point, 3 if point == points.AT_RANDOM else 2)


@pytest.mark.parametrize("point", points.OTHERS)
async def test_not_killed(zygote: Zygote, database_url: str, tmp_path: Path, point: str) -> None:
    await suffer(zygote, database_url, tmp_path, point, HITS.get(point, 8))
