"""UTF-16 code units, in which Telegram counts offsets and lengths."""

from itertools import accumulate


def u16_len(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def u16_offsets(text: str) -> list[int]:
    """For each character, and for the end, how many units lie before it."""
    return [0, *accumulate(1 + (char > "\uffff") for char in text)]
