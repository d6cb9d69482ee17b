"""How updates reach the bot: long polling, its offsets and conflicts, and the webhook."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox.errors import Impossible
from bot.sandbox.server import Sandbox
from bot.sandbox.world import CHANNEL_ID, GROUP_ID
from tests.sandbox.conftest import Api

CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


async def test_updates_stay_until_acknowledged(api: Api, sandbox: Sandbox) -> None:
    for text in "abc":
        sandbox.message(1, 1, text)
    updates = await api.call("getUpdates", limit=2)
    assert texts(updates) == ["a", "b"]
    assert texts(await api.call("getUpdates")) == ["a", "b", "c"]
    assert texts(await api.call("getUpdates", offset=updates[1]["update_id"])) == ["b", "c"]
    assert texts(await api.call("getUpdates", offset=-1)) == ["c"]
    assert texts(await api.call("getUpdates")) == ["c"]
    assert await api.call("getUpdates", offset=updates[1]["update_id"] + 2) == []


async def test_a_long_poll_ends_with_the_first_update(api: Api, sandbox: Sandbox) -> None:
    poll = asyncio.create_task(api.call("getUpdates", timeout=50))
    await sandbox.wait_for(lambda: sandbox.world.updates.poll == 1)
    assert not poll.done()
    sandbox.message(2, 2, "hello")
    assert texts(await poll) == ["hello"]


async def test_a_second_poller_ends_the_first(api: Api, sandbox: Sandbox) -> None:
    first = asyncio.create_task(api.refusal("getUpdates", timeout=50))
    await sandbox.wait_for(lambda: sandbox.world.updates.poll == 1)
    assert await api.call("getUpdates") == []
    assert await first == CONFLICT


async def test_stopping_ends_long_polls(api: Api, sandbox: Sandbox) -> None:
    poll = asyncio.create_task(api.call("getUpdates", timeout=50))
    await sandbox.wait_for(lambda: sandbox.world.updates.poll == 1)
    await sandbox.stop()
    assert await poll == []


async def test_only_wanted_kinds_are_queued(api: Api, sandbox: Sandbox) -> None:
    assert await api.call("getUpdates", allowed_updates=["callback_query"]) == []
    message = sandbox.message(1, 1, "x")
    sandbox.press(1, 1, message.id, "y")
    assert [sorted(update) for update in await api.call("getUpdates")] == [["callback_query", "update_id"]]
    assert (await api.call("getWebhookInfo"))["allowed_updates"] == ["callback_query"]
    await api.call("getUpdates", allowed_updates=[])
    sandbox.message(1, 1, "z")
    assert "message" in (await api.call("getUpdates", offset=-1))[0]


async def test_groups_threads_and_channels(api: Api, sandbox: Sandbox) -> None:
    sandbox.message(2, GROUP_ID, "/latest@nutgraf_sandbox_bot 3", thread_id=12)
    sandbox.message(1, CHANNEL_ID, "notice")
    group, channel = await api.call("getUpdates")
    assert group["message"]["message_thread_id"] == 12
    assert group["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 27}]
    assert channel["channel_post"]["sender_chat"]["id"] == CHANNEL_ID
    assert "from" not in channel["channel_post"]


@pytest.mark.parametrize(
    ("user_id", "chat_id", "text", "thread_id"),
    [
        (2, CHANNEL_ID, "x", 0),
        (2, 1, "x", 0),
        (9, 1, "x", 0),
        (42, 1, "x", 0),
        (1, 77, "x", 0),
        (1, 1, " ", 0),
        (1, 1, "x" * 4097, 0),
        (1, 1, "x", 11),
        (1, GROUP_ID, "x", 13),
    ],
)
async def test_what_users_cannot_do(sandbox: Sandbox, user_id: int, chat_id: int, text: str, thread_id: int) -> None:
    with pytest.raises(Impossible):
        sandbox.message(user_id, chat_id, text, thread_id)
    assert not sandbox.world.updates.waiting


async def test_whoever_blocked_the_bot_cannot_write_to_it(sandbox: Sandbox) -> None:
    sandbox.block(1)
    with pytest.raises(Impossible, match="blocked"):
        sandbox.message(1, 1, "x")


@pytest.mark.parametrize(("message_id", "data"), [(9, "x"), (1, ""), (1, "é" * 33)])
async def test_what_cannot_be_pressed(sandbox: Sandbox, message_id: int, data: str) -> None:
    sandbox.message(1, 1, "x")
    with pytest.raises(Impossible):
        sandbox.press(1, 1, message_id, data)


async def test_the_oldest_updates_are_lost_beyond_the_bound(api: Api, sandbox: Sandbox) -> None:
    for number in range(10_001):
        sandbox.world.updates.add("message", {"n": number})
    assert len(sandbox.world.updates.waiting) == 10_000
    assert sandbox.world.updates.first(1)[0]["message"] == {"n": 1}
    await api.call("deleteWebhook", drop_pending_updates=True)
    assert await api.call("getUpdates") == []


async def test_ids_begin_where_they_are_told(api: Api, sandbox: Sandbox) -> None:
    async with Sandbox(now=sandbox.world.now, id_start=5000) as later:
        message = later.message(1, 1, "x")
        assert message.id == 5000
        assert later.world.updates.first(1)[0]["update_id"] == 5000


# ---- webhook -----------------------------------------------------------------------------------------


class Hook:
    """A webhook that takes every update but the first."""

    def __init__(self) -> None:
        self.taken: list[tuple[str | None, str]] = []
        self.asked = 0
        self.changed = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.asked == 1:
            return web.Response(status=503)
        update = await request.json()
        self.taken.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), update["message"]["text"]))
        self.changed.set()
        return web.Response()


async def test_updates_go_to_the_webhook_until_taken(
    api: Api, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sandbox.webhook.RETRY_S", 0.01)
    hook, app = Hook(), web.Application()
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    assert await api.call("setWebhook", url=url, secret_token="s3cret")
    assert (await api.refusal("getUpdates")).startswith("Conflict: can't use getUpdates method while webhook is active")
    sandbox.message(1, 1, "a")
    await hook.changed.wait()
    await sandbox.wait_for(lambda: not sandbox.world.updates.waiting)
    assert hook.taken == [("s3cret", "a")]
    info = await api.call("getWebhookInfo")
    assert (info["url"], info["last_error_message"]) == (url, "Wrong response from the webhook: 503")
    assert await api.call("deleteWebhook")
    assert await api.call("getUpdates") == []
    await runner.cleanup()


async def test_a_webhook_that_is_not_there_is_reported(api: Api, sandbox: Sandbox) -> None:
    assert await api.call("setWebhook", url="http://127.0.0.1:9/x")
    sandbox.message(1, 1, "a")
    await sandbox.wait_for(lambda: sandbox.world.webhook.last_error)
    info = await api.call("getWebhookInfo")
    assert (info["pending_update_count"], info["last_error_message"]) == (1, "Connection failed: ClientConnectorError")
    assert await api.call("setWebhook", url="")
    assert texts(await api.call("getUpdates")) == ["a"]


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"url": "ftp://x.org/"}, "bad webhook: invalid webhook URL specified"),
        ({"url": "http://x"}, "bad webhook: invalid webhook URL specified"),
        ({"url": "https://x.org/", "secret_token": "a b"}, "secret token contains unallowed characters"),
    ],
)
async def test_webhooks_refused(api: Api, params: dict[str, str], why: str) -> None:
    assert await api.refusal("setWebhook", **params) == f"Bad Request: {why}"
