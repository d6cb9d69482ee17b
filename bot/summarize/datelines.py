"""What a dateline says: the place a report was written at, and the agency that it comes from.

Where it starts and ends is known by the rule files; here the piece is taken apart. Dates in it are left out. What
cannot be told apart for certain is left out too: in `记者王小明台北1日电` nothing says where the reporter's name ends.
"""

import re

_MOST_CHARS = 300
_EDGES = " \t\xa0.,:،：，-–—―ـ•|"
_BRACKETED = re.compile(r"[(（【\[]([^()（）【】\[\]\n]{2,40})[)）】\]]|\s/([^/\n]{2,40})/")
_CHINESE = re.compile(
    r"[（(【\[]?据?(?P<agency>[\u4e00-\u9fff]{1,5}?[社网網报報台])?(?P<reporters>[^\d]*?(?:记者|記者)[^\d]*)?"
    r"(?P<place>[\u4e00-\u9fff]{2,8}?)?(?:\d{1,2}月)?(?:\d{1,2}日)(?:电|電|讯|訊|消息|报道|報導|報道)"
)
_CHINESE_AGENCY = re.compile(r"[（(【\[](?P<agency>[\u4e00-\u9fff]{2,10}?)(?:电|電|讯|訊)[）)】\]]")
_OWN = frozenset({"本报", "本報", "本台", "本社", "本网", "本網"})
_DATED = re.compile(r"(?P<place>[^\d,.(/]+)[,.]?\s+\d{1,2}\s+[^\W\d]+\.?,?(?P<agency>[^()]*)")
_DASH = re.compile(r"\s[-–—]\s?")
_ARABIC = re.compile("[\u0600-\u06ff]")


def place_and_agency(piece: str) -> tuple[str | None, str | None]:
    """Place and agency of a dateline, such as `LONDON/PARIS, 3 May (Wire) –`; None for what it does not say."""
    piece = piece[:_MOST_CHARS].strip()
    chinese = _CHINESE.match(piece) or _CHINESE_AGENCY.match(piece)
    if chinese:
        found = chinese.groupdict()
        agency = found["agency"]
        return None if found.get("reporters") else found.get("place"), None if agency in _OWN else agency
    bracketed = _BRACKETED.search(piece)
    if bracketed:
        return _undated(piece[: bracketed.start()]), _undated(bracketed[1] or bracketed[2])
    dated = _DATED.match(piece)
    if dated:
        return _undated(dated["place"]), _undated(dated["agency"])
    place, *agency = _DASH.split(piece.strip(_EDGES), maxsplit=1)
    if not agency and _ARABIC.match(place):
        return None, _undated(place)
    return _undated(place), _undated(agency[0]) if agency else None


def _undated(words: str) -> str | None:
    parts = [part.strip(_EDGES) for part in re.split("[,،，]", words)]
    return ", ".join(part for part in parts if any(map(str.isalpha, part)) and not any(map(str.isdigit, part))) or None
