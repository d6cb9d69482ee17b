"""Stories as messages: pure functions from what was found to Telegram HTML.

Promises: every text of others is escaped and inert (see `markup`), every link is http or https, every message fits
Telegram's limits and none is empty. A story shows its headline as a link, its bullets, its outlets and its age. Behind
a bullet its outlet is the link to that very sentence, where there is one.
"""

from datetime import datetime

from bot.domain.models import Briefing, Bullet, Cadence, Keyboard, Message, Story
from bot.services.reading import Found
from bot.tg import keyboards
from bot.tg.locales import en as texts
from bot.tg.locales.times import ago, clock_of, date_of, part_of_day
from bot.tg.locales.times import since as since_when
from bot.tg.markup import link, literal, safe_url, said
from bot.tg.split import split_message

WORDS_A_MINUTE = 200
MOST_TITLE_CHARS = 300
MOST_BULLET_CHARS = 700
MOST_BULLETS = 5
MOST_LINK_CHARS = 600  # so that a briefing of ten stories stays one message
MOST_OUTLET_CHARS = 60
MOST_WORDS_CHARS = 100


def briefing_messages(briefing: Briefing, now: datetime) -> tuple[Message, ...]:
    """A briefing as the messages that a reader gets, in sending order; the port `Render`.

    An instant briefing of one story is that story alone; stories without any text are left out, and without stories
    there are no messages.
    """
    stories = tuple(story for story in briefing.stories if _headline(story))
    if not stories:
        return ()
    if briefing.away_since is not None:
        return _catch_up(briefing, briefing.away_since, stories, now)
    if briefing.cadence is Cadence.INSTANT and len(stories) == 1 and not briefing.more:
        return as_messages(_story(stories[0], now, why=briefing.words), preview_url=stories[0].url)
    blocks = [_header(briefing, stories), *_numbered(stories, 1, now)]
    if briefing.more:
        command = literal(f"/topic {briefing.words}") if briefing.words else "/latest"
        blocks.append(texts.not_shown(briefing.more, command))
    return as_messages("\n\n".join(blocks), preview_url=stories[0].url)


def _catch_up(briefing: Briefing, since: datetime, stories: tuple[Story, ...], now: datetime) -> tuple[Message, ...]:
    when = texts.stories_since(len(stories) + briefing.more, since_when(since, now, briefing.chat.zone))
    blocks = [f"<b>{texts.WHILE_AWAY}</b> · {when}", *_numbered(stories, 1, now)]
    keyboard = keyboards.rest(round(briefing.due_at.timestamp() * 1000), len(stories), briefing.more)
    return as_messages("\n\n".join(blocks), keyboard, stories[0].url)


def rest_messages(
    stories: tuple[Story, ...], *, due_ms: int, offset: int, total: int, now: datetime
) -> tuple[Message, ...]:
    """More stories of a catch-up, and a button for those that follow."""
    end = offset + len(stories)
    shown = tuple(story for story in stories if _headline(story))
    return as_messages("\n\n".join(_numbered(shown, offset + 1, now)), keyboards.rest(due_ms, end, total - end))


def latest_messages(found: Found, now: datetime, count: int) -> tuple[Message, ...]:
    """One page of the newest stories."""
    name = f" · {said(found.words, MOST_WORDS_CHARS)}" if found.words else ""
    header = f"<b>{texts.LATEST}</b>{name}"
    empty = texts.nothing_on(said(found.words, MOST_WORDS_CHARS), None) if found.words else texts.NOTHING_YET
    return _page(header, found, now, empty, keyboards.latest(found, count))


def topic_messages(found: Found, now: datetime, count: int) -> tuple[Message, ...]:
    """One page of a topic's stories."""
    words = said(found.words, MOST_WORDS_CHARS)
    header = f"<b>{words}</b> · {texts.stories_in(found.total, found.days or 0)}"
    empty = texts.nothing_on(words, found.days)
    if found.suggestion:
        empty += f" {texts.did_you_mean(said(found.suggestion, MOST_WORDS_CHARS))}"
    return _page(header, found, now, empty, keyboards.topic(found, count))


def as_messages(html: str, keyboard: Keyboard = (), preview_url: str | None = None) -> tuple[Message, ...]:
    """HTML of any length as messages: the link preview is on the first, the buttons are under the last."""
    pieces = [piece.strip() for piece in split_message(html)]
    last = len(pieces) - 1
    return tuple(
        Message(piece, keyboard if at == last else (), safe_url(preview_url) if at == 0 else None)
        for at, piece in enumerate(pieces)
    )


def _page(header: str, found: Found, now: datetime, empty: str, keyboard: Keyboard) -> tuple[Message, ...]:
    stories = tuple(story for story in found.stories if _headline(story))
    if not stories:
        return as_messages(empty, keyboard)
    blocks = [header, *_numbered(stories, found.offset + 1, now)]
    return as_messages("\n\n".join(blocks), keyboard, stories[0].url)


def _header(briefing: Briefing, stories: tuple[Story, ...]) -> str:
    at, zone = briefing.due_at, briefing.chat.zone
    match briefing.cadence:
        case Cadence.INSTANT:
            name, when = texts.JUST_IN, clock_of(at, zone)
        case Cadence.HOURLY:
            name, when = texts.HOURLY_BRIEFING, clock_of(at, zone)
        case Cadence.DAILY:
            name, when = texts.briefing(part_of_day(at, zone)), date_of(at, zone)
    words = [said(briefing.words, MOST_WORDS_CHARS)] if briefing.words else []
    size = " · ".join([*words, texts.stories(len(stories)), texts.minutes(reading_minutes(stories))])
    return f"<b>{name}</b> · {when}\n{size}"


def reading_minutes(stories: tuple[Story, ...]) -> int:
    """How long stories take to read, in whole minutes, at least one."""
    words = sum(len(text.split()) for story in stories for text in _texts(story))
    return max(1, -(-words // WORDS_A_MINUTE))


def _texts(story: Story) -> tuple[str, ...]:
    return (story.title, *(each.text for each in story.bullets))


def _numbered(stories: tuple[Story, ...], first: int, now: datetime) -> list[str]:
    return [f"{number}  {_story(story, now)}" for number, story in enumerate(stories, first)]


def _story(story: Story, now: datetime, why: str = "") -> str:
    headline = _headline(story)
    outlet = said(story.outlet, MOST_OUTLET_CHARS)
    outlets = texts.outlets(outlet, max(0, story.outlets - 1))
    footer = filter(None, [outlets, ago(story.published_at, now), said(why, MOST_WORDS_CHARS)])
    lines = [
        f"<b>{link(story.url, headline)}</b>",
        *(_bullet(each, headline, outlet) for each in story.bullets[:MOST_BULLETS]),
        f"<i>{' · '.join(footer)}</i>",
    ]
    return "\n".join(filter(None, lines))


def _bullet(bullet: Bullet, headline: str, outlet: str) -> str:
    """One line; empty for a bullet that says nothing, or nothing more than the headline."""
    shown = said(bullet.text, MOST_BULLET_CHARS)
    if not shown or shown == headline:
        return ""
    known = safe_url(bullet.link) if len(bullet.link or "") <= MOST_LINK_CHARS else None
    return f"• {shown} {link(known, outlet)}" if known and outlet else f"• {shown}"


def _headline(story: Story) -> str:
    """The title, else the first bullet; empty for a story that says nothing."""
    bullets = (said(each.text, MOST_BULLET_CHARS) for each in story.bullets)
    return said(story.title, MOST_TITLE_CHARS) or next(filter(None, bullets), "")
