"""Everything that answers for one connection to Jira, and the context that each operation gets of it."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from connectors.assets import Assets
from connectors.http import Meter
from connectors.jira import Jira
from connectors.jsm import Jsm
from resolvers.assets.reports import AssetContext
from resolvers.cache import Cache, Remembered, cache_key
from resolvers.drill_down import DrillDowns
from resolvers.lists import Lists
from resolvers.planner import Defaults, Planner
from resolvers.scan import Scanner
from resolvers.site import SiteReader
from resolvers.site_context import SiteContext
from resolvers.tables import Tables
from schema.scope import Weekday


class Service:
    """Lives as long as the server. `reader` names the connection whose permissions shape the data, e.g. a hash of it."""

    def __init__(
        self,
        *,
        jira: Jira,
        jsm: Jsm,
        assets: Assets,
        cache: Cache,
        site_url: str,
        reader: str,
        time_zone: str,
        week_start: str,
        max_requests: int,
        ttl_seconds: int,
        now: Callable[[], datetime],
        in_flight: int,
        patience_seconds: float = 20.0,
        grace_seconds: float = 60.0,
    ) -> None:
        self._cache = cache
        self._url = site_url
        self._defaults = Defaults(time_zone, Weekday[week_start])
        self._now = now
        self._patience = patience_seconds
        self._max_requests = max_requests
        who = cache_key(site_url, reader)
        self._remembered = Remembered(cache, ttl_seconds, grace_seconds)
        self._lists = Lists(cache, who, ttl_seconds=ttl_seconds, grace_seconds=grace_seconds, now=now)
        self._site = SiteReader(jira, jsm, assets, self._remembered, self._lists, who)
        self._tables = Tables(
            Scanner(jira, in_flight, max_requests),
            cache,
            who,
            ttl_seconds=ttl_seconds,
            grace_seconds=grace_seconds,
            now=now,
        )
        self._drill_downs = DrillDowns(cache, self._tables, self._site, site_url, who)

    def operation(self, caller: str) -> "Operation":
        """The context of one operation. Must be called in the event loop that runs it."""
        deadline = asyncio.get_running_loop().time() + self._patience
        site = SiteContext(
            self._site, self._url, self._defaults.time_zone, self._defaults.week_start, Meter(), deadline
        )
        planner = Planner(self._tables, self._site, self._drill_downs, self._defaults, self._now, deadline)
        assets = AssetContext(self._site, self._defaults, self._max_requests, self._now, deadline, planner.reads)
        return Operation(caller, planner, site, assets, self._drill_downs)

    @property
    def reads_in_flight(self) -> int:
        """Number of reads of requests under way."""
        return self._tables.reads_in_flight

    async def cache_ready(self) -> bool:
        """Whether the cache answers."""
        return await self._cache.ready()

    async def aclose(self) -> None:
        """Cancels all reads."""
        await self._tables.aclose()
        await self._remembered.aclose()
        await self._lists.aclose()


class Operation:
    """`info.context` of one operation."""

    def __init__(
        self, caller: str, reports: Planner, site: SiteContext, assets: AssetContext, drill_downs: DrillDowns
    ) -> None:
        self.caller = caller
        self.reports = reports
        self.site = site
        self.assets = assets
        self.drill_downs = drill_downs

    def extensions(self) -> dict[str, object]:
        """What the answer's `extensions` say of the reads that it rests on."""
        return {"reports": self.reports.reads} if self.reports.reads else {}
