"""Troubles by chance: seeded, in the measure that was asked for, and what really arrived stays known."""

import asyncio
from collections import Counter
from typing import Any

import aiohttp
import pytest

from bot.sandbox.faults import CLEAR, Fault
from bot.sandbox.server import Sandbox
from bot.sandbox.weather import KINDS, Sky, Weather
from bot.sandbox.world import GROUP_ID
from tests.sandbox.conftest import Api

STORM = Weather(flood=0.1, error=0.1, late_error=0.1, lost=0.1, reset=0.1, delay=0.1, delay_ms=1, seed=7)


def drawn(weather: Weather, calls: int, method: str = "sendMessage") -> list[Fault]:
    sky = Sky()
    sky.weather = weather
    return [sky.draw(method) for _ in range(calls)]


def kind_of(fault: Fault) -> str:
    code = fault.error.code if fault.error else 0
    return f"{code} {fault.accept} {fault.cut and fault.cut.name}"


async def outcome(api: Api, text: str) -> str:
    """What a client sees of one send."""
    try:
        answer = await api.answer("sendMessage", chat_id=1, text=text)
    except aiohttp.ServerDisconnectedError:
        return "closed"
    except aiohttp.ClientOSError:
        return "reset"
    return "ok" if answer["ok"] else str(answer["error_code"])


def test_good_weather_is_the_default() -> None:
    assert set(drawn(Weather(), 50)) == {CLEAR}


def test_the_same_seed_is_the_same_day() -> None:
    def day(weather: Weather) -> list[tuple[str, float]]:
        return [(kind_of(fault), fault.delay_s) for fault in drawn(weather, 200)]

    assert day(STORM) == day(STORM)
    assert day(STORM) != day(Weather(flood=0.1, error=0.1, late_error=0.1, lost=0.1, reset=0.1, delay=0.1, seed=8))


def test_as_often_as_asked() -> None:
    seen = Counter(kind_of(fault) for fault in drawn(STORM, 10_000))
    both = seen.pop("500 False None"), seen.pop("502 False None")
    assert all(400 < times < 600 for times in both)
    assert 4_700 < seen.pop("0 True None") < 5_300
    assert set(seen) == {"429 False None", "502 True None", "0 True CLOSE", "0 False RESET"}
    assert all(900 < times < 1_100 for times in seen.values())


def test_one_probability_does_not_shift_the_luck_of_another() -> None:
    alone = [kind_of(fault) for fault in drawn(Weather(flood=0.3, seed=7), 200)]
    slow_too = drawn(Weather(flood=0.3, delay=0.5, seed=7), 200)
    assert [kind_of(fault) for fault in slow_too] == alone
    assert {fault.delay_s for fault in slow_too} == {0.0, 0.5}


@pytest.mark.parametrize(("method", "hit"), [("SENDMESSAGE", True), ("editMessageText", True), ("getUpdates", False)])
def test_sends_and_edits_are_hit_unless_told_otherwise(method: str, hit: bool) -> None:
    assert (drawn(Weather(flood=1), 1, method)[0].error is not None) == hit
    assert drawn(Weather(flood=1, methods=frozenset({"getMe"})), 1, "getMe")[0].error


@pytest.mark.parametrize(
    "wrong",
    [{"flood": 1.1}, {"lost": -0.1}, {"flood": 0.6, "reset": 0.6}, {"delay_ms": -1}, {"retry_after_s": 0}],
)
def test_impossible_weather(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"probability|or more"):
        Weather(**wrong)


@pytest.mark.parametrize(
    ("kind", "seen", "arrives"),
    [
        ("flood", "429", False),
        ("error", "50", False),
        ("late_error", "502", True),
        ("lost", "closed", True),
        ("reset", "reset", False),
        ("delay", "ok", True),
    ],
)
async def test_each_kind_and_what_arrives(api: Api, sandbox: Sandbox, kind: str, seen: str, arrives: bool) -> None:
    chances: dict[str, Any] = {kind: 1.0}
    sandbox.weather = Weather(**chances, delay_ms=1)
    assert (await outcome(api, "x")).startswith(seen)
    assert len(sandbox.messages(1)) == arrives
    assert sandbox.calls[-1]["accepted"] is arrives
    assert sandbox.troubles == {kind: 1}
    assert sandbox.refusals.total() == 0


async def test_the_world_keeps_the_truth(api: Api, sandbox: Sandbox) -> None:
    sandbox.weather = STORM
    seen = [(f"message {number}", await outcome(api, f"message {number}")) for number in range(200)]
    arrived = [message["text"] for message in sandbox.messages(1)]
    assert arrived == [call["params"]["text"] for call in sandbox.calls if call["accepted"]]
    assert {text for text, said in seen if said == "ok"} <= set(arrived)
    assert not {text for text, said in seen if said in ("429", "500", "reset")} & set(arrived)
    in_doubt = {text for text, said in seen if said in ("502", "closed")}
    assert 0 < len(in_doubt & set(arrived)) < len(in_doubt)
    assert set(sandbox.troubles) == set(KINDS)


async def test_planned_faults_go_before_the_weather(api: Api, sandbox: Sandbox) -> None:
    sandbox.weather = Weather(flood=1)
    sandbox.fail_next("sendMessage", 403, "Forbidden: user is deactivated")
    assert [await outcome(api, "x") for _ in range(2)] == ["403", "429"]
    sandbox.weather = Weather()
    assert await outcome(api, "x") == "ok"


@pytest.mark.parametrize("accept", [True, False])
async def test_a_connection_that_is_reset(api: Api, sandbox: Sandbox, accept: bool) -> None:
    sandbox.reset_next("sendMessage", accept=accept)
    with pytest.raises(aiohttp.ClientOSError):
        await api.answer("sendMessage", chat_id=1, text="x")
    assert len(sandbox.messages(1)) == accept


async def test_latency_of_every_answer(api: Api, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(delay_s: float) -> None:
        slept.append(delay_s)

    monkeypatch.setattr("bot.sandbox.faults.asyncio.sleep", sleep)
    await api.call("getMe")
    sandbox.delay_s = 0.05
    await api.call("getMe")
    sandbox.weather = Weather(delay=1, delay_ms=200)
    await api.call("sendMessage", chat_id=GROUP_ID, text="x")
    assert slept == [0.05, 0.25]


async def test_slow_answers_come_after_the_effect(api: Api, sandbox: Sandbox) -> None:
    sandbox.delay_s = 60
    slow = asyncio.create_task(api.answer("sendMessage", chat_id=1, text="x"))
    assert await sandbox.wait_for(lambda: sandbox.messages(1))
    assert not slow.done()
    slow.cancel()
