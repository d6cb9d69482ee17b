"""Feeds for a loopback web: saved ones or made-up ones, copied with addresses of their own, and one entry newer."""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

SAVED = Path(__file__).parents[3] / "shared" / "data" / "feeds" / "real.tar.gz"
MOST_BYTES = 1 << 20

# names of namespaces look like addresses and must stay
_ADDRESS = re.compile(rb"xmlns(?::[\w.-]+)?\s*=\s*(?:\"[^\"]*\"|'[^']*')|https?://")
_ENTRY = re.compile(rb"<(item|entry)[\s>].*?</\1>", re.DOTALL)
_NAMES = re.compile(rb"(<(?:title|guid|id)(?:\s[^>]*)?>(?:\s*<!\[CDATA\[)?)")
_MADE_UP = (
    "<item><title>Story {n}: the council decides on the bridge</title><link>https://outlet.example/{n}</link>"
    "<guid isPermaLink='false'>o-{n}</guid><pubDate>Sun, 22 Nov 2026 09:{m:02}:00 +0100</pubDate>"
    "<description>&lt;p&gt;The new bridge of port {n} will cost {n} million and take three years.&lt;/p&gt; "
    "&lt;p&gt;Engineers had warned in March that the northern pillar moved.&lt;/p&gt;</description></item>"
)


def bodies(place: Path) -> tuple[str, list[bytes]]:
    """What the feeds are, in words, and the feeds: a folder's or an archive's, made-up ones where there is none."""
    found = [body for body in _files(place) if _ENTRY.search(body) and len(body) <= MOST_BYTES]
    if found:
        return f"{len(found)} saved feeds of {sum(map(len, found)) / len(found) / 1000:.0f} kB", found
    return "made-up feeds of 5 to 80 entries", list(_made_up())


def copy_of(body: bytes, number: int) -> bytes:
    """The feed as another outlet's: every address in it leads to another host."""
    return _ADDRESS.sub(
        lambda found: found[0] if found[0].startswith(b"xmlns") else b"%sc%d." % (found[0], number), body
    )


def with_news(body: bytes, number: int) -> bytes:
    """The feed with one entry more at its head: its first entry under another name and address."""
    first = _ENTRY.search(body)
    assert first is not None, "a feed without entries"
    news = _NAMES.sub(rb"\g<1>News %d " % number, copy_of(first[0], 1_000_000 + number))
    return body[: first.start()] + news + body[first.start() :]


def _files(place: Path) -> Iterator[bytes]:
    if place.is_dir():
        yield from (path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file())
    elif place.is_file():
        with tarfile.open(place) as archive:
            for member in sorted(archive.getmembers(), key=lambda each: each.name):
                file = archive.extractfile(member) if member.isfile() else None
                yield from [file.read()] if file else []


def _made_up() -> Iterator[bytes]:
    for entries in (5, 10, 20, 40, 80):
        items = "".join(_MADE_UP.format(n=n, m=n % 60) for n in range(entries))
        yield f"<rss version='2.0'><channel><title>Outlet</title>{items}</channel></rss>".encode()
