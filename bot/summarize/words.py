"""Our tokenizer in sumy's shape: sentences and words without NLTK and its data."""

import re

from bot.summarize.sentences import split

# vowel signs and accents that stand as characters of their own belong to their word
_MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u064b-\u065f\u0900-\u0dff"
_WORD = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
    rf"|[^\W\d_](?:[\w{_MARKS}’'-]*[\w{_MARKS}])?"
)
TOKEN = re.compile(rf"[\w{_MARKS}]+(?:[’'-][\w{_MARKS}]+)*")
"""Words and numbers, quickly: what is apart in scripts without blanks is left to `parts`."""
_ASCII_TOKEN = re.compile(r"[A-Za-z0-9_]+(?:['-][A-Za-z0-9_]+)*")
_BLANKS = "".join(sign if sign.isalnum() or sign == "_" else " " for sign in map(chr, range(128)))
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{3}")


def tokens_of(text: str) -> list[str]:
    """What TOKEN finds."""
    if not text.isascii():
        return TOKEN.findall(text)
    # where no mark can stand inside of a word, this takes half the time
    return _ASCII_TOKEN.findall(text) if "'" in text or "-" in text else text.translate(_BLANKS).split()


def small(tokens: list[str]) -> list[str]:
    """The tokens in small letters; one call for all of them is several times as quick as one for each."""
    return " ".join(tokens).lower().split()


class NewsTokenizer:
    """What sumy asks of a tokenizer: `to_sentences` and `to_words`, for texts in one language (ISO 639-1)."""

    def __init__(self, language: str | None = None) -> None:
        self.language = language

    def to_sentences(self, paragraph: str) -> tuple[str, ...]:
        """The sentences of a paragraph, white space folded."""
        return tuple(sentence.text for sentence in split(paragraph, self.language))

    def to_words(self, sentence: str) -> tuple[str, ...]:
        """The words of a sentence; scripts that write no blanks between words are given as pairs of characters."""
        return tuple(word for run in _WORD.findall(sentence) for word in parts(run))


def parts(run: str) -> list[str]:
    """A word as itself, a run of a script without blanks as its pairs of characters."""
    if not _UNSPACED.match(run):
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)]
