"""Users, chats, messages and members as Bot API objects."""

from bot.sandbox.nouns import CHANNEL, GROUP, PRIVATE, SUPERGROUP, Chat, Document, Json, Message, User

GIFT_KINDS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
ALL_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
BOT_RIGHTS = {
    GROUP: ("can_manage_chat", "can_delete_messages", "can_pin_messages"),
    SUPERGROUP: ("can_manage_chat", "can_delete_messages", "can_pin_messages", "can_manage_topics"),
    CHANNEL: ("can_manage_chat", "can_delete_messages", "can_post_messages", "can_edit_messages"),
}
TELL_IN = {
    GROUP: ("can_pin_messages",),
    SUPERGROUP: ("can_pin_messages", "can_manage_topics"),
    CHANNEL: ("can_post_messages", "can_edit_messages"),
}


RESTRICTIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)


def user_json(user: User) -> Json:
    """A User."""
    known: Json = {"id": user.id, "is_bot": user.is_bot, "first_name": user.name}
    if user.username:
        known["username"] = user.username
    return known if user.is_bot else known | {"language_code": "en"}


def me_json(bot: User) -> Json:
    """A User as getMe gives it."""
    off = ("supports_inline_queries", "can_connect_to_business", "has_main_web_app", "has_topics_enabled")
    return user_json(bot) | {"can_join_groups": True, "can_read_all_group_messages": True} | dict.fromkeys(off, False)


def chat_json(chat: Chat) -> Json:
    """A Chat."""
    known: Json = {"id": chat.id, "type": chat.type, "first_name" if chat.type == PRIVATE else "title": chat.title}
    if chat.username:
        known["username"] = chat.username
    return known | ({"is_forum": True} if chat.is_forum else {})


def full_chat_json(chat: Chat) -> Json:
    """A ChatFullInfo."""
    known = chat_json(chat) | {"accent_color_id": 1, "max_reaction_count": 11}
    known["accepted_gift_types"] = dict.fromkeys(GIFT_KINDS, False)
    if pinned := chat.messages.get(chat.pinned_id or 0):
        known["pinned_message"] = message_json(chat, pinned)
    return known


def message_json(chat: Chat, message: Message, *, with_reply: bool = True) -> Json:
    """A Message; the message that it answers is given once, not its chain."""
    known: Json = {"message_id": message.id} | _sender(chat, message)
    known |= {"chat": chat_json(chat), "date": message.date} | _content(message) | _marks(message)
    known |= message.service or {}
    replied = chat.messages.get(message.reply_to or 0)
    if with_reply and replied:
        known["reply_to_message"] = message_json(chat, replied, with_reply=False)
    return known


def _sender(chat: Chat, message: Message) -> Json:
    if chat.type == CHANNEL:
        return {"sender_chat": chat_json(chat)}
    return {"from": user_json(message.author)}


def _content(message: Message) -> Json:
    text, entities = ("caption", "caption_entities") if message.document else ("text", "entities")
    known: Json = {"document": document_json(message.document)} if message.document else {}
    if message.text:
        known[text] = message.text
    if message.entities:
        known[entities] = list(message.entities)
    return known


def _marks(message: Message) -> Json:
    known: Json = {}
    if message.thread_id:
        known |= {"message_thread_id": message.thread_id, "is_topic_message": True}
    if message.edited_at is not None:
        known["edit_date"] = message.edited_at
    if message.protected:
        known["has_protected_content"] = True
    named = {
        "reply_markup": message.keyboard,
        "link_preview_options": message.preview,
        "forward_origin": message.origin,
    }
    return known | {name: value for name, value in named.items() if value}


def document_json(document: Document) -> Json:
    """A Document."""
    return {
        "file_id": document.file_id,
        "file_unique_id": document.unique_id,
        "file_name": document.name,
        "mime_type": document.mime_type,
        "file_size": document.size_bytes,
    }


def member_json(chat: Chat, user: User) -> Json:
    """A ChatMember of Bot API 10.2: the owner, the bot as administrator, members, users who are not in the chat."""
    about: Json = {"user": user_json(user)}
    if user.id not in chat.members:
        return {"status": "left"} | about
    if not chat.is_admin(user.id):
        return {"status": "member"} | about if not user.is_bot else standing_json(chat, user)
    if user.id == chat.owner_id:
        return {"status": "creator", "is_anonymous": False} | about
    given = [right for right in BOT_RIGHTS[chat.type] if not (chat.silenced and right == "can_post_messages")]
    rights = dict.fromkeys((*ALL_RIGHTS, *TELL_IN[chat.type]), False) | dict.fromkeys(given, True)
    return {"status": "administrator"} | about | rights


def standing_json(chat: Chat, bot: User) -> Json:
    """A ChatMember as updates tell what the bot is in a group or channel: a member, restricted, left or banned.

    An administrator is told as a member: Bot API 10.3 demands a field of administrators that 10.2 does not know.
    """
    if chat.kicked:
        return bot_standing_json(bot, welcome=False)
    about: Json = {"user": user_json(bot)}
    if bot.id not in chat.members:
        return {"status": "left"} | about
    if chat.silenced and chat.type != CHANNEL:
        return {"status": "restricted", "is_member": True, "until_date": 0} | about | dict.fromkeys(RESTRICTIONS, False)
    return {"status": "member"} | about


def bot_standing_json(bot: User, *, welcome: bool) -> Json:
    """A ChatMember: the bot as a member, or banned for ever."""
    if welcome:
        return {"status": "member", "user": user_json(bot)}
    return {"status": "kicked", "user": user_json(bot), "until_date": 0}
