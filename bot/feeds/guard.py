"""The guard: which addresses may be reached.

Every connection of Nutgraf to the open web passes here twice: its address as written, and the IP address right before
the connection, so neither a name, a redirect nor a second look-up leads into a private network. What it refuses, it
refuses with one sentence that tells nothing about the inside. `NUTGRAF_ALLOWED_NETWORKS` is the only way around.
"""

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from bot.domain.errors import Forbidden, SourceError

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
AddrInfo = tuple[int, int, int, str, tuple[str | int, ...]]

REFUSAL = "That address is not one that sources may use."
NO_ADDRESS = "That is not a web address."
MOST_CHARS = 2048

# IANA's special-purpose registries; is_global of the standard library lets some of these through
_DENIED_V4 = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
        "168.63.129.16/32",  # a cloud's metadata service on a public address
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_DENIED_V6 = tuple(IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))

_NO_SCHEME = re.compile(r"[^/:?#@]+(?::\d+)?(?:[/?#]|$)")
_BAD = re.compile(r"[\0-\x20\x7f-\xa0\\\ud800-\udfff]")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))+")
_INSIDE = re.compile(
    r"(?:.*\.)?(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|arpa|test|invalid|onion|alt)"
)
_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")


class Guard:
    """Refuses what is not public; `allowed` are networks that may be reached although they are private."""

    def __init__(self, allowed: tuple[Network, ...] = ()) -> None:
        self._allowed = allowed

    def check_url(self, url: str) -> str:
        """The absolute http(s) address to fetch: host in ASCII, default port and fragment gone, path encoded.

        An address without a scheme gets https. Names are not looked up here: with `allowed` networks an inside
        name or an odd port passes, and is judged by the address it leads to.

        Raises:
            Forbidden: sources may not use it.
            SourceError: it is no web address at all.
        """
        url = url.strip(" \t\r\n")
        if not url or len(url) > MOST_CHARS or _BAD.search(url):
            raise Forbidden(REFUSAL) if url else SourceError(NO_ADDRESS)
        parts = _split(url if not _NO_SCHEME.match(url) else f"https://{url}")
        host = self._host(parts.hostname or "")
        port = _default(parts.scheme) if parts.port is None else parts.port
        self._check_port(host, port)
        netloc = host if port == _default(parts.scheme) else f"{host}:{port}"
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        return urlunsplit((parts.scheme, netloc, path, quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]|"), ""))

    def check_address(self, ip: str, port: int) -> None:
        """Raise Forbidden unless this IP address and port may be connected to."""
        try:
            address = ip_address(ip)
        except ValueError:
            raise Forbidden(REFUSAL) from None
        if self.allows(address):
            return
        if not is_public(address) or not _usual(port):
            raise Forbidden(REFUSAL)

    def allows(self, address: Address) -> bool:
        """Whether the settings let this address through, whatever it is."""
        inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((inner or address) in network for network in self._allowed)

    def socket_factory(self, addr_info: AddrInfo) -> socket.socket:
        """A socket for a checked address; what aiohttp's connector calls right before each connection.

        Raises:
            RefusedAddress: an OSError, as the connector expects.
        """
        family, kind, protocol, _, where = addr_info
        try:
            self.check_address(str(where[0]), int(where[1]))
        except Forbidden:
            raise RefusedAddress(REFUSAL) from None
        return socket.socket(family, kind, protocol)

    def _host(self, name: str) -> str:
        """The host as it stands in the address to fetch."""
        if ":" in name:
            return f"[{self._literal(name)}]"
        host = _ascii(name)
        if _NUMBER.fullmatch(host):
            return self._literal(_dotted(host))
        inside = "." not in host or _INSIDE.fullmatch(host)
        if len(host) > 253 or not _NAME.fullmatch(host if "." in host else f"{host}.x"):
            raise Forbidden(REFUSAL)
        if inside and not self._allowed:
            raise Forbidden(REFUSAL)
        return host

    def _literal(self, text: str) -> str:
        try:
            address = ip_address(text)
        except ValueError:
            raise Forbidden(REFUSAL) from None
        if "%" in text or not (self.allows(address) or is_public(address)):
            raise Forbidden(REFUSAL)
        return address.compressed

    def _check_port(self, host: str, port: int) -> None:
        try:
            known = ip_address(host.strip("[]"))
        except ValueError:
            let_through = bool(self._allowed)  # a name: its address decides
        else:
            let_through = self.allows(known)
        if not (_usual(port) or (let_through and 0 < port < 65536)):
            raise Forbidden(REFUSAL)


class RefusedAddress(OSError):
    """An IP address that the guard refuses, in the shape that connectors know."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _DENIED_V4)
    if address.scope_id is not None or address not in _GLOBAL_V6:
        return False
    return not any(address in block for block in _DENIED_V6)


def parse_networks(blocks: str) -> tuple[Network, ...]:
    """Comma separated CIDR blocks. Raises ValueError for one that is none."""
    return tuple(ip_network(block.strip(), strict=False) for block in blocks.split(",") if block.strip())


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise Forbidden(REFUSAL) from None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise Forbidden(REFUSAL)
    if not parts.hostname:
        raise SourceError(NO_ADDRESS)
    return parts


def _ascii(name: str) -> str:
    """A host name in lower-case ASCII: full-width and circled forms folded, other scripts in punycode."""
    if name.isascii():
        return name.lower().removesuffix(".")
    import idna

    try:
        return idna.encode(name, uts46=True).decode().lower().removesuffix(".")
    except idna.IDNAError:
        raise Forbidden(REFUSAL) from None


def _dotted(host: str) -> str:
    """An IPv4 address in whichever old notation as four decimal numbers."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        raise Forbidden(REFUSAL) from None


def _default(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _usual(port: int) -> bool:
    return port in (80, 443) or 1024 <= port < 65536
