"""Every command and every button, from a user's message over the wire to the services and back."""

from typing import Any

import pytest

from bot.sandbox.world import CHANNEL_ID, GROUP_ID
from bot.tg.locales import en as texts
from tests.services.conftest import Site
from tests.tg.conftest import ADA, BRIDGE, OMAR, Talk, buttons

SYRIA = "Syria opens the road to Aleppo"
FERRY = "Ferry begins its winter timetable"


# ---- /start and /help -----------------------------------------------------------------------------


async def test_start_offers_three_ways_to_begin(talk: Talk) -> None:
    answer = await talk.say(OMAR, "/start")
    assert answer["text"].startswith("Nutgraf brings you the news")
    assert list(buttons(answer)) == ["Subscribe (instant)", "Every morning at 08:00", "Latest"]


async def test_the_first_button_subscribes_and_undo_takes_it_back(talk: Talk) -> None:
    start = await talk.say(OMAR, "/start")
    assert await talk.press(OMAR, start, "Subscribe (instant)") == ""
    confirmed = talk.heard(OMAR)[-1]
    assert confirmed["text"] == "You get everything, as it happens."
    assert await talk.listed(OMAR) == ["everything instant"]
    await talk.press(OMAR, confirmed, "Undo")
    ended = talk.now_standing(confirmed)
    assert ended["text"] == "Ended. This chat no longer gets everything."
    assert await talk.listed(OMAR) == []
    await talk.press(OMAR, ended, "Undo")
    assert await talk.listed(OMAR) == ["everything instant"]
    assert buttons(talk.now_standing(start)) == buttons(start)


async def test_the_second_button_subscribes_daily(talk: Talk) -> None:
    await talk.press(OMAR, await talk.say(OMAR, "/start"), "Every morning at 08:00")
    assert talk.heard(OMAR)[-1]["text"] == (
        "You get everything, every day at 08:00 (UTC). Next: tomorrow 08:00.\n" + texts.SET_ZONE
    )


async def test_the_third_button_shows_the_latest(talk: Talk) -> None:
    await talk.add_stories(BRIDGE)
    await talk.press(OMAR, await talk.say(OMAR, "/start"), "Latest")
    assert BRIDGE in talk.heard(OMAR)[-1]["text"]


@pytest.mark.parametrize("payload", ["x" * 64, "<b>&", "' OR 1=1 --", "%00" * 20, "a b c"])
async def test_t69_a_start_payload_means_nothing(talk: Talk, payload: str) -> None:
    answer = await talk.say(OMAR, f"/start {payload}")
    assert payload not in answer["text"]
    assert len(buttons(answer)) == 3
    assert await talk.listed(OMAR) == []


@pytest.mark.parametrize(
    ("user", "chat", "has", "has_not"),
    [
        (ADA, ADA, ["/latest", "/subscribe", "/addsource"], ["admins of this chat"]),
        (OMAR, OMAR, ["/latest", "/subscribe"], ["/addsource", "admins of this chat"]),
        (OMAR, GROUP_ID, ["/latest", "/subscriptions", "admins of this chat"], ["/subscribe,", "/addsource"]),
        (ADA, GROUP_ID, ["/latest", "/subscribe", "/addsource"], ["admins of this chat"]),
    ],
)
async def test_help_lists_what_this_user_may_do_here(
    talk: Talk, user: int, chat: int, has: list[str], has_not: list[str]
) -> None:
    text = (await talk.say(user, "/help", chat=chat))["text"]
    assert [word for word in has if word not in text] == []
    assert [word for word in has_not if word in text] == []


# ---- /latest and /topic ---------------------------------------------------------------------------


async def test_latest_pages_in_place_and_back(talk: Talk) -> None:
    await talk.add_stories(*[f"Story number {n}" for n in range(12)])
    answer = await talk.say(OMAR, "/latest")
    assert [f"Story number {n}" in answer["text"] for n in range(6)] == [True] * 5 + [False]
    await talk.press(OMAR, answer, "More")
    second = talk.now_standing(answer)
    assert "\n6  Story number 5" in f"\n{second['text']}"
    await talk.press(OMAR, second, "More")
    third = talk.now_standing(answer)
    assert list(buttons(third)) == ["‹ Back"]
    assert "12  Story number 11" in third["text"]
    await talk.press(OMAR, third, "‹ Back")
    assert talk.now_standing(answer)["text"] == second["text"]
    assert len(talk.heard(OMAR)) == 1


async def test_a_page_of_several_messages_takes_the_place_of_none(talk: Talk) -> None:
    await talk.add_stories(*[f"Story {n} {'of a very long title ' * 12}" for n in range(20)])
    first = await talk.say_all(OMAR, "/latest 10")
    assert [bool(buttons(message)) for message in first] == [False, True]
    await talk.press(OMAR, first[-1], "More")
    assert talk.heard(OMAR)[:2] == first
    assert "\n20  Story 19" in talk.heard(OMAR)[3]["text"]


async def test_latest_shows_headline_link_bullets_outlet_and_age(talk: Talk) -> None:
    await talk.add_stories(BRIDGE)
    answer = await talk.say(OMAR, "/latest")
    (link,) = [entity for entity in answer["entities"] if entity["type"] == "text_link"]
    assert link["url"].startswith("https://wire.example/")
    assert "• Council votes" in answer["text"]
    assert answer["text"].endswith("Wire · 1 h ago")
    assert answer["link_preview_options"]["url"] == link["url"]


@pytest.mark.parametrize(("command", "stories"), [("/latest 2", 2), ("/latest 99", 10), ("/latest 1 ferry", 1)])
async def test_latest_takes_a_number_and_a_topic(talk: Talk, command: str, stories: int) -> None:
    await talk.add_stories(*[f"{FERRY} {n}" for n in range(12)])
    shown = "\n".join(message["text"] for message in await talk.say_all(OMAR, command))
    assert shown.count("Wire · ") == stories


async def test_latest_of_a_source_pages_by_its_name(talk: Talk) -> None:
    await talk.add_stories(*[f"Wire story {n}" for n in range(3)])
    await talk.add_stories("Coast story", source="coast")
    answer = await talk.say(OMAR, "/latest 2 wire")
    assert "Coast story" not in answer["text"]
    await talk.press(OMAR, answer, "More")
    assert "3  Wire story 2" in talk.now_standing(answer)["text"]


async def test_latest_without_stories(talk: Talk) -> None:
    assert (await talk.say(OMAR, "/latest"))["text"] == texts.NOTHING_YET


async def test_topic_can_be_followed_and_widened(talk: Talk) -> None:
    await talk.add_stories(SYRIA, FERRY)
    answer = await talk.say(OMAR, "/topic syria 3d")
    assert answer["text"].startswith("syria · 1 story in 3 days")
    assert FERRY not in answer["text"]
    assert list(buttons(answer)) == ["🔔 Follow this topic", "7 days"]
    await talk.press(OMAR, answer, "7 days")
    assert "1 story in 7 days" in talk.now_standing(answer)["text"]
    await talk.press(OMAR, talk.now_standing(answer), "🔔 Follow this topic")
    assert talk.heard(OMAR)[-1]["text"].startswith("You get “syria”, every day at 08:00 (UTC). Next: tomorrow 08:00.")
    assert await talk.listed(OMAR) == ["syria daily"]


async def test_topic_pages(talk: Talk) -> None:
    await talk.add_stories(*[f"Syria story {n}" for n in range(7)])
    answer = await talk.say(OMAR, "/topic syria")
    await talk.press(OMAR, answer, "More")
    assert "7  Syria story" in talk.now_standing(answer)["text"]


async def test_a_topic_without_stories_can_be_followed(talk: Talk) -> None:
    answer = await talk.say(OMAR, "/topic syrai")
    assert answer["text"] == "Nothing on “syrai” in 7 days."
    await talk.press(OMAR, answer, "Follow “syrai” anyway")
    assert await talk.listed(OMAR) == ["syrai daily"]


async def test_plain_text_is_offered_as_a_topic(talk: Talk) -> None:
    await talk.add_stories(SYRIA)
    answer = await talk.say(OMAR, "syria: road")
    assert answer["text"] == texts.PLAIN_TEXT
    await talk.press(OMAR, answer, "Look for “syria: road”")
    assert SYRIA in talk.now_standing(answer)["text"]


# ---- /subscribe and the rest -----------------------------------------------------------------------


async def test_subscribe_says_what_when_and_next(talk: Talk) -> None:
    await talk.say(OMAR, "/timezone berlin")
    answer = await talk.say(OMAR, "/subscribe")
    assert answer["text"] == "You get everything, every day at 08:00 (Berlin). Next: tomorrow 08:00."
    assert list(buttons(answer)) == ["Preview now", "Change time", "Undo"]


async def test_the_time_can_be_changed_and_changed_back(talk: Talk) -> None:
    answer = await talk.say(OMAR, "/subscribe syria 07:30 weekdays")
    await talk.press(OMAR, answer, "Change time")
    assert {"06:00", "08:00", "21:00", "‹ Back"} <= set(buttons(talk.now_standing(answer)))
    await talk.press(OMAR, talk.now_standing(answer), "‹ Back")
    assert talk.now_standing(answer)["text"] == answer["text"]
    await talk.press(OMAR, talk.now_standing(answer), "Change time")
    await talk.press(OMAR, talk.now_standing(answer), "21:00")
    changed = talk.now_standing(answer)
    assert changed["text"].startswith("You get “syria”, on weekdays at 21:00 (UTC).")
    await talk.press(OMAR, changed, "Undo")
    assert talk.now_standing(answer)["text"].startswith("You get “syria”, on weekdays at 07:30 (UTC).")
    assert await talk.listed(OMAR) == ["syria daily"]


async def test_a_preview_is_the_briefing_as_of_now(talk: Talk) -> None:
    answer = await talk.say(OMAR, "/subscribe")
    assert await talk.press(OMAR, answer, "Preview now") == texts.NOTHING_NEW
    await talk.add_stories(BRIDGE)
    assert await talk.press(OMAR, answer, "Preview now") == ""
    assert talk.heard(OMAR)[-1]["text"].startswith(
        "Morning briefing · Sunday 22 November\n1 story · 1 min\n\n1  Council"
    )
    assert talk.now_standing(answer)["text"] == answer["text"]


async def test_unsubscribe_by_words_and_by_button(talk: Talk) -> None:
    for wish in ("", " syria instant", " ferry hourly"):
        await talk.say(OMAR, f"/subscribe{wish}")
    assert (await talk.say(OMAR, "/unsubscribe Syria"))["text"] == "Ended. This chat no longer gets “syria”."
    which = await talk.say(OMAR, "/unsubscribe")
    assert list(buttons(which)) == ["everything, every day at 08:00", "ferry, every hour"]
    await talk.press(OMAR, which, "ferry, every hour")
    assert await talk.listed(OMAR) == ["everything daily"]
    await talk.press(OMAR, talk.now_standing(which), "Undo")
    assert await talk.listed(OMAR) == ["everything daily", "ferry hourly"]
    assert (await talk.say(OMAR, "/unsubscribe everything"))["text"].endswith("gets everything.")
    assert "does not follow “boats”" in (await talk.say(OMAR, "/unsubscribe boats"))["text"]


async def test_unsubscribe_with_nothing_to_end(talk: Talk) -> None:
    assert (await talk.say(OMAR, "/unsubscribe"))["text"] == texts.NOTHING_TO_END


async def test_subscriptions_are_shown_in_the_chats_zone(talk: Talk) -> None:
    assert (await talk.say(OMAR, "/subscriptions"))["text"] == texts.NO_SUBSCRIPTIONS
    await talk.say(OMAR, "/timezone America/New_York")
    await talk.say(OMAR, "/subscribe")
    text = (await talk.say(OMAR, "/subscriptions"))["text"]
    assert text == "This chat gets · times in New York\n• everything, every day at 08:00 · next today 08:00"


async def test_the_zone_is_shown_and_set_by_button(talk: Talk) -> None:
    answer = await talk.say(OMAR, "/timezone")
    assert answer["text"].startswith("The time zone of this chat is UTC, where it is 08:00.")
    await talk.press(OMAR, answer, "Tokyo")
    assert "Tokyo (Asia/Tokyo), where it is 17:00" in talk.now_standing(answer)["text"]


async def test_forum_threads_are_answered_and_subscribed_on_their_own(talk: Talk) -> None:
    answer = await talk.say(ADA, "/subscribe syria instant", chat=GROUP_ID, thread=11)
    assert answer["message_thread_id"] == 11
    assert await talk.listed(GROUP_ID, 11) == ["syria instant"]
    assert await talk.listed(GROUP_ID) == await talk.listed(GROUP_ID, 12) == []
    await talk.press(ADA, answer, "Undo")
    assert await talk.listed(GROUP_ID, 11) == []


async def test_a_channel_subscribes_by_a_post(talk: Talk) -> None:
    answer = await talk.say(ADA, "/subscribe instant", chat=CHANNEL_ID)
    assert answer["text"] == "You get everything, as it happens."
    assert await talk.listed(CHANNEL_ID) == ["everything instant"]


# ---- sources ---------------------------------------------------------------------------------------


@pytest.fixture
def news(site: Site) -> Site:
    site.tell("bridge", BRIDGE)
    site.tell("ferry", FERRY)
    return site


async def test_a_source_is_looked_at_added_and_taken_back(talk: Talk, news: Site) -> None:
    proposal = await talk.say(ADA, f"/addsource {news.url}/feed.xml")
    lines = proposal["text"].split("\n")
    assert lines[:2] == ["Coast Daily · English · RSS, full text on the page", "2 articles now. Preview:"]
    assert lines[2].startswith(f"1 {FERRY} — Paragraph 0 about ferry begins its winter timetable")
    assert lines[3] == f"2 {BRIDGE} — {BRIDGE}, in short."
    assert list(buttons(proposal)) == ["Add", "Cancel"]
    assert (await talk.say(OMAR, "/sources"))["text"] == texts.NO_SOURCES
    assert await talk.press(ADA, proposal, "Add") == ""
    answer = talk.now_standing(proposal)
    assert answer["text"] == f"Coast Daily · English\n{texts.ADDED}"
    again = await talk.say(ADA, f"/addsource {news.url}/feed.xml")
    assert again["text"].startswith(texts.already_there(1))
    assert buttons(again) == {}
    await talk.press(ADA, answer, "Undo")
    removed = talk.now_standing(answer)
    assert removed["text"] == "Removed Coast Daily."
    assert (await talk.say(OMAR, "/sources"))["text"] == texts.NO_SOURCES
    await talk.press(ADA, removed, "Undo")
    assert "1  Coast Daily · English · no article yet" in (await talk.say(OMAR, "/sources"))["text"]


async def test_removing_asks_first(talk: Talk, news: Site) -> None:
    await talk.add_source(f"{news.url}/feed.xml")
    for wanted in ("1", f"{news.url}/feed.xml"):
        question = await talk.say(ADA, f"/removesource {wanted}")
        assert question["text"] == "Remove Coast Daily? Its stories are no longer shown; this can be undone."
        await talk.press(ADA, question, "Keep")
        assert talk.now_standing(question)["text"] == texts.KEPT
    question = await talk.say(ADA, "/removesource 1")
    await talk.press(ADA, question, "Remove")
    assert talk.now_standing(question)["text"] == "Removed Coast Daily."
    assert await talk.press_data(ADA, question, "remove:1") == texts.STALE


async def test_work_that_takes_longer_says_so_and_then_answers_in_its_place(talk: Talk, news: Site) -> None:
    talk.bot._router._patience_s = 0.0
    answers = await talk.say_all(ADA, f"/addsource {news.url}/feed.xml")
    assert [answer["text"].split("\n")[0] for answer in answers] == [
        "Coast Daily · English · RSS, full text on the page"
    ]
    assert talk.calls("sendMessage")[-1]["params"]["text"] == texts.WORKING
    assert talk.calls("sendChatAction", action="typing")
    assert "edit_date" in answers[0]


# ---- wrong input -----------------------------------------------------------------------------------

WRONG: list[tuple[str, str]] = [
    ("/nosuch", "There is no command “/nosuch”. /help lists what I can do."),
    ("/topics syria", "There is no command “/topics”. Did you mean /topic? /help lists what I can do."),
    ("/latest 0", texts.LATEST_COUNT),
    ("/latest -3 syria", texts.LATEST_COUNT),
    ("/latest " + "x" * 200, "A topic may have 100 characters; this one has 200. Try fewer words."),
    ("/topic", texts.WHICH_TOPIC),
    ("/topic 3d", texts.WHICH_TOPIC),
    ("/topic !!!", texts.WHICH_TOPIC),
    ("/topic syria 0d", texts.TOPIC_DAYS),
    ("/topic syria 999999d", texts.TOPIC_DAYS),
    ("/subscribe 25:00", "25:00 is no time of day. Write it like 07:30."),
    ("/subscribe instant 07:30", "Times and days go with daily briefings; instant ones come whenever there is news."),
    ("/subscribe " + "x" * 101, "A topic may have 100 characters; this one has 101. Try fewer words."),
    ("/timezone Atlantis", "I know no time zone “Atlantis”. Try a city, such as Berlin or America/New_York."),
    ("/addsource a b", texts.WHICH_SOURCE),
    ("/removesource", texts.WHICH_TO_REMOVE),
    ("/removesource 77", "There is no source “77”. /sources lists them with their numbers."),
]


@pytest.mark.parametrize(("command", "answer"), WRONG)
async def test_wrong_input_gets_one_friendly_sentence(talk: Talk, command: str, answer: str) -> None:
    said = await talk.say(ADA, command)
    assert said["text"].replace("\u2060", "") == answer


async def test_t71_four_thousand_characters_of_topic(talk: Talk) -> None:
    said = await talk.say(OMAR, "/topic " + "syria " * 680)
    assert said["text"].startswith("A topic may have 100 characters; this one has 4079.")


@pytest.mark.parametrize(
    "words", ["' OR 1=1 --", '"', "AND", "-x", "*", "(" * 90, "%", "_", "<b>", "syria AND (", "NEAR/3"]
)
@pytest.mark.parametrize("command", ["/topic", "/latest", "/subscribe", "/unsubscribe"])
async def test_t72_t73_t74_syntax_is_only_text(
    talk: Talk, command: str, words: str, logs: list[dict[str, Any]]
) -> None:
    await talk.add_stories(BRIDGE)
    said = await talk.say(OMAR, f"{command} {words}")
    assert said["text"] != texts.WENT_WRONG
    assert BRIDGE not in said["text"]
    assert [line for line in logs if line["log_level"] == "error"] == []


async def test_an_address_that_is_forbidden_or_no_feed_is_refused_in_one_sentence(talk: Talk, site: Site) -> None:
    site.pages["/page"] = (200, "text/html", b"<html><body>no feed here</body></html>")
    no_feed = (await talk.say(ADA, f"/addsource {site.url}/page"))["text"]
    assert no_feed == "That page has no feed. Send the address of its RSS or Atom feed, or of another page."
    for address in ("http://10.0.0.1/feed", "file:///etc/passwd"):
        refusal = (await talk.say(ADA, f"/addsource {address}"))["text"]
        assert "\n" not in refusal
        assert "Traceback" not in refusal
        assert "10.0.0.1" not in refusal
