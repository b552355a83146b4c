"""The stand-in site as an ASGI app: routing, credentials, limits, faults and counters around the handlers of `rest`."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.assets import ENDPOINTS as ASSETS_ENDPOINTS
from demo.calls import (
    BAD_TOKEN,
    Answer,
    Call,
    Endpoint,
    RefusedError,
    documented,
    errors,
    gateway_refusal,
    jsm_refusal,
    json_response,
    not_signed_in,
    problem,
)
from demo.counters import Burst, Counters
from demo.dates import epoch_ms
from demo.faults import Fault, Faults, Kind
from demo.jsm import ENDPOINTS as JSM_ENDPOINTS
from demo.model import Site
from demo.rest import ENDPOINTS as JIRA_ENDPOINTS
from demo.search import Search
from demo.values import Shapes

Clock = Callable[[], datetime]
TRANSPORT = "demo.transport"

ENDPOINTS = (*JIRA_ENDPOINTS, *JSM_ENDPOINTS, *ASSETS_ENDPOINTS)

_GATEWAY = re.compile(r"/ex/jira/([^/]+)(/.*)$")
_FAILED = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
_HTML = b"<!DOCTYPE html><html><head><title>Atlassian</title></head><body><h1>Something's gone wrong</h1></body></html>"


class DemoSite:
    """A site answering over HTTP; `.app` is its ASGI app.

    kind: "classic" is a token that works on the site host only, "scoped" one that works on the gateway only and may do what
    `scopes` says (None = everything). `channel_property`: whether search returns the property request.channel.type.
    `count_skew`: by how much approximate-count is off. `burst=False` switches the limits per second off.
    `licensed`: whether the account is an agent, without which JSM's lists are refused; `list_cap`: the most that they give a page.
    `tree_counts`: whether objectCount of an Assets type includes the types below it. `plain_ratings`: see Shapes.
    After a change of `site` in place call `site.changed()`; another site may be assigned.
    """

    def __init__(
        self,
        site: Site,
        *,
        now: Clock,
        latency_seconds: float = 0.0,
        email: str = "reader@example.com",
        token: str = "demo-token",  # noqa: S107  # of a stand-in site
        kind: Literal["classic", "scoped"] = "classic",
        scopes: frozenset[str] | None = None,
        channel_property: bool = True,
        count_skew: int = 0,
        burst: bool = True,
        licensed: bool = True,
        list_cap: int = 50,
        tree_counts: bool = False,
        plain_ratings: bool = False,
    ) -> None:
        self.latency_seconds = latency_seconds
        self.email, self.token, self.kind, self.scopes = email, token, kind, scopes
        self.channel_property, self.count_skew = channel_property, count_skew
        self.licensed, self.list_cap = licensed, list_cap
        self.tree_counts, self.plain_ratings = tree_counts, plain_ratings
        self.counters = Counters()
        self.faults = Faults()
        self._now = now
        self.burst = Burst() if burst else None
        self.site = site

    @property
    def site(self) -> Site:
        """The data."""
        return self._site

    @site.setter
    def site(self, site: Site) -> None:
        self._site = site
        self._search = Search(site, self.now_ms)
        self._shapes: dict[tuple[str, int], Shapes] = {}

    @property
    def app(self) -> ASGIApp:
        """The ASGI app."""
        return self._serve

    def now_ms(self) -> int:
        """The site's clock in epoch milliseconds."""
        return epoch_ms(self._now())

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        if scope["type"] != "http":
            return None
        request = Request(scope, receive)
        if request.url.path.startswith("/_demo/"):
            return await self._own(request)(scope, receive, send)
        matched = _GATEWAY.match(request.url.path)
        cloud, path = (matched[1], matched[2]) if matched else (None, request.url.path)
        name = _endpoint_name(request.method, path)
        body = await request.body()
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        has_cursor = b'"nextPageToken"' in body or _is_further_page(request)
        fault = self.faults.take(name, has_cursor=has_cursor)
        if fault is not None and fault.kind is Kind.DELAY and await _gone_within(fault.seconds, receive):
            self.counters.add(name, 1)
            return None
        response, points = await self._answer(request, path, cloud, body, fault)
        broken = fault is not None and fault.kind in (Kind.HALF_BODY, Kind.TRUNCATED, Kind.NO_ANSWER)
        self.counters.add(name, 1 if broken else 1 + points)
        return await _deliver(response, fault, scope, receive, send)

    def _own(self, request: Request) -> Response:
        """The stand-in's own paths."""
        match (request.method, request.url.path):
            case ("GET", "/_demo/counters"):
                return json_response(self.counters.as_json())
            case ("POST", "/_demo/counters/reset"):
                self.counters.reset()
                return Response(status_code=204)
        return Response(status_code=404)

    async def _answer(
        self, request: Request, path: str, cloud: str | None, body: bytes, fault: Fault | None
    ) -> tuple[Response, int]:
        """The response, and the points that it costs besides one."""
        try:
            if fault is not None:
                _strike(fault, gateway=cloud is not None or path.startswith("/jsm/"))
            endpoint, params = _route(request.method, path)
            limits = self._limit(endpoint, gateway=cloud is not None or endpoint.gateway_only)
            ended = fault is not None and fault.kind is Kind.ANONYMOUS
            failed = self._check_credential(request, endpoint, cloud, ended=ended)
            self._check_consent(request, endpoint)
            call = self._call(request, path, params, body, anonymous=failed is not None)
            if fault is not None and fault.kind is Kind.SAME_PAGE:
                call = replace(call, first_page_always=True)
            if fault is not None and fault.kind is Kind.ENDLESS:
                call = replace(call, endless=True)
            answer: Answer = await endpoint.handler(call)
        except RefusedError as refused:
            return refused.response, 0
        return json_response(answer.body, headers=limits | (failed or {})), answer.points

    def _call(self, request: Request, path: str, params: Mapping[str, str], body: bytes, *, anonymous: bool) -> Call:
        base = str(request.base_url).rstrip("/")
        key = (base, self._site.version)
        if key not in self._shapes:
            self._shapes = {key: Shapes(self._site, base, self.now_ms, plain_ratings=self.plain_ratings)}
        return Call(
            site=self._site,
            search=self._search,
            shapes=self._shapes[key],
            base=base,
            path=path,
            params=params,
            query=request.query_params,
            raw_body=body,
            anonymous=anonymous,
            now=self.now_ms,
            count_skew=self.count_skew,
            channel_property=self.channel_property,
            scopes=self.scopes if self.kind == "scoped" else None,
            list_cap=self.list_cap,
            tree_counts=self.tree_counts,
        )

    # -- what can stop a call

    def _limit(self, endpoint: Endpoint, *, gateway: bool) -> dict[str, str]:
        """Headers about the burst limit; 429 when it is used up."""
        if self.burst is None:
            return {}
        left = self.burst.take(f"{endpoint.method} {endpoint.path}", endpoint.per_second, endpoint.bucket)
        headers = {"X-RateLimit-Limit": str(endpoint.bucket), "X-RateLimit-Remaining": str(left or 0)}
        if left is None:
            reset = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%MZ")
            headers |= {"X-RateLimit-Reset": reset, "RateLimit-Reason": "jira-burst-based"}
            if not gateway:
                headers["Retry-After"] = "1"
            raise RefusedError(documented(429, headers, gateway=gateway))
        if left < endpoint.bucket * 0.2:
            headers["X-RateLimit-NearLimit"] = "true"
        return headers

    def _check_credential(
        self, request: Request, endpoint: Endpoint, cloud: str | None, *, ended: bool
    ) -> dict[str, str] | None:
        """None if the caller is the reading account, else the headers of an anonymous answer; RefusedError if there is none."""
        if endpoint.name == "tenant_info":
            return None
        given = request.headers.get("authorization", "")
        good = _basic(given) == (self.email.lower(), self.token) and not ended
        if cloud is not None:
            self._check_gateway(endpoint, cloud, good=good)
            return None
        if endpoint.gateway_only:  # under the gateway without a cloud id, which is how classic tokens go there
            if not good or self.kind != "classic":
                raise RefusedError(gateway_refusal())
            return None
        if given.lower().startswith("bearer "):
            if given.count(".") == 2:
                raise RefusedError(not_signed_in())
            raise RefusedError(json_response({"error": "Failed to parse Connect Session Auth Token"}, 403))
        if good and self.kind == "scoped":
            raise RefusedError(not_signed_in())
        if good:
            return None
        headers = dict(_FAILED) if given else {}
        if not endpoint.anonymous:
            raise RefusedError(not_signed_in(headers))
        return headers

    def _check_gateway(self, endpoint: Endpoint, cloud: str, *, good: bool) -> None:
        if cloud != self._site.cloud_id:
            raise RefusedError(json_response({"code": 404, "message": "Not Found"}, 404))
        if not good or self.kind != "scoped":
            raise RefusedError(gateway_refusal())
        if endpoint.scope is not None and self.scopes is not None and endpoint.scope not in self.scopes:
            raise RefusedError(gateway_refusal("Unauthorized; scope does not match"))

    def _check_consent(self, request: Request, endpoint: Endpoint) -> None:
        """What JSM wants besides a credential. That the header is insisted on is the stand-in's own strictness."""
        if endpoint.experimental and request.headers.get("x-experimentalapi", "").lower() not in ("opt-in", "true"):
            raise jsm_refusal(
                412, "This API is experimental. Opt in to it by X-ExperimentalApi.", "sd.api.experimental"
            )
        if endpoint.licensed and not self.licensed:
            raise RefusedError(Response(status_code=403))


def _is_further_page(request: Request) -> bool:
    """Whether the query string asks for more than the first page."""
    asked = request.query_params
    return "nextPageToken" in asked or any(asked.get(name, "0") != "0" for name in ("start", "startAt"))


def _basic(header: str) -> tuple[str, str] | None:
    """E-mail (lower case) and token of a Basic credential."""
    kind, _, coded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        email, _, token = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return email.lower(), token


def _strike(fault: Fault, *, gateway: bool) -> None:
    """Faults that answer in the handler's place."""
    if fault.kind is Kind.HTML:
        raise RefusedError(Response(_HTML, fault.code, media_type="text/html;charset=UTF-8"))
    if fault.kind is Kind.EXPIRED_CURSOR:
        raise RefusedError(errors(400, BAD_TOKEN))
    if fault.kind is Kind.SCOPE_MISMATCH:
        raise RefusedError(gateway_refusal("Unauthorized; scope does not match"))
    if fault.kind is Kind.STATUS:
        if fault.body is not None:
            raise RefusedError(Response(fault.body, fault.code, fault.headers, "application/json;charset=UTF-8"))
        raise RefusedError(documented(fault.code, fault.headers, gateway=gateway))


async def _gone_within(seconds: float, receive: Receive) -> bool:
    """Wait; True as soon as the client has gone, whose body has been read before."""
    try:
        await asyncio.wait_for(receive(), seconds)
    except TimeoutError:
        return False
    return True


# -- routing

_PATTERNS = [
    (one, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(one.path)) + r"$")) for one in ENDPOINTS
]


def _route(method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    """The endpoint and its path parameters; 404 and 405 as problem documents."""
    found = [(one, match) for one, pattern in _PATTERNS if (match := pattern.match(path))]
    for one, match in found:
        if one.method == method:
            return one, match.groupdict()
    if found:
        raise problem(405, "Method Not Allowed", f"Method '{method}' is not supported.", path)
    raise problem(404, "Not Found", f"No endpoint {method} {path}.", path)


def _endpoint_name(method: str, path: str) -> str:
    try:
        return _route(method, path)[0].name
    except RefusedError:
        return "unknown"


# -- delivery


async def _deliver(response: Response, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
    kind = fault.kind if fault is not None else None
    if kind is Kind.NO_ANSWER:
        _transport(scope).abort()
        await receive()  # the disconnection
    elif kind is Kind.HALF_BODY:
        body = bytes(response.body)
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        _transport(scope).close()  # once those bytes are out
        await receive()
    elif kind is Kind.TRUNCATED:
        body = bytes(response.body)
        await Response(body[: len(body) // 2], response.status_code, media_type=response.media_type)(
            scope, receive, send
        )
    else:
        await response(scope, receive, send)


def _transport(scope: Scope) -> asyncio.Transport:
    """The connection, which `serve` passes along because ASGI has no word for cutting it."""
    transport = scope.get("extensions", {}).get(TRANSPORT)
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionError("the server in use cannot cut a connection")
    return transport


async def _lifespan(receive: Receive, send: Send) -> None:
    for done in ("lifespan.startup.complete", "lifespan.shutdown.complete"):
        await receive()
        await send({"type": done})
