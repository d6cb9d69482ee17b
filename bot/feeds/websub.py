"""WebSub (W3C Recommendation of 23 January 2018): hubs that push a feed's changes to us.

Decisions only: whoever holds the HTTP port and the database carries them out. A hub is trusted with nothing but the
feed that it was asked for: what it sends must carry the signature of the secret that only it was told.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.models import Feed
from bot.domain.text import plain
from bot.feeds.fetch import Fetched
from bot.feeds.urls import web_link

WANTED_LEASE_S = 10 * 86_400
SHORTEST_LEASE_S = 300
LONGEST_LEASE_S = 30 * 86_400
MOST_CHALLENGE_CHARS = 2000
TRY_AGAIN = timedelta(hours=1)

_DIGESTS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_RENEW_AFTER = 0.8  # of a lease
_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """A hub, and the address under which it knows the feed."""

    hub: str
    topic: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The hub asks whether we asked: answer 200 with `challenge` as the body; None of `lease_s` when it ends."""

    challenge: str
    lease_s: int | None


@dataclass(frozen=True, slots=True)
class Denied:
    """The hub will not push, or no longer: answer 200, poll as before."""

    reason: str


def find_offer(fetched: Fetched, feed: Feed) -> Offer | None:
    """The hub that a feed names and its own address there; what the headers say goes before what the feed says.

    None without a hub. A feed that does not name its own address is known by the one it was fetched from.
    """
    hub = fetched.hub or feed.hub
    if hub is None:
        return None
    return Offer(hub, (fetched.self_url if fetched.hub else feed.self_url) or feed.self_url or fetched.url)


def new_secret() -> str:
    """A secret for one subscription, 43 characters; also fit for the unguessable part of its callback address."""
    return secrets.token_urlsafe(32)


def subscription_form(offer: Offer, callback: str, secret: str, *, subscribe: bool = True) -> dict[str, str]:
    """The form to post to the hub (section 5.1); its answer is 202, and then it asks back at `callback`.

    Over plain HTTP anybody could read the secret, so it is only told to a hub with https; without it nothing that the
    hub pushes will be believed, and its push only means: poll now.
    """
    form = {"hub.callback": callback, "hub.mode": "subscribe" if subscribe else "unsubscribe", "hub.topic": offer.topic}
    if subscribe:
        form["hub.lease_seconds"] = str(WANTED_LEASE_S)
        if offer.hub.startswith("https:"):
            form["hub.secret"] = secret
    return form


def verify(query: Mapping[str, str], topic: str, *, subscribed: bool) -> Confirmed | Denied | None:
    """What a hub's question means (sections 5.2 and 5.3); None: answer 404, nobody here asked for that.

    Args:
        query: the parameters of its GET request.
        topic: the topic of the subscription whose callback was asked.
        subscribed: whether we want it; False agrees to its end only.
    """
    mode = query.get("hub.mode", "")
    if query.get("hub.topic") != topic:
        return None
    if mode == "denied":
        return Denied(plain(query.get("hub.reason", ""), _REASON_CHARS))
    challenge = query.get("hub.challenge", "")
    if mode != ("subscribe" if subscribed else "unsubscribe") or not 0 < len(challenge) <= MOST_CHALLENGE_CHARS:
        return None
    return Confirmed(challenge, _lease_s(query.get("hub.lease_seconds", "")) if subscribed else None)


def is_signed(body: bytes, signature: str | None, secret: str) -> bool:
    """Whether X-Hub-Signature fits the body (section 7.1), compared in constant time.

    SHA-1 counts: it still holds within HMAC, and the hub that is used most signs with it. Where this is False, answer
    202 all the same and drop the body, so that nobody learns from the answer.
    """
    method, _, digest = (signature or "").strip().partition("=")
    made = _DIGESTS.get(method.lower())
    if made is None or not digest.isascii():
        return False
    return hmac.compare_digest(hmac.new(secret.encode(), body, made).hexdigest(), digest.lower())


def renew_at(confirmed_at: datetime, lease_s: int) -> datetime:
    """When to subscribe again, so that no gap is left: after four fifths of the lease."""
    return confirmed_at + timedelta(seconds=lease_s * _RENEW_AFTER)


def callback_url(public_url: str, token: str) -> str | None:
    """Where hubs reach us; None where our own address is none of the web's."""
    return web_link(f"{public_url.rstrip('/')}/websub/{token}") if public_url else None


def _lease_s(written: str) -> int:
    """What the hub granted, within bounds; what we wanted where it does not say."""
    if not written.isascii() or not written.isdigit():
        return WANTED_LEASE_S
    return min(max(int(written[:10]), SHORTEST_LEASE_S), LONGEST_LEASE_S)
