"""/start, /help, and what to say to everything that is no command."""

from difflib import get_close_matches

from bot.services.subscriptions import Subscriptions
from bot.tg import keyboards
from bot.tg.asking import Answer, Ask, Command, Need
from bot.tg.locales import en as texts
from bot.tg.markup import said
from bot.tg.render import as_messages


class StartHelp:
    """Welcomes, explains, and hints."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions
        self.needs: dict[str, Need] = {}

    def commands(self) -> dict[str, Command]:
        """The commands of this module."""
        return {"start": Command(self.start), "help": Command(self.help)}

    async def start(self, ask: Ask) -> Answer:
        """Say what this is; whatever stands behind /start means nothing."""
        woken = await self._subscriptions.arrive(ask.place)
        html = f"{texts.START_AGAIN}\n\n{texts.START}" if woken else texts.START
        return Answer(as_messages(html, keyboards.start()))

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
