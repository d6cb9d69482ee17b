"""Copies of one text: how many are found, and what is taken for one.

    python -m benchmarks.copies FILE... [--made 300] [--read] [--seed 1]

FILEs hold articles, gzipped JSON lines (`id`, `text`, and where known `title`, `source`, `event`, `highlights`).
Each file gets three tables: pairs of its articles that are called copies (with --read each of them, and those nearly
called so, to be read); articles changed as outlets change what an agency delivers, and how many of them are recognised,
by the fingerprint alone and all in all; and processor time. Articles without a source count as of an outlet each.
"""

import argparse
import gzip
import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bot.storage.fingerprints import MOST_OF_A_VALUE
from bot.stories.copies import Report, alike, compare
from bot.stories.shingles import fingerprint
from bot.stories.topics import fold

NEARLY = 0.5
CREDIT = "Reporting by Jo Doe and Ann Roe; Editing by Sam Poe. (c) 2026 The Example Agency. All rights reserved."
SPELLINGS = (
    (r"(\w{3})ise(d|s|)\b", r"\1ize\2"),
    (r"(\w{3})isation", r"\1ization"),
    (r"(\w{2})our(s|ed|)\b", r"\1or\2"),
    (r"\bper cent\b", "percent"),
    (r"\b(\d+)%", r"\1 percent"),
    (r"\b(\d+) million\b", r"\1m"),
    (r"\bU\.S\.", "US"),
    (r"\b(\w+)elled\b", r"\1eled"),
    (r"\bmetre", "meter"),
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'“])")

Article = dict[str, Any]
Change = Callable[[list[str], Article, random.Random], list[str]]


def read(path: Path) -> list[Article]:
    """The articles of a file that are long enough to have a fingerprint."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return [each for each in found if fingerprint(fold(each["text"]))]


# ---- what customers of an agency do to its reports; sentences in, sentences out -------------------


def byline(sentences: list[str], _: Article, __: random.Random) -> list[str]:
    """Their own name before it, the agency's credit behind it."""
    return ["By Ann Roe", "Published 07:12 EST, 22 November 2026", *sentences, CREDIT]


def dateline(sentences: list[str], _: Article, __: random.Random) -> list[str]:
    """Another place, day and agency."""
    return [f"GENEVA, Nov 22 (Example Agency) — {sentences[0]}", *sentences[1:]]


def lead(sentences: list[str], article: Article, _: random.Random) -> list[str]:
    """The first sentence in somebody else's words: from the outlet's summary where there is one."""
    other = next(iter(article.get("highlights", ())), "It was announced on Sunday evening, and much is not known yet.")
    return [str(other), *sentences[1:]]


def tail_cut(sentences: list[str], _: Article, __: random.Random) -> list[str]:
    """Without its last third."""
    return sentences[: max(1, 2 * len(sentences) // 3)]


def half_cut(sentences: list[str], _: Article, __: random.Random) -> list[str]:
    """The first half alone."""
    return sentences[: max(1, len(sentences) // 2)]


def added(sentences: list[str], article: Article, rng: random.Random) -> list[str]:
    """A paragraph of the outlet's own (two sentences of another article) somewhere in it."""
    at = rng.randrange(1, len(sentences) + 1)
    return [*sentences[:at], *article["others"], *sentences[at:]]


def spelling(sentences: list[str], _: Article, __: random.Random) -> list[str]:
    """American where it was British, figures and units as the outlet writes them."""
    text = "\n".join(sentences)
    for pattern, other in SPELLINGS:
        text = re.sub(pattern, other, text)
    return text.split("\n")


def small_edits(sentences: list[str], _: Article, rng: random.Random) -> list[str]:
    """A word in sixty gone, and one put in behind another one in sixty."""
    words = [word for sentence in sentences for word in (*sentence.split(), "\n")]
    kept = [word for word in words if word == "\n" or rng.random() > 1 / 60]
    return " ".join(f"{word} also" if word != "\n" and rng.random() < 1 / 60 else word for word in kept).split("\n")


def together(*changes: Change) -> Change:
    """One change after the other."""

    def all_(sentences: list[str], article: Article, rng: random.Random) -> list[str]:
        for change in changes:
            sentences = change(sentences, article, rng)
        return sentences

    return all_


CHANGES: dict[str, Change] = {
    "byline and credit": byline,
    "dateline": dateline,
    "lead rewritten": lead,
    "last third cut": tail_cut,
    "half cut": half_cut,
    "paragraph added": added,
    "spelling": spelling,
    "small edits": small_edits,
    "all but half, edits": together(lead, tail_cut, added, spelling, dateline, byline),
    "all but half": together(lead, tail_cut, added, spelling, small_edits, dateline, byline),
}


# ---- tables ----------------------------------------------------------------------------------------


def sharing(values: Iterable[tuple[int, ...]]) -> set[tuple[int, int]]:
    """Pairs, by position, that have a value in common; of one that many have, only the first are stored."""
    by_value: defaultdict[int, list[int]] = defaultdict(list)
    for at, of_it in enumerate(values):
        for value in of_it:
            by_value[value].append(at)
    return {
        (one, other)
        for places in by_value.values()
        for at, other in enumerate(places)
        for one in places[: min(at, MOST_OF_A_VALUE)]
    }


def report(number: int, article: Article, sources: dict[str, int]) -> Report:
    """An article as it is compared."""
    source = article.get("source")
    return Report(sources.setdefault(source, len(sources)) if source else -number, headline(article), article["text"])


def headline(article: Article) -> str:
    """Its own, else the first line of the outlet's summary."""
    return str(article.get("title") or next(iter(article.get("highlights", ())), ""))


def found_pairs(articles: list[Article], *, to_read: bool) -> None:
    """Which articles of a file are called copies."""
    sources: dict[str, int] = {}
    reports = {at: report(at, article, sources) for at, article in enumerate(articles)}
    pairs = sorted(sharing(fingerprint(fold(article["text"])) for article in articles))
    verdicts = compare(reports, pairs)
    linked = [pair for pair in pairs if verdicts[pair]]
    across = sum(articles[one].get("event") != articles[other].get("event") for one, other in linked)
    print(f"{len(articles)} articles: {len(pairs)} pairs compared, {len(linked)} called copies, {across} across events")
    if to_read:
        for one, other in sorted(pairs, key=lambda pair: -alike(*(articles[each]["text"] for each in pair))):
            share = alike(articles[one]["text"], articles[other]["text"])
            if share >= NEARLY:
                print(
                    f"  {'copy' if verdicts[one, other] else '    '} {share:.2f}", tell(articles[one], articles[other])
                )


def tell(one: Article, other: Article) -> str:
    """A line on two articles."""
    return " | ".join(f"{each['id'][:24]} {len(each['text'])} {each.get('source') or ''}" for each in (one, other))


def made(articles: list[Article], number: int, rng: random.Random) -> None:
    """How many changed articles are recognised, a line a change."""
    chosen = rng.sample(articles, min(number, len(articles)))
    sentences = [_SENTENCE.split(article["text"].replace("\n", " ")) for article in chosen]
    for at, article in enumerate(chosen):
        article["others"] = sentences[at - 1][2:4]
    print(f"{'of ' + str(len(chosen)) + ' changed':20} {'fingerprint':>12} {'recognised':>11} {'false':>6}")
    for name, change in CHANGES.items():
        changed = ["\n".join(change(list(of_it), each, rng)) for of_it, each in zip(sentences, chosen, strict=True)]
        print(f"{name:20} {'{:>11.1f}% {:>10.1f}% {:>6}'.format(*recognised(chosen, changed))}")


def recognised(chosen: list[Article], changed: list[str]) -> tuple[float, float, int]:
    """Percent with a common value, percent called copies, and how many pairs of two that are not alike were so too."""
    size = len(chosen)
    reports = {at: Report(1, headline(article), article["text"]) for at, article in enumerate(chosen)}
    for at, text in enumerate(changed):
        others = chosen[at].get("highlights", ())
        reports[size + at] = Report(2, str(others[-1]) if others else headline(chosen[at]), text)
    pairs = sorted(sharing(fingerprint(fold(reports[at].text)) for at in range(2 * size)))
    verdicts = compare(reports, pairs)
    own = [verdict for (one, other), verdict in verdicts.items() if other - one == size]
    linked = [(one % size, other % size) for (one, other), verdict in verdicts.items() if verdict]
    false = [pair for pair in linked if alike(*(chosen[each]["text"] for each in pair)) < NEARLY]
    return 100 * len(own) / size, 100 * sum(own) / size, len(false)


def cost(articles: list[Article]) -> None:
    """Processor time an article."""
    began = time.process_time()
    folded = [fold(article["text"]) for article in articles]
    folding = time.process_time()
    for text in folded:
        fingerprint(text)
    taken = time.process_time()
    reports = {at: report(at, article, {}) for at, article in enumerate(articles)}
    pairs = [(at, at + 1) for at in range(0, len(articles) - 1, 2)]
    compare(reports, pairs)
    ended = time.process_time()
    a_ms = 1000 / len(articles)
    print(
        f"ms an article: {(taken - folding) * a_ms:.2f} fingerprint, {(folding - began) * a_ms:.2f} folding, which the "
        f"search needs as well; {(ended - taken) * 1000 / len(pairs):.2f} ms a pair compared"
    )


def main() -> None:
    """Measure each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--made", type=int, default=300)
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for path in args.files:
        articles = read(path)
        print(f"\n{path.name}")
        found_pairs(articles, to_read=args.read)
        made(articles, args.made, random.Random(args.seed))
        cost(articles)


if __name__ == "__main__":
    main()
