"""Telegram's limits on sending: what is refused, for how long, and that nothing over a limit is ever accepted."""

from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.errors import ApiError
from bot.sandbox.limits import Limiter, Limits
from bot.sandbox.nouns import PRIVATE, SUPERGROUP, Chat
from bot.sandbox.server import Sandbox
from bot.sandbox.world import CHANNEL_ID, GROUP_ID
from tests.conftest import Clock
from tests.sandbox.conftest import Api

ONE_AT_ONCE = Limits(overall_per_s=None, chat_per_s=1, group_per_min=None, chat_burst=1)


async def taken(api: Api, times: int, chat_id: int) -> list[bool]:
    return [(await api.answer("sendMessage", chat_id=chat_id, text="x"))["ok"] for _ in range(times)]


async def test_there_are_no_limits_by_default(api: Api, sandbox: Sandbox) -> None:
    assert sandbox.limits is None
    assert all(await taken(api, 40, 1))
    assert sandbox.refusals.total() == 0


async def test_a_private_chat_takes_a_short_burst_then_one_a_second(api: Api, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.limits = Limits(overall_per_s=None, chat_per_s=1, group_per_min=None, chat_burst=3)
    assert await taken(api, 5, 1) == [True] * 3 + [False] * 2
    assert await taken(api, 1, 2) == [True]
    answer = await api.answer("sendMessage", chat_id=1, text="x")
    assert (answer["error_code"], answer["parameters"]) == (429, {"retry_after": 1})
    assert answer["description"] == "Too Many Requests: retry after 1"
    clock.advance(seconds=1)
    assert await taken(api, 2, 1) == [True, False]
    clock.advance(seconds=60)
    assert await taken(api, 4, 1) == [True, True, True, False]
    assert len(sandbox.messages(1)) == 7
    assert sandbox.refusals == {"chat": 5}


@pytest.mark.parametrize("chat_id", [GROUP_ID, CHANNEL_ID])
async def test_a_group_takes_twenty_a_minute(api: Api, sandbox: Sandbox, clock: Clock, chat_id: int) -> None:
    sandbox.limits = Limits(overall_per_s=None)
    assert await taken(api, 20, chat_id) == [True] * 20
    clock.advance(seconds=17.5)
    answer = await api.answer("sendMessage", chat_id=chat_id, text="x")
    assert answer["parameters"] == {"retry_after": 43}
    clock.advance(seconds=42.5)
    assert await taken(api, 1, chat_id) == [True]
    assert sandbox.refusals == {"group": 1}


async def test_all_chats_together(api: Api, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.limits = Limits(overall_per_s=3, chat_per_s=None, group_per_min=None)
    assert [*await taken(api, 2, 1), *await taken(api, 1, GROUP_ID), *await taken(api, 1, 2)] == [True] * 3 + [False]
    clock.advance(seconds=1)
    assert await taken(api, 1, 2) == [True]
    assert sandbox.refusals == {"overall": 1}


async def test_only_accepted_messages_count(api: Api, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.limits = ONE_AT_ONCE
    assert await api.refusal("sendMessage", chat_id=1, text="") == "Bad Request: message text is empty"
    sandbox.fail_next("sendMessage", 500, "Internal Server Error")
    await api.refusal("sendMessage", chat_id=1, text="x")
    sent = await api.call("sendMessage", chat_id=1, text="x")
    target = {"chat_id": 1, "message_id": sent["message_id"]}
    assert (await api.call("editMessageText", **target, text="y"))["text"] == "y"
    assert await api.call("getMe")
    for method, more in (
        ("sendDocument", {"document": "x"}),
        ("copyMessage", {"from_chat_id": 1, "message_id": 1}),
        ("forwardMessage", {"from_chat_id": 1, "message_id": 1}),
    ):
        assert (await api.answer(method, chat_id=1, **more))["error_code"] == 429
    assert (await api.answer("sendMessage", chat_id=99, text="x"))["description"] == "Bad Request: chat not found"


async def test_setting_limits_forgets_what_was_sent(api: Api, sandbox: Sandbox) -> None:
    sandbox.limits = ONE_AT_ONCE
    assert await taken(api, 2, 1) == [True, False]
    sandbox.limits = ONE_AT_ONCE
    assert await taken(api, 2, 1) == [True, False]
    sandbox.limits = None
    assert await taken(api, 2, 1) == [True, True]


async def test_a_clock_that_was_set_back_opens_the_gates(api: Api, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.limits = Limits(chat_burst=1)
    await taken(api, 1, 1)
    await taken(api, 20, GROUP_ID)
    clock.advance(seconds=-86_400)
    assert [*await taken(api, 2, 1), *await taken(api, 1, GROUP_ID)] == [True, False, True]


@pytest.mark.parametrize("field", ["overall_per_s", "chat_per_s", "group_per_min", "chat_burst"])
def test_limits_are_one_or_more(field: str) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Limits(**{field: 0})


@given(
    waits=st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["ada", "omar", "group"])), max_size=120),
    overall=st.integers(1, 4),
    burst=st.integers(1, 4),
)
def test_never_more_than_the_limits(waits: list[tuple[float, str]], overall: int, burst: int) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    limiter = Limiter(lambda: at)
    limiter.limits = Limits(overall_per_s=overall, chat_per_s=1, group_per_min=5, chat_burst=burst)
    chats = {name: Chat(len(name), kind, name, iter(()), {}) for name, kind in _KINDS.items()}
    taken_at: dict[str, list[float]] = {name: [] for name in chats}
    asked_s: list[int] = []
    for wait, name in waits:
        at += timedelta(seconds=wait)
        try:
            limiter.check(chats[name])
        except ApiError as refusal:
            asked_s.append((refusal.parameters or {})["retry_after"])
        else:
            limiter.took(chats[name])
            taken_at[name].append(at.timestamp())
    assert all(1 <= wait_s <= 60 for wait_s in asked_s)
    _within(sorted(chain.from_iterable(taken_at.values())), overall, 1.0)
    _within(taken_at["group"], 5, 60.0)
    for name in ("ada", "omar"):
        # in any n seconds no more than the burst and one for each second
        _within(taken_at[name], burst + 10, 10.0)


_KINDS = {"ada": PRIVATE, "omar": PRIVATE, "group": SUPERGROUP}


def _within(times: list[float], most: int, span_s: float) -> None:
    pairs = zip(times, times[most:], strict=False)
    assert all(later - earlier >= span_s - 1e-6 for earlier, later in pairs)
