"""Where feeds usually are: what the form of an address tells without asking anybody.

Sources: YouTube's own channel pages name feeds/videos.xml; GitHub documents releases.atom; the usual paths are those of
WordPress, Hugo, Jekyll, Ghost, Drupal and of newspapers' own systems.
"""

import re
from urllib.parse import parse_qs, urlsplit

from bot.feeds.urls import web_link

MOST_FOLDERS = 2
PATHS = ("feed", "rss.xml", "feed.xml", "atom.xml", "rss", "index.xml")

_CHANNEL = re.compile(r"/channel/(UC[\w-]{22})(?:/|$)")
_USER = re.compile(r"/user/([\w.-]{1,60})(?:/|$)")
_PLAYLIST = re.compile(r"[\w-]{10,60}")
_REPOSITORY = re.compile(r"/([\w-]{1,40})/([\w.-]{1,100}?)(?:/releases)?/?")
_NOT_OWNERS = frozenset({"about", "collections", "features", "marketplace", "orgs", "settings", "sponsors", "topics"})
_VIDEOS = "https://www.youtube.com/feeds/videos.xml"


def feed_by_form(url: str) -> str | None:
    """The feed of a YouTube channel, user or playlist, or of a GitHub repository's releases; None for anything else."""
    try:
        parts = urlsplit(url if "://" in url else "https://" + url)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    if host == "youtube.com":
        return _of_youtube(parts.path, parts.query)
    if host == "github.com" and (found := _REPOSITORY.fullmatch(parts.path)) and found[1] not in _NOT_OWNERS:
        return f"https://github.com/{found[1]}/{found[2]}/releases.atom"
    return None


def usual_feeds(url: str) -> tuple[str, ...]:
    """Where a site's feed would be if it is in one of the usual places; empty for a page other than its first one."""
    parts = urlsplit(url)
    at_root = parts.path in ("", "/")
    return tuple(f"{parts.scheme}://{parts.netloc}/{path}" for path in PATHS) if at_root else ()


def sites_of(url: str, site_url: str | None) -> tuple[str, ...]:
    """Where to look for a feed that is no longer at `url`: its site, the folders above it, its host's first page."""
    parts = urlsplit(url)
    folders = [part for part in parts.path.split("/")[:-1] if part]
    above = [f"{parts.scheme}://{parts.netloc}/{'/'.join(folders[:depth])}" for depth in range(len(folders), -1, -1)]
    nearest = [*above[:MOST_FOLDERS], above[-1]]
    site = web_link(site_url, url)
    places: dict[str, str] = {}
    for address in filter(None, (site, *nearest)):
        places.setdefault(address.rstrip("/"), address)
    places.pop(url.rstrip("/"), None)
    return tuple(places.values())


def _of_youtube(path: str, query: str) -> str | None:
    if found := _CHANNEL.match(path):
        return f"{_VIDEOS}?channel_id={found[1]}"
    if found := _USER.match(path):
        return f"{_VIDEOS}?user={found[1]}"
    playlist = parse_qs(query, max_num_fields=20).get("list", [""])[0] if path == "/playlist" else ""
    return f"{_VIDEOS}?playlist_id={playlist}" if _PLAYLIST.fullmatch(playlist) else None
