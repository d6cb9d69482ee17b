"""Batch work of the command line: many inputs over all processors, answers in the order of the inputs.

Each input is worked on in a process that may be killed, so a hostile one costs its own answer and nothing else.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Generic, TypeVar

from bot.domain.errors import NutgrafError, WorkerError

if TYPE_CHECKING:
    from pebble import ProcessPool

A = TypeVar("A")
B = TypeVar("B")

_AHEAD = 16  # inputs in flight a process: enough that a slow one does not idle the others
_MANY = 50


def spread(
    function: Callable[[A], B],
    items: Iterable[A],
    *,
    limit_s: float,
    most_mb: int = 512,
    progress: str | None = None,
) -> Iterator[B | NutgrafError]:
    """Call `function` (importable, arguments and results picklable) on every item, over all processors.

    Args:
        function: what to do with one item.
        items: any number; read only as fast as they are worked on.
        limit_s: seconds for one item.
        most_mb: memory for one process.
        progress: a name for the bar on standard error, shown on a terminal when the items are many.

    Yields:
        For each item, in order, the result, or the error: one of ours that `function` raised, or a WorkerError if it
        had to be ended or failed in a way of its own.
    """
    processes = os.cpu_count() or 1
    if isinstance(items, Sized):
        processes = min(processes, max(1, len(items)))
    crew = _Crew(function, processes, most_mb, limit_s)
    waiting: deque[tuple[A, Future[B]]] = deque()
    try:
        for item in _with_bar(items, progress):
            waiting.append((item, crew.begin(item)))
            if len(waiting) >= _AHEAD * processes:
                yield crew.outcome(*waiting.popleft())
        while waiting:
            yield crew.outcome(*waiting.popleft())
    finally:
        crew.end()


class _Crew(Generic[A, B]):
    """A pool for one function, built anew when it breaks."""

    def __init__(self, function: Callable[[A], B], processes: int, most_mb: int, limit_s: float) -> None:
        self._function = function
        self._processes = processes
        self._most_mb = most_mb
        self._limit_s = limit_s
        self._pool: ProcessPool | None = None

    def begin(self, item: A) -> Future[B]:
        from bot.engine.workers import start_pool

        if self._pool is not None and not self._pool.active:
            self.end()
        if self._pool is None:
            self._pool = start_pool(self._processes, self._most_mb)
        future: Future[B] = self._pool.schedule(self._function, args=(item,), timeout=self._limit_s)
        return future

    def outcome(self, item: A, future: Future[B]) -> B | NutgrafError:
        """The result or the error; an item that was only near when the pool broke gets a second chance."""
        from bot.engine.workers import POOL_ERRORS, as_worker_error

        for attempt in (future, None):
            try:
                return (attempt or self.begin(item)).result()
            except BrokenProcessPool as error:
                broken: NutgrafError = as_worker_error(error, self._limit_s)
            except POOL_ERRORS as error:
                return as_worker_error(error, self._limit_s)
            except NutgrafError as error:
                return error
            except Exception as error:  # noqa: BLE001 - one input's failure must not end the batch
                return WorkerError(f"it failed with {type(error).__name__}")
        return broken

    def end(self) -> None:
        from bot.engine.workers import end_pool

        if self._pool is not None:
            end_pool(self._pool)
            self._pool = None


def _with_bar(items: Iterable[A], name: str | None) -> Iterable[A]:
    many = isinstance(items, Sized) and len(items) >= _MANY
    if not (name and many and sys.stderr.isatty()):
        return items
    from tqdm import tqdm

    return tqdm(items, desc=name, file=sys.stderr)
