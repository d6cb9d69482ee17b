"""Choosing among feeds and from starter lists, in a chat."""

import pytest

from bot.feeds import starters as starting
from bot.feeds.starters import Starter, StarterList
from bot.services.adding import UNKNOWN_NUMBER
from bot.services.offers import EXPIRED
from bot.tg.keyboards import parse
from bot.tg.locales import en as common
from bot.tg.locales import en_lists as texts
from tests.services.conftest import Site
from tests.services.test_services_adding import another, page
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
    await talk.bot.stop()
    talk.bot = await start_bot()
    await talk.press(ADA, question, "2 sport")
    looked_at = talk.now_standing(question)
    assert looked_at["text"].startswith("Coast Daily · RSS")
    assert list(buttons(looked_at)) == ["Add", "Cancel", "Other feeds here (1)"]
    await talk.press(ADA, looked_at, "Other feeds here (1)")
    assert talk.now_standing(question)["text"] == question["text"]
    await talk.press(ADA, talk.now_standing(question), "1 feed")
    looked_at = talk.now_standing(question)
    assert looked_at["text"].startswith("Coast Daily · English · RSS, full text on the page")
    assert (await talk.say(OMAR, "/sources"))["text"] == common.NO_SOURCES
    await talk.bot.stop()
    talk.bot = await start_bot()
    await talk.press(ADA, looked_at, "Add")
    added = talk.now_standing(question)
    assert added["text"] == f"Coast Daily · English\n{common.ADDED}"
    assert list(buttons(added)) == ["Undo", "Other feeds here (1)"]
    assert len(talk.heard(ADA)) == 1


async def test_the_other_feeds_of_a_page_are_a_button(talk: Talk, news: Site) -> None:
    page(news, "/feed.xml", "/empty.xml")
    another(news, "/empty.xml")
    added = await talk.add_source(news.url)
    await talk.press(ADA, added, "Other feeds here (1)")
    assert talk.now_standing(added) == added
    others = talk.heard(ADA)[-1]
    assert texts.IS_THERE in others["text"]
    assert list(buttons(others)) == ["2 empty", "Cancel"]
    await talk.press(ADA, others, "Cancel")
    assert talk.now_standing(others)["text"] == texts.CANCELLED
    assert "Coast Daily" in (await talk.say(OMAR, "/sources"))["text"]


async def test_a_cancelled_feed_cannot_be_added(talk: Talk, news: Site) -> None:
    proposal = await talk.say(ADA, f"/addsource {news.url}/feed.xml")
    await talk.press(ADA, proposal, "Cancel")
    assert talk.now_standing(proposal)["text"] == texts.CANCELLED
    assert await talk.press(ADA, proposal, "Add") == EXPIRED
    assert (await talk.say(OMAR, "/sources"))["text"] == common.NO_SOURCES


async def test_t63_a_feed_is_added_once_however_often_it_is_pressed(talk: Talk, news: Site) -> None:
    proposal = await talk.say(ADA, f"/addsource {news.url}/feed.xml")
    for _ in range(2):  # before the first press was seen to
        talk.sandbox.press(ADA, ADA, proposal["message_id"], buttons(proposal)["Add"])
    await talk.settle()
    added = talk.now_standing(proposal)
    assert common.ADDED in added["text"]
    assert list(buttons(added)) == ["Undo"]
    notices = [call["params"].get("text") for call in talk.calls("answerCallbackQuery")]
    assert notices == [None, common.already_there(1)]
    assert (await talk.say(OMAR, "/sources"))["text"].startswith("Sources · 1")


async def test_an_expired_choice_says_so(talk: Talk, news: Site) -> None:
    question = await talk.say(ADA, f"/addsource {news.url}")
    talk.clock.advance(seconds=24 * 3600)
    assert await talk.press(ADA, question, "1 feed") == EXPIRED


async def test_t65_choices_and_lists_are_the_service_admins(talk: Talk, news: Site) -> None:
    question = await talk.say(ADA, f"/addsource {news.url}")
    mine = await talk.say(OMAR, "/start")
    starter = starting.starters()[0].id
    offer = buttons(question)["1 feed"].split(":")[1]
    forged = [
        *buttons(question).values(),
        f"add:{offer}:0",
        f"feeds:{offer}",
        f"others:{offer}",
        "lists",
        "starters:0:0",
        f"starter:0:0:{starter}",
        "export",
    ]
    for data in forged:
        assert await talk.press_data(OMAR, mine, data) == common.ADMINS_ONLY
    assert (await talk.say(OMAR, "/sources"))["text"] == common.NO_SOURCES


async def test_t65_forged_choices_do_nothing(talk: Talk, news: Site) -> None:
    question = await talk.say(ADA, f"/addsource {news.url}")
    offer = buttons(question)["1 feed"].split(":")[1]
    for action in ("pick", "add"):
        assert await talk.press_data(ADA, question, f"{action}:{offer}:9") == UNKNOWN_NUMBER
        assert await talk.press_data(ADA, question, f"{action}:1:0") == EXPIRED
    assert await talk.press_data(ADA, question, "feeds:1") == EXPIRED
    assert (await talk.say(OMAR, "/sources"))["text"] == common.NO_SOURCES
    assert await talk.press_data(ADA, question, "starters:9999:0") == common.STALE
    assert await talk.press_data(ADA, question, "starter:0:0:1") != ""
    assert parse("pick:1:10") is None
    assert parse("starter:0:0:4294967296") is None


async def test_t68_a_right_that_was_lost_adds_nothing(talk: Talk, news: Site, start_bot: StartBot) -> None:
    proposal = await talk.say(ADA, f"/addsource {news.url}/feed.xml")
    await talk.bot.stop()
    talk.bot = await start_bot(admin_ids=frozenset({OMAR}))
    for label in ("Add", "Cancel"):
        assert await talk.press(ADA, proposal, label) == common.ADMINS_ONLY
    assert talk.now_standing(proposal)["text"] == proposal["text"]
    assert (await talk.say(OMAR, "/sources"))["text"] == common.NO_SOURCES


async def test_looking_at_a_feed_that_takes_long_says_so(talk: Talk, news: Site) -> None:
    question = await talk.say(ADA, f"/addsource {news.url}")
    talk.bot._router._patience_s = 0.0
    assert await talk.press(ADA, question, "1 feed") == common.WORKING
    assert talk.now_standing(question)["text"].startswith("Coast Daily · English · RSS")
    news.pages["/sport.xml"] = (404, "text/plain", b"gone")
    assert await talk.press(ADA, question, "2 sport") == common.WORKING
    assert talk.heard(ADA)[-1]["text"].startswith("That address could not be read.")


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
