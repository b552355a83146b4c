"""What an answer of Atlassian's means: a value read from it, or the error that tells the caller what to do.

Jira's traps are caught here: a bad credential that is answered as if nobody had signed in (an empty 200 with a
header), HTML or half a body under a 200, 403 without a body, errors of the gateway, and answers without end.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Protocol, TypeVar

import httpx2
import msgspec

from connectors.endpoints import Endpoint
from connectors.errors import AccessRefused, ConnectorError, GaveUp, QueryRefused, RateLimited, Unavailable

T = TypeVar("T")

_ERROR_BYTES: Final = 64 * 1024
_MESSAGES, _MESSAGE_CHARACTERS = 10, 1000
_RETRYABLE_STATUSES: Final = frozenset({500, 502, 503, 504})
_JSON_TYPE: Final = re.compile(r"application/(?:json|[\w.+-]+\+json)\s*(?:;|$)", re.IGNORECASE)
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


class Answer(Protocol):
    """As much of an HTTP answer as is looked at."""

    @property
    def status_code(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


class _Complaint(msgspec.Struct):
    """The members of Jira's and the gateway's error bodies that are read."""

    errorMessages: list[str] = []  # noqa: N815
    errors: dict[str, object] = {}
    message: str = ""


def is_json(answer: Answer) -> bool:
    """Whether the answer says that it is JSON."""
    return _JSON_TYPE.match(answer.headers.get("Content-Type", "").strip()) is not None


def login_failed(answer: Answer) -> bool:
    """Whether Jira did not accept the credential and went on as if nobody had signed in (header, any status)."""
    reason = answer.headers.get("X-Seraph-LoginReason", "").upper()
    return "AUTHENTICATED_FAILED" in reason or "AUTHENTICATION_DENIED" in reason


async def body_of(response: httpx2.Response, limit: int) -> bytes:
    """The decoded body; raises GaveUp as soon as more than `limit` bytes came out of it."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > limit:
            raise GaveUp(f"Atlassian's answer is larger than {limit} bytes; it was not read to its end.")
    return bytes(body)


async def complaint_of(response: httpx2.Response) -> bytes | None:
    """The body of a refusal where it may matter and is of a sane size, else None."""
    if response.status_code not in (400, 401, 403):
        return None
    try:
        return await body_of(response, _ERROR_BYTES)
    except GaveUp:
        return None


def decoded(body: bytes, decode: type[T], endpoint: Endpoint) -> T:
    """`body` as the wanted type. Raises Unavailable for what is no whole JSON, GaveUp for JSON of another shape."""
    try:
        return _decode(body, decode)
    except (msgspec.ValidationError, RecursionError) as error:
        where = str(error) if isinstance(error, msgspec.ValidationError) else "it is nested too deeply"
        raise GaveUp(f"Atlassian answered {endpoint.name} in a shape that cannot be read: {where}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unavailable(f"Atlassian's answer to {endpoint.name} is no whole JSON.", transient=True) from None


def _decode(body: bytes, decode: type[T]) -> T:
    """Decode; half surrogate pairs, which JSON can escape but no text can hold, become replacement characters."""
    try:
        return msgspec.json.decode(body, type=decode)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        mended = _ESCAPE.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], body)
        if mended == body:
            raise
        return msgspec.json.decode(mended, type=decode)


def refusal(answer: Answer, complaint: bytes | None, endpoint: Endpoint, now: datetime) -> ConnectorError:
    """The error for every answer that is not a plain 200."""
    status = answer.status_code
    if login_failed(answer):
        return AccessRefused("Jira did not accept the credential (wrong, expired or revoked).", credential=True)
    if status == 429:
        wait = seconds_asked(answer, now)
        return RateLimited(f"Atlassian refused {endpoint.name}: too many calls.", wait, transient=True)
    if status >= 500:
        retry = status in _RETRYABLE_STATUSES
        message = f"Atlassian failed on {endpoint.name} (status {status})."
        return Unavailable(message, seconds_asked(answer, now), transient=retry)
    return _client_error(answer, complaint, endpoint)


def _client_error(answer: Answer, complaint: bytes | None, endpoint: Endpoint) -> ConnectorError:
    match answer.status_code:
        case 400:
            return _bad_request(answer, complaint, endpoint)
        case 401:
            return _unauthorized(complaint, endpoint)
        case 403:
            return _forbidden(complaint, endpoint)
        case status:
            return GaveUp(
                f"Atlassian answered {endpoint.name} with status {status}: {_dead_end(status)}.", status=status
            )


def _dead_end(status: int) -> str:
    if 300 <= status < 400:
        return "a redirect, which is not followed; check the address"
    told = {404: "it is not known at this address", 410: "Atlassian removed this API"}
    return told.get(status, "nothing that is expected there")


def _forbidden(complaint: bytes | None, endpoint: Endpoint) -> AccessRefused:
    """JSM refuses without a word where the account has no agent licence in the project."""
    scope = f" or the scope {endpoint.scope}" if endpoint.scope else ""
    lacking = f"it lacks a permission, a product licence{scope}"
    if endpoint.product == "jsm" and complaint == b"":
        lacking = f"most likely it lacks an agent licence of Jira Service Management (else a permission{scope})"
    return AccessRefused(f"The account may not use {endpoint.name}: {lacking}.", credential=False)


def _unauthorized(complaint: bytes | None, endpoint: Endpoint) -> AccessRefused:
    """The gateway's scope mismatch is told apart by its fixed English text; else it is the credential.

    Assets is asked with a credential that Jira took. It answers like this to one that lacks a scope or that is of
    another kind, so nothing is said about the credential itself; if it expired meanwhile, Jira will say so.
    """
    if endpoint.scope and "scope" in _read(complaint).message.lower():
        return AccessRefused(
            f"The credential lacks the scope {endpoint.scope}, needed by {endpoint.name}.", credential=False
        )
    if endpoint.product == "assets":
        lacking = f"it lacks the scope {endpoint.scope}, or Assets does not take its kind"
        return AccessRefused(f"Assets did not accept the credential for {endpoint.name}: {lacking}.", credential=False)
    return AccessRefused("Atlassian did not accept the credential (wrong, expired or revoked).", credential=True)


def _bad_request(answer: Answer, complaint: bytes | None, endpoint: Endpoint) -> ConnectorError:
    """The product's own messages where the query is at fault; else the request is ours, so no caller can mend it."""
    if not is_json(answer):
        return Unavailable(f"Atlassian answered {endpoint.name} with something else than JSON (status 400).")
    told = _read(complaint)
    messages = [*told.errorMessages, *(text for text in told.errors.values() if isinstance(text, str))][:_MESSAGES]
    if endpoint.carries_query and messages:
        product = "Assets" if endpoint.product == "assets" else "Jira"
        return QueryRefused(tuple(message[:_MESSAGE_CHARACTERS] for message in messages), product=product)
    return GaveUp(f"Atlassian refused the request {endpoint.name} as malformed (status 400).", status=400)


def _read(complaint: bytes | None) -> _Complaint:
    try:
        return msgspec.json.decode(complaint or b"{}", type=_Complaint)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Complaint()


def is_quota(answer: Answer) -> bool:
    """Whether a 429 is about points an hour, so that no call at all may be made until the reset."""
    return answer.headers.get("RateLimit-Reason", "").strip().lower().startswith("jira-quota")


def seconds_asked(answer: Answer, now: datetime) -> float | None:
    """How long Atlassian asks to wait: Retry-After, or X-RateLimit-Reset where that lacks; None if it does not say."""
    after = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", after, re.ASCII):
        return float(after)
    until = _http_date(after) or _iso_instant(answer.headers.get("X-RateLimit-Reset", "").strip())
    return None if until is None else max(0.0, (until - now).total_seconds())


def seconds_to_next_hour(now: datetime) -> float:
    """A quota resets at the top of the UTC hour."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return (hour - now).total_seconds()


def _http_date(text: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError):
        return None


def _iso_instant(text: str) -> datetime | None:
    """An instant that may lack its seconds, as this header does."""
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        return None


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
