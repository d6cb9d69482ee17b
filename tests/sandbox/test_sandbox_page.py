"""The chat page's routes: state, events, what a user does, and who is turned away."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.sandbox.page import Page
from bot.sandbox.server import Sandbox
from bot.sandbox.world import CHANNEL_ID, GROUP_ID
from tests.sandbox.conftest import Api

KEYBOARD = {"inline_keyboard": [[{"text": "More", "callback_data": "m"}, {"text": "Read", "url": "https://x.org/a"}]]}


class Browser:
    """One user's page."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox, user: int) -> None:
        self.session, self.url, self.user = session, sandbox.url, user

    async def state(self) -> dict[str, Any]:
        async with self.session.get(f"{self.url}/page/state", params={"user": self.user}) as reply:
            state: dict[str, Any] = await reply.json()
            return state

    async def chat(self, chat_id: int) -> dict[str, Any]:
        return next(chat for chat in (await self.state())["chats"] if chat["id"] == chat_id)

    async def post(self, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        async with self.session.post(f"{self.url}/page/{path}", json={"user": self.user} | body) as reply:
            return reply.status, await reply.json()

    @asynccontextmanager
    async def events(self, mark: str = "") -> AsyncIterator["Stream"]:
        headers = {"Last-Event-ID": mark} if mark else {}
        async with self.session.get(f"{self.url}/page/events?user={self.user}", headers=headers) as reply:
            assert reply.content_type == "text/event-stream"
            yield Stream(reply)


class Stream:
    """Reads server-sent events; `mark` is the last id."""

    def __init__(self, reply: aiohttp.ClientResponse) -> None:
        self.reply, self.mark = reply, ""

    async def next(self) -> dict[str, Any]:
        while True:
            line = (await self.reply.content.readline()).decode().rstrip("\n")
            if line.startswith("id: "):
                self.mark = line[4:]
            if line.startswith("data: "):
                event: dict[str, Any] = json.loads(line[6:])
                return event


@pytest.fixture
def ada(session: aiohttp.ClientSession, sandbox: Sandbox) -> Browser:
    return Browser(session, sandbox, 1)


@pytest.fixture
def omar(session: aiohttp.ClientSession, sandbox: Sandbox) -> Browser:
    return Browser(session, sandbox, 2)


# ---- state -----------------------------------------------------------------------------------------


async def test_what_each_user_sees(ada: Browser, omar: Browser) -> None:
    state = await omar.state()
    assert state["user"] == {"id": 2, "name": "Omar", "role": "member"}
    assert [user["role"] for user in state["users"]] == ["admin", "member"]
    assert state["bot"] == {"id": 42, "name": "Nutgraf", "username": "nutgraf_sandbox_bot"}
    chats = {chat["id"]: chat for chat in state["chats"]}
    assert list(chats) == [2, GROUP_ID, CHANNEL_ID]
    assert [chat["can_write"] for chat in chats.values()] == [True, True, False]
    topics = [
        {"thread_id": 0, "name": "General", "closed": False},
        {"thread_id": 11, "name": "World", "closed": False},
        {"thread_id": 12, "name": "Harbour", "closed": False},
    ]
    assert chats[GROUP_ID]["topics"] == topics
    assert (await ada.chat(CHANNEL_ID))["can_write"] is True


async def test_a_message_on_the_page(ada: Browser, api: Api) -> None:
    first = await api.call("sendMessage", chat_id=1, text="first")
    await api.call(
        "sendMessage",
        chat_id=1,
        text='<a href="https://x.org/a">a</a>',
        parse_mode="HTML",
        reply_markup=KEYBOARD,
        disable_notification=True,
        reply_parameters={"message_id": first["message_id"]},
        link_preview_options={"url": "https://y.org/", "prefer_small_media": True, "show_above_text": True},
    )
    [_, message] = (await ada.chat(1))["messages"]
    assert message == {
        "chat_id": 1,
        "thread_id": 0,
        "id": 2,
        "from": {"id": 42, "name": "Nutgraf", "is_bot": True},
        "date": 1795334400,
        "edited": False,
        "text": "a",
        "entities": [{"type": "text_link", "offset": 0, "length": 1, "url": "https://x.org/a"}],
        "reply_to": {"id": 1, "name": "Nutgraf", "text": "first"},
        "silent": True,
        "keyboard": [[{"text": "More", "data": "m"}, {"text": "Read", "url": "https://x.org/a"}]],
        "preview": {"url": "https://y.org/", "small": True, "above": True},
        "document": None,
        "service": None,
    }


@pytest.mark.parametrize(
    ("text", "options", "url"),
    [
        ("no link", None, None),
        ("😀 x.org/a, b.org", None, "http://x.org/a"),
        ("<a href='tg://resolve?domain=a'>t</a> <a href='https://x.org'>x</a>", None, "https://x.org/"),
        ("x.org", {"is_disabled": True}, None),
    ],
)
async def test_previews(ada: Browser, api: Api, text: str, options: dict[str, bool] | None, url: str | None) -> None:
    await api.call("sendMessage", chat_id=1, text=text, parse_mode="HTML", link_preview_options=options)
    [message] = (await ada.chat(1))["messages"]
    assert (message["preview"] or {}).get("url") == url


async def test_a_document_on_the_page(ada: Browser, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    sandbox.document(1, 1, "a.opml", b"<opml/>")
    [message] = (await ada.chat(1))["messages"]
    assert message["document"] == {"name": "a.opml", "size": 7, "url": message["document"]["url"]}
    async with session.get(sandbox.url + message["document"]["url"]) as reply:
        assert (await reply.read(), reply.headers["Content-Disposition"]) == (b"<opml/>", "attachment")
    async with session.get(f"{sandbox.url}/page/file/none") as reply:
        assert reply.status == 404


async def test_the_newest_200_messages(ada: Browser, sandbox: Sandbox) -> None:
    for number in range(205):
        sandbox.message(1, 1, str(number))
    assert [message["text"] for message in (await ada.chat(1))["messages"]][::199] == ["5", "204"]


@pytest.mark.parametrize("user", ["9", "42", "x", "-1", "9" * 30])
async def test_no_such_user(session: aiohttp.ClientSession, sandbox: Sandbox, user: str) -> None:
    for path in ("state", "events"):
        async with session.get(f"{sandbox.url}/page/{path}?user={user}") as reply:
            assert (reply.status, await reply.json()) == (400, {"error": "There is no such user."})


# ---- what users do -----------------------------------------------------------------------------------


async def test_writing(omar: Browser, api: Api) -> None:
    status, answer = await omar.post("message", chat_id=GROUP_ID, thread_id=11, text="/topic syria")
    assert status == 200
    assert answer["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    reply = {"chat_id": GROUP_ID, "thread_id": 11, "text": "and?", "reply_to": answer["message"]["id"]}
    _, second = await omar.post("message", **reply)
    assert second["message"]["reply_to"] == {"id": 1, "name": "Omar", "text": "/topic syria"}
    updates = await api.call("getUpdates")
    assert [update["message"]["message_thread_id"] for update in updates] == [11, 11]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"chat_id": CHANNEL_ID, "text": "x"}, "You cannot write here."),
        ({"chat_id": 1, "text": "x"}, "There is no such chat."),
        ({"chat_id": 2, "text": "😀" * 2049}, "A message holds at most 4096 characters."),
        ({"chat_id": 2, "text": "\n"}, "The message is empty."),
        ({"chat_id": 2, "text": 5}, "“text” has to be text."),
        ({"chat_id": "2", "text": "x"}, "“chat_id” has to be a whole number."),
        ({"chat_id": True, "text": "x"}, "“chat_id” has to be a whole number."),
        ({"text": "x"}, "“chat_id” has to be a whole number."),
        ({"chat_id": 2, "text": "\ud800"}, "The request is not JSON."),
    ],
)
async def test_writing_refused(omar: Browser, body: dict[str, Any], error: str) -> None:
    assert await omar.post("message", **body) == (400, {"error": error})


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"[" * 100_000, b"\xff"])
async def test_broken_bodies_on_the_page(session: aiohttp.ClientSession, sandbox: Sandbox, body: bytes) -> None:
    async with session.post(f"{sandbox.url}/page/message", data=body) as reply:
        assert reply.status == 400
        assert "error" in await reply.json()


async def test_a_body_on_the_page_has_a_bound(session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    async with session.post(f"{sandbox.url}/page/message", data=io.BytesIO(bytes(2**20 + 1))) as reply:
        assert reply.status == 413


async def test_pressing_is_answered_to_the_one_who_pressed(ada: Browser, omar: Browser, api: Api) -> None:
    sent = await api.call("sendMessage", chat_id=GROUP_ID, text="x", reply_markup=KEYBOARD)
    async with ada.events() as hers, omar.events() as his:
        _, pressed = await omar.post("press", chat_id=GROUP_ID, message_id=sent["message_id"], data="m")
        await api.call("answerCallbackQuery", callback_query_id=pressed["query_id"], text="Yours", show_alert=True)
        await api.call("sendMessage", chat_id=GROUP_ID, text="next")
        answer = {"kind": "answer", "query_id": pressed["query_id"], "text": "Yours", "alert": True}
        assert await his.next() == answer
        assert (await hers.next())["message"]["text"] == "next"
    assert (await omar.post("press", chat_id=GROUP_ID, message_id=99, data="m"))[0] == 400


async def test_blocking(omar: Browser, api: Api) -> None:
    async with omar.events() as events:
        assert await omar.post("block", blocked=True) == (200, {"blocked": True})
        chat = await events.next()
    assert (chat["kind"], chat["id"], chat["blocked"], chat["can_write"]) == ("chat", 2, True, False)
    assert await api.refusal("sendMessage", chat_id=2, text="x") == "Forbidden: bot was blocked by the user"
    assert await omar.post("block", blocked=False) == (200, {"blocked": False})
    assert (await omar.chat(2))["blocked"] is False


# ---- events ------------------------------------------------------------------------------------------


async def test_events_of_every_kind(ada: Browser, api: Api) -> None:
    async with ada.events() as events:
        await api.call("sendMessage", chat_id=2, text="not for Ada")
        sent = await api.call("sendMessage", chat_id=1, text="a")
        target = {"chat_id": 1, "message_id": sent["message_id"]}
        await api.call("editMessageText", **target, text="b")
        await api.call("deleteMessage", **target)
        await api.call("sendChatAction", chat_id=GROUP_ID, message_thread_id=12, action="typing")
        commands = [{"command": "latest", "description": "the newest"}]
        await api.call("setMyCommands", commands=commands)
        await api.call("setChatMenuButton", chat_id=1, menu_button={"type": "commands"})
        seen = [await events.next() for _ in range(6)]
    assert [event["kind"] for event in seen] == ["message", "edit", "delete", "typing", "commands", "chat"]
    assert (seen[0]["message"]["text"], seen[1]["message"]["text"], seen[1]["message"]["edited"]) == ("a", "b", True)
    assert seen[2] == {"kind": "delete", "chat_id": 1, "ids": [sent["message_id"]]}
    assert seen[3] == {"kind": "typing", "chat_id": GROUP_ID, "thread_id": 12}
    assert seen[4]["chats"] == {str(chat_id): commands for chat_id in (1, GROUP_ID, CHANNEL_ID)}
    assert seen[5]["menu_button"] == "commands"


async def test_a_stream_resumes_where_it_broke(ada: Browser, sandbox: Sandbox) -> None:
    async with ada.events() as events:
        sandbox.message(1, 1, "a")
        sandbox.message(1, 1, "b")
        assert (await events.next())["message"]["text"] == "a"
    sandbox.message(1, 1, "c")
    async with ada.events(events.mark) as events:
        assert [(await events.next())["message"]["text"] for _ in range(2)] == ["b", "c"]


@pytest.mark.parametrize("mark", ["", "x", "0-0", "1795334400-2", "1795334400-x", "1795334400-9999", "1795334400-1"])
async def test_a_stream_that_cannot_resume_says_so(ada: Browser, sandbox: Sandbox, mark: str) -> None:
    for _ in range(2003):
        sandbox.world.events.add("typing", {"chat_id": 2}, chat_id=2)
    async with ada.events(mark) as events:
        sandbox.message(1, 1, "later")
        seen = await events.next()
    assert seen == {"kind": "reload"} if mark else seen["message"]["text"] == "later"


async def test_the_state_says_where_to_go_on(ada: Browser, sandbox: Sandbox) -> None:
    sandbox.message(1, 1, "in the state")
    mark = (await ada.state())["event_id"]
    sandbox.message(1, 1, "after it")
    url = f"{sandbox.url}/page/events?user=1&after={mark}"
    async with ada.session.get(url) as reply:
        assert (await Stream(reply).next())["message"]["text"] == "after it"


async def test_a_silent_stream_gives_a_sign_of_life(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    app = aiohttp.web.Application()
    Page(sandbox.world, heartbeat_s=0.01).add_routes(app)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    async with session.get(f"http://127.0.0.1:{runner.addresses[0][1]}/page/events") as reply:
        lines = [await reply.content.readline() for _ in range(5)]
    assert lines == [b"retry: 1000\n", b"\n", b": still here\n", b"\n", b": still here\n"]
    await sandbox.stop()
    await runner.cleanup()


async def test_stopping_ends_event_streams(ada: Browser, sandbox: Sandbox) -> None:
    async with ada.events() as events:
        stop = asyncio.create_task(sandbox.stop())
        assert await events.reply.content.read() == b"retry: 1000\n\n"
        await stop


# ---- files and who is turned away ----------------------------------------------------------------------


async def test_the_page_itself(session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    async with session.get(f"{sandbox.url}/") as reply:
        assert (reply.status, reply.content_type, reply.headers["Cache-Control"]) == (200, "text/html", "no-cache")
        assert "default-src 'self'" in reply.headers["Content-Security-Policy"]
        assert "unsafe" not in reply.headers["Content-Security-Policy"]
    async with session.get(f"{sandbox.url}/static/chat.js") as reply:
        assert reply.status == 200


@pytest.mark.parametrize(
    "name", ["..%2fpage.py", "%2e%2e/page.py", "..%5cpage.py", ".hidden", "none.js", "", "%00", "a" * 300]
)
async def test_only_files_of_the_page(session: aiohttp.ClientSession, sandbox: Sandbox, name: str) -> None:
    async with session.get(URL(f"{sandbox.url}/static/{name}", encoded=True)) as reply:
        assert reply.status == 404


@pytest.mark.parametrize(
    "path", ["/", "/static/chat.js", "/page/state", "/page/events", "/page/file/x", "/page/weather"]
)
@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost:1", True),
        ("[::1]:1", True),
        ("127.0.0.1", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost@evil.example", False),
        ("192.168.0.7:8080", False),
        ("", False),
        ("[", False),
    ],
)
async def test_only_loopback_names(
    session: aiohttp.ClientSession, sandbox: Sandbox, path: str, host: str, allowed: bool
) -> None:
    async with session.get(sandbox.url + path, headers={"Host": host}) as reply:
        assert (reply.status != 403) == allowed


@pytest.mark.parametrize("path", ["message", "press", "block", "bot", "topic", "weather"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_other_pages_cannot_act(
    session: aiohttp.ClientSession, sandbox: Sandbox, path: str, headers: dict[str, str]
) -> None:
    body = {"user": 1, "chat_id": 1, "text": "x", "blocked": True}
    async with session.post(f"{sandbox.url}/page/{path}", json=body, headers=headers) as reply:
        assert reply.status == 403
    assert sandbox.messages(1) == []


async def test_the_page_itself_can_act(session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    body = {"user": 1, "chat_id": 1, "text": "x"}
    headers = {"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin"}
    async with session.post(f"{sandbox.url}/page/message", json=body, headers=headers) as reply:
        assert reply.status == 200


async def test_further_routes_share_the_port(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    async def hello(_: aiohttp.web.Request) -> aiohttp.web.Response:
        return aiohttp.web.Response(text="news")

    def mount(app: aiohttp.web.Application) -> None:
        app.router.add_get("/wire/{path}", hello)

    extra = Sandbox(now=sandbox.world.now, extra_routes=mount)
    async with extra, session.get(f"{extra.url}/wire/feed") as reply:
        assert await reply.text() == "news"
