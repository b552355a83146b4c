"""Answers that refuse a request before it runs: JSON bodies of the same form as GraphQL's own errors, with a code."""

from collections.abc import Mapping

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from schema.errors import Code

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
# What a message may echo of the caller's own input, at most.
MESSAGE_CHARACTERS = 1_000
# All that a caller is told of a fault of ours.
UNFORESEEN = "Something went wrong on the server. Its log has more under this request id."


class RequestProblem(Exception):
    """A request that cannot be run: an HTTP status, a code of the contract and a message that may be shown.

    `extensions` is what helps a program to act on it, beside the code.
    """

    def __init__(
        self,
        status: int,
        code: Code,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})

    def response(self, media_type: str = JSON) -> Response:
        """The answer to send."""
        extensions = {"code": self.code.value, **self.extensions}
        body = {"errors": [{"message": self.message[:MESSAGE_CHARACTERS], "extensions": extensions}]}
        return json_response(body, self.status, media_type, self.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As an ASGI application, so that a middleware can answer with it."""
        await self.response()(scope, receive, send)


def json_response(
    body: object, status: int = 200, media_type: str = JSON, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer that names its encoding (Starlette adds a charset to text types only)."""
    return Response(orjson.dumps(body), status, dict(headers or {}), media_type=f"{media_type}; charset=utf-8")
