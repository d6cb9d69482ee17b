"""Errors as classes by what the caller does.

NutgrafError
├── UserError          its message is safe to show to whoever asked, and says what to do
│   └── SettingsError  the environment or `.env` is wrong; one line a problem
├── SourceError        record it, back off
│   ├── Forbidden      the address guard said no
│   ├── HostBusy       nothing was asked: its host is to be left alone for `retry_after_s`
│   ├── NotAFeed       the bytes are no feed
│   └── NotAPage       the bytes hold no article
│       └── Walled     a wall stands in its place: the feed's text is all there is
├── WorkerError        the work was ended: too slow, too large, or its process died
├── StorageError       see __cause__
│   └── WrongVersion   the database is newer or older than this program
└── SendError
    ├── RetryLater     not sent; Telegram or the network asks for a pause
    ├── InDoubt        it may have been sent: the reply is lost
    ├── ChatGone       blocked, kicked, deactivated, deleted: the chat sleeps
    ├── ThreadGone     the forum topic is closed or deleted: that route pauses
    ├── ChatMoved      the group became a supergroup with another id
    ├── TokenRefused   nothing can be sent until the operator mends the token
    ├── BadMarkup      the HTML was not understood: plain text may be
    └── Refused        this message will never be taken
"""


class NutgrafError(Exception):
    """Base of all errors of ours."""


class UserError(NutgrafError):
    """Something that whoever asked can mend; `message` is one sentence for them."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SettingsError(UserError):
    """Settings are wrong; `problems` has one line each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class SourceError(NutgrafError):
    """A source could not be read; the text is one line without internal detail.

    `status` is the HTTP status where there was an answer, `retry_after_s` what its server asked for.
    """

    def __init__(self, why: str, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.status = status
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        # raised in worker processes, so it must survive pickling
        return type(self), (self.why, self.status, self.retry_after_s)


class Forbidden(SourceError):
    """The address is one that sources may not reach."""


class HostBusy(SourceError):
    """Nothing was asked of it, and nothing is wrong with it: its host is to be left alone for `retry_after_s`."""


class NotAFeed(SourceError):
    """The bytes are no feed."""


class NotAPage(SourceError):
    """The bytes hold no article."""


class Walled(NotAPage):
    """The page asks for consent or money and shows nothing of its article."""


class WorkerError(NutgrafError):
    """Work in a worker process was ended: too slow, too large, or the process died."""


class StorageError(NutgrafError):
    """The database failed; `__cause__` has the driver's error."""


class WrongVersion(StorageError):
    """The database's schema is not this program's."""


class SendError(NutgrafError):
    """Base of what can come of a send."""


class RetryLater(SendError):
    """Not sent; try again after `retry_after_s` seconds."""

    def __init__(self, why: str, retry_after_s: float) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class InDoubt(SendError):
    """The reply was lost: the message may have arrived."""


class ChatGone(SendError):
    """The bot can no longer write to this chat."""


class ThreadGone(SendError):
    """The forum topic is closed or deleted; the rest of the chat is not concerned."""


class ChatMoved(SendError):
    """The chat has another id now."""

    def __init__(self, new_id: int) -> None:
        super().__init__(f"chat moved to {new_id}")
        self.new_id = new_id


class TokenRefused(SendError):
    """Telegram does not know the bot's token (any more): not sent, and nothing else will be."""


class BadMarkup(SendError):
    """Telegram could not read the HTML."""


class Refused(SendError):
    """Telegram will never take this message."""
