"""Articles as the search index holds them, with their fingerprints: worked out together, in a worker process."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.stories.shingles import fingerprint
from bot.stories.topics import fold


@dataclass(frozen=True, slots=True)
class Folded:
    """An article's title and text, folded, and its fingerprint; that is empty where nothing worked it out."""

    title: str
    body: str
    values: tuple[int, ...] = ()


def fold_all(texts: Sequence[tuple[str, str]]) -> tuple[Folded, ...]:
    """Titles and texts folded, each with its fingerprint."""
    bodies = [fold(text) for _, text in texts]
    return tuple(Folded(fold(title), body, fingerprint(body)) for (title, _), body in zip(texts, bodies, strict=True))
