"""The errors of the connectors: one tree, split by what the caller can do about them.

    ConnectorError
      RetryLater          ask again later
        RateLimited       429 after retries, or the wall of a used-up quota
        Unavailable       no whole answer: 5xx, HTML, half a body, a repeated page, a refused cursor, a timeout
      AccessRefused       another credential, scope, permission or licence is needed
      QueryRefused        the query must be mended; carries the own messages of Jira or Assets
      GaveUp              nothing helps but a change of this program: 404, 410, an unreadable or far too large answer

Every message is safe to show to a caller: no secret, no personal data, and no raw body of an answer.
"""


class ConnectorError(Exception):
    """Atlassian could not be asked, or did not answer what was asked."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RetryLater(ConnectorError):
    """The same call may succeed later.

    `retry_after_seconds` is how long Atlassian asks to wait, None where it does not say.
    `transient` tells the HTTP client that a retry within the same call is worth while.
    """

    def __init__(self, message: str, retry_after_seconds: float | None = None, *, transient: bool = False) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.transient = transient


class RateLimited(RetryLater):
    """429 after all retries, or a quota that is used up."""


class Unavailable(RetryLater):
    """Atlassian gave no whole answer, or pages that cannot be followed to their end."""


class AccessRefused(ConnectorError):
    """The credential does not open this.

    `credential` is True where Atlassian did not accept the credential itself (wrong, expired, revoked, or of a
    kind that this host does not take), False where the account lacks a scope, a permission or a licence.
    """

    def __init__(self, message: str, *, credential: bool) -> None:
        super().__init__(message)
        self.credential = credential


class QueryRefused(ConnectorError):
    """A query was refused; `messages` are those of `product`, in the language of the reading account."""

    def __init__(self, messages: tuple[str, ...], *, product: str = "Jira") -> None:
        super().__init__(f"{product} refused the query: " + " ".join(messages))
        self.messages = messages


class GaveUp(ConnectorError):
    """A retry cannot help: the call is not known there, was removed, or its answer cannot be read.

    `status` is the HTTP status where that was the reason.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
