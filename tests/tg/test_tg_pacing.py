"""When messages may leave: Telegram's limits in virtual time."""

import asyncio
from functools import partial

import pytest

from bot.tg.lanes import Kind
from bot.tg.pacing import MOST_CHATS_KEPT, Pacing
from tests.tg.virtual import Time


@pytest.fixture
def time() -> Time:
    return Time()


def pacing(time: Time, per_s: float = 1000, chat_per_s: float = 1000) -> Pacing:
    return Pacing(per_s, chat_per_s, clock=time.clock, sleep=time.sleep)


async def sent(time: Time, paced: Pacing, *turns: tuple[int, bool]) -> list[tuple[int, bool, float]]:
    """All turns asked for at once: chat, reply, and when it was given, in that order."""
    given: list[tuple[int, bool, float]] = []

    async def take(chat: int, reply: bool) -> None:
        await paced.turn(chat, Kind.REPLY if reply else Kind.BRIEFING)
        given.append((chat, reply, round(time.now, 3)))

    await asyncio.gather(*(take(chat, reply) for chat, reply in turns))
    return given


async def test_all_chats_together_keep_the_rate_without_bursts(time: Time) -> None:
    given = await sent(time, pacing(time, per_s=28), *[(chat, False) for chat in range(1, 58)])
    assert [at for _, _, at in given] == [round(n / 28, 3) for n in range(57)]


async def test_one_chat_gets_one_a_second_and_delays_no_other(time: Time) -> None:
    given = await sent(time, pacing(time, chat_per_s=1), *[(1, False)] * 4, (2, False), (3, False))
    assert [at for chat, _, at in given if chat == 1] == [0, 1, 2, 3]
    assert [at for chat, _, at in given if chat != 1] == [0.001, 0.002]


async def test_replies_may_come_five_at_once_and_then_one_a_second(time: Time) -> None:
    given = await sent(time, pacing(time, chat_per_s=1), *[(1, True)] * 7)
    assert [int(at) for _, _, at in given] == [0, 0, 0, 0, 0, 1, 2]


async def test_a_reply_goes_before_three_hundred_that_wait(time: Time) -> None:
    paced = pacing(time, per_s=28)
    given = await sent(time, paced, *[(chat, False) for chat in range(1, 301)], (999, True))
    assert given[0] == (999, True, 0)


async def test_a_group_gets_twenty_in_any_minute(time: Time) -> None:
    given = await sent(time, pacing(time), *[(-100, False)] * 41, (5, False))
    at = [int(at) for chat, _, at in given if chat == -100]
    assert at == [0] * 20 + [60] * 20 + [120]
    assert next(at for chat, _, at in given if chat == 5) < 1


async def test_looking_counts_for_all_together_and_not_for_the_chat(time: Time) -> None:
    paced = pacing(time, per_s=10, chat_per_s=1)
    given: list[float] = []
    for _ in range(40):
        await paced.turn(-100, Kind.LOOK)
        given.append(round(time.now, 3))
    assert given == [round(n / 10, 3) for n in range(40)]
    assert paced.wait_s(-100) == 0
    paced.hold(-100, 5)
    await paced.turn(-100, Kind.LOOK)
    assert time.now == pytest.approx(8.9)


async def test_t90_a_chat_that_telegram_named_is_left_alone(time: Time) -> None:
    paced = pacing(time)
    paced.hold(1, 45)
    given = await sent(time, paced, (1, True), (1, False), (2, False))
    assert [(chat, int(at)) for chat, _, at in given] == [(2, 0), (1, 45), (1, 45)]


@pytest.mark.parametrize(("apart_s", "waited_s"), [(0.0, 30), (0.45, 30.9), (0.5, 1.0)])
async def test_t90_when_three_chats_are_named_within_a_second_all_wait(
    time: Time, apart_s: float, waited_s: float
) -> None:
    paced = pacing(time)
    for number, chat in enumerate((1, 2, 3)):
        time.now = number * apart_s
        paced.hold(chat, 30)
    given = await sent(time, paced, (9, False), (8, True))
    assert [(chat, at) for chat, _, at in given] == [(8, waited_s), (9, pytest.approx(waited_s + 0.001))]


async def test_the_same_chat_three_times_is_not_several(time: Time) -> None:
    paced = pacing(time)
    for _ in range(3):
        paced.hold(1, 30)
    assert [int(at) for _, _, at in await sent(time, paced, (9, False))] == [0]


async def test_two_chats_are_not_several(time: Time) -> None:
    paced = pacing(time)
    for chat in (1, 2):
        paced.hold(chat, 30)
    assert [int(at) for _, _, at in await sent(time, paced, (9, False))] == [0]


async def test_a_pause_of_the_bucket_is_not_made_up_for(time: Time) -> None:
    paced = pacing(time, per_s=10)
    await sent(time, paced, (1, False))
    time.now = 100
    assert [at for _, _, at in await sent(time, paced, (2, False), (3, False), (4, True))] == [100, 100.1, 100.2]


async def test_what_is_ready_longest_goes_first(time: Time) -> None:
    paced = pacing(time, per_s=1)
    paced.hold(1, 2.5)
    given = await sent(time, paced, (1, False), *[(chat, False) for chat in (2, 3, 4, 5, 6)])
    assert [chat for chat, _, _ in given] == [2, 3, 4, 5, 6, 1]  # it was held back while the others were ready
    assert [at for _, _, at in given] == [0, 1, 2, 3, 4, 5]


async def test_messages_of_one_chat_keep_their_order(time: Time) -> None:
    paced, order = pacing(time, chat_per_s=1), []

    async def take(number: int) -> None:
        await paced.turn(7)
        order.append(number)

    await asyncio.gather(*(take(number) for number in range(6)))
    assert order == list(range(6))


async def test_a_thousand_waiting_replies_are_looked_at_a_few_times_each(time: Time) -> None:
    paced, looks = pacing(time, per_s=28), 0
    ready_at = paced._ready_at

    def counted(telegram_id: int, *, kind: Kind) -> float:
        nonlocal looks
        looks += 1
        return ready_at(telegram_id, kind=kind)

    for kind, lane in paced._lanes.items():
        lane._ready_at = partial(counted, kind=kind)
    given = await sent(time, paced, *[(chat % 500 + 1, True) for chat in range(1000)])
    assert len(given) == 1000
    assert looks < 10_000


@pytest.mark.parametrize(
    ("chat", "earlier", "held_s", "wait_s"),
    [(1, 0, 0, 0), (1, 1, 0, 1), (1, 3, 0, 3), (1, 1, 45, 45), (-100, 20, 0, 60)],
)
async def test_how_long_a_chat_is_held_back(time: Time, chat: int, earlier: int, held_s: float, wait_s: float) -> None:
    paced = pacing(time, per_s=1e9, chat_per_s=1 if chat > 0 else 1000)
    await sent(time, paced, *[(chat, True)] * earlier)
    paced.hold(chat, held_s)
    assert paced.wait_s(chat) == pytest.approx(wait_s, abs=0.1)


async def test_a_chat_is_not_held_back_by_the_rate_of_all(time: Time) -> None:
    paced = pacing(time, per_s=0.01)
    await sent(time, paced, (1, False))
    for chat in (5, 6, 7):
        paced.hold(chat, 900)
    assert paced.wait_s(2) == 0


async def test_whoever_gives_up_waiting_costs_nothing(time: Time) -> None:
    paced = pacing(time)
    paced.hold(1, 1e9)
    waiting = asyncio.create_task(paced.turn(1))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await sent(time, paced, (2, False)) == [(2, False, 0)]
    assert paced._next() is None


async def test_a_new_reply_wakes_the_line_up(time: Time) -> None:
    paced = pacing(time)
    paced.hold(1, 1000)
    held = asyncio.create_task(paced.turn(1))
    await asyncio.sleep(0)
    assert await sent(time, paced, (2, True)) == [(2, True, 0)]
    await held
    assert time.now == 1000


async def test_chats_that_owe_nothing_are_forgotten(time: Time) -> None:
    paced = pacing(time)
    for chat in range(1, MOST_CHATS_KEPT + 5):
        time.now += 100
        await paced.turn(chat)
    assert len(paced._chats) < 10
