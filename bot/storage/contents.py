"""What messages say, each text kept once, however many chats it is owed to."""

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from bot.domain.models import Button, Message
from bot.storage.sql import Tx, run, run_given


async def keep(tx: Tx, messages: Iterable[Message]) -> dict[Message, int]:
    """The id of each message's content, stored where it is new."""
    packed = {message: pack(message) for message in dict.fromkeys(messages)}
    if not packed:
        return {}
    digests = {message: sha256(text.encode()).hexdigest() for message, text in packed.items()}
    await run_given(
        tx,
        """
        INSERT INTO contents (digest, message) SELECT digest, message FROM given WHERE TRUE ORDER BY n
            ON CONFLICT (digest) DO NOTHING
        """,
        {"digest": "TEXT", "message": "TEXT"},
        ((digests[message], packed[message]) for message in packed),
    )
    found = await run_given(
        tx,
        "SELECT id, digest FROM contents WHERE digest IN (SELECT digest FROM given)",
        {"digest": "TEXT"},
        ((digest,) for digest in digests.values()),
    )
    ids = {each["digest"]: int(each["id"]) for each in found}
    return {message: ids[digest] for message, digest in digests.items()}


async def let_go(tx: Tx, before: datetime, most: int) -> int:
    """Deliveries settled by then no longer say anything, `most` at a time; how many."""
    return await run(
        tx,
        """
        UPDATE deliveries SET content_id = NULL
         WHERE id IN (SELECT id FROM deliveries
                       WHERE content_id IS NOT NULL AND settled_at_ms IS NOT NULL AND settled_at_ms <= :before
                       ORDER BY settled_at_ms LIMIT :most)
        """,
        before=before,
        most=most,
    )


async def forget_unused(tx: Tx, most: int) -> int:
    """Drop what no delivery says any more, `most` at a time; how many."""
    return await run(
        tx,
        """
        DELETE FROM contents
         WHERE id IN (SELECT id FROM contents c
                       WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.content_id = c.id) LIMIT :most)
        """,
        most=most,
    )


def pack(message: Message) -> str:
    """A message as JSON."""
    keyboard = [
        [{"text": each.text, "data": each.data, "url": each.url} for each in buttons] for buttons in message.keyboard
    ]
    content = {"html": message.html, "keyboard": keyboard, "preview_url": message.preview_url}
    return json.dumps(content, ensure_ascii=False)


def unpack(packed: str) -> Message:
    """The message that `pack` wrote."""
    content = json.loads(packed)
    keyboard = tuple(tuple(Button(**each) for each in buttons) for buttons in content["keyboard"])
    return Message(content["html"], keyboard, content["preview_url"])
