"""/start, /help, and what to say to everything that is no command."""

from datetime import UTC, datetime
from difflib import get_close_matches

from bot.domain.ports import Now
from bot.services.catch_ups import CatchUps
from bot.services.subscriptions import Subscriptions
from bot.tg import keyboards
from bot.tg.asking import Answer, Ask, Command, Need, Pressed, stale
from bot.tg.keyboards import Action, Press
from bot.tg.locales import en as texts
from bot.tg.markup import said
from bot.tg.render import as_messages, rest_messages

MOST_SECONDS = 2**33  # some year that a datetime still holds


class StartHelp:
    """Welcomes, explains, and hints."""

    def __init__(self, subscriptions: Subscriptions, catch_ups: CatchUps, now: Now) -> None:
        self._subscriptions = subscriptions
        self._catch_ups = catch_ups
        self._now = now
        self.needs: dict[str, Need] = {}

    def commands(self) -> dict[str, Command]:
        """The commands of this module."""
        return {"start": Command(self.start), "help": Command(self.help)}

    def presses(self) -> dict[Action, Pressed]:
        """The buttons of this module."""
        return {Action.REST: Pressed(self.rest), Action.MISSED: Pressed(self.missed)}

    async def start(self, ask: Ask) -> Answer:
        """Say what this is, or welcome back; whatever stands behind /start means nothing."""
        dormant_since = await self._subscriptions.welcome(ask.place)
        if dormant_since is None:
            return Answer(as_messages(texts.START, keyboards.start()))
        number = await self._catch_ups.missed(ask.place, dormant_since)
        if not number:
            return Answer(as_messages(f"{texts.START_AGAIN}\n\n{texts.START}", keyboards.start()))
        keyboard = keyboards.missed(int(dormant_since.timestamp()), number)
        return Answer(as_messages(f"{texts.START_AGAIN} {texts.missed(number)}\n\n{texts.START}", keyboard))

    async def missed(self, ask: Ask, press: Press) -> Answer:
        """Send what was missed, as one briefing."""
        since = datetime.fromtimestamp(min(press.numbers[0], MOST_SECONDS), UTC)
        owed = await self._catch_ups.make_up(ask.place, since)
        return Answer(notice=texts.ON_ITS_WAY if owed else texts.MISSED_BEFORE)

    async def rest(self, ask: Ask, press: Press) -> Answer:
        """More stories of a catch-up."""
        due_ms, offset = press.numbers
        stories, total = await self._catch_ups.rest(ask.place, due_ms, offset)
        if not stories:
            return stale()
        messages = rest_messages(stories, due_ms=due_ms, offset=offset, total=total, now=self._now())
        return Answer(messages, fresh=True)

    async def help(self, ask: Ask) -> Answer:
        """List what this user may do here."""
        may = {need: await ask.may(need) for need in Need}
        lines = [
            f"/{name} – {what}" for name, what in texts.COMMANDS.items() if may[self.needs.get(name, Need.NOTHING)]
        ]
        note = [] if may[Need.CHAT_ADMIN] else ["", texts.READERS_ONLY]
        return Answer(as_messages("\n".join([texts.HELP, "", *lines, *note])))

    async def unknown(self, ask: Ask) -> Answer:
        """Say that there is no such command, and which one may be meant."""
        command = ask.words[0].partition("@")[0]
        near = get_close_matches(command[1:].lower(), texts.COMMANDS, n=1)
        return Answer(as_messages(texts.unknown_command(said(command, 40), near[0] if near else None)))

    async def plain_text(self, ask: Ask) -> Answer:
        """Offer to look for what somebody wrote."""
        return Answer(as_messages(texts.PLAIN_TEXT, keyboards.look_for(" ".join(ask.words))))
