"""Where the story ends and other things begin: teasers, paragraphs of other stories, words about the outlet.

No list of outlets or headings is needed. A sentence is strange where it shares next to no words and names with all that
stands before it, and where its form is a teaser's; the story ends where the strangeness of what follows adds up. The
look goes backward from the last sentence and ends at sentences that are at home, so that an ordinary article costs a
glance at its last two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.summarize.rules import cues
from bot.summarize.sentences import FINAL, Sentence
from bot.summarize.words import parts, tokens_of

_ENOUGH, _ENOUGH_IN_ONE_LINE = 2.0, 3.0
"""The least strangeness of a tail: two or three sentences that share nothing with what stands before them."""
_LEAST_SENTENCES, _MOST_SENTENCES = 6, 24
_EARLIEST = 1 / 2
_SHARE_AT_HOME = 0.2
"""Of a story's own last sentences 15 % share fewer of their words, of other stories' 84 % (English news)."""
_LEAST_TERMS = 4
_NAMES = 0.4
_UNMARKED, _ELLIPSIS, _BELOW_A_LINE = 1.0, 0.5, 0.5
_BEGINS = 0.6
"""The least strangeness of a tail's first sentence: what only may be strange stays with the story."""
_MOST_AT_HOME, _ENOUGH_AT_HOME = -2.0, -2.0
_GLANCED, _GLANCED_WORDS = 2, 6
_SHORTEST_CHARS, _STEM_CHARS = 4, 7
_MOST_CHARS = 30_000
"""What comes later than this is not looked through for a sentence's words."""
_QUOTES = "\"“„«‘'「『"
_MARKS = "\n\"'“”„«»‘’(-–—/"
_ARTICLES = ("وال", "بال", "لل", "ال")


@dataclass(frozen=True, slots=True)
class _Told:
    """What sentences are compared with: the title and all of them in small letters, each word after a blank."""

    text: str
    flat: str
    common: frozenset[str]
    leaning: frozenset[str]


def length_of_story(text: str, sentences: Sequence[Sentence], language: str | None, title: str | None) -> int:
    """How many of the sentences are the story; those after them are its tail.

    Args:
        text: what the sentences are slices of; where it has several lines, a tail begins with one.
        sentences: in order, known furniture left out.
        language: ISO 639-1; says which words are too common to tell anything, and which point back.
        title: the headline, whose words are at home everywhere.
    """
    ends = len(sentences)
    if ends < _LEAST_SENTENCES:
        return ends
    told = _told(text, sentences, language, title)
    if _are_at_home(told, sentences):
        return ends
    lined = "\n" in text[sentences[0].start : sentences[-1].start]
    story, most, total = ends, 0.0, 0.0
    for at, strange in _backward(told, sentences):
        total += strange
        if total < most + _ENOUGH_AT_HOME:
            break
        if strange >= _BEGINS and total > most and not (lined and _is_within_line(text, sentences, at)):
            story, most = at, total
    return story if most >= (_ENOUGH if lined else _ENOUGH_IN_ONE_LINE) else ends


def _told(text: str, sentences: Sequence[Sentence], language: str | None, title: str | None) -> _Told:
    flat = f" {title or ''} {' '.join([each.text for each in sentences])}"[:_MOST_CHARS].lower()
    for mark in _MARKS:
        flat = flat.replace(mark, " ")
    listed = cues(language)
    return _Told(text, flat, listed.small, listed.back | listed.connective)


def _are_at_home(told: _Told, sentences: Sequence[Sentence]) -> bool:
    """Whether the last sentences look ordinary and a third of their longest words were there before."""
    found, before = 0, len(told.flat)
    for at in range(len(sentences) - 1, len(sentences) - 1 - _GLANCED, -1):
        if _form(told, sentences, at):
            return False
        before -= len(sentences[at].text) + 1
        words = sorted(set(tokens_of(sentences[at].text.lower())), key=len)[-_GLANCED_WORDS:]
        found += sum([told.flat.find(f" {word[:_STEM_CHARS]}", 0, before) >= 0 for word in words])
    return 3 * found >= _GLANCED * _GLANCED_WORDS


def _backward(told: _Told, sentences: Sequence[Sentence]) -> Iterator[tuple[int, float]]:
    """Sentences from the last one on with their strangeness, as far back as a tail may begin."""
    earliest, before = _EARLIEST * sentences[-1].end, len(told.flat)
    for at in range(len(sentences) - 1, max(0, len(sentences) - 1 - _MOST_SENTENCES), -1):
        if sentences[at].start < earliest:
            return
        before -= len(sentences[at].text) + 1
        strange = _topic(told, sentences[at].text, before) + _form(told, sentences, at)
        yield at, min(0.0, strange) if _goes_on(told, sentences[at].text) else strange


def _is_within_line(text: str, sentences: Sequence[Sentence], at: int) -> bool:
    return "\n" not in text[sentences[at - 1].end : sentences[at].start]


def _goes_on(told: _Told, sentence: str) -> bool:
    """Whether a sentence opens as speech or with a word that points back, as no teaser does."""
    first = sentence.split(" ", 1)[0]
    return first[0] in _QUOTES or first.lower() in told.leaning


def _topic(told: _Told, sentence: str, before: int) -> float:
    """From 1.4, nothing shared and names that are new, to −2.4; 0 where there are too few words to tell."""
    tokens = tokens_of(sentence)
    terms = dict(_terms(tokens, told.common))
    if len(terms) < _LEAST_TERMS:
        return 0.0
    shared = [term for term in terms if told.flat.find(term, 0, before) >= 0]
    strange = max(_MOST_AT_HOME, 1 - len(shared) / len(terms) / _SHARE_AT_HOME)
    is_known = any(terms[term][0].isupper() for term in shared)
    is_named = any(token[0].isupper() for token in tokens[1:])
    return strange + (_NAMES if is_named and not is_known else -_NAMES)


def _terms(tokens: list[str], common: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What each word is looked for by, and the word; common and short words and numbers are left out."""
    for token in tokens:
        word = token.lower()
        if len(word) < _SHORTEST_CHARS or word in common or word < ":":
            continue
        if word[0] < "\u0600":
            yield f" {word[: max(_SHORTEST_CHARS, len(word) - 1)][:_STEM_CHARS]}", token
        else:
            yield from ((part, token) for part in _unblanked(word))


def _unblanked(word: str) -> list[str]:
    """Scripts that write words together: Arabic without its article, Chinese by pairs of characters."""
    article = next(filter(word.startswith, _ARTICLES), "")
    return parts(word.removeprefix(article))


def _form(told: _Told, sentences: Sequence[Sentence], at: int) -> float:
    """What speaks for a teaser but its words: no mark at the end, dots there, a headline left out above it."""
    text = sentences[at].text
    below = at and told.text[sentences[at - 1].end : sentences[at].start].strip()
    strange = _BELOW_A_LINE if below else 0.0
    if text.endswith(("...", "…")):
        return strange + _ELLIPSIS
    return strange + (0.0 if FINAL.search(text[-10:]) else _UNMARKED)
