"""Which Host names are answered. A web page elsewhere can make its own name lead to 127.0.0.1 (DNS rebinding); without this
check it could then read a laptop's server as if it were its own."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from schema.errors import Code
from server.problems import RequestProblem
from server.setting_values import LOOPBACK_NAMES
from server.settings import Settings


def allowed_hosts(settings: Settings, *, demo: bool) -> frozenset[str]:
    """The names that a server with these settings answers to; the demo has no callers' keys, so loopback names only."""
    if demo:
        return LOOPBACK_NAMES
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    return LOOPBACK_NAMES | frozenset(settings.allowed_hosts) | ({public} if public else frozenset())


class HostCheck:
    """Middleware: exactly one Host header, with an allowed name and any port; else 421."""

    def __init__(self, app: ASGIApp, allowed: frozenset[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_allowed(Headers(scope=scope).getlist("host")):
            message = "Host: this server does not answer to that name; its operator can add it to ITSM_ALLOWED_HOSTS."
            await RequestProblem(421, Code.FORBIDDEN, message)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_allowed(self, hosts: list[str]) -> bool:
        return len(hosts) == 1 and host_name(hosts[0]) in self._allowed


def host_name(header: str) -> str | None:
    """The name in a Host header, without its port and in lower case; None where it is not of that form."""
    name, colon, port = header.strip().lower().rpartition(":")
    if not colon or header.strip().endswith("]"):
        name, port = header.strip().lower(), "0"
    if not (port.isascii() and port.isdigit()):
        return None
    if name.startswith("[") and name.endswith("]"):
        return name[1:-1]
    return name if ":" not in name else None
