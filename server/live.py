"""Puts the parts of a real server together: settings -> client of Atlassian -> Jira -> service."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import httpx2

from connectors.assets import Assets
from connectors.auth import Credentials
from connectors.http import Atlassian
from connectors.jira import Jira
from connectors.jsm import Jsm
from connectors.retry import Retry
from resolvers.cache import memory_cache
from resolvers.service import Service
from server.settings import Settings


def client(
    settings: Settings,
    *,
    now: Callable[[], datetime],
    transport: httpx2.AsyncBaseTransport | None = None,
    observe: Callable[[str, str, float], None] | None = None,
    retry: Retry | None = None,
) -> Atlassian:
    """The client of Atlassian that the settings describe; whoever asks for it closes it."""
    return Atlassian(
        Credentials(settings.site_url, settings.jira_email, settings.jira_api_token.get_secret_value()),
        now=now,
        gateway_url=settings.atlassian_api_url,
        in_flight=settings.max_in_flight,
        transport=transport,
        observe=observe,
        retry=retry,
    )


@asynccontextmanager
async def live_service(
    settings: Settings,
    *,
    now: Callable[[], datetime],
    transport: httpx2.AsyncBaseTransport | None,
    observe: Callable[[str, str, float], None],
    retry: Retry | None = None,
    patience_seconds: float = 20.0,
    grace_seconds: float = 60.0,
) -> AsyncIterator[Service]:
    """The service that answers from the site of the settings; closed, with its running reads, on the way out.

    An operation waits `patience_seconds` for a read, and a read that nobody waits for goes on for `grace_seconds`.
    """
    atlassian = client(settings, now=now, transport=transport, observe=observe, retry=retry)
    try:
        service = Service(
            jira=Jira(atlassian),
            jsm=Jsm(atlassian),
            assets=Assets(atlassian),
            cache=memory_cache(settings.cache_bytes),
            site_url=settings.site_url,
            reader=_reader(settings),
            time_zone=settings.time_zone,
            week_start=settings.week_start,
            max_requests=settings.max_requests,
            ttl_seconds=settings.cache_ttl_seconds,
            now=now,
            in_flight=settings.max_in_flight,
            patience_seconds=patience_seconds,
            grace_seconds=grace_seconds,
        )
        try:
            yield service
        finally:
            await service.aclose()
    finally:
        await atlassian.aclose()


def _reader(settings: Settings) -> str:
    """Names the connection in keys of the cache without giving it away: another account or token is another reader."""
    credentials = f"{settings.jira_email.casefold()}\0{settings.jira_api_token.get_secret_value()}"
    return hashlib.sha256(credentials.encode()).hexdigest()
