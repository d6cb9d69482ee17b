"""What a method is: its name, what it takes, and who answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.decode import Kind
from bot.sandbox.nouns import Json
from bot.sandbox.world import World

Handler = Callable[[World, Json], Any | Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Bot API. `handler` takes the world and the typed parameters and returns the `result`."""

    name: str
    handler: Handler
    takes: Mapping[str, Kind] = field(default_factory=dict)
