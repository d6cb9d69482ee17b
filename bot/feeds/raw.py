"""What both ways of reading a feed hand over, before it is cleaned: feedparser's names, nothing bounded yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.models import FeedKind

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed's own fields and its entries, in the feed's order, as feedparser would name them."""

    kind: FeedKind
    channel: Raw
    entries: Sequence[Raw]
