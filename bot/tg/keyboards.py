"""Buttons, and what they say when pressed.

A press is written as `action:number:number` or `action:words`, at most 64 bytes. It carries no rights: whoever presses
is checked again, and numbers are looked up within the chat of the press, so a forged one does no more than a command
would. `parse` takes exactly what `encode` writes and nothing else.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.models import Button, Cadence, Keyboard, Move, Subscription
from bot.domain.text import cut
from bot.services.reading import Found
from bot.tg.locales import en as texts
from bot.tg.locales.times import place_of

MOST_BYTES = 64
MOST_OFFSET = 10_000
MOST_DAYS = 365
MOST_COUNT = 10
MOST_LABEL_CHARS = 60
SOURCES_A_PAGE = 20
MOST_CHOICES = 10
WIDER_DAYS = (7, 30)
HOURS = (6, 7, 8, 9, 12, 13, 18, 19, 20, 21, 22, 23)
ZONES = (
    "Europe/London", "Europe/Berlin", "Europe/Istanbul", "America/New_York", "America/Chicago", "America/Los_Angeles",
    "Asia/Dubai", "Asia/Kolkata", "Asia/Tokyo",
)  # fmt: skip


class Action(StrEnum):
    """What a button does; the comment names its numbers."""

    INSTANT = "now"  # subscribe to everything, instant
    MORNING = "daily"  # subscribe to everything, daily
    NEWEST = "newest"  # the first page of everything
    LATEST = "latest"  # topic (0: all), offset, count
    TOPIC = "topic"  # topic, days, offset, count
    FIND = "find"  # words
    FOLLOW = "follow"  # topic
    END = "end"  # subscription
    REVIVE = "revive"  # subscription
    PREVIEW = "preview"  # subscription
    HOURS = "hours"  # subscription
    AT = "at"  # subscription, minute of the day
    STANDING = "sub"  # subscription: show it as it stands
    ZONE = "zone"  # words
    SOURCES = "sources"  # offset
    REMOVE = "remove"  # source
    RESTORE = "restore"  # source
    KEEP = "keep"
    RETRY = "retry"  # source
    REDISCOVER = "rediscover"  # source
    SWITCH = "switch"  # offer
    SWITCH_BACK = "unswitch"  # offer
    PICK = "pick"  # offer, position: look at it
    ADD = "add"  # offer, position
    FEEDS = "feeds"  # offer, in place of what is looked at
    OTHERS = "others"  # offer, below what was added
    CANCEL = "cancel"  # offer
    LISTS = "lists"
    STARTERS = "starters"  # list, offset
    STARTER = "starter"  # list, offset, starter
    EXPORT = "export"
    REST = "rest"  # milliseconds of the catch-up's slot, offset
    MISSED = "missed"  # seconds since 1970: since when


@dataclass(frozen=True, slots=True)
class Press:
    """A button's meaning: its action and either numbers or words."""

    action: Action
    numbers: tuple[int, ...] = ()
    words: str = ""


_ID = range(1, 2**63)
_TOPIC = range(2**63)
_OFFSET = range(MOST_OFFSET + 1)
_DAYS = range(1, MOST_DAYS + 1)
_COUNT = range(1, MOST_COUNT + 1)
_NUMBERS: dict[Action, tuple[range, ...]] = {
    Action.INSTANT: (),
    Action.MORNING: (),
    Action.NEWEST: (),
    Action.LATEST: (_TOPIC, _OFFSET, _COUNT),
    Action.TOPIC: (_ID, _DAYS, _OFFSET, _COUNT),
    Action.FOLLOW: (_ID,),
    Action.END: (_ID,),
    Action.REVIVE: (_ID,),
    Action.PREVIEW: (_ID,),
    Action.HOURS: (_ID,),
    Action.AT: (_ID, range(24 * 60)),
    Action.STANDING: (_ID,),
    Action.SOURCES: (_OFFSET,),
    Action.REMOVE: (_ID,),
    Action.RESTORE: (_ID,),
    Action.KEEP: (),
    Action.RETRY: (_ID,),
    Action.REDISCOVER: (_ID,),
    Action.SWITCH: (_ID,),
    Action.SWITCH_BACK: (_ID,),
    Action.PICK: (_ID, range(MOST_CHOICES)),
    Action.ADD: (_ID, range(MOST_CHOICES)),
    Action.FEEDS: (_ID,),
    Action.OTHERS: (_ID,),
    Action.CANCEL: (_ID,),
    Action.LISTS: (),
    Action.STARTERS: (_OFFSET, _OFFSET),
    Action.STARTER: (_OFFSET, _OFFSET, range(2**32)),
    Action.EXPORT: (),
    Action.REST: (_ID, _OFFSET),
    Action.MISSED: (_ID,),
}
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


def encode(press: Press) -> str | None:
    """The press as callback data; None if it does not fit into 64 bytes."""
    data = ":".join((press.action, *map(str, press.numbers), *filter(None, [press.words])))
    return data if len(data.encode()) <= MOST_BYTES else None


def parse(data: object) -> Press | None:
    """The press that some callback data means; None if it is none of ours."""
    if not isinstance(data, str) or len(data.encode("utf-8", "replace")) > MOST_BYTES:
        return None
    name, _, rest = data.partition(":")
    if name not in set(Action):
        return None
    action = Action(name)
    ranges = _NUMBERS.get(action)
    if ranges is None:
        return Press(action, words=rest) if rest.strip() else None
    fields = rest.split(":") if rest else []
    if len(fields) != len(ranges) or not all(_NUMBER.fullmatch(field) for field in fields):
        return None
    numbers = tuple(map(int, fields))
    inside = all(number in allowed for number, allowed in zip(numbers, ranges, strict=True))
    press = Press(action, numbers)
    return press if inside and encode(press) == data else None


def button(text: str, action: Action, *numbers: int) -> Button:
    """A button whose press is an action on numbers."""
    return Button(text, encode(Press(action, numbers)))


def words_button(text: str, action: Action, words: str) -> Button | None:
    """A button whose press carries words; None where they do not fit."""
    data = encode(Press(action, words=words)) if words else None
    return Button(text, data) if data else None


# ---- keyboards ---------------------------------------------------------------------------------


def start() -> Keyboard:
    """The three ways to begin."""
    return (
        (button(texts.SUBSCRIBE_INSTANT, Action.INSTANT),),
        (button(texts.EVERY_MORNING, Action.MORNING),),
        (button(texts.LATEST_BUTTON, Action.NEWEST),),
    )


def latest(found: Found, count: int) -> Keyboard:
    """Pages of the newest stories."""
    topic_id = found.topic_id or 0
    return _rows(_pages(found, count, lambda text, offset: button(text, Action.LATEST, topic_id, offset, count)))


def topic(found: Found, count: int) -> Keyboard:
    """Pages of a topic, following it, and a longer look back."""
    topic_id, days = found.topic_id, found.days
    if topic_id is None or days is None:
        return ()
    follow = texts.FOLLOW if found.total else texts.follow_anyway(cut(found.words, 30))
    wider = [button(texts.days(more), Action.TOPIC, topic_id, more, 0, count) for more in WIDER_DAYS if more > days]
    meant = words_button(cut(found.suggestion, 40), Action.FIND, found.suggestion) if found.suggestion else None
    return _rows(
        [meant] if meant else [],
        _pages(found, count, lambda text, offset: button(text, Action.TOPIC, topic_id, days, offset, count)),
        [button(follow, Action.FOLLOW, topic_id), *wider[:1]],
    )


def standing(subscription: Subscription, undo: Button | None = None) -> Keyboard:
    """Under a subscription that stands; `undo` takes back the last change where it is not the beginning."""
    first = [button(texts.PREVIEW, Action.PREVIEW, subscription.id)]
    if subscription.schedule.cadence is Cadence.DAILY:
        first.append(button(texts.CHANGE_TIME, Action.HOURS, subscription.id))
    return _rows(first, [undo or button(texts.UNDO, Action.END, subscription.id)])


def changed(before: Subscription, after: Subscription) -> Keyboard:
    """Under a subscription whose time was changed; a button that undoes it holds one time, not several."""
    if len(before.schedule.times) != 1:
        return standing(after)
    at = before.schedule.times[0]
    return standing(after, button(texts.UNDO, Action.AT, after.id, at.hour * 60 + at.minute))


def hours(subscription_id: int) -> Keyboard:
    """Hours of the day to choose from."""
    buttons = [button(f"{hour:02}:00", Action.AT, subscription_id, hour * 60) for hour in HOURS]
    return _rows(*_in_rows(buttons, 4), [button(texts.BACK, Action.STANDING, subscription_id)])


def to_end(subscriptions: tuple[Subscription, ...], labels: list[str]) -> Keyboard:
    """A button for each subscription that ends it."""
    pairs = zip(subscriptions, labels, strict=True)
    return _rows(*([button(cut(label, MOST_LABEL_CHARS), Action.END, each.id)] for each, label in pairs))


def zones() -> Keyboard:
    """Common time zones."""
    buttons = [words_button(place_of(zone), Action.ZONE, zone) for zone in ZONES]
    return _rows(*_in_rows([each for each in buttons if each], 3))


def sources(offset: int, shown: int, total: int, *, export: bool = False) -> Keyboard:
    """Pages of the sources, and for the service's admins all of them as a file."""
    back = [button(texts.NEWER, Action.SOURCES, max(0, offset - SOURCES_A_PAGE))] if offset else []
    more = [button(texts.MORE, Action.SOURCES, offset + shown)] if offset + shown < total else []
    return _rows(back + more, [button(texts.EXPORT, Action.EXPORT)] if export else [])


def one(text: str, action: Action, *numbers: int) -> Keyboard:
    """A single button."""
    return _rows([button(text, action, *numbers)])


def proposal(offer_id: int, position: int, others: int) -> Keyboard:
    """Under a feed that may be added."""
    more = [button(texts.other_feeds(others), Action.FEEDS, offer_id)] if others else []
    add, cancel = button(texts.ADD, Action.ADD, offer_id, position), button(texts.CANCEL, Action.CANCEL, offer_id)
    return _rows([add, cancel], more)


def added(source_id: int, offer_id: int, others: int) -> Keyboard:
    """Under a source that was added: taking it back, and the other feeds of its page."""
    return _rows([button(texts.UNDO, Action.REMOVE, source_id)], *other_feeds(offer_id, others))


def other_feeds(offer_id: int | None, others: int) -> list[list[Button]]:
    """A row that leads to the other feeds of a page, where there are any."""
    return [[button(texts.other_feeds(others), Action.OTHERS, offer_id)]] if offer_id and others else []


def ask_removal(source_id: int) -> Keyboard:
    """The question before a source is removed."""
    return _rows([button(texts.REMOVE, Action.REMOVE, source_id), button(texts.KEEP, Action.KEEP)])


def failing(source_id: int, move: Move | None) -> Keyboard:
    """What can be done about a source that keeps failing, and may have moved."""
    retry, remove = button(texts.RETRY, Action.RETRY, source_id), button(texts.REMOVE, Action.REMOVE, source_id)
    if move is None:
        return _rows([retry, button(texts.REDISCOVER, Action.REDISCOVER, source_id), remove])
    return _rows([button(texts.SWITCH, Action.SWITCH, move.offer_id), retry, remove])


def rest(due_ms: int, offset: int, more: int) -> Keyboard:
    """The rest of a catch-up."""
    return one(texts.the_others(more), Action.REST, due_ms, offset) if more else ()


def missed(since_s: int, number: int) -> Keyboard:
    """What a chat missed while it was dormant, and the ways to begin."""
    return one(texts.while_away(number), Action.MISSED, since_s) + start()


def look_for(words: str) -> Keyboard:
    """Plain text as a topic; nothing where it is too long for a button."""
    found = words_button(texts.look_for(cut(words, 40)), Action.FIND, words)
    return _rows([found]) if found else ()


def _pages(found: Found, count: int, page: Callable[[str, int], Button]) -> list[Button]:
    end = found.offset + len(found.stories)
    back = [page(texts.NEWER, max(0, found.offset - count))] if found.offset else []
    return back + ([page(texts.MORE, end)] if end < min(found.total, MOST_OFFSET) and found.stories else [])


def _rows(*rows: list[Button]) -> Keyboard:
    return tuple(tuple(row) for row in rows if row)


def _in_rows(buttons: list[Button], width: int) -> list[list[Button]]:
    return [buttons[at : at + width] for at in range(0, len(buttons), width)]
