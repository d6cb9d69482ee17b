"""The newswire as it stands at this moment: what is out, by outlet and by address."""

from datetime import datetime

from bot.domain.ports import Now
from bot.sandbox.newswire.model import Outlet, Published
from bot.sandbox.newswire.reading import load, running_order
from bot.sandbox.newswire.schedule import out_count, published_times


class Newswire:
    """Six outlets whose articles come out one after another.

    Args:
        now: the clock.
        started_at: when the trial began; deterministic: the same start gives the same times.
        every_s: seconds from one new article to the next, above 0.
        backlog: how many articles are out at the start, spread over the hours before.
    """

    def __init__(self, now: Now, started_at: datetime, every_s: float = 20.0, backlog: int = 14) -> None:
        if started_at.tzinfo is None or every_s <= 0 or backlog < 0:
            raise ValueError("started_at must be aware, every_s above 0 and backlog not negative")
        self._now = now
        self.outlets: tuple[Outlet, ...] = load()
        order = running_order(self.outlets)
        self._times = published_times(len(order), started_at, every_s, backlog)
        self._all = tuple(Published(article, at) for article, at in zip(order, self._times, strict=True))

    @property
    def total(self) -> int:
        """How many articles there will be."""
        return len(self._all)

    def feed_paths(self) -> tuple[str, ...]:
        """The six feeds' paths, such as `/wire/harbour-wire/feed.xml`."""
        return tuple(outlet.feed_path for outlet in self.outlets)

    def outlet(self, slug: str) -> Outlet | None:
        """The outlet of that name."""
        return next((outlet for outlet in self.outlets if outlet.slug == slug), None)

    def out(self) -> tuple[Published, ...]:
        """Every article that is out now, newest first."""
        return self._all[: out_count(self._times, self._now())][::-1]

    def out_of(self, outlet: Outlet) -> tuple[Published, ...]:
        """The outlet's articles that are out now, newest first."""
        return tuple(published for published in self.out() if published.article.outlet == outlet.slug)

    def find(self, outlet: Outlet, path: str) -> Published | None:
        """The outlet's article at `path` (such as `2026/bridge-vote.html`), None while it is not out."""
        return next((published for published in self.out_of(outlet) if published.path == path), None)
