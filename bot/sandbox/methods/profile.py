"""What the bot says about itself: who it is, its commands, names, descriptions and menu buttons."""

import re
from typing import Any

from bot.sandbox.commands import DEFAULT, Scope
from bot.sandbox.decode import Kind, fields
from bot.sandbox.errors import bad_request
from bot.sandbox.methods.method import Handler, Method
from bot.sandbox.nouns import PRIVATE, Json
from bot.sandbox.shapes import me_json
from bot.sandbox.world import Profile, World

MOST_COMMANDS = 100
MOST_DESCRIPTION_CHARS = 256
_COMMAND = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_LANGUAGE = re.compile(r"(?:[a-z]{2})?", re.ASCII)
_SCOPE = {"type": Kind.TEXT, "chat_id": Kind.CHAT, "user_id": Kind.INT}
_WIDE_SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")
_CHAT_SCOPES = ("chat", "chat_administrators", "chat_member")
_MENU_BUTTONS = ("commands", "default", "web_app")


def _me(world: World, _: Json) -> Json:
    return me_json(world.bot)


# ---- commands ---------------------------------------------------------------------------------


def _set_commands(world: World, params: Json) -> bool:
    commands = [_command(raw) for raw in params.get("commands") or []]
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.commands.put(_scope(world, params), _language(params), commands)
    world.events.add("commands", {})
    return True


def _get_commands(world: World, params: Json) -> list[Json]:
    return world.commands.get(_scope(world, params), _language(params))


def _delete_commands(world: World, params: Json) -> bool:
    return _set_commands(world, params | {"commands": []})


def _command(raw: Any) -> Json:
    given = fields("BotCommand", raw, {"command": Kind.TEXT, "description": Kind.TEXT})
    name, description = given.get("command", "").removeprefix("/"), given.get("description", "").strip()
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= MOST_DESCRIPTION_CHARS:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def _scope(world: World, params: Json) -> Scope:
    if not params.get("scope"):
        return DEFAULT
    scope = fields("scope", params["scope"], _SCOPE)
    if scope.get("type") in _WIDE_SCOPES:
        return (scope["type"], 0, 0)
    if scope.get("type") not in _CHAT_SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    chat = world.chat(scope.get("chat_id"))
    if scope["type"] == "chat":
        return ("chat", chat.id, 0)
    if chat.type == PRIVATE:
        raise bad_request("can't set commands for members of a private chat")
    return (scope["type"], chat.id, scope.get("user_id", 0) if scope["type"] == "chat_member" else 0)


def _language(params: Json) -> str:
    code: str = params.get("language_code", "")
    if not _LANGUAGE.fullmatch(code):
        raise bad_request("language code is invalid")
    return code


# ---- names and descriptions ---------------------------------------------------------------------


def _about(what: str, field: str, most_chars: int) -> tuple[Method, Method]:
    """The pair of methods that set and get one text of the profile."""
    key = {"Name": "name", "Description": "description", "ShortDescription": "short_description"}[what]
    takes = {key: Kind.TEXT, "language_code": Kind.TEXT}
    return (
        Method(f"setMy{what}", _setter(key, field, most_chars), takes),
        Method(f"getMy{what}", _getter(key, field), {"language_code": Kind.TEXT}),
    )


def _setter(key: str, field: str, most_chars: int) -> Handler:
    def put(world: World, params: Json) -> bool:
        text = params.get(key, "")
        if len(text) > most_chars:
            raise bad_request(f"{key.replace('_', ' ')} is too long")
        _texts(world.profile, field)[_language(params)] = text
        return True

    return put


def _getter(key: str, field: str) -> Handler:
    def get(world: World, params: Json) -> Json:
        texts = _texts(world.profile, field)
        fallback = world.bot.name if field == "names" else ""
        return {key: texts.get(_language(params)) or texts.get("") or fallback}

    return get


def _texts(profile: Profile, field: str) -> dict[str, str]:
    texts: dict[str, str] = getattr(profile, field)
    return texts


# ---- menu button --------------------------------------------------------------------------------


def _menu_chat(world: World, params: Json) -> int:
    return world.chat(params["chat_id"]).id if params.get("chat_id") else 0


def _set_menu_button(world: World, params: Json) -> bool:
    button = params.get("menu_button") or {"type": "default"}
    if button.get("type") not in _MENU_BUTTONS:
        raise bad_request("can't parse menu button: unsupported type specified")
    chat_id = _menu_chat(world, params)
    world.profile.menu_buttons[chat_id] = button
    for chat in world.chats.values():
        if chat.type == PRIVATE and chat_id in (0, chat.id):
            world.events.add("chat", {}, chat_id=chat.id)
    return True


def _get_menu_button(world: World, params: Json) -> Json:
    buttons = world.profile.menu_buttons
    return buttons.get(_menu_chat(world, params)) or buttons.get(0) or {"type": "default"}


_SCOPED = {"scope": Kind.OBJECT, "language_code": Kind.TEXT}

METHODS = (
    Method("getMe", _me),
    Method("setMyCommands", _set_commands, _SCOPED | {"commands": Kind.LIST}),
    Method("getMyCommands", _get_commands, _SCOPED),
    Method("deleteMyCommands", _delete_commands, _SCOPED),
    *_about("Name", "names", 64),
    *_about("Description", "descriptions", 512),
    *_about("ShortDescription", "short_descriptions", 120),
    Method("setChatMenuButton", _set_menu_button, {"chat_id": Kind.INT, "menu_button": Kind.OBJECT}),
    Method("getChatMenuButton", _get_menu_button, {"chat_id": Kind.INT}),
)
