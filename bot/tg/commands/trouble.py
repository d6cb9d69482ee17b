"""The buttons under what admins hear of a source in trouble: try again, look for it elsewhere, switch, and back."""

from bot.services.moves import Moves
from bot.services.sources import Sources
from bot.tg import views
from bot.tg.asking import Answer, Ask, Need, Pressed, stale
from bot.tg.keyboards import Action, Press
from bot.tg.locales import en as texts


class TroubleButtons:
    """Mends sources for the service's admins."""

    def __init__(self, sources: Sources, moves: Moves) -> None:
        self._sources = sources
        self._moves = moves

    def presses(self) -> dict[Action, Pressed]:
        """The buttons of this module."""
        return {
            Action.RETRY: Pressed(self.retry, Need.SERVICE_ADMIN),
            Action.REDISCOVER: Pressed(self.rediscover, Need.SERVICE_ADMIN),
            Action.SWITCH: Pressed(self.switch, Need.SERVICE_ADMIN),
            Action.SWITCH_BACK: Pressed(self.switch_back, Need.SERVICE_ADMIN),
        }

    async def retry(self, _: Ask, press: Press) -> Answer:
        """Poll one that fails again."""
        source = await self._sources.retry(press.numbers[0])
        return Answer(views.retrying(source)) if source else stale()

    async def rediscover(self, _: Ask, press: Press) -> Answer:
        """Look for its feed elsewhere."""
        source = await self._sources.get(press.numbers[0])
        if source is None:
            return stale()
        move = await self._moves.look(source)
        return (
            Answer(views.rediscovered(source, move)) if move else Answer(notice=texts.nothing_elsewhere(source.title))
        )

    async def switch(self, _: Ask, press: Press) -> Answer:
        """Read it from where it was found."""
        return Answer(views.switched(await self._moves.switch(press.numbers[0]), press.numbers[0]))

    async def switch_back(self, _: Ask, press: Press) -> Answer:
        """Read it from where it was."""
        return Answer(views.switched_back(await self._moves.switch_back(press.numbers[0]), press.numbers[0]))
