"""/sources, /addsource with its choices and starter lists, /removesource, and the buttons under them."""

from dataclasses import replace

from bot.domain.errors import UserError
from bot.domain.models import Message
from bot.domain.ports import Now
from bot.feeds.opml import write_opml
from bot.feeds.starters import starter_lists
from bot.services.adding import Adding, Known, Proposal
from bot.services.offers import Offer
from bot.services.sources import Sources
from bot.services.starting import Starting
from bot.tg import choosing, views
from bot.tg.asking import Answer, Ask, Command, Need, Pressed, stale
from bot.tg.keyboards import SOURCES_A_PAGE, Action, Press
from bot.tg.locales import en as texts
from bot.tg.locales import en_lists as lists
from bot.tg.render import as_messages

EXPORT_NAME = "nutgraf-sources.opml"


class SourceCommands:
    """Shows the sources to all, and changes them for the service's admins."""

    def __init__(self, sources: Sources, adding: Adding, now: Now) -> None:
        self._sources = sources
        self._adding = adding
        self._starting = Starting(sources)
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
            Action.KEEP: Pressed(self.keep, Need.SERVICE_ADMIN),
            Action.PICK: Pressed(self.pick, Need.SERVICE_ADMIN),
            Action.ADD: Pressed(self.add_it, Need.SERVICE_ADMIN),
            Action.FEEDS: Pressed(self.feeds, Need.SERVICE_ADMIN),
            Action.OTHERS: Pressed(self.others, Need.SERVICE_ADMIN),
            Action.CANCEL: Pressed(self.cancel, Need.SERVICE_ADMIN),
            Action.LISTS: Pressed(self.lists, Need.SERVICE_ADMIN),
            Action.STARTERS: Pressed(self.starters, Need.SERVICE_ADMIN),
            Action.STARTER: Pressed(self.starter, Need.SERVICE_ADMIN),
            Action.EXPORT: Pressed(self.export, Need.SERVICE_ADMIN),
        }

    async def list_sources(self, ask: Ask) -> Answer:
        """/sources"""
        return await self._page(ask, 0)

    async def page(self, ask: Ask, press: Press) -> Answer:
        """Another page of the sources."""
        return await self._page(ask, press.numbers[0])

    async def export(self, _: Ask, __: Press) -> Answer:
        """All sources as a file that other readers understand."""
        document = write_opml(await self._sources.listed())
        return Answer(file=(EXPORT_NAME, document.encode()))

    async def _page(self, ask: Ask, offset: int) -> Answer:
        export = await ask.may(Need.SERVICE_ADMIN)
        return Answer(views.sources(await self._sources.page(offset, SOURCES_A_PAGE), self._now(), export=export))

    async def add(self, ask: Ask) -> Answer:
        """/addsource URL; without one the starter lists"""
        if not ask.words:
            return Answer(choosing.which_list(starter_lists()))
        if len(ask.words) != 1:
            raise UserError(texts.WHICH_SOURCE)
        return Answer(self._found(await self._adding.look(ask.words[0])))

    async def pick(self, _: Ask, press: Press) -> Answer:
        """One of the feeds that were found, to look at."""
        return Answer(self._found(await self._adding.preview(*press.numbers)))

    async def add_it(self, _: Ask, press: Press) -> Answer:
        """The feed that was looked at."""
        offer_id, position = press.numbers
        source, others, known = await self._adding.add(offer_id, position)
        if known:  # pressed twice: what the first press answered stays, with its button
            return Answer(notice=texts.already_there(source.id))
        return Answer(choosing.added(source, offer_id, others))

    async def feeds(self, _: Ask, press: Press) -> Answer:
        """The feeds that were found beside the one that is looked at."""
        return Answer(choosing.which_feed(await self._adding.feeds(*press.numbers), self._now()))

    async def others(self, ask: Ask, press: Press) -> Answer:
        """The same below one that was added, which keeps its button."""
        return replace(await self.feeds(ask, press), fresh=True)

    async def cancel(self, _: Ask, press: Press) -> Answer:
        """None of the feeds that were found."""
        await self._adding.cancel(press.numbers[0])
        return Answer(as_messages(lists.CANCELLED))

    def _found(self, found: Proposal | Offer | Known) -> tuple[Message, ...]:
        if isinstance(found, Proposal):
            return choosing.proposal(found, self._now())
        if isinstance(found, Known):
            return choosing.known(found, self._now())
        return choosing.which_feed(found, self._now())

    async def lists(self, _: Ask, __: Press) -> Answer:
        """The starter lists."""
        return Answer(choosing.which_list(starter_lists()))

    async def starters(self, _: Ask, press: Press) -> Answer:
        """A page of a starter list."""
        return await self._starters(*press.numbers)

    async def starter(self, _: Ask, press: Press) -> Answer:
        """Add one of a starter list, or remove it again."""
        number, offset, starter_id = press.numbers
        starter, there = await self._starting.toggle(starter_id)
        notice = lists.starter_added(starter.title) if there else lists.starter_removed(starter.title)
        return replace(await self._starters(number, offset), notice=notice)

    async def _starters(self, number: int, offset: int) -> Answer:
        if number >= len(starter_lists()):
            return stale()
        given = starter_lists()[number]
        there = await self._starting.there(given.starters)
        return Answer(choosing.starter_list(number, given, offset, there))

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

    async def keep(self, _: Ask, __: Press) -> Answer:
        """Remove nothing after all."""
        return Answer(as_messages(texts.KEPT))
