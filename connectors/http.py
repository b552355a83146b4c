"""The HTTP client of all connectors: authentication, base form, limits, retries, timeouts, typed answers.

A site is asked in one of two forms: on its own host (classic API tokens), or on Atlassian's gateway under its cloud
id (API tokens with scopes, service accounts, Bearer tokens). Which one a credential wants is found by asking
`/myself` on first use. Assets is only on the gateway, for a classic token at an address without the cloud id.
Redirects and links in answers are never followed, and cookies are not kept.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Generic, TypeVar

import httpx2
import msgspec
import orjson

from connectors.answers import (
    body_of,
    complaint_of,
    decoded,
    is_json,
    is_quota,
    login_failed,
    refusal,
    seconds_asked,
    seconds_to_next_hour,
)
from connectors.auth import Access, Credentials
from connectors.endpoints import MYSELF, TENANT_INFO, Endpoint, fill, segment
from connectors.errors import (
    AccessRefused,
    ConnectorError,
    GaveUp,
    QueryRefused,
    RateLimited,
    Unavailable,
)
from connectors.limits import Gate, Meter
from connectors.quotas import OnQuota, tell
from connectors.retry import Retry

__all__ = ["Access", "Atlassian", "Clock", "Credentials", "Meter", "Observe", "Query", "Retry"]

T = TypeVar("T")
Clock = Callable[[], datetime]
Query = Mapping[str, str | int | Sequence[str]]
Observe = Callable[[str, str, float], None]
"""Told after every call sent: the endpoint's name, the outcome (`ok`, an error's name, `cancelled`), seconds."""

_NONE: Mapping[str, str] = {}
_CONNECT_SECONDS = 10.0
_CHATTY = ("httpx2", "httpcore2")  # the HTTP client logs addresses, which hold account ids, and at DEBUG headers
_OUTCOMES: Sequence[tuple[type[ConnectorError], str]] = (
    (RateLimited, "rate_limited"),
    (Unavailable, "unavailable"),
    (AccessRefused, "access_refused"),
    (QueryRefused, "query_refused"),
)


@dataclass(frozen=True, slots=True)
class _Call(Generic[T]):
    """One call, ready to be sent as often as it takes."""

    endpoint: Endpoint
    url: str
    query: Query
    body: bytes | None
    decode: type[T]
    objects: Callable[[T], int]
    meter: Meter
    deadline: float


class _Nothing(msgspec.Struct):
    """An answer of which nothing is read but that it is an object."""


class _Tenant(msgspec.Struct, rename="camel"):
    cloud_id: str


def _no_objects(_: object) -> int:
    return 0


def _hush() -> None:
    """Keep the HTTP client's own log lines below WARNING out of every log, however logging was set up."""
    for name in _CHATTY:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))


class Atlassian:
    """Asks one site as one account. Safe for any number of concurrent callers of one event loop.

    `now` gives the aware UTC time (for dates in headers); `base_url` skips the search for the base form;
    `timeout_seconds` bounds each attempt from connecting to the last byte; `max_answer_bytes` bounds the
    unpacked body of an answer; `transport` replaces the network in tests.
    """

    def __init__(
        self,
        access: Access,
        *,
        now: Clock,
        gateway_url: str = "https://api.atlassian.com",
        base_url: str | None = None,
        in_flight: int = 10,
        timeout_seconds: float = 30.0,
        max_answer_bytes: int = 64 * 1024 * 1024,
        retry: Retry | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        observe: Observe | None = None,
        on_quota: OnQuota | None = None,
    ) -> None:
        _hush()
        self._access = access
        self._now = now
        self._site_url = access.site_url.rstrip("/")
        self._gateway_url = gateway_url.rstrip("/")
        self._base = base_url.rstrip("/") if base_url is not None else None
        self._search: asyncio.Task[str] | None = None
        self._timeout_seconds = timeout_seconds
        self._max_answer_bytes = max_answer_bytes
        self._retry = retry or Retry()
        self._observe = observe
        self._on_quota = on_quota
        self._gate = Gate()
        self._in_flight = asyncio.Semaphore(in_flight)
        self._client = httpx2.AsyncClient(
            transport=transport,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight),
            timeout=httpx2.Timeout(timeout_seconds, connect=min(_CONNECT_SECONDS, timeout_seconds)),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "itsm-reports"},
        )

    async def send(
        self,
        endpoint: Endpoint,
        decode: type[T],
        *,
        meter: Meter,
        path: Mapping[str, str] = _NONE,
        query: Query = _NONE,
        body: Mapping[str, object] | None = None,
        objects: Callable[[T], int] = _no_objects,
    ) -> T:
        """Ask one endpoint and read its answer as `decode`, of which `objects` counts what Atlassian charges for.

        `meter` is charged for every call really sent. Raises any ConnectorError.
        """
        base = self._base if self._base is not None else await self._found_base(meter)
        if endpoint.product == "assets" and not base.startswith(f"{self._gateway_url}/ex/jira/"):
            base = self._gateway_url
        return await self._exchange(
            base, endpoint, decode, meter=meter, path=path, query=query, body=body, objects=objects
        )

    async def aclose(self) -> None:
        """Close all connections; calls still running fail."""
        if self._search is not None:
            self._search.cancel()
        await self._client.aclose()

    async def _exchange(
        self,
        base: str,
        endpoint: Endpoint,
        decode: type[T],
        *,
        meter: Meter,
        path: Mapping[str, str] = _NONE,
        query: Query = _NONE,
        body: Mapping[str, object] | None = None,
        objects: Callable[[T], int] = _no_objects,
    ) -> T:
        deadline = asyncio.get_running_loop().time() + self._retry.total_seconds
        content = None if body is None else orjson.dumps(body)
        url = base + fill(endpoint.path, path)
        call = _Call(endpoint, url, query, content, decode, objects, meter, deadline)
        async for attempt in self._retry.attempts(deadline):
            with attempt:
                return await self._admitted(call)
        raise AssertionError("the last attempt returns or raises")

    async def _admitted(self, call: _Call[T]) -> T:
        """Send once the limits allow it. Nothing is held while waiting, and a wall may close meanwhile."""
        await self._gate.turn(call.endpoint)
        while True:
            await self._gate.opened(call.endpoint, call.deadline)
            async with self._in_flight:
                if self._gate.is_open(call.endpoint):
                    return await self._observed(call)

    async def _observed(self, call: _Call[T]) -> T:
        loop = asyncio.get_running_loop()
        started, outcome = loop.time(), "cancelled"
        try:
            value = await self._sent(call)
            outcome = "ok"
            return value
        except ConnectorError as error:
            outcome = next((name for kind, name in _OUTCOMES if isinstance(error, kind)), "gave_up")
            raise
        finally:
            if self._observe is not None:
                self._observe(call.endpoint.name, outcome, loop.time() - started)

    async def _sent(self, call: _Call[T]) -> T:
        """One attempt. Causes are cut off: the HTTP client's errors hold the request with its credential."""
        name = call.endpoint.name
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._answered(call)
        except (TimeoutError, httpx2.TimeoutException):
            raise Unavailable(f"Atlassian did not answer {name} in time.", transient=True) from None
        except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError):
            raise GaveUp(f"The request {name} cannot be sent: check the address and the credential.") from None
        except httpx2.RequestError:
            raise Unavailable(f"The connection to Atlassian failed during {name}.", transient=True) from None

    async def _answered(self, call: _Call[T]) -> T:
        endpoint, meter = call.endpoint, call.meter
        headers = {} if endpoint.anonymous else {"Authorization": await self._access.authorization()}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if endpoint.experimental:
            headers["X-ExperimentalApi"] = "opt-in"
        request = self._client.build_request(
            endpoint.method, call.url, params=dict(call.query) or None, content=call.body, headers=headers
        )
        meter.calls += 1
        meter.points += 1
        response = await self._client.send(request, stream=True)
        try:
            tell(response.headers, self._on_quota)
            value = await self._read(response, call)
        finally:
            await response.aclose()
        meter.points += endpoint.points_per_object * call.objects(value)
        return value

    async def _read(self, response: httpx2.Response, call: _Call[T]) -> T:
        endpoint = call.endpoint
        if response.status_code == 200 and not login_failed(response):
            if not is_json(response):
                raise Unavailable(f"Atlassian answered {endpoint.name} with something else than JSON.")
            return decoded(await body_of(response, self._max_answer_bytes), call.decode, endpoint)
        now = self._now()
        if response.status_code == 429:
            quota = is_quota(response)
            default = seconds_to_next_hour(now) if quota else self._retry.first_seconds
            asked = seconds_asked(response, now)
            self._gate.refused(endpoint, default if asked is None else asked, quota=quota)
        raise refusal(response, await complaint_of(response), endpoint, now)

    async def _found_base(self, meter: Meter) -> str:
        """The base form, searched for once however many callers wait; the first one's meter is charged."""
        if self._search is None:
            self._search = asyncio.create_task(self._search_base(meter))
            self._search.add_done_callback(self._search_ended)
        search = self._search
        try:
            return await asyncio.shield(search)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if search.cancelled() and task is not None and not task.cancelling():
                raise Unavailable("The connection to Atlassian was closed.") from None
            raise

    def _search_ended(self, search: asyncio.Task[str]) -> None:
        """Keep what was found; forget a failure, so that the next call searches again."""
        self._search = None
        if not search.cancelled() and search.exception() is None:
            self._base = search.result()

    async def _search_base(self, meter: Meter) -> str:
        refused: AccessRefused | None = None
        if self._access.takes_site_host:
            try:
                await self._exchange(self._site_url, MYSELF, _Nothing, meter=meter)
                return self._site_url
            except AccessRefused as error:
                if not error.credential:
                    raise
                refused = error
        cloud_id = self._access.cloud_id or await self._asked_cloud_id(meter, refused)
        base = f"{self._gateway_url}/ex/jira/{segment('cloudId', cloud_id)}"
        await self._exchange(base, MYSELF, _Nothing, meter=meter)
        return base

    async def _asked_cloud_id(self, meter: Meter, refused: AccessRefused | None) -> str:
        """The cloud id, told to anybody. A host that does not know it has no gateway: then the refusal stands."""
        try:
            return (await self._exchange(self._site_url, TENANT_INFO, _Tenant, meter=meter)).cloud_id
        except GaveUp as error:
            raise refused or error from None
