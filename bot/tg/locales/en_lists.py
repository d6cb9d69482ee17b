"""English for choosing among feeds, for starter lists and for OPML. Arguments are HTML already, unless numbers."""

# ---- several feeds -----------------------------------------------------------------------------

CANCELLED = "Nothing was added."
WHICH_FEED = "There are several feeds. Which one?"
FULL_TEXT = "full text"
TEASERS = "short texts"
NO_DATES = "no dates"
IS_THERE = "there already"


def articles_a_week(number: float) -> str:
    """How lively a feed is."""
    if number < 1:
        return "less than one article a week"
    return "1 article a week" if round(number) == 1 else f"{round(number)} articles a week"


# ---- starter lists -----------------------------------------------------------------------------

LISTS = "‹ Lists"
WHICH_LIST = (
    "Send the address of a feed or a site, such as /addsource worthynews.com; or choose from these lists. "
    "An OPML file sent here adds all that it names."
)
TAP = "A tap adds a source, another one removes it."
REGIONS = {
    "world": "World", "europe": "Europe", "north-america": "North America", "latin-america": "Latin America",
    "asia": "Asia", "middle-east": "Middle East", "africa": "Africa", "oceania": "Oceania", "technology": "Technology",
}  # fmt: skip


def starter_list(name: str, number: int) -> str:
    """The heading of a list."""
    return f"<b>{name}</b> · {number}"


def starter_added(title: str) -> str:
    """Notice: a source of a list was added."""
    return f"Added: {title}"


def starter_removed(title: str) -> str:
    """Notice: it was removed again."""
    return f"Removed: {title}"


# ---- OPML --------------------------------------------------------------------------------------

EXPORTED = "All sources as OPML."
NO_OPML = "I read lists of sources (OPML files, up to 5 MB) and commands. /help lists them all."
TOO_LARGE = "That file is over 5 MB."
NOT_FETCHED = "Telegram did not give me that file. Please send it again."
ONE_AT_A_TIME = "A list is being read already. Please wait for its report."
READING = "Reading the list …"


def importing(done: int, total: int) -> str:
    """How far an import is."""
    return f"{done} of {total} read …"


def imported(added: int, known: int, dead: int) -> str:
    """What an import did."""
    return f"<b>{added} added</b>, {known} there already, {dead} could not be read."


def not_tried(number: int) -> str:
    """Feeds of a list whose hosts were busy all the time."""
    hosts = "its host is" if number == 1 else "their hosts are"
    return f"{number} not tried yet, as {hosts} busy: send the file again later."


def cut_short(done: int, total: int) -> str:
    """An import that ended before its list did."""
    return f"Stopped at {done} of {total}. Send the file again to go on."


def and_more(number: int) -> str:
    """The rest of what could not be read."""
    return f"and {number} more"
