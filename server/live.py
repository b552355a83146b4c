"""Puts the parts of a real server together: settings -> client of Atlassian -> Jira -> service."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

import httpx2

from connectors.assets import Assets
from connectors.auth import Credentials
from connectors.http import Atlassian
from connectors.jira import Jira
from connectors.jsm import Jsm
from connectors.retry import Retry
from resolvers.service import Service
from server.metrics import Metrics
from server.settings import Settings
from server.stores import opened_stores


def client(
    settings: Settings,
    *,
    now: Callable[[], datetime],
    transport: httpx2.AsyncBaseTransport | None = None,
    metrics: Metrics | None = None,
    retry: Retry | None = None,
) -> Atlassian:
    """The client of Atlassian that the settings describe; whoever asks for it closes it."""
    return Atlassian(
        Credentials(settings.site_url, settings.jira_email, settings.jira_api_token.get_secret_value()),
        now=now,
        gateway_url=settings.atlassian_api_url,
        in_flight=settings.max_in_flight,
        transport=transport,
        observe=metrics.call if metrics else None,
        on_quota=metrics.points_left if metrics else None,
        retry=retry,
    )


@asynccontextmanager
async def live_service(
    settings: Settings,
    *,
    now: Callable[[], datetime],
    transport: httpx2.AsyncBaseTransport | None,
    metrics: Metrics,
    retry: Retry | None = None,
    patience_seconds: float = 20.0,
    grace_seconds: float = 60.0,
    starters: bool = False,
    in_clear: bool = False,
) -> AsyncIterator[Service]:
    """The service that answers from the site of the settings; closed, with its running reads, on the way out.

    An operation waits `patience_seconds` for a read, and a read that nobody waits for goes on for `grace_seconds`. `in_clear`
    is as in `opened_stores`. Raises StorageProblem.
    """
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(opened_stores(settings, now=now, metrics=metrics, in_clear=in_clear))
        atlassian = client(settings, now=now, transport=transport, metrics=metrics, retry=retry)
        stack.push_async_callback(atlassian.aclose)
        service = Service(
            jira=Jira(atlassian),
            jsm=Jsm(atlassian),
            assets=Assets(atlassian),
            cache=stores.cache,
            storage=stores.storage,
            site=stores.site,
            site_url=settings.site_url,
            reader=_reader(settings),
            time_zone=settings.time_zone,
            week_start=settings.week_start,
            max_requests=settings.max_requests,
            now=now,
            in_flight=settings.max_in_flight,
            patience_seconds=patience_seconds,
            grace_seconds=grace_seconds,
        )
        stack.push_async_callback(service.aclose)
        if starters:
            await service.begin_with_starters("demo")
        yield service


def _reader(settings: Settings) -> str:
    """Names the connection in keys of the cache without giving it away: another account or token is another reader."""
    credentials = f"{settings.jira_email.casefold()}\0{settings.jira_api_token.get_secret_value()}"
    return hashlib.sha256(credentials.encode()).hexdigest()
