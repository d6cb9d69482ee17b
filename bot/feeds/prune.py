"""What stands among an article's paragraphs and is not the article: links to other articles.

Done to the tree before the text is taken out of it, because afterwards nobody can tell a link from a sentence. General
rules about the share of a block that is links; no outlet is named here.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Rule = Callable[["HtmlElement", str, float], bool]  # a block, its text, and which part of that is links

_SHORTEST = 15
_LONGEST_TEASER = 200
_LISTS = ("ul", "ol")
_HEADINGS = ("h2", "h3", "h4", "h5")
_LABELLED = re.compile(r"[^.!?]{2,25}[:|>»]\s")  # "Read more: …", "Lesen Sie auch: …"


def prune(tree: "HtmlElement") -> None:
    """Take lists, headings and short paragraphs that are nothing but links out of a page's tree, in place.

    Paragraphs stay where they are most of the page's, as on a page that lists the links of a day.
    """
    paragraphs = list(_drawn(tree, ("p",), _is_teaser))
    all_chars = sum(_chars(paragraph) for paragraph in tree.iter("p"))
    blocks = [*_drawn(tree, _LISTS, _is_menu), *_drawn(tree, _HEADINGS, _is_link)]
    if 2 * sum(map(_chars, paragraphs)) <= all_chars:
        blocks += paragraphs
    for block in blocks:
        if block.getparent() is not None:
            block.drop_tree()


def _drawn(tree: "HtmlElement", names: tuple[str, ...], chosen: Rule) -> "Iterator[HtmlElement]":
    for block in tree.iter(*names):
        text = " ".join(block.text_content().split())
        if len(text) >= _SHORTEST and chosen(block, text, _link_chars(block) / len(text)):
            yield block


def _is_menu(block: "HtmlElement", _: str, links: float) -> bool:
    return len(block) > 1 and links >= 0.8


def _is_link(_: "HtmlElement", __: str, links: float) -> bool:
    return links >= 0.95


def _is_teaser(_: "HtmlElement", text: str, links: float) -> bool:
    if links >= 0.9:
        return len(text) < _LONGEST_TEASER
    return links >= 0.6 and bool(_LABELLED.match(text))


def _chars(block: "HtmlElement") -> int:
    return len(block.text_content())


def _link_chars(block: "HtmlElement") -> int:
    return sum(len(link.text_content().strip()) for link in block.iter("a"))
