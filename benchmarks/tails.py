"""How well the end of a story is found: a table of what survives of other stories glued behind it.

    python -m benchmarks.tails ../shared/data/summaries/bbc_dev.jsonl.gz [--limit 200] [--lost]

Reads JSON lines with `text`, perhaps `title`. Behind each article come teasers from others of the file, three to eight,
seeded: their first sentences, or what a list of stories makes of them. Counted are the teasers of which anything is
left, the stories that lose sentences of their own, and how many sentences that is; "as it is" counts what the articles
lose with nothing glued on. An article in one line is broken after every second sentence, but for the last row, where
all is one line. `--lost` prints what the articles lose as they are.
"""

import argparse
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from benchmarks.summaries import read
from bot.summarize.clean import read as read_story
from bot.summarize.clean import story
from bot.summarize.sentences import Sentence

_FEWEST, _MOST = 3, 8
_LEAST_SENTENCES = 6
_HEADLINE_WORDS, _CUT_CHARS = 9, 110


@dataclass(frozen=True, slots=True)
class _Told:
    """An article's own text and the sentences of it before its tail is looked for."""

    text: str
    title: str | None
    sentences: tuple[Sentence, ...]


Teasers = Callable[[Sequence[_Told]], list[str]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, help="only the first so many articles")
    parser.add_argument("--lost", action="store_true", help="print what articles lose as they are")
    asked = parser.parse_args()
    told = [each for each in islice(_read(asked.file), asked.limit) if len(each.sentences) >= _LEAST_SENTENCES]
    lost = [(each, len(story(each.text, "en", each.title))) for each in told]
    if asked.lost:
        _print_lost(lost)
        return
    shorter = [len(each.sentences) - kept for each, kept in lost if kept < len(each.sentences)]
    print(f"{len(told)} articles{'':21}teasers   left   stories that lose   sentences lost")
    print(f"{'as it is':32}{'–':>5}{'–':>8}{len(shorter):>18}{sum(shorter):>17}")
    for name, (teasers, gap) in _FORMS.items():
        print(_row(name, told, teasers, gap), flush=True)


def _read(path: Path) -> Iterator[_Told]:
    for row in read(path):
        yield _Told(row["text"], row.get("title"), _every(row["text"], row.get("title")))


def _every(text: str, title: str | None) -> tuple[Sentence, ...]:
    told = read_story(text, "en", title)
    return told.sentences + told.tail


def _row(name: str, told: Sequence[_Told], teasers: Teasers, gap: str) -> str:
    chance = random.Random(7)
    glued = left = losing = lost = 0
    for each in told:
        others = [other for other in chance.sample(told, chance.randint(_FEWEST, _MOST) + 1) if other is not each][:-1]
        own, tail = _lines(each, gap), teasers(others)
        text = gap.join((*own, *tail))
        kept = story(text, "en", each.title)
        begins = len(text) - len(gap.join(tail))
        missing = len(_every(gap.join(own), each.title)) - sum(one.start < begins for one in kept)
        at = [begins + len(gap.join(("", *tail[:number]))) for number in range(len(tail))]
        left += sum(
            any(start <= one.start < start + len(line) for one in kept) for start, line in zip(at, tail, strict=True)
        )
        glued, losing, lost = glued + len(tail), losing + (missing > 0), lost + max(0, missing)
    return f"{name:32}{glued:>5}{100 * left / glued:>7.0f}%{losing:>18}{lost:>17}"


def _lines(told: _Told, gap: str) -> list[str]:
    """The article's own sentences a paragraph a line, of two sentences where it has no paragraphs."""
    texts = [each.text for each in told.sentences]
    if gap != "\n":
        return texts
    if "\n" not in told.text.strip():
        return [" ".join(texts[at : at + 2]) for at in range(0, len(texts), 2)]
    paragraphs = groupby(told.sentences, lambda each: told.text.count("\n", 0, each.start))
    return [" ".join(each.text for each in paragraph) for _, paragraph in paragraphs]


def _firsts(others: Sequence[_Told]) -> list[str]:
    return [each.sentences[0].text for each in others]


def _below_a_heading(others: Sequence[_Told]) -> list[str]:
    return ["Elsewhere on our pages", *_firsts(others)]


def _with_headlines(others: Sequence[_Told]) -> list[str]:
    return [line for first in _firsts(others) for line in (" ".join(first.split()[:_HEADLINE_WORDS]), first)]


def _cut_short(others: Sequence[_Told]) -> list[str]:
    return [f"{first[:_CUT_CHARS].rsplit(' ', 1)[0].rstrip('.')} ..." for first in _firsts(others)]


def _headlines(others: Sequence[_Told]) -> list[str]:
    return [first.rstrip(".") for first in _firsts(others)]


def _one_other(others: Sequence[_Told]) -> list[str]:
    return [each.text for each in others[0].sentences[: len(others)]]


_FORMS: dict[str, tuple[Teasers, str]] = {
    "first sentences": (_firsts, "\n"),
    "below a heading": (_below_a_heading, "\n"),
    "each below its headline": (_with_headlines, "\n"),
    "cut short with dots": (_cut_short, "\n"),
    "without a full stop": (_headlines, "\n"),
    "paragraphs of one other story": (_one_other, "\n"),
    "first sentences, all in one line": (_firsts, " "),
}


def _print_lost(lost: Sequence[tuple[_Told, int]]) -> None:
    for each, kept in lost:
        if kept < len(each.sentences):
            print(f"\n{each.title or each.sentences[0].text}\n  … {each.sentences[kept - 1].text}")
            print("\n".join(f"  - {one.text}" for one in each.sentences[kept:]))


if __name__ == "__main__":
    main()
