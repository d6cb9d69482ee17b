"""Lists of sources as other readers write them."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import UserError
from bot.domain.models import FeedLink, Source
from bot.feeds.opml import read_opml, write_opml

AT = datetime(2026, 11, 22, tzinfo=UTC)


def source(url: str, title: str) -> Source:
    return Source(1, url, title, None, "http://site.example/", 900, AT, AT)


def test_groups_and_spellings_are_read() -> None:
    document = b"""<?xml version="1.0"?><opml version="1.1"><body><outline text="News">
      <outline text="A" xmlUrl="http://a.example/feed"/><outline title="B" xmlurl=" http://b.example/feed "/>
      <outline text="A again" xmlUrl="http://a.example/feed"/><outline text="no address"/></outline></body></opml>"""
    assert [link.url for link in read_opml(document)] == ["http://a.example/feed", "http://b.example/feed"]


def test_what_is_written_is_read_back() -> None:
    written = write_opml([source("http://a.example/?a=1&b=2", 'A & <B> "C"'), source("http://b.example/", "ب")])
    assert read_opml(written.encode()) == (
        FeedLink("http://a.example/?a=1&b=2", 'A & <B> "C"'),
        FeedLink("http://b.example/", "ب"),
    )


@pytest.mark.parametrize(
    "document",
    [b"", b"\x89PNG", b"<html><outline xmlUrl='http://a.example/'/></html>", b"<opml><body/></opml>", b"x" * 6_000_000],
)
def test_what_is_no_list_is_refused(document: bytes) -> None:
    with pytest.raises(UserError):
        read_opml(document)


def test_t33_entities_are_not_read() -> None:
    document = b"""<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
      <opml><body><outline text="&x;" xmlUrl="http://a.example/"/></body></opml>"""
    (link,) = read_opml(document)
    assert "root" not in (link.title or "")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_list_or_a_refusal(document: bytes) -> None:
    with contextlib.suppress(UserError):
        assert read_opml(document)
