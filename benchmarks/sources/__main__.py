"""What reading sources costs, how many one core bears, and how fast a push is, in three tables.

    python -m benchmarks.sources [--quick] [--only cycle,scale,push] [--feeds FOLDER or ARCHIVE]

Figures are the median of the rounds, in brackets the lowest and the highest. All of it takes about twenty minutes;
--quick some, with smaller sizes. Feeds are the saved ones of the evaluation data where they lie beside the
project, else made-up ones. A loopback network of which every address answers is needed, as Linux has it.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks.delivery.figures import machine
from benchmarks.sources import cycle, push, scale
from benchmarks.sources.bodies import SAVED

PARTS = ("cycle", "scale", "push")


def main() -> None:
    """Print the tables."""
    asked = _arguments()
    print(machine())
    parts: dict[str, Callable[[], None]] = {
        "cycle": lambda: cycle.table(asked.feeds, asked.count, asked.rounds),
        "scale": lambda: scale.table(asked.sources, asked.seconds),
        "push": lambda: push.table(asked.publications),
    }
    for name in asked.only.split(","):
        parts[name]()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, for those that are not given")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--feeds", type=Path, default=SAVED, help="a folder or a .tar.gz of saved feeds")
    sizes = {
        "count": (1000, 300),
        "rounds": (3, 1),
        "sources": (10_000, 10_000),
        "seconds": (300, 35),
        "publications": (100, 16),
    }
    for name, (full, quick) in sizes.items():
        parser.add_argument(f"--{name}", type=int, help=f"{full:,}; quick: {quick:,}")
    asked = parser.parse_args()
    for name, (full, quick) in sizes.items():
        if getattr(asked, name.replace("-", "_")) is None:
            setattr(asked, name.replace("-", "_"), quick if asked.quick else full)
    return asked


if __name__ == "__main__":
    main()
