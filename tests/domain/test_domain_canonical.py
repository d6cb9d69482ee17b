"""Addresses: which are one, and which are two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.canonical import canonical_url

PAGE = "https://harbour.example/news/ferry?id=7"


@pytest.mark.parametrize(
    "other",
    [
        "http://harbour.example/news/ferry?id=7",
        "https://www.harbour.example/news/ferry?id=7",
        "https://HARBOUR.example:443/news/ferry/?id=7",
        "http://harbour.example:80/news/ferry?id=7#comments",
        "https://harbour.example/news/ferry?utm_source=rss&utm_medium=feed&id=7",
        "https://harbour.example/news/ferry?id=7&fbclid=abc&gclid=x",
        "https://harbour.example/news/ferry?id=7&source=rss",
        "https://harbour.example/news/ferry?id=7&ref=twitter_share",
        "https://harbour.example/news/%66erry?id=7",
    ],
)
def test_one_page(other: str) -> None:
    assert canonical_url(other) == canonical_url(PAGE)


@pytest.mark.parametrize(
    "other",
    [
        "https://harbour.example/news/ferry?id=8",
        "https://harbour.example/news/Ferry?id=7",
        "https://harbour.example:8443/news/ferry?id=7",
        "https://m.harbour.example/news/ferry?id=7",
        "https://harbour.example/news/ferry",
        "https://harbour.example/news/ferry?id=7&source=archive",
        "https://harbour.example/news/ferry?id=7&p=2",
        "https://harbour.example/news/ferry?id=7#!/photos",
    ],
)
def test_another_page(other: str) -> None:
    assert canonical_url(other) != canonical_url(PAGE)


def test_parameters_in_any_order() -> None:
    assert canonical_url("https://a.example/?b=2&a=1") == canonical_url("https://a.example/?a=1&b=2")
    assert canonical_url("https://a.example/?p=1") != canonical_url("https://a.example/?p=2")


@given(st.text(max_size=50))
def test_canonical_is_a_fixed_point(text: str) -> None:
    for url in (text, f"https://a.example/{text}", f"https://a.example/?{text}"):
        once = canonical_url(url)
        assert canonical_url(once) == once
