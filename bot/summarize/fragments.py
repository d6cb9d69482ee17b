"""Text fragments: an address that opens an article at one of its sentences, highlighted.

Written after https://wicg.github.io/scroll-to-text-fragment/ (the syntax `:~:text=[prefix-,]start[,end][,-suffix]`). A
browser looks the words up in the page, whole words only and without regard to case, and takes the first place that
fits, so what is asked for should be there once. Where a sentence stands twice, the words beside it in its paragraph
tell which is meant; those of the paragraphs around it only where nothing else does, as pages put pictures and buttons
between paragraphs. Where nothing tells, there is no fragment, and the reader gets the plain address.
"""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, urldefrag

_LONGEST_EXACT_WORDS, _START_WORDS, _END_WORDS = 15, 8, 5
"""A longer sentence is named by its first and last words: addresses stay short, and differences between the text and
the page, such as two kinds of blanks in a row, do no harm in its middle. There are more words at the start, which
captions repeat.
"""
_BESIDE_WORDS, _BESIDE_CHARS = 4, 80
_MOST_TEXT_CHARS = 500_000
_MOST_ADDRESS_CHARS = 2000

_DIRECTIVE = ":~:"
_LINE_END = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_MARKS = str.maketrans("“”„«»‘’‚‹›", "\"\"\"\"\"'''''")
_STRANGE = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufffc\ufffd]"
)
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def fragment(address: str, text: str, start: int, end: int) -> str | None:
    """The address with a fragment that leads to `text[start:end]`.

    Args:
        address: of the page, http or https; a fragment of its own is kept before ours.
        text: the article's text as it stands in the page, paragraphs separated by line feeds.
        start: where the bullet begins in `text`.
        end: where it ends.

    Returns:
        The address, at most 2,000 characters; None where the sentence cannot be named so that the page's text has it
        once: no text, characters that pages hide, the same words elsewhere, an address that is no page's.
    """
    named = directive(text, start, end)
    page, own = urldefrag(address)
    if named is None or not page.lower().startswith(("http://", "https://")):
        return None
    found = f"{page}#{own.split(_DIRECTIVE)[0]}{_DIRECTIVE}{named}"
    return found if len(found) <= _MOST_ADDRESS_CHARS else None


def directive(text: str, start: int, end: int) -> str | None:
    """`text=…` for the sentence `text[start:end]`, percent-encoded; None where it cannot be made."""
    if not 0 <= start < end <= len(text) <= _MOST_TEXT_CHARS:
        return None
    sentence = text[start:end]
    if _LINE_END.search(sentence) or _STRANGE.search(sentence) or not sentence.strip():
        return None
    page, wanted = _folded(text), _folded(sentence)
    ways = list(_ways(text, start, end, _beside(text, start, end)))
    found = next((parts for parts in ways if _is_once(parts, page, wanted)), None)
    if found is None and _is_first(ways[0], page, wanted, len(_folded(text[:start]))):
        found = ways[0]
    if found is None:
        around = _ways(text, start, end, _beside(text, start, end, across=True))
        found = next((parts for parts in around if _is_once(parts, page, wanted)), None)
    return _written(found) if found else None


Parts = tuple[str, str, str, str]
"""Prefix, start, end, suffix; empty where not used."""


def _ways(text: str, start: int, end: int, beside: tuple[str, str]) -> Iterator[Parts]:
    """Ways to name the sentence, the shortest sort first: by itself, then with the words on one side, then on both."""
    opening, closing = _ends(" ".join(text[start:end].split()))
    before, after = beside
    yield "", opening, closing, ""
    if before:
        yield before, opening, closing, ""
    if after:
        yield "", opening, closing, after
    if before and after:
        yield before, opening, closing, after


def _ends(sentence: str) -> tuple[str, str]:
    """A sentence as it is, or where it is long as its first and last words; scripts without blanks have no words."""
    words = sentence.split(" ")
    if len(words) <= _LONGEST_EXACT_WORDS or _UNSPACED.search(sentence):
        return sentence, ""
    return " ".join(words[:_START_WORDS]), " ".join(words[-_END_WORDS:])


def _beside(text: str, start: int, end: int, *, across: bool = False) -> tuple[str, str]:
    """The last words before a span and the first after it, of its own line or (`across`) of the one beside it."""
    before = text[max(0, start - _BESIDE_CHARS) : start].rstrip(None if across else " ")
    after = text[end : end + _BESIDE_CHARS].lstrip(None if across else " ")
    if _STRANGE.search(before + after) or _UNSPACED.search(before + after):
        return "", ""
    line_before, line_after = _LINE_END.split(before)[-1].split(), _LINE_END.split(after)[0].split()
    # the outermost word may have been cut
    whole_before = line_before[1:] if start > _BESIDE_CHARS and len(_LINE_END.split(before)) == 1 else line_before
    whole_after = line_after[:-1] if len(after) > _BESIDE_CHARS - 2 and len(_LINE_END.split(after)) == 1 else line_after
    return " ".join(whole_before[-_BESIDE_WORDS:]), " ".join(whole_after[:_BESIDE_WORDS])


def _is_once(parts: Parts, page: str, sentence: str) -> bool:
    """Whether a browser that looks for the parts from the page's beginning can only find the sentence."""
    before, opening, closing, after = map(_folded, parts)
    first = f"{before} {opening}".strip() if closing else f"{before} {opening} {after}".strip()
    at = page.find(first)
    if at < 0 or page.find(first, at + 1) >= 0:
        return False
    if not closing:
        return True
    begin = at + len(first) - len(opening)
    last = f"{closing} {after}".strip()
    found = page.find(last, begin + len(opening))
    return page[begin : found + len(closing)] == sentence


def _is_first(parts: Parts, page: str, sentence: str, at: int) -> bool:
    """Whether the first place with the words is the sentence, `at` characters into the page but for a blank."""
    _, opening, closing, _ = map(_folded, parts)
    begin = page.find(opening)
    last = page.find(closing, begin + len(opening)) + len(closing) if closing else begin + len(opening)
    return at <= begin <= at + 1 and page[begin:last] == sentence


def _folded(text: str) -> str:
    """As browsers compare: no difference of case, accents, quotation marks or white space."""
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join("".join(letters).translate(_MARKS).casefold().split())


def _written(parts: Parts) -> str:
    before, opening, closing, after = map(_encoded, parts)
    return "text=" + ",".join(
        part for part in (before and f"{before}-", opening, closing, after and f"-{after}") if part
    )


def _encoded(words: str) -> str:
    """Percent-encoded, with the three characters that mean something in a directive: comma, ampersand, hyphen."""
    return quote(words, safe="").replace("-", "%2D")
