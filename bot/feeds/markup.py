"""Markup to plain text, in time that grows with the length of the text and nothing else.

Tags, comments, scripts and styles go, entities become characters, blocks become lines. Feeds are full of broken markup,
so this reads tags as they come and expects no tree. An angle bracket that opens no HTML tag is text and stays.
"""

import re
from html import unescape

from bot.domain.text import plain, plain_lines

_MOST_MARKUP_CHARS = 2_000_000
_BLOCK_NAMES = """
    address article aside blockquote br caption center dd details dialog div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr legend li main menu nav ol option p pre section summary table tbody tfoot thead
    title tr ul"""
_INLINE_NAMES = """
    a abbr acronym applet area audio b base basefont bdi bdo big blink body button canvas cite code col colgroup data
    datalist del dfn dir em embed font frame frameset head html i iframe img input ins kbd keygen label link map mark
    marquee math meta meter nobr noembed noframes noscript object optgroup output param picture progress q rp rt ruby
    s samp script select slot small source span strike strong style sub sup svg td template textarea th time track tt
    u var video wbr"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_INLINE = frozenset(_INLINE_NAMES.split())
_SILENT = "script|style|template|applet|xml|select|noembed|noframes"
_SPACES = re.compile(r"\s{2,}")
_COMMENT = re.compile(r"(?s)<!--.*?-->")
_OPEN_COMMENT = re.compile(r"<!--[^<>]*+>?")
_AGAIN = re.compile(r"&(?:amp|nbsp|quot|#\d{1,6});")  # escaped twice
_TAG = re.compile(
    r"""(?isx)
    <(?P<silent>"""
    + _SILENT
    + r""")\b[^<>]*+(?<!/)>.*?(?:</(?P=silent)\b[^>]*>|\Z)
    | <(?:!\[CDATA\[|!doctype\b[^<>]*+>|\?[^<>]*+>)|\]\]>
    | </?(?P<name>[a-z][\w:.-]*+)(?P<inside>(?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+)(?P<end>>|\Z)
    """
)


def text_of(markup: str, most_chars: int) -> str:
    """The text of HTML or of what claims to be, paragraphs separated by a line feed, at most `most_chars`."""
    if len(markup) > _MOST_MARKUP_CHARS:
        markup = _SPACES.sub(" ", markup)[:_MOST_MARKUP_CHARS]
    if "<" in markup:
        markup = _TAG.sub(_blank, without_comments(markup))
    text = unescape(markup)
    return plain_lines(unescape(text) if _AGAIN.search(text) else text, most_chars)


def line_of(markup: str, most_chars: int) -> str:
    """The same on one line."""
    return plain(text_of(markup, 4 * most_chars), most_chars)


def without_comments(markup: str) -> str:
    """The markup without comments, closed or not.

    Looked for in two steps, because a search for an end that does not exist costs the whole text each time.
    """
    last = markup.rfind("-->") + 3 if "-->" in markup else 0
    return _COMMENT.sub("", markup[:last]) + _OPEN_COMMENT.sub("", markup[last:])


def _blank(tag: re.Match[str]) -> str:
    """What stands for a tag: a line feed for a block, a blank for a cell, the tag itself where it is none."""
    name = (tag["name"] or "").lower()
    if not name:
        return " " if tag["silent"] else ""
    if name in _BLOCKS:
        return "\n"
    if name in ("td", "th"):
        return " "
    inside = tag["inside"]
    if name in _INLINE or ":" in name or "-" in name or "=" in inside:
        return "" if tag["end"] or "=" in inside else tag[0]
    return tag[0]
