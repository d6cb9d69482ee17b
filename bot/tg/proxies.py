"""The proxies that the environment names: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, and NO_PROXY for what goes without."""

from collections.abc import Mapping
from typing import Self
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from bot.domain.errors import UserError

_KNOWN = ("http", "https")


class Proxies:
    """Which proxy a request takes, by the address's scheme or `all`.

    They are looked up once, as aiohttp's own look-up costs two threads a request and does not know ALL_PROXY.
    """

    def __init__(self, by_scheme: Mapping[str, URL]) -> None:
        self._by_scheme = by_scheme

    @classmethod
    def of_environment(cls) -> Self:
        """Look them up.

        Raises:
            UserError: one is neither an HTTP nor an HTTPS proxy.
        """
        named = {scheme: proxy for scheme, proxy in getproxies().items() if scheme in (*_KNOWN, "all")}
        return cls({scheme: _read(scheme, proxy) for scheme, proxy in named.items()})

    def towards(self, address: str) -> URL | None:
        """The proxy on the way to an address, None to go straight."""
        if not self._by_scheme:
            return None
        url = URL(address)
        if proxy_bypass(url.host or ""):
            return None
        return self._by_scheme.get(url.scheme) or self._by_scheme.get("all")


def _read(scheme: str, proxy: str) -> URL:
    name = f"{scheme.upper()}_PROXY"
    try:
        url = URL(proxy if "://" in proxy else f"http://{proxy}")
    except ValueError:  # its text may hold a password
        raise UserError(f"{name} is not an address.") from None
    if url.scheme not in _KNOWN or not url.host:
        raise UserError(f"{name} names a proxy of the kind {url.scheme}: only http:// and https:// ones are known.")
    return url
