"""Extraction: a page written for this test, and the choice between the feed's text and the page's."""

from datetime import UTC, datetime

import pytest

from bot.domain.errors import NotAPage
from bot.feeds.extract import choose_text, extract_page

PARAGRAPHS = [
    "The ferry between the old harbour and the island has returned after nine weeks in the dock, its owner said.",
    "Engineers replaced both shafts and a part of the hull that had been worn thin by sand from the channel.",
    "Tickets cost the same as before, and the first boat of the day leaves at six, half an hour earlier.",
]
PAGE = f"""<!DOCTYPE html><html lang="en_GB"><head><meta charset="utf-8">
<title>Ferry returns to the island | Harbour Post</title>
<meta property="og:title" content="Ferry returns to the island | Harbour Post">
<meta property="og:image" content="/ferry.jpg"><meta name="author" content="Ada Quay">
<meta property="article:published_time" content="2026-11-20T09:30:00+01:00"></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<article><h1>Ferry returns to the island</h1>{"".join(f"<p>{text}</p>" for text in PARAGRAPHS)}</article>
<div id="comments"><p>Reader: I have waited for this for weeks and weeks, thank you very much.</p></div>
<footer><p>© Harbour Post. All rights reserved.</p></footer></body></html>"""


def test_a_page() -> None:
    page = extract_page(PAGE.encode(), url="https://post.example/news/ferry")
    assert page.title == "Ferry returns to the island"
    assert page.author == "Ada Quay"
    assert page.published_at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert page.language == "en-GB"
    assert page.image == "https://post.example/ferry.jpg"
    assert page.text.split("\n")[-3:] == PARAGRAPHS
    assert "rights reserved" not in page.text
    assert "waited" not in page.text


def test_a_day_without_a_time() -> None:
    page = extract_page(PAGE.replace("2026-11-20T09:30:00+01:00", "2026-11-20").encode())
    assert page.published_at == datetime(2026, 11, 20, tzinfo=UTC)
    assert page.image is None


@pytest.mark.parametrize(
    "html",
    [
        b"",
        b"  ",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        b"\x1f\x8b\x08",
        b'{"a": 1}',
        b"<html><body></body></html>",
    ],
)
def test_what_holds_no_article(html: bytes) -> None:
    with pytest.raises(NotAPage, match="no article"):
        extract_page(html)


FEED_TEXT = "The ferry to the island is back."
PAGE_TEXT = "\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    ("feed", "page", "title", "chosen"),
    [
        (FEED_TEXT, PAGE_TEXT, "Ferry returns to the island", PAGE_TEXT),
        ("", PAGE_TEXT, "Ferry returns to the island", PAGE_TEXT),
        (FEED_TEXT, None, "Ferry returns to the island", FEED_TEXT),
        (FEED_TEXT, "", "Ferry returns to the island", FEED_TEXT),
        (FEED_TEXT, FEED_TEXT + " Today.", "Ferry returns to the island", FEED_TEXT),
        (FEED_TEXT, PAGE_TEXT, "Quarterly profits surprise analysts", FEED_TEXT),
        ("短い", "新しい橋が港に完成した。" * 9, "港の新しい橋", "新しい橋が港に完成した。" * 9),
        ("短い", "全く別の話である。" * 9, "港の新しい橋", "短い"),
    ],
)
def test_which_text_is_better(feed: str, page: str | None, title: str, chosen: str) -> None:
    assert choose_text(feed, page, title) == chosen


def test_the_title_of_the_page_tells_what_it_is_about() -> None:
    title = "Quarterly profits surprise analysts"
    assert choose_text(FEED_TEXT, PAGE_TEXT, title, "Quarterly profits surprise analysts | Daily") == PAGE_TEXT
    assert choose_text(FEED_TEXT, PAGE_TEXT, title, "Before you continue") == FEED_TEXT


def test_without_any_text_of_the_feed_the_page_is_better_than_nothing() -> None:
    assert choose_text("", PAGE_TEXT, "Quarterly profits surprise analysts", "Daily") == PAGE_TEXT
