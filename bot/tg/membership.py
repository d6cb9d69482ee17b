"""Where the bot is and is not: blocked, removed, let back in, or moved with its group."""

from telegram import ChatMember, ChatMemberRestricted, Update
from telegram.constants import ChatMemberStatus

from bot.services.subscriptions import Subscriptions
from bot.tg.places import place_of


class Membership:
    """Tells the service where messages can be delivered."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    async def changed(self, update: Update, _: object) -> None:
        """The bot's own membership of a chat changed."""
        change = update.my_chat_member
        if change is None:
            return
        if _may_write(change.new_chat_member):
            await self._subscriptions.arrive(place_of(change.chat, None))
        else:
            await self._subscriptions.leave(change.chat.id)

    async def migrated(self, update: Update, _: object) -> None:
        """A group became a supergroup; Telegram says so in both, and once is enough."""
        message = update.effective_message
        if message is not None and message.migrate_to_chat_id is not None:
            await self._subscriptions.move(message.chat.id, message.migrate_to_chat_id)
        elif message is not None and message.migrate_from_chat_id is not None:
            await self._subscriptions.move(message.migrate_from_chat_id, message.chat.id)

    async def reopened(self, update: Update, _: object) -> None:
        """A forum topic was opened again."""
        if update.effective_chat is not None:
            await self._subscriptions.reopened(place_of(update.effective_chat, update.effective_message))


def _may_write(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return member.is_member and member.can_send_messages
    return member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER)
