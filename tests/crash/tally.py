"""What a run of crashes came to, and the bounds that it has to keep."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

IN_FLIGHT = 8
PROOF = True  # whether the service looks for proof of arrival before it repeats a message

HEAD = ("point", "database", "hits", "faults", "enqueued", "delivered", "lost", "wrong chat", "most copies",
        "duplicates", "in doubt", "left in doubt", "out of order")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """A row of the table.

    Args:
        hits: how often the whole process was killed, ended or stopped.
        faults: how many calls met a fault that says nothing about their outcome.
        enqueued: deliveries that were committed, each of one message with a text of its own.
        delivered: those that stand in their chat, once or more often.
        lost: those that do not, although nothing says so: neither *in doubt* nor refused.
        wrong_chat: messages that stand where nobody owed them, or that the outbox remembers as another one.
        most_copies: of one message.
        duplicates: messages more than one a delivery; `channel_duplicates` of them in channels.
        in_doubt: deliveries whose outcome nobody knew: those found in *sending* after a hit, and those a fault met.
        left_in_doubt: those that are listed as *in doubt* in the end and do not stand in their chat.
        disorder: messages that came after a later one of their chat.
        may_repeat: whether what hit it can leave a message that was taken in doubt; `may_doubt` any delivery at all.
    """

    point: str
    database: str
    hits: int = 0
    faults: int = 0
    enqueued: int = 0
    delivered: int = 0
    lost: int = 0
    wrong_chat: int = 0
    most_copies: int = 0
    duplicates: int = 0
    in_doubt: int = 0
    left_in_doubt: int = 0
    disorder: int = 0
    channel_duplicates: int = 0
    may_repeat: bool = True
    may_doubt: bool = True

    def broken(self) -> list[str]:
        """The bounds that do not hold, in words; empty if all is well."""
        most_in_doubt = self.hits * IN_FLIGHT + self.faults if self.may_doubt else 0
        most_duplicates = self.in_doubt if self.may_repeat else 0
        beyond_proof = self.duplicates - self.channel_duplicates if PROOF else 0
        bounds = {
            f"{self.lost} lost": self.lost == 0,
            f"{self.wrong_chat} in a wrong chat": self.wrong_chat == 0,
            f"{self.most_copies} copies of one message": self.most_copies <= 2,
            f"{self.duplicates} duplicates, at most {most_duplicates}": self.duplicates <= most_duplicates,
            f"{beyond_proof} duplicates in spite of proof of arrival": beyond_proof == 0,
            f"{self.in_doubt} in doubt, at most {most_in_doubt}": self.in_doubt <= most_in_doubt,
            f"{self.disorder} out of order": self.disorder == 0,
        }
        return [f"{self.point}, {self.database}: {words}" for words, holds in bounds.items() if not holds]

    def cells(self) -> tuple[str, ...]:
        """The row as the table shows it."""
        return tuple(str(getattr(self, field.name)) for field in fields(self))[: len(HEAD)]


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum row; of copies the most."""
    rows = list(tallies)
    numbers = [field.name for field in fields(Tally) if field.type is int]
    sums = {name: sum(getattr(row, name) for row in rows) for name in numbers}
    return Tally("all", "", **{**sums, "most_copies": max((row.most_copies for row in rows), default=0)})


def table(tallies: Iterable[Tally]) -> str:
    """The rows with their sum, in columns."""
    rows = list(tallies)
    cells = [HEAD, *(row.cells() for row in (*rows, total(rows)))]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = [
        "  ".join(cell.ljust(width) if column < 2 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in cells
    ]  # fmt: skip
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:-1], "-" * len(lines[0]), lines[-1]])
