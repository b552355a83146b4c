"""From what went wrong at Atlassian to what the caller is told."""

from connectors.errors import AccessRefused, ConnectorError, QueryRefused, RateLimited, RetryLater
from schema.errors import ApiError, Code


def _retry(seconds: float | None) -> dict[str, object]:
    return {} if seconds is None else {"retryAfterSeconds": round(seconds, 1)}


def api_error(error: ConnectorError) -> ApiError:
    """The ApiError that tells the caller of a failed read what can be done about it."""
    match error:
        case RateLimited():
            return ApiError(Code.UPSTREAM_RATE_LIMITED, error.message, **_retry(error.retry_after_seconds))
        case RetryLater():
            return ApiError(Code.UPSTREAM_UNAVAILABLE, error.message, **_retry(error.retry_after_seconds))
        case AccessRefused():
            return ApiError(Code.UPSTREAM_UNAUTHORIZED, error.message)
        case QueryRefused():
            return ApiError(Code.INVALID_JQL, " ".join(error.messages) or error.message)
    return ApiError(Code.UPSTREAM_UNAVAILABLE, error.message)
