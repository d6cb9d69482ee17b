"""The bot: everything of this room put together, started and stopped.

Promises: it starts when Telegram can be reached and keeps trying until then; it works with any Bot API server that
knows getMe, getUpdates, sendMessage, editMessageText and answerCallbackQuery; stopping ends the polling at once and
lets what is at work finish for ten seconds, and the next start takes up what did not; the token is in no log and in no
error.
"""

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import structlog
from telegram import Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.domain.errors import ChatGone, ChatMoved, NutgrafError, SendError
from bot.domain.ports import Now
from bot.services.adding import Adding
from bot.services.catch_ups import CatchUps
from bot.services.importing import Importing
from bot.services.inbox import Inbox
from bot.services.moves import Moves
from bot.services.reading import Reading
from bot.services.sources import Sources
from bot.services.subscriptions import Subscriptions
from bot.tg.asking import Command, Need
from bot.tg.commands.sources import SourceCommands
from bot.tg.commands.start_help import StartHelp
from bot.tg.commands.stories import Stories
from bot.tg.commands.subscribe import Subscribe
from bot.tg.commands.trouble import TroubleButtons
from bot.tg.hush import Hush
from bot.tg.imports import LISTS, Imports
from bot.tg.intake import Intake
from bot.tg.membership import Membership
from bot.tg.menu import set_admin_menu, set_menus
from bot.tg.pacing import Pacing
from bot.tg.polling import Poller
from bot.tg.reaching import reach, set_webhook
from bot.tg.rights import Rights, acting_user
from bot.tg.router import Router
from bot.tg.sender import TelegramSender
from bot.tg.transport import AiohttpRequest

STOP_S = 10.0
ANSWER_S = 20.0
POLL_SLACK_S = 10.0  # on top of the time that Telegram may hold an empty answer
MOST_FRAMES = 8
MOST_UPDATE_IDS = 2**31  # the Bot API promises 32 bits; Telegram's ids are positive

# what somebody writes here and now: not an edit, not a forward, not another bot's words
_ORIGINAL = (filters.UpdateType.MESSAGE | filters.UpdateType.CHANNEL_POST) & ~filters.FORWARDED & ~filters.VIA_BOT

_Context = ContextTypes.DEFAULT_TYPE
_App = Application[Any, Any, Any, Any, Any, Any]

log = structlog.get_logger()


class TelegramBot:
    """The bot of one token.

    Args:
        token: as @BotFather gave it.
        api_url: the Bot API server, without a path, e.g. https://api.telegram.org.
        admin_ids: Telegram user ids of the service's admins.
        per_s: messages a second, all chats together; `chat_per_s` for one chat.
        webhook: the public address and the secret that Telegram shall use; None polls.
    """

    def __init__(
        self,
        *,
        token: str,
        api_url: str,
        admin_ids: frozenset[int],
        reading: Reading,
        subscriptions: Subscriptions,
        sources: Sources,
        adding: Adding,
        moves: Moves,
        importing: Importing,
        catch_ups: CatchUps,
        inbox: Inbox,
        now: Now,
        per_s: float,
        chat_per_s: float,
        webhook: tuple[str, str] | None,
    ) -> None:
        self._app = _application(token, api_url)
        self._webhook = webhook
        self._hush = Hush([token, *(webhook[1:] if webhook else ())])
        self._admin_ids = admin_ids
        self._subscriptions = subscriptions
        self.sender = TelegramSender(self._app.bot, Pacing(per_s, chat_per_s))
        self._rights = Rights(self._app.bot, admin_ids)
        self._router = Router(self._app.bot, self.sender, self._rights)
        self._imports = Imports(self._app.bot, self.sender, importing, now)
        self._intake = Intake(inbox, self._app.process_update)
        self._poller = Poller(self._app.bot, self._intake)
        self._polling: asyncio.Task[None] | None = None
        self._open = False
        self._wire(
            StartHelp(subscriptions, catch_ups, now), Stories(reading, subscriptions, now),
            Subscribe(subscriptions, now), SourceCommands(sources, adding, now),
            TroubleButtons(sources, moves),
        )  # fmt: skip

    @property
    def healthy(self) -> bool:
        """Whether the token is taken and updates come through."""
        polls = self._webhook is not None or self._poller.healthy
        return self._open and polls and not self.sender.refused

    async def start(self) -> None:
        """Begin as soon as Telegram answers.

        Raises:
            UserError: Telegram does not know the token or does not take the webhook.
            StorageError: the database failed.
        """
        self._hush.begin()
        await reach(self._app.bot)
        await self._app.initialize()
        await set_webhook(self._app.bot, self._webhook)
        self._open = True
        await self._intake.reopen(self._app.bot)
        await set_menus(self._app.bot, self._admin_ids)
        if self._webhook is None:
            self._polling = asyncio.create_task(self._poller.run(await self._intake.offset()))
        log.info("bot started", username=self._app.bot.username)

    async def stop(self) -> None:
        """Take nothing new, finish what is at work (ten seconds at most), close the connections."""
        self._open = False
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)
        await self._intake.crowd.drain(STOP_S)
        await self._imports.stop()
        if self._polling is not None:
            await self._poller.confirm()
        await self._app.shutdown()
        await self._app.bot.shutdown()  # where the start did not get as far as the application
        self._hush.end()

    async def feed(self, update: dict[str, Any]) -> None:
        """Take an update that came by webhook; once this returns it is kept, and Telegram may forget it.

        Raises:
            ValueError: it is no update.
            StorageError: it was not kept.
        """
        try:
            known = Update.de_json(update, self._app.bot)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError("not an update") from error
        if not isinstance(known.update_id, int) or not 0 <= known.update_id < MOST_UPDATE_IDS:
            raise ValueError("not an update")
        kept = await self._intake.keep([known])
        if self._open:  # else the next start handles it
            await self._intake.accept(kept)

    # ---- wiring ------------------------------------------------------------------------------------

    def _wire(
        self,
        start: StartHelp,
        stories: Stories,
        subscribe: Subscribe,
        sources: SourceCommands,
        trouble: TroubleButtons,
    ) -> None:
        commands = start.commands() | stories.commands() | subscribe.commands() | sources.commands()
        rooms = (start, stories, subscribe, sources, trouble)
        presses = {action: pressed for room in rooms for action, pressed in room.presses().items()}
        start.needs.update({name: command.need for name, command in commands.items()})
        membership, router, app = Membership(self._subscriptions), self._router, self._app

        async def pressed(update: Update, _: _Context) -> None:
            await router.pressed(update, presses)

        async def unknown(update: Update, _: _Context) -> None:
            await router.unknown(update, start.unknown)

        async def plain_text(update: Update, _: _Context) -> None:
            await router.message(update, start.plain_text)

        async def sent_list(update: Update, _: _Context) -> None:
            ask = await router.admit(update, Need.SERVICE_ADMIN)
            if ask is not None and update.message and update.message.document:
                await self._imports.begin(ask.place.ref, update.message.document)

        for name, command in commands.items():
            app.add_handler(CommandHandler(name, self._runs(command), filters=_ORIGINAL))
        app.add_handler(MessageHandler(filters.COMMAND & _ORIGINAL, unknown))
        app.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, membership.migrated))
        app.add_handler(MessageHandler(filters.StatusUpdate.FORUM_TOPIC_REOPENED, membership.reopened))
        app.add_handler(ChatMemberHandler(membership.changed, ChatMemberHandler.MY_CHAT_MEMBER))
        app.add_handler(CallbackQueryHandler(pressed))
        app.add_handler(MessageHandler(filters.ChatType.PRIVATE & _ORIGINAL & LISTS, sent_list))
        app.add_handler(MessageHandler(filters.ChatType.PRIVATE & _ORIGINAL & ~filters.StatusUpdate.ALL, plain_text))
        app.add_handler(CommandHandler("start", self._set_admin_menu, filters=_ORIGINAL), group=1)
        app.add_error_handler(self._failed)

    def _runs(self, command: Command) -> Callable[[Update, _Context], Coroutine[Any, Any, None]]:
        async def run(update: Update, _: _Context) -> None:
            await self._router.command(update, command)

        return run

    async def _set_admin_menu(self, update: Update, _: _Context) -> None:
        """An admin who had never written when the bot started gets the admins' menu now."""
        user_id = acting_user(update)
        if user_id is not None and await self._rights.may(update, Need.SERVICE_ADMIN):
            await set_admin_menu(self._app.bot, user_id)

    async def _failed(self, update: object, context: _Context) -> None:
        """The one place for what went wrong: a chat that is gone sleeps, the rest is logged and said."""
        error = context.error
        if not isinstance(update, Update) or error is None:
            return
        chat_id = update.effective_chat.id if update.effective_chat else 0
        try:
            if isinstance(error, ChatGone):
                await self._subscriptions.leave(chat_id)
            elif isinstance(error, ChatMoved):
                await self._subscriptions.move(chat_id, error.new_id)
            elif isinstance(error, SendError):
                log.warning("answer not delivered", update_id=update.update_id, why=str(error))
            else:
                log.error("update failed", update_id=update.update_id, error=_kind(error), where=_where(error))
                await self._router.went_wrong(update)
        except NutgrafError as further:
            log.warning("update failed twice", update_id=update.update_id, error=_kind(further))


def _application(token: str, api_url: str) -> _App:
    base = api_url.rstrip("/")
    builder = Application.builder().token(token).base_url(f"{base}/bot").base_file_url(f"{base}/file/bot")
    calls = AiohttpRequest(read_timeout=ANSWER_S, write_timeout=ANSWER_S, pool_timeout=ANSWER_S)
    polls = AiohttpRequest(connections=1, read_timeout=POLL_SLACK_S)
    return builder.request(calls).get_updates_request(polls).updater(None).job_queue(None).build()


def _kind(error: BaseException) -> str:
    cause = error.__cause__
    return type(error).__name__ + (f" from {type(cause).__name__}" if cause else "")


def _where(error: BaseException) -> list[str]:
    """Where it happened, without what was said: an error's text may hold what somebody wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
