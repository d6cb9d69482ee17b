"""`nutgraf run` in a process of its own, watched: the lag of its event loop from inside, its memory from outside."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.at_rest import cpu_s, family
from bot.sandbox.server import Sandbox

LOOK_MEMORY_S = 1.0
READY_S = 60.0


@dataclass(slots=True)
class Running:
    """The service, and what was seen of it; once it has ended its lags in ms, by the clock and by its own CPU time."""

    process: psutil.Process
    heaviest: list[tuple[str, float]] = field(default_factory=list)
    lags_ms: list[tuple[float, float]] = field(default_factory=list)

    def cpu_s(self) -> float:
        """Processor seconds so far, of all its processes."""
        return cpu_s(self.process)

    async def watch(self) -> None:
        """Look at the memory until cancelled."""
        while True:
            with contextlib.suppress(psutil.NoSuchProcess):
                self.heaviest = max(self.heaviest, family(self.process), key=lambda all_: sum(mb for _, mb in all_))
            await asyncio.sleep(LOOK_MEMORY_S)


@contextlib.asynccontextmanager
async def running(
    sandbox: Sandbox, folder: Path, database_url: str, core: int | None = None, **environ: str
) -> AsyncIterator[Running]:
    """The service on this database and sandbox, ready; ended at the end, and then its lags are known."""
    report = folder / "lags.json"
    given = {
        "NUTGRAF_TELEGRAM_TOKEN": sandbox.token,
        "NUTGRAF_TELEGRAM_API_URL": sandbox.api_url,
        "NUTGRAF_ADMIN_IDS": "1",
        "NUTGRAF_DATA_DIR": str(folder),
        "NUTGRAF_DATABASE_URL": database_url,
        "NUTGRAF_HTTP_ADDRESS": "",
        "NUTGRAF_ALLOWED_NETWORKS": "127.0.0.0/8",
        "NUTGRAF_LOG_FORMAT": "json",
    }
    with (folder / "service.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.sources.watched", str(report), *([str(core)] if core is not None else []),
            env=os.environ | given | environ, stderr=log,
        )  # fmt: skip
        seen = Running(psutil.Process(process.pid))
        try:
            await _ready(folder / "service.log", process)
            watching = asyncio.create_task(seen.watch())
            yield seen
            watching.cancel()
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
    seen.lags_ms = [(clock, own) for clock, own in json.loads(await asyncio.to_thread(report.read_text))]


async def _ready(log: Path, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(READY_S):
        while b'"started"' not in await asyncio.to_thread(log.read_bytes):
            assert process.returncode is None, "the service ended at once"
            await asyncio.sleep(0.1)
