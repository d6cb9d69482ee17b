"""What the Bot API says when it refuses: an HTTP status that is also the `error_code`, and a description."""

from typing import Any


class ApiError(Exception):
    """A refusal as the Bot API words it; `parameters` are its ResponseParameters, None for none."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def answer(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(why: str) -> ApiError:
    """A 400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {why}")


def forbidden(why: str) -> ApiError:
    """A 403 with Telegram's prefix."""
    return ApiError(403, f"Forbidden: {why}")


class Impossible(Exception):
    """A user tried what Telegram's own clients do not let them do; the text is one sentence for them."""
