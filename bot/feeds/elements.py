"""What elements of a plain feed hold: texts, addresses, people, as feedparser would give them."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from bot.feeds.raw import Raw
from bot.feeds.vocabulary import ACTED_UPON, ATOM, is_foreign, local_name, may_hold, role_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

XML = "{http://www.w3.org/XML/1998/namespace}"
_PLAIN_TYPES = {"", "text", "plain", "html", "text/plain", "text/html"}
_TREE_TYPES = {"xhtml", "application/xhtml+xml"}
_HTML_TYPES = {"html", "text/html", *_TREE_TYPES}
_PERSON = {"name": "name", "email": "email", "uri": "href", "url": "href", "homepage": "href"}
_LOOSE_AMPERSAND = re.compile(r"&([A-Za-z0-9_]+);")


class NotPlain(Exception):
    """The fast way does not know what the reference would make of this."""


def take_link(values: Raw, element: "Element", mend: Callable[[str], str]) -> None:
    """Put a link where it belongs: an enclosure, the link itself, or nowhere; `mend` is for one given as text."""
    said = with_href(attributes_of(element))
    rel = said.setdefault("rel", "alternate")
    href = said.get("href")
    if href is None and rel == "alternate":
        values["link"] = mend(_sound(plain_text(element)))
    elif href is None or len(element):
        raise NotPlain
    elif rel == "enclosure":
        values.setdefault("enclosures", []).append(said | {"href": _sound(href)})
    elif rel == "alternate" and said.get("type", "text/html") in _HTML_TYPES:
        values["link"] = _sound(href)


def pass_over(element: "Element") -> None:
    """Make sure that nothing in an element says anything about what is around it."""
    for inner in element.iterdescendants():
        if not may_hold(element.tag, inner.tag) and not is_foreign(inner.tag, inner.prefix):
            raise NotPlain


def mended(link: str) -> str:
    """An address without the semicolons that look like ends of references, as feedparser takes them out."""
    return _LOOSE_AMPERSAND.sub(r"&\g<1>", link)


def _sound(link: str) -> str:
    """An address that feedparser resolves as everybody does."""
    if ":///" in link:
        raise NotPlain
    return link


def take_id(values: Raw, element: "Element") -> str:
    """The identifier, which is the link as well where none came before it and it does not say otherwise."""
    said = attributes_of(element)
    guid = plain_text(element)
    if said.get("ispermalink", "true") == "true":
        values.setdefault("link", guid)
    return guid


def person_of(element: "Element") -> str:
    """An Atom person, "name (e-mail)" where there are both."""
    said: dict[str, str] = {}
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise NotPlain
    for child in element:
        name = _PERSON.get(child.tag.removeprefix(f"{{{ATOM}}}"))
        if name:
            said[name] = plain_text(child)
        elif len(child) or role_of(child.tag, child.prefix) != "ignored":
            raise NotPlain
    name, email = said.get("name"), said.get("email")
    return f"{name} ({email})" if name and email else name or email or ""


def attributes_of(element: "Element") -> dict[str, str]:
    """Attributes under lower-case names, kinds in lower case as well."""
    said: dict[str, str] = {}
    for key, value in map(_as_text, element.items()):
        name = key.lower()
        if key.startswith(XML):
            continue
        if name[0] == "{" or name == "base":
            raise NotPlain
        said[name] = value.lower() if name in ("rel", "type") else value
    return said


def _as_text(item: tuple[str | bytes, str | bytes]) -> tuple[str, str]:
    return str(item[0]), str(item[1])  # lxml's types speak of bytes, which attributes of a parsed tree never are


def with_href(said: dict[str, str]) -> dict[str, str]:
    """The same with the address under one name, whichever of feedparser's three it had."""
    href = said.get("url", said.get("uri", said.get("href")))
    if href == "":
        raise NotPlain
    return said if href is None else said | {"href": href}


def markup_of(element: "Element") -> str:
    """The text of an element that may hold markup, which stands in it as text or, where it says so, as XHTML."""
    said = element.attrib
    kind = (said.get("type") or "").lower() if said else ""
    if "mode" in said:
        raise NotPlain
    if kind in _TREE_TYPES:
        return _plainly("".join(_pieces(element)))
    if kind not in _PLAIN_TYPES:
        raise NotPlain
    return plain_text(element)


def _pieces(element: "Element") -> Iterator[str]:
    yield escape(element.text or "")
    for child in element:
        name = local_name(child.tag)
        if name in ACTED_UPON:
            raise NotPlain
        said = "".join(f" {key.rpartition('}')[2]}={quoteattr(value)}" for key, value in map(_as_text, child.items()))
        yield f"<{name}{said}>"
        yield from _pieces(child)
        yield f"</{name}>{escape(child.tail or '')}"


def plain_text(element: "Element") -> str:
    """The text of an element that has no others in it, stripped."""
    if len(element):
        raise NotPlain
    return _plainly(element.text or "")


def _plainly(text: str) -> str:
    """Text that feedparser leaves as it is: UTF-8 that was read as Latin-1 and written again it would mend."""
    text = text.strip()
    if not text.isascii():
        try:
            text.encode("latin-1").decode("utf-8")
        except UnicodeError:
            return text
        raise NotPlain
    return text
