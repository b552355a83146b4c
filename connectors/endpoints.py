"""Every endpoint of Atlassian that the connectors use, as a table of facts, and how its path is filled in.

Tests hold the table against Atlassian's OpenAPI files, and what the connectors send against the table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

from connectors.errors import GaveUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The facts of one endpoint.

    `scope` is the classic OAuth scope (None: needs none); `query` and `body` are the names that may be sent;
    `per_second` is Atlassian's burst limit, which all programs of a site share; a successful call costs
    1 + `points_per_object` times the objects returned. `carries_query` marks where a 400 is about the query.
    `experimental` ones are answered only with a header that says so; `product` tells whose refusals to expect,
    and that Assets is never on the site's own host.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    scope: str | None
    query: frozenset[str] = frozenset()
    body: frozenset[str] = frozenset()
    per_second: float = 100.0
    points_per_object: int = 0
    carries_query: bool = False
    anonymous: bool = False
    deprecated: bool = False
    experimental: bool = False
    product: Literal["jira", "jsm", "assets"] = "jira"


TENANT_INFO: Final = Endpoint(
    name="tenant_info", method="GET", path="/_edge/tenant_info", scope=None, anonymous=True
)  # gives the cloud id of a site to anybody; part of no API description
MYSELF: Final = Endpoint(name="myself", method="GET", path="/rest/api/3/myself", scope="read:jira-user")
FIELDS: Final = Endpoint(name="fields", method="GET", path="/rest/api/3/field", scope="read:jira-work")
PROJECTS: Final = Endpoint(
    name="projects",
    method="GET",
    path="/rest/api/3/project/search",
    scope="read:jira-work",
    query=frozenset({"startAt", "maxResults", "orderBy", "keys"}),
    points_per_object=1,
)
STATUSES: Final = Endpoint(name="statuses", method="GET", path="/rest/api/3/status", scope="read:jira-work")
PRIORITIES: Final = Endpoint(
    name="priorities", method="GET", path="/rest/api/3/priority", scope="read:jira-work", deprecated=True
)  # its paged successor, priority/search, wants a scope to configure Jira
ISSUE_TYPES: Final = Endpoint(name="issue_types", method="GET", path="/rest/api/3/issuetype", scope="read:jira-work")
USERS: Final = Endpoint(
    name="users",
    method="GET",
    path="/rest/api/3/user/bulk",
    scope="read:jira-user",
    query=frozenset({"startAt", "maxResults", "accountId"}),
    points_per_object=2,
)
PARSE_JQL: Final = Endpoint(
    name="parse_jql",
    method="POST",
    path="/rest/api/3/jql/parse",
    scope="read:jira-work",
    query=frozenset({"validation"}),
    body=frozenset({"queries"}),
    carries_query=True,
)
APPROXIMATE_COUNT: Final = Endpoint(
    name="approximate_count",
    method="POST",
    path="/rest/api/3/search/approximate-count",
    scope="read:jira-work",
    body=frozenset({"jql"}),
    per_second=150.0,
    carries_query=True,
)
SEARCH: Final = Endpoint(
    name="search",
    method="POST",
    path="/rest/api/3/search/jql",
    scope="read:jira-work",
    body=frozenset({"jql", "fields", "maxResults", "nextPageToken", "properties"}),
    points_per_object=1,
    carries_query=True,
)

BULK_FETCH: Final = Endpoint(
    name="bulk_fetch",
    method="POST",
    path="/rest/api/3/issue/bulkfetch",
    scope="read:jira-work",
    body=frozenset({"issueIdsOrKeys", "fields"}),
    points_per_object=1,
)

JIRA: Final = (
    MYSELF,
    FIELDS,
    PROJECTS,
    STATUSES,
    PRIORITIES,
    ISSUE_TYPES,
    USERS,
    PARSE_JQL,
    APPROXIMATE_COUNT,
    SEARCH,
    BULK_FETCH,
)
"""All endpoints that Atlassian's description of Jira platform v3 must know."""

_PAGED: Final = frozenset({"start", "limit"})


# Whether calls to JSM and Assets cost points is not documented; Jira's rule is taken, by which a user counts twice.
SERVICE_DESKS: Final = Endpoint(
    name="service_desks",
    method="GET",
    path="/rest/servicedeskapi/servicedesk",
    scope="read:servicedesk-request",
    query=_PAGED,
    points_per_object=1,
    product="jsm",
)
REQUEST_TYPES: Final = Endpoint(
    name="request_types",
    method="GET",
    path="/rest/servicedeskapi/requesttype",
    scope="read:servicedesk-request",
    query=_PAGED,
    points_per_object=1,
    experimental=True,
    product="jsm",
)
ORGANIZATIONS: Final = Endpoint(
    name="organizations",
    method="GET",
    path="/rest/servicedeskapi/organization",
    scope="manage:servicedesk-customer",
    query=_PAGED,
    points_per_object=1,
    product="jsm",
)  # no classic scope only reads organizations and customers
ORGANIZATION_USERS: Final = Endpoint(
    name="organization_users",
    method="GET",
    path="/rest/servicedeskapi/organization/{organizationId}/user",
    scope="manage:servicedesk-customer",
    query=_PAGED,
    points_per_object=2,
    product="jsm",
)
DESK_ORGANIZATIONS: Final = Endpoint(
    name="desk_organizations",
    method="GET",
    path="/rest/servicedeskapi/servicedesk/{serviceDeskId}/organization",
    scope="manage:servicedesk-customer",
    query=_PAGED,
    points_per_object=1,
    product="jsm",
)
CUSTOMERS: Final = Endpoint(
    name="customers",
    method="GET",
    path="/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer",
    scope="manage:servicedesk-customer",
    query=_PAGED,
    per_second=5.0,
    points_per_object=2,
    experimental=True,
    product="jsm",
)
ASSETS_WORKSPACE: Final = Endpoint(
    name="assets_workspace",
    method="GET",
    path="/rest/servicedeskapi/assets/workspace",
    scope="read:servicedesk-request",
    product="jsm",
)

JSM: Final = (
    SERVICE_DESKS,
    REQUEST_TYPES,
    ORGANIZATIONS,
    ORGANIZATION_USERS,
    DESK_ORGANIZATIONS,
    CUSTOMERS,
    ASSETS_WORKSPACE,
)
"""All endpoints that Atlassian's description of JSM must know."""

# Assets has limits of its own, said by the minute: 500 queries (1000 in newer descriptions), 2000 other reads.
_ASSET_QUERIES: Final = 500 / 60
_ASSET_READS: Final = 2000 / 60
ASSETS_BASE: Final = "/jsm/assets/workspace/{workspaceId}/v1"
ASSET_SCHEMAS: Final = Endpoint(
    name="asset_schemas",
    method="GET",
    path=ASSETS_BASE + "/objectschema/list",
    scope="read:cmdb-schema:jira",
    query=frozenset({"startAt", "maxResults", "includeCounts"}),
    per_second=_ASSET_READS,
    product="assets",
)
ASSET_TYPES: Final = Endpoint(
    name="asset_types",
    method="GET",
    path=ASSETS_BASE + "/objectschema/{id}/objecttypes/flat",
    scope="read:cmdb-schema:jira",
    query=frozenset({"includeObjectCounts"}),
    per_second=_ASSET_READS,
    product="assets",
)
ASSET_ATTRIBUTES: Final = Endpoint(
    name="asset_attributes",
    method="GET",
    path=ASSETS_BASE + "/objecttype/{id}/attributes",
    scope="read:cmdb-attribute:jira",
    per_second=_ASSET_READS,
    product="assets",
)
ASSET_OBJECTS: Final = Endpoint(
    name="asset_objects",
    method="POST",
    path=ASSETS_BASE + "/object/aql",
    scope="read:cmdb-object:jira",
    query=frozenset({"startAt", "maxResults", "includeAttributes"}),
    body=frozenset({"qlQuery"}),
    per_second=_ASSET_QUERIES,
    points_per_object=1,
    carries_query=True,
    product="assets",
)  # with attributes it also wants the scope of ASSET_ATTRIBUTES
ASSET_COUNT: Final = Endpoint(
    name="asset_count",
    method="POST",
    path=ASSETS_BASE + "/object/aql/totalcount",
    scope="read:cmdb-object:jira",
    body=frozenset({"qlQuery"}),
    per_second=_ASSET_QUERIES,
    carries_query=True,
    product="assets",
)

ASSETS: Final = (ASSET_SCHEMAS, ASSET_TYPES, ASSET_ATTRIBUTES, ASSET_OBJECTS, ASSET_COUNT)
"""All endpoints that the description of Assets must know, by their paths behind `ASSETS_BASE`."""

_KINDS: Final = {
    "cloudId": re.compile(r"[0-9A-Za-z-]{1,64}"),
    "workspaceId": re.compile(r"[0-9A-Za-z-]{1,64}"),
    "serviceDeskId": re.compile(r"[1-9][0-9]{0,18}"),
    "organizationId": re.compile(r"[1-9][0-9]{0,18}"),
    "id": re.compile(r"[1-9][0-9]{0,18}"),
    "issueIdOrKey": re.compile(r"[1-9][0-9]{0,18}|[A-Z][A-Z0-9_]{0,254}-[1-9][0-9]{0,18}"),
}
_PLACE: Final = re.compile(r"\{(\w+)\}")


def segment(kind: str, value: str) -> str:
    """One id, quoted as one segment of a path.

    Raises GaveUp for a value that is no id of its kind (so neither `..` nor a slash ever gets into a path), and
    KeyError for a kind without a pattern. The value is in no message: it may come from outside.
    """
    if _KINDS[kind].fullmatch(value) is None:
        raise GaveUp(f"A value given as {kind} is not one; nothing was asked.")
    return quote(value, safe="")


def fill(path: str, values: Mapping[str, str]) -> str:
    """`path` with every `{kind}` in it replaced by its quoted value."""
    return _PLACE.sub(lambda place: segment(place[1], values[place[1]]), path)
