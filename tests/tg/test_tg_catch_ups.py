"""After a time away: what /start offers, and the rest of a catch-up a button away."""

from datetime import timedelta

from bot.domain.models import ChatKind, ChatRef, Place
from bot.services.catch_ups import catch_up
from bot.services.picking import by_weight
from bot.services.subscriptions import Subscriptions
from bot.storage import outbox, stories
from bot.tg.render import briefing_messages
from tests.tg.conftest import ADA, OMAR, Talk, buttons

PLACE = Place(ChatRef(OMAR), ChatKind.PRIVATE, "Omar")
TITLES = tuple(f"Harbour story {letter}" for letter in "ABCDEFGH")


async def test_t95_start_offers_what_came_while_the_bot_was_blocked(talk: Talk) -> None:
    await talk.say(OMAR, "/subscribe instant")
    talk.sandbox.block(OMAR)
    await talk.settle()
    talk.clock.advance(seconds=3 * 3600)
    await talk.add_stories("Harbour bridge closed", "Library opens at night")
    talk.sandbox.unblock(OMAR)
    await talk.settle()
    welcome = await talk.say(OMAR, "/start")
    assert "Your subscriptions go on. 2 stories came while you were away." in welcome["text"]
    offer = "While you were away: 2 stories"
    assert await talk.press(OMAR, welcome, offer) == "On its way."
    assert await talk.press(OMAR, welcome, offer) == "That was shown before, or there is nothing new."
    async with talk.database.read() as tx:
        assert await outbox.counts(tx) == {"waiting": 1}
    assert "came while you were away" not in (await talk.say(OMAR, "/start"))["text"]


async def test_the_rest_of_a_catch_up_is_a_button_away(talk: Talk) -> None:
    await talk.say(OMAR, "/subscribe instant")
    await talk.add_stories(*TITLES)
    now = talk.clock.now()
    async with talk.database.write() as tx:
        (subscription,) = await Subscriptions(talk.database, talk.clock).listed(PLACE)
        found = by_weight(await stories.ready(tx, since=now - timedelta(days=2), limit=20))
        owed = catch_up(subscription.chat, found, now, now, lambda briefing: briefing_messages(briefing, now))
        await outbox.add(tx, [owed], now)
    data = owed.messages[-1].keyboard[0][0]
    assert data.text == "The other 3"
    shown = talk.heard(OMAR)[-1]
    assert await talk.press_data(OMAR, shown, data.data or "") == ""
    rest = talk.heard(OMAR)[-1]
    assert [title for title in TITLES if title in rest["text"]] == list(TITLES[5:])
    assert rest["text"].startswith("6  ")
    assert buttons(rest) == {}
    elsewhere = await talk.say(ADA, "/start")
    assert await talk.press_data(ADA, elsewhere, data.data or "") != ""  # T76
