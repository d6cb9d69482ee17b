"""Reply markup as the Bot API checks it."""

from typing import Any

from bot.sandbox.decode import Kind, fields
from bot.sandbox.errors import bad_request
from bot.sandbox.links import checked_link, linked_user
from bot.sandbox.nouns import Json

MOST_BUTTONS = 100
MOST_DATA_BYTES = 64
_BUTTON = dict.fromkeys(("text", "url", "callback_data", "switch_inline_query", "style"), Kind.TEXT)
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_OTHER_MARKUP = ("keyboard", "remove_keyboard", "force_reply")


def inline_keyboard(markup: Json | None) -> Json | None:
    """The InlineKeyboardMarkup that a message keeps; None for none and for reply keyboards, which no message carries.

    Raises:
        ApiError: it is not one, it has too many buttons, or a button's data or address is not allowed.
    """
    if not markup or any(name in markup for name in _OTHER_MARKUP):
        return None
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("object expected as reply markup")
    checked = [[_button(button) for button in row] for row in rows if row]
    if sum(map(len, checked)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": checked} if checked else None


def _button(raw: Any) -> Json:
    if not isinstance(raw, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    button = fields("inline keyboard button", raw, _BUTTON)
    if not button.get("text", "").strip():
        raise bad_request("can't parse inline keyboard button: Button text must be non-empty")
    if not any(action in button for action in _ACTIONS):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    return button | _checked_data(button) | _checked_url(button)


def _checked_data(button: Json) -> Json:
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= MOST_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return {}


def _checked_url(button: Json) -> Json:
    if "url" not in button:
        return {}
    url = button["url"]
    link = url if linked_user(url) else checked_link(url)
    if not link:
        raise bad_request(f"inline keyboard button URL '{url[:100]}' is invalid: Wrong HTTP URL")
    return {"url": link}
