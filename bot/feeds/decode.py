"""Bytes to text: which encoding a feed is in, whatever it says."""

import codecs
import re

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:-]{1,40})\s*["']""")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_STARTS = (
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0<\0", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
# what the declared name means on the web (WHATWG, Encoding)
_ALSO = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}
_ALSO |= {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-9": "cp1254", "shift_jis": "cp932", "euc-kr": "cp949"}
_ALSO |= {"windows-1252": "cp1252", "ks_c_5601-1987": "cp949", "iso-8859-11": "cp874", "tis-620": "cp874"}


def decoded(body: bytes, content_type: str | None = None) -> str:
    """The body as text; bytes that fit no encoding are read as Windows-1252.

    `content_type` is whatever may name a charset: the HTTP header, the head of a page.
    """
    for mark, name in (*_MARKS, *_STARTS):
        if body.startswith(mark):
            return body.removeprefix(mark if (mark, name) in _MARKS else b"").decode(name, "replace")
    if body.isascii() and b"\x1b" not in body:
        return body.decode("ascii")
    for name in _candidates(body, content_type):
        try:
            return body.decode(name)
        except (UnicodeError, LookupError):
            continue
    return body.decode("utf-8", "nutgraf-cp1252")


def _candidates(body: bytes, content_type: str | None) -> list[str]:
    """Encodings to try, the likeliest first: valid UTF-8 is hardly ever anything else than UTF-8."""
    named = _CHARSET.search(content_type or "")
    found = _DECLARED.match(body[:1000])
    names = [named[1] if named else "", found[1].decode("ascii") if found else ""]
    known = [_ALSO.get(name.lower(), name.lower()) for name in names if name]
    stateful = [name for name in known if name.startswith("iso-2022") or name in ("hz", "hz-gb-2312", "utf-7")]
    return [*stateful, "utf-8", *(name for name in known if not name.startswith(("utf", "ucs")))]


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("nutgraf-cp1252", _as_cp1252)
