"""Who calls. Everything needs a caller but a short list; a new route is closed until someone opens it.

In service mode a caller is an API key of the settings, sent as `Authorization: Bearer KEY`. In the demo everyone on this
machine is the caller `demo`, as long as it is not a page of another site that makes a browser ask.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from schema.errors import Code
from server.problems import RequestProblem
from server.setting_values import ApiKey, is_loopback

ANONYMOUS_PATHS = frozenset({"/healthz", "/readyz"})
# GraphiQL's own files: the same for everyone, nothing of a site in them.
ANONYMOUS_PREFIX = "/graphiql/"
_CHALLENGE = {"www-authenticate": "Bearer"}
_KEY_CHARACTERS = 200


class Authenticator(Protocol):
    """Tells the caller of a request."""

    def caller(self, scope: Scope, headers: Headers) -> str:
        """The caller's name. Raises RequestProblem (401, 403)."""
        ...


class ApiKeys:
    """Callers by API key. The settings hold hashes, so they do not give a key away."""

    def __init__(self, keys: tuple[ApiKey, ...], now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now

    def caller(self, scope: Scope, headers: Headers) -> str:
        """The name of the key that the request carries."""
        values = headers.getlist("authorization")
        scheme, _, key = (values[0] if len(values) == 1 else "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise RequestProblem(
                401,
                Code.UNAUTHENTICATED,
                "Send one header Authorization: Bearer KEY with an API key.",
                headers=_CHALLENGE,
            )
        digest = hashlib.sha256(key.strip()[:_KEY_CHARACTERS].encode("utf-8", "replace")).digest()
        # Every key is compared, so that the time taken tells nothing.
        found = [entry for entry in self._keys if hmac.compare_digest(entry.digest, digest)]
        if not found or not found[0].is_good(self._now()):
            raise RequestProblem(
                401, Code.UNAUTHENTICATED, "The API key is not known here, or has expired.", headers=_CHALLENGE
            )
        return found[0].name


class LoopbackOnly:
    """The demo's only caller: whoever is on this machine. Another site's page is not, though the browser is, unless its
    origin was allowed."""

    def __init__(self, allowed_origins: Sequence[str] = ()) -> None:
        self._allowed_origins = frozenset(allowed_origins)

    def caller(self, scope: Scope, headers: Headers) -> str:
        """Always `demo`."""
        client = scope.get("client")
        if client is None or not is_loopback(client[0]):
            raise RequestProblem(403, Code.FORBIDDEN, "The demo answers callers on its own machine only.")
        is_own = headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
        origins = headers.getlist("origin")
        if not is_own and not (len(origins) == 1 and origins[0] in self._allowed_origins):
            raise RequestProblem(403, Code.FORBIDDEN, "The demo does not answer pages of other sites.")
        return "demo"


class Authentication:
    """Middleware: puts the caller into the scope's state, or answers 401. `is_page` opens GraphiQL's page to anyone."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator, is_page: Callable[[Scope], bool]) -> None:
        self._app = app
        self._authenticator = authenticator
        self._is_page = is_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_open(scope):
            try:
                scope["state"]["caller"] = self._authenticator.caller(scope, Headers(scope=scope))
            except RequestProblem as problem:
                await problem(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return path in ANONYMOUS_PATHS or path.startswith(ANONYMOUS_PREFIX) or self._is_page(scope)
