"""What the bot may call: one small module per group of methods, each with a table of them."""

from bot.sandbox.methods import administration, chats, documents, messages, polling, profile, queries
from bot.sandbox.methods.method import Method

METHODS: dict[str, Method] = {
    method.name.lower(): method
    for group in (administration, chats, documents, messages, polling, profile, queries)
    for method in group.METHODS
}
"""By lower-cased name: Telegram does not mind the case."""
