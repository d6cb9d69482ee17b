"""Feeds read a second, by both ways of reading, on one core.

    python -m benchmarks.feeds [--rounds 5] [FOLDER or ARCHIVE]

Without a folder or a .tar.gz of saved feeds it reads feeds that it makes up, of 5 to 80 entries. "way" is the parser
alone, "whole" parsing as the service does it, cleaning included. Median of the rounds, processor time.
"""

import argparse
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from bot.domain.errors import NotAFeed
from bot.feeds.decode import decoded
from bot.feeds.fast import read_fast
from bot.feeds.parse import as_feed, parse_feed
from bot.feeds.reference import read_any
from bot.feeds.repair import find_root

URL = "https://outlet.example/feed.xml"
MOST = 200
ENTRY = (
    "<item><title>Story {n}: the council decides on the bridge</title><link>https://outlet.example/{n}</link>"
    "<guid isPermaLink='false'>o-{n}</guid><pubDate>Sun, 22 Nov 2026 09:{m:02}:00 +0100</pubDate>"
    "<description>&lt;p&gt;The new bridge of port {n} will cost {n} million and take three years.&lt;/p&gt; "
    "&lt;p&gt;Engineers had &lt;a href='/{n}'&gt;warned&lt;/a&gt; in March that the northern pillar moved.&lt;/p&gt;"
    "</description></item>"
)
Job = tuple[str, int]


def made_up() -> Iterator[bytes]:
    """Plain RSS feeds."""
    for entries in (5, 10, 20, 40, 80):
        items = "".join(ENTRY.format(n=n, m=n % 60) for n in range(entries))
        yield f"<rss version='2.0'><channel><title>Outlet</title>{items}</channel></rss>".encode()


def saved(place: Path) -> Iterator[bytes]:
    """The files of a folder or an archive."""
    if place.is_dir():
        yield from (path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file())
        return
    with tarfile.open(place) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member) if member.isfile() else None
            yield from [file.read()] if file else []


def a_second(work: Callable[[Job], object], jobs: list[Job], rounds: int) -> float:
    """Feeds a second."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        for job in jobs:
            work(job)
        times.append(time.process_time() - began)
    return len(jobs) / median(times)


def fast(job: Job) -> object:
    """The fast way alone."""
    return read_fast(*job, MOST)


def reference(job: Job) -> object:
    """Feedparser alone."""
    return read_any(*job, URL, MOST)


def fast_whole(job: Job) -> object:
    """As the service reads a plain feed."""
    return parse_feed(job[0].encode(), url=URL)


def reference_whole(job: Job) -> object:
    """As the service would read it without the fast way."""
    return as_feed(read_any(*job, URL, MOST), job[0], URL, None)


def readable(bodies: Iterator[bytes]) -> tuple[list[Job], int]:
    """The feeds that the fast way accepts, and of how many that the reference reads."""
    jobs, all_ = [], 0
    for body in bodies:
        text = decoded(body)
        root = find_root(text)
        try:
            _ = root is not None and read_any(text, root, URL, MOST)
        except NotAFeed:
            continue
        if root is not None:
            all_ += 1
            jobs += [(text, root)] if read_fast(text, root, MOST) else []
    return jobs, all_


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    jobs, all_ = readable(saved(args.place) if args.place else made_up())
    print(
        f"{len(jobs)} of {all_} feeds prove plain, {sum(len(text) for text, _ in jobs) / len(jobs) / 1000:.0f} kB each"
    )
    print(f"{'':10} {'fast':>10} {'reference':>10} {'ratio':>6}   feeds a second a core")
    for name, one, other in (("way", fast, reference), ("whole", fast_whole, reference_whole)):
        rates = a_second(one, jobs, args.rounds), a_second(other, jobs, args.rounds)
        print(f"{name:10} {rates[0]:10.0f} {rates[1]:10.0f} {rates[0] / rates[1]:6.1f}")


if __name__ == "__main__":
    main()
