"""From an update to a handler and back: who asks, whether they may, what they get.

Promises: nothing is done before the need of a command or button is met, and buttons are checked when they are pressed.
Work that takes longer than a moment says so at once, a press by its notice. Every press is answered, whatever becomes
of it.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from functools import partial
from html import escape

import structlog
from telegram import Bot, CallbackQuery, Update
from telegram.constants import ChatAction, ChatType
from telegram.error import TelegramError

from bot.domain.errors import UserError
from bot.domain.models import ChatRef, Message
from bot.domain.text import cut, plain
from bot.tg.asking import Answer, Ask, Command, CommandHandler, Need, Pressed, stale
from bot.tg.keyboards import Action, parse
from bot.tg.locales import en as texts
from bot.tg.places import place_of
from bot.tg.render import as_messages
from bot.tg.rights import Rights
from bot.tg.sender import TelegramSender

PATIENCE_S = 0.7
MOST_NOTICE_CHARS = 190  # Telegram takes 200
MOST_ERROR_CHARS = 1000

_REFUSALS = {Need.CHAT_ADMIN: texts.GROUP_ADMINS_ONLY, Need.SERVICE_ADMIN: texts.ADMINS_ONLY}

log = structlog.get_logger()


class Router:
    """Runs handlers for updates and delivers what they answer."""

    def __init__(self, bot: Bot, sender: TelegramSender, rights: Rights, *, patience_s: float = PATIENCE_S) -> None:
        self._bot = bot
        self._sender = sender
        self._rights = rights
        self._patience_s = patience_s

    # ---- commands and other messages -------------------------------------------------------------

    async def command(self, update: Update, command: Command) -> None:
        """Run a command, or say why not."""
        ask = self._ask(update)
        if ask is not None:
            await self._work(ask, self._allowed(ask, command))

    async def admit(self, update: Update, need: Need) -> Ask | None:
        """Who asks, if they are what is needed; else they are told, and None."""
        ask = self._ask(update)
        if ask is None or await ask.may(need):
            return ask
        await self._deliver(ask.place.ref, as_messages(_REFUSALS[need]), None)
        return None

    async def unknown(self, update: Update, handler: CommandHandler) -> None:
        """A command that does not exist: in groups it concerns us only where it names us."""
        message, ask = update.effective_message, self._ask(update)
        if message is None or ask is None or not message.text:
            return
        command = message.text.split()[0]
        addressee = command.partition("@")[2].lower()
        ours = addressee == self._bot.username.lower() or (not addressee and message.chat.type == ChatType.PRIVATE)
        if ours:
            await self._work(ask, handler(Ask(ask.place, (command,), ask.may)))

    async def message(self, update: Update, handler: CommandHandler) -> None:
        """A message that is no command."""
        ask, message = self._ask(update), update.effective_message
        if ask is not None and message is not None:
            words = tuple((message.text or "").split())
            await self._work(ask, handler(Ask(ask.place, words, ask.may)))

    async def went_wrong(self, update: Update) -> None:
        """Tell whoever wrote that it is our fault; a press has been told already."""
        ask = self._ask(update)
        if ask is not None and (update.message or update.channel_post):
            await self._sender.reply(ask.place.ref, Message(texts.WENT_WRONG))

    async def _allowed(self, ask: Ask, command: Command) -> Answer:
        if not await ask.may(command.need):
            raise UserError(_REFUSALS[command.need])
        return await command.handler(ask)

    async def _work(self, ask: Ask, work: Awaitable[Answer]) -> None:
        """Deliver what the work answers; a wait is announced, and the answer takes the announcement's place."""
        task = asyncio.ensure_future(work)
        announced = None
        try:
            done, _ = await asyncio.wait({task}, timeout=self._patience_s)
            if not done:
                announced = await self._announce(ask.place.ref)
            messages = (await task).messages
        except UserError as error:
            messages = as_messages(escape(plain(error.message, MOST_ERROR_CHARS), quote=False))
        finally:
            task.cancel()
        await self._deliver(ask.place.ref, messages, announced)

    async def _announce(self, ref: ChatRef) -> int:
        announced = await self._sender.reply(ref, Message(texts.WORKING))
        try:
            await self._bot.send_chat_action(ref.telegram_id, ChatAction.TYPING, ref.thread_id or None)
        except TelegramError as error:  # a nicety, and not every server knows it
            log.debug("no typing shown", error=type(error).__name__)
        return announced

    async def _deliver(self, ref: ChatRef, messages: tuple[Message, ...], instead_of: int | None) -> None:
        """Send messages in order; the first one may take the place of one that stands in the chat."""
        if instead_of is not None and messages and await self._sender.edit(ref.telegram_id, instead_of, messages[0]):
            messages = messages[1:]
        for message in messages:
            await self._sender.reply(ref, message)

    def _ask(self, update: Update) -> Ask | None:
        if update.effective_chat is None:
            return None
        query, message = update.callback_query, update.effective_message
        place = place_of(update.effective_chat, query.message if query else message)
        words = tuple(message.text.split()[1:]) if message and message.text and not query else ()
        return Ask(place, words, partial(self._rights.may, update))

    # ---- buttons ---------------------------------------------------------------------------------

    async def pressed(self, update: Update, presses: Mapping[Action, Pressed]) -> None:
        """Run what a button means, or tell privately why not."""
        query = update.callback_query
        if query is None:
            return
        task = asyncio.ensure_future(self._press(update, query, presses))
        answer, told = Answer(notice=texts.WENT_WRONG), False
        try:
            told = await self._told_to_wait(query, task)
            answer = await task
        except UserError as error:
            answer = Answer(notice=error.message)
        finally:
            task.cancel()
            await self._tell_presser(update, query, answer, told=told)
        ask = self._ask(update)
        if ask is not None and query.message is not None:
            # several messages cannot take the place of one, and paging back would leave the rest behind
            in_place = len(answer.messages) == 1 and not answer.fresh
            await self._deliver(ask.place.ref, answer.messages, query.message.message_id if in_place else None)
            if answer.file:
                await self._sender.reply_file(ask.place.ref, *answer.file)

    async def _press(self, update: Update, query: CallbackQuery, presses: Mapping[Action, Pressed]) -> Answer:
        press, ask = parse(query.data), self._ask(update)
        if press is None or ask is None or query.message is None:
            return stale()
        pressed = presses[press.action]
        if not await ask.may(pressed.need):
            return Answer(notice=_REFUSALS[pressed.need])
        return await pressed.handler(ask, press)

    async def _told_to_wait(self, query: CallbackQuery, task: asyncio.Future[Answer]) -> bool:
        """Whether the work takes longer than a moment; then whoever pressed is told, as Telegram waits for little."""
        done, _ = await asyncio.wait({task}, timeout=self._patience_s)
        if not done:
            await self._close(query, texts.WORKING)
        return not done

    async def _tell_presser(self, update: Update, query: CallbackQuery, answer: Answer, *, told: bool) -> None:
        """The notice; a press is answered once, so after a wait it is a message, unless another one says it anyway."""
        ask = self._ask(update)
        if not told:
            await self._close(query, answer.notice)
        elif answer.notice and not answer.messages and ask is not None:
            await self._sender.reply(
                ask.place.ref, Message(escape(plain(answer.notice, MOST_ERROR_CHARS), quote=False))
            )

    async def _close(self, query: CallbackQuery, notice: str) -> None:
        try:
            await query.answer(cut(notice, MOST_NOTICE_CHARS) or None)
        except TelegramError as error:  # too old, or pressed long before a start
            log.info("press not answered", error=type(error).__name__)
