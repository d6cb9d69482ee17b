"""Machine output: JSON lines and times, in one form for all commands."""

import json
import sys
from collections.abc import Mapping
from datetime import datetime


def print_json(row: Mapping[str, object]) -> None:
    """One object on one line of standard output."""
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def iso(moment: datetime | None) -> str | None:
    """A UTC time as `2026-11-22T08:00:00Z`."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
