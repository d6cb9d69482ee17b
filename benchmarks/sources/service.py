"""`nutgraf run` in a process of its own, watched: the lag of its event loop from inside, its memory from outside.

    python -m benchmarks.sources.service REPORT [CORE]

is what `running` starts: the service with the environment's settings, kept to one core where that is given.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.at_rest import cpu_s, family
from bot.cli.logs import configure
from bot.cli.service import run_until, stop_signals
from bot.sandbox.server import Sandbox
from bot.settings import load

LOOK_S = 0.01
LOOK_MEMORY_S = 1.0
READY_S = 60.0


@dataclass(slots=True)
class Running:
    """The service, and what was seen of it; `lags_ms` is there once it has ended."""

    process: psutil.Process
    heaviest: list[tuple[str, float]] = field(default_factory=list)
    lags_ms: list[float] = field(default_factory=list)

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
            sys.executable, "-m", __name__, str(report), *([str(core)] if core is not None else []),
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
    seen.lags_ms = json.loads(await asyncio.to_thread(report.read_text))


async def _ready(log: Path, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(READY_S):
        while b'"started"' not in await asyncio.to_thread(log.read_bytes):
            assert process.returncode is None, "the service ended at once"
            await asyncio.sleep(0.1)


def keep_to(core: int) -> None:
    """Keep this process and those that it starts to one core, where the system can."""
    if hasattr(os, "sched_setaffinity") and core in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {core})


async def _serve(lags_ms: list[float]) -> None:
    from bot.compose import open_service

    settings = load(env_file=None)
    configure(settings.log_format, (settings.telegram_token, settings.webhook_secret))
    with stop_signals() as stop:
        looking = asyncio.create_task(_look(lags_ms))
        await run_until(stop, open_service(settings))
        looking.cancel()


async def _look(lags_ms: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(LOOK_S)
        lags_ms.append(1000 * (time.perf_counter() - began - LOOK_S))


def _main(report: str, *core: str) -> None:
    if core:
        keep_to(int(core[0]))
    lags_ms: list[float] = []
    asyncio.run(_serve(lags_ms))
    Path(report).write_text(json.dumps(lags_ms))


if __name__ == "__main__":
    _main(*sys.argv[1:])
