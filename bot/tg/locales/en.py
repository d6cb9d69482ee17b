"""English. Values are HTML where they stand in messages; arguments are HTML already, unless they are numbers."""

# ---- beginning ---------------------------------------------------------------------------------

START = (
    "<b>Nutgraf</b> brings you the news as short briefings: each story once, in sentences of the articles themselves, "
    "with a link to read on.\n\nBegin with one of these, or send /topic and what interests you."
)
START_AGAIN = "Welcome back. Your subscriptions go on."
SUBSCRIBE_INSTANT = "Subscribe (instant)"
EVERY_MORNING = "Every morning at 08:00"
LATEST_BUTTON = "Latest"

HELP = "<b>What I can do here</b>"
READERS_ONLY = "Only the admins of this chat can change what it gets; everyone may read."
COMMANDS = {
    "latest": "the newest stories; /latest 10, or with the name of a source or topic",
    "topic": "stories on a topic: /topic syria, /topic harbour bridge 3d",
    "subscribe": "get briefings: /subscribe, /subscribe syria instant, /subscribe 07:30 19:00 weekdays",
    "unsubscribe": "end a subscription",
    "subscriptions": "what this chat gets, and when next",
    "timezone": "the time zone of this chat: /timezone Berlin",
    "sources": "where the news comes from",
    "addsource": "add a source: /addsource worthynews.com",
    "removesource": "remove a source by its address or number",
    "help": "this list",
}
MENU = {
    "latest": "The newest stories",
    "topic": "Stories on a topic",
    "subscribe": "Get briefings",
    "unsubscribe": "End a subscription",
    "subscriptions": "What this chat gets, and when",
    "timezone": "The time zone of this chat",
    "sources": "Where the news comes from",
    "addsource": "Add a source",
    "removesource": "Remove a source",
    "help": "What I can do here",
    "start": "Begin",
}

MISSED_BEFORE = "That was shown before, or there is nothing new."
ON_ITS_WAY = "On its way."


def missed(number: int) -> str:
    """What came while the chat was dormant."""
    return f"{stories(number)} came while you were away."


def while_away(number: int) -> str:
    """Button: what came while the chat was dormant."""
    return f"While you were away: {stories(number)}"


def paused(name: str, topic: str) -> str:
    """A forum topic's briefings pause."""
    return f"<b>Paused</b> · {topic} of {name} is closed or deleted. Its briefings go on when it is open again."


A_TOPIC = "A topic"

# ---- stories -----------------------------------------------------------------------------------

LATEST = "Latest"
HOURLY_BRIEFING = "Hourly briefing"
JUST_IN = "Just in"
WHILE_AWAY = "While you were away"
MORE = "More"
NEWER = "‹ Back"
FOLLOW = "🔔 Follow this topic"
NOTHING_YET = "No stories yet. They come a few minutes after the first source is added."
WHICH_TOPIC = "Which topic? Send for example /topic syria, or /topic harbour bridge 3d."
TOPIC_DAYS = "Days go from 1d to 365d, such as /topic syria 3d."
LATEST_COUNT = "Ask for 1 to 10 stories, such as /latest 5."


def briefing(part_of_day: str) -> str:
    """A daily briefing's name."""
    return f"{part_of_day} briefing"


def stories(number: int) -> str:
    """How many stories."""
    return "1 story" if number == 1 else f"{number} stories"


def minutes(number: int) -> str:
    """How long reading takes."""
    return f"{number} min"


def days(number: int) -> str:
    """A span of days."""
    return "1 day" if number == 1 else f"{number} days"


def stories_in(number: int, span: int) -> str:
    """How many stories in how many days."""
    return f"{stories(number)} in {days(span)}"


def outlets(outlet: str, others: int) -> str:
    """Who tells a story."""
    return f"{outlet} and {others} more" if others else outlet


def stories_since(number: int, when: str) -> str:
    """How many stories since when."""
    return f"{stories(number)} since {when}"


def the_others(number: int) -> str:
    """Button: the rest of a catch-up."""
    return f"The other {number}"


def not_shown(number: int, command: str) -> str:
    """What a briefing leaves out, and the command that shows it."""
    return f"<i>{number} more:</i> {command}"


def nothing_on(words: str, span: int | None) -> str:
    """A topic without stories."""
    return f"Nothing on “{words}” in {days(span)}." if span else f"Nothing on “{words}” yet."


def did_you_mean(words: str) -> str:
    """Other words that may have been meant."""
    return f"Did you mean {words}?"


def follow_anyway(words: str) -> str:
    """Button: follow a topic that has no stories yet."""
    return f"Follow “{words}” anyway"


# ---- subscriptions -----------------------------------------------------------------------------

UNDO = "Undo"
PREVIEW = "Preview now"
CHANGE_TIME = "Change time"
BACK = "‹ Back"
EVERYTHING = "everything"
NO_SUBSCRIPTIONS = "This chat gets nothing yet. Begin with /subscribe, or with /topic and what interests you."
NOTHING_TO_END = "There is nothing to end: this chat gets nothing."
WHICH_ENDS = "Which one should end?"
NOTHING_NEW = "Nothing new at the moment."
SET_ZONE = "Times are in UTC; /timezone and a city sets yours."
WHICH_HOUR = "At what time?"


def subscribed(what: str, when: str, place: str, upcoming: str) -> str:
    """The answer to a subscription that stands."""
    if not upcoming:
        return f"You get {what}, {when}."
    return f"You get {what}, {when} ({place}). Next: {upcoming}."


def topic_name(words: str) -> str:
    """A topic inside a sentence."""
    return f"“{words}”" if words else EVERYTHING


def ended(what: str) -> str:
    """The answer to the end of a subscription."""
    return f"Ended. This chat no longer gets {what}."


def not_subscribed(words: str) -> str:
    """No subscription has these words."""
    return f"This chat does not follow “{words}”. /subscriptions shows what it gets."


def subscriptions(place: str) -> str:
    """The heading of what a chat gets."""
    return f"<b>This chat gets</b> · times in {place}"


def subscription(what: str, when: str, upcoming: str) -> str:
    """One line of what a chat gets."""
    return f"• {what}, {when}" + (f" · next {upcoming}" if upcoming else "")


def zone(place: str, name: str, clock: str) -> str:
    """The chat's zone as it stands."""
    label = place if place == name else f"{place} ({name})"
    return f"The time zone of this chat is {label}, where it is {clock}."


HOW_TO_SET_ZONE = "Another one: /timezone and a city, such as /timezone America/New_York."

# ---- sources -----------------------------------------------------------------------------------

NO_SOURCES = "No sources yet. The people who run this bot add them with /addsource."
WHICH_SOURCE = "Which source? Send its address, such as /addsource worthynews.com."
EXPORT = "Export (OPML)"
WHICH_TO_REMOVE = "Which source? Send its number or address, such as /removesource 3. /sources lists them."
ADD = "Add"
CANCEL = "Cancel"
REMOVE = "Remove"
RETRY = "Retry"
REDISCOVER = "Rediscover"
SWITCH = "Switch"
KEEP = "Keep"
KEPT = "Nothing was removed."
NO_ARTICLE_YET = "no article yet"
ADDED = "Added. First briefing material in a few minutes."
PREVIEW_HEADING = "Preview:"
FEED_KINDS = {"rss": "RSS", "atom": "Atom", "rdf": "RSS 1.0", "json": "JSON Feed"}
FULL_TEXTS = {"feed": "full text in the feed", "page": "full text on the page", "nowhere": "short texts only"}
LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish",
    "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "ta": "Tamil", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def sources(number: int) -> str:
    """The heading of the sources."""
    return f"<b>Sources</b> · {number}"


def last_article(when: str) -> str:
    """When a source's last article came."""
    return f"last article {when}"


def a_week(number: int) -> str:
    """How many articles a source had in the last seven days."""
    return f"{number} a week"


def next_poll(when: str) -> str:
    """When a source is read next."""
    return f"next {when}"


SOURCE_HAS_ENDED = "ended"


def failing(times: int, why: str) -> str:
    """A source in trouble."""
    return f"failed {times} {'time' if times == 1 else 'times'} in a row" + (f" ({why})" if why else "")


def failing_since(title: str, times: int, since: str, why: str) -> str:
    """Admins hear of a source in trouble."""
    number = "once" if times == 1 else f"{times} times"
    return f"<b>{title}</b> has failed {number} since {since}" + (f" ({why})" if why else "") + "."


GOES_ON = "I go on trying, once a day at least."


def source_ended(title: str, why: str) -> str:
    """Admins hear of a source that is gone."""
    return f"<b>{title}</b> says that it has ended" + (f" ({why})" if why else "") + ". I no longer ask it."


def found_elsewhere(address: str) -> str:
    """Where a feed that may be a source's is."""
    return f"It moved? Found: {address}"


def nothing_elsewhere(title: str) -> str:
    """Notice: there is no other feed to switch to; plain text."""
    return f"I found no other feed of {title}."


def switched(title: str, address: str) -> str:
    """A source is read from another address."""
    return f"<b>{title}</b> is read from {address} from now on."


def retrying(title: str) -> str:
    """A source is read again at once."""
    return f"<b>{title}</b> is read again now."


def articles_a_day(number: float) -> str:
    """How much a source brings."""
    if number < 1:
        return "Less than one article a day"
    return f"About {round(number)} {'article' if round(number) == 1 else 'articles'} a day"


def articles_now(number: int) -> str:
    """How much a source holds, where its dates say nothing about a day."""
    return "1 article now" if number == 1 else f"{number} articles now"


def last_one(when: str) -> str:
    """The end of the sentence on how much a source brings."""
    return f"last one {when}"


def already_there(number: int) -> str:
    """The source was added before, perhaps under another spelling of its address."""
    return f"That source is there already: it is number {number} in /sources."


def other_feeds(number: int) -> str:
    """Button: further feeds of the same page."""
    return f"Other feeds here ({number})"


def ask_removal(title: str) -> str:
    """The question before a source is removed."""
    return f"Remove <b>{title}</b>? Its stories are no longer shown; this can be undone."


def removed(title: str) -> str:
    """A source was removed."""
    return f"Removed <b>{title}</b>."


def restored(title: str) -> str:
    """A removed source is back."""
    return f"<b>{title}</b> is back."


# ---- what goes wrong ---------------------------------------------------------------------------

WENT_WRONG = "Something went wrong on our side; it is logged. Please try again."
STALE = "This button is no longer valid."
ADMINS_ONLY = "Only the people who run this bot can do that. Everyone may use /latest, /topic and /sources."
GROUP_ADMINS_ONLY = "Only the admins of this chat can change what it gets. Everyone may use /latest and /topic."
RIGHTS_UNKNOWN = "I could not check whether you are an admin here. Please try again in a minute."
WORKING = "One moment …"
PLAIN_TEXT = "I read commands, such as /latest or /topic syria. /help lists them all."


def look_for(words: str) -> str:
    """Button: plain text as a topic."""
    return f"Look for “{words}”"


def unknown_command(command: str, nearest: str | None) -> str:
    """A command that does not exist."""
    hint = f" Did you mean /{nearest}?" if nearest else ""
    return f"There is no command “{command}”.{hint} /help lists what I can do."
