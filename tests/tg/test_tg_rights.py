"""Who may do what: the matrix of people, places and commands, and buttons that are not theirs (T65–T68, T76)."""

from itertools import count
from typing import Any

import pytest

from bot.sandbox.nouns import SUPERGROUP, Chat
from bot.sandbox.shapes import chat_json
from bot.sandbox.world import ADA as ADA_USER
from bot.sandbox.world import BOT, CHANNEL_ID, GROUP_ID
from bot.sandbox.world import OMAR as OMAR_USER
from bot.tg.locales import en as texts
from tests.services.conftest import Site
from tests.tg.conftest import ADA, OMAR, Json, StartBot, Talk

OTHER_GROUP_ID = -1005550001
_ids = count(90_000)


def written(talk: Talk, chat_id: int, text: str, **fields: Any) -> Json:
    """A message as Telegram gives it, with fields that the sandbox's users cannot cause."""
    chat = chat_json(talk.sandbox.world.chats[chat_id])
    entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}] if text.startswith("/") else []
    known: Json = {"message_id": next(_ids), "date": 1_795_334_400, "chat": chat, "text": text, "entities": entities}
    return known | fields


ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
TELEGRAM = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
CHANNEL_BOT = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
GROUP = {"id": GROUP_ID, "type": "supergroup", "title": "Harbour neighbours"}
ELSEWHERE = {"id": -1007, "type": "supergroup", "title": "Elsewhere"}
CHANNEL = {"id": -1008, "type": "channel", "title": "Some channel"}
ADA_JSON = {"id": ADA, "is_bot": False, "first_name": "Ada"}
OMAR_JSON = {"id": OMAR, "is_bot": False, "first_name": "Omar"}

SUBSCRIBED = "You get everything, as it happens."


@pytest.mark.parametrize(
    ("user", "chat", "answer"),
    [
        (ADA, ADA, SUBSCRIBED),
        (OMAR, OMAR, SUBSCRIBED),
        (ADA, GROUP_ID, SUBSCRIBED),
        (OMAR, GROUP_ID, texts.GROUP_ADMINS_ONLY),
        (ADA, CHANNEL_ID, SUBSCRIBED),
    ],
)
async def test_who_may_subscribe(talk: Talk, user: int, chat: int, answer: str) -> None:
    assert (await talk.say(user, "/subscribe instant", chat=chat))["text"] == answer
    assert bool(await talk.listed(chat)) == (answer == SUBSCRIBED)


@pytest.mark.parametrize("command", ["/subscribe", "/unsubscribe", "/unsubscribe syria", "/timezone Berlin"])
async def test_t66_members_change_nothing_in_a_group(talk: Talk, command: str) -> None:
    assert (await talk.say(OMAR, command, chat=GROUP_ID))["text"] == texts.GROUP_ADMINS_ONLY


@pytest.mark.parametrize("command", ["/latest", "/topic syria", "/subscriptions", "/sources", "/help", "/start"])
async def test_members_read_in_a_group(talk: Talk, command: str) -> None:
    assert (await talk.say(OMAR, command, chat=GROUP_ID))["text"] not in (texts.GROUP_ADMINS_ONLY, texts.WENT_WRONG)


@pytest.mark.parametrize("command", ["/addsource 127.0.0.1", "/removesource 1"])
@pytest.mark.parametrize("chat", [OMAR, GROUP_ID])
async def test_t66_members_change_no_sources(talk: Talk, command: str, chat: int, site: Site) -> None:
    assert (await talk.say(OMAR, command, chat=chat))["text"] == texts.ADMINS_ONLY
    assert site.asked == []


WHO: list[tuple[str, Json, bool]] = [
    ("an anonymous admin of this group", {"from": ANONYMOUS, "sender_chat": GROUP}, True),
    ("an anonymous admin of another", {"from": ANONYMOUS, "sender_chat": ELSEWHERE}, False),
    ("a channel that speaks in the group", {"from": CHANNEL_BOT, "sender_chat": CHANNEL}, False),
    ("Telegram", {"from": TELEGRAM}, False),
    ("Telegram for a channel", {"from": TELEGRAM, "sender_chat": CHANNEL}, False),
    ("the owner who speaks as a channel", {"from": ADA_JSON, "sender_chat": CHANNEL}, False),
    ("a member", {"from": OMAR_JSON}, False),
]


@pytest.mark.parametrize(("sender", "may"), [case[1:] for case in WHO], ids=[case[0] for case in WHO])
async def test_t66_who_speaks_for_a_group(talk: Talk, sender: Json, may: bool) -> None:
    await talk.tell("message", written(talk, GROUP_ID, "/subscribe instant", **sender))
    assert talk.heard(GROUP_ID)[-1]["text"] == (SUBSCRIBED if may else texts.GROUP_ADMINS_ONLY)


@pytest.mark.parametrize("sender", [case[1] for case in WHO], ids=[case[0] for case in WHO])
async def test_t66_nobody_shared_is_admin_of_the_service(start_bot: StartBot, talk: Talk, sender: Json) -> None:
    await talk.bot.stop()
    careless = frozenset({ADA, 1087968824, 777000, 136817688, GROUP_ID, CHANNEL["id"]})
    talk.bot = await start_bot(admin_ids=careless)
    await talk.tell("message", written(talk, GROUP_ID, "/addsource wire.example", **sender))
    assert talk.heard(GROUP_ID)[-1]["text"] == texts.ADMINS_ONLY


async def test_t66_telegrams_own_account_is_no_admin_even_where_it_owns_the_group(talk: Talk) -> None:
    talk.sandbox.add_user(777000, "Telegram")
    talk.sandbox.world.chats[GROUP_ID].owner_id = 777000
    await talk.tell("message", written(talk, GROUP_ID, "/subscribe instant", **{"from": TELEGRAM}))
    assert talk.heard(GROUP_ID)[-1]["text"] == texts.GROUP_ADMINS_ONLY


async def test_t66_a_channel_changes_no_sources(talk: Talk) -> None:
    assert (await talk.say(ADA, "/addsource wire.example", chat=CHANNEL_ID))["text"] == texts.ADMINS_ONLY


FORWARDED = {"forward_origin": {"type": "hidden_user", "date": 1_795_334_400, "sender_user_name": "Ada"}}


@pytest.mark.parametrize("user", [ADA, OMAR])
async def test_t67_a_forwarded_command_is_none(talk: Talk, user: int) -> None:
    sender = {"id": user, "is_bot": False, "first_name": "x"}
    await talk.tell("message", written(talk, user, "/subscribe instant", **{"from": sender}, **FORWARDED))
    await talk.tell("message", written(talk, user, "/nosuch", **{"from": sender}, **FORWARDED))
    assert talk.heard(user) == []
    assert await talk.listed(user) == []


@pytest.mark.parametrize("kind", ["edited_message", "edited_channel_post"])
async def test_t67_an_edited_command_is_none(talk: Talk, kind: str) -> None:
    chat = OMAR if kind == "edited_message" else CHANNEL_ID
    content = written(talk, chat, "/subscribe instant", edit_date=1_795_334_401, **{"from": OMAR_JSON})
    await talk.bot.feed({"update_id": 777_001, kind: content})
    await talk.rest()
    assert talk.heard(chat) == []
    assert await talk.listed(chat) == []


async def test_commands_to_other_bots_and_talk_in_groups_are_ignored(talk: Talk) -> None:
    for text in ("/latest@other_bot", "/nosuch", "/nosuch@other_bot", "hello all", "see /latest"):
        talk.sandbox.message(OMAR, GROUP_ID, text)
    talk.sandbox.message(OMAR, OMAR, "/nosuch@other_bot")
    await talk.settle()
    assert talk.heard(GROUP_ID) == talk.heard(OMAR) == []
    hint = await talk.say(OMAR, "/nosuch@Nutgraf_Sandbox_Bot", chat=GROUP_ID)
    assert hint["text"].startswith("There is no command “/")
    assert (await talk.say(OMAR, "/latest@nutgraf_sandbox_bot", chat=GROUP_ID))["text"] == texts.NOTHING_YET


# ---- buttons ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["", "x", "end:01", "sub", "topic:1", "at:1:9999", "zone:", "💥", "keep:1", "x" * 64])
async def test_t65_forged_data_is_answered_and_does_nothing(talk: Talk, data: str) -> None:
    message = await talk.say(OMAR, "/subscribe instant")
    assert await talk.press_data(OMAR, message, data or " ") == texts.STALE
    assert await talk.listed(OMAR) == ["everything instant"]
    assert len(talk.heard(OMAR)) == 1


@pytest.mark.parametrize("action", ["end", "revive", "preview", "hours", "sub", "at"])
async def test_t65_another_chats_subscription_cannot_be_touched(talk: Talk, action: str) -> None:
    theirs = await talk.say(ADA, "/subscribe syria")
    subscription_id = theirs["reply_markup"]["inline_keyboard"][-1][0]["callback_data"].partition(":")[2]
    mine = await talk.say(OMAR, "/subscribe ferry instant")
    data = f"{action}:{subscription_id}" + (":480" if action == "at" else "")
    assert await talk.press_data(OMAR, mine, data) == texts.STALE
    assert await talk.listed(ADA) == ["syria daily"]
    assert await talk.listed(OMAR) == ["ferry instant"]


@pytest.mark.parametrize(
    "data", ["latest:999:0:5", "topic:999:7:0:5", "follow:999", "end:999", "remove:999", "restore:999"]
)
async def test_t65_a_stale_button_says_so(talk: Talk, data: str) -> None:
    message = await talk.say(ADA, "/start")
    assert await talk.press_data(ADA, message, data) == texts.STALE


async def test_t65_only_admins_press_what_changes_a_group(talk: Talk) -> None:
    message = await talk.say(ADA, "/subscribe instant", chat=GROUP_ID)
    start = await talk.say(ADA, "/start", chat=GROUP_ID)
    assert await talk.press(OMAR, message, "Undo") == texts.GROUP_ADMINS_ONLY
    assert await talk.press(OMAR, start, "Every morning at 08:00") == texts.GROUP_ADMINS_ONLY
    assert await talk.press(OMAR, start, "Latest") == ""
    assert await talk.listed(GROUP_ID) == ["everything instant"]
    assert await talk.press(ADA, message, "Undo") == ""
    assert await talk.listed(GROUP_ID) == []


async def test_t65_only_service_admins_press_what_changes_sources(talk: Talk, site: Site) -> None:
    site.tell("bridge", "Council votes")
    await talk.add_source(f"{site.url}/feed.xml")
    mine = await talk.say(OMAR, "/start")
    for data in ("remove:1", "restore:1", "keep"):
        assert await talk.press_data(OMAR, mine, data) == texts.ADMINS_ONLY
    assert "Coast Daily" in (await talk.say(OMAR, "/sources"))["text"]


async def test_t68_rights_that_were_lost_are_lost_at_the_press(talk: Talk) -> None:
    message = await talk.say(ADA, "/subscribe instant", chat=GROUP_ID)
    talk.sandbox.world.chats[GROUP_ID].owner_id = OMAR
    assert await talk.press(ADA, message, "Undo") == texts.GROUP_ADMINS_ONLY
    assert await talk.listed(GROUP_ID) == ["everything instant"]
    assert await talk.press(OMAR, message, "Undo") == ""
    assert await talk.listed(GROUP_ID) == []


async def test_members_press_nothing_in_a_channel(talk: Talk) -> None:
    message = await talk.say(ADA, "/subscribe instant", chat=CHANNEL_ID)
    assert await talk.press(OMAR, message, "Undo") == texts.GROUP_ADMINS_ONLY
    assert await talk.press(ADA, message, "Undo") == ""


@pytest.mark.parametrize(
    ("code", "said", "answer"),
    [
        (404, "Not Found", texts.GROUP_ADMINS_ONLY),
        (400, "Bad Request: user not found", texts.GROUP_ADMINS_ONLY),
        (500, "Internal Server Error", texts.RIGHTS_UNKNOWN),
    ],
)
async def test_without_an_answer_on_rights_nothing_is_changed(talk: Talk, code: int, said: str, answer: str) -> None:
    talk.sandbox.fail_next("getChatMember", code, said)
    assert (await talk.say(ADA, "/subscribe", chat=GROUP_ID))["text"] == answer
    assert await talk.listed(GROUP_ID) == []


async def test_t76_two_groups_never_leak_into_each_other(talk: Talk) -> None:
    members = {user.id: user for user in (BOT, ADA_USER, OMAR_USER)}
    talk.sandbox.world.chats[OTHER_GROUP_ID] = Chat(OTHER_GROUP_ID, SUPERGROUP, "Others", count(1), members, OMAR)
    await talk.say(ADA, "/timezone Tokyo", chat=GROUP_ID)
    mine = await talk.say(ADA, "/subscribe secret project", chat=GROUP_ID)
    theirs = await talk.say(OMAR, "/subscriptions", chat=OTHER_GROUP_ID)
    assert theirs["text"] == texts.NO_SUBSCRIPTIONS
    assert "UTC" in (await talk.say(OMAR, "/timezone", chat=OTHER_GROUP_ID))["text"]
    assert (await talk.say(OMAR, "/unsubscribe", chat=OTHER_GROUP_ID))["text"] == texts.NOTHING_TO_END
    data = mine["reply_markup"]["inline_keyboard"][-1][0]["callback_data"]
    assert await talk.press_data(OMAR, theirs, data) == texts.STALE
    assert await talk.listed(GROUP_ID) == ["secret project daily"]
