"""Which frontends of other origins may ask: CORS on the two addresses that frontends ask, and on no other.

Starlette's middleware does the work: exact origins, never `*` and never one that was not set, no credentials (a caller sends
its key itself, no cookie goes along), `Vary: Origin` on every answer. It stands around all that may refuse a request,
authentication included, since a preflight carries no key, and a frontend must be able to read why it was refused.
"""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from schema.errors import Code
from server.problems import RequestProblem

FRONTEND_PATHS = frozenset({"/graphql", "/schema.graphql"})
METHODS = ("GET", "POST")
# What a request may carry, beside what any page may send; and what of an answer a script may read.
REQUEST_HEADERS = ("accept", "authorization", "content-type", "x-itsm-site", "x-requested-by")
EXPOSED_HEADERS = ("retry-after", "x-request-id")
# How long a browser may remember a preflight. Each request itself is checked again.
PREFLIGHT_SECONDS = 600


class Cors:
    """Middleware: the frontends at `origins` may ask and read the answers."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._shared = _SharedWith(
            app,
            allow_origins=frozenset(origins),
            allow_methods=METHODS,
            allow_headers=REQUEST_HEADERS,
            expose_headers=EXPOSED_HEADERS,
            max_age=PREFLIGHT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["path"] in FRONTEND_PATHS
        await (self._shared if asked else self._app)(scope, receive, send)


class _SharedWith(CORSMiddleware):
    """Starlette's, with refusals in the form of all others: a developer sees them in the browser's tools."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        told = bytes(response.body).decode()
        message = f"{told}. The server's operator sets the origins of frontends in ITSM_ALLOWED_ORIGINS."
        headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return RequestProblem(response.status_code, Code.FORBIDDEN, message, headers=headers).response()
