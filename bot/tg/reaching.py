"""Making contact with Telegram at the start: whatever passes is waited out, only a refusal ends it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot.domain.errors import UserError
from bot.tg.failures import as_ours
from bot.tg.polling import ALLOWED_UPDATES, FIRST_PAUSE_S, MOST_PAUSE_S, asked_pause_s

_TOKEN_UNKNOWN = "Telegram does not know the token: compare NUTGRAF_TELEGRAM_TOKEN with what @BotFather shows."  # noqa: S105

log = structlog.get_logger()


async def reach(bot: Bot) -> None:
    """Introduce ourselves; wait out a Telegram that cannot be reached.

    Raises:
        UserError: Telegram does not know the token.
    """
    try:
        await _patiently(bot.initialize, InvalidToken)
    except InvalidToken:  # its text holds the token
        raise UserError(_TOKEN_UNKNOWN) from None


async def set_webhook(bot: Bot, webhook: tuple[str, str] | None) -> None:
    """Have updates sent to the address and with the secret given; None: fetched.

    Raises:
        UserError: Telegram does not take the address.
    """
    if webhook is None:
        try:
            await bot.delete_webhook()
        except TelegramError as error:  # a server without webhooks has none to take away
            log.debug("no webhook to take away", error=type(error).__name__)
        return
    url, secret = webhook

    async def ask() -> None:
        await bot.set_webhook(url, secret_token=secret, allowed_updates=list(ALLOWED_UPDATES))

    try:
        await _patiently(ask, BadRequest, Forbidden, InvalidToken)
    except TelegramError as error:
        raise UserError(f"Telegram does not take the webhook {url}: {as_ours(error)}.") from None


async def _patiently(call: Callable[[], Awaitable[object]], *refusals: type[TelegramError]) -> None:
    """Call until there is an answer, or raise the refusal."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            await call()
        except TelegramError as error:
            if isinstance(error, refusals):
                raise
            log.warning("telegram cannot be reached", why=str(as_ours(error)), next_try_s=pause_s)
            await asyncio.sleep(max(pause_s, asked_pause_s(error)))
            pause_s = min(MOST_PAUSE_S, 2 * pause_s)
        else:
            return
