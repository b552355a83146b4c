"""What the tests of the connectors share: a clock that jumps, and a stand-in for Atlassian behind the HTTP client."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta

import httpx2
import orjson

from connectors.http import Access, Atlassian, Credentials, Observe, Retry

SITE = "https://acme.example"
GATEWAY = "https://gateway.example"
EMAIL, TOKEN = "reader@acme.example", "secret-token-value"
START = datetime(2026, 3, 2, 10, 20, tzinfo=UTC)

Handler = Callable[[httpx2.Request], httpx2.Response]


class _JumpingSelector(selectors.SelectSelector):
    """Never waits for a timer: time jumps to it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(None if timeout is None else 0)
        if not ready and timeout:
            self.now += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop on whose clock only waiting takes time, and none really; so waits can be asserted.

    Looking at the clock takes a nanosecond, so that nobody waits for ever for the last bit of a rounding error.
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        self._jumping.now += 1e-9
        return self._jumping.now


def clock() -> datetime:
    """The wall clock that goes with the running loop's."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())


def elapsed() -> float:
    """Seconds since the test began, on the loop's clock."""
    return asyncio.get_running_loop().time()


def answer(value: object = None, status: int = 200, **headers: str) -> httpx2.Response:
    """A JSON answer; `retry_after="3"` becomes the header Retry-After."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return httpx2.Response(status, content=orjson.dumps(value), headers={"Content-Type": "application/json"} | named)


def plain(text: str, status: int = 200, kind: str = "text/html; charset=utf-8") -> httpx2.Response:
    """An answer that is no JSON."""
    return httpx2.Response(status, content=text.encode(), headers={"Content-Type": kind})


class Pieces(httpx2.AsyncByteStream):
    """A body that arrives piece by piece; an exception among the pieces is raised in its place."""

    def __init__(self, pieces: Iterable[bytes | Exception], seconds_each: float = 0.0) -> None:
        self._pieces = pieces
        self._seconds_each = seconds_each
        self.sent = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            await asyncio.sleep(self._seconds_each)
            if isinstance(piece, Exception):
                raise piece
            self.sent += 1
            yield piece

    async def aclose(self) -> None:
        self.closed = True


class Script:
    """Answers calls one after another from a list, an exception by raising it, and keeps the requests."""

    def __init__(self, *answers: httpx2.Response | Exception | Handler) -> None:
        self._answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        assert self._answers, f"an unexpected call: {request.method} {request.url}"
        given = self._answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given if isinstance(given, httpx2.Response) else given(request)

    @property
    def bodies(self) -> list[dict[str, object]]:
        """The JSON bodies sent so far."""
        return [orjson.loads(request.content) for request in self.requests]


def credentials() -> Credentials:
    """The reading account's, none of which may be seen in any message."""
    return Credentials(SITE, EMAIL, TOKEN)


def connect(
    handler: Callable[[httpx2.Request], httpx2.Response] | httpx2.AsyncBaseTransport,
    *,
    access: Access | None = None,
    base_url: str | None = SITE,
    retry: Retry | None = None,
    in_flight: int = 10,
    timeout_seconds: float = 30.0,
    max_answer_bytes: int = 1_000_000,
    observe: Observe | None = None,
) -> Atlassian:
    """A client whose network is `handler`; without jitter, on the jumping clock, its base form given."""
    return Atlassian(
        access or credentials(),
        now=clock,
        gateway_url=GATEWAY,
        base_url=base_url,
        retry=retry or Retry(jitter=lambda: 1.0),
        in_flight=in_flight,
        timeout_seconds=timeout_seconds,
        max_answer_bytes=max_answer_bytes,
        observe=observe,
        transport=handler if isinstance(handler, httpx2.AsyncBaseTransport) else httpx2.MockTransport(handler),
    )
