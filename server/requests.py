"""What every request gets, whatever answers it: an id, safe headers, one line in the log, and no stack trace."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schema.errors import Code
from server.logs import place_of
from server.problems import UNFORESEEN, json_response
from server.settings import Settings

log = structlog.get_logger("server.requests")

_FILES = "/graphiql/"
_YEAR_SECONDS = 365 * 24 * 3600
_CLOSING_SECONDS = 1.0
_HEADERS = {
    "cache-control": "no-store, private",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # A page of ours needs nothing of the machine that it is shown on.
    "permissions-policy": ", ".join(
        f"{feature}=()" for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def safe_headers(settings: Settings) -> dict[str, str]:
    """The headers that every answer carries unless it has its own; HSTS where people come by https."""
    if settings.public_url and urlsplit(settings.public_url).scheme == "https":
        return {**_HEADERS, "strict-transport-security": f"max-age={_YEAR_SECONDS}"}
    return dict(_HEADERS)


class Requests:
    """Middleware around everything else: the id, the headers, the line in the log."""

    def __init__(
        self,
        app: ASGIApp,
        headers: dict[str, str],
        known_paths: Sequence[str],
        answered: Callable[[str, int], None],
    ) -> None:
        self._app = app
        self._headers = headers
        self._known_paths = tuple(known_paths)
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        is_gone = False
        started = time.perf_counter()

        async def send_safely(message: Message) -> None:
            nonlocal status, is_gone
            if is_gone:
                return
            if message["type"] == "http.response.start":
                status = message["status"]
                self._answered(self._log_path(scope["path"]), status)
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers["x-request-id"] = request_id
            try:
                await send(message)
            except Exception:
                # uvicorn has answered by itself and closed, since the rest of the request was no HTTP: anyone can do that.
                if not await _has_gone(receive):
                    raise
                is_gone = True
                log.info("client_gone")

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_safely)
            known = {"caller": scope["state"]["caller"]} if "caller" in scope["state"] else {}
            ms = round((time.perf_counter() - started) * 1000, 1)
            path = self._log_path(scope["path"])
            log.info("request", method=_method(scope), path=path, status=status, ms=ms, **known)

    def _log_path(self, path: str) -> str:
        """Paths of ours as they are; any other may hold anything and is not written down."""
        if path.startswith(_FILES):
            return _FILES
        return path if path in self._known_paths else "other"


class Mishaps:
    """Middleware: an exception that nobody foresaw becomes an answer with the request's id. It stands within CORS, so that a
    frontend can read it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log.error("unexpected_error", error=type(error).__name__, at=place_of(error))
            if not has_begun:
                await _internal(scope["state"]["request_id"])(scope, receive, send)


async def _has_gone(receive: Receive) -> bool:
    """Whether the connection is closed, or is about to be."""
    try:
        async with asyncio.timeout(_CLOSING_SECONDS):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def _method(scope: Scope) -> str:
    return (
        scope["method"] if scope["method"] in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
    )


def _internal(request_id: str) -> ASGIApp:
    error = {"message": UNFORESEEN, "extensions": {"code": Code.INTERNAL.value, "requestId": request_id}}
    return json_response({"errors": [error]}, 500)
