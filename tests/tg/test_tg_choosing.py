"""Choosing among feeds and from starter lists, in a chat."""

import pytest

from bot.feeds import starters as starting
from bot.feeds.starters import Starter, StarterList
from bot.services.offers import EXPIRED
from bot.tg.keyboards import parse
from bot.tg.locales import en as common
from bot.tg.locales import en_lists as texts
from tests.services.conftest import Site
from tests.services.test_services_offers import another, page
from tests.tg.conftest import ADA, OMAR, StartBot, Talk, buttons


@pytest.fixture
def news(site: Site) -> Site:
    site.tell("bridge", "Council votes to rebuild the harbour bridge")
    another(site, "/sport.xml", "regatta", "rowing")
    page(site, "/feed.xml", "/sport.xml")
    return site


async def test_several_feeds_are_chosen_by_button_even_after_a_restart(
    talk: Talk, news: Site, start_bot: StartBot
) -> None:
    question = await talk.say(ADA, f"/addsource {news.url}")
    assert question["text"].startswith(texts.WHICH_FEED)
    assert list(buttons(question)) == ["1 feed", "2 sport", "Cancel"]
    assert (await talk.say(OMAR, "/sources"))["text"] == common.NO_SOURCES
    await talk.bot.stop()
    talk.bot = await start_bot()
    await talk.press(ADA, question, "2 sport")
    added = talk.now_standing(question)
    assert added["text"].startswith("Coast Daily · RSS")
    assert common.ADDED in added["text"]
    assert list(buttons(added)) == ["Undo"]


async def test_the_other_feeds_of_a_page_are_a_button(talk: Talk, news: Site) -> None:
    page(news, "/feed.xml", "/empty.xml")
    another(news, "/empty.xml")
    added = await talk.say(ADA, f"/addsource {news.url}")
    assert list(buttons(added)) == ["Undo", "Other feeds here (1)"]
    await talk.press(ADA, added, "Other feeds here (1)")
    others = talk.heard(ADA)[-1]
    assert texts.IS_THERE in others["text"]
    assert list(buttons(others)) == ["2 empty", "Cancel"]
    await talk.press(ADA, others, "Cancel")
    assert talk.now_standing(others)["text"] == texts.CANCELLED


async def test_an_expired_choice_says_so(talk: Talk, news: Site) -> None:
    question = await talk.say(ADA, f"/addsource {news.url}")
    talk.clock.advance(seconds=24 * 3600)
    assert await talk.press(ADA, question, "1 feed") == EXPIRED


async def test_t65_choices_and_lists_are_the_service_admins(talk: Talk, news: Site) -> None:
    question = await talk.say(ADA, f"/addsource {news.url}")
    mine = await talk.say(OMAR, "/start")
    starter = starting.starters()[0].id
    forged = [*buttons(question).values(), "lists", "starters:0:0", f"starter:0:0:{starter}", "export"]
    for data in forged:
        assert await talk.press_data(OMAR, mine, data) == common.ADMINS_ONLY
    assert (await talk.say(OMAR, "/sources"))["text"] == common.NO_SOURCES


async def test_t65_forged_choices_do_nothing(talk: Talk, news: Site) -> None:
    question = await talk.say(ADA, f"/addsource {news.url}")
    offer = buttons(question)["1 feed"].split(":")[1]
    assert await talk.press_data(ADA, question, f"pick:{offer}:9") == texts.UNKNOWN_NUMBER
    assert await talk.press_data(ADA, question, "pick:1:0") == EXPIRED
    assert await talk.press_data(ADA, question, "starters:9999:0") == common.STALE
    assert await talk.press_data(ADA, question, "starter:0:0:1") != ""
    assert parse("pick:1:10") is None
    assert parse("starter:0:0:4294967296") is None


async def test_t53_names_of_feeds_are_only_text(talk: Talk, news: Site) -> None:
    title = "&lt;b&gt;@evil &lt;a href='tg://user?id=1'&gt;"
    feed = f"<rss version='2.0'><channel><title>{title}</title><item><title>x</title></item></channel></rss>"
    news.pages["/sport.xml"] = (200, "application/rss+xml", feed.encode())
    question = await talk.say(ADA, f"/addsource {news.url}")
    kinds = {entity["type"] for entity in question.get("entities", [])}
    assert kinds <= {"bold", "italic"}


async def test_a_starter_is_added_by_a_tap_and_removed_by_another(
    talk: Talk, news: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = Starter(7, "Coast Daily", f"{news.url}/feed.xml", "en", "world")
    dead = Starter(8, "Gone Post", f"{news.url}/gone.xml", "en", "world")
    given = (StarterList("world", None, (live, dead)),)
    for name in ("bot.tg.commands.sources.starter_lists", "bot.feeds.starters.starter_lists"):
        monkeypatch.setattr(name, lambda: given)
    monkeypatch.setattr("bot.services.starting.starters", lambda: (live, dead))
    answer = await talk.say(ADA, "/addsource")
    assert answer["text"] == texts.WHICH_LIST
    await talk.press(ADA, answer, "World (2)")
    listed = talk.now_standing(answer)
    assert list(buttons(listed)) == ["Coast Daily · English", "Gone Post · English", "‹ Lists"]
    assert await talk.press(ADA, listed, "Coast Daily · English") == "Added: Coast Daily"
    assert "1  Coast Daily" in (await talk.say(OMAR, "/sources"))["text"]
    assert "404" in await talk.press(ADA, listed, "Gone Post · English")
    assert await talk.press(ADA, talk.now_standing(answer), "✓ Coast Daily · English") == "Removed: Coast Daily"
    assert (await talk.say(OMAR, "/sources"))["text"] == common.NO_SOURCES
    await talk.press(ADA, talk.now_standing(answer), "‹ Lists")
    assert talk.now_standing(answer)["text"] == texts.WHICH_LIST
