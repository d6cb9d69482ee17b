"""What a feed tells its readers about reading it: how long it stays fresh, when nothing comes, and who pushes it.

Read from the document itself, because feedparser keeps only the last of several hours. Sources: RSS 2.0 (ttl,
skipHours, skipDays), W3C WebSub section 4 (links "hub" and "self").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from bot.feeds.urls import web_link

_HEAD_CHARS = 200_000
_ENTRY = re.compile(r"<(?:[\w.-]{1,40}:)?(?:item|entry)[\s/>]", re.IGNORECASE)
_TTL = re.compile(r"<ttl>\s*([0-9]{1,6})\s*</ttl>", re.IGNORECASE)
_HOURS = re.compile(r"<skipHours\s*>(.{0,2000}?)</skipHours", re.IGNORECASE | re.DOTALL)
_DAYS = re.compile(r"<skipDays\s*>(.{0,1000}?)</skipDays", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(r"<hour>\s*([0-9]{1,2})\s*</hour", re.IGNORECASE)
_DAY = re.compile(r"<day>\s*([a-z]{3})[a-z]*\s*</day", re.IGNORECASE)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LINK = re.compile(r"""<(?:[\w.-]{1,40}:)?link\s([^<>]{0,5000})>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(rel|href)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hints:
    """Hours of the day in UTC, days with Monday as 0, addresses absolute."""

    ttl_s: int | None
    skip_hours: frozenset[int]
    skip_days: frozenset[int]
    hub: str | None
    self_url: str | None


def read_hints(text: str, url: str | None) -> Hints:
    """The hints of an XML feed, looked for before its first entry; those that make no sense are left out."""
    entry = _ENTRY.search(text, 0, _HEAD_CHARS)
    head = text[: entry.start() if entry else _HEAD_CHARS]
    ttl = _TTL.search(head)
    hours = {int(hour) % 24 for hour in _HOUR.findall(_inside(_HOURS, head)) if int(hour) <= 24}
    days = {_WEEK.index(day.lower()) for day in _DAY.findall(_inside(_DAYS, head)) if day.lower() in _WEEK}
    links = dict(reversed(list(_links(head, url))))
    return Hints(
        ttl_s=int(ttl[1]) * 60 if ttl else None,
        skip_hours=frozenset(hours) if len(hours) < 24 else frozenset(),
        skip_days=frozenset(days) if len(days) < 7 else frozenset(),
        hub=links.get("hub"),
        self_url=links.get("self"),
    )


def _inside(block: re.Pattern[str], head: str) -> str:
    found = block.search(head)
    return found[1] if found else ""


def _links(head: str, url: str | None) -> Iterator[tuple[str, str]]:
    for inside in _LINK.findall(head):
        said = {name.lower(): unescape(one or other).strip() for name, one, other in _ATTRIBUTE.findall(inside)}
        address = web_link(said.get("href"), url)
        if address:
            yield from ((rel, address) for rel in said.get("rel", "").lower().split())
