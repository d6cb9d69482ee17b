"""The guard: what passes, what the settings let through, and properties of the address table."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import Forbidden, SourceError
from bot.feeds.guard import Guard, is_public

LOOPBACK = Guard((ip_network("127.0.0.0/8"),))


@pytest.mark.parametrize(
    ("written", "fetched"),
    [
        ("https://Example.COM/Feed", "https://example.com/Feed"),
        ("example.com/feed?x=1", "https://example.com/feed?x=1"),
        ("  http://example.com:80  ", "http://example.com/"),
        ("https://example.com:443/a b".replace(" ", "%20"), "https://example.com/a%20b"),
        ("http://example.com:8080/#part", "http://example.com:8080/"),
        ("http://example.com./", "http://example.com/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700::1111]:8443/x", "http://[2606:4700::1111]:8443/x"),
        ("http://a_b.example.com/ü?q=ö", "http://a_b.example.com/%C3%BC?q=%C3%B6"),
    ],
)
def test_public_addresses_come_back_ready_to_fetch(written: str, fetched: str) -> None:
    assert Guard().check_url(written) == fetched
    assert Guard().check_url(fetched) == fetched


@pytest.mark.parametrize("text", ["", "   ", "http://", "http:///feed"])
def test_what_is_no_address_is_said_to_be_none(text: str) -> None:
    with pytest.raises(SourceError, match="not a web address") as refused:
        Guard().check_url(text)
    assert not isinstance(refused.value, Forbidden)


@pytest.mark.parametrize(
    "url",
    ["http://-a.com/", "http://a..com/", "http://1.2.3.4.5/", "http://a.com:x/", "http://[::1", "http://256.1.1.1/"],
)
def test_hosts_that_cannot_be(url: str) -> None:
    with pytest.raises(Forbidden):
        Guard().check_url(url)


def test_allowed_networks_are_the_way_around() -> None:
    assert LOOPBACK.check_url("http://127.0.0.1:22/") == "http://127.0.0.1:22/"
    assert LOOPBACK.check_url("http://localhost:8000/feed") == "http://localhost:8000/feed"
    LOOPBACK.check_address("127.0.0.1", 25)
    LOOPBACK.check_address("::ffff:127.0.0.1", 80)
    for ip in ("10.0.0.1", "::1", "169.254.169.254"):
        with pytest.raises(Forbidden):
            LOOPBACK.check_address(ip, 80)
    with pytest.raises(Forbidden):
        LOOPBACK.check_url("http://127.0.0.1:0/")


def test_odd_ports_of_names_are_judged_by_their_address() -> None:
    assert LOOPBACK.check_url("http://example.com:22/") == "http://example.com:22/"
    with pytest.raises(Forbidden):
        LOOPBACK.check_address("93.184.215.14", 22)


def test_a_checked_address_gets_a_socket() -> None:
    with Guard().socket_factory((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))) as made:
        assert made.family == socket.AF_INET


@given(st.ip_addresses(v=4))
def test_no_address_is_public_that_python_calls_private(address: IPv4Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_no_private_address_hides_in_ipv6(address: IPv4Address) -> None:
    number = int(address)
    for wrapped in (number, 0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert not is_public(IPv6Address(wrapped))


@given(st.text(max_size=60))
def test_any_text_is_refused_or_comes_back_in_ascii(text: str) -> None:
    for url in (text, f"http://{text}/", f"http://example.com/{text}"):
        try:
            checked = Guard().check_url(url)
        except SourceError:
            continue
        assert checked.isascii()
        assert checked.startswith(("http://", "https://"))
        assert Guard().check_url(checked) == checked
