"""Times as feeds write them: the usual forms, read the same way by both parsers.

What is not one of them (old zone names, Greek, Korean and Hungarian dates) is left to feedparser. A time without a zone
is taken as UTC.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?\s*"
    r"(?P<zone>Z|[A-Z]{2,4}|[+-]\d\d:?\d\d)?"
)
# RFC 3339 and what is written like it, slashes and single digits included: year, month, day in this order
_BY_YEAR = re.compile(
    rf"(?P<year>\d{{4}})(?P<dash>[-/.])(?P<month>\d{{1,2}})(?P=dash)(?P<day>\d{{1,2}})(?:(?:T|\s+){_CLOCK})?",
    re.IGNORECASE | re.ASCII,
)
# RFC 5322, section 3.3, day and month in any language that is spelt in Latin letters
_BY_DAY = re.compile(
    rf"(?:[^\W\d_]{{2,12}}\.?,?\s+)?(?P<day>[0-9]{{1,2}})[\s-]+(?P<name>[^\W\d_]{{3,10}})\.?[\s-]+(?P<year>[0-9]{{4}})"
    rf"(?:,?\s+{_CLOCK})?",
    re.IGNORECASE,
)
# English, German, French, Italian, Spanish, Portuguese, Dutch, Polish and Nordic month names by their beginnings
_MONTHS = (
    "jan gen ene sty",
    "feb fév fev lut",
    "mar mär mrt maa",
    "apr avr abr kwi",
    "may mai mag mei maj",
    "jun juin giu cze",
    "jul juil lug lip",
    "aug aoû aou ago sie",
    "sep set wrz",
    "oct okt ott out paź",
    "nov lis",
    "dec déc dez dic des gru",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_ZONES = {"Z": 0, "UT": 0, "GMT": 0, "UTC": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6}
_ZONES |= {"PST": -8, "PDT": -7}
_MOST_CHARS = 60


def read_time(written: str) -> datetime | None:
    """The instant that one of the usual forms names, in UTC; None for any other form and for days that do not exist."""
    written = written.strip()
    return _read(written) if len(written) <= _MOST_CHARS else None


@lru_cache(2048)  # the fast way asks twice: whether it can be read, and what it is
def _read(written: str) -> datetime | None:
    found = _BY_YEAR.fullmatch(written) or _BY_DAY.fullmatch(written)
    zone = _zone(found["zone"]) if found else None
    month = _month(found.groupdict()) if found else None
    if not found or zone is None or month is None:
        return None
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    try:
        return datetime(int(found["year"]), month, int(found["day"]), hour, minute, second, 0, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _month(found: dict[str, str | None]) -> int | None:
    if number := found.get("month"):
        return int(number)
    name = (found.get("name") or "").lower()
    return _MONTH.get(name[:3]) or _MONTH.get(name[:4])


def _zone(written: str | None) -> timezone | None:
    """UTC where none is written; None where it is none that we know."""
    if not written or written[0] not in "+-":
        hours = _ZONES.get((written or "Z").upper())
        return None if hours is None else timezone(timedelta(hours=hours))
    ahead = timedelta(hours=int(written[1:3]), minutes=int(written[-2:]))
    return timezone(-ahead if written[0] == "-" else ahead) if ahead < timedelta(hours=24) else None
