"""/sources, /addsource, /removesource, and the buttons under them."""

from bot.domain.errors import UserError
from bot.domain.ports import Now
from bot.services.sources import Sources
from bot.tg import views
from bot.tg.asking import Answer, Ask, Command, Need, Pressed, stale
from bot.tg.keyboards import Action, Press
from bot.tg.locales import en as texts
from bot.tg.render import as_messages


class SourceCommands:
    """Shows the sources to all, and changes them for the service's admins."""

    def __init__(self, sources: Sources, now: Now) -> None:
        self._sources = sources
        self._now = now

    def commands(self) -> dict[str, Command]:
        """The commands of this module."""
        return {
            "sources": Command(self.list_sources),
            "addsource": Command(self.add, Need.SERVICE_ADMIN),
            "removesource": Command(self.ask_removal, Need.SERVICE_ADMIN),
        }

    def presses(self) -> dict[Action, Pressed]:
        """The buttons of this module."""
        return {
            Action.SOURCES: Pressed(self.page),
            Action.REMOVE: Pressed(self.remove, Need.SERVICE_ADMIN),
            Action.RESTORE: Pressed(self.restore, Need.SERVICE_ADMIN),
            Action.RETRY: Pressed(self.retry, Need.SERVICE_ADMIN),
            Action.KEEP: Pressed(self.keep, Need.SERVICE_ADMIN),
        }

    async def list_sources(self, _: Ask) -> Answer:
        """/sources"""
        return Answer(views.sources(await self._sources.listed(), 0, self._now()))

    async def page(self, _: Ask, press: Press) -> Answer:
        """Another page of the sources."""
        return Answer(views.sources(await self._sources.listed(), press.numbers[0], self._now()))

    async def add(self, ask: Ask) -> Answer:
        """/addsource URL"""
        if len(ask.words) != 1:
            raise UserError(texts.WHICH_SOURCE)
        return Answer(views.source_added(await self._sources.add(ask.words[0]), self._now()))

    async def ask_removal(self, ask: Ask) -> Answer:
        """/removesource URL or number"""
        if len(ask.words) != 1:
            raise UserError(texts.WHICH_TO_REMOVE)
        return Answer(views.ask_removal(await self._sources.find(ask.words[0])))

    async def remove(self, _: Ask, press: Press) -> Answer:
        """Remove one."""
        source = await self._sources.remove(press.numbers[0])
        return Answer(views.removed(source)) if source else stale()

    async def restore(self, _: Ask, press: Press) -> Answer:
        """Take a removal back."""
        source = await self._sources.restore(press.numbers[0])
        return Answer(views.restored(source)) if source else stale()

    async def retry(self, _: Ask, press: Press) -> Answer:
        """Poll one that fails again."""
        source = await self._sources.retry(press.numbers[0])
        return Answer(views.retrying(source)) if source else stale()

    async def keep(self, _: Ask, __: Press) -> Answer:
        """Remove nothing after all."""
        return Answer(as_messages(texts.KEPT))
