"""Jobs: what is stopped has come to its end."""

import asyncio

from bot.jobs import Jobs


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
