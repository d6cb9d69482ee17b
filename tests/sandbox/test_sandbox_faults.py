"""Troubles on demand: refusals, lost replies, answers held back, and waiting for things to happen."""

import asyncio

import aiohttp
import pytest

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import Api


async def test_planned_refusals_come_once_each(api: Api, sandbox: Sandbox) -> None:
    sandbox.fail_next("sendMessage", 429, "Too Many Requests: retry after 3", {"retry_after": 3}, times=2)
    for _ in range(2):
        answer = await api.answer("sendMessage", chat_id=1, text="x")
        assert answer["parameters"] == {"retry_after": 3}
    assert sandbox.messages(1) == []
    await api.call("sendMessage", chat_id=1, text="x")
    assert [call["answer"]["ok"] for call in sandbox.calls] == [False, False, True]


async def test_refused_and_yet_taken(api: Api, sandbox: Sandbox) -> None:
    sandbox.fail_next("sendmessage", 502, "Bad Gateway", accept=True)
    assert await api.refusal("sendMessage", chat_id=1, text="x") == "Bad Gateway"
    assert len(sandbox.messages(1)) == 1


@pytest.mark.parametrize("accept", [True, False])
async def test_lost_replies(api: Api, sandbox: Sandbox, accept: bool) -> None:
    sandbox.drop_next("sendMessage", accept=accept)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.answer("sendMessage", chat_id=1, text="x")
    assert len(sandbox.messages(1)) == accept
    assert sandbox.calls[0]["answer"] is None


async def test_held_answers(api: Api, sandbox: Sandbox) -> None:
    sandbox.hold("sendMessage")
    sends = [asyncio.create_task(api.call("sendMessage", chat_id=1, text=text)) for text in "ab"]
    await sandbox.wait_for(lambda: len(sandbox.messages(1)) == 2)
    await api.call("getMe")
    assert not any(send.done() for send in sends)
    sandbox.release()
    assert {sent["text"] for sent in await asyncio.gather(*sends)} == {"a", "b"}
    await api.call("sendMessage", chat_id=1, text="c")


async def test_stopping_lets_held_answers_go(api: Api, sandbox: Sandbox) -> None:
    sandbox.hold("getMe")
    held = asyncio.create_task(api.call("getMe"))
    await sandbox.wait_for(lambda: sandbox.calls)
    await sandbox.stop()
    assert (await held)["id"] == 42


async def test_waiting_has_an_end(sandbox: Sandbox) -> None:
    assert await sandbox.wait_for(lambda: "at once") == "at once"
    with pytest.raises(TimeoutError):
        await sandbox.wait_for(lambda: False, timeout_s=0.01)


async def test_calls_are_bounded(api: Api, sandbox: Sandbox) -> None:
    assert sandbox._api.calls.maxlen == 4000
