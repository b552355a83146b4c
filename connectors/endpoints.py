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
    1 + `points_per_object` times the objects returned. `carries_jql` marks where a 400 is about the query.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    scope: str | None
    query: frozenset[str] = frozenset()
    body: frozenset[str] = frozenset()
    per_second: float = 100.0
    points_per_object: int = 0
    carries_jql: bool = False
    anonymous: bool = False
    deprecated: bool = False


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
    carries_jql=True,
)
APPROXIMATE_COUNT: Final = Endpoint(
    name="approximate_count",
    method="POST",
    path="/rest/api/3/search/approximate-count",
    scope="read:jira-work",
    body=frozenset({"jql"}),
    per_second=150.0,
    carries_jql=True,
)
SEARCH: Final = Endpoint(
    name="search",
    method="POST",
    path="/rest/api/3/search/jql",
    scope="read:jira-work",
    body=frozenset({"jql", "fields", "maxResults", "nextPageToken", "properties"}),
    points_per_object=1,
    carries_jql=True,
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
)
"""All endpoints that Atlassian's description of Jira platform v3 must know."""

_KINDS: Final = {
    "cloudId": re.compile(r"[0-9A-Za-z-]{1,64}"),
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
