"""Repair: what must be done to a feed's XML before a parser may see it.

Document types go with all they declare, so no entity grows and nothing outside is read; only short plain entities are
put in place by us. What XML does not know (HTML's entities, bare ampersands, control characters, references to no
character) becomes what it was meant to be. Entries beyond the wanted number are cut out here, because parsers read
everything.
"""

import re
from html.entities import html5
from xml.sax.saxutils import escape

_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?(?:rss|feed|rdf|channel)(?=[\s/>])", re.IGNORECASE)
_PAGE = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_INVALID = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]{1,40})\s+(?:"([^"<]{0,200})"|'([^'<]{0,200})')\s*>""")
_CDATA = re.compile(r"(?s)(<!\[CDATA\[.*?(?:\]\]>|\Z))")
_REFERENCE = re.compile(r"&(?:#(?P<number>[0-9]{1,12}|[xX][0-9a-fA-F]{1,12});|(?P<name>\w{1,40});)?")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ENTRY = re.compile(r"<(/?)((?:[\w.-]{1,40}:)?(?:item|entry))(?=[\s/>])", re.IGNORECASE)
_LONG_TAG = re.compile(r"<([\w:.-]{1,80})\s[^<>]{20000,}+>")  # attributes cost the square of their number
_TAGS_IN_A_ROW = re.compile(r"(?:<[^<>!?/][^<>]{0,200}+(?<!/)>\s*+){2,}+|(?:</[^<>]{1,200}+>\s*+){2,}+")
_MANY_TAGS, _DEEPEST = 20_000, 256
_MOST_GROWTH = 1_000_000


def find_root(text: str) -> int | None:
    """Where the feed's first element begins, None in what is no feed (a web page, above all)."""
    root = _ROOT.search(text, 0, 200_000)
    page = _PAGE.search(text, 0, root.start() if root else 2000)
    return root.start() if root and not page else None


def repaired(text: str, root: int, most_entries: int) -> str:
    """XML from its root element on, without document type, well-formed as far as its references go."""
    entities = {name: one or other for name, one, other in _ENTITY.findall(text[:root])}
    names = _Names({name: value for name, value in entities.items() if "&" not in value or _is_number(value)})
    body = _INVALID.sub("", text[root:])
    body = _flat(few_entries(_LONG_TAG.sub(_bare, body), most_entries))
    pieces = _CDATA.split(body)
    pieces[::2] = [_REFERENCE.sub(names.replacement, piece) for piece in pieces[::2]]
    return "".join(pieces)


def has_long_tag(text: str) -> bool:
    """Whether a tag is so long that repairing takes its attributes."""
    return bool(_LONG_TAG.search(text))


def few_entries(text: str, most: int) -> str:
    """The text without the entries after the first `most`, which stand side by side as in all formats."""
    starts = 0
    for tag in _ENTRY.finditer(text):
        starts += not tag[1]
        if starts > most:
            last = text.rfind(f"</{tag[2]}", tag.end())
            end = text.find(">", last) + 1 if last >= 0 else 0
            return text[: tag.start()] + text[end:] if end else text[: tag.start()]
    return text


def _flat(text: str) -> str:
    """The text without tags that open, or close, by the hundred in a row: each costs feedparser as much as an entry."""
    if text.count("<") <= _MANY_TAGS:
        return text
    return _TAGS_IN_A_ROW.sub(lambda row: "" if row[0].count("<") > _DEEPEST else row[0], text)


def _bare(tag: re.Match[str]) -> str:
    return f"<{tag[1]}/>" if tag[0].endswith("/>") else f"<{tag[1]}>"


class _Names:
    """Replaces references; what declared entities add is bounded."""

    def __init__(self, declared: dict[str, str]) -> None:
        self._declared = declared
        self._growth = 0

    def replacement(self, reference: re.Match[str]) -> str:
        if reference["number"]:
            return _numbered(reference["number"])
        name = reference["name"]
        if not name:
            return "&amp;"
        if name in _XML_NAMES:
            return reference[0]
        if name in self._declared and self._growth < _MOST_GROWTH:
            self._growth += len(self._declared[name])
            return self._declared[name]
        return escape(html5[f"{name};"]) if f"{name};" in html5 else f"&amp;{name};"


def _is_number(value: str) -> bool:
    return bool(re.fullmatch(r"&#\w{1,10};", value))


def _numbered(number: str) -> str:
    code = int(number[1:], 16) if number[0] in "xX" else int(number)
    if 0x80 <= code < 0xA0:  # meant as Windows-1252
        return bytes([code]).decode("cp1252", "replace")
    if code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
        return f"&#{code};"
    return "" if code < 0x20 else "\ufffd"
