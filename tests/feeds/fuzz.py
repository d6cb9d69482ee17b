"""Mutants of feeds, each read in a worker as in the service: `python -m tests.feeds.fuzz [--mutants 10000] [--seed 1]`.

The corpus is the conformance suites and saved feeds beside the repository, and the project's own samples in any case.
A mutant is well dealt with when reading it ends within the limits of a worker, with a feed within the limits of feeds
or with NotAFeed, and when both ways of reading say the same where the fast one says anything.
"""

import argparse
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bot.cli.batch import spread
from bot.domain.errors import NotAFeed, NutgrafError
from bot.domain.models import Entry, Feed
from bot.feeds.decode import decoded
from bot.feeds.fast import read_fast
from bot.feeds.limits import CONTENT_CHARS, ID_CHARS, LANGUAGE_CHARS, NAME_CHARS, SUMMARY_CHARS, TITLE_CHARS
from bot.feeds.parse import as_feed, parse_feed
from bot.feeds.reference import read_any
from bot.feeds.repair import find_root
from bot.feeds.urls import MOST_CHARS
from tests.feeds.samples import DATA, own_feeds, saved_feeds

URL = "https://h.example/feed.xml"
MOST_ENTRIES = 20
LIMIT_S = 5.0
_ARCHIVES = ("conformance.tar.gz", "real.tar.gz")
_LEAF = re.compile(rb"<([\w:.-]{1,40})(\s[^<>]{0,400})?>([^<>]{0,2000})</\1>")
_UNCLEAN = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")
_LARGEST = 60_000  # larger feeds say nothing that smaller ones do not
_LIMITS = {
    "id": ID_CHARS,
    "title": TITLE_CHARS,
    "author": NAME_CHARS,
    "summary": SUMMARY_CHARS,
    "content": CONTENT_CHARS,
}
_SNIPPETS = (
    b"<item>", b"</item>", b"<entry>", b"</entry>", b"<title>", b"</title>", b"<title/>", b"</channel>", b"<![CDATA[",
    b"]]>", b"<!--", b"-->", b"<?x", b"?>", b"<!DOCTYPE rss [<!ENTITY a 'b'>]>", b"&a;", b"&amp;", b"&#0;", b"&#150;",
    b"&nbsp;", b"&", b"<", b">", b'"', b"'", b"\x00", b"\xff", b"\xc3\xa9", b"\xe2\x80\xae", b"\xed\xa0\x80",
    b"\xef\xbb\xbf", b" xml:base='/b/'", b" type='xhtml'", b" type='html'", b" type='application/octet-stream'",
    b" rel='enclosure'", b" href=''", b" isPermaLink='true'", b"<link>x</link>", b"<link href='/l'/>",
    b"<guid>http:////g</guid>", b"<id/>", b"<author><name>A</name></author>", b"<author>a@b.example (A)</author>",
    b"<dc:creator xmlns:dc='http://purl.org/dc/", b"<pubDate>2026-02-30</pubDate>",
    b"<updated>0001-01-01T00:00:00+14:00</updated>", b"<summary>S</summary>", b"<description>&lt;b&gt;</description>",
    b"<content type='xhtml'><div>x</div></content>", b"<source><title>S</title>",
    b"<media:content xmlns:media='http://search.yahoo.com/mrss/' url='//m' type='image/png'/>", b"<ttl>9</ttl>",
    b"<x:y xmlns:x='urn:x'><title>T</title></x:y>", b"<category/>", b" lang='de'",
    b" xmlns='http://purl.org/rss/1.0/'",
)  # fmt: skip


def corpus() -> dict[str, bytes]:
    """What mutants are made of, by name."""
    found = own_feeds()
    for archive in _ARCHIVES:
        if (DATA / archive).exists():
            found |= {name: body for name, body in saved_feeds(archive) if len(body) <= _LARGEST}
    return found


def mutants(feeds: dict[str, bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` mutants, the same for the same seed and feeds."""
    names = sorted(feeds)
    for number in range(count):
        dice = random.Random(f"{seed}:{number}")
        body = bytearray(feeds[dice.choice(names)])
        mutate = dice.choice((_mutate, _rearrange))
        for _ in range(dice.randint(1, 4)):
            mutate(body, dice, feeds[dice.choice(names)])
        yield bytes(body)


def _rearrange(body: bytearray, dice: random.Random, other: bytes) -> None:
    """A mutation that leaves XML well-formed as a rule: an element without others in it comes, goes, or is renamed."""
    leaves = list(_LEAF.finditer(bytes(body)))
    if not leaves:
        return
    leaf, named = dice.choice(leaves), dice.choice(leaves)
    match dice.randrange(4):
        case 0:
            body[leaf.start() : leaf.end()] = b""
        case 1:
            body[leaf.start() : leaf.start()] = named[0]
        case 2:
            body[leaf.start() : leaf.end()] = b"<%s>%s</%s>" % (named[1], leaf[3], named[1])
        case _:
            new = dice.choice([found[0] for found in _LEAF.finditer(other)] or [leaf[0]])
            body[leaf.end() : leaf.end()] = new


def _mutate(body: bytearray, dice: random.Random, other: bytes) -> None:
    at = _place(body, dice)
    some = slice(at, at + dice.choice((1, 1, 5, 40, 400)))
    match dice.randrange(7):
        case 0:
            del body[some]
        case 1:
            body[at:at] = body[some]
        case 2:
            body[some] = dice.randbytes(1)
        case 3:
            start = _place(other, dice)
            body[at:at] = other[start : start + 200]
        case 4 if dice.random() < 0.2:
            del body[at:]
        case _:
            body[at:at] = dice.choice(_SNIPPETS)


def _place(body: bytes | bytearray, dice: random.Random) -> int:
    """Anywhere, or more often where a tag begins or ends, for that is where mutants stay well-formed."""
    at = dice.randrange(len(body) + 1)
    found = body.find(dice.choice((b"<", b">")), at)
    return at if found < 0 or dice.random() < 0.3 else found + body[found : found + 1].count(b">")


def examine(body: bytes) -> str | None:
    """What is wrong with the way a mutant is read, None if nothing; runs in a worker."""
    try:
        feed = parse_feed(body, url=URL, most_entries=MOST_ENTRIES)
    except NotAFeed:
        return None
    wrong = [fault for entry in feed.entries for fault in _faults(entry)]
    if (
        len(feed.entries) > MOST_ENTRIES
        or len(feed.title or "") > TITLE_CHARS
        or len(feed.language or "") > LANGUAGE_CHARS
    ):
        wrong.append("the feed is beyond its limits")
    return "; ".join([*wrong, *_differences(body, feed)]) or None


def _faults(entry: Entry) -> Iterator[str]:
    for name, most in _LIMITS.items():
        text = getattr(entry, name) or ""
        if len(text) > most or text != text.strip() or _UNCLEAN.search(text):
            yield f"{name} is {text[:60]!r}"
    for link in filter(None, (entry.link, entry.image)):
        if len(link) > MOST_CHARS or not link.startswith(("http://", "https://")):
            yield f"an address is {link[:60]!r}"


def _differences(body: bytes, feed: Feed) -> Iterator[str]:
    text = decoded(body)
    root = find_root(text)
    if root is None or read_fast(text, root, MOST_ENTRIES) is None:
        return
    reference = as_feed(read_any(text, root, URL, MOST_ENTRIES), text, URL, None)
    if feed != reference:
        yield f"the two ways differ: {feed} and {reference}"


def complaints(bodies: list[bytes]) -> Iterator[tuple[int, str]]:
    """The mutants that were badly dealt with, by number, and why."""
    for number, outcome in enumerate(spread(examine, bodies, limit_s=LIMIT_S, progress="mutants")):
        if isinstance(outcome, (str, NutgrafError)):
            yield number, outcome if isinstance(outcome, str) else f"{type(outcome).__name__}: {outcome}"


def main() -> int:
    """Read mutants, print what is wrong, and keep those in a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("test-results/mutants"), help="where bad ones are written")
    args = parser.parse_args()
    bodies = list(mutants(corpus(), args.mutants, args.seed))
    found = list(complaints(bodies))
    for number, why in found:
        args.keep.mkdir(parents=True, exist_ok=True)
        (args.keep / f"{args.seed}-{number}.xml").write_bytes(bodies[number])
        sys.stdout.write(f"mutant {number}: {why[:1000]}\n")
    sys.stdout.write(f"{len(bodies)} mutants read, {len(found)} badly dealt with\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
