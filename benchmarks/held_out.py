"""Bullets by models that never saw the article: the command that a fair score of the ranker is taken from.

    python -m benchmarks.train_ranker FILE --folds folds.json
    python -m benchmarks.held_out folds.json < lines      # the JSON lines of `nutgraf summarize --jsonl`

Reads and writes what `nutgraf summarize --jsonl` does; each article is condensed by the model of the fold that its id
was left out of. `--bullets N` asks for other than three.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.train_ranker import Row, fold_of
from bot.summarize.clean import story
from bot.summarize.rank import best_first
from bot.summarize.ranker import Model, parsed


def main() -> None:
    """Answer every line of standard input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folds", type=Path)
    parser.add_argument("--bullets", type=int, default=3)
    asked = parser.parse_args()
    models = [parsed(json.dumps(each)) for each in json.loads(asked.folds.read_text(encoding="utf-8"))]
    for line in sys.stdin:
        row = json.loads(line)
        print(json.dumps(answer(row, models[fold_of(row["id"])], asked.bullets), ensure_ascii=False))


def answer(row: Row, by: Model, count: int) -> Row:
    """The line that answers one article."""
    sentences = story(row["text"], "en", row.get("title"))
    chosen = [sentences[at] for at in sorted(best_first(sentences, count, row.get("title"), "en", by))]
    bullets = [{"text": each.text, "start": each.start, "end": each.end} for each in chosen]
    return {"id": row["id"], "language": "en", "bullets": bullets}


if __name__ == "__main__":
    main()
