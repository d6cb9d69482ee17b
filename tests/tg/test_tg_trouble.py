"""The buttons under what admins hear of a source in trouble."""

import pytest

from bot.services.moves import EXPIRED, SWITCHED
from bot.tg.keyboards import parse
from bot.tg.locales import en as texts
from tests.services.conftest import Site
from tests.services.test_services_adding import page
from tests.tg.conftest import ADA, OMAR, Json, StartBot, Talk, buttons


@pytest.fixture
def news(site: Site) -> Site:
    site.link = site.url
    site.tell("bridge", "Council votes to rebuild the harbour bridge")
    return site


async def gone(talk: Talk, news: Site) -> Json:
    """A source whose feed is at /new.xml now, and a message of the bot whose buttons are pressed in its stead."""
    await talk.add_source(f"{news.url}/feed.xml")
    news.pages["/feed.xml"] = (404, "text/plain", b"no")
    page(news, "/new.xml")
    news.pages["/new.xml"] = (200, "application/rss+xml", news.feed())
    return await talk.say(ADA, "/start")


async def address(talk: Talk) -> str:
    async with talk.database.read() as tx:
        return str((await tx.exec_driver_sql("SELECT url FROM sources")).scalar())


async def test_a_source_is_looked_for_switched_and_switched_back(talk: Talk, news: Site) -> None:
    message = await gone(talk, news)
    assert await talk.press_data(ADA, message, "rediscover:1") == ""
    found = talk.now_standing(message)
    assert found["text"].replace("\u2060", "") == "Coast Daily\nIt moved? Found: …/new.xml"
    assert list(buttons(found)) == ["Switch", "Retry", "Remove"]
    assert await address(talk) == f"{news.url}/feed.xml"
    for _ in range(2):  # before the first press was seen to
        talk.sandbox.press(ADA, ADA, message["message_id"], buttons(found)["Switch"])
    await talk.settle()
    switched = talk.now_standing(message)
    assert switched["text"].replace("\u2060", "").endswith("/new.xml from now on.")
    assert [call["params"].get("text") for call in talk.calls("answerCallbackQuery")][-2:] == [None, SWITCHED]
    for label, path in (("Undo", "feed"), ("Undo", "new")):  # what one tap did the next one undoes
        assert await talk.press(ADA, talk.now_standing(message), label) == ""
        assert await address(talk) == f"{news.url}/{path}.xml"


async def test_nothing_found_is_said_and_the_message_stays(talk: Talk, news: Site) -> None:
    message = await gone(talk, news)
    del news.pages["/"]
    assert await talk.press_data(ADA, message, "rediscover:1") == texts.nothing_elsewhere("Coast Daily")
    assert talk.now_standing(message) == message
    talk.bot._router._patience_s = 0.0
    assert await talk.press_data(ADA, message, "rediscover:1") == texts.WORKING
    assert talk.heard(ADA)[-1]["text"] == texts.nothing_elsewhere("Coast Daily")


async def test_t65_t68_mending_is_the_service_admins_at_the_press(talk: Talk, news: Site, start_bot: StartBot) -> None:
    message = await gone(talk, news)
    await talk.press_data(ADA, message, "rediscover:1")
    switch = buttons(talk.now_standing(message))["Switch"]
    theirs = await talk.say(OMAR, "/start")
    for data in (switch, switch.replace("switch", "unswitch"), "rediscover:1", "retry:1"):
        assert await talk.press_data(OMAR, theirs, data) == texts.ADMINS_ONLY
    await talk.bot.stop()
    talk.bot = await start_bot(admin_ids=frozenset({OMAR}))
    assert await talk.press_data(ADA, message, switch) == texts.ADMINS_ONLY
    assert await address(talk) == f"{news.url}/feed.xml"


async def test_t65_forged_and_stale_presses_switch_nothing(talk: Talk, news: Site) -> None:
    message = await gone(talk, news)
    other = await talk.say(ADA, f"/addsource {news.url}/new.xml")
    choice = buttons(other)["Add"].split(":")[1]  # an offer of another kind
    for data in ("switch:1", "unswitch:1", f"switch:{choice}"):
        assert await talk.press_data(ADA, message, data) == EXPIRED
    for data in ("rediscover:99", "retry:99"):
        assert await talk.press_data(ADA, message, data) == texts.STALE
    assert parse("switch:0") is parse("switch:x") is parse("rediscover:") is None
    await talk.press_data(ADA, message, "rediscover:1")
    found = talk.now_standing(message)
    for data in ("pick", "add"):
        assert "no longer there" in await talk.press_data(ADA, message, f"{data}:{buttons(found)['Switch'][7:]}:0")
    talk.clock.advance(seconds=7 * 86_400)
    assert await talk.press(ADA, found, "Switch") == EXPIRED
    assert await address(talk) == f"{news.url}/feed.xml"
