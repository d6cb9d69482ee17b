"""APScheduler's ticks → service calls, and nothing else.

What is due stands in the database; a tick only looks. A tick that is still running is not started again, and ticks that
were missed are one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger()

Step = Callable[[], Awaitable[object]]


class Jobs:
    """Runs each step every so many seconds until stopped."""

    def __init__(self, steps: dict[str, tuple[Step, float]]) -> None:
        """`steps`: name → what to call, and the seconds between two looks."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._running: set[asyncio.Task[object]] = set()
        self._busy: set[str] = set()
        self._again: set[str] = set()
        for name, (step, every_s) in steps.items():
            self._scheduler.add_job(
                self._guarded(name, step), "interval", seconds=every_s, id=name, max_instances=1, coalesce=True,
                misfire_grace_time=None,
            )  # fmt: skip

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def at_once(self, name: str) -> None:
        """Do not wait for a step's next tick; one that runs is done once more."""
        if name in self._busy:
            self._again.add(name)
        elif self._scheduler.running:
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def pause(self) -> None:
        """Start nothing more; what runs goes on."""
        if self._scheduler.running:
            self._scheduler.pause()

    async def stop(self) -> None:
        """End; what still runs is cancelled, and has cleaned up when this returns."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        # a second cancellation, that of the ending loop, could leave a connection that waits for its thread for ever
        await asyncio.gather(*self._running, return_exceptions=True)

    def _guarded(self, name: str, step: Step) -> Callable[[], Awaitable[None]]:
        """A step whose failure is logged and tried again at the next tick."""

        async def run() -> None:
            if task := asyncio.current_task():
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            self._busy.add(name)
            try:
                await self._repeat(name, step)
            except asyncio.CancelledError:
                log.info("step cancelled", step=name)
            except Exception:
                log.exception("step failed", step=name)
            finally:
                self._busy.discard(name)

        return run

    async def _repeat(self, name: str, step: Step) -> None:
        while True:
            self._again.discard(name)
            await step()
            if name not in self._again:
                return


def then(step: Step, following: Callable[[], None]) -> Step:
    """A step after which, where it did anything, something follows at once."""

    async def both() -> object:
        done = await step()
        if done:
            following()
        return done

    return both
