"""Worker processes: real ones, killed in the ways that they get killed."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from bot.domain.errors import NotAFeed, SourceError, WorkerError
from bot.engine.workers import ProcessWorkers

ROOT = Path(__file__).parents[2]


class Alarm:
    """A timer in the hand: remembers what is to be called and when, and calls it when told to."""

    def __init__(self) -> None:
        self._wait_s: float | None = None
        self._call: Callable[[], None] | None = None

    def __call__(self, wait_s: float, call: Callable[[], None]) -> "Alarm":
        self._wait_s, self._call = wait_s, call
        return self

    def cancel(self) -> None:
        self._wait_s = self._call = None

    def set_to(self) -> float | None:
        return self._wait_s

    def ring(self) -> None:
        assert self._call is not None
        self._call()


@pytest.fixture
def alarm() -> Alarm:
    return Alarm()


@pytest.fixture
async def workers(alarm: Alarm) -> AsyncIterator[ProcessWorkers]:
    made = ProcessWorkers(processes=1, most_mb=128, idle_s=20, later=alarm)
    yield made
    await made.close()


def refuse() -> None:
    raise SourceError("It answered 404.", 404, 7.0)


def deep(levels: int) -> int:
    return 1 + deep(levels - 1) if levels else 0


def sees() -> tuple[list[str], signal.Handlers | int | None, int]:
    """What a worker sees of the parent's settings, how it takes Ctrl-C, and its own id."""
    handler = signal.getsignal(signal.SIGINT)
    return (
        [name for name in os.environ if name.startswith("NUTGRAF_")],
        handler if isinstance(handler, int) else None,
        os.getpid(),
    )


async def test_work_is_done_elsewhere(workers: ProcessWorkers) -> None:
    assert await workers.run(divmod, 17, 5) == (3, 2)
    assert await workers.run(os.getpid) != os.getpid()


async def test_errors_come_back_as_they_are(workers: ProcessWorkers) -> None:
    with pytest.raises(SourceError) as error:
        await workers.run(refuse)
    assert (error.value.why, error.value.status, error.value.retry_after_s) == ("It answered 404.", 404, 7.0)
    with pytest.raises(ZeroDivisionError):
        await workers.run(divmod, 1, 0)
    with pytest.raises(RecursionError):
        await workers.run(deep, 100_000)


async def test_too_slow(workers: ProcessWorkers) -> None:
    with pytest.raises(WorkerError, match=r"more than 0\.2 seconds"):
        await workers.run(time.sleep, 60, limit_s=0.2)
    assert await workers.run(abs, -1) == 1


async def test_too_large(workers: ProcessWorkers) -> None:
    with pytest.raises(WorkerError, match="too much memory"):
        await workers.run(bytes, 1 << 30)
    assert await workers.run(abs, -1) == 1


async def test_a_death(workers: ProcessWorkers) -> None:
    with pytest.raises(WorkerError, match="died"):
        await workers.run(os._exit, 3)
    with pytest.raises(WorkerError, match="died"):
        await workers.run(signal.raise_signal, signal.SIGSEGV)
    assert await workers.run(abs, -1) == 1


async def test_an_idle_process_killed_from_outside(workers: ProcessWorkers) -> None:
    """The pool may break over it; the next work, or the one after, gets a new one."""
    os.kill(await workers.run(os.getpid), signal.SIGKILL)
    for _ in range(3):
        try:
            assert await workers.run(abs, -1) == 1
        except WorkerError:
            continue
        return
    pytest.fail("no new process")


async def test_cancelled_work_ends(workers: ProcessWorkers) -> None:
    work = asyncio.ensure_future(workers.run(time.sleep, 60, limit_s=60))
    assert await asyncio.wait({work}, timeout=0.5) == (set(), {work})
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert await workers.run(abs, -1, limit_s=5) == 1


async def test_no_processes_before_and_after_work(workers: ProcessWorkers, alarm: Alarm) -> None:
    assert workers.resting()
    first = await workers.run(os.getpid)
    assert alarm.set_to() == 20
    assert not workers.resting()
    alarm.ring()
    await workers.close()
    assert workers.resting()
    assert not psutil.pid_exists(first)
    assert await workers.run(os.getpid) != first


async def test_the_rest_waits_for_the_last_work(workers: ProcessWorkers, alarm: Alarm) -> None:
    long = asyncio.ensure_future(workers.run(time.sleep, 0.3))
    await workers.run(abs, -1)
    await long
    assert alarm.set_to() == 20
    again = asyncio.ensure_future(workers.run(abs, -1))
    await asyncio.sleep(0)
    assert alarm.set_to() is None
    assert await again == 1


async def test_close_does_not_wait_for_work(workers: ProcessWorkers) -> None:
    worker = await workers.run(os.getpid)
    work = asyncio.ensure_future(workers.run(time.sleep, 600, limit_s=600))
    await asyncio.wait({work}, timeout=0.3)
    await workers.close()
    assert not psutil.pid_exists(worker)
    work.cancel()


async def test_what_a_worker_sees(workers: ProcessWorkers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUTGRAF_TELEGRAM_TOKEN", "123:canary")
    settings, interrupt, pid = await workers.run(sees)
    assert settings == []
    assert interrupt == signal.SIG_IGN
    assert "canary" not in " ".join(psutil.Process(pid).cmdline())


async def test_the_loop_goes_on_meanwhile(workers: ProcessWorkers) -> None:
    """Starting processes, working and ending them: the loop is never held for 100 ms of processor time."""
    held = []
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            before = time.thread_time()
            await asyncio.sleep(0)
            held.append(time.thread_time() - before)

    watching = asyncio.ensure_future(watch())
    await workers.run(sum, range(1000))
    await workers.run(len, bytes(8 << 20))
    await workers.close()
    done.set()
    await watching
    assert max(held) < 0.1


PARENT = """
import asyncio, os, time
from bot.engine.workers import ProcessWorkers

async def main():
    workers = ProcessWorkers(processes=1)
    print(await workers.run(os.getpid), flush=True)
    await workers.run(time.sleep, 600, limit_s=600)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_workers_die_with_a_parent_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        assert psutil.wait_procs([worker], timeout=10)[1] == []


def test_errors_of_ours_survive_the_way() -> None:
    import pickle

    again = pickle.loads(pickle.dumps(NotAFeed("That is not a feed.", 200, None)))
    assert (type(again), again.why, again.status) == (NotAFeed, "That is not a feed.", 200)


def test_what_workers_are_asked_for_brings_neither_the_database_nor_the_web_along() -> None:
    modules: set[str] = set()
    for path in ROOT.glob("bot/services/*.py"):
        text = path.read_text(encoding="utf-8")
        if "workers.run(" in text:
            asked = set(re.findall(r"(?:workers\.run\(|partial\()(\w+)", text)) - {"partial", "work"}
            imported = re.findall(r"^from (\S+) import (.+)$", text, re.MULTILINE)
            found = {name: module for module, names in imported for name in names.split(", ") if name in asked}
            assert found.keys() == asked, path
            modules |= set(found.values())
    program = (
        f"import sys, {', '.join(modules)}; print(sorted({{'sqlalchemy', 'aiohttp', 'telegram'}} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True).strip() == "[]"
