"""Workers: pure functions in processes that may be killed.

Parsers eat what strangers wrote, so each call runs in a process of its own with a time and a memory limit, and neither
a hang nor a crash reaches the service. Processes start on demand and end when there is no work, because an idle
parser holds memory for nothing. They end with their parent, however it ends; they ignore Ctrl-C, which is the parent's
to decide; and they see none of our settings.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol, TypeVar, TypeVarTuple

from pebble import CONSTS, ProcessExpired, ProcessPool

from bot.domain.errors import WorkerError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MOST_MB = 512
_TASKS_A_PROCESS = 500  # then a fresh one: parsers leak
_PR_SET_PDEATHSIG = 1
POOL_ERRORS = (TimeoutError, MemoryError, ProcessExpired, BrokenProcessPool)
CONSTS.term_timeout = 0.2  # a process inside C code does not hear SIGTERM: kill it soon


class Timer(Protocol):
    """What `later` gives back: a call that has not happened yet."""

    def cancel(self) -> None:
        """Do not call."""
        ...


Later = Callable[[float, Callable[[], None]], Timer]
"""Call a function after so many seconds."""


class ProcessWorkers:
    """The port `Workers` on a pebble pool, which exists only while there is work and for `idle_s` after it."""

    def __init__(
        self, *, processes: int | None = None, most_mb: int = MOST_MB, idle_s: float = 20.0, later: Later | None = None
    ) -> None:
        """`processes` defaults to the processors that we may use, at most 2; `later` to the event loop's own timer."""
        self._processes = processes or min(2, _processors())
        self._most_mb = most_mb
        self._idle_s = idle_s
        self._later = later
        self._pool: ProcessPool | None = None
        self._busy = 0
        self._timer: Timer | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def resting(self) -> bool:
        """Whether there are no processes."""
        return self._pool is None and not self._ending

    async def run(self, function: Callable[[*Ts], T], *args: *Ts, limit_s: float = 10.0) -> T:
        """Call `function` (importable, arguments and result picklable) in a worker process.

        Raises:
            WorkerError: it took over `limit_s` seconds or too much memory, or its process died.
            Exception: whatever `function` raised.
        """
        self._begin()
        try:
            return await asyncio.wrap_future(self._schedule(function, args, limit_s))
        except POOL_ERRORS as error:
            if isinstance(error, BrokenProcessPool):
                self._rest()
            raise as_worker_error(error, limit_s) from error
        finally:
            self._end()

    async def close(self) -> None:
        """End all processes; work under way is lost."""
        self._stop_timer()
        self._rest()
        await asyncio.gather(*self._ending)

    def _schedule(self, function: Callable[..., T], args: tuple[object, ...], limit_s: float) -> Future[T]:
        if self._pool is None or not self._pool.active:
            self._rest()
            self._pool = start_pool(self._processes, self._most_mb)
        future: Future[T] = self._pool.schedule(function, args=args, timeout=limit_s)
        return future

    def _begin(self) -> None:
        self._busy += 1
        self._stop_timer()

    def _end(self) -> None:
        self._busy -= 1
        if not self._busy and self._pool is not None:
            later = self._later or asyncio.get_running_loop().call_later
            self._timer = later(self._idle_s, self._rest)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rest(self) -> None:
        if self._pool is not None:
            task = asyncio.get_running_loop().create_task(asyncio.to_thread(end_pool, self._pool))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            self._pool = None


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def start_pool(processes: int, most_mb: int) -> ProcessPool:
    """A pool of worker processes with `most_mb` of memory each; the thread that first uses it must outlive it."""
    return ProcessPool(
        max_workers=processes,
        max_tasks=_TASKS_A_PROCESS,
        initializer=_prepare,
        initargs=(most_mb,),
        context=multiprocessing.get_context("spawn"),  # fork is not safe beside threads
    )


def end_pool(pool: ProcessPool) -> None:
    """End a pool's processes at once; blocks for some tenths of a second."""
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def as_worker_error(error: BaseException, limit_s: float) -> WorkerError:
    """One of POOL_ERRORS as ours."""
    if isinstance(error, TimeoutError):
        return WorkerError(f"it took more than {limit_s:g} seconds")
    if isinstance(error, MemoryError):
        return WorkerError("it took too much memory")
    return WorkerError("its process died")


def _prepare(most_mb: int) -> None:
    """In a new worker process, before its first work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in [name for name in os.environ if name.startswith("NUTGRAF_")]:
        del os.environ[name]
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # standard output is the parent's, and so is what its readers see of errors
    os.dup2(silence, 2)
    _limit_memory(most_mb)
    _die_with_parent()


def _limit_memory(most_mb: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_DATA, (most_mb << 20, most_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with_parent() -> None:
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    parent = multiprocessing.parent_process()
    if parent is None or not parent.is_alive():  # it died before the line above
        os._exit(1)
