"""What reading sources costs, how many one core bears, and how fast a push is, in three tables.

    python -m benchmarks.sources [--quick] [--only cycle,scale,push] [--feeds FOLDER or ARCHIVE]

Figures are the median of the rounds, in brackets the lowest and the highest. All of it takes about half an hour;
--quick some minutes, with smaller sizes. Feeds are the saved ones of the evaluation data where they lie beside the
project, else made-up ones. A loopback network of which every address answers is needed, as Linux has it.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.common.command import command, sized
from benchmarks.common.figures import machine
from benchmarks.sources import cycle, push, scale
from benchmarks.sources.bodies import SAVED

PARTS = ("cycle", "scale", "push")
SIZES = {
    "count": (1000, 300),
    "rounds": (3, 1),
    "sources": (10_000, 10_000),
    "seconds": (300, 35),
    "publications": (100, 16),
}


def main() -> None:
    """Print the tables."""
    parser = command(__doc__, PARTS)
    parser.add_argument("--feeds", type=Path, default=SAVED, help="a folder or a .tar.gz of saved feeds")
    asked = sized(parser, SIZES)
    print(machine())
    parts: dict[str, Callable[[], None]] = {
        "cycle": lambda: cycle.table(asked.feeds, asked.count, asked.rounds),
        "scale": lambda: scale.table(asked.sources, asked.seconds),
        "push": lambda: push.table(asked.publications),
    }
    for name in asked.only.split(","):
        parts[name]()


if __name__ == "__main__":
    main()
