"""Hit at every point where it could hurt: nothing is lost, nothing comes more than twice, nothing to a wrong chat.

Thirty SIGKILLs, fifteen on each database, and as many SIGTERMs. `make crash` kills ten times as often.
"""

from pathlib import Path

import pytest

from tests.crash import points
from tests.crash.harness import Ordeal, Zygote

pytestmark = pytest.mark.untraced

# three: some are hit twice, which must be the end of repeating
HITS = {"after accept": 3, "SIGTERM": 15, "SIGSTOP, SIGCONT": 2, **dict.fromkeys(points.FAULTS, 8)}


@pytest.mark.parametrize("point", points.POINTS)
async def test_nothing_is_lost(zygote: Zygote, database_url: str, tmp_path: Path, point: str) -> None:
    hits = HITS.get(point, 2)
    async with Ordeal(zygote, database_url, tmp_path, point) as ordeal:
        tally = await points.run(ordeal, point, hits)
    broken = tally.broken()
    assert not broken, "\n".join([*broken, str(tally), ordeal.log.read_text()])
    assert tally.hits + tally.faults >= hits
