"""`itsm-reports check`: tries what the reports need of the site, one thing at a time, and says what works and what to grant.

It reads as little as shows the answer: one page of each list. Nothing that it reads is shown but counts.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from connectors.assets import Assets
from connectors.errors import ConnectorError
from connectors.http import Meter
from connectors.jira import Jira
from connectors.jsm import Jsm
from resolvers.columns import (
    ASSETS_TYPE,
    CHANNEL_PROPERTY,
    ORGANIZATIONS_TYPE,
    RATING_TYPE,
    REQUEST_TYPE_TYPE,
    SLA_TYPE,
)
from resolvers.site import SiteFields

T = TypeVar("T")

EVERYTHING = "all reports"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one trial showed. `reports` are those that suffer if it is not `ok`; `remedy` says what to grant or do."""

    what: str
    ok: bool
    detail: str
    reports: tuple[str, ...] = ()
    remedy: str = ""


class NotThere(Exception):
    """The call worked, but the site has nothing of what it was for."""


@dataclass(frozen=True, slots=True)
class _Trial:
    what: str
    run: Callable[["_Site"], Awaitable[str]]
    reports: tuple[str, ...]
    remedy: str


@dataclass(slots=True)
class _Site:
    """The connection, and what earlier trials found."""

    jira: Jira
    jsm: Jsm
    assets: Assets
    meter: Meter = field(default_factory=Meter)
    fields: SiteFields = field(default_factory=lambda: SiteFields(()))
    account: str = ""


async def _first(pages: AsyncIterator[list[T]]) -> list[T]:
    async for page in pages:
        return page
    return []


async def _account(site: _Site) -> str:
    account = await site.jira.myself(meter=site.meter)
    site.account = account.account_id
    return f"signed in; Jira states its time zone as {account.time_zone}"


async def _fields(site: _Site) -> str:
    site.fields = SiteFields(tuple(await site.jira.fields(meter=site.meter)))
    return f"{len(site.fields.all)} fields"


def _has(custom: str, thing: str) -> Callable[[_Site], Awaitable[str]]:
    async def look(site: _Site) -> str:
        found = site.fields.of_type(custom)
        if not found:
            raise NotThere(f"this site has no field of {thing}")
        return ", ".join(sorted({f.name for f in found})[:8])

    return look


async def _search(site: _Site) -> str:
    requests = " OR ".join(f"cf[{i.removeprefix('customfield_')}] is not EMPTY" for i in site.fields.request_types)
    jql = f"({requests or 'created > 0'}) ORDER BY created DESC"
    async for page in site.jira.search(jql, ["created"], meter=site.meter, page_size=1):
        if page:
            return "the newest request was read"
    raise NotThere("the account sees no request")


async def _channel(site: _Site) -> str:
    async for page in site.jira.search(
        "request-channel-type in (portal, email, jira)",
        ["created"],
        meter=site.meter,
        page_size=20,
        properties=[CHANNEL_PROPERTY],
    ):
        carried = sum(CHANNEL_PROPERTY in issue.properties for issue in page)
        return (
            "comes with the search"
            if carried
            else "does not come with the search: asked by one search a channel instead"
        )
    return "no request with a channel was found"


async def _counts(site: _Site) -> str:
    return f"about {await site.jira.approximate_count('created >= -365d', meter=site.meter)} issues in the last year"


async def _parse(site: _Site) -> str:
    errors = (await site.jira.parse_jql(["created >= -1d"], meter=site.meter))[0]
    return "understood" if not errors else "refuses a plain query"


async def _projects(site: _Site) -> str:
    found = await site.jira.projects(meter=site.meter)
    desks = sum(p.type_key == "service_desk" for p in found)
    if not found:
        raise NotThere("the account sees no project")
    return f"{len(found)} projects, {desks} of them service projects"


async def _users(site: _Site) -> str:
    if not await site.jira.users([site.account], meter=site.meter):
        raise NotThere("the account cannot read its own name")
    return "names can be looked up"


async def _desks(site: _Site) -> str:
    return f"{len(await _first(site.jsm.service_desks(meter=site.meter)))} service desks on the first page"


async def _request_types(site: _Site) -> str:
    return f"{len(await _first(site.jsm.request_types(meter=site.meter)))} request types on the first page"


async def _organizations(site: _Site) -> str:
    async for page in site.jsm.organizations(meter=site.meter):
        for organization in page[:1]:
            await _first(site.jsm.organization_users(organization.id, meter=site.meter))
        return f"{len(page)} organizations on the first page, and members of one"
    raise NotThere("there is no organization")


async def _customers(site: _Site) -> str:
    async for page in site.jsm.service_desks(meter=site.meter):
        for desk in page[:1]:
            found = await _first(site.jsm.customers(desk.id, meter=site.meter))
            return f"{len(found)} customers of one desk on the first page"
    raise NotThere("there is no service desk")


async def _assets(site: _Site) -> str:
    if await site.assets.workspace(meter=site.meter) is None:
        raise NotThere("this site has no Assets")
    async for page in site.assets.schemas(meter=site.meter):
        for schema in page[:1]:
            types = await site.assets.object_types(schema.id, meter=site.meter)
            return f"{len(page)} schemas, {len(types)} object types in one"
    raise NotThere("there is no Assets schema that the account sees")


async def _aql(site: _Site) -> str:
    if await site.assets.workspace(meter=site.meter) is None:
        raise NotThere("this site has no Assets")
    async for page in site.assets.schemas(meter=site.meter):
        found = await site.assets.total_count(f"objectSchemaId = {page[0].id}", meter=site.meter)
        return f"{found} objects in one schema"
    raise NotThere("there is no Assets schema that the account sees")


_WORK = "scope read:jira-work and, in each project to be reported on, the permission Browse projects"
_AGENT = "scope read:servicedesk-request and a licence as an agent of Jira Service Management"
_DESK = "scope manage:servicedesk-customer (it is only used to read) and a licence as an agent"
_TRIALS = (
    _Trial(
        "Reading account",
        _account,
        (EVERYTHING,),
        "ITSM_JIRA_EMAIL with a valid ITSM_JIRA_API_TOKEN; scope read:jira-user",
    ),
    _Trial("Fields", _fields, (EVERYTHING,), _WORK),
    _Trial("Search", _search, (EVERYTHING,), _WORK),
    _Trial("Counts", _counts, (EVERYTHING,), _WORK),
    _Trial("JQL", _parse, (EVERYTHING,), _WORK),
    _Trial("Projects", _projects, ("scope.projects", "site.projects"), _WORK),
    _Trial(
        "Names of people", _users, ("displayName, active and emailAddress of every report",), "scope read:jira-user"
    ),
    _Trial(
        "Field: request type",
        _has(REQUEST_TYPE_TYPE, "request types"),
        ("population REQUESTS", "requestTypes"),
        "Jira Service Management on this site; without it ask for population ISSUES",
    ),
    _Trial(
        "Field: organizations",
        _has(ORGANIZATIONS_TYPE, "organizations"),
        ("requestsByOrganization",),
        "Jira Service Management on this site",
    ),
    _Trial(
        "Field: SLAs",
        _has(SLA_TYPE, "SLAs"),
        ("sla", "slaCompliance, slaAtRisk and slaBreachedRunning"),
        "an SLA in a service project",
    ),
    _Trial(
        "Field: satisfaction",
        _has(RATING_TYPE, "satisfaction"),
        ("satisfaction",),
        "customer satisfaction switched on in a service project",
    ),
    _Trial(
        "Field: Assets objects",
        _has(ASSETS_TYPE, "Assets objects"),
        ("assetsOfRequests",),
        "an Assets field on requests",
    ),
    _Trial("Request channel", _channel, ("requestChannels",), "Jira Service Management on this site"),
    _Trial("Service desks", _desks, ("site.serviceDesks", "customerReport", "customers"), _AGENT),
    _Trial("Request types", _request_types, ("requestTypes with includeUnused", "site.requestTypes"), _AGENT),
    _Trial(
        "Organizations and members",
        _organizations,
        ("organizations", "customerReport", "requestsByOrganization with includeEmpty"),
        _DESK,
    ),
    _Trial("Customers", _customers, ("customers", "customerReport"), _DESK),
    _Trial(
        "Assets schemas and types",
        _assets,
        ("assets.objectsByType", "site.assetSchemas"),
        "Assets (a premium plan), scopes read:servicedesk-request and read:cmdb-schema:jira, and a role in the schema",
    ),
    _Trial(
        "Assets objects",
        _aql,
        ("assets.objectsByAql", "labels of assetsOfRequests"),
        "scopes read:cmdb-object:jira, and read:cmdb-attribute:jira for groupBy",
    ),
)


async def check(jira: Jira, jsm: Jsm, assets: Assets) -> AsyncIterator[Finding]:
    """One finding after the other. Without the account, or the fields, nothing else can be told."""
    site = _Site(jira, jsm, assets)
    for trial in _TRIALS:
        try:
            yield Finding(trial.what, True, await trial.run(site))
        except NotThere as lacking:
            yield Finding(trial.what, False, str(lacking), trial.reports, trial.remedy)
        except ConnectorError as error:
            yield Finding(trial.what, False, error.message, trial.reports, trial.remedy)
            if trial.run in (_account, _fields):
                return


def summary(findings: list[Finding]) -> Mapping[str, list[str]]:
    """What does not work, with what each needs; empty if all does."""
    lacking: dict[str, list[str]] = {}
    for finding in findings:
        if not finding.ok:
            for report in finding.reports:
                lacking.setdefault(report, []).append(finding.remedy)
    return lacking
