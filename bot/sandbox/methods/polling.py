"""How updates reach the bot: long polling or a webhook."""

import re

from bot.sandbox.decode import Kind
from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.links import checked_link
from bot.sandbox.methods.method import Method
from bot.sandbox.nouns import Json
from bot.sandbox.world import Webhook, World

MOST_UPDATES = 100
LONGEST_POLL_S = 50
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


async def _get_updates(world: World, params: Json) -> list[Json]:
    """Waits up to `timeout` seconds; a newer call ends an older one."""
    if world.webhook.url:
        raise ApiError(
            409,
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    updates = world.updates
    if "allowed_updates" in params:
        updates.allow(params["allowed_updates"])
    updates.acknowledge(params.get("offset", 0))
    poll = updates.begin_poll()
    timeout_s = min(max(params.get("timeout", 0), 0), LONGEST_POLL_S)
    await world.changes.until(lambda: updates.poll != poll or bool(updates.waiting), timeout_s)
    if updates.poll != poll:
        raise ApiError(
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        )
    return updates.first(min(max(params.get("limit", MOST_UPDATES), 1), MOST_UPDATES))


def _set_webhook(world: World, params: Json) -> bool:
    url, secret = params.get("url", ""), params.get("secret_token", "")
    if not url:
        return _delete_webhook(world, params)
    if not url.startswith(("http://", "https://")) or not checked_link(url):
        raise bad_request("bad webhook: invalid webhook URL specified")
    if secret and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if "allowed_updates" in params:
        world.updates.allow(params["allowed_updates"])
    _switch(world, Webhook(url, secret), drop=params.get("drop_pending_updates", False))
    return True


def _delete_webhook(world: World, params: Json) -> bool:
    _switch(world, Webhook(), drop=params.get("drop_pending_updates", False))
    return True


def _switch(world: World, webhook: Webhook, *, drop: bool) -> None:
    world.webhook = webhook
    if drop:
        world.updates.waiting.clear()
    world.changes.notify()


def _webhook_info(world: World, _: Json) -> Json:
    hook = world.webhook
    known: Json = {"url": hook.url, "has_custom_certificate": False}
    known["pending_update_count"] = len(world.updates.waiting)
    if hook.last_error_at is not None:
        known |= {"last_error_date": hook.last_error_at, "last_error_message": hook.last_error}
    return known | ({"allowed_updates": world.updates.allowed} if world.updates.allowed else {})


_ALLOWED = {"allowed_updates": Kind.LIST}
_DROP = {"drop_pending_updates": Kind.FLAG}

METHODS = (
    Method("getUpdates", _get_updates, _ALLOWED | {"offset": Kind.INT, "limit": Kind.INT, "timeout": Kind.INT}),
    Method(
        "setWebhook",
        _set_webhook,
        _ALLOWED
        | _DROP
        | {"url": Kind.TEXT, "secret_token": Kind.TEXT, "max_connections": Kind.INT, "ip_address": Kind.TEXT},
    ),
    Method("deleteWebhook", _delete_webhook, _DROP),
    Method("getWebhookInfo", _webhook_info),
)
