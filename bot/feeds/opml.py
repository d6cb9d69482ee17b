"""OPML: lists of sources as other readers write and read them (http://opml.org/spec2.opml)."""

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from lxml import etree

from bot.domain.errors import UserError
from bot.domain.models import FeedLink, Source
from bot.domain.text import plain

MOST_BYTES = 5 * 1024 * 1024
MOST_FEEDS = 10_000
TITLE_CHARS = 200

_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*(\[[^\]]*\])?[^>]*>", re.IGNORECASE)


def read_opml(document: bytes) -> tuple[FeedLink, ...]:
    """The feeds that a list names, each address once, in its order.

    Raises:
        UserError: it is too large, no OPML, or names no feed.
    """
    if len(document) > MOST_BYTES:
        raise UserError(f"That list is over {MOST_BYTES // 1024 // 1024} MB.")
    # no DTD, no entities, no network: the document comes from anywhere
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(_DOCTYPE.sub(b"", document, count=1), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or not isinstance(root.tag, str) or root.tag.lower() != "opml":
        raise UserError("That is no OPML file.")
    found = {link.url: link for outline in root.iter("outline") if (link := _link(outline.attrib)) is not None}
    if not found:
        raise UserError("That OPML file names no feed.")
    return tuple(found.values())[:MOST_FEEDS]


def _link(attributes: "etree._Attrib") -> FeedLink | None:
    by_name = {str(name).lower(): str(value) for name, value in attributes.items()}
    url = by_name.get("xmlurl", "").strip()
    title = plain(by_name.get("title") or by_name.get("text") or "", TITLE_CHARS)
    return FeedLink(url, title or None) if url else None


def write_opml(sources: Iterable[Source]) -> str:
    """The sources as an OPML 2.0 document."""
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = "Nutgraf sources"
    body = ElementTree.SubElement(root, "body")
    for source in sources:
        about = {"type": "rss", "text": source.title, "title": source.title, "xmlUrl": source.url}
        ElementTree.SubElement(body, "outline", about | ({"htmlUrl": source.site_url} if source.site_url else {}))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
