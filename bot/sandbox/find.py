"""What Telegram finds in plain text: links, e-mail addresses, mentions, hashtags and commands."""

import re
from collections.abc import Iterator
from itertools import islice

from bot.sandbox.spans import Span

_TLDS = (
    "com|org|net|edu|gov|int|info|biz|news|io|dev|app|me|tv|eu|uk|de|fr|nl|it|es|se|no|pl|ru|ua|tr|ch|at|be|us|ca|au|in|"
    "sy|lb|eg"
)
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_TAIL = r"(?::\d{1,5})?(?:[/?#][^\s<>\"«»“”]*)?"
_PATTERNS = (
    ("url", re.compile(rf"(?<![\w@])https?://[^\s/?#<>\"«»“”]+{_TAIL}", re.IGNORECASE)),
    (
        "email",
        re.compile(rf"(?<![\w.+-])[A-Za-z0-9][\w.+-]{{0,63}}@(?:{_LABEL}\.)+[A-Za-z]{{2,24}}(?![\w@-])", re.ASCII),
    ),
    ("url", re.compile(rf"(?<![\w@./-])(?:{_LABEL}\.){{1,8}}(?:{_TLDS})(?![\w@-]|\.\w){_TAIL}", re.IGNORECASE)),
    ("mention", re.compile(r"(?<![\w@/.])@[A-Za-z][A-Za-z0-9_]{3,31}(?!\w)")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@])")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\d*[^\W\d])\w{1,256}(?![\w#])")),
)
MOST_OF_A_KIND = 100
_CLOSERS = {")": "(", "]": "["}


def find_plain(text: str) -> list[Span]:
    """The entities that a text holds without markup, none overlapping another; earlier patterns win."""
    found: list[Span] = []
    for kind, pattern in _PATTERNS:
        found += [span for span in _matches(kind, pattern, text) if not _overlaps(span, found)]
    return found


def _matches(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    for match in islice(pattern.finditer(text), MOST_OF_A_KIND):
        end = match.start() + (len(_without_stop(match[0])) if kind == "url" else len(match[0]))
        yield Span(kind, match.start(), end)


def _without_stop(url: str) -> str:
    """A link ends before the punctuation of the sentence it stands in."""
    while url and (
        url[-1] in ".,:;!?'…" or (url[-1] in _CLOSERS and url.count(_CLOSERS[url[-1]]) < url.count(url[-1]))
    ):
        url = url[:-1]
    return url


def _overlaps(span: Span, others: list[Span]) -> bool:
    return any(other.start < span.end and span.start < other.end for other in others)
