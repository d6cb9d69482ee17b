"""Everything that is not a story, as messages: subscriptions, zones, sources. Pure functions."""

import re
from datetime import datetime

from bot.domain.models import Cadence, Chat, Keyboard, Message, Move, Source, Subscription
from bot.services.sources import Listed
from bot.tg import keyboards
from bot.tg.keyboards import Action
from bot.tg.locales import en as texts
from bot.tg.locales import times
from bot.tg.markup import link, said
from bot.tg.render import as_messages

MOST_WORDS_CHARS = 100
MOST_NAME_CHARS = 80
MOST_SHOWN = 30

Messages = tuple[Message, ...]


# ---- subscriptions -----------------------------------------------------------------------------


def subscribed(subscription: Subscription, now: datetime, keyboard: Keyboard | None = None) -> Messages:
    """A subscription that stands, with what can be done about it."""
    html = texts.subscribed(
        _what(subscription),
        times.schedule(subscription.schedule),
        times.place_of(subscription.chat.zone),
        times.next_time(subscription, now),
    )
    in_utc = subscription.chat.zone == "UTC" and subscription.schedule.cadence is Cadence.DAILY
    return as_messages(
        f"{html}\n{texts.SET_ZONE}" if in_utc else html,
        keyboards.standing(subscription) if keyboard is None else keyboard,
    )


def which_hour(subscription: Subscription) -> Messages:
    """Hours to choose from."""
    return as_messages(texts.WHICH_HOUR, keyboards.hours(subscription.id))


def ended(subscription: Subscription) -> Messages:
    """A subscription that was ended, and the way back."""
    return as_messages(texts.ended(_what(subscription)), keyboards.one(texts.UNDO, Action.REVIVE, subscription.id))


def which_ends(subscriptions: tuple[Subscription, ...]) -> Messages:
    """A button for each subscription that ends it."""
    if not subscriptions:
        return as_messages(texts.NOTHING_TO_END)
    shown = subscriptions[:MOST_SHOWN]
    labels = [f"{each.words or texts.EVERYTHING}, {times.schedule(each.schedule)}" for each in shown]
    return as_messages(texts.WHICH_ENDS, keyboards.to_end(shown, labels))


def subscriptions(chat: Chat, listed: tuple[Subscription, ...], now: datetime) -> Messages:
    """What a chat gets and when next."""
    if not listed:
        return as_messages(texts.NO_SUBSCRIPTIONS)
    lines = [
        texts.subscription(_what(each), times.schedule(each.schedule), times.next_time(each, now)) for each in listed
    ]
    return as_messages("\n".join([texts.subscriptions(times.place_of(chat.zone)), *lines]))


def zone(chat: Chat, now: datetime) -> Messages:
    """The chat's zone, and how to set another."""
    standing = texts.zone(times.place_of(chat.zone), chat.zone, times.clock_of(now, chat.zone))
    return as_messages(f"{standing}\n{texts.HOW_TO_SET_ZONE}", keyboards.zones())


def paused(chat: Chat) -> Messages:
    """A forum topic was closed, so that its briefings pause; the port `TellPaused`."""
    channel_id = -chat.ref.telegram_id - 10**12
    url = f"https://t.me/c/{channel_id}/{chat.ref.thread_id}" if channel_id > 0 else None
    return as_messages(texts.paused(f"“{said(chat.title, MOST_NAME_CHARS)}”", link(url, texts.A_TOPIC)))


def _what(subscription: Subscription) -> str:
    return texts.topic_name(said(subscription.words, MOST_WORDS_CHARS))


# ---- sources -----------------------------------------------------------------------------------


def sources(listed: Listed, now: datetime, *, export: bool = False) -> Messages:
    """One page of the sources: number, name, language, last article, trouble; `export` offers them as a file."""
    if not listed.total:
        return as_messages(texts.NO_SOURCES)
    lines = [source_line(source, now) for source in listed.sources]
    keyboard = keyboards.sources(listed.offset, len(lines), listed.total, export=export)
    return as_messages("\n".join([texts.sources(listed.total), "", *lines]), keyboard)


def ask_removal(source: Source) -> Messages:
    """The question before a source is removed."""
    return as_messages(texts.ask_removal(source_name(source)), keyboards.ask_removal(source.id))


def removed(source: Source) -> Messages:
    """A source that was removed, and the way back."""
    return as_messages(texts.removed(source_name(source)), keyboards.one(texts.UNDO, Action.RESTORE, source.id))


def source_failing(source: Source, move: Move | None, chat: Chat, now: datetime) -> Messages:
    """A source keeps failing, and what can be done; the port `TellFailing`."""
    name, why = source_name(source), _why(source)
    if source.ended_at:
        html = texts.source_ended(name, why)
    else:
        since = times.since(source.failing_since or now, now, chat.zone)
        html = texts.failing_since(name, source.errors, since, why)
    rest = texts.found_elsewhere(_address(move.url, source)) if move else "" if source.ended_at else texts.GOES_ON
    return as_messages(" ".join(filter(None, [html, rest])), keyboards.failing(source.id, move))


def rediscovered(source: Source, move: Move) -> Messages:
    """A feed that may be a source's, found when asked for."""
    html = f"<b>{source_name(source)}</b>\n{texts.found_elsewhere(_address(move.url, source))}"
    return as_messages(html, keyboards.failing(source.id, move))


def switched(source: Source, offer_id: int) -> Messages:
    """A source that is read from another address, and the way back."""
    html = texts.switched(source_name(source), _address(source.url))
    return as_messages(html, keyboards.one(texts.UNDO, Action.SWITCH_BACK, offer_id))


def switched_back(source: Source, offer_id: int) -> Messages:
    """A source that is read from its earlier address again, and the way back."""
    html = texts.switched(source_name(source), _address(source.url))
    return as_messages(html, keyboards.one(texts.UNDO, Action.SWITCH, offer_id))


def retrying(source: Source) -> Messages:
    """A source is polled again."""
    return as_messages(texts.retrying(source_name(source)))


def restored(source: Source) -> Messages:
    """A removed source is back."""
    return as_messages(texts.restored(source_name(source)))


def source_name(source: Source) -> str:
    """What a source is called, as HTML."""
    return said(source.title, MOST_NAME_CHARS) or said(source.url, MOST_NAME_CHARS)


def source_line(source: Source, now: datetime) -> str:
    """A source's number, name and state at a glance."""
    at = source.last_article_at
    facts = [
        link(source.site_url or source.url, source_name(source)),
        language_name(source.language),
        texts.last_article(times.ago(at, now)) if at else texts.NO_ARTICLE_YET,
        "" if source.articles_a_week is None else texts.a_week(source.articles_a_week),
        texts.SOURCE_HAS_ENDED if source.ended_at else texts.next_poll(times.until(source.next_poll_at, now)),
    ]
    trouble = texts.failing(source.errors, _why(source)) if source.errors else said(source.last_error or "", 80)
    return f"{source.id}  {' · '.join(filter(None, facts))}" + (f"\n<i>{trouble}</i>" if trouble else "")


def _why(source: Source) -> str:
    """Why it failed, short: of an HTTP answer its status."""
    why = (source.last_error or "").rstrip(".")
    answered = re.match(r"It answered (\d{3})\b", why)
    return answered[1] if answered else said(why[:1].lower() + why[1:], 120)


def _address(url: str, source: Source | None = None) -> str:
    """An address as a link, without its scheme; without its host where that is the source's."""
    host, _, path = url.partition("://")[2].partition("/")
    at_home = source is not None and f"//{host}/" in source.url
    return link(url, said(f"…/{path}" if at_home else f"{host}/{path}", MOST_NAME_CHARS))


def language_name(language: str | None) -> str:
    """A language in words; empty where nothing is known."""
    code = (language or "").partition("-")[0].lower()
    return texts.LANGUAGES.get(code, said(code, 8))
