"""An article condensed: the few sentences that tell it, word for word.

Pure and bounded: one call holds no state, needs no file or connection, and looks at no more than the first
`clean.MOST_CHARS` characters, so it can run in a worker process that may be killed.
"""

from bot.domain.models import Bullet, Condensed
from bot.summarize.clean import read
from bot.summarize.fragments import fragment
from bot.summarize.language import known
from bot.summarize.rank import best_first, usable
from bot.summarize.sentences import Sentence

VERSION = 5
"""Grows whenever the same article may get other bullets (model, rules, sentences): 1 was the cleaned lead."""
METHODS = ("news", "lexrank", "textrank", "lsa", "luhn")
"""Ways to choose: ours, and sumy's by name."""


def condense(
    text: str,
    *,
    title: str | None = None,
    language: str | None = None,
    count: int = 3,
    method: str = "news",
    address: str | None = None,
) -> Condensed:
    """Condense one article.

    Args:
        text: the article, any characters; paragraphs separated by line feeds where there are any.
        title: its headline, which never becomes a bullet.
        language: what the source says, `en` or `en-GB`; detected where it says nothing or is plainly wrong.
        count: most bullets, at least 1.
        method: one of METHODS.
        address: of the page that has the text; without it the bullets carry no links.

    Returns:
        Up to `count` bullets in text order, fewer where the text has fewer usable sentences, none where it has none.
        `text[start:end]` with white space folded is the bullet's text. The same call always gives the same answer.

    Raises:
        ValueError: `count` or `method` is out of range.
    """
    if count < 1 or method not in METHODS:
        raise ValueError(f"count {count}, method {method!r}")
    language = known(language, text)
    told = read(text, language, title)
    sentences = told.sentences
    chosen = (
        _ours(sentences, title, language, count) if method == "news" else _by_sumy(sentences, language, count, method)
    )
    bullets = tuple(_bullet(each, text, address) for each in chosen)
    return Condensed(language, bullets, VERSION, told.place, told.agency, told.notes)


def _bullet(chosen: Sentence, text: str, address: str | None) -> Bullet:
    link = fragment(address, text, chosen.start, chosen.end) if address else None
    return Bullet(chosen.text, chosen.start, chosen.end, link)


def _ours(sentences: tuple[Sentence, ...], title: str | None, language: str | None, count: int) -> list[Sentence]:
    return [sentences[at] for at in sorted(best_first(sentences, count, title, language))]


def _by_sumy(sentences: tuple[Sentence, ...], language: str | None, count: int, method: str) -> list[Sentence]:
    from bot.summarize import methods

    return methods.choose([sentences[at] for at in usable(sentences)], language, count, method)
