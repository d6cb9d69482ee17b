"""The bot's command menus: which one a user sees in a chat, by scope and language."""

from collections.abc import Iterator

from bot.sandbox.nouns import PRIVATE, Chat, Json

Scope = tuple[str, int, int]
"""Kind of scope, chat id, user id; 0 where the kind has none."""

DEFAULT: Scope = ("default", 0, 0)


class Commands:
    """Menus by scope and language code ("" for every language)."""

    def __init__(self) -> None:
        self._menus: dict[tuple[Scope, str], list[Json]] = {}

    def put(self, scope: Scope, language: str, commands: list[Json]) -> None:
        """Set one menu; an empty one is taken away."""
        if commands:
            self._menus[scope, language] = commands
        else:
            self._menus.pop((scope, language), None)

    def get(self, scope: Scope, language: str) -> list[Json]:
        """Exactly this scope's and language's menu, empty if none was set."""
        return self._menus.get((scope, language), [])

    def seen_by(self, chat: Chat, user_id: int, language: str = "en") -> list[Json]:
        """The menu that a user sees in a chat: the narrowest scope that has one (Bot API, BotCommandScope)."""
        for scope in _narrowest_first(chat, user_id):
            for code in (language, ""):
                if found := self._menus.get((scope, code)):
                    return found
        return []


def _narrowest_first(chat: Chat, user_id: int) -> Iterator[Scope]:
    if chat.type == PRIVATE:
        yield ("chat", chat.id, 0)
        yield ("all_private_chats", 0, 0)
    else:
        yield from _group_scopes(chat, user_id)
    yield DEFAULT


def _group_scopes(chat: Chat, user_id: int) -> Iterator[Scope]:
    admin = chat.is_admin(user_id)
    yield ("chat_member", chat.id, user_id)
    if admin:
        yield ("chat_administrators", chat.id, 0)
    yield ("chat", chat.id, 0)
    if admin:
        yield ("all_chat_administrators", 0, 0)
    yield ("all_group_chats", 0, 0)
