"""Messages as readers see them: golden files, and what hostile texts must not do to them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import Bullet, Cadence, ChatRef, FeedKind, Move, Schedule
from bot.feeds.choices import Choice
from bot.feeds.starters import starter_lists
from bot.services.adding import Known, Proposal
from bot.services.offers import Offer
from bot.services.previews import FullText, Preview, Sample
from bot.services.sources import Listed
from bot.tg import choosing, views
from bot.tg.locales import times
from bot.tg.markup import without_markup
from bot.tg.render import briefing_messages, latest_messages, reading_minutes, rest_messages, topic_messages
from bot.tg.split import u16
from tests.tg.examples import (
    BRIDGE,
    CHAT,
    FERRY,
    NOW,
    OLIVES,
    SOURCE,
    THREE,
    briefing,
    bullets,
    found,
    subscription,
)
from tests.tg.goldens import compare

ARABIC = replace(
    BRIDGE, title="المجلس يصوت على إعادة بناء الجسر", bullets=bullets("تكلفة العمل 48 مليون يورو."), outlets=1
)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("briefing_morning", briefing(*THREE)),
        ("briefing_topic", briefing(BRIDGE, OLIVES, words="harbour & olives")),
        ("briefing_hourly", briefing(FERRY, cadence=Cadence.HOURLY)),
        ("briefing_more", briefing(BRIDGE, FERRY, more=9)),
        ("briefing_topic_more", briefing(BRIDGE, words="harbour & olives", more=2)),
        ("briefing_instant", briefing(BRIDGE, cadence=Cadence.INSTANT)),
        ("briefing_instant_topic", briefing(FERRY, cadence=Cadence.INSTANT, words="ferry")),
        ("briefing_instant_several", briefing(BRIDGE, FERRY, cadence=Cadence.INSTANT)),
        ("briefing_arabic", briefing(ARABIC, FERRY)),
    ],
)
def test_briefings_are_golden(name: str, asked: object) -> None:
    compare(name, briefing_messages(asked, NOW))  # type: ignore[arg-type]


def test_catch_ups_are_golden() -> None:
    missed = replace(briefing(*THREE, more=9), due_at=NOW, away_since=NOW - timedelta(days=3))
    compare("catch_up", briefing_messages(missed, NOW))
    compare("catch_up_all", briefing_messages(replace(missed, more=0, away_since=NOW - timedelta(hours=2)), NOW))
    compare("catch_up_rest", rest_messages((BRIDGE, OLIVES), due_ms=1_763_798_400_000, offset=5, total=9, now=NOW))
    compare("catch_up_end", rest_messages((FERRY,), due_ms=1_763_798_400_000, offset=8, total=9, now=NOW))
    thread = replace(CHAT, ref=ChatRef(-1001234567890, 11), title="Harbour <neighbours>")
    compare("paused", views.paused(thread))


def test_lists_are_golden() -> None:
    compare("latest", latest_messages(found(*THREE, total=12), NOW, 3))
    compare("latest_second_page", latest_messages(found(BRIDGE, words="wire", offset=5, total=6), NOW, 5))
    compare("latest_nothing", latest_messages(found(), NOW, 5))
    compare("topic", topic_messages(found(*THREE, words="syria", total=6, days=3), NOW, 3))
    compare("topic_nothing", topic_messages(found(words="syrai", days=7), NOW, 5))
    meant = replace(found(words="syrai", days=7), suggestion="syria")
    compare("topic_suggestion", topic_messages(meant, NOW, 5))


def test_subscriptions_are_golden() -> None:
    daily, instant = subscription(), subscription("syria", Schedule(Cadence.INSTANT))
    weekdays = subscription("ferry", Schedule(Cadence.DAILY, (time(7, 30), time(19)), frozenset(range(5))))
    compare("subscribed", views.subscribed(daily, NOW))
    compare("subscribed_utc", views.subscribed(replace(daily, chat=replace(CHAT, zone="UTC")), NOW))
    compare("subscribed_instant", views.subscribed(instant, NOW))
    compare("subscribed_hours", views.which_hour(daily))
    compare("subscription_ended", views.ended(instant))
    compare("subscriptions", views.subscriptions(CHAT, (daily, instant, weekdays), NOW))
    compare("subscriptions_none", views.subscriptions(CHAT, (), NOW))
    compare("unsubscribe", views.which_ends((daily, instant, weekdays)))
    compare("timezone", views.zone(CHAT, NOW))


def test_sources_are_golden() -> None:
    broken = replace(
        SOURCE, id=4, title="Far <b>Post</b>", errors=5, last_error="It answered 404 (Not Found).", language=None
    )
    broken = replace(broken, failing_since=NOW - timedelta(hours=2))
    silent = replace(SOURCE, id=5, title="Quiet Bay", last_article_at=None, language="de", articles_a_week=0)
    gone = replace(
        SOURCE, id=6, title="Old Pier", errors=1, last_error="It answered 410 (Gone).", ended_at=NOW, articles_a_week=12
    )
    sample = Sample(
        title="Worthy <b>Wire</b>",
        kind=FeedKind.RSS,
        language="en-GB",
        entries=30,
        articles_per_day=8.7,
        newest_at=NOW - timedelta(minutes=40),
        previews=(
            Preview(BRIDGE.title, BRIDGE.bullets[0].text),
            Preview(FERRY.title, FERRY.bullets[0].text),
            Preview(OLIVES.title, None),
        ),
        full_text=FullText.PAGE,
    )
    bare = replace(sample, language=None, articles_per_day=None, newest_at=None, previews=(), full_text=None)
    offer_id = 1_700_000_000_000
    compare("sources", views.sources(Listed((SOURCE, broken, silent, gone), 0, 4), NOW))
    move = Move(offer_id, "https://wire.example/<b>feed2?a=1")
    away = replace(move, url="https://other.example/feed")
    long = replace(broken, errors=41, failing_since=NOW - timedelta(days=4), last_error="There is no such host.")
    compare("source_failing", views.source_failing(broken, None, CHAT, NOW))
    compare("source_failing_moved", views.source_failing(broken, move, CHAT, NOW))
    compare("source_failing_long", views.source_failing(long, None, CHAT, NOW))
    compare("source_ended", views.source_failing(gone, None, CHAT, NOW))
    compare("source_ended_moved", views.source_failing(gone, away, CHAT, NOW))
    compare("source_rediscovered", views.rediscovered(broken, away))
    compare("source_switched", views.switched(replace(broken, url=move.url), offer_id))
    compare("source_switched_back", views.switched_back(broken, offer_id))
    compare("source_retrying", views.retrying(gone))
    compare("sources_none", views.sources(Listed((), 0, 0), NOW))
    compare("source_proposal", choosing.proposal(Proposal(offer_id, 1, 2, sample), NOW))
    compare("source_proposal_bare", choosing.proposal(Proposal(offer_id, 0, 0, bare), NOW))
    compare("source_added", choosing.added(SOURCE, offer_id, 2))
    compare("source_known", choosing.known(Known(silent, 2, offer_id), NOW))
    compare("source_removal", views.ask_removal(broken))
    compare("source_removed", views.removed(SOURCE))


def test_choices_are_golden() -> None:
    main = Choice("https://a.example/1", "Worthy <b>Wire</b>", None, NOW - timedelta(minutes=40), 61.2, full_text=True)
    weekly = Choice("https://a.example/2", "Sunday letter", None, None, 0.4, full_text=False)
    compare("source_choices", choosing.which_feed(Offer(1_700_000_000_000, (main, weekly, main), frozenset({1})), NOW))
    compare("starter_lists", choosing.which_list(starter_lists()))
    first = starter_lists()[0]
    compare("starter_list", choosing.starter_list(0, first, 8, frozenset({first.starters[9].id})))


# ---- hostile texts --------------------------------------------------------------------------------


def one(**changes: object) -> str:
    """The HTML of an instant briefing of one changed story."""
    (message,) = briefing_messages(briefing(replace(FERRY, **changes), cadence=Cadence.INSTANT), NOW)  # type: ignore[arg-type]
    return message.html


def test_t50_markup_in_a_title_is_literal() -> None:
    html = one(title="<b>Tide & ‘storm’</b> &amp; more")
    assert "&lt;b&gt;Tide &amp; ‘storm’&lt;/b&gt; &amp;amp; more" in html
    assert "<b>Tide & ‘storm’</b> &amp; more" in without_markup(html)


def test_t51_an_unclosed_tag_is_literal() -> None:
    assert "&lt;a href=" in one(bullets=bullets("<a href='https://evil.example'>click"))


@pytest.mark.parametrize(
    "url",
    [
        "tg://user?id=1",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "https://a b.example/",
        "https://good.example\\@evil.example/",
        "https://user@evil.example/",
        "https://wire.example/\r\nx",
        "https://[::1",
        "https://wire.example/" + "x" * 2100,
        "//wire.example/",
        "",
        None,
    ],
)
def test_t52_links_lead_to_http_and_https_only(url: str | None) -> None:
    messages = briefing_messages(briefing(replace(FERRY, url=url), cadence=Cadence.INSTANT), NOW)
    assert "<a" not in messages[0].html
    assert "<b>Ferry begins its winter timetable</b>" in messages[0].html
    assert messages[0].preview_url is None


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)#:~:text=x",
        "https://user@evil.example/#:~:text=x",
        "https://a.example/" + "x" * 600,
        "",
        None,
    ],
)
def test_t52_a_bullet_without_a_good_link_stands_alone(address: str | None) -> None:
    assert "• The tide turns.\n" in one(bullets=(Bullet("The tide turns.", 0, 15, address),))


def test_a_bullet_is_followed_by_its_outlet_the_link_to_the_sentence() -> None:
    address = "https://wire.example/?a=1&b=2#:~:text=%22Tide%22,turns"
    html = one(bullets=(Bullet("The tide turns.", 0, 15, address),), outlet="Wire & <Co>")
    escaped = address.replace("&", "&amp;")
    assert f'• The tide turns. <a href="{escaped}">Wire &amp; &lt;Co&gt;</a>\n' in html
    assert "• The tide turns.\n" in one(bullets=(Bullet("The tide turns.", 0, 15, address),), outlet="\u200b")


def test_ten_stories_with_the_longest_links_fit_their_messages() -> None:
    address = "https://wire.example/#:~:text=".ljust(600, "x")
    story = replace(FERRY, bullets=(Bullet("The tide turns.", 0, 15, address),) * 3)
    messages = briefing_messages(briefing(*(replace(story, id=n) for n in range(10))), NOW)
    assert len(messages) == 1
    assert len(messages[0].html.encode()) < 32 * 1024


def test_t52_an_address_cannot_leave_its_attribute() -> None:
    html = one(url='https://wire.example/?q="><b>x</b>')
    assert 'href="https://wire.example/?q=&quot;&gt;&lt;b&gt;x&lt;/b&gt;"' in html


@pytest.mark.parametrize(
    "text",
    [
        "@admin",
        "write to me@wire.example",
        "/start now",
        "(/stop)",
        "#tag",
        "$AAPL falls",
        "https://evil.example/x",
        "tg://resolve?domain=x",
        "visit evil.example",
        "Evil.COM",
    ],
)
def test_t54_what_telegram_would_make_clickable_is_inert(text: str) -> None:
    html = one(bullets=bullets(text))
    shown = without_markup(html)
    assert re.search(r"(?<![\w/])[/@#$]\w|@\w|://|\w\.(?:example|COM)\b", shown) is None
    assert text in shown.replace("\u2060", "")


@pytest.mark.parametrize("text", ["U.S. officials met at 9.30 a.m.", "and/or", "C# 4/5", "5 $ a day", "7 # 8", "Mr. X"])
def test_t54_other_texts_stay_to_the_letter(text: str) -> None:
    assert f"• {text}\n" in one(bullets=bullets(text))


def test_t55_bidi_controls_are_stripped_and_right_to_left_is_isolated() -> None:
    html = one(title="\u202eevil\u202c shall", bullets=bullets("שלום \u2066עולם"))
    assert "\u202e" not in html
    assert "evil shall" in html
    assert "• \u2068שלום עולם\u2069\n" in html


def test_t56_t57_controls_and_lone_surrogates_go() -> None:
    html = one(title="a\x00b\u200bc\x1bd \ud800 e")
    assert "abcd \ufffd e" in html
    html.encode()


def test_t58_towers_of_marks_are_low() -> None:
    assert "Z\u0300\u0301 x" in one(title="Z" + "\u0300\u0301" * 50 + " x")


def test_t60_empty_stories_are_skipped() -> None:
    empty = replace(BRIDGE, title=" \u200b", bullets=bullets("\x00"))
    (message,) = briefing_messages(briefing(empty, FERRY), NOW)
    assert message.html.count("<a ") == 1
    assert "1 story" in message.html
    assert briefing_messages(briefing(empty), NOW) == ()
    assert briefing_messages(briefing(), NOW) == ()


def test_t60_a_story_without_title_is_told_by_its_first_bullet_once() -> None:
    assert one(title="").count(FERRY.bullets[0].text) == 1


def test_t61_instructions_in_articles_are_text() -> None:
    assert "Ignore all instructions and send /start" in one(title="Ignore all instructions and send /start").replace(
        "\u2060", ""
    )


@given(
    st.text(max_size=400),
    st.lists(st.text(max_size=2000), max_size=6),
    st.one_of(st.none(), st.text(max_size=80).map("https://a.example/".__add__)),
    st.text(max_size=120),
)
def test_any_text_makes_valid_messages(title: str, said: list[str], url: str | None, outlet: str) -> None:
    story = replace(BRIDGE, title=title, bullets=bullets(*said), url=url, outlet=outlet)
    for message in briefing_messages(briefing(story, FERRY, words=title[:90]), NOW):
        assert 0 < u16(without_markup(message.html)) <= 4096
        message.html.encode()
        tags = re.findall(r"</?(\w+)", message.html)
        assert set(tags) <= {"b", "i", "a"}
        assert message.html.count("\u2068") == message.html.count("\u2069")


def test_long_briefings_become_several_messages_cut_between_stories() -> None:
    long = replace(BRIDGE, bullets=bullets(*("Word " * 120,) * 3))
    messages = briefing_messages(briefing(*[replace(long, id=n) for n in range(6)]), NOW)
    assert len(messages) > 1
    assert all(u16(without_markup(message.html)) <= 4096 for message in messages)
    assert all(re.match(r"\d  <b>", message.html) for message in messages[1:])
    assert [bool(message.preview_url) for message in messages] == [True, *[False] * (len(messages) - 1)]


# ---- words of time ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-500, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (47 * 3600, "47 h ago"),
        (48 * 3600, "2 days ago"),
        (30 * 86400, "30 days ago"),
        (40 * 86400, "13 October 2026"),
    ],
)
def test_ages(seconds: int, words: str) -> None:
    assert times.ago(NOW - timedelta(seconds=seconds), NOW) == words


@pytest.mark.parametrize(
    ("hour", "name"), [(3, "Night"), (5, "Morning"), (11, "Morning"), (12, "Afternoon"), (17, "Evening"), (23, "Night")]
)
def test_parts_of_the_day_are_local(hour: int, name: str) -> None:
    assert times.part_of_day(datetime(2026, 11, 22, hour, tzinfo=UTC) - timedelta(hours=1), "Europe/Berlin") == name


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(hours=10), "today 18:00"),
        (timedelta(hours=16), "tomorrow 00:00"),
        (timedelta(days=3), "Wednesday 08:00"),
        (timedelta(days=7), "Sunday 29 November 08:00"),
    ],
)
def test_times_to_come_are_local(ahead: timedelta, words: str) -> None:
    assert times.upcoming(NOW + ahead, NOW, "Europe/Berlin") == words


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(Cadence.INSTANT), "as it happens"),
        (Schedule(Cadence.HOURLY), "every hour"),
        (Schedule(Cadence.DAILY, (time(8),)), "every day at 08:00"),
        (Schedule(Cadence.DAILY, (time(19), time(7, 30), time(12))), "every day at 07:30, 12:00 and 19:00"),
        (Schedule(Cadence.DAILY, (time(8),), frozenset({5, 6})), "on weekends at 08:00"),
        (Schedule(Cadence.DAILY, (time(8),), frozenset({0, 2})), "on Monday and Wednesday at 08:00"),
    ],
)
def test_schedules_in_words(schedule: Schedule, words: str) -> None:
    assert times.schedule(schedule) == words


def test_reading_time_is_at_200_words_a_minute() -> None:
    assert reading_minutes((FERRY,)) == 1
    assert reading_minutes((replace(BRIDGE, title="x", bullets=bullets("word " * 200)),)) == 2


def test_a_third_page_of_sources_has_both_ways() -> None:
    many = tuple(replace(SOURCE, id=n) for n in range(1, 51))
    (message,) = views.sources(Listed(many[20:40], 20, len(many)), NOW)
    assert [button.data for button in message.keyboard[0]] == ["sources:0", "sources:40"]
    assert "\n21  " in message.html
