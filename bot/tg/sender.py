"""Messages out: paced, and every failure as one of ours.

Promises: a message that Telegram could not parse goes once more as plain text, so it is never lost to a stray sign. The
outbox decides about everything else that fails; replies, which no outbox keeps, are tried three times.
"""

from collections.abc import Sequence

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import TelegramError

from bot.domain.errors import BadMarkup, ChatGone, InDoubt, Refused, RetryLater, TokenRefused
from bot.domain.models import ChatRef, Keyboard, Message
from bot.tg import answers
from bot.tg.failures import as_ours
from bot.tg.lanes import Kind
from bot.tg.markup import safe_url, without_markup
from bot.tg.pacing import Pacing

REPLY_ATTEMPTS = 3
MOST_REPLY_WAIT_S = 60.0

# what python-telegram-bot lets through when an answer is not what the Bot API promises
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)

log = structlog.get_logger()


class TelegramSender:
    """Pays messages out to Telegram; the port `Sender`."""

    def __init__(self, bot: Bot, pacing: Pacing) -> None:
        self._bot = bot
        self._pacing = pacing
        self.refused = False

    async def send(self, ref: ChatRef, message: Message) -> int:
        """Send and return Telegram's message id.

        Raises:
            SendError: what became of it; `TokenRefused` is the end of all sending.
        """
        await self._pacing.turn(ref.telegram_id)
        return await self._send(ref, message)

    async def reply(self, ref: ChatRef, message: Message) -> int:
        """The same for an answer: before all else that waits, and again after a pause that Telegram asked for.

        Raises:
            SendError: what became of it.
        """
        for _ in range(REPLY_ATTEMPTS - 1):
            try:
                return await self._answer(ref, message)
            except RetryLater as error:
                if error.retry_after_s > MOST_REPLY_WAIT_S:
                    raise
        return await self._answer(ref, message)

    async def reply_file(self, ref: ChatRef, name: str, content: bytes) -> None:
        """Answer with a document, once.

        Raises:
            SendError: what became of it.
        """
        await self._pacing.turn(ref.telegram_id, Kind.REPLY)
        try:
            sent = await self._bot.send_document(
                ref.telegram_id, content, filename=name, message_thread_id=ref.thread_id or None
            )
        except (TelegramError, *UNREADABLE) as error:
            raise self._noted(ref.telegram_id, error) from error
        answers.note(sent.message_id)

    def wait_s(self, ref: ChatRef) -> float:
        """Seconds until this chat's own limits let a message through; 0: now, as far as this chat is concerned."""
        return self._pacing.wait_s(ref.telegram_id)

    async def arrived(self, ref: ChatRef, message: Message, ids: Sequence[int]) -> int | None:
        """The lowest of these ids that is a message of ours in this chat; None: none of them is.

        Asks for the buttons that `message` has anyway: Telegram does so or answers that nothing would change where the
        message is ours, and refuses where there is none or it is somebody else's (Bot API, editMessageReplyMarkup; the
        refusals are not documented, they are what its server says).

        Raises:
            SendError: no answer; a chat or a topic that is gone tells nothing about the message.
        """
        for message_id in sorted(ids):
            await self._pacing.turn(ref.telegram_id, Kind.LOOK)
            if await self._stands(ref.telegram_id, message_id, message):
                return message_id
        return None

    async def edit(self, telegram_id: int, message_id: int, message: Message) -> bool:
        """Change a message that stands in a chat; False if it cannot be changed (gone, or too old).

        Raises:
            SendError: what became of it.
        """
        await self._pacing.turn(telegram_id, Kind.REPLY)
        try:
            await self._bot.edit_message_text(
                message.html,
                chat_id=telegram_id,
                message_id=message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=markup(message.keyboard),
                link_preview_options=_preview(message),
            )
        except (TelegramError, *UNREADABLE) as error:
            return self._not_modified(telegram_id, error)
        return True

    async def _stands(self, telegram_id: int, message_id: int, message: Message) -> bool:
        try:
            await self._bot.edit_message_reply_markup(
                chat_id=telegram_id, message_id=message_id, reply_markup=markup(message.keyboard)
            )
        except (TelegramError, *UNREADABLE) as error:
            return self._not_modified(telegram_id, error)
        return True

    def _not_modified(self, telegram_id: int, error: Exception) -> bool:
        """Whether an edit was refused since nothing would change; False: for another reason that lies in the message.

        Raises:
            SendError: the refusal is not about the message.
        """
        ours = self._noted(telegram_id, error)
        if isinstance(ours, Refused | BadMarkup):
            return "not modified" in str(ours).lower()
        raise ours from error

    async def _answer(self, ref: ChatRef, message: Message) -> int:
        await self._pacing.turn(ref.telegram_id, Kind.REPLY)
        try:
            message_id = await self._send(ref, message)
        except InDoubt:
            answers.note_unknown()
            raise
        answers.note(message_id)
        return message_id

    async def _send(self, ref: ChatRef, message: Message) -> int:
        try:
            return await self._post(ref, message, ParseMode.HTML)
        except BadMarkup as error:
            log.warning("markup refused, sent as plain text", chat=ref.telegram_id, why=str(error))
        try:
            plain = Message(without_markup(message.html), message.keyboard, message.preview_url)
            return await self._post(ref, plain, None)
        except BadMarkup as error:
            raise Refused(str(error)) from error

    async def _post(self, ref: ChatRef, message: Message, parse_mode: ParseMode | None) -> int:
        try:
            sent = await self._bot.send_message(
                ref.telegram_id,
                message.html,
                parse_mode=parse_mode,
                message_thread_id=ref.thread_id or None,
                reply_markup=markup(message.keyboard),
                link_preview_options=_preview(message),
            )
        except (TelegramError, *UNREADABLE) as error:
            raise self._noted(ref.telegram_id, error) from error
        self.refused = False
        return sent.message_id

    def _noted(self, telegram_id: int, error: Exception) -> Exception:
        ours = as_ours(error)
        if isinstance(ours, RetryLater):
            self._pacing.hold(telegram_id, ours.retry_after_s)
        if isinstance(ours, TokenRefused) and not self.refused:
            self.refused = True
            log.error("telegram refuses the token", what_to_do="get a new one from @BotFather and start again")
        if isinstance(ours, ChatGone):
            log.info("chat gone", chat=telegram_id, why=str(ours))
        return ours


def markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    """Rows of buttons as Telegram takes them; None without any."""
    rows: Sequence[Sequence[InlineKeyboardButton]] = [
        [InlineKeyboardButton(button.text, callback_data=button.data, url=button.url) for button in row]
        for row in keyboard
    ]
    return InlineKeyboardMarkup(rows) if rows else None


def _preview(message: Message) -> LinkPreviewOptions:
    url = safe_url(message.preview_url)
    return LinkPreviewOptions(url=url, prefer_small_media=True) if url else LinkPreviewOptions(is_disabled=True)
