"""Jobs: what is stopped has come to its end, and what follows does so at once."""

import asyncio

from bot.jobs import Jobs, then


async def test_a_step_that_is_stopped_cleans_up_first() -> None:
    begun, ends = asyncio.Event(), []

    async def step() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            for turn in range(3):
                await asyncio.sleep(0)
                ends.append(turn)

    jobs = Jobs({"wait": (step, 0.001)})
    jobs.start()
    await begun.wait()
    await jobs.stop()
    assert ends == [0, 1, 2]


async def test_a_step_that_did_something_is_followed_at_once_and_one_that_runs_is_repeated() -> None:
    done: list[str] = []
    told = asyncio.Event()
    left = [1, 2, 0]

    async def find() -> int:
        done.append("find")
        jobs.at_once("find") if len(done) == 1 else None  # while it runs
        return left.pop(0)

    async def tell() -> int:
        done.append("tell")
        told.set()
        return 0

    jobs = Jobs({"find": (then(find, lambda: jobs.at_once("tell")), 3600.0), "tell": (tell, 3600.0)})
    jobs.start()
    jobs.at_once("find")
    await told.wait()
    assert done[:2] == ["find", "find"]
    assert "tell" in done
    await jobs.stop()
    jobs.at_once("find")
    assert done.count("find") == 2
