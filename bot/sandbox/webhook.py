"""Delivery of updates to the bot's webhook, one after another, until each is taken."""

import asyncio

import aiohttp

from bot.sandbox.nouns import Json
from bot.sandbox.world import Webhook, World

ANSWER_S = 30
RETRY_S = 1.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (the header's name, not a secret)


async def deliver(world: World) -> None:
    """Run until the world is closed. A webhook that fails gets the same update again after a second."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S)) as session:
        while not world.changes.closed:
            await world.changes.until(lambda: bool(world.webhook.url and world.updates.waiting), ANSWER_S)
            hook, waiting = world.webhook, world.updates.waiting
            if hook.url and waiting and not await _post(session, hook, world, waiting[0]):
                await _pause(world, hook)


async def _pause(world: World, hook: Webhook) -> None:
    await world.changes.until(lambda: world.webhook is not hook, RETRY_S)


async def _post(session: aiohttp.ClientSession, hook: Webhook, world: World, update: Json) -> bool:
    headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
    try:
        async with session.post(hook.url, json=update, headers=headers, allow_redirects=False) as answer:
            problem = "" if answer.status < 300 else f"Wrong response from the webhook: {answer.status}"
    except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
        problem = f"Connection failed: {type(error).__name__}"
    if problem:
        hook.last_error_at, hook.last_error = world.time(), problem
        world.changes.notify()
        return False
    world.updates.acknowledge(update["update_id"] + 1)
    return True
