"""How good and how dear are our bullets: a table against Lead-3 and sumy's LexRank.

    python -m benchmarks.summaries ../shared/data/summaries/cnndm_dev.jsonl.gz [--limit 200] [--read 20]

Reads JSON lines with `text` and a summary by people (`highlights`, a list of lines, or `summary`, a text). Prints
ROUGE-1 and ROUGE-2 (F1 in percent, lower case, no stemming, so a little under the usual tool's figures), their mean's
distance from Lead-3, and CPU milliseconds an article after start-up. Lead-3 is the first three sentences as sentencex
cuts them, nothing cleaned. `--read 20` prints the choices for 20 articles, spread over the file, side by side: the lead
and LexRank's only where they differ from ours. An article that the model was trained on flatters it: see
`benchmarks.held_out`.
"""

import argparse
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from bot.summarize.bullets import condense
from bot.summarize.sentences import split

Row = dict[str, Any]
_WORD = re.compile(r"[a-z0-9]+")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, help="only the first so many articles")
    parser.add_argument("--read", type=int, metavar="N", help="print the bullets of N articles to read through")
    asked = parser.parse_args()
    rows = list(islice(read(asked.file), asked.limit))
    if asked.read:
        _read_through(rows[:: max(1, len(rows) // asked.read)][: asked.read])
        return
    print(f"{len(rows)} articles, 3 bullets{'':12}R1     R2   (R1+R2)/2 from Lead-3   CPU ms")
    base: list[float] | None = None
    for name, method in _METHODS.items():
        method(rows[0])
        scores, cpu_ms = _measured(rows, method)
        means = [sum(pair) / 2 for pair in scores]
        base = base or means
        first, second = (sum(score[n] for score in scores) / len(rows) for n in (0, 1))
        away = (sum(means) - sum(base)) / len(rows)
        print(f"{name:32} {first:6.2f} {second:6.2f} {away:+16.2f} {cpu_ms:14.2f}", flush=True)


def read(path: Path) -> Iterator[Row]:
    """The lines of a file of evaluation data, packed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _measured(rows: Sequence[Row], method: Callable[[Row], list[str]]) -> tuple[list[tuple[float, float]], float]:
    began = time.process_time()
    found = [method(row) for row in rows]
    cpu_ms = 1000 * (time.process_time() - began) / len(rows)
    return [_rouge(_reference(row), lines) for row, lines in zip(rows, found, strict=True)], cpu_ms


def _lead(row: Row) -> list[str]:
    return [sentence.text for sentence in islice(split(row["text"], "en"), 3)]


def _ours(row: Row, method: str) -> list[str]:
    return [bullet.text for bullet in condense(row["text"], title=row.get("title"), method=method).bullets]


_METHODS: dict[str, Callable[[Row], list[str]]] = {
    "Lead-3": _lead,
    "news (trained ranker)": partial(_ours, method="news"),
    "lexrank (cleaned text)": partial(_ours, method="lexrank"),
}


def _read_through(rows: Sequence[Row]) -> None:
    """Per article: our bullets (=), those of Lead-3 alone (-) and of LexRank alone (~), in text order."""
    for number, row in enumerate(rows, 1):
        print(f"\n{number}. {row['id']} {row.get('outlet', '')}")
        lead, ours, central = (method(row) for method in _METHODS.values())
        for mark, lines in (("=", ours), ("-", lead), ("~", central)):
            for line in lines:
                if mark == "=" or not any(line in other or other in line for other in ours):
                    print(f"  {mark} {line}")


def _reference(row: Row) -> str:
    lines = row.get("highlights") or row["summary"]
    return lines if isinstance(lines, str) else "\n".join(lines)


def _rouge(reference: str, lines: list[str]) -> tuple[float, float]:
    """ROUGE-1 and ROUGE-2 F1 in percent (Lin 2004)."""
    wanted, got = _WORD.findall(reference.lower()), _WORD.findall(" ".join(lines).lower())
    return _f1(Counter(wanted), Counter(got)), _f1(Counter(pairwise(wanted)), Counter(pairwise(got)))


def _f1(wanted: Counter[Any], got: Counter[Any]) -> float:
    return 200 * (wanted & got).total() / max(1, wanted.total() + got.total())


if __name__ == "__main__":
    main()
