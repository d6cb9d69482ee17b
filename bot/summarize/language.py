"""Which language a text is in.

Most scripts settle it alone, and where several languages share one, their commonest words do: that costs no model.
py3langid (a tenth of a gigabyte of memory and most of a second to load) is asked only about longer texts in a language
whose words are not listed.
"""

import re
import string
from bisect import bisect_right
from collections import Counter
from functools import lru_cache
from importlib.resources import files

_SAMPLE_CHARS = 1200
_LEAST_MODEL_LETTERS, _LEAST_MODEL_WORDS = 120, 15
_LEAST_SHARE, _LEAST_LEAD = 0.12, 1.15
_WIDE_WEIGHT = 3
"""A Chinese, Japanese or Korean character says as much as about three letters."""

_TAG = re.compile(r"([A-Za-z]{2})(?:[-_].*)?", re.DOTALL)
# not \w, which ends a word at the vowel signs of Indian scripts
_WORD = re.compile(r"[^\s\d.,;:!?…\"'’“”„«»()\[\]।؟،؛–—/-]+")
_ASCII_BLANKS = "".join(sign if _WORD.match(sign) else " " for sign in map(chr, range(128)))
_ASCII_LETTERS = string.ascii_letters.encode()
_LETTER = re.compile(r"[^\W\d_]")

# where a script begins, and its languages; the first of several is not preferred
_SCRIPTS = (
    (0x41, "latin"), (0x0370, "el"), (0x0400, "cyrillic"), (0x0530, "hy"), (0x0590, "he"), (0x0600, "arabic"),
    (0x0700, ""), (0x0900, "devanagari"), (0x0980, "bn"), (0x0A00, "pa"), (0x0A80, "gu"), (0x0B00, "or"),
    (0x0B80, "ta"),
    (0x0C00, "te"), (0x0C80, "kn"), (0x0D00, "ml"), (0x0D80, "si"), (0x0E00, "th"), (0x0E80, "lo"), (0x0F00, "bo"),
    (0x1000, "my"), (0x10A0, "ka"), (0x1100, "ko"), (0x1200, "am"), (0x13A0, ""), (0x1780, "km"), (0x1800, "mn"),
    (0x1E00, "latin"), (0x1F00, "el"), (0x2000, ""), (0x3040, "ja"), (0x3100, "zh"), (0x3130, "ko"), (0x3190, ""),
    (0x3400, "zh"), (0xA000, ""), (0xAC00, "ko"), (0xD7B0, ""), (0xF900, "zh"), (0xFB50, "arabic"), (0xFF00, ""),
    (0x20000, "zh"), (0x30000, ""),
)  # fmt: skip
_STARTS = tuple(start for start, _ in _SCRIPTS)
_SHARED = {
    "latin": frozenset(),
    "cyrillic": frozenset({"ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "mn", "tg", "tt", "ba"}),
    "arabic": frozenset({"ar", "fa", "ur", "ps", "ug", "ku", "sd"}),
    "devanagari": frozenset({"hi", "mr", "ne", "sa"}),
    "he": frozenset({"he", "yi"}),
    "zh": frozenset({"zh", "ja"}),
    "am": frozenset({"am", "ti"}),
}


def known(language: str | None, text: str) -> str | None:
    """The language that was named, as ISO 639-1, unless the text's script speaks against it; else the detected one."""
    named = _TAG.fullmatch((language or "").strip())
    code = named[1].lower() if named else None
    if code and _fits(code, _script(text[:_SAMPLE_CHARS])):
        return code
    return detect(text)


def detect(text: str) -> str | None:
    """ISO 639-1 code of the language of `text`, None where nothing speaks for one."""
    sample = text[:_SAMPLE_CHARS]
    script = _script(sample)
    if script not in ("latin", "cyrillic", "arabic", "devanagari"):
        return script or None
    return _by_words(sample) or _by_model(sample)


def _fits(code: str, script: str) -> bool:
    if script == "latin":
        return code not in _OTHER_SCRIPTS
    return not script or code in _SHARED.get(script, {script})


def _script(sample: str) -> str:
    plain = sample.encode("ascii", "ignore")
    if 2 * (len(plain) - len(plain.translate(None, _ASCII_LETTERS))) > len(sample):
        return "latin"
    counts = Counter[str]()
    for letter, times in Counter(sample).items():
        if letter.isalpha():
            counts[_SCRIPTS[bisect_right(_STARTS, ord(letter)) - 1][1]] += times * (
                _WIDE_WEIGHT if letter > "\u2fff" else 1
            )
    counts.pop("", None)
    if counts["ja"] * 20 > counts["zh"] > 0:
        return "ja"  # Japanese mixes kana with Chinese characters
    return max(counts, key=lambda script: counts[script], default="")


_OTHER_SCRIPTS = (
    frozenset({"ar", "fa", "ur", "ps", "ru", "uk", "be", "bg", "mk", "hi", "mr", "ne"})
    | frozenset(code for _, code in _SCRIPTS if len(code) == 2)
)  # fmt: skip


@lru_cache(maxsize=1)
def _languages_of_words() -> dict[str, tuple[str, ...]]:
    languages: dict[str, tuple[str, ...]] = {}
    for line in files("bot.summarize.rules").joinpath("words.txt").read_text(encoding="utf-8").splitlines():
        code, _, words = line.partition(":")
        for word in words.split():
            languages[word] = (*languages.get(word, ()), code)
    return languages


def _by_words(sample: str) -> str | None:
    """By the commonest words: a word of one language says more than a word of several."""
    languages, score = _languages_of_words(), Counter[str]()
    words = Counter(_words(sample.lower()))
    told = dict[tuple[str, ...], int]()
    for word in words.keys() & languages.keys():
        shared = languages[word]
        told[shared] = told.get(shared, 0) + words[word]
    for shared, times in told.items():
        for code in shared:
            score[code] += times * (12 // len(shared) + 1)
    best = score.most_common(2)
    if not best or best[0][1] < 12 * _LEAST_SHARE * words.total():
        return None
    return best[0][0] if len(best) == 1 or best[0][1] >= _LEAST_LEAD * best[1][1] else None


def _words(sample: str) -> list[str]:
    # the same words; a translation takes less than half the time
    return sample.translate(_ASCII_BLANKS).split() if sample.isascii() else _WORD.findall(sample)


@lru_cache(maxsize=1)
def _model() -> "object":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)


def _by_model(sample: str) -> str | None:
    if len(_LETTER.findall(sample)) < _LEAST_MODEL_LETTERS or len(set(_WORD.findall(sample))) < _LEAST_MODEL_WORDS:
        return None
    code: str = _model().classify(sample)[0]  # type: ignore[attr-defined]
    return code if len(code) == 2 else None
