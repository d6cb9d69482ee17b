"""A marked stretch of a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is of an entity type; `extra` are its further fields (`user_id` for a text_mention)."""

    type: str
    start: int
    end: int
    extra: tuple[tuple[str, str | int], ...] = ()
