"""Updates at work: order within a chat, no waiting across chats, floods held back (T63, T70)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from telegram import Chat, Message, Update, User

from bot.tg.crowd import BURST, MOST_AT_WORK, MOST_WAITING, Crowd
from tests.tg.virtual import Time


def update(number: int, user_id: int = 1, chat_id: int = 0) -> Update:
    chat = Chat(chat_id or user_id, Chat.PRIVATE)
    user = User(user_id, "x", is_bot=False)
    return Update(number, message=Message(number, date=None, chat=chat, from_user=user, text="/x"))  # type: ignore[arg-type]


class Work:
    """A handler that notes what it began and ended, and can be held."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.gates: dict[int, asyncio.Event] = {}

    async def __call__(self, update: Update) -> None:
        self.begun.append(update.update_id)
        if gate := self.gates.get(update.update_id):
            await gate.wait()
        self.ended.append(update.update_id)


@pytest.fixture
def work() -> Work:
    return Work()


def crowd(work: Callable[[Update], Awaitable[None]], time: Time | None = None) -> Crowd:
    time = time or Time()
    return Crowd(work, clock=time.clock, sleep=time.sleep)


async def test_one_chat_in_order_others_at_the_same_time(work: Work) -> None:
    work.gates[1] = asyncio.Event()
    line = crowd(work)
    for number, chat in ((1, 10), (2, 10), (3, 20), (4, 10)):
        await line.accept(update(number, user_id=number, chat_id=chat))
    await asyncio.sleep(0)
    assert work.begun == [1, 3]
    work.gates[1].set()
    await line.drain(5)
    assert [number for number in work.ended if number != 3] == [1, 2, 4]


async def test_t63_an_update_that_comes_twice_is_handled_once(work: Work) -> None:
    line = crowd(work)
    for number in (1, 2, 1, 1):
        await line.accept(update(number))
    await line.drain(5)
    assert work.ended == [1, 2]


async def test_t70_a_flood_is_answered_once_a_second_and_the_rest_dropped() -> None:
    time, at = Time(), []

    async def work(_: Update) -> None:
        at.append(time.now)

    line = crowd(work, time)
    for number in range(1000):
        await line.accept(update(number))
    await line.drain(5)
    assert len(at) == BURST + MOST_WAITING
    assert at[:BURST] == [0] * BURST
    assert all(late - early >= 1 for early, late in zip(at[BURST - 1 :], at[BURST:], strict=False))


async def test_t70_a_thousand_in_ten_seconds_are_at_most_one_a_second_after_the_burst(work: Work) -> None:
    time = Time()
    line = crowd(work, time)
    for number in range(1000):
        time.now = max(time.now, number / 100)
        await line.accept(update(number))
    await line.drain(5)
    assert BURST + 9 <= len(work.ended) <= BURST + 10 + MOST_WAITING


async def test_t70_others_are_unharmed_even_in_the_same_group(work: Work) -> None:
    asleep = asyncio.Event()

    async def sleep(_: float) -> None:
        await asleep.wait()

    line = Crowd(work, clock=lambda: 0.0, sleep=sleep)
    for number in range(200):
        await line.accept(update(number, user_id=1, chat_id=-5))
    await line.accept(update(900, user_id=2, chat_id=-5))
    await line.accept(update(901, user_id=3))
    for _ in range(20):
        await asyncio.sleep(0)
    assert work.ended == [0, 1, 2, 3, 4, 900, 901] or sorted(work.ended) == [0, 1, 2, 3, 4, 900, 901]
    asleep.set()
    await line.drain(5)


async def test_a_user_who_waited_is_welcome_again(work: Work) -> None:
    time = Time()
    line = crowd(work, time)
    for number in range(100):
        await line.accept(update(number))
    await line.drain(5)
    done = len(work.ended)
    time.now += 60
    await line.accept(update(1000))
    await line.drain(5)
    assert len(work.ended) == done + 1


async def test_fetching_waits_while_too_many_are_at_work(work: Work) -> None:
    line = crowd(work)
    work.gates = {number: asyncio.Event() for number in range(MOST_AT_WORK)}
    for number in range(MOST_AT_WORK):
        await line.accept(update(number, user_id=number + 1))
    more = asyncio.create_task(line.accept(update(5000, user_id=5000)))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not more.done()
    work.gates[7].set()
    await more
    for gate in work.gates.values():
        gate.set()
    await line.drain(5)
    assert len(work.ended) == MOST_AT_WORK + 1


async def test_what_takes_too_long_at_the_end_is_cut_off(work: Work, logs: list[dict[str, object]]) -> None:
    line = crowd(work)
    work.gates[1] = asyncio.Event()
    await line.accept(update(1))
    await line.accept(update(2, user_id=2))
    await line.drain(0.05)
    assert work.ended == [2]
    assert [line["event"] for line in logs] == ["updates cut off"]


async def test_a_handler_that_fails_harms_nobody(logs: list[dict[str, object]]) -> None:
    async def fail(_: Update) -> None:
        raise RuntimeError("secret words")

    line = crowd(fail)
    await line.accept(update(1))
    await line.drain(5)
    assert [entry["error"] for entry in logs] == ["RuntimeError"]
    assert "secret words" not in str(logs)


async def test_resting_ends_nobody(work: Work, logs: list[dict[str, object]]) -> None:
    line = crowd(work)
    assert await line.rest(5) == set()
    work.gates[1] = asyncio.Event()
    await line.accept(update(1))
    await line.accept(update(2, user_id=2))
    assert len(await line.rest(0.01)) == 1
    assert (work.ended, logs) == ([2], [])
    work.gates[1].set()
    assert await line.rest(5) == set()
    assert work.ended == [2, 1]
