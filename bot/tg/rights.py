"""Who may do what, asked anew each time: rights may have been lost since a button was shown.

An anonymous admin of a group speaks as the group itself and counts as its admin, but never as an admin of the service;
Telegram's own account, other channels that speak in a group, and channels never do.
"""

from telegram import Bot, Chat, Message, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, EndPointNotFound, Forbidden, InvalidToken, TelegramError

from bot.domain.errors import UserError
from bot.tg.asking import Need
from bot.tg.locales import en as texts

ANONYMOUS_ADMIN = 1087968824  # @GroupAnonymousBot
SHARED_ACCOUNTS = frozenset({777000, 136817688, ANONYMOUS_ADMIN})  # Telegram, @Channel_Bot


class Rights:
    """Answers whether whoever caused an update is what a command or a button needs."""

    def __init__(self, bot: Bot, admin_ids: frozenset[int]) -> None:
        self._bot = bot
        self._admin_ids = admin_ids - SHARED_ACCOUNTS

    async def may(self, update: Update, need: Need) -> bool:
        """Whether the need is met.

        Raises:
            UserError: Telegram could not be asked.
        """
        if need is Need.SERVICE_ADMIN:
            return acting_user(update) in self._admin_ids
        return need is Need.NOTHING or await self._chat_admin(update)

    async def _chat_admin(self, update: Update) -> bool:
        chat = update.effective_chat
        if chat is None:
            return False
        if chat.type == ChatType.PRIVATE or _speaks_as_the_chat(update, chat):
            return True
        user_id = acting_user(update)
        return user_id is not None and user_id not in SHARED_ACCOUNTS and await self._is_admin(chat.id, user_id)

    async def _is_admin(self, telegram_id: int, user_id: int) -> bool:
        try:
            member = await self._bot.get_chat_member(telegram_id, user_id)
        except (BadRequest, Forbidden):
            return False
        except (InvalidToken, EndPointNotFound):  # a server without this call
            return False
        except TelegramError as error:
            raise UserError(texts.RIGHTS_UNKNOWN) from error
        return member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


def acting_user(update: Update) -> int | None:
    """The user who wrote or pressed in their own name; None for channels and anonymous admins."""
    if update.callback_query:
        return update.callback_query.from_user.id
    message = update.effective_message
    if message is None or message.sender_chat is not None or message.from_user is None:
        return None
    return message.from_user.id


def _speaks_as_the_chat(update: Update, chat: Chat) -> bool:
    if update.callback_query:
        return False
    if update.channel_post:
        return True
    message: Message | None = update.message
    if message is None:
        return False
    if message.sender_chat is not None:
        return message.sender_chat.id == chat.id
    return message.from_user is not None and message.from_user.id == ANONYMOUS_ADMIN
