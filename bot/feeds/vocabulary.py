"""The elements that the fast way of reading a feed understands, by the part they play.

A name is written as feedparser has it: its own prefix for a known namespace, in lower case.
"""

import re
from functools import lru_cache

from bot.domain.models import FeedKind

ATOM = "http://www.w3.org/2005/Atom"
RSS1 = "http://purl.org/rss/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
ROOTS = {"rss": FeedKind.RSS, f"{{{ATOM}}}feed": FeedKind.ATOM, f"{{{RDF}}}RDF": FeedKind.RDF}

_PREFIXES = {
    "": "",
    ATOM.lower(): "",
    RSS1: "",
    RDF: "rdf",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss/": "media",
    "http://search.yahoo.com/mrss": "media",
    "http://webns.net/mvcb/": "admin",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
}
_ROLES = {
    "entry": "item entry",
    "title": "title dc:title media:title",
    "link": "link",
    "id": "id guid",
    "author": "author dc:creator dc:author itunes:author",
    "published": "published issued pubdate dcterms:issued",
    "updated": "updated modified lastbuilddate dc:date dcterms:modified",
    "description": "description dc:description media:description",
    "summary": "summary itunes:summary",
    "content": "content content:encoded",
    "language": "language dc:language",
    "image": "itunes:image",
    "media_thumbnail": "media:thumbnail",
    "media_content": "media:content",
    "enclosure": "enclosure",
    "through": "media:group",
    "apart": "contributor dc:contributor rights copyright dc:rights itunes:subtitle",
    "source": "source",
    "aside": (
        "image textinput skiphours skipdays items managingeditor webmaster subtitle tagline "
        "itunes:owner itunes:category"
    ),
    "ignored": (
        "category comments generator ttl icon logo cloud docs rating dc:subject dc:publisher dc:identifier dc:format "
        "dc:type dc:source dc:coverage dc:relation media:credit media:keywords media:category media:rating media:text "
        "media:copyright media:hash media:player media:license media:community media:starrating media:statistics "
        "media:adult itunes:duration itunes:explicit itunes:episode itunes:season itunes:episodetype itunes:keywords "
        "itunes:title itunes:block itunes:type itunes:new-feed-url admin:generatoragent admin:errorreportsto "
        "feedburner:info feedburner:origlink feedburner:origenclosurelink feedburner:emailserviceid "
        "feedburner:feedburnerhostname feedburner:feedflare"
    ),
}
_ROLE = {name: role for role, names in _ROLES.items() for name in names.split()}
# a channel says these of itself; nothing in them is a field of ours
ASIDE = frozenset({"aside", "apart", "author", "published", "updated", "description", "summary", "content"})
# WordPress declares its own namespace on the element
_WITHOUT_PREFIX = frozenset({"site", "post-id"})
# what may stand inside of elements that are passed over, by their name; feedparser reads anything else as if outside
_PERSON = "name email uri url homepage"
_LOGO = "title link url width height description name"
_INSIDE = {"image": _LOGO, "textinput": _LOGO, "author": _PERSON, "contributor": _PERSON, "owner": _PERSON}
_INSIDE |= {"skiphours": "hour", "skipdays": "day", "items": "seq li", "category": "category"}
# names whose end feedparser acts upon even in the middle of XHTML
ACTED_UPON = frozenset(name for name in _ROLE if ":" not in name) | frozenset(
    f"{_PERSON} {_LOGO} body info abstract fullitem created expirationdate tags keywords channel feed rss where".split()
)
# prefixes that feedparser itself reads a meaning from, whatever namespace they stand for
_TAKEN = re.compile(
    "(?i)admin|cc|creativecommons|content|dc|dcterms|feedburner|geo|georss|gml|icbm|itunes|media|psc|rdf|xhtml|xml"
)
_READ_BY_FEEDPARSER = re.compile("(?i)backend\\.userland\\.com|xhtml|purl.org/(?:echo|pie|atom)")


def may_hold(tag: str, inner: str) -> bool:
    """Whether an element that is passed over may hold this one without its meaning anything."""
    return local_name(inner) in _INSIDE.get(local_name(tag), "").split()


def is_foreign(tag: str, prefix: str | None) -> bool:
    """Whether an element is of a namespace that nobody here knows, and means nothing under its prefix."""
    return tag.rpartition("}")[0][1:].lower() not in _PREFIXES and role_of(tag, prefix) == "ignored"


def local_name(tag: str) -> str:
    """The name without its namespace, in lower case."""
    return tag.rpartition("}")[2].lower()


@lru_cache(4096)
def role_of(tag: str, prefix: str | None) -> str:
    """The part that an element plays, "" where we do not know what the reference makes of it.

    Elements of namespaces that nobody here knows are ignored, under a prefix that means nothing to anybody.
    """
    namespace, _, name = tag.rpartition("}")
    known = _PREFIXES.get(namespace[1:].lower())
    if known is not None:
        return _ROLE.get(f"{known}:{name.lower()}" if known else name.lower(), "")
    if not prefix and name in _WITHOUT_PREFIX:
        return "ignored"
    if not prefix or _TAKEN.fullmatch(prefix) or _READ_BY_FEEDPARSER.search(namespace):
        return ""
    return "ignored"
