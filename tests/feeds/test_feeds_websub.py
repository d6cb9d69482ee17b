"""WebSub: finding a hub, asking it, answering it, believing it."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import Forbidden, SourceError
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.parse import parse_feed
from bot.feeds.websub import (
    LONGEST_LEASE_S,
    SHORTEST_LEASE_S,
    WANTED_LEASE_S,
    Confirmed,
    Denied,
    Offer,
    callback_url,
    find_offer,
    is_signed,
    new_secret,
    renew_at,
    subscription_form,
    verify,
)
from tests.feeds.conftest import Web, answer
from tests.feeds.samples import RSS

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
TOPIC = "https://harbour.example/feed"
OFFER = Offer("https://hub.example/", TOPIC)
CALLBACK = "https://bot.example/websub/abc"
SECRET = "k" * 43


def fetched(hub: str | None = None, self_url: str | None = None) -> Fetched:
    return Fetched("https://h.example/rss", 200, b"", None, None, None, None, hub=hub, self_url=self_url)


def test_the_hub_of_a_feed() -> None:
    feed = parse_feed(RSS.encode(), url="https://h.example/rss")
    assert find_offer(fetched(), feed) == OFFER
    assert find_offer(fetched("https://b.example/", "https://b.example/t"), feed) == Offer(
        "https://b.example/", "https://b.example/t"
    )
    assert find_offer(fetched("https://b.example/"), feed) == Offer("https://b.example/", TOPIC)


def test_feeds_without_a_hub_or_a_self() -> None:
    feed = parse_feed(b"<rss><channel><title>a</title></channel></rss>")
    assert find_offer(fetched(), feed) is None
    assert find_offer(fetched("https://b.example/"), feed) == Offer("https://b.example/", "https://h.example/rss")


def test_the_form() -> None:
    assert subscription_form(OFFER, CALLBACK, SECRET) == {
        "hub.callback": CALLBACK,
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.lease_seconds": "864000",
        "hub.secret": SECRET,
    }
    assert subscription_form(OFFER, CALLBACK, SECRET, subscribe=False) == {
        "hub.callback": CALLBACK,
        "hub.mode": "unsubscribe",
        "hub.topic": TOPIC,
    }


def test_no_secret_in_the_open() -> None:
    assert "hub.secret" not in subscription_form(Offer("http://hub.example/", TOPIC), CALLBACK, SECRET)
    assert 40 < len(new_secret()) < 200
    assert new_secret() != new_secret()


def question(**more: str) -> dict[str, str]:
    asked = {"mode": "subscribe", "topic": TOPIC, "challenge": "c-1", "lease_seconds": "3600"} | more
    return {f"hub.{name}": value for name, value in asked.items()}


def test_questions_that_are_confirmed() -> None:
    assert verify(question(), TOPIC, subscribed=True) == Confirmed("c-1", 3600)
    assert verify(question(mode="unsubscribe"), TOPIC, subscribed=False) == Confirmed("c-1", None)


@pytest.mark.parametrize(
    ("written", "lease_s"),
    [
        ("", WANTED_LEASE_S),
        ("soon", WANTED_LEASE_S),
        ("-5", WANTED_LEASE_S),
        ("1", SHORTEST_LEASE_S),
        ("9" * 5000, LONGEST_LEASE_S),
    ],
)
def test_leases_are_bounded(written: str, lease_s: int) -> None:
    assert verify(question(lease_seconds=written), TOPIC, subscribed=True) == Confirmed("c-1", lease_s)


@pytest.mark.parametrize(
    ("more", "subscribed"),
    [
        ({"topic": "https://other.example/"}, True),
        ({"mode": "unsubscribe"}, True),
        ({"mode": "subscribe"}, False),
        ({"mode": "publish"}, True),
        ({"challenge": ""}, True),
        ({"challenge": "c" * 2001}, True),
        ({"topic": "https://other.example/", "mode": "denied"}, True),
    ],
)
def test_questions_that_nobody_asked_for(more: dict[str, str], subscribed: bool) -> None:
    assert verify(question(**more), TOPIC, subscribed=subscribed) is None
    assert verify({}, TOPIC, subscribed=subscribed) is None


def test_a_hub_that_will_not() -> None:
    denied = verify(question(mode="denied", reason="No\nway\x00" + "!" * 500), TOPIC, subscribed=True)
    assert denied == Denied("No way" + "!" * 194)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_signatures(method: str) -> None:
    body = b"<rss/>"
    digest = hmac.new(SECRET.encode(), body, getattr(hashlib, method)).hexdigest()
    assert is_signed(body, f"{method}={digest}", SECRET)
    assert is_signed(body, f"{method.upper()}={digest.upper()}", SECRET)
    assert not is_signed(body + b" ", f"{method}={digest}", SECRET)
    assert not is_signed(body, f"{method}={digest}", SECRET + "x")
    assert not is_signed(body, f"{method}={digest[:-1]}", SECRET)


@pytest.mark.parametrize("signature", [None, "", "sha256", "sha256=", "md5=" + "0" * 32, "=x", "sha256=é"])
def test_what_is_no_signature(signature: str | None) -> None:
    assert not is_signed(b"<rss/>", signature, SECRET)


def test_a_lease_is_renewed_before_it_ends() -> None:
    assert renew_at(NOW, 1000) == NOW + timedelta(seconds=800)


def test_where_hubs_reach_us() -> None:
    assert callback_url("https://bot.example/", "abc") == CALLBACK
    assert callback_url("", "abc") is None
    assert callback_url("ftp://bot.example/", "abc") is None


async def test_the_form_is_posted_behind_the_guard(web: Web, fetcher: Fetcher, inside: Web) -> None:
    web.pages["/hub"] = answer(202)
    assert await fetcher.post_form(f"{web.origin}/hub", {"hub.mode": "subscribe"}) == 202
    assert web.asked[0].startswith("POST /hub HTTP/1.1\r\n")
    web.pages["/hub"] = answer(302, Location=f"{inside.origin}/")
    with pytest.raises(SourceError, match="302"):
        await fetcher.post_form(f"{web.origin}/hub", {})
    with pytest.raises(Forbidden):
        await fetcher.post_form(f"{inside.origin}/", {})
    assert inside.connections == 0


@pytest.mark.parametrize("status", [307, 308])
async def test_a_hub_that_sends_the_form_elsewhere_is_followed(web: Web, fetcher: Fetcher, status: int) -> None:
    web.pages |= {"/hub": answer(status, Location="/to"), "/to": answer(307, Location="there"), "/there": answer(202)}
    assert await fetcher.post_form(f"{web.origin}/hub", {"hub.mode": "subscribe"}) == 202
    assert [head.split()[:2] for head in web.asked] == [["POST", "/hub"], ["POST", "/to"], ["POST", "/there"]]
    assert all("content-length: 18\r\n" in head.lower() for head in web.asked)  # the form goes along


async def test_the_form_is_not_sent_inside_nor_for_ever(web: Web, fetcher: Fetcher, inside: Web) -> None:
    web.pages |= {"/hub": answer(308, Location=f"{inside.origin}/"), "/round": answer(307, Location="/round")}
    with pytest.raises(Forbidden):
        await fetcher.post_form(f"{web.origin}/hub", {})
    assert inside.connections == 0
    web.asked.clear()
    with pytest.raises(SourceError, match="too often"):
        await fetcher.post_form(f"{web.origin}/round", {})
    assert len(web.asked) == 6
