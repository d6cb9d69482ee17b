"""From a parsed text and its marked spans to what a message holds: cleaned, trimmed, entities in Telegram's order.

The rules follow what Telegram's servers do: links, code and the like never overlap each other; bold and its kin may lie
in and around anything but code; what looks like a link, a mention, a hashtag or a command is found in the plain rest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.sandbox.find import find_plain
from bot.sandbox.nouns import Json
from bot.sandbox.spans import Span
from bot.sandbox.units import u16_offsets

MOST_ENTITIES = 100
STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
CODE = frozenset({"code", "pre"})
_NEST = ("expandable_blockquote", "blockquote", "pre", "code", "text_link", "text_mention", "date_time", "custom_emoji")
_PLAIN = ("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number")
_ORDER = {
    kind: n for n, kind in enumerate((*_NEST, *_PLAIN, "bold", "italic", "underline", "strikethrough", "spoiler"))
}
_DROPPED = frozenset({"\r", "\u0333", "\u033f", "\u034a", *map(chr, range(0x2028, 0x202F))})
_INVISIBLE = frozenset(
    "\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u115f\u1160\u3164\uffa0"
)
_BLANK = " \n\t"


@dataclass(frozen=True, slots=True)
class Text:
    """A message's text and its entities as Bot API objects."""

    text: str
    entities: tuple[Json, ...]


def compose(text: str, spans: Iterable[Span], user_of: Callable[[int], Json | None]) -> Text:
    """Clean a text, arrange its entities and count them in UTF-16 units.

    Args:
        text: without markup, any length.
        spans: in characters of `text`; those that cross wrongly are cut or dropped as Telegram does.
        user_of: the User object of a user id, for mentions by id; None drops the mention.

    Returns:
        The text without control characters, direction overrides and blank ends ("" if nothing visible is left), at most
        100 entities ordered by offset, longer ones first.
    """
    text, cleaned = _clean(text, spans)
    text, arranged = _trim(text, _arrange(text, cleaned, find_plain(text)))
    if all(char.isspace() or char in _INVISIBLE for char in text):
        return Text("", ())
    offsets = u16_offsets(text)
    entities = (_entity(span, offsets, user_of) for span in arranged)
    return Text(text, tuple([entity for entity in entities if entity][:MOST_ENTITIES]))


def _clean(text: str, spans: Iterable[Span]) -> tuple[str, list[Span]]:
    kept: list[str] = []
    moved = [0]
    for char in text:
        if char not in _DROPPED:
            kept.append(" " if char < " " and char not in _BLANK else char)
        moved.append(len(kept))
    return "".join(kept), [replace(span, start=moved[span.start], end=moved[span.end]) for span in spans]


def _sorted(spans: Iterable[Span]) -> list[Span]:
    return sorted(spans, key=lambda span: (span.start, span.start - span.end, _ORDER[span.type]))


def _arrange(text: str, marked: Sequence[Span], found: Iterable[Span]) -> list[Span]:
    """Whole entities that do not touch each other, quotes that are not nested, styles cut where these demand it.

    What was `found` gives way to what was `marked`; what lies over blanks only is dropped.
    """
    spans = _visible(text, marked)
    quotes = _apart(span for span in spans if span.type in QUOTES)
    whole = _apart(span for span in spans if span.type not in STYLES | QUOTES)
    walls = [*quotes, *whole, *(span for span in found if not _touches(span, whole) and not _crosses(span, quotes))]
    for style in _sorted(span for kind in STYLES for span in _joined(span for span in spans if span.type == kind)):
        walls += _visible(text, _cut(style, walls))
    return _sorted(walls)


def _visible(text: str, spans: Iterable[Span]) -> list[Span]:
    return [span for span in spans if text[span.start : span.end].strip(_BLANK)]


def _touches(span: Span, others: Iterable[Span]) -> bool:
    return any(other.start < span.end and span.start < other.end for other in others)


def _crosses(span: Span, others: Iterable[Span]) -> bool:
    return _touches(span, [other for other in others if not (other.start <= span.start and span.end <= other.end)])


def _apart(spans: Iterable[Span]) -> list[Span]:
    """The first of every overlapping lot."""
    kept: list[Span] = []
    for span in _sorted(spans):
        if not kept or kept[-1].end <= span.start:
            kept.append(span)
    return kept


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans of one style, those that touch as one."""
    kept: list[Span] = []
    for span in _sorted(spans):
        if kept and span.start <= kept[-1].end:
            kept[-1] = replace(kept[-1], end=max(kept[-1].end, span.end))
        else:
            kept.append(span)
    return kept


def _cut(style: Span, walls: Iterable[Span]) -> list[Span]:
    """The pieces of a style outside code, cut at the edges of the entities that it crosses."""
    near = [wall for wall in walls if wall.start < style.end and style.start < wall.end]
    if any(wall.type in CODE and wall.start <= style.start and style.end <= wall.end for wall in near):
        return []
    edges = sorted(edge for wall in near for edge in _edges(wall, style))
    if not edges:
        return [style]
    # the middle one first, so that thousands of pieces are not thousands of calls deep
    middle = edges[len(edges) // 2]
    return _cut(replace(style, end=middle), near) + _cut(replace(style, start=middle), near)


def _edges(wall: Span, style: Span) -> list[int]:
    """Where a wall's ends lie within a style that may not go on there: it crosses the wall, or the wall is code."""
    inside = [edge for edge in (wall.start, wall.end) if style.start < edge < style.end]
    surrounds = style.start <= wall.start and wall.end <= style.end
    return inside if wall.type in CODE or not surrounds else []


def _trim(text: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """Without the blanks at the end, and without those at the beginning as far as the first entity."""
    text = text.rstrip(_BLANK)
    first = min((span.start for span in spans), default=len(text))
    lead = min(len(text) - len(text.lstrip(_BLANK)), first)
    ends = [replace(span, start=span.start - lead, end=min(span.end, len(text)) - lead) for span in spans]
    return text[lead:], _sorted(span for span in ends if span.start < span.end)


def _entity(span: Span, offsets: list[int], user_of: Callable[[int], Json | None]) -> Json | None:
    at = offsets[span.start]
    entity: Json = {"type": span.type, "offset": at, "length": offsets[span.end] - at, **dict(span.extra)}
    if span.type == "text_mention":
        entity["user"] = user_of(entity.pop("user_id"))
    return None if entity.get("user", entity) is None else entity
