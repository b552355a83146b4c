"""The HTTP client: base forms, retries and waits, limits, metering, and every answer that is a trap."""

import asyncio
import base64
import gzip
import logging
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2
import msgspec
import pytest

from connectors import endpoints
from connectors.endpoints import Endpoint
from connectors.errors import (
    AccessRefused,
    ConnectorError,
    GaveUp,
    QueryRefused,
    RateLimited,
    RetryLater,
    Unavailable,
)
from connectors.http import Access, Atlassian, Meter, Retry
from tests.connectors.support import (
    EMAIL,
    GATEWAY,
    SITE,
    START,
    TOKEN,
    Pieces,
    Script,
    answer,
    connect,
    credentials,
    elapsed,
    plain,
)

READ = Endpoint(
    name="read", method="GET", path="/rest/read", scope="read:it", query=frozenset({"q"}), points_per_object=2
)
OTHER = Endpoint(name="other", method="GET", path="/rest/other", scope=None)
QUERY = Endpoint(name="query", method="POST", path="/rest/query", scope="read:it", carries_query=True)
MYSELF = {"accountId": "1", "timeZone": "UTC"}


about = partial(pytest.approx, abs=1e-4)


class Thing(msgspec.Struct):
    x: int


async def read(client: Atlassian, endpoint: Endpoint = READ, meter: Meter | None = None) -> Thing:
    return await client.send(endpoint, Thing, meter=meter or Meter(), objects=lambda thing: thing.x)


async def failing(script: Script, endpoint: Endpoint = READ, **settings: Any) -> ConnectorError:
    """The error of one call; nothing secret or of the body may be in it, whatever happened."""
    async with aclosing(connect(script, **settings)) as client:
        with pytest.raises(ConnectorError) as caught:
            await read(client, endpoint)
    error = caught.value
    shown = f"{error!r} {error.message} {error.__cause__!r} {error.__suppress_context__ or error.__context__!r}"
    for secret in (EMAIL, TOKEN, "Ann Example", base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()):
        assert secret not in shown
    return error


# --- what is sent, and what it costs


async def test_a_call_carries_the_credential_and_asks_for_packed_json() -> None:
    script = Script(answer({"x": 3}))
    async with aclosing(connect(script)) as client:
        assert await client.send(READ, Thing, meter=Meter(), query={"q": ["a b", "ä&c"]}) == Thing(3)
    request = script.requests[0]
    assert (request.method, str(request.url)) == ("GET", f"{SITE}/rest/read?q=a+b&q=%C3%A4%26c")
    assert base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode() == f"{EMAIL}:{TOKEN}"
    assert request.headers["Accept-Encoding"] == "gzip"
    assert request.headers["Accept"] == "application/json"


async def test_the_meter_counts_calls_really_sent_and_atlassians_points() -> None:
    script = Script(answer({"x": 3}), answer(status=503), answer({"x": 1}), plain("<html>"))
    meter = Meter()
    async with aclosing(connect(script)) as client:
        await read(client, meter=meter)
        assert meter == Meter(calls=1, points=1 + 2 * 3)
        await read(client, meter=meter)
        assert meter == Meter(calls=3, points=7 + 1 + (1 + 2 * 1))
        with pytest.raises(Unavailable):
            await read(client, meter=meter)
        assert meter == Meter(calls=4, points=12)


async def test_outcomes_are_observed_for_each_attempt() -> None:
    seen: list[tuple[str, str, float]] = []
    script = Script(answer(status=429), answer(status=500), answer({"x": 1}), answer(status=404), answer(status=401))
    async with aclosing(connect(script, observe=lambda *one: seen.append(one))) as client:
        await read(client)
        for _ in range(2):
            with pytest.raises(ConnectorError):
                await read(client)
    assert [(name, outcome) for name, outcome, _ in seen] == [
        ("read", "rate_limited"),
        ("read", "unavailable"),
        ("read", "ok"),
        ("read", "gave_up"),
        ("read", "access_refused"),
    ]


async def test_credentials_do_not_show_themselves() -> None:
    shown = repr(credentials())
    assert SITE in shown
    assert EMAIL not in shown
    assert TOKEN not in shown


async def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    await failing(Script(*[answer({"message": "Ann Example"}, status=503)] * 5))
    logged = caplog.text + "".join(capsys.readouterr())
    for secret in (TOKEN, EMAIL, "Ann Example"):
        assert secret not in logged


@pytest.fixture
def chatty() -> Iterator[list[logging.Logger]]:
    """The loggers of the HTTP client, as a program that shows everything would leave them."""
    loggers = [logging.getLogger(name) for name in ("httpx2", "httpcore2")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.NOTSET)
    yield loggers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


async def test_no_address_is_logged_whatever_the_program_set_up(
    caplog: pytest.LogCaptureFixture, chatty: list[logging.Logger]
) -> None:
    caplog.set_level(logging.DEBUG)
    async with aclosing(connect(Script(answer({"x": 1})))) as client:
        await client.send(READ, Thing, meter=Meter(), query={"q": "712020:account-id"})
    assert "account-id" not in caplog.text
    assert [logger.isEnabledFor(logging.INFO) for logger in chatty] == [False, False]
    assert not logging.getLogger("httpcore2.http11").isEnabledFor(logging.DEBUG)
    assert chatty[0].isEnabledFor(logging.WARNING)


async def test_loggers_that_are_quieter_already_stay_so(chatty: list[logging.Logger]) -> None:
    chatty[0].setLevel(logging.CRITICAL)
    async with aclosing(connect(Script())):
        assert chatty[0].level == logging.CRITICAL


# --- the base form


async def test_a_classic_token_is_used_on_the_site_host_and_asked_for_once() -> None:
    script = Script(answer(MYSELF), answer({"x": 1}), answer({"x": 2}))
    meter = Meter()
    async with aclosing(connect(script, base_url=None)) as client:
        assert [await read(client, meter=meter), await read(client, meter=meter)] == [Thing(1), Thing(2)]
    assert [str(request.url) for request in script.requests] == [
        f"{SITE}/rest/api/3/myself",
        f"{SITE}/rest/read",
        f"{SITE}/rest/read",
    ]
    assert meter.calls == 3


@pytest.mark.parametrize(
    "refusal",
    [
        plain("Client must be authenticated to access this resource.", 401, "text/plain"),
        answer(MYSELF, X_Seraph_LoginReason="AUTHENTICATED_FAILED"),
    ],
    ids=["401", "a 200 with the header"],
)
async def test_a_scoped_token_is_used_on_the_gateway(refusal: httpx2.Response) -> None:
    script = Script(refusal, answer({"cloudId": "c1-2"}), answer(MYSELF), answer({"x": 1}))
    meter = Meter()
    async with aclosing(connect(script, base_url=None)) as client:
        await read(client, OTHER, meter)
    assert [str(request.url) for request in script.requests] == [
        f"{SITE}/rest/api/3/myself",
        f"{SITE}/_edge/tenant_info",
        f"{GATEWAY}/ex/jira/c1-2/rest/api/3/myself",
        f"{GATEWAY}/ex/jira/c1-2/rest/other",
    ]
    assert ["Authorization" in request.headers for request in script.requests] == [True, False, True, True]
    assert meter == Meter(calls=4, points=4)


async def test_a_credential_that_neither_host_takes_is_refused_and_searched_for_anew() -> None:
    attempt = [
        answer(status=401),
        answer({"cloudId": "c1"}),
        answer({"code": 401, "message": "Unauthorized"}, status=401),
    ]
    script = Script(*attempt, answer(MYSELF), answer({"x": 1}))
    async with aclosing(connect(script, base_url=None)) as client:
        with pytest.raises(AccessRefused) as caught:
            await read(client)
        assert caught.value.credential
        assert await read(client) == Thing(1)


async def test_a_host_without_a_gateway_refuses_as_it_did() -> None:
    error = await failing(Script(answer(status=401), answer(status=404)), base_url=None)
    assert isinstance(error, AccessRefused)
    assert error.credential


async def test_a_licence_that_lacks_does_not_lead_to_the_gateway() -> None:
    error = await failing(Script(plain("", 403)), base_url=None)
    assert isinstance(error, AccessRefused)
    assert not error.credential


async def test_a_cloud_id_that_is_a_path_goes_nowhere() -> None:
    script = Script(answer(status=401), answer({"cloudId": "../../evil"}))
    assert isinstance(await failing(script, base_url=None), GaveUp)
    assert len(script.requests) == 2


async def test_many_first_callers_search_the_base_form_once() -> None:
    def site(request: httpx2.Request) -> httpx2.Response:
        urls.append(request.url.path)
        return answer(MYSELF if request.url.path.endswith("myself") else {"x": 1})

    urls: list[str] = []
    async with aclosing(connect(site, base_url=None)) as client:
        await asyncio.gather(*[read(client) for _ in range(20)])
    assert urls.count("/rest/api/3/myself") == 1
    assert urls.count("/rest/read") == 20


async def test_the_search_outlives_the_caller_who_began_it() -> None:
    async def slow(request: httpx2.Request) -> httpx2.Response:
        urls.append(request.url.path)
        await asyncio.sleep(1)
        return answer(MYSELF if request.url.path.endswith("myself") else {"x": 1})

    urls: list[str] = []
    async with aclosing(connect(httpx2.MockTransport(slow), base_url=None)) as client:
        first, second = asyncio.create_task(read(client)), asyncio.create_task(read(client))
        await asyncio.sleep(0.5)
        first.cancel()
        assert await second == Thing(1)
        assert first.cancelled()
    assert urls == ["/rest/api/3/myself", "/rest/read"]


async def test_closing_ends_a_search_with_an_error_and_no_cancellation() -> None:
    async def silent(_: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(20)
        raise AssertionError("closed before")

    client = connect(httpx2.MockTransport(silent), base_url=None)
    waiting = asyncio.create_task(read(client))
    await asyncio.sleep(1)
    await client.aclose()
    with pytest.raises(Unavailable):
        await waiting


@dataclass
class Bearer:
    """An OAuth credential in outline: lives on the gateway, knows its cloud id, renews its token."""

    site_url: str = SITE
    takes_site_host: bool = False
    cloud_id: str | None = "cloud-9"
    issued: int = 0

    async def authorization(self) -> str:
        self.issued += 1
        return f"Bearer token-{self.issued}"


async def test_a_bearer_credential_fits_and_may_renew_its_token_for_each_call() -> None:
    script = Script(answer(MYSELF), answer({"x": 1}))
    access: Access = Bearer()
    async with aclosing(connect(script, access=access, base_url=None)) as client:
        await read(client)
    assert [(str(request.url), request.headers["Authorization"]) for request in script.requests] == [
        (f"{GATEWAY}/ex/jira/cloud-9/rest/api/3/myself", "Bearer token-1"),
        (f"{GATEWAY}/ex/jira/cloud-9/rest/read", "Bearer token-2"),
    ]


# --- retries


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_what_may_pass_is_asked_again_after_growing_waits(status: int) -> None:
    script = Script(*[answer(status=status)] * 4, answer({"x": 1}))
    async with aclosing(connect(script)) as client:
        assert await read(client) == Thing(1)
    assert elapsed() == about(2 + 4 + 8 + 16)


async def test_after_four_retries_the_last_failure_is_told() -> None:
    script = Script(*[answer(status=502)] * 5)
    error = await failing(script)
    assert isinstance(error, Unavailable)
    assert len(script.requests) == 5


async def test_waits_are_spread_by_jitter_and_bounded() -> None:
    retry = Retry(jitter=lambda: 0.7, longest_seconds=3.0)
    async with aclosing(connect(Script(*[answer(status=502)] * 3, answer({"x": 1})), retry=retry)) as client:
        await read(client)
    assert elapsed() == about((2 + 3 + 3) * 0.7)
    assert {0.7 <= Retry().jitter() <= 1.3 for _ in range(100)} == {True}
    assert len({Retry().jitter() for _ in range(10)}) > 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 501, 301, 204])
async def test_what_will_not_pass_is_asked_once(status: int) -> None:
    script = Script(answer({}, status=status))
    await failing(script)
    assert len(script.requests) == 1
    assert elapsed() == about(0)


@pytest.mark.parametrize(
    "failure",
    [httpx2.ConnectError("x"), httpx2.ReadTimeout("x"), httpx2.RemoteProtocolError("x"), httpx2.DecodingError("x")],
    ids=lambda failure: type(failure).__name__,
)
async def test_a_failed_connection_is_tried_again(failure: Exception) -> None:
    async with aclosing(connect(Script(failure, answer({"x": 1})))) as client:
        assert await read(client) == Thing(1)
    error = await failing(Script(*[failure] * 5))
    assert isinstance(error, Unavailable)
    assert error.__suppress_context__


async def test_a_request_that_cannot_be_sent_is_not_tried_again() -> None:
    assert isinstance(await failing(Script(httpx2.UnsupportedProtocol("x"))), GaveUp)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": "1"}, 2),  # a minimum: our own wait is longer
        ({"Retry_After": "7", "X_RateLimit_Reset": "2026-03-02T10:20:30Z"}, 7),
        ({"X_RateLimit_Reset": "2026-03-02T10:20:30Z"}, 30),
        ({"X_RateLimit_Reset": "2026-03-02T10:21Z"}, 60),  # as Atlassian was seen to write it
        ({"X_RateLimit_Reset": "2026-03-02T10:21"}, 60),
        ({"X_RateLimit_Reset": "2026-03-02T11:20:45+01:00"}, 45),
        ({"X_RateLimit_Reset": "2026-03-02T10:00Z"}, 2),  # long ago
        ({"Retry_After": "Mon, 02 Mar 2026 10:20:11 GMT"}, 11),
        ({"Retry_After": "soon", "X_RateLimit_Reset": "later"}, 2),
        ({"Retry_After": "-5"}, 2),
        ({"Retry_After": "nan"}, 2),
        ({}, 2),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_the_wait_that_is_asked_for_is_kept(status: int, headers: dict[str, str], seconds: float) -> None:
    async with aclosing(connect(Script(answer(status=status, **headers), answer({"x": 1})))) as client:
        await read(client)
    assert elapsed() == about(seconds)


async def test_a_wait_beyond_the_bound_is_not_begun() -> None:
    error = await failing(Script(answer(status=429, Retry_After="91")))
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == 91
    assert elapsed() == about(0)


async def test_the_bound_is_for_all_attempts_together() -> None:
    script = Script(*[answer(status=503, Retry_After="40")] * 3)
    error = await failing(script)
    assert isinstance(error, Unavailable)
    assert len(script.requests) == 3
    assert elapsed() == about(80)


# --- rate limits


@pytest.mark.parametrize("reason", ["jira-quota-global-based", "jira-quota-tenant-based"])
async def test_a_used_up_quota_stops_all_calls_until_it_resets(reason: str) -> None:
    script = Script(answer(status=429, RateLimit_Reason=reason, Retry_After="600"), answer({"x": 1}))
    async with aclosing(connect(script)) as client:
        for endpoint, left in ((READ, 600), (OTHER, 600)):
            with pytest.raises(RateLimited) as caught:
                await read(client, endpoint)
            assert caught.value.retry_after_seconds == about(left)
        assert len(script.requests) == 1
        await asyncio.sleep(580)
        assert await read(client, OTHER) == Thing(1)
    assert elapsed() == about(600)


async def test_calls_that_wait_for_a_place_are_not_sent_into_a_used_up_quota() -> None:
    async def site(request: httpx2.Request) -> httpx2.Response:
        calls.append(elapsed())
        await asyncio.sleep(1)
        if len(calls) == 1:
            return answer(status=429, RateLimit_Reason="jira-quota-global-based", Retry_After="20")
        return answer({"x": 1})

    calls: list[float] = []
    async with aclosing(connect(httpx2.MockTransport(site), in_flight=1)) as client:
        await asyncio.gather(read(client, READ), read(client, OTHER))
    assert calls == about([0, 21, 22])


async def test_a_quota_without_a_reset_ends_at_the_top_of_the_hour() -> None:
    script = Script(answer(status=429, RateLimit_Reason="jira-quota-global-based"))
    async with aclosing(connect(script)) as client:
        with pytest.raises(RateLimited):
            await read(client)
        with pytest.raises(RateLimited) as caught:
            await read(client)
    hour_end = START.replace(minute=0) + timedelta(hours=1)
    assert caught.value.retry_after_seconds == about((hour_end - START).total_seconds() - elapsed())
    assert len(script.requests) == 1


@pytest.mark.parametrize("reason", ["jira-burst-based", "jira-cost-based", ""])
async def test_a_burst_limit_stops_its_own_endpoint_alone(reason: str) -> None:
    def site(request: httpx2.Request) -> httpx2.Response:
        calls.append((request.url.path, elapsed()))
        if len(calls) == 1:
            return answer(status=429, RateLimit_Reason=reason, Retry_After="20")
        return answer({"x": 1})

    calls: list[tuple[str, float]] = []
    async with aclosing(connect(site)) as client:
        first = asyncio.create_task(read(client, READ))
        await asyncio.sleep(1)
        await asyncio.gather(first, read(client, READ), read(client, OTHER))
    assert [path for path, _ in calls] == ["/rest/read", "/rest/other", "/rest/read", "/rest/read"]
    assert [time for _, time in calls] == about([0, 1, 20, 20])


async def test_an_endpoint_is_asked_no_faster_than_its_limit() -> None:
    def site(_: httpx2.Request) -> httpx2.Response:
        times.append(elapsed())
        return answer({"x": 1})

    times: list[float] = []
    slow = Endpoint(name="slow", method="GET", path="/rest/slow", scope=None, per_second=5)
    async with aclosing(connect(site)) as client:
        await asyncio.gather(*[read(client, slow) for _ in range(11)])
    assert times == about([number / 5 for number in range(11)])


async def test_no_more_calls_are_in_flight_than_allowed_and_a_wait_holds_no_place() -> None:
    running = most = 0

    async def site(request: httpx2.Request) -> httpx2.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(1)
        running -= 1
        return (
            answer(status=503, Retry_After="50")
            if request.url.path == "/rest/read" and elapsed() < 10
            else answer({"x": 1})
        )

    async with aclosing(connect(httpx2.MockTransport(site), in_flight=3)) as client:
        waiting = [asyncio.create_task(read(client)) for _ in range(3)]
        await asyncio.sleep(2)
        await asyncio.gather(*[read(client, OTHER) for _ in range(6)])
        assert elapsed() == about(4)  # while three calls wait for their retry
        await asyncio.gather(*waiting)
    assert most == 3


async def test_a_cancelled_caller_gives_its_place_back() -> None:
    async def site(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/rest/read":
            await asyncio.sleep(20)
        return answer({"x": 1})

    seen: list[str] = []
    async with aclosing(
        connect(httpx2.MockTransport(site), in_flight=1, observe=lambda _, outcome, __: seen.append(outcome))
    ) as client:
        stuck, queued = asyncio.create_task(read(client)), asyncio.create_task(read(client))
        await asyncio.sleep(1)
        for task in (queued, stuck):
            task.cancel()
        assert await read(client, OTHER) == Thing(1)
        assert elapsed() == about(1)
        assert [stuck.cancelled(), queued.cancelled()] == [True, True]
    assert seen == ["cancelled", "ok"]


async def test_a_cancelled_wait_between_attempts_ends_at_once() -> None:
    script = Script(answer(status=503, Retry_After="60"))
    async with aclosing(connect(script)) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await read(client)
    assert elapsed() == about(3)


# --- traps


@pytest.mark.parametrize("reason", ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "OUT, AUTHENTICATED_FAILED"])
@pytest.mark.parametrize("status", [200, 404, 403, 503])
async def test_a_bad_credential_is_refused_whatever_the_answer_looks_like(status: int, reason: str) -> None:
    error = await failing(Script(answer({"x": 0}, status=status, X_Seraph_LoginReason=reason)))
    assert isinstance(error, AccessRefused)
    assert error.credential


async def test_a_good_login_header_is_no_failure() -> None:
    async with aclosing(connect(Script(answer({"x": 1}, X_Seraph_LoginReason="OK")))) as client:
        assert await read(client) == Thing(1)


async def test_a_scope_mismatch_names_the_scope() -> None:
    error = await failing(Script(answer({"code": 401, "message": "Unauthorized; scope does not match"}, status=401)))
    assert isinstance(error, AccessRefused)
    assert "read:it" in error.message
    assert not error.credential


@pytest.mark.parametrize(
    "refusal",
    [
        answer({"code": 401, "message": "Unauthorized"}, status=401),
        plain("Client must be authenticated to access this resource.", 401, "text/plain"),
        plain("<html>scope does not match</html>", 401),
        httpx2.Response(401),
    ],
    ids=["gateway", "text", "html", "empty"],
)
async def test_any_other_401_is_about_the_credential(refusal: httpx2.Response) -> None:
    error = await failing(Script(refusal))
    assert isinstance(error, AccessRefused)
    assert error.credential


@pytest.mark.parametrize(
    "refusal",
    [httpx2.Response(403), plain("<html>no</html>", 403), answer({"errorMessage": "Ann Example may not"}, status=403)],
    ids=["empty", "html", "json"],
)
async def test_a_403_names_the_scope_and_the_licence(refusal: httpx2.Response) -> None:
    error = await failing(Script(refusal))
    assert isinstance(error, AccessRefused)
    assert not error.credential
    assert "licence" in error.message
    assert "agent" not in error.message  # only JSM tells by silence that there is no agent licence
    assert "read:it" in error.message


async def test_a_missing_or_removed_api_is_given_up_by_name() -> None:
    for status, text in ((404, "not known"), (410, "removed")):
        error = await failing(Script(answer({"errorMessages": ["Ann Example"]}, status=status)))
        assert isinstance(error, GaveUp)
        assert "read" in error.message
        assert text in error.message


@pytest.mark.parametrize(
    "page",
    [
        plain("<html>Log in</html>"),
        plain('{"x": 1}', kind="text/plain"),
        plain('{"x": 1}', kind="application/jsonp"),
        httpx2.Response(200, content=b'{"x": 1}'),
    ],
    ids=["html", "text", "nearly json", "no type"],
)
async def test_what_does_not_say_that_it_is_json_is_not_read(page: httpx2.Response) -> None:
    error = await failing(Script(page))
    assert type(error) is Unavailable
    assert "JSON" in error.message


async def test_kinds_of_json_are_read() -> None:
    for kind in ("application/json", "Application/JSON; charset=UTF-8", "application/problem+json"):
        async with aclosing(connect(Script(plain('{"x": 1}', kind=kind)))) as client:
            assert await read(client) == Thing(1)


@pytest.mark.parametrize("half", [b"", b'{"x"', b'{"x": 1} {', b"\xff"], ids=["empty", "cut", "more", "no text"])
async def test_half_a_body_is_asked_for_again_and_then_told(half: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    async with aclosing(connect(Script(httpx2.Response(200, content=half, headers=kind), answer({"x": 1})))) as client:
        assert await read(client) == Thing(1)
    error = await failing(Script(*[httpx2.Response(200, content=half, headers=kind)] * 5))
    assert type(error) is Unavailable


async def test_a_connection_cut_within_the_body_is_tried_again() -> None:
    cut = Pieces([b'{"x": ', httpx2.RemoteProtocolError("peer closed connection")])
    response = httpx2.Response(200, stream=cut, headers={"Content-Type": "application/json"})
    async with aclosing(connect(Script(response, answer({"x": 1})))) as client:
        assert await read(client) == Thing(1)
    assert cut.closed


@pytest.mark.parametrize("shape", [[], {}, {"x": "Ann Example"}, {"x": None}, None, {"y": 1}])
async def test_an_unreadable_shape_is_given_up_naming_the_endpoint(shape: object) -> None:
    error = await failing(Script(answer(shape)))
    assert isinstance(error, GaveUp)
    assert "read" in error.message


async def test_endless_nesting_is_given_up() -> None:
    body = b'{"y":' + b"[" * 200_000
    error = await failing(Script(httpx2.Response(200, content=body, headers={"Content-Type": "application/json"})))
    assert isinstance(error, GaveUp)


async def test_half_a_character_in_a_text_does_not_spoil_the_answer() -> None:
    class Text(msgspec.Struct):
        text: str

    body = rb'{"text": "a\ud83db \ud83d\ude00 \\ud83d", "skipped": "\ude00"}'
    script = Script(httpx2.Response(200, content=body, headers={"Content-Type": "application/json"}))
    async with aclosing(connect(script)) as client:
        assert (await client.send(READ, Text, meter=Meter())).text == "a\ufffdb \U0001f600 \\ud83d"


async def test_a_body_over_the_cap_is_not_read_to_its_end() -> None:
    pieces = Pieces([b" " * 1000] * 500)
    script = Script(httpx2.Response(200, stream=pieces, headers={"Content-Type": "application/json"}))
    error = await failing(script, max_answer_bytes=10_000)
    assert isinstance(error, GaveUp)
    assert pieces.sent == 11
    assert pieces.closed


async def test_the_cap_counts_unpacked_bytes() -> None:
    packed = gzip.compress(b'{"x": 1}' + b" " * 50_000)
    assert len(packed) < 200
    kind = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    error = await failing(Script(httpx2.Response(200, stream=Pieces([packed]), headers=kind)), max_answer_bytes=10_000)
    assert isinstance(error, GaveUp)
    async with aclosing(connect(Script(httpx2.Response(200, stream=Pieces([packed]), headers=kind)))) as client:
        assert await read(client) == Thing(1)


async def test_a_huge_refusal_is_not_read_either() -> None:
    pieces = Pieces([b'{"errorMessages": ["' + b"x" * 999] + [b"x" * 1000] * 500)
    response = httpx2.Response(400, stream=pieces, headers={"Content-Type": "application/json"})
    assert isinstance(await failing(Script(response), QUERY), GaveUp)
    assert pieces.sent < 100


async def test_a_body_that_trickles_runs_into_the_time_limit() -> None:
    slow = [Pieces([b" "] * 1000, seconds_each=0.5) for _ in range(5)]
    kind = {"Content-Type": "application/json"}
    error = await failing(Script(*[httpx2.Response(200, stream=one, headers=kind) for one in slow]), timeout_seconds=10)
    assert type(error) is Unavailable
    assert all(one.closed for one in slow)
    assert 10 <= elapsed() <= 90 + 10


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(status: int) -> None:
    script = Script(httpx2.Response(status, headers={"Location": "https://evil.example/"}))
    error = await failing(script)
    assert isinstance(error, GaveUp)
    assert "redirect" in error.message
    assert "evil" not in error.message


async def test_cookies_are_not_kept() -> None:
    setting = answer({"x": 1})
    setting.headers["Set-Cookie"] = "JSESSIONID=abc; Path=/"
    script = Script(setting, answer({"x": 1}))
    async with aclosing(connect(script)) as client:
        await read(client)
        await read(client)
    assert "Cookie" not in script.requests[1].headers


# --- 400


async def test_a_refused_query_carries_jiras_own_messages() -> None:
    told = {"errorMessages": ["Field 'x' does not exist."], "errors": {"jql": "Bad.", "at": {"line": 1}}}
    error = await failing(Script(answer(told, status=400)), QUERY)
    assert isinstance(error, QueryRefused)
    assert error.message.startswith("Jira ")
    assert error.messages == ("Field 'x' does not exist.", "Bad.")


async def test_jiras_messages_are_bounded() -> None:
    error = await failing(Script(answer({"errorMessages": ["x" * 2000] * 20}, status=400)), QUERY)
    assert isinstance(error, QueryRefused)
    assert len(error.messages) == 10
    assert {len(message) for message in error.messages} == {1000}


@pytest.mark.parametrize(
    ("endpoint", "refusal", "kind"),
    [
        (READ, answer({"errorMessages": ["Ann Example"]}, status=400), GaveUp),
        (QUERY, answer({"errorMessages": []}, status=400), GaveUp),
        (QUERY, answer({"detail": "Failed to convert", "status": 400}, status=400), GaveUp),
        (QUERY, answer({"errorMessages": "Ann Example"}, status=400), GaveUp),
        (QUERY, answer(["Ann Example"], status=400), GaveUp),
        (QUERY, plain("<html>Ann Example</html>", 400), Unavailable),
    ],
    ids=["no query", "no message", "problem", "no list", "list", "html"],
)
async def test_a_400_without_a_word_about_a_query_is_ours(
    endpoint: Endpoint, refusal: httpx2.Response, kind: type[ConnectorError]
) -> None:
    assert type(await failing(Script(refusal), endpoint)) is kind


# --- state


async def test_a_client_keeps_nothing_of_what_it_read() -> None:
    async with aclosing(connect(lambda _: answer({"x": 1}))) as client:
        await read(client)
        before = _sizes(client)
        for _ in range(50):
            await read(client)
        assert _sizes(client) == before


def _sizes(client: Atlassian) -> list[int]:
    paces = client._gate._paces
    return [len(paces), *(len(pace.bucket._waiters) for pace in paces.values())]


def test_the_error_tree_is_split_by_what_the_caller_can_do() -> None:
    kinds: dict[type[ConnectorError], Callable[[], ConnectorError]] = {
        RateLimited: lambda: RateLimited("m", 3),
        Unavailable: lambda: Unavailable("m"),
        AccessRefused: lambda: AccessRefused("m", credential=True),
        QueryRefused: lambda: QueryRefused(("m",)),
        GaveUp: lambda: GaveUp("m"),
    }
    assert [kind for kind in kinds if issubclass(kind, RetryLater)] == [RateLimited, Unavailable]
    for make in kinds.values():
        assert "m" in make().message == str(make())


def test_paths_take_ids_of_their_kind_alone() -> None:
    assert endpoints.fill("/issue/{issueIdOrKey}/x", {"issueIdOrKey": "ITS-12"}) == "/issue/ITS-12/x"
    assert endpoints.segment("issueIdOrKey", "10001") == "10001"
    for bad in ("", "..", "ITS-1/../../x", "ITS-1?x=1", "its-1", "0", "ITS-", "ITS-1\n", "%2e%2e", "１"):
        with pytest.raises(GaveUp) as caught:
            endpoints.segment("issueIdOrKey", bad)
        assert bad == "" or bad not in caught.value.message
    for kind in ("serviceDeskId", "organizationId", "id"):
        assert endpoints.segment(kind, "10001") == "10001"
        for bad in ("", "0", "..", "1/2", "ITS-1", "1?x", "1\n", "１"):
            with pytest.raises(GaveUp):
                endpoints.segment(kind, bad)
    assert endpoints.segment("workspaceId", "1060ba0e-178b") == "1060ba0e-178b"
    for bad in ("", "..", "a/b", "a b", "a%2f", "a" * 65):
        with pytest.raises(GaveUp):
            endpoints.segment("workspaceId", bad)
    with pytest.raises(KeyError):
        endpoints.segment("unknownKind", "1")
