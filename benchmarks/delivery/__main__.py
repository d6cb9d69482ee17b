"""What delivery costs and how fast it is, in five tables.

    python -m benchmarks.delivery [--quick] [--only capped,asking]

Figures are the median of the rounds, in brackets the lowest and the highest: other work on the machine shows in them.
All of it takes about half an hour; --quick a few minutes, with smaller sizes.
"""

from collections.abc import Callable

from benchmarks.common.command import command, sized
from benchmarks.common.figures import machine
from benchmarks.common.stores import postgresql_server
from benchmarks.delivery import asking, capped, fan_out, uncapped, waiting

PARTS = ("uncapped", "capped", "asking", "fan_out", "waiting")
SIZES = {
    "rounds": (3, 1),
    "messages": (2000, 500),
    "capped-chats": (1000, 150),
    "asking-chats": (10_000, 5000),
    "asks": (200, 50),
    "asking-seconds": (60, 15),
    "fan-out-chats": (100_000, 10_000),
    "waiting": (1_000_000, 100_000),
}


def main() -> None:
    """Print the tables."""
    asked = sized(command(__doc__, PARTS), SIZES)
    print(machine())
    parts: dict[str, Callable[[], None]] = {
        "uncapped": lambda: uncapped.table(asked.messages, asked.rounds),
        "capped": lambda: capped.table(asked.capped_chats, asked.rounds),
        "asking": lambda: asking.table(asked.asking_chats, asked.asks, asked.asking_seconds),
        "fan_out": lambda: fan_out.table(asked.fan_out_chats, asked.rounds, server),
        "waiting": lambda: waiting.table(asked.waiting, asked.rounds, server),
    }
    with postgresql_server() as server:
        for name in asked.only.split(","):
            parts[name]()


if __name__ == "__main__":
    main()
