"""The service with the environment's settings, its event loop's lag written down at the end.

    python -m benchmarks.sources.watched REPORT [CORE]

It imports as late as `nutgraf run` does, for worker processes read this file again.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

LOOK_S = 0.01


def keep_to(core: int) -> None:
    """Keep this process and those that it starts to one core, where the system can."""
    if hasattr(os, "sched_setaffinity") and core in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {core})


async def _serve(lags_ms: list[tuple[float, float]]) -> None:
    from bot.cli.logs import configure
    from bot.cli.service import run_until, stop_signals
    from bot.compose import open_service
    from bot.settings import load

    settings = load(env_file=None)
    configure(settings.log_format, (settings.telegram_token, settings.webhook_secret))
    with stop_signals() as stop:
        looking = asyncio.create_task(_look(lags_ms))
        await run_until(stop, open_service(settings))
        looking.cancel()


async def _look(lags_ms: list[tuple[float, float]]) -> None:
    """By the clock, and by the processor time that the loop's thread took meanwhile: other programs do not count."""
    while True:
        began, used = time.perf_counter(), time.thread_time()
        await asyncio.sleep(LOOK_S)
        lag_s = time.perf_counter() - began - LOOK_S
        lags_ms.append((1000 * lag_s, 1000 * min(time.thread_time() - used, lag_s)))


def _main(report: str, *core: str) -> None:
    if core:
        keep_to(int(core[0]))
    lags_ms: list[tuple[float, float]] = []
    asyncio.run(_serve(lags_ms))
    Path(report).write_text(json.dumps(lags_ms))


if __name__ == "__main__":
    _main(*sys.argv[1:])
