"""Lines of an extracted text that are not the article: its own headline, labels, calls to subscribe and to follow.

The rules are data, a line each, and take whole lines only: a sentence that merely speaks of a newsletter stays.
"""

import re
from collections.abc import Sequence

_LONGEST = 300
_HEAD = 3  # lines that may stand before the article's first sentence
_WORD = re.compile(r"\w+")

_RULES = (
    # labels of what stood beside the article
    r"(?:you may also like|don.t miss|related|recommended(?: for you)?|trending(?: now)?|explore further)[ .…:!]*",
    r"(?:tags?|comments?|advertisement|newsletter|more|more (?:stories|like this)|thank you|sorry)[ .…:!]*",
    r"(?:most (?:read|popular|viewed)(?: in .{0,40})?|share(?: this(?: .{0,30})?)?|thanks for signing up)[ .…:!]*",
    r"(?:weitere themen|mehr zum thema|das könnte (?:sie|dich) auch interessieren|lesen sie auch|lees ook)[ .…:!]*",
    r"(?:leia também|lea también|te puede interesar|à lire aussi|sur le même sujet|leggi anche)[ .…:!]*",
    r"(?:читайте также|コメント|関連記事|相关阅读)[ .…:：!]*",
    # other articles
    r"(?:read|see|find out|learn) (?:more|also|next)\b.{0,120}",
    r"(?:related(?: (?:stories|articles|content|coverage))?|also|read|watch|listen)\s*:.{0,150}",
    r"(?:leia|veja|lea|ver|más) (?:também|mais|más|también)\b.{0,150}",
    r"(?:lesen sie|lies|mehr|lees) (?:auch|zum thema|ook)\b.{0,150}",
    r"(?:leggi anche|(?:à )?lire aussi|читайте также)\b.{0,150}",
    # calls
    r"(?:click|tap) here\b.{0,120}",
    r".{0,40}by clicking here",
    r"(?:sign up|subscribe|register)\b.{0,160}(?:newsletter|inbox|free|email|today|now|daily|updates?)\b.{0,80}",
    r"get (?:the|our|all) .{0,120}(?:inbox|newsletter|in your email)\b.{0,60}",
    r"(?:jetzt|hier|kostenlos) .{0,60}(?:newsletter|abonnieren|anmelden)\b.{0,60}",
    r"follow (?:us|me|him|her|them|@).{0,160}",
    r".{0,60}\bfollow .{0,60}\bon (?:twitter|facebook|instagram|x)\b.{0,120}",
    # the imprint
    r"filed under.{0,120}",
    r"(?:copyright|©|\(c\)).{0,160}",
    r".{0,160}\ball rights reserved.{0,60}",
    r"\(?(?:additional )?(?:reporting|editing|writing) by .{0,250}",
    r".{0,80}\bcontributed (?:to this|reporting).{0,80}",
    # no words
    r"https?://\S+",
    r"[|\-: ]+",
)
_NOT_THE_ARTICLE = re.compile(rf"(?i)(?:- )?(?:{'|'.join(_RULES)})")


def tidy(text: str, headings: Sequence[str]) -> str:
    """The text without such lines; all of it where nothing else would be left.

    Args:
        text: paragraphs, one a line.
        headings: the headline in every form that the page has it; the first line that is one of them goes.
    """
    lines = text.split("\n")
    known = [_words(heading) for heading in headings]
    first = next((n for n, line in enumerate(lines[:_HEAD]) if _words(line) in known), None)
    kept = [line for n, line in enumerate(lines) if n != first and not _is_beside(line)]
    return "\n".join(kept) or text


def _is_beside(line: str) -> bool:
    return len(line) <= _LONGEST and bool(_NOT_THE_ARTICLE.fullmatch(line))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
