"""The sandbox as one server: the Bot API, the chat page, and for tests everything that users and networks do."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Self, TypeVar

from aiohttp import web

from bot.domain.ports import Now
from bot.sandbox import acts, fates
from bot.sandbox.botapi import BotApi, Troubles
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import Cut, Fault, Faults
from bot.sandbox.limits import Limiter, Limits
from bot.sandbox.nouns import Json, Message, User
from bot.sandbox.page import Page
from bot.sandbox.shapes import message_json
from bot.sandbox.weather import Sky, Weather
from bot.sandbox.weather_page import WeatherPage
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
        self._faults, self._sky, self._limiter = Faults(), Sky(), Limiter(now)
        self._troubles = Troubles(self._faults, self._sky, self._limiter)
        self._api = BotApi(self.world, token, self._troubles)
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
        WeatherPage(self.world, self._troubles).add_routes(app)
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
        """The newest calls of the bot: `{"method", "params", "answer", "accepted"}`.

        `answer` is None where the reply was lost, `accepted` says whether the call took effect all the same.
        """
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

    # ---- chats that change ------------------------------------------------------------------------

    def deactivate(self, user_id: int) -> None:
        """A user deletes the account. `add_user` begins anew.

        Raises:
            Impossible: there is no such user.
        """
        fates.deactivate(self.world, user_id)

    def add_group(self, title: str) -> int:
        """A new basic group with all users, which Ada owns, and the bot in it; returns its id."""
        return fates.add_group(self.world, title).id

    def migrate(self, chat_id: int) -> int:
        """A basic group becomes a supergroup; returns its new id.

        Raises:
            Impossible: there is no such basic group.
        """
        return fates.migrate(self.world, chat_id).id

    def delete_chat(self, chat_id: int) -> None:
        """A chat is gone.

        Raises:
            Impossible: there is no such chat.
        """
        fates.delete_chat(self.world, chat_id)

    def kick(self, chat_id: int) -> None:
        """The owner throws the bot out of a group or channel.

        Raises:
            Impossible: there is no such group or channel.
        """
        fates.set_present(self.world, chat_id, present=False)

    def add_bot(self, chat_id: int) -> None:
        """The owner takes the bot in again, with the rights that it had at first.

        Raises:
            Impossible: as for `kick`.
        """
        fates.set_present(self.world, chat_id, present=True)

    def silence(self, chat_id: int) -> None:
        """The owner takes the bot's right to post in a group or channel.

        Raises:
            Impossible: as for `kick`, or the bot is not in the chat.
        """
        fates.set_silenced(self.world, chat_id, silenced=True)

    def unsilence(self, chat_id: int) -> None:
        """The owner gives the right to post back.

        Raises:
            Impossible: as for `silence`.
        """
        fates.set_silenced(self.world, chat_id, silenced=False)

    def close_topic(self, chat_id: int, thread_id: int) -> None:
        """A forum's topic is closed; thread 0 is General.

        Raises:
            Impossible: there is no such topic.
        """
        fates.set_closed(self.world, chat_id, thread_id, closed=True)

    def reopen_topic(self, chat_id: int, thread_id: int) -> None:
        """A forum's topic is open again.

        Raises:
            Impossible: as for `close_topic`.
        """
        fates.set_closed(self.world, chat_id, thread_id, closed=False)

    def delete_topic(self, chat_id: int, thread_id: int) -> None:
        """A forum's topic is gone with its messages.

        Raises:
            Impossible: as for `close_topic`, or it is General.
        """
        fates.delete_topic(self.world, chat_id, thread_id)

    # ---- troubles ---------------------------------------------------------------------------------

    @property
    def limits(self) -> Limits | None:
        """How much may be sent; None, the default, for no limits. Setting it forgets what was sent before."""
        return self._limiter.limits

    @limits.setter
    def limits(self, limits: Limits | None) -> None:
        self._limiter.limits = limits

    @property
    def refusals(self) -> Counter[str]:
        """How many sends the limits refused: by `overall`, `chat` and `group`."""
        return self._limiter.refusals

    @property
    def weather(self) -> Weather:
        """What goes wrong by chance, by default nothing. Setting it begins its seed anew."""
        return self._sky.weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        self._sky.weather = weather

    @property
    def troubles(self) -> Counter[str]:
        """How often the weather struck, by kind: the names of `Weather`'s probabilities."""
        return self._sky.troubles

    @property
    def delay_s(self) -> float:
        """The latency of every answer of the Bot API, by default 0; calls take effect before it."""
        return self._faults.delay_s

    @delay_s.setter
    def delay_s(self, delay_s: float) -> None:
        self._faults.delay_s = delay_s

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
        self._faults.plan(method, Fault(accept=accept, cut=Cut.CLOSE), times)

    def reset_next(self, method: str, times: int = 1, *, accept: bool = False) -> None:
        """The next calls of a method meet a connection that is reset; with `accept` they take effect before."""
        self._faults.plan(method, Fault(accept=accept, cut=Cut.RESET), times)

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
