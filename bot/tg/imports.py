"""OPML files that admins send: taken in beside everything else, with a message that says how far it is.

Promises: one file at a time; the message is edited every few seconds at most and ends as the report, whatever happens;
a stop says where it stopped.
"""

import asyncio
from contextvars import Context
from datetime import datetime, timedelta
from html import escape

import structlog
from telegram import Bot, Document
from telegram.error import TelegramError
from telegram.ext import filters

from bot.domain.errors import NutgrafError, SendError, UserError
from bot.domain.models import ChatRef, Message
from bot.domain.ports import Now
from bot.feeds.opml import MOST_BYTES
from bot.services.importing import Importing
from bot.tg import choosing
from bot.tg.locales import en as common
from bot.tg.locales import en_lists as texts
from bot.tg.sender import TelegramSender

EDIT_EVERY = timedelta(seconds=4)

_Kind = filters.Document
LISTS = (
    _Kind.FileExtension("opml") | _Kind.FileExtension("xml") | _Kind.MimeType("text/x-opml")
    | _Kind.MimeType("text/xml") | _Kind.MimeType("application/xml")
)  # fmt: skip
"""What may be an OPML file."""

log = structlog.get_logger()


class Imports:
    """Reads the lists that were sent."""

    def __init__(self, bot: Bot, sender: TelegramSender, importing: Importing, now: Now) -> None:
        self._bot = bot
        self._sender = sender
        self._importing = importing
        self._now = now
        self._task: asyncio.Task[None] | None = None

    async def begin(self, ref: ChatRef, document: Document) -> None:
        """Take a file in; returns once it has begun.

        Raises:
            SendError: the answer did not go out, and nothing was begun.
        """
        if refused := self._refused(document):
            await self._sender.reply(ref, Message(refused))
            return
        work = self._work(ref, document)
        self._task = asyncio.create_task(work, context=Context())  # its messages answer no update any more

    async def stop(self) -> None:
        """End what is under way; it says how far it came."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def rest(self) -> None:
        """Wait until nothing is under way."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def _refused(self, document: Document) -> str | None:
        if (document.file_size or 0) > MOST_BYTES:
            return texts.TOO_LARGE
        return texts.ONE_AT_A_TIME if self._task is not None and not self._task.done() else None

    async def _work(self, ref: ChatRef, document: Document) -> None:
        try:
            shown = _Shown(self._sender, ref, await self._sender.reply(ref, Message(texts.READING)), self._now)
            await shown.end(await self._report(document, shown))
        except SendError as error:
            log.warning("report of a list not delivered", why=str(error))

    async def _report(self, document: Document, shown: "_Shown") -> Message:
        """The last words on a list."""
        try:
            report = await self._importing.run(await self._content(document), shown.tell)
        except UserError as error:
            return Message(escape(error.message, quote=False))
        except NutgrafError as error:
            log.error("list not imported", error=type(error).__name__)
            return Message(common.WENT_WRONG)
        except asyncio.CancelledError:
            return Message(texts.cut_short(shown.done, shown.total))
        log.info(
            "list imported", added=report.added, known=report.known, dead=len(report.dead), untried=len(report.untried)
        )
        return choosing.imported(report)[0]  # of a bounded length, so one message

    async def _content(self, document: Document) -> bytes:
        try:
            file = await self._bot.get_file(document.file_id)
            return bytes(await file.download_as_bytearray())
        except TelegramError as error:
            raise UserError(texts.NOT_FETCHED) from error


class _Shown:
    """The message that says how far an import is."""

    def __init__(self, sender: TelegramSender, ref: ChatRef, message_id: int, now: Now) -> None:
        self._sender = sender
        self._ref = ref
        self._message_id = message_id
        self._now = now
        self._edited_at: datetime = now()
        self.done = self.total = 0

    async def tell(self, done: int, total: int) -> None:
        """Show it, unless that was done a moment ago."""
        self.done, self.total = done, total
        if self._now() - self._edited_at < EDIT_EVERY:
            return
        self._edited_at = self._now()
        try:
            await self._sender.edit(self._ref.telegram_id, self._message_id, Message(texts.importing(done, total)))
        except SendError as error:  # the next one, or the report, says more
            log.info("progress not shown", why=str(error))

    async def end(self, message: Message) -> None:
        """Put the last words in its place, or below it where it is gone."""
        if not await self._sender.edit(self._ref.telegram_id, self._message_id, message):
            await self._sender.reply(self._ref, message)
