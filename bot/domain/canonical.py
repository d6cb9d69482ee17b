"""Addresses: the form under which two of them count as one.

It is for comparing only; the address that was given is the one to fetch and to show.
"""

import re
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

_TRACKING = re.compile(
    r"utm_\w*|mtm_\w*|pk_(?:campaign|cid|kwd|medium|source|content)|hsa_\w+|at_(?:medium|campaign|custom\d|link_\w+)"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ymclid|twclid|ttclid|igshid|igsh|li_fat_id|mc_cid|mc_eid"
    r"|_ga|_gl|_hsenc|_hsmi|__twitter_impression|ocid|cmpid|icid|ito|ftcamp|smid|xtor|wt_?z?mc|ns_\w+|ref_src|ref_url"
    r"|referrer|s_cid|ncid|sref|oly_(?:enc|anon)_id|vero_(?:conv|id)|mkt_tok|trk|trkcampaign|guccounter"
    r"|guce_referrer(?:_sig)?|soc_(?:src|trk)|_openstat|action_(?:object|type|ref)_map|amp|rb_clickid"
    r"|fb_(?:action_ids|action_types|source|ref)|mbid|syn-\w+|spm|traffic_source|guid_referrer",
    re.IGNORECASE,
)
# names that may choose the page, unless their value is plainly the way that the reader came
_WAYS = re.compile(r"cmp|cid|feature|from|medium|partner|ref|rss|share|source|src|via", re.IGNORECASE)
_WAY = re.compile(
    r".*(?:rss|feed|twitter|facebook|newsletter|e-?mail|share|social|whatsapp|telegram|youtu\.be).*", re.IGNORECASE
)


def canonical_url(url: str) -> str:
    """The form of an http(s) address that all addresses of one page share; anything else comes back as it is.

    Scheme https, host in lower case without "www." and default port, path and query in one percent-encoding and
    without a closing slash, parameters sorted and tracking ones gone, no fragment unless it is a "#!" route. Parameters
    that may choose the page stay, so `?p=1` and `?p=2` are two.
    """
    try:
        parts = urlsplit(canonicalize_url(url.strip(), keep_fragments=True))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return url
        fragment = parts.fragment if parts.fragment.startswith("!") else ""
        clean = urlunsplit(("https", _host(parts), parts.path.rstrip("/") or "/", _kept(parts.query), fragment))
        return str(canonicalize_url(clean, keep_fragments=True))
    except ValueError:
        return url


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    default = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, default) else f"{host}:{parts.port}"


def _kept(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200)
    return urlencode([(name, value) for name, value in pairs if not _tracks(name, value)])


def _tracks(name: str, value: str) -> bool:
    return bool(_TRACKING.fullmatch(name) or (_WAYS.fullmatch(name) and _WAY.fullmatch(value[:100])))
