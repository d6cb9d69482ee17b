"""Which sentences to take, best first.

For now the lead: news tells what matters first, and no packaged summarizer beats an article's first sentences. A ranker
that has learnt takes this function's place.
"""

import re
from collections.abc import Sequence

from bot.summarize.sentences import Sentence

LEAST_CHARS, MOST_CHARS = 25, 700
"""A shorter sentence tells nothing by itself; a longer one is no sentence that a reader would want as a bullet."""
_GOOD_CHARS = (40, 400)

_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BROKEN = re.compile("[\x00-\x08\x0e-\x1b\x7f\x80-\x84\x86-\x9f\ud800-\udfff]")
_SMALL_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_A-ZÀ-ÖØ-Þ]{2}")
_OPEN_END = ("…", "...", "[…]", "[...]", ":")
_QUESTION = re.compile(r"[?？؟][\"”“»«’‘')\]」』›]*$")
_LABEL = re.compile(r"[A-ZÀ-Þ][\w’'.-]*(?: [\w’'.-]+){0,3}: [A-ZÀ-Þ]")
_SPEECH = re.compile(r"[\"“„«‘'][^\"“”«»]*[\"“”«»’']?$")
_ENDED = re.compile(r"[.!。！؟۔։।॥][\"”“»«’‘')\]」』›]*$")


def best_first(sentences: Sequence[Sentence]) -> list[int]:
    """Positions of the sentences that can be bullets, the one to take first before the others; no sentence twice."""
    first: dict[str, int] = {}
    for at, sentence in enumerate(sentences):
        if is_usable(sentence.text):
            first.setdefault(sentence.text.casefold(), at)
    usable = first.values()
    return sorted(usable, key=lambda at: not is_good(sentences[at].text))  # stable: text order within each half


def is_usable(text: str) -> bool:
    """Whether a sentence can stand alone as a bullet at all: whole, long enough, telling rather than asking."""
    if weight(text) < LEAST_CHARS or len(text) > MOST_CHARS:
        return False
    if _BROKEN.search(text) or _QUESTION.search(text) or text.endswith(_OPEN_END):
        return False
    return bool(_SMALL_WORD.search(text) or _WIDE.search(text))


def is_good(text: str) -> bool:
    """Whether a sentence makes a good bullet: handy and ended, no caption, no speech without its speaker."""
    least, most = _GOOD_CHARS
    fits = least <= weight(text) <= most and _ENDED.search(text)
    return bool(fits) and not _LABEL.match(text) and not _SPEECH.match(text)


def weight(text: str) -> int:
    """Length in characters; one of Chinese, Japanese, Korean or Thai says about as much as two and a half others."""
    return len(text) + 3 * len(_WIDE.findall(text)) // 2
