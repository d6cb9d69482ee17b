"""Environment and `.env` → one frozen `Settings`, read once, all problems reported together, secrets unprintable."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar

from dotenv.parser import parse_stream

from bot.domain.errors import SettingsError

T = TypeVar("T")
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says; the names are those of `.env.example` without `NUTGRAF_`."""

    telegram_token: str | None = field(repr=False)
    telegram_api_url: str
    admin_ids: frozenset[int]
    database_url: str = field(repr=False)  # may hold a password
    data_dir: Path
    http_address: tuple[str, int] | None
    webhook_url: str | None
    webhook_secret: str | None = field(repr=False)
    poll_interval_s: int
    allowed_networks: tuple[Network, ...]
    messages_per_s: float
    chat_messages_per_s: float
    log_format: str | None


def load(environ: Mapping[str, str] | None = None, env_file: Path | None = Path(".env")) -> Settings:
    """Read the environment, `.env` filling what it leaves out.

    Raises:
        SettingsError: with every problem found, one line each, no value of a secret in it.
    """
    reader = _Reader({**_read_file(env_file), **(os.environ if environ is None else environ)})
    data_dir = reader.get("DATA_DIR", Path, Path("data"))
    settings = Settings(
        telegram_token=reader.get("TELEGRAM_TOKEN", _token, None),
        telegram_api_url=reader.get("TELEGRAM_API_URL", _http_url, "https://api.telegram.org"),
        admin_ids=reader.get("ADMIN_IDS", _ids, frozenset()),
        database_url=reader.get("DATABASE_URL", _database_url, f"sqlite:///{data_dir / 'nutgraf.db'}"),
        data_dir=data_dir,
        http_address=reader.get("HTTP_ADDRESS", _address, ("127.0.0.1", 8080), empty=None),
        webhook_url=reader.get("WEBHOOK_URL", _http_url, None),
        webhook_secret=reader.get("WEBHOOK_SECRET", _secret, None),
        poll_interval_s=reader.get("POLL_INTERVAL_S", _interval, 900),
        allowed_networks=reader.get("ALLOWED_NETWORKS", _networks, ()),
        messages_per_s=reader.get("MESSAGES_PER_S", _rate, 28.0),
        chat_messages_per_s=reader.get("CHAT_MESSAGES_PER_S", _rate, 1.0),
        log_format=reader.get("LOG_FORMAT", _log_format, None),
    )
    if (settings.webhook_url is None) != (settings.webhook_secret is None):
        reader.problems.append("NUTGRAF_WEBHOOK_URL and NUTGRAF_WEBHOOK_SECRET: one needs the other")
    if reader.problems:
        raise SettingsError(tuple(reader.problems))
    return settings


class _Reader:
    """Takes values one by one and collects what is wrong with them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.problems: list[str] = []

    def get(self, name: str, parse: Callable[[str], T], default: T, empty: T | str = "default") -> T:
        """The parsed value; `default` where it is missing (or blank, unless `empty` says otherwise)."""
        raw = self._values.get(f"NUTGRAF_{name}")
        if raw is not None and not raw.strip() and empty != "default":
            return empty  # type: ignore[return-value]  # the sentinel is excluded above
        if raw is None or not raw.strip():
            return default
        try:
            return parse(raw.strip())
        except ValueError as problem:
            self.problems.append(f"NUTGRAF_{name}: {problem}")
            return default


def _read_file(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"{path}: cannot be read: {error.__class__.__name__}",)) from error
    broken = [b.original.line for b in bindings if b.error]
    if broken:
        lines = ", ".join(str(line) for line in broken)
        raise SettingsError((f"{path}: line {lines} is not NAME=value",))
    return {b.key: b.value for b in bindings if b.key and b.value is not None}


# ---- one parser a kind of value; a ValueError's text says what is expected, never the value of a secret --------


def _token(value: str) -> str:
    number, colon, secret = value.partition(":")
    if not (number.isdigit() and colon and secret and secret.isascii() and not secret.isspace()):
        raise ValueError("is not a bot token (digits, a colon, letters): @BotFather gives one")
    return value


def _http_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", value):
        raise ValueError(f"{value!r} is not an http or https address")
    return value.rstrip("/")


def _ids(value: str) -> frozenset[int]:
    try:
        return frozenset(int(part) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"{value!r} is not a list of Telegram user ids, such as 12345,67890") from error


def _database_url(value: str) -> str:
    if value.startswith("postgres://"):
        value = "postgresql" + value.removeprefix("postgres")
    if not value.startswith(("sqlite:///", "postgresql://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return value


def _address(value: str) -> tuple[str, int]:
    host, colon, port = value.rpartition(":")
    if not (colon and host and port.isdigit() and int(port) <= 65535):
        raise ValueError(f"{value!r} is not HOST:PORT, such as 127.0.0.1:8080")
    return host.strip("[]"), int(port)


def _secret(value: str) -> str:
    if len(value) > 256 or not all(c.isascii() and (c.isalnum() or c in "_-") for c in value):
        raise ValueError("must be 1 to 256 of A-Z a-z 0-9 _ -")
    return value


def _interval(value: str) -> int:
    if not value.isdigit() or not 5 <= int(value) <= 86_400:
        raise ValueError(f"{value!r} is not a number of seconds from 5 to 86400")
    return int(value)


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"{value!r} is not a list of CIDR blocks, such as 10.0.0.0/8 ({error})") from error


def _rate(value: str) -> float:
    try:
        rate = float(value)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1000:
        raise ValueError(f"{value!r} is not a number of messages a second")
    return rate


def _log_format(value: str) -> str:
    if value not in ("text", "json"):
        raise ValueError(f"{value!r} is neither text nor json")
    return value
