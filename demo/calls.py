"""One call to the site: what a handler is given, what it answers, and the documented bodies of refusals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from starlette.datastructures import QueryParams
from starlette.responses import Response

from demo.model import Site
from demo.search import Search
from demo.values import Shapes

NOT_SIGNED_IN = "Client must be authenticated to access this resource."
REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is"
    " available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
BAD_PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."
BAD_TOKEN = "The next page token is invalid or has expired."  # noqa: S105


@dataclass(frozen=True, slots=True)
class Answer:
    """A handler's answer: JSON, and how many points it costs besides the one of every call."""

    body: object
    points: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler knows of a call. `first_page_always` (token and start are ignored) and `endless` (always more) are faults.

    `scopes` of the token, None = all; `list_cap` is the most that `limit` of a JSM list gives; for the others see DemoSite.
    """

    site: Site
    search: Search
    shapes: Shapes
    base: str
    path: str
    params: Mapping[str, str]
    query: QueryParams
    raw_body: bytes
    anonymous: bool
    now: Callable[[], int]
    count_skew: int = 0
    channel_property: bool = True
    first_page_always: bool = False
    endless: bool = False
    scopes: frozenset[str] | None = None
    list_cap: int = 50
    tree_counts: bool = False

    def body(self, shape: Mapping[str, type | tuple[type, type]]) -> dict[str, object]:
        """The JSON body; an unknown key, a wrong type or no object at all is a 400, null is not. Lists are typed as (list, item)."""
        try:
            given = orjson.loads(self.raw_body)
        except orjson.JSONDecodeError:
            raise invalid(BAD_PAYLOAD) from None
        if not isinstance(given, dict) or not all(_fits(value, shape.get(key)) for key, value in given.items()):
            raise invalid(BAD_PAYLOAD)
        return given

    def start(self, name: str) -> int:
        """Where a list is asked to begin."""
        return 0 if self.first_page_always else max(0, self.number(name, 0))

    def number(self, name: str, default: int) -> int:
        """A whole number of the query string; 400 as a problem document if it is none."""
        text = self.query.get(name)
        if text is None:
            return default
        try:
            return int(text)
        except ValueError:
            raise problem(400, "Bad Request", f"Failed to convert '{name}' with value: '{text}'", self.path) from None


def _fits(value: object, shape: type | tuple[type, type] | None) -> bool:
    if shape is None:
        return False
    if value is None:
        return True
    if isinstance(shape, tuple):
        return isinstance(value, list) and all(_fits(one, shape[1]) and one is not None for one in value)
    return isinstance(value, shape) and not (shape is int and isinstance(value, bool))


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of the routing table. `scope` None needs none; `anonymous` says whether it answers without a credential.

    `experimental`: only with the header that opts in; `licensed`: only for an agent; `gateway_only`: never on the site host.
    """

    name: str
    method: str
    path: str
    handler: Handler
    scope: str | None = "read:jira-work"
    anonymous: bool = True
    per_second: float = 100
    bucket: int = 350
    experimental: bool = False
    licensed: bool = False
    gateway_only: bool = False


class RefusedError(Exception):
    """A call that is refused with a ready response."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"refused with {response.status_code}")
        self.response = response


def json_response(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(orjson.dumps(body), status, headers, "application/json;charset=UTF-8")


def errors(status: int, *messages: str, headers: Mapping[str, str] | None = None) -> Response:
    """Jira's usual error body."""
    return json_response({"errorMessages": list(messages), "errors": {}}, status, headers)


def jsm_refusal(status: int, message: str, key: str) -> RefusedError:
    """The form in which JSM refuses."""
    body = {"errorMessage": message, "i18nErrorMessage": {"i18nKey": key, "parameters": []}}
    return RefusedError(json_response(body, status))


def invalid(*messages: str) -> RefusedError:
    """400 with Jira's usual body."""
    return RefusedError(errors(400, *messages))


def problem(status: int, title: str, detail: str, path: str) -> RefusedError:
    """The RFC 7807 form of paths, methods and parameters."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": path}
    return RefusedError(Response(orjson.dumps(body), status, media_type="application/problem+json"))


def not_signed_in(headers: Mapping[str, str] | None = None) -> Response:
    """The site host's 401: plain text."""
    sent = {"WWW-Authenticate": 'OAuth realm="https%3A%2F%2Fdemo"', **(headers or {})}
    return Response(NOT_SIGNED_IN, 401, sent, "text/plain;charset=UTF-8")


def gateway_refusal(message: str = "Unauthorized") -> Response:
    """The gateway's 401."""
    return json_response({"code": 401, "message": message}, 401)


def documented(status: int, headers: Mapping[str, str], *, gateway: bool) -> Response:
    """What Atlassian sends with a status, as far as it is known."""
    if status == 401:
        return gateway_refusal() if gateway else not_signed_in(headers)
    if status == 429 and gateway:
        sent = {"X-Failure-Category": "FAILURE_CLIENT_RATE_LIMITED", **headers}
        return json_response({"code": 429, "message": "Rate limit exceeded"}, 429, sent)
    if status == 500:
        return json_response({"message": "Internal server error", "status-code": 500, "stack-trace": ""}, 500, headers)
    return errors(status, *_messages(status), headers=headers)


def _messages(status: int) -> Sequence[str]:
    return {
        403: ["You do not have permission to perform this operation."],
        404: ["Issue does not exist or you do not have permission to see it."],
        410: [REMOVED],
        429: ["Rate limit exceeded."],
        503: ["Service Unavailable"],
    }.get(status, ["Something went wrong."])
