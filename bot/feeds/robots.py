"""robots.txt (RFC 9309): which pages of a host we may read.

Feeds are made to be read and are not asked about; article pages are. Rules are matched by the longest path, wildcards
included, in time that grows with the lengths and nothing else.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from bot.domain.errors import SourceError
from bot.domain.ports import Now
from bot.feeds.fetch import Fetcher, utc_now
from bot.feeds.hosts import host_of

AGENT = "nutgraf"
MOST_BYTES = 512 << 10  # RFC 9309, section 2.5: at least 500 KiB are read
MOST_RULES = 1000
MOST_HOSTS = 1000
FRESH = timedelta(hours=24)
FRESH_WITHOUT_ANSWER = timedelta(hours=1)
_LONGEST_RULE = 500


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one group: (path pattern, whether it allows)."""

    rules: tuple[tuple[str, bool], ...] = ()

    def allows(self, url: str) -> bool:
        """Whether the most specific rule for this address allows it; what no rule names is allowed."""
        parts = urlsplit(url)
        path = unquote(parts.path or "/") + (f"?{unquote(parts.query)}" if parts.query else "")
        matching = [(len(pattern), allow) for pattern, allow in self.rules if _matches(pattern, path)]
        return max(matching, default=(0, True))[1]


EVERYTHING = Rules()
NOTHING = Rules((("/", False),))


def parse_robots(text: str, agent: str = AGENT) -> Rules:
    """The rules for `agent` (a product token in lower case): its own groups, else those for everybody."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    names: list[str] = []
    in_rules = False
    for key, value in _lines(text):
        if key == "user-agent":
            names = [] if in_rules else names
            names.append(value.lower())
            in_rules = False
            groups.setdefault(value.lower(), [])
        elif key in ("allow", "disallow"):
            in_rules = True
            for name in names if value else ():
                groups[name].append((unquote(value[:_LONGEST_RULE]), key == "allow"))
    rules = groups.get(agent, groups.get("*", []))
    return Rules(tuple(rules[:MOST_RULES]))


class Robots:
    """Knows the rules of hosts, each read at most once a day; no answer counts as no for an hour."""

    def __init__(self, fetcher: Fetcher, now: Now = utc_now, most_hosts: int = MOST_HOSTS) -> None:
        self._fetcher = fetcher
        self._now = now
        self._most_hosts = most_hosts
        self._known: OrderedDict[str, tuple[Rules, datetime]] = OrderedDict()

    async def allows(self, url: str) -> bool:
        """Whether the page at this address may be read; asks its host where that is not known."""
        host = host_of(url)
        rules, until = self._known.get(host, (NOTHING, self._now()))
        if until <= self._now():
            rules, fresh = await self._read(url)
            self._known[host] = rules, self._now() + fresh
        self._known.move_to_end(host)
        while len(self._known) > self._most_hosts:
            self._known.popitem(last=False)
        return rules.allows(url)

    async def _read(self, url: str) -> tuple[Rules, timedelta]:
        parts = urlsplit(url)
        try:
            fetched = await self._fetcher.get(f"{parts.scheme}://{parts.netloc}/robots.txt", most_bytes=MOST_BYTES)
        except SourceError as error:
            missing = error.status is not None and 400 <= error.status < 500 and error.status != 429
            return (EVERYTHING, FRESH) if missing else (NOTHING, FRESH_WITHOUT_ANSWER)
        return parse_robots(fetched.body.decode("utf-8", "replace")), FRESH


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.removeprefix("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _matches(pattern: str, path: str) -> bool:
    """Whether a path begins as the pattern says; `*` is anything, `$` at the end the path's end."""
    anchored = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for number, piece in enumerate(others):
        last = anchored and number == len(others) - 1
        found = path.rfind(piece) if last else path.find(piece, at)
        if found < at or (last and found + len(piece) != len(path)):
            return False
        at = found + len(piece)
    return not anchored or at == len(path)
