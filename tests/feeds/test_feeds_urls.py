"""Addresses that readers may follow."""

import pytest

from bot.feeds.urls import web_link


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("/a b", "https://h.example/a%20b"),
        ("x", "https://h.example/dir/x"),
        ("//cdn.example/i.png", "https://cdn.example/i.png"),
        ("http://other.example/ä", "http://other.example/ä"),
        ("javascript:alert(1)", None),
        ("mailto:a@b.example", None),
        ("http://user@h.example/", None),
        ("http://h.example:99999/", None),
        ("http://[::1", None),
        ("", None),
        (None, None),
        (["/x"], None),
        ("https://h.example/" + "x" * 3000, None),
        ("https://h.example/\u202ex", None),
    ],
)
def test_links_for_readers(url: object, link: str | None) -> None:
    assert web_link(url, "https://h.example/dir/page") == link
