"""The reference data of the site that reports need: fields, SLA metrics, projects, people; read once and kept for an hour at most."""

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from connectors.assets import Assets
from connectors.http import Meter
from connectors.jira import Account, Contact, Field, Jira, Named, User
from connectors.jsm import Jsm, JsmOrganization, RequestType, ServiceDesk
from resolvers.cache import Kind, cache_key, packed
from resolvers.columns import ORGANIZATIONS_TYPE, RATING_DATE_TYPE, REQUEST_TYPE_TYPE, SLA_TYPE
from resolvers.lists import Listed, Lists, listed
from resolvers.remembered import Remembered
from schema import reference
from schema.errors import bad_input

SELECT_TYPES = frozenset(
    f"com.atlassian.jira.plugin.system.customfieldtypes:{kind}"
    for kind in ("select", "multiselect", "radiobuttons", "multicheckboxes", "cascadingselect")
)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U", bound=User)
PEOPLE_AT_ONCE = 50
JSM_TYPES = ("com.atlassian.servicedesk:", "com.atlassian.jira.plugins.cmdb:")
NOBODY = ""
"""The account id of what is kept for an account that could not be read, so that it is not asked for again and again."""


class Pages(Protocol[T_co]):
    """A call of a connector that gives a list page by page."""

    def __call__(self, *, meter: Meter) -> AsyncIterator[Sequence[T_co]]: ...


def whole(pages: Pages[T]) -> Callable[[Meter], Awaitable[tuple[T, ...]]]:
    """Reads all pages of a list."""

    async def load(meter: Meter) -> tuple[T, ...]:
        return tuple([item async for page in pages(meter=meter) for item in page])

    return load


@dataclass(frozen=True, slots=True)
class Metric:
    """An SLA metric: the fields of one name."""

    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SiteFields:
    """The fields of the site. JSM's are known by `schema.custom` alone: names are translated and not unique."""

    all: tuple[Field, ...]

    def of_jsm(self) -> "SiteFields":
        """Those of JSM alone: all that a report looks at once its table is read."""
        return SiteFields(tuple(f for f in self.all if f.custom and f.custom.startswith(JSM_TYPES)))

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
    def selects(self) -> tuple[Field, ...]:
        """The custom fields whose values are options of a list and which JQL can search."""
        return tuple(f for f in self.all if f.custom in SELECT_TYPES and f.searchable)

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


ACCOUNT: Kind[Account] = packed("account", Account)
FIELDS: Kind[SiteFields] = packed("fields", SiteFields, large=True)
PROJECTS: Kind[tuple[reference.Project, ...]] = packed("projects", tuple[reference.Project, ...], large=True)
MISSING_PROJECTS: Kind[tuple[str, ...]] = packed("missing projects", tuple[str, ...])
STATUSES: Kind[tuple[reference.Status, ...]] = packed("statuses", tuple[reference.Status, ...], large=True)
JQL_ERRORS: Kind[tuple[tuple[str, ...], ...]] = packed("jql errors", tuple[tuple[str, ...], ...])
USER: Kind[User] = packed("user", User)
CONTACT: Kind[Contact] = packed("contact", Contact)
PRIORITIES: Kind[Listed[tuple[Named, ...]]] = listed("priorities", tuple[Named, ...])
ISSUE_TYPES: Kind[Listed[tuple[Named, ...]]] = listed("issue types", tuple[Named, ...])
SERVICE_DESKS: Kind[Listed[tuple[ServiceDesk, ...]]] = listed("service desks", tuple[ServiceDesk, ...])
REQUEST_TYPES: Kind[Listed[tuple[RequestType, ...]]] = listed("request types", tuple[RequestType, ...])
ORGANIZATIONS: Kind[Listed[tuple[JsmOrganization, ...]]] = listed("organizations", tuple[JsmOrganization, ...])


class SiteReader:
    """Reads reference data through one connection; every method says which meter its calls are booked on."""

    def __init__(self, jira: Jira, jsm: Jsm, assets: Assets, remembered: Remembered, lists: Lists, reader: str) -> None:
        self.jira = jira
        self.jsm = jsm
        self.assets = assets
        self.lists = lists
        self._remembered = remembered
        self._reader = reader
        self._naming = asyncio.Lock()
        self._max_age: int | None = None

    def no_older_than(self, max_age_seconds: int | None) -> "SiteReader":
        """The same, whose lists of JSM are no older than that."""
        fresh = copy.copy(self)
        fresh._max_age = max_age_seconds
        return fresh

    def _key(self, kind: Kind[T], *parts: str) -> str:
        return cache_key(kind.name, self._reader, *parts)

    async def account(self, meter: Meter) -> Account:
        """The reading account."""
        return await self._remembered.get(ACCOUNT, self._key(ACCOUNT), lambda: self.jira.myself(meter=meter))

    async def fields(self, meter: Meter) -> SiteFields:
        """All fields."""

        async def load() -> SiteFields:
            return SiteFields(tuple(await self.jira.fields(meter=meter)))

        return await self._remembered.get(FIELDS, self._key(FIELDS), load, size=100_000)

    async def projects(self, meter: Meter) -> tuple[reference.Project, ...]:
        """All projects that the account sees."""

        async def load() -> tuple[reference.Project, ...]:
            found = await self.jira.projects(meter=meter)
            return tuple(reference.Project(id=p.id, key=p.key, name=p.name, type_key=p.type_key) for p in found)

        return await self._remembered.get(PROJECTS, self._key(PROJECTS), load, size=100_000)

    async def missing_projects(self, keys: Sequence[str], meter: Meter) -> tuple[str, ...]:
        """Those of the keys that no visible project has."""
        wanted = tuple(sorted(set(keys)))

        async def load() -> tuple[str, ...]:
            found = {p.key for p in await self.jira.projects(wanted, meter=meter)}
            return tuple(key for key in wanted if key not in found)

        # A project that is not there yet may be there the next time.
        return await self._remembered.get(
            MISSING_PROJECTS, self._key(MISSING_PROJECTS, *wanted), load, keep=lambda missing: not missing
        )

    async def statuses(self, meter: Meter) -> tuple[reference.Status, ...]:
        """All statuses."""

        async def load() -> tuple[reference.Status, ...]:
            found = await self.jira.statuses(meter=meter)
            return tuple(reference.Status(id=s.id, name=s.name, category=s.category) for s in found)

        return await self._remembered.get(STATUSES, self._key(STATUSES), load, size=50_000)

    async def priorities(self, meter: Meter) -> tuple[Named, ...]:
        """All priorities."""

        async def load(spent: Meter) -> tuple[Named, ...]:
            return tuple(await self.jira.priorities(meter=spent))

        return (await self.lists.get(PRIORITIES, (), load, meter=meter)).listed.value

    async def issue_types(self, meter: Meter) -> tuple[Named, ...]:
        """All issue types that the account sees."""

        async def load(spent: Meter) -> tuple[Named, ...]:
            return tuple(await self.jira.issue_types(meter=spent))

        return (await self.lists.get(ISSUE_TYPES, (), load, meter=meter)).listed.value

    async def service_desks(self, meter: Meter) -> tuple[ServiceDesk, ...]:
        """All service desks that the account sees."""
        return await self._list(SERVICE_DESKS, self.jsm.service_desks, meter)

    async def request_types(self, meter: Meter) -> tuple[RequestType, ...]:
        """The present request types of all desks."""
        return await self._list(REQUEST_TYPES, self.jsm.request_types, meter)

    async def organizations(self, meter: Meter) -> tuple[JsmOrganization, ...]:
        """The present organizations of the site."""
        return await self._list(ORGANIZATIONS, self.jsm.organizations, meter)

    async def _list(self, kind: Kind[Listed[tuple[T, ...]]], pages: Pages[T], meter: Meter) -> tuple[T, ...]:
        """A list of JSM, whole. It may take longer than an operation: then it is read on meanwhile."""
        found = await self.lists.get(kind, (), whole(pages), meter=meter, max_age_seconds=self._max_age)
        return found.listed.value

    async def jql_errors(self, queries: Sequence[str], meter: Meter) -> tuple[tuple[str, ...], ...]:
        """Jira's messages about each query; an empty tuple for one without fault."""

        async def load() -> tuple[tuple[str, ...], ...]:
            return tuple(await self.jira.parse_jql(queries, meter=meter))

        key = self._key(JQL_ERRORS, *queries)
        return await self._remembered.get(JQL_ERRORS, key, load, keep=lambda errors: not any(errors))

    async def users(self, account_ids: Iterable[str], meter: Meter) -> dict[str, User]:
        """Names and states of these accounts; those that cannot be read any more are absent."""

        async def read(unknown: Sequence[str]) -> Mapping[str, User]:
            return await self.jira.users(unknown, meter=meter)

        return await self._people(USER, User(NOBODY), account_ids, read)

    async def contacts(self, account_ids: Iterable[str], meter: Meter) -> dict[str, Contact]:
        """The same with e-mail addresses; they are read and kept only by this."""

        async def read(unknown: Sequence[str]) -> Mapping[str, Contact]:
            return await self.jira.contacts(unknown, meter=meter)

        return await self._people(CONTACT, Contact(NOBODY), account_ids, read)

    async def kept(self, kind: Kind[T], ids: Collection[str]) -> dict[str, T]:
        """What is known of the things with these ids."""
        keys = {self._key(kind, one): one for one in ids}
        found = await self._remembered.kept(kind, list(keys))
        return {keys[key]: value for key, value in found.items()}

    async def keep(self, kind: Kind[T], values: Mapping[str, T], read_at: int) -> None:
        """Keeps what was read of things by their ids, from that instant (ms) on."""
        keyed = {self._key(kind, one): value for one, value in values.items()}
        await self._remembered.keep(kind, keyed, read_at=read_at)

    def now(self) -> int:
        """This instant (ms)."""
        return self._remembered.now()

    async def _people(
        self,
        kind: Kind[U],
        nobody: U,
        account_ids: Iterable[str],
        read: Callable[[Sequence[str]], Awaitable[Mapping[str, U]]],
    ) -> dict[str, U]:
        # One at a time: two reports of one operation mostly ask for the same people.
        async with self._naming:
            wanted = sorted(set(account_ids))
            kept = await self.kept(kind, wanted)
            unknown = [account for account in wanted if account not in kept]
            for start in range(0, len(unknown), PEOPLE_AT_ONCE):
                batch, read_at = unknown[start : start + PEOPLE_AT_ONCE], self.now()
                found = await read(batch)
                # Kept batch by batch: who cannot wait for all of them finds these the next time.
                fresh = {account: found.get(account, nobody) for account in batch}
                await self.keep(kind, fresh, read_at)
                kept |= fresh
        return {account: kept[account] for account in wanted if kept[account].account_id != NOBODY}
