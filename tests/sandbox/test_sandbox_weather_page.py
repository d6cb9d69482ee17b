"""The routes of the panel of bad days: what they tell, what they set, what they refuse."""

import io
from typing import Any

import aiohttp
import pytest

from bot.sandbox.limits import Limits
from bot.sandbox.server import Sandbox
from bot.sandbox.weather import KINDS, Weather
from bot.sandbox.world import CHANNEL_ID, GROUP_ID
from tests.sandbox.conftest import Api
from tests.sandbox.test_sandbox_page import Browser, ada, omar

__all__ = ["ada", "omar"]

GOOD = {"limits": False, "latency_ms": 0, "kinds": dict.fromkeys(KINDS, "off")}


async def told(sandbox: Sandbox, session: aiohttp.ClientSession) -> dict[str, Any]:
    async with session.get(f"{sandbox.url}/page/weather") as reply:
        assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
        shown: dict[str, Any] = await reply.json()
        return shown


async def test_good_weather_at_first(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    assert await told(sandbox, session) == GOOD


async def test_a_change_leaves_the_rest(ada: Browser, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    assert (await ada.post("weather", limits=True))[0] == 200
    assert (await ada.post("weather", latency_ms=50))[0] == 200
    status, shown = await ada.post("weather", kinds={"lost": "often"})
    kinds = dict.fromkeys(KINDS, "off") | {"lost": "often"}
    assert (status, shown) == (200, {"limits": True, "latency_ms": 50, "kinds": kinds})
    assert await told(sandbox, session) == shown
    assert (sandbox.limits, sandbox.delay_s, sandbox.weather.lost) == (Limits(), 0.05, 0.2)
    assert (await ada.post("weather", **GOOD))[1] == GOOD
    assert (sandbox.limits, sandbox.delay_s, sandbox.weather.lost) == (None, 0, 0)


async def test_all_kinds_often(ada: Browser, sandbox: Sandbox) -> None:
    assert (await ada.post("weather", kinds=dict.fromkeys(KINDS, "often")))[0] == 200
    assert all(getattr(sandbox.weather, kind) == 0.2 for kind in KINDS)


async def test_what_a_test_set_is_shown_as_the_nearest_level(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    sandbox.weather = Weather(flood=0.001, lost=0.9)
    kinds = (await told(sandbox, session))["kinds"]
    assert (kinds["flood"], kinds["lost"], kinds["reset"]) == ("sometimes", "often", "off")


async def test_every_page_hears_of_it(ada: Browser, omar: Browser) -> None:
    async with omar.events() as events:
        await ada.post("weather", limits=True)
        assert await events.next() == {"kind": "weather"} | GOOD | {"limits": True}


@pytest.mark.parametrize(
    "body",
    [
        {"limits": "yes"},
        {"limits": 1},
        {"latency_ms": 10_000_000},
        {"latency_ms": "50"},
        {"latency_ms": 0.5},
        {"latency_ms": True},
        {"kinds": ["lost"]},
        {"kinds": None},
        {"kinds": {"hail": "often"}},
        {"kinds": {"lost": 0.5}},
        {"kinds": {"lost": []}},
        {"kinds": {"seed": "often"}},
        {"limits": True, "kinds": {"lost": "always"}},
        {"kinds": {"flood": "often"}, "limits": True},
    ],
)
async def test_what_cannot_be_set(ada: Browser, sandbox: Sandbox, body: dict[str, Any]) -> None:
    before = sandbox.weather = Weather(lost=0.9)
    status, answer = await ada.post("weather", **body)
    assert status == 400
    assert answer["error"]
    assert (sandbox.limits, sandbox.delay_s, sandbox.weather) == (None, 0, before)


async def test_a_body_has_a_bound(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    async with session.post(f"{sandbox.url}/page/weather", data=io.BytesIO(b" " * (2**20 + 1))) as reply:
        assert reply.status == 413


# ---- the open chat ---------------------------------------------------------------------------------


async def test_the_bot_goes_and_comes(ada: Browser, api: Api, sandbox: Sandbox) -> None:
    assert (await ada.chat(CHANNEL_ID))["bot_present"] is True
    assert await ada.post("bot", chat_id=CHANNEL_ID, present=False) == (200, {"bot_present": False})
    assert (await ada.chat(CHANNEL_ID))["bot_present"] is False
    assert (await api.answer("sendMessage", chat_id=CHANNEL_ID, text="x"))["error_code"] == 403
    assert await ada.post("bot", chat_id=CHANNEL_ID, present=True) == (200, {"bot_present": True})
    await api.call("sendMessage", chat_id=CHANNEL_ID, text="x")


async def test_topics_close_and_open(omar: Browser, sandbox: Sandbox) -> None:
    async with omar.events() as events:
        assert await omar.post("topic", chat_id=GROUP_ID, thread_id=11, closed=True) == (200, {"closed": True})
        said, changed = await events.next(), await events.next()
    assert (said["message"]["service"], said["message"]["text"]) == ("Ada closed the topic", "")
    assert [topic["closed"] for topic in changed["topics"]] == [False, True, False]
    status, answer = await omar.post("message", chat_id=GROUP_ID, thread_id=11, text="x")
    assert (status, answer) == (400, {"error": "This topic is closed."})
    await omar.post("topic", chat_id=GROUP_ID, thread_id=11, closed=False)
    assert not sandbox.world.chats[GROUP_ID].closed


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("bot", {"chat_id": 1, "present": False}),
        ("bot", {"chat_id": 2, "present": False}),
        ("bot", {"chat_id": 77, "present": False}),
        ("bot", {"chat_id": "x", "present": False}),
        ("topic", {"chat_id": GROUP_ID, "thread_id": 13, "closed": True}),
        ("topic", {"chat_id": GROUP_ID, "closed": True}),
        ("topic", {"chat_id": CHANNEL_ID, "thread_id": 0, "closed": True}),
    ],
)
async def test_what_does_not_become_of_chats(omar: Browser, path: str, body: dict[str, Any]) -> None:
    status, answer = await omar.post(path, **body)
    assert status == 400
    assert answer["error"]


async def test_groups_that_are_over_are_not_seen(omar: Browser, sandbox: Sandbox) -> None:
    old = sandbox.add_group("Crew")
    new = sandbox.migrate(old)
    assert [chat["id"] for chat in (await omar.state())["chats"]] == [2, GROUP_ID, CHANNEL_ID, new]
    assert (await omar.chat(new))["messages"][0]["service"] == "The group was upgraded to a supergroup"
    sandbox.delete_chat(new)
    assert [chat["id"] for chat in (await omar.state())["chats"]] == [2, GROUP_ID, CHANNEL_ID]
