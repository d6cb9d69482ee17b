"""What commands print on standard output: lines, JSON lines and times, in one form for all."""

import json
from collections.abc import Mapping
from datetime import datetime


def say(line: str) -> None:
    """Print one line; what UTF-8 cannot carry (halves of characters in file names) is replaced."""
    print(line.encode("utf-8", "replace").decode("utf-8"))


def dumped(row: Mapping[str, object]) -> str:
    """One JSON object on one line; times as `iso` writes them."""
    return json.dumps(row, ensure_ascii=False, default=iso)


def iso(moment: object) -> str:
    """A UTC time as `2026-11-22T08:00:00Z`.

    Raises:
        TypeError: it is no time, as `json.dumps` expects of its helper.
    """
    if isinstance(moment, datetime):
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    raise TypeError(type(moment).__name__)
