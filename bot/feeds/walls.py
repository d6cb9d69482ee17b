"""Walls: pages that ask for money or consent where the article should be.

A page says itself that its article must be paid for (schema.org isAccessibleForFree, article:content_tier); what a
consent page is made of is few words, most of them about cookies. Of a paid article only the free beginning is there.
"""

import re

_HEAD_BYTES = 2 << 20
_NOT_FREE = re.compile(
    rb'"isAccessibleForFree"\s*:\s*(?:"(?:false|no)"|false|"https?://schema\.org/False")', re.IGNORECASE
)
_TIER = re.compile(
    rb"""<meta\s[^<>]{0,200}(?:content_tier|access-level)["'][^<>]{0,100}content=["'](?:locked|paid|premium)""",
    re.IGNORECASE,
)
_LONGEST_CONSENT = 3000
_SHORT = 600
_OFFERS = 2000  # prices and what is in them, behind the call
_CONSENT = re.compile(
    r"(?i)cookie|consent|privacy|your choices|(?:personali[sz]ed|targeted) ads|\bpartners\b|einwillig|zustimm"
    r"|datenschutz|werbung und tracking|consentement|confidentialité|consentimiento|privacidad|consenso|toestemming"
    r"|zgod|同意|隐私|クッキー"
)
_ACCEPT = re.compile(
    r"(?i)\b(?:accept|agree|reject|manage|refuse|akzeptier|zustimm|ablehn|accepte[rz]|refuser|acept|accett|akkoord)|同意|接受"
)
_PAY = (
    r"subscribe (?:to|now|for|today)\b.{0,80}(?:read|continue|access|unlock)",
    r"(?:(?:continue|keep) reading|read the (?:full|whole|rest)).{0,80}(?:subscri|sign in|log in|register)",
    r"\b(?:article|story|content|page)\b.{0,40}\b(?:for|available to|exclusive to) (?:our )?(?:subscribers|members)\b",
    r"already (?:a |an )?(?:subscribe|member)",
    r"you have reached your (?:limit|article)",
    r"(?:weiterlesen|jetzt lesen|artikel lesen) mit\b|\bmit .{1,30} (?:weiterlesen|freischalten)",
    r"(?:dieser|diesen) (?:artikel|inhalt).{0,60}(?:abonnent|abo\b|plus-|kostenpflichtig)",
    r"(?:réservé|reservado|riservato|exclusiv\w+|voorbehouden).{0,30}(?:abonn|suscri|assinant|abbonat)",
    r"(?:abonnez-vous|suscríb[ea]te|assine|abbonati|abonneer).{0,60}(?:lire|leer|ler|legger|lees|article|artículo|artigo)",
)
_WALL_LINE = re.compile(rf"(?i)(?:{'|'.join(_PAY)})")
_LONGEST_LINE = 400


def is_paid(html: bytes) -> bool:
    """Whether a page says that its article must be paid for."""
    head = html[:_HEAD_BYTES]
    return bool(_NOT_FREE.search(head) or _TIER.search(head))


def without_wall(text: str, *, paid: bool = False) -> tuple[str, bool]:
    """A text up to the line that asks for money, and whether there was one. A long article behind it stays.

    `paid`: the page itself says that its article must be paid for, so what stands behind are offers.

    A call to subscribe in the middle of a whole article is no wall: only that line goes.
    """
    lines = text.split("\n")
    asks = [n for n, line in enumerate(lines) if len(line) <= _LONGEST_LINE and _WALL_LINE.search(line)]
    if not asks:
        return text, False
    behind = sum(map(len, lines[asks[0] + 1 :]))
    if behind <= (_OFFERS if paid else _SHORT):
        return "\n".join(lines[: asks[0]]), True
    return "\n".join(line for n, line in enumerate(lines) if n not in asks), False


def is_consent(text: str) -> bool:
    """Whether a text asks for consent and tells nothing else."""
    if len(text) > _LONGEST_CONSENT:
        return False
    lines = [line for line in text.split("\n") if line]
    about = sum(len(line) for line in lines if _CONSENT.search(line))
    mostly = about > 0.6 * sum(map(len, lines)) and len(_CONSENT.findall(text)) >= 3
    return mostly and bool(_ACCEPT.search(text))
