"""Adding sources, as messages: a feed before it is one, several to choose from, starter lists, what became of an OPML
file. Pure functions.
"""

from collections.abc import Iterable
from datetime import datetime

from bot.domain.models import Button, Keyboard, Source
from bot.domain.text import cut
from bot.feeds.choices import Choice
from bot.feeds.starters import Starter, StarterList
from bot.services.adding import Known, Proposal
from bot.services.importing import Dead, Report
from bot.services.offers import Offer
from bot.services.previews import Preview, Sample
from bot.tg import keyboards
from bot.tg.keyboards import MOST_CHOICES, MOST_LABEL_CHARS, Action, button
from bot.tg.locales import en as common
from bot.tg.locales import en_lists as texts
from bot.tg.locales import times
from bot.tg.markup import said
from bot.tg.render import as_messages
from bot.tg.views import MOST_NAME_CHARS, Messages, language_name, source_line, source_name

STARTERS_A_PAGE = 8
MOST_DEAD = 10
MARK = "✓ "


def proposal(given: Proposal, now: datetime) -> Messages:
    """A feed that is no source yet, with three of its articles."""
    sample = given.sample
    lines = [_what_kind(sample), " ".join(filter(None, [_how_much(sample, now), *_previews(sample.previews)]))]
    return as_messages("\n".join(lines), keyboards.proposal(given.offer_id, given.position, given.others))


def added(source: Source, offer_id: int, others: int) -> Messages:
    """A feed that is a source from now on."""
    html = f"{_heading(source_name(source), source.language)}\n{common.ADDED}"
    return as_messages(html, keyboards.added(source.id, offer_id, others))


def known(given: Known, now: datetime) -> Messages:
    """A source that is there already, with its state."""
    html = f"{common.already_there(given.source.id)}\n\n{source_line(given.source, now)}"
    return as_messages(html, _keyboard(keyboards.other_feeds(given.offer_id, given.others)))


def which_feed(offer: Offer, now: datetime) -> Messages:
    """Several feeds with what each of them offers, and a button for each that is not a source yet."""
    shown = list(enumerate(offer.choices[:MOST_CHOICES]))
    lines = [_choice(position, choice, now, there=position in offer.there) for position, choice in shown]
    picks = [
        [button(_label(f"{position + 1} {choice.title}"), Action.PICK, offer.id, position)]
        for position, choice in shown
        if position not in offer.there
    ]
    cancel = [button(common.CANCEL, Action.CANCEL, offer.id)]
    return as_messages("\n".join([texts.WHICH_FEED, "", *lines]), _keyboard([*picks, cancel]))


def which_list(lists: tuple[StarterList, ...]) -> Messages:
    """A button for each starter list."""
    buttons = [
        button(f"{list_name(each)} ({len(each.starters)})", Action.STARTERS, number, 0)
        for number, each in enumerate(lists)
    ]
    return as_messages(texts.WHICH_LIST, _keyboard(buttons[at : at + 2] for at in range(0, len(buttons), 2)))


def starter_list(number: int, given: StarterList, offset: int, there: frozenset[int]) -> Messages:
    """A page of a starter list; `there`: the ids of the starters that are sources."""
    page = given.starters[offset : offset + STARTERS_A_PAGE]
    taps = [[_starter(number, offset, starter, there=starter.id in there)] for starter in page]
    back = [button(common.NEWER, Action.STARTERS, number, max(0, offset - STARTERS_A_PAGE))] if offset else []
    end = offset + len(page)
    more = [button(common.MORE, Action.STARTERS, number, end)] if end < len(given.starters) else []
    html = f"{texts.starter_list(said(list_name(given), MOST_NAME_CHARS), len(given.starters))}\n{texts.TAP}"
    return as_messages(html, _keyboard([*taps, [*back, *more], [button(texts.LISTS, Action.LISTS)]]))


def imported(report: Report) -> Messages:
    """What became of an OPML file."""
    shown = [f"• {said(_named(each), MOST_NAME_CHARS)} — {said(each.why, 200)}" for each in report.dead[:MOST_DEAD]]
    more = len(report.dead) - len(shown)
    lines = [
        texts.imported(report.added, report.known, len(report.dead)),
        texts.not_tried(len(report.untried)) if report.untried else "",
        *shown,
        texts.and_more(more) if more else "",
    ]
    return as_messages("\n".join(filter(None, lines)))


def list_name(given: StarterList) -> str:
    """What a starter list is called."""
    return texts.REGIONS[given.region] if given.region else language_name(given.language)


def _heading(name: str, language: str | None, *facts: str) -> str:
    return " · ".join(filter(None, [f"<b>{name}</b>", language_name(language), *facts]))


def _what_kind(sample: Sample) -> str:
    kind = common.FEED_KINDS[sample.kind]
    if sample.full_text:
        kind = f"{kind}, {common.FULL_TEXTS[sample.full_text]}"
    return _heading(said(sample.title, MOST_NAME_CHARS), sample.language, kind)


def _how_much(sample: Sample, now: datetime) -> str:
    per_day = sample.articles_per_day
    much = common.articles_now(sample.entries) if per_day is None else common.articles_a_day(per_day)
    last = [common.last_one(times.ago(sample.newest_at, now))] if sample.newest_at else []
    return ", ".join([much, *last]) + "."


def _previews(previews: tuple[Preview, ...]) -> list[str]:
    lines = [
        f"{number} {said(each.title, 200)}" + (f" — {said(each.bullet, 400)}" if each.bullet else "")
        for number, each in enumerate(previews, 1)
    ]
    return ["\n".join([common.PREVIEW_HEADING, *lines])] if lines else []


def _named(dead: Dead) -> str:
    return f"{dead.link.title}, {dead.link.url}" if dead.link.title else dead.link.url


def _choice(position: int, choice: Choice, now: datetime, *, there: bool) -> str:
    facts = [
        f"<b>{said(choice.title, MOST_NAME_CHARS)}</b>",
        common.last_article(times.ago(choice.newest_at, now)) if choice.newest_at else texts.NO_DATES,
        texts.articles_a_week(choice.articles_per_week) if choice.articles_per_week is not None else "",
        texts.FULL_TEXT if choice.full_text else texts.TEASERS,
        f"<i>{texts.IS_THERE}</i>" if there else "",
    ]
    return f"{position + 1}  {' · '.join(filter(None, facts))}"


def _starter(number: int, offset: int, starter: Starter, *, there: bool) -> Button:
    label = f"{MARK if there else ''}{starter.title} · {language_name(starter.language)}"
    return button(_label(label), Action.STARTER, number, offset, starter.id)


def _label(text: str) -> str:
    return cut(" ".join(text.split()), MOST_LABEL_CHARS)


def _keyboard(rows: Iterable[list[Button]]) -> Keyboard:
    return tuple(tuple(row) for row in rows if row)
