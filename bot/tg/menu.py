"""The command menu that Telegram shows, one for each kind of reader."""

from collections.abc import Iterable

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.tg.locales import en as texts

ADMIN_COMMANDS = ("addsource", "removesource")

log = structlog.get_logger()


async def set_menus(bot: Bot, admin_ids: Iterable[int]) -> None:
    """Set every menu. A server that takes none, or an admin who never wrote, only costs a log line."""
    for scope in (BotCommandScopeDefault(), BotCommandScopeAllGroupChats()):
        await _set(bot, scope, [name for name in texts.MENU if name not in ADMIN_COMMANDS])
    for admin_id in admin_ids:
        await set_admin_menu(bot, admin_id)


async def set_admin_menu(bot: Bot, admin_id: int) -> None:
    """The menu of one admin of the service, in their private chat."""
    await _set(bot, BotCommandScopeChat(admin_id), list(texts.MENU))


async def _set(bot: Bot, scope: BotCommandScope, names: list[str]) -> None:
    try:
        await bot.set_my_commands([BotCommand(name, texts.MENU[name]) for name in names], scope=scope)
    except TelegramError as error:
        log.info("menu not set", scope=scope.type, error=type(error).__name__)
