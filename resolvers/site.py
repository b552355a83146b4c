"""The reference data of the site that reports need: fields, SLA metrics, projects, people; read once and kept for an hour at most."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.errors import ConnectorError
from connectors.http import Meter
from connectors.jira import Account, Field, Jira, User
from resolvers.cache import Remembered, cache_key
from resolvers.columns import ORGANIZATIONS_TYPE, RATING_DATE_TYPE, REQUEST_TYPE_TYPE, SLA_TYPE
from resolvers.errors import api_error
from schema import reference, report
from schema.errors import bad_input
from schema.reports.sla import SlaMetric
from schema.scope import Weekday

NOBODY = User(account_id="")
"""Kept for an account that could not be read, so that it is not asked for again and again."""


@dataclass(frozen=True, slots=True)
class Metric:
    """An SLA metric: the fields of one name."""

    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SiteFields:
    """The fields of the site. JSM's are known by `schema.custom` alone: names are translated and not unique."""

    all: tuple[Field, ...]

    def of_type(self, custom: str) -> tuple[Field, ...]:
        """The custom fields of this type."""
        return tuple(f for f in self.all if f.custom == custom)

    @property
    def request_types(self) -> tuple[str, ...]:
        """Ids of the request type fields."""
        return tuple(f.id for f in self.of_type(REQUEST_TYPE_TYPE))

    @property
    def organizations(self) -> tuple[str, ...]:
        """Ids of the organization fields."""
        return tuple(f.id for f in self.of_type(ORGANIZATIONS_TYPE))

    @property
    def rating_dates(self) -> tuple[str, ...]:
        """JQL names of the dates of satisfaction ratings, where they can be searched."""
        found = self.of_type(RATING_DATE_TYPE)
        return tuple(f"cf[{f.id.removeprefix('customfield_')}]" for f in found if f.searchable)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The SLA metrics by name; equal names are one metric."""
        names: dict[str, list[str]] = {}
        for field in self.of_type(SLA_TYPE):
            names.setdefault(field.name, []).append(field.id)
        return tuple(Metric(name, tuple(sorted(ids))) for name, ids in sorted(names.items()))

    def metrics_chosen(self, chosen: str | None) -> tuple[Metric, ...]:
        """The metric with this name or field id, or all of them. Raises ApiError (BAD_USER_INPUT)."""
        if chosen is None:
            return self.metrics
        for metric in self.metrics:
            if chosen == metric.name:
                return (metric,)
            if chosen in metric.fields:
                return (Metric(metric.name, (chosen,)),)
        names = ", ".join(repr(m.name) for m in self.metrics[:20]) or "none, since this site has no SLA metric"
        raise bad_input("options.metric", f"{chosen[:80]!r} is no SLA metric of this site", f"a name or id of {names}")


class SiteReader:
    """Reads reference data through one connection; every method says which meter its calls are booked on."""

    def __init__(self, jira: Jira, remembered: Remembered, reader: str) -> None:
        self.jira = jira
        self._remembered = remembered
        self._reader = reader
        self._naming = asyncio.Lock()

    def _key(self, *parts: str) -> str:
        return cache_key("reference", self._reader, *parts)

    async def account(self, meter: Meter) -> Account:
        """The reading account."""
        return await self._remembered.get(self._key("account"), lambda: self.jira.myself(meter=meter))

    async def fields(self, meter: Meter) -> SiteFields:
        """All fields."""

        async def load() -> SiteFields:
            return SiteFields(tuple(await self.jira.fields(meter=meter)))

        return await self._remembered.get(self._key("fields"), load, size=100_000)

    async def projects(self, meter: Meter) -> tuple[reference.Project, ...]:
        """All projects that the account sees."""

        async def load() -> tuple[reference.Project, ...]:
            found = await self.jira.projects(meter=meter)
            return tuple(reference.Project(id=p.id, key=p.key, name=p.name, type_key=p.type_key) for p in found)  # type: ignore[arg-type]

        return await self._remembered.get(self._key("projects"), load, size=100_000)

    async def missing_projects(self, keys: Sequence[str], meter: Meter) -> tuple[str, ...]:
        """Those of the keys that no visible project has."""
        wanted = tuple(sorted(set(keys)))

        async def load() -> tuple[str, ...]:
            found = {p.key for p in await self.jira.projects(wanted, meter=meter)}
            return tuple(key for key in wanted if key not in found)

        return await self._remembered.get(self._key("projects with keys", *wanted), load)

    async def statuses(self, meter: Meter) -> tuple[reference.Status, ...]:
        """All statuses."""

        async def load() -> tuple[reference.Status, ...]:
            found = await self.jira.statuses(meter=meter)
            return tuple(reference.Status(id=s.id, name=s.name, category=s.category) for s in found)  # type: ignore[arg-type]

        return await self._remembered.get(self._key("statuses"), load, size=50_000)

    async def jql_errors(self, queries: Sequence[str], meter: Meter) -> tuple[tuple[str, ...], ...]:
        """Jira's messages about each query; an empty tuple for one without fault."""

        async def load() -> tuple[tuple[str, ...], ...]:
            return tuple(await self.jira.parse_jql(queries, meter=meter))

        return await self._remembered.get(self._key("jql", *queries), load)

    async def users(self, account_ids: Iterable[str], meter: Meter) -> dict[str, User]:
        """Names and states of these accounts; those that cannot be read any more are absent."""
        # One at a time: two reports of one operation mostly ask for the same people.
        async with self._naming:
            kept = {a: await self._remembered.kept(self._key("user", a)) for a in sorted(set(account_ids))}
            unknown = [account for account, user in kept.items() if user is None]
            read = await self.jira.users(unknown, meter=meter) if unknown else {}
            for account in unknown:
                kept[account] = read.get(account, NOBODY)
                await self._remembered.keep(self._key("user", account), kept[account])
        return {account: user for account, user in kept.items() if isinstance(user, User) and user is not NOBODY}


class SiteContext:
    """`info.context.site` of one operation."""

    def __init__(self, reader: SiteReader, url: str, time_zone: str, week_start: Weekday, meter: Meter) -> None:
        self.url = url
        self.time_zone = time_zone
        self.week_start = week_start
        self._reader = reader
        self._meter = meter

    async def projects(self) -> list[reference.Project]:
        """All projects that the reading account sees."""
        try:
            return list(await self._reader.projects(self._meter))
        except ConnectorError as error:
            raise api_error(error) from error

    async def statuses(self) -> list[reference.Status]:
        """All statuses."""
        try:
            return list(await self._reader.statuses(self._meter))
        except ConnectorError as error:
            raise api_error(error) from error

    async def sla_metrics(self) -> list[SlaMetric]:
        """SLA metrics, by name."""
        try:
            fields = await self._reader.fields(self._meter)
        except ConnectorError as error:
            raise api_error(error) from error
        return [SlaMetric(name=m.name, ids=list(m.fields)) for m in fields.metrics]  # type: ignore[arg-type]

    async def reader_time_zone(self) -> str:
        """The zone that Jira states for the reading account."""
        try:
            return (await self._reader.account(self._meter)).time_zone
        except ConnectorError as error:
            raise api_error(error) from error

    async def reading_account(self, with_name: bool) -> report.User:
        """The reading account."""
        try:
            account = await self._reader.account(self._meter)
            user = report.User(account_id=account.account_id)  # type: ignore[arg-type]
            if with_name:
                found = await self._reader.users([account.account_id], self._meter)
                if known := found.get(account.account_id):
                    user.display_name, user.active = known.display_name, known.active
        except ConnectorError as error:
            raise api_error(error) from error
        return user
