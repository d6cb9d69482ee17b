"""The sandbox as one server: the Bot API, the chat page, and for tests everything that users and networks do."""

import asyncio
from collections.abc import Callable
from typing import Any, Self, TypeVar

from aiohttp import web

from bot.domain.ports import Now
from bot.sandbox import acts
from bot.sandbox.botapi import BotApi
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.nouns import Json, Message, User
from bot.sandbox.page import Page
from bot.sandbox.shapes import message_json
from bot.sandbox.webhook import deliver
from bot.sandbox.world import World

T = TypeVar("T")
SHUTDOWN_S = 1.0


class Sandbox:
    """A local Telegram with one bot.

    Args:
        now: the clock that dates messages.
        token: the only token that is taken.
        extra_routes: mounts further routes on the same port.
        id_start: the first message id and update id. A world that forgets while the bot's store remembers should begin
            above what it gave out before.
    """

    def __init__(
        self,
        *,
        now: Now,
        token: str = "42:TEST",  # noqa: S107 (the sandbox's own, public)
        extra_routes: Callable[[web.Application], None] | None = None,
        id_start: int = 1,
    ) -> None:
        self.token = token
        self.world = World(now, id_start)
        self._faults = Faults()
        self._api = BotApi(self.world, token, self._faults)
        self._extra_routes = extra_routes
        self._runner: web.AppRunner | None = None
        self._webhook: asyncio.Task[None] | None = None
        self.url = ""

    # ---- the server -------------------------------------------------------------------------------

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one.

        Raises:
            OSError: the port is taken.
        """
        app = web.Application()
        self._api.add_routes(app)
        Page(self.world).add_routes(app)
        if self._extra_routes:
            self._extra_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self._runner.addresses[0][1]}"
        self._webhook = asyncio.create_task(deliver(self.world))

    async def stop(self) -> None:
        """End long polls, event streams and held answers at once, then the server."""
        self.world.changes.close()
        self._faults.release()
        if self._webhook:
            self._webhook.cancel()
            await asyncio.gather(self._webhook, return_exceptions=True)
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def api_url(self) -> str:
        """The base that bots call as `{api_url}/bot<token>/<method>`."""
        return self.url

    @property
    def calls(self) -> list[Json]:
        """The newest calls of the bot: `{"method", "params", "answer"}`, answer None where the reply was lost."""
        return list(self._api.calls)

    # ---- users ------------------------------------------------------------------------------------

    def add_user(self, user_id: int, name: str) -> None:
        """A new user, with a private chat, in the group and in the channel. One with a known id begins anew."""
        self.world.add_user(User(user_id, name))

    def message(
        self, user_id: int, chat_id: int, text: str, thread_id: int = 0, reply_to: int | None = None
    ) -> Message:
        """A user sends a message.

        Raises:
            Impossible: Telegram's clients would not let them.
        """
        return acts.write(self.world, user_id, chat_id, text, thread_id=thread_id, reply_to=reply_to)

    def document(self, user_id: int, chat_id: int, name: str, data: bytes, caption: str = "") -> Message:
        """A user sends a file.

        Raises:
            Impossible: as for `message`.
        """
        return acts.send_file(self.world, user_id, chat_id, name, data, caption)

    def press(self, user_id: int, chat_id: int, message_id: int, data: str) -> str:
        """A user presses a button, or a forged client pretends to: `data` need not be on the keyboard.

        Returns:
            The query id.

        Raises:
            Impossible: there is no such message.
        """
        return acts.press(self.world, user_id, chat_id, message_id, data)

    def block(self, user_id: int) -> None:
        """A user blocks the bot."""
        acts.set_blocked(self.world, user_id, blocked=True)

    def unblock(self, user_id: int) -> None:
        """A user takes the block back."""
        acts.set_blocked(self.world, user_id, blocked=False)

    def messages(self, chat_id: int) -> list[Json]:
        """The messages of a chat as Bot API objects, oldest first."""
        chat = self.world.chats[chat_id]
        return [message_json(chat, message) for message in chat.messages.values()]

    # ---- troubles ---------------------------------------------------------------------------------

    def fail_next(
        self,
        method: str,
        error_code: int,
        description: str,
        parameters: dict[str, Any] | None = None,
        times: int = 1,
        *,
        accept: bool = False,
    ) -> None:
        """The next calls of a method are refused; with `accept` they take effect all the same."""
        self._faults.plan(method, Fault(ApiError(error_code, description, parameters), accept), times)

    def drop_next(self, method: str, times: int = 1, *, accept: bool = True) -> None:
        """The next calls of a method get no answer, the connection is cut; with `accept` they take effect before."""
        self._faults.plan(method, Fault(None, accept), times)

    def hold(self, method: str) -> None:
        """The calls of a method take effect, but their answers wait for `release`."""
        self._faults.hold(method)

    def release(self) -> None:
        """Let all held answers go."""
        self._faults.release()

    async def wait_for(self, predicate: Callable[[], T], timeout_s: float = 30) -> T:
        """Wait until something happens that makes `predicate` truthy; returns what it returned.

        Raises:
            TimeoutError: it did not in time.
        """
        found = await self.world.changes.until(predicate, timeout_s)
        if not found:
            raise TimeoutError("what was waited for did not happen in the sandbox")
        return found
