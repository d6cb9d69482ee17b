"""robots.txt: rules, and who is asked for them."""

import pytest

from bot.feeds.fetch import Fetcher
from bot.feeds.robots import MOST_RULES, Robots, parse_robots
from tests.conftest import Clock
from tests.feeds.conftest import Web, answer

ROBOTS = """
User-agent: *
Disallow: /private/   # all of it
Allow: /private/press/
Disallow: /*.pdf$
Disallow: /*/print
Disallow:

User-agent: Other
User-agent: Nutgraf
Crawl-delay: 5
Disallow: /only-us
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/private/x", False),
        ("/private", True),
        ("/private/press/1", True),
        ("/%70rivate/x", False),
        ("/a/b.pdf", False),
        ("/a/b.pdf?x=1", True),
        ("/news/1/print?now", False),
        ("/only-us", True),
    ],
)
def test_rules_for_everybody(path: str, allowed: bool) -> None:
    assert parse_robots(ROBOTS, "somebody").allows(f"https://h.example{path}") is allowed


def test_our_own_rules_are_the_only_ones() -> None:
    rules = parse_robots(ROBOTS)
    assert not rules.allows("https://h.example/only-us/1")
    assert rules.allows("https://h.example/private/x")


@pytest.mark.parametrize(
    "text", ["", "<html>", "Disallow: /", "User-agent: *\nDisallow:", ":::\n#\n\0", "Allow: /x\n" * 9]
)
def test_without_rules_everything_is_allowed(text: str) -> None:
    assert parse_robots(text).allows("https://h.example/x")


def test_rules_are_bounded() -> None:
    rules = parse_robots("User-agent: *\n" + "".join(f"Disallow: /{n}{'*a' * 5000}\n" for n in range(3000)))
    assert len(rules.rules) == MOST_RULES
    assert rules.allows("https://h.example/" + "a" * 2000)


async def test_a_host_is_asked_once_a_day(web: Web, fetcher: Fetcher, clock: Clock) -> None:
    robots = Robots(fetcher, clock)
    web.pages["/robots.txt"] = answer(200, b"User-agent: *\nDisallow: /no")
    assert await robots.allows(f"{web.origin}/yes")
    assert not await robots.allows(f"{web.origin}/no")
    assert len(web.asked) == 1
    clock.advance(seconds=86_400)
    await robots.allows(f"{web.origin}/no")
    assert len(web.asked) == 2


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (429, False), (500, False)])
async def test_what_answers_mean(status: int, allowed: bool, web: Web, fetcher: Fetcher, clock: Clock) -> None:
    robots = Robots(fetcher, clock)
    web.pages["/robots.txt"] = answer(status)
    assert await robots.allows(f"{web.origin}/a") is allowed
    clock.advance(seconds=3600)
    await robots.allows(f"{web.origin}/a")
    assert len(web.asked) == (1 if allowed else 2)


async def test_hosts_are_forgotten(web: Web, fetcher: Fetcher, clock: Clock) -> None:
    robots = Robots(fetcher, clock, most_hosts=1)
    for host in ("127.0.0.1", "localhost", "127.0.0.1"):
        await robots.allows(f"http://{host}:{web.port}/")
    assert len(web.asked) == 3
