"""The fast way: a feed that proves plain, read from lxml's tree.

Plain is what leaves nothing to guess: well-formed XML without a document type, elements whose meaning is known here,
texts without markup of their own unless they say XHTML, dates in a usual form. Of anything else this says nothing, and
the reference reads it. What it does say is what feedparser 6 says of the same feed, its rules about repeated and nested
elements included; the tests hold both to that.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from bot.domain.models import FeedKind
from bot.feeds.dates import read_time
from bot.feeds.elements import (
    XML,
    NotPlain,
    attributes_of,
    markup_of,
    mended,
    pass_over,
    person_of,
    plain_text,
    take_id,
    take_link,
    with_href,
)
from bot.feeds.raw import Raw, RawFeed
from bot.feeds.repair import few_entries, has_long_tag
from bot.feeds.vocabulary import ASIDE, ATOM, RDF, ROOTS, RSS1, role_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_LONGEST_AUTHOR = 200
_PROLOG = re.compile(r"\ufeff?\s*(?:<\?xml\s[^<>]{0,200}\?>)?(?:\s+|<!--[^<>]{0,2000}-->|<\?[^<>]{0,500}\?>)*+")
_ODD_NUMBER = re.compile(r"&#(?:0*1[2-5][0-9]|[xX]0*[89][0-9a-fA-F]);")
_C1 = re.compile("[\x80-\x9f]")
_RDF_ABOUT = f"{{{RDF}}}about"
_OWN = frozenset({"title", "link", "id", "language"})
_ABOUT = frozenset({"description", "summary", "content"})
# what may stand inside of other elements: elsewhere feedparser's rules about depth have holes
_NESTED = frozenset({"title", "description", "summary", "media_thumbnail", "media_content", "ignored", "apart"})
_MOVES = {"base", "href", "lastmod"}


def read_fast(text: str, root: int, most_entries: int) -> RawFeed | None:
    """Read the feed whose first element begins at `root`; None where it is not plain."""
    from lxml import etree

    if not _PROLOG.fullmatch(text, 0, root) or _C1.search(text) or _ODD_NUMBER.search(text):
        return None
    body = text[root:]
    if has_long_tag(body):
        return None
    if body.count("<item") + body.count("<entry") > most_entries:
        body = few_entries(body, most_entries)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        feed = _read(etree.fromstring(body.encode(), parser), most_entries)
    except (etree.XMLSyntaxError, UnicodeEncodeError, NotPlain):
        return None
    return None if "xml:base" in body and not _absolute(feed) else feed


def _absolute(feed: RawFeed) -> bool:
    """Whether no address in it depends on a base."""
    links = [part["link"] for part in (feed.channel, *feed.entries) if "link" in part]
    links += [medium.get("href") for entry in feed.entries for medium in entry.get("enclosures") or ()]
    return all(link and link.startswith(("http://", "https://")) for link in links)


def _read(root: "Element", most_entries: int) -> RawFeed:
    kind = ROOTS.get(root.tag)
    if kind is None or not _names_fit(root, kind):
        raise NotPlain
    feed = _Feed(most_entries)
    if kind is not FeedKind.RDF and (language := root.get(f"{XML}lang") or root.get("lang")):
        feed.channel["language"] = language.replace("_", "-")
    for channel in [root] if kind is FeedKind.ATOM else _channels(root, kind):
        feed.read(channel)
    return RawFeed(kind, feed.channel, feed.entries)


def _names_fit(root: "Element", kind: FeedKind) -> bool:
    """Whether feedparser takes the format from the root, not from a namespace that is declared beside it."""
    declared = {uri.lower() for uri in root.nsmap.values()}
    if kind is FeedKind.RDF:
        return RSS1 in declared and ATOM.lower() not in declared
    return RSS1 not in declared and "http://my.netscape.com/rdf/simple/0.9/" not in declared


def _channels(root: "Element", kind: FeedKind) -> Iterator["Element"]:
    """What holds a feed's fields and entries: the one channel, and in RDF the root, which has the entries."""
    namespace = f"{{{RSS1}}}" if kind is FeedKind.RDF else ""
    channels = root.findall(f"{namespace}channel")
    others = [child for child in root if child.tag != f"{namespace}channel"]
    if len(channels) != 1 or (others and not namespace):
        raise NotPlain
    yield channels[0]
    if namespace:
        root.remove(channels[0])
        yield root


class _Feed:
    """A channel's own fields and its entries, as they come."""

    def __init__(self, most_entries: int) -> None:
        self.channel: Raw = {}
        self.entries: list[Raw] = []
        self._most_entries = most_entries
        self._has_summary = False

    def read(self, parent: "Element") -> None:
        if not _MOVES.isdisjoint(parent.keys()):
            raise NotPlain
        for child in parent:
            self._child(child)

    def _child(self, child: "Element") -> None:
        role = role_of(child.tag, child.prefix)
        if role == "entry":
            if len(self.entries) < self._most_entries:
                self.entries.append(_Entry(child).values)
        elif not role or role == "through":
            raise NotPlain
        elif role in _OWN:
            self._own(role, child)
        elif role in _ABOUT:
            self._about(role, child)
        elif role in ASIDE:
            pass_over(child)
        else:
            for inner in child:
                self._child(inner)

    def _about(self, role: str, child: "Element") -> None:
        """What a channel says it is about; said twice, feedparser takes it for content, of the first entry too."""
        if role == "content" or self._has_summary:
            raise NotPlain
        self._has_summary = role == "summary"
        markup_of(child)

    def _own(self, role: str, child: "Element") -> None:
        if role == "link":
            take_link(self.channel, child, mended)
        elif role == "id":
            take_id(self.channel, child)
        elif role == "title" and "title" in self.channel:
            raise NotPlain
        else:
            self.channel[role] = markup_of(child) if role == "title" else plain_text(child)


class _Entry:
    """One entry's fields, by feedparser's rules: of several the one that is not deeper, the last of them."""

    def __init__(self, element: "Element") -> None:
        self.values: Raw = {}
        self._depths: dict[str, int] = {}
        self._title_depth = -1
        self._has_content = False
        if not _MOVES.isdisjoint(element.keys()):
            raise NotPlain
        if about := element.get(_RDF_ABOUT):
            self.values["id"] = about
        self._read(element, 1)

    def _read(self, parent: "Element", depth: int) -> None:
        for child in parent:
            role = role_of(child.tag, child.prefix)
            handler = _HANDLERS.get(role)
            if handler is None or (depth > 1 and role not in _NESTED):
                raise NotPlain
            if handler(self, child, depth):
                self._read(child, depth + 1)

    def _store(self, name: str, value: str, depth: int) -> None:
        if depth <= self._depths.setdefault(name, depth):
            self._depths[name] = depth
            self.values[name] = value

    def ignored(self, element: "Element", _: int) -> bool:
        if len(element) and element.tag.endswith("source"):
            raise NotPlain
        return len(element) > 0

    def source(self, element: "Element", _: int) -> bool:
        self._title_depth = -1
        if len(element):
            raise NotPlain
        return False

    def apart(self, element: "Element", _: int) -> bool:
        pass_over(element)
        return False

    def title(self, element: "Element", depth: int) -> bool:
        title = markup_of(element)
        if not -1 < self._title_depth <= depth:
            self._store("title", title, depth)
        if title and not element.tag.startswith("{http://search"):
            self._title_depth = depth
        return False

    def link(self, element: "Element", _: int) -> bool:
        take_link(self.values, element, lambda link: mended(link.replace("&amp;", "&")))
        return False

    def id(self, element: "Element", depth: int) -> bool:
        self._store("id", take_id(self.values, element), depth)
        return False

    def author(self, element: "Element", depth: int) -> bool:
        author = person_of(element) if len(element) else plain_text(element)
        if len(author) > _LONGEST_AUTHOR:
            raise NotPlain
        self._store("author", author, depth)
        return False

    def published(self, element: "Element", _: int) -> bool:
        return self._time("published", element)

    def updated(self, element: "Element", _: int) -> bool:
        return self._time("updated", element)

    def _time(self, name: str, element: "Element") -> bool:
        written = plain_text(element)
        if name in self.values or (written and not read_time(written)):
            raise NotPlain
        self.values[name] = written
        return False

    def summary(self, element: "Element", depth: int) -> bool:
        if "summary" in self.values and not self._has_content:
            return self.content(element, depth)
        self._store("summary", markup_of(element), depth)
        return False

    def content(self, element: "Element", _: int) -> bool:
        self._has_content = True
        value = markup_of(element)
        self.values.setdefault("content", []).append({"value": value})
        self.values.setdefault("summary", value)
        return False

    def image(self, element: "Element", _: int) -> bool:
        said = attributes_of(element)
        if href := said.get("href") or said.get("url"):
            self.values["image"] = {"href": href}
        return len(element) > 0

    def media_thumbnail(self, element: "Element", _: int) -> bool:
        said = attributes_of(element)
        if "url" not in said:
            raise NotPlain
        self.values.setdefault("media_thumbnail", []).append(said)
        return len(element) > 0

    def media_content(self, element: "Element", _: int) -> bool:
        self.values.setdefault("media_content", []).append(attributes_of(element))
        return len(element) > 0

    def enclosure(self, element: "Element", _: int) -> bool:
        self.values.setdefault("enclosures", []).append(with_href(attributes_of(element)))
        return len(element) > 0


_HANDLERS: dict[str, Callable[[_Entry, "Element", int], bool]] = {
    "ignored": _Entry.ignored,
    "language": _Entry.ignored,
    "through": _Entry.ignored,
    "source": _Entry.source,
    "apart": _Entry.apart,
    "title": _Entry.title,
    "link": _Entry.link,
    "id": _Entry.id,
    "author": _Entry.author,
    "published": _Entry.published,
    "updated": _Entry.updated,
    "description": _Entry.summary,
    "summary": _Entry.summary,
    "content": _Entry.content,
    "image": _Entry.image,
    "media_thumbnail": _Entry.media_thumbnail,
    "media_content": _Entry.media_content,
    "enclosure": _Entry.enclosure,
}
