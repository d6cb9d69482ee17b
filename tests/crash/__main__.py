"""`make crash`: three hundred SIGKILLs and the other hits, as a table. Exit status 1 if a bound does not hold."""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from tests.conftest import _administer, _make_schema, _start
from tests.crash import points
from tests.crash.harness import Ordeal, Zygote
from tests.crash.tally import Tally, table

KILLS_AT_A_POINT = 18
KILLS_AT_RANDOM = 42
OTHER_HITS = 15

NewDatabase = Callable[[int], str]
"""The address of a new database with the schema in place, for a number of its own."""


def main() -> int:
    """Run everything on both databases at once, and print what came of it."""
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nutgraf-crash-")))
        kinds = [stack.enter_context(opening(folder)) for opening in (_sqlite, _postgresql)]
        zygotes = [stack.enter_context(closing(Zygote())) for _ in kinds]
        tallies, problems = asyncio.run(_suffer(list(zip(zygotes, kinds, strict=True)), folder))
    _say(table(tallies))
    _say(f"\n{time.monotonic() - began:.0f} s")
    for problem in problems:
        _say(f"BROKEN: {problem}")
    return 1 if problems else 0


async def _suffer(kinds: list[tuple[Zygote, NewDatabase]], folder: Path) -> tuple[list[Tally], list[str]]:
    """The rows of all databases, those of one point beside each other, and what is wrong with them."""
    columns = await asyncio.gather(*(_column(zygote, new, folder / str(n)) for n, (zygote, new) in enumerate(kinds)))
    rows = [row for pair in zip(*columns, strict=True) for row in pair]
    tallies = [row for row in rows if isinstance(row, Tally)]
    problems = [problem for tally in tallies for problem in tally.broken()]
    return tallies, problems + [row for row in rows if isinstance(row, str)]


async def _column(zygote: Zygote, new: NewDatabase, folder: Path) -> list[Tally | str]:
    return [
        await _row(zygote, new(number), _made(folder / str(number)), point)
        for number, point in enumerate(points.POINTS)
    ]


async def _row(zygote: Zygote, url: str, folder: Path, point: str) -> Tally | str:
    """One point on one database; in words if it could not be gone through."""
    try:
        async with Ordeal(zygote, url, folder, point) as ordeal:
            return await points.run(ordeal, point, _hits(point))
    except (AssertionError, TimeoutError) as error:
        return f"{point}, {url.partition(':')[0]}: {type(error).__name__} {error}\n{ordeal.log.read_text()}"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _hits(point: str) -> int:
    if point not in points.KILLS:
        return OTHER_HITS
    return KILLS_AT_RANDOM if point == points.AT_RANDOM else KILLS_AT_A_POINT


@contextmanager
def _sqlite(folder: Path) -> Iterator[NewDatabase]:
    template = folder / "template.db"
    asyncio.run(_make_schema(f"sqlite:///{template}"))

    def new(number: int) -> str:
        return f"sqlite:///{shutil.copyfile(template, folder / f'{number}.db')}"

    yield new


@contextmanager
def _postgresql(folder: Path) -> Iterator[NewDatabase]:
    # in a folder of its own: as root the server is another user, whom the other one is closed to
    server = _start(Path(tempfile.gettempdir()) / f"{folder.name}-postgresql")
    uri = str(server.get_uri())
    try:
        asyncio.run(_administer(uri, "CREATE DATABASE nutgraf_template"))
        asyncio.run(_make_schema(uri.replace("/postgres?", "/nutgraf_template?")))
        for number in range(len(points.POINTS)):
            asyncio.run(_administer(uri, f"CREATE DATABASE crash_{number} TEMPLATE nutgraf_template"))
        yield lambda number: uri.replace("/postgres?", f"/crash_{number}?")
    finally:
        server.cleanup()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
