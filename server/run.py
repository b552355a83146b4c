"""Runs the application on uvicorn, with its lines in our log and a stop that lets running operations finish."""

import signal
import socket
from collections.abc import Callable
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from server.connections import Connection
from server.memory import give_back_freed_memory

# An operation may take 25 s; what is not done a little later is cut off.
GRACE_SECONDS = 28


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def config(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    lifespan: Literal["on", "off"] = "on",
    http: type[Connection] = Connection,
) -> uvicorn.Config:
    """uvicorn's settings for this server: no access log (it would hold query strings), no proxy headers, no WebSockets."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        interface="asgi3",
        http=http,
        ws="none",
        lifespan=lifespan,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def run(
    app: ASGIApp, host: str, port: int, ready: Callable[[], None], *, lifespan: Literal["on", "off"] = "on"
) -> bool:
    """Serve until SIGINT or SIGTERM. `ready` is called once, when the port is open. False: it could not start."""
    give_back_freed_memory()
    server = _Server(config(app, host, port, lifespan=lifespan), ready)
    # uvicorn stops gracefully on either signal and then raises it again: let that be an ordinary end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    except SystemExit:
        return False
    return server.started
