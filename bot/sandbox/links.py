"""Which addresses Telegram takes as links, and how it writes them."""

import re

_PARTS = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*)://)?([^/?#\s]+)([^\s]*)", re.ASCII)
_USER = re.compile(r"tg:/*user\?(?:.*&)?id=([1-9][0-9]{0,18})(?:&.*)?", re.IGNORECASE | re.ASCII)
_HOST = re.compile(r"(?:[^@]*@)?(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?")


def checked_link(url: str) -> str | None:
    """The address as Telegram keeps it: http, https, tg or ton; http:// is put where none is given.

    The host is in lower case, has a dot (or is an IPv6 address), and an empty path becomes "/". None for anything else.
    """
    parts = _PARTS.fullmatch(url.strip())
    if not parts:
        return None
    scheme, host, rest = (parts[1] or "http").lower(), parts[2].lower(), parts[3]
    if scheme in ("tg", "ton"):
        return f"{scheme}://{host}{rest}"
    if scheme not in ("http", "https") or not _good_host(host):
        return None
    return f"{scheme}://{host}{'' if rest.startswith('/') else '/'}{rest}"


def _good_host(host: str) -> bool:
    parts = _HOST.fullmatch(host)
    if not parts or int(parts[2] or 80) > 65535:
        return False
    return parts[1].startswith("[") or ("." in parts[1].strip(".") and ".." not in parts[1])


def linked_user(url: str) -> int | None:
    """The user id of `tg://user?id=123`, None for another address."""
    found = _USER.fullmatch(url.strip())
    return int(found[1]) if found else None
