"""Everything that answers for one connection to Jira, and the context that each operation gets of it."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from connectors.assets import Assets
from connectors.http import Meter
from connectors.jira import Jira
from connectors.jsm import Jsm
from resolvers.assets.reports import AssetContext
from resolvers.cache import Cache, cache_key
from resolvers.drill_down import DrillDowns
from resolvers.figures.periods import millis
from resolvers.lists import Lists
from resolvers.planner import Defaults, Planner
from resolvers.remembered import Remembered
from resolvers.scan import Scanner
from resolvers.site import SiteReader
from resolvers.site_context import SiteContext
from resolvers.storage.checks import Rules
from resolvers.storage.configuration import Formats
from resolvers.storage.context import StorageContext
from resolvers.storage.objects import Actor
from resolvers.storage.work import Storage
from resolvers.tables import Tables
from resolvers.threads import Workers
from schema.scope import Weekday
from schema.storage.transfer import StarterInput


class Service:
    """Lives as long as the server. `reader` names the connection whose permissions shape the data, e.g. a hash of it."""

    def __init__(
        self,
        *,
        jira: Jira,
        jsm: Jsm,
        assets: Assets,
        cache: Cache,
        storage: Storage,
        site: str,
        site_url: str,
        reader: str,
        time_zone: str,
        week_start: str,
        max_requests: int,
        now: Callable[[], datetime],
        in_flight: int,
        patience_seconds: float = 20.0,
        grace_seconds: float = 60.0,
    ) -> None:
        self._cache = cache
        self._storage = storage
        self._site_id = site
        self._url = site_url
        self._defaults = Defaults(time_zone, Weekday[week_start])
        self._now = now
        self._patience = patience_seconds
        self._max_requests = max_requests
        self._workers = Workers()
        who = cache_key(site_url, reader)
        self._remembered = Remembered(cache, grace_seconds=grace_seconds, now=now)
        self._lists = Lists(cache, who, grace_seconds=grace_seconds, now=now)
        self._site = SiteReader(jira, jsm, assets, self._remembered, self._lists, who)
        self._tables = Tables(
            Scanner(jira, in_flight, max_requests),
            cache,
            who,
            grace_seconds=grace_seconds,
            now=now,
        )
        self._drill_downs = DrillDowns(cache, self._tables, self._site, site_url, who)

    def operation(self, caller: str) -> "Operation":
        """The context of one operation. Must be called in the event loop that runs it."""
        deadline = asyncio.get_running_loop().time() + self._patience
        self._workers.begin(caller)
        site = SiteContext(
            self._site, self._url, self._defaults.time_zone, self._defaults.week_start, Meter(), deadline
        )
        planner = Planner(self._tables, self._site, self._drill_downs, self._defaults, self._now, deadline)
        assets = AssetContext(
            self._site, self._defaults, self._max_requests, self._now, deadline, planner.reads, planner.admit
        )
        return Operation(caller, planner, site, assets, self._drill_downs, self._saved(caller, planner))

    def _saved(self, caller: str, planner: Planner) -> StorageContext:
        rules = Rules(self._defaults, Formats(), millis(self._now()))
        return StorageContext(self._storage, Actor(self._site_id, caller), planner, rules)

    async def begin_with_starters(self, owner: str) -> None:
        """Creates the starter dashboards, unless the owner has anything saved. Raises ApiError."""
        async with self._storage.reading(Actor(self._site_id, owner)) as work:
            is_new = await work.counts() == (0, 0)
        if is_new:
            await self.operation(owner).storage.create_starters(StarterInput())

    @property
    def reads_in_flight(self) -> int:
        """Number of reads of requests under way."""
        return self._tables.reads_in_flight

    async def readiness(self) -> str:
        """`not ready` without the database; `degraded` while a shared cache is lost, since answers go on without it."""
        if not await self._storage.ready():
            return "not ready"
        return "ready" if await self._cache.state() == "ok" else "degraded"

    async def aclose(self) -> None:
        """Cancels all reads."""
        await self._tables.aclose()
        await self._remembered.aclose()
        await self._lists.aclose()
        self._workers.close()


class Operation:
    """`info.context` of one operation."""

    def __init__(
        self,
        caller: str,
        reports: Planner,
        site: SiteContext,
        assets: AssetContext,
        drill_downs: DrillDowns,
        storage: StorageContext,
    ) -> None:
        self.caller = caller
        self.reports = reports
        self.site = site
        self.assets = assets
        self.drill_downs = drill_downs
        self.storage = storage

    def extensions(self) -> dict[str, object]:
        """What the answer's `extensions` say of the reads that it rests on."""
        return {"reports": self.reports.reads} if self.reports.reads else {}
