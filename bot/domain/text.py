"""Plain text: what may stand in a title, a name or an article once it came from outside.

Promises: no control, zero-width or bidi characters, no lone surrogates, no towers of combining marks, white space
folded, and never more characters than asked for. Joiners (U+200C, U+200D) stay where they shape letters or emoji:
between two characters of joining scripts or symbols, or right behind an Indic letter; anywhere else they are invisible
and go. At most two combining marks stand on a letter, five in scripts that are written so.
"""

import re
import unicodedata
from functools import cache

_CONTROLS = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # C0 and C1 without the white space among them
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen and other marks that show nothing
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"  # zero width, bidi
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f]"  # musical format controls, tags
)
_JOINING = "\u0600-\u1fff\u2190-\u2bff\u3000-\U000dffff"
_STRAY_JOINERS = re.compile(f"(?<![{_JOINING}])[\u200c\u200d]+|(?<![\u0900-\u0dff])[\u200c\u200d]+(?![{_JOINING}])")
_ASTRAL = re.compile("[\U00010000-\U0001e94b\U000e0100-\U000e01ef]")  # emoji are not among them
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"[^\S\n ][^\S\n]*| [^\S\n]+")  # a single blank is left as it is
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# scripts that need more than two marks on one letter (Burmese, Khmer, Tibetan and others)
_TALL_SCRIPTS = "\u0900-\u0dff\u0f00-\u109f\u1780-\u17ff\u1a20-\u1aaf\u1b00-\u1c4f\ua9e0-\uaa7f"


def plain(text: str, most_chars: int = 10_000) -> str:
    """One line of plain text: cleaned, white space folded to single blanks, at most `most_chars` characters."""
    return " ".join(_clean(text).split())[:most_chars].rstrip()


def plain_lines(text: str, most_chars: int = 500_000) -> str:
    """The same with line feeds kept, one between paragraphs that are not empty."""
    lines = _BLANKS.sub(" ", _LINE_ENDS.sub("\n", _clean(text)))
    return "\n".join(filter(None, map(str.strip, lines.split("\n"))))[:most_chars].rstrip()


def cut(text: str, most_chars: int) -> str:
    """`text` if it is short enough, else as many whole words as fit with "…" behind them.

    Where that would lose more than half (one very long word, writing without blanks) it is cut inside a word. The
    result, sign included, has at most `most_chars`.
    """
    if len(text) <= most_chars:
        return text
    head = text[: max(0, most_chars - 1)]
    if not text[len(head)].isspace():
        words = head.rpartition(" ")[0]
        head = words if 2 * len(words) > len(head) else head
    return f"{head.rstrip(' ,;:–—-')}…"[:most_chars]


def _clean(text: str) -> str:
    if text.isascii():
        return _CONTROLS.sub("", text)
    if _SURROGATE.search(text):  # halves that belong together become their character, others U+FFFD
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _CONTROLS.sub("", text)
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINERS.sub("", text)
    return _towers(bool(_ASTRAL.search(text))).sub(_shorten, text)


def _shorten(tower: re.Match[str]) -> str:
    return tower[1] or tower[2]


@cache
def _towers(astral: bool) -> re.Pattern[str]:
    """Runs of marks that are too high; the group is the part that may stay.

    Not `astral`: without the marks beyond U+FFFF, which make the search twenty times as slow.
    """
    marks = [chr(c) for c in (*range(0x300, 0x1E94B), *range(0xE0100, 0xE01F0)) if astral or c < 0x10000]
    marks = [mark for mark in marks if unicodedata.category(mark) in ("Mn", "Me")]
    tall = re.compile(f"[{_TALL_SCRIPTS}]")
    low = _ranges([mark for mark in marks if not tall.match(mark)])
    return re.compile(f"([{low}]{{2}})[{low}]+|([{_ranges(marks)}]{{5}})[{_ranges(marks)}]+")


def _ranges(characters: list[str]) -> str:
    """Sorted characters as the inside of a character class."""
    codes = set(map(ord, characters))
    starts = [c for c in characters if ord(c) - 1 not in codes]
    ends = [c for c in characters if ord(c) + 1 not in codes]
    return "".join(f"{a}-{b}" for a, b in zip(starts, ends, strict=True))
