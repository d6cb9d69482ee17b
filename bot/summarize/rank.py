"""Which sentences to take, best first.

What may be a bullet at all is a matter of rules: whole, told by somebody who is named, not asking, not the writer's own
voice, and not leaning on a sentence that is left out. Among those the trained model chooses (`ranker`).
"""

import re
from collections.abc import Sequence

from bot.summarize import ranker
from bot.summarize.features import Words, measured, words_of
from bot.summarize.ranker import Model
from bot.summarize.rules import Cues, cues
from bot.summarize.sentences import Sentence
from bot.summarize.words import TOKEN

MOST_RATED = 250
"""The good sentences after so many are taken in text order, if at all: what matters stands before them."""
LEAST_CHARS, MOST_CHARS = 25, 700
"""A shorter sentence tells nothing by itself; a longer one is no sentence that a reader would want as a bullet."""
_GOOD_CHARS = (30, 400)

_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BROKEN = re.compile("[\x00-\x08\x0e-\x1b\x7f\x80-\x84\x86-\x9f\ud800-\udfff]")
_SMALL_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_A-ZÀ-ÖØ-Þ]{2}")
_OPEN_END = ("…", "...", "[…]", "[...]", ":")
_CLOSING = "\"”“»«’‘')]」』›"
_ASKED, _ENDED = "?？؟", ".!。！؟۔։।॥"
_LABEL = re.compile(r"[A-ZÀ-Þ][\w’'.-]*(?: [\w’'.-]+){0,3}(?:, [A-ZÀ-Þ ]{3,20})?: [A-ZÀ-Þ]")
"""Before a caption, or the speaker's name in a transcript: `JANE DOE, HOST: `."""
_SPEECH = re.compile(r"[\"“„«‘'][^\"“”«»]*[\"“”«»’']?$")
_CLOSED = re.compile(r'[^"“”„]+(?<=[\w,.!?…])["”][\s,;]')
_QUOTED = re.compile('["“„«「][^"“”„«»「」]*["”“»」]')
_MARKS = "\"“„«「'‘"
_BRACKETS = "([（［"


def best_first(
    sentences: Sequence[Sentence],
    count: int,
    title: str | None = None,
    language: str | None = None,
    by: Model | None = None,
) -> list[int]:
    """Positions of at most `count` sentences that can be bullets, the one to take first before the others.

    Fewer where the rest leans on what is no bullet. Sentences that are poor but can stand come after all good ones.
    `by` is the package's own model where none is given.
    """
    known = cues(language)
    words = words_of([each.text for each in sentences], known)
    good = candidates(words, known)
    near, far = good[:MOST_RATED], good[MOST_RATED:]
    found = _ranked(words[: near[-1] + 1], near, count, title, known, by or ranker.model()) if near else []
    if len(found) < count:
        found += _standing(words, far, found, known)
        found += _poor(words, good, known)
    return found[:count]


def _ranked(
    words: Sequence[Words], good: list[int], count: int, title: str | None, known: Cues, by: Model
) -> list[int]:
    seen = measured(words, good, title, known)
    places = ranker.chosen(ranker.scores(seen.rows, by), seen.alike, count, by, needs(words, good, known))
    return [good[place] for place in places]


def _standing(words: Sequence[Words], far: list[int], found: list[int], known: Cues) -> list[int]:
    """Those of the far sentences that lean on none that is left out, in text order."""
    taken = set(found)
    for at in far:
        if at - 1 in taken or not leans(words[at], known):
            taken.add(at)
    return [at for at in far if at in taken]


def _poor(words: Sequence[Words], good: list[int], known: Cues) -> list[int]:
    taken = set(good)
    rest = [at for at in usable(words) if at not in taken and not (at and leans(words[at], known))]
    theirs = [at for at in rest if not is_own_voice(words[at], known)]
    return theirs if theirs or good else rest


def needs(words: Sequence[Words], good: Sequence[int], known: Cues) -> dict[int, int]:
    """Places among `good` that lean on the sentence before, and the place of that one, -1 where it is not good."""
    places = {at: place for place, at in enumerate(good)}
    return {place: places.get(at - 1, -1) for at, place in places.items() if at and leans(words[at], known)}


def candidates(words: Sequence[Words], known: Cues) -> list[int]:
    """Positions of the sentences that make good bullets, in text order."""
    good = (at for at in usable(words) if is_good(words[at].text) and not is_rest_of_speech(words[at]))
    return [at for at in good if not _is_to_readers(words[at], known)]


def _is_to_readers(sentence: Words, known: Cues) -> bool:
    return is_own_voice(sentence, known) or is_teaser(sentence, known)


def usable(sentences: Sequence[Sentence | Words]) -> list[int]:
    """Positions of the sentences that can be bullets at all, in text order; no sentence twice."""
    first: dict[str, int] = {}
    for at, sentence in enumerate(sentences):
        if is_usable(sentence.text):
            first.setdefault(sentence.text.casefold(), at)
    return list(first.values())


def is_usable(text: str) -> bool:
    """Whether a sentence can stand alone as a bullet at all: whole, long enough, telling rather than asking."""
    if weight(text) < LEAST_CHARS or len(text) > MOST_CHARS:
        return False
    if text.endswith(_OPEN_END) or _last(text) in _ASKED:
        return False
    if not text.isprintable() and _BROKEN.search(text):
        return False
    return bool(_SMALL_WORD.search(text) or _WIDE.search(text))


def is_good(text: str) -> bool:
    """Whether a sentence makes a good bullet: handy and ended, no aside, no caption, no speech without its speaker."""
    least, most = _GOOD_CHARS
    if not least <= weight(text) <= most or _last(text) not in _ENDED or text[0] in _BRACKETS:
        return False
    return not (": " in text and _LABEL.match(text)) and not (text[0] in _MARKS and _SPEECH.match(text))


def _last(text: str) -> str:
    """The last character that closes nothing."""
    last = text[-1:]
    return (text.rstrip(_CLOSING)[-1:] or last) if last in _CLOSING else last


def is_own_voice(sentence: Words, known: Cues) -> bool:
    """Whether the writer speaks, outside of quotation marks: "I" anywhere, or "we" in the beginning."""
    if _is_unspaced(sentence.text):
        return any(word in _QUOTED.sub(" ", sentence.text) for word in known.own)
    if known.first.isdisjoint(sentence.words):
        return False
    words = [word.lower() for word in TOKEN.findall(_QUOTED.sub(" ", sentence.text))]
    return not known.own.isdisjoint(words) or not known.first.isdisjoint(words[:1])


def is_teaser(sentence: Words, known: Cues) -> bool:
    """Whether a sentence only announces what follows, or calls on readers: "Here are …", "Share, and your gift …"."""
    first, second = (*sentence.words[:2], "", "")[:2]
    if first in known.teaser or f"{first}_{second}" in known.teaser:
        return True
    if first not in known.appeal:
        return False
    return sentence.text[len(first) : len(first) + 1] == "," or not known.second.isdisjoint(sentence.words)


def is_rest_of_speech(sentence: Words) -> bool:
    """Whether a quotation ends within the sentence that began before it, and nobody is named."""
    return not sentence.names and ('"' in sentence.text or "”" in sentence.text) and bool(_CLOSED.match(sentence.text))


def leans(sentence: Words, known: Cues) -> bool:
    """Whether only the sentence before explains this one: it opens with He, But or The move, or ends with "she said".

    A quotation that opens with such a word leans too, whoever is named behind it.
    """
    if not sentence.words:
        return False
    first, second = (*sentence.words[:2], "")[:2]
    if _is_unspaced(first):
        return first.startswith((*known.back, *known.connective))
    if first in known.back or first in known.connective or (first in known.the and second in known.deed):
        return True
    return not sentence.names and _is_of_nobody(first, second, sentence.words[-2:], known)


def _is_of_nobody(first: str, second: str, ending: Sequence[str], known: Cues) -> bool:
    """Whether a sentence of no names begins like "Once he …", or ends with "he said" or "said he"."""
    if first in known.small and second in known.back:
        return True
    return not known.reporting.isdisjoint(ending) and not known.back.isdisjoint(ending)


def _is_unspaced(text: str) -> bool:
    return not text.isascii() and bool(_WIDE.match(text))


def weight(text: str) -> int:
    """Length in characters; one of Chinese, Japanese, Korean or Thai says about as much as two and a half others."""
    if text.isascii():
        return len(text)
    return len(text) + 3 * len(_WIDE.findall(text)) // 2
