"""The Jira endpoints that the stand-in answers, and the table of them.

A new endpoint is one handler and one row of ENDPOINTS. Paths are without the base form (`/ex/jira/{cloudId}` or nothing).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from demo.calls import BAD_TOKEN, REMOVED, Answer, Call, Endpoint, RefusedError, documented, errors, invalid
from demo.dates import jira_date
from demo.jql import And, Clause, Empty, JqlError, Node, Not, Operand, Several, Value, Words, parse
from demo.values import CHANNEL_PROPERTY, Json

IDS_PER_PAGE = 5000
ISSUES_PER_PAGE = 100

_SEARCH_BODY: dict[str, type | tuple[type, type]] = {
    "jql": str,
    "nextPageToken": str,
    "maxResults": int,
    "fields": (list, str),
    "expand": str,
    "properties": (list, str),
    "fieldsByKeys": bool,
    "failFast": bool,
    "reconcileIssues": (list, int),
}


async def search_post(call: Call) -> Answer:
    """POST search/jql."""
    given = call.body(_SEARCH_BODY)
    if given.get("reconcileIssues", ()) is None:
        raise RefusedError(documented(500, {}, gateway=False))  # as measured
    given = {key: value for key, value in given.items() if value is not None}
    return _search(
        call,
        jql=cast(str, given.get("jql", "")),
        token=cast("str | None", given.get("nextPageToken")),
        size=cast(int, given.get("maxResults", 50)),
        fields=cast("list[str]", given.get("fields", [])),
        properties=cast("list[str]", given.get("properties", [])),
        reconcile=cast("list[int]", given.get("reconcileIssues", [])),
        expand=cast(str, given.get("expand", "")),
    )


async def search_get(call: Call) -> Answer:
    """GET search/jql."""
    return _search(
        call,
        jql=call.query.get("jql", ""),
        token=call.query.get("nextPageToken"),
        size=call.number("maxResults", 50),
        fields=call.query.getlist("fields"),
        properties=call.query.getlist("properties"),
        reconcile=call.query.getlist("reconcileIssues"),
        expand=call.query.get("expand", ""),
    )


def _search(
    call: Call,
    *,
    jql: str,
    token: str | None,
    size: int,
    fields: Sequence[str],
    properties: Sequence[str],
    reconcile: Sequence[object],
    expand: str,
) -> Answer:
    """The checks in the order in which Jira makes them, then one page."""
    names = call.shapes.wanted(fields) or ["id"]
    whole = bool(properties) or not set(names) <= {"id", "key"}
    page_size = min(size, ISSUES_PER_PAGE if whole else IDS_PER_PAGE)
    if token is not None and not call.first_page_always and not call.search.accepts(jql, token):
        raise invalid(BAD_TOKEN)
    _check(len(reconcile) <= 50, "The max number of issues to reconcile is 50.")
    _check(1 <= size <= IDS_PER_PAGE, f"The value of maxResults must be between 1 and {IDS_PER_PAGE}.")
    _check(len(properties) <= 5, "The max number of properties is 5.")
    if call.anonymous:
        return Answer({"issues": [], "isLast": True})
    try:
        page = call.search.page(jql, max(1, page_size), None if call.first_page_always else token)
    except JqlError as error:
        raise invalid(error.message) from None
    shown = _shown_properties(call, properties)
    body: Json = {
        "issues": [call.shapes.issue(one, names, shown) for one in page.issues],
        "isLast": page.next_token is None,
    }
    if page.next_token is not None:
        body["nextPageToken"] = page.next_token
    listed = {cast(str, one["id"]): one for one in call.shapes.fields()} if expand else {}
    if "names" in expand:
        body["names"] = {name: listed[name]["name"] for name in names if name in listed}
    if "schema" in expand:
        body["schema"] = {name: listed[name]["schema"] for name in names if name in listed}
    return Answer(body, points=len(page.issues))


def _check(holds: bool, message: str) -> None:
    if not holds:
        raise invalid(message)


_BULK_BODY: dict[str, type | tuple[type, type]] = {
    "issueIdsOrKeys": (list, str),
    "fields": (list, str),
    "fieldsByKeys": bool,
    "expand": (list, str),
    "properties": (list, str),
}
_HEAVY = {"changelog", "editmeta", "operations", "renderedFields", "transitions"}


async def bulk_fetch(call: Call) -> Answer:
    """POST issue/bulkfetch: in ascending order of ids; what is not there or not visible is left out without a word.

    A hundred issues, or a thousand if at most a hundred fields are named, none with wildcards, and nothing heavy expanded.
    """
    given = {key: value for key, value in call.body(_BULK_BODY).items() if value is not None}
    asked = cast("list[str]", given.get("issueIdsOrKeys", []))
    fields = cast("list[str]", given.get("fields", []))
    properties = cast("list[str]", given.get("properties", []))
    named = 0 < len(fields) <= 100 and not any(one.startswith(("*", "-")) for one in fields)
    cap = 1000 if named and not _HEAVY & set(cast("list[str]", given.get("expand", []))) else 100
    _check(bool(asked), "The list of issue ids or keys must not be empty.")
    _check(len(asked) <= cap, f"You may only bulk fetch a maximum of {cap} issues by ID or key at a time.")
    _check(len(properties) <= 5, "The max number of properties is 5.")
    found = [] if call.anonymous else call.search.find(asked)
    names = call.shapes.wanted(fields or ["*navigable"])
    shown = _shown_properties(call, properties)
    return Answer(
        {"issues": [call.shapes.issue(one, names, shown) for one in found], "issueErrors": []}, points=len(found)
    )


def _shown_properties(call: Call, asked: Sequence[str]) -> list[str] | None:
    """The properties to answer; None if none was asked for."""
    return [one for one in asked if call.channel_property or one != CHANNEL_PROPERTY] if asked else None


async def approximate_count(call: Call) -> Answer:
    """POST search/approximate-count; `count_skew` is by how much the estimate is off."""
    given = call.body({"jql": str})
    if call.anonymous:
        return Answer({"count": 0})
    try:
        return Answer({"count": max(0, call.search.count(cast(str, given.get("jql") or "")) + call.count_skew)})
    except JqlError as error:
        raise invalid(error.message) from None


async def parse_jql(call: Call) -> Answer:
    """POST jql/parse: strict says what is wrong with fields and values too, warn says it as warnings, none reads only."""
    mode = call.query.get("validation")
    _check(mode in ("strict", "warn", "none"), "The validation parameter must be one of strict, warn, none.")
    queries = cast("list[str]", call.body({"queries": (list, str)}).get("queries") or [])
    _check(bool(queries), "The list of queries must not be empty.")
    return Answer({"queries": [_parsed(call, query, cast(str, mode)) for query in queries]})


def _parsed(call: Call, text: str, mode: str) -> Json:
    try:
        query = parse(text)
    except JqlError as error:
        return {"query": text, "errors": [error.message]}
    found = [] if mode == "none" else call.search.errors(text)
    if found and mode == "strict":
        return {"query": text, "errors": found}
    structure: Json = {} if query.where is None else {"where": _structure(query.where)}
    if query.order:
        each: list[Json] = [
            {"field": {"name": one.field}, "direction": "desc" if one.descending else "asc"} for one in query.order
        ]
        structure["orderBy"] = {"fields": each}
    shape: Json = {"query": text, "structure": structure}
    return shape | {"warnings": found} if found else shape


def _structure(node: Node) -> Json:
    if isinstance(node, Clause):
        return {"field": {"name": node.field}, "operator": node.operator, "operand": _operand(node.operand)}
    if isinstance(node, Words):
        return {"field": {"name": "text"}, "operator": "~", "operand": {"value": node.text}}
    if isinstance(node, Not):
        return {"operator": "not", "clauses": [_structure(node.part)]}
    return {"operator": "and" if isinstance(node, And) else "or", "clauses": list(map(_structure, node.parts))}


def _operand(operand: Operand) -> Json:
    if isinstance(operand, Value):
        return {"value": operand.text}
    if isinstance(operand, Empty):
        return {"keyword": "empty"}
    if isinstance(operand, Several):
        return {"values": list(map(_operand, operand.items))}
    return {"function": operand.name, "arguments": list(operand.arguments)}


async def removed_search(_: Call) -> Answer:
    """The old search."""
    raise RefusedError(errors(410, REMOVED))


async def fields(call: Call) -> Answer:
    """GET field."""
    return Answer(call.shapes.fields())


async def projects(call: Call) -> Answer:
    """GET project/search: pages of at most 100, whatever is asked."""
    keys = {one.lower() for one in call.query.getlist("keys")}
    ids = set(call.query.getlist("id"))
    kind, words = call.query.get("typeKey"), call.query.get("query", "").lower()
    _check(len(keys) <= 50 and len(ids) <= 50, "At most 50 projects can be asked for by key or id.")
    found = [
        one
        for one in (() if call.anonymous else call.site.projects)
        if (not keys or one.key.lower() in keys)
        and (not ids or one.id in ids)
        and (kind is None or one.type_key in kind.split(","))
        and words in f"{one.key} {one.name}".lower()
    ]
    order = call.query.get("orderBy", "key")
    found.sort(key=lambda one: one.name if order.endswith("name") else one.key, reverse=order.startswith("-"))
    return _bean(call, [call.shapes.project(one) for one in found], default=50, cap=100, each=1)


def _bean(call: Call, items: Sequence[Json], *, default: int, cap: int, each: int) -> Answer:
    """A page of a list by startAt and maxResults; `each` is the points of one item."""
    start = call.start("startAt")
    size = max(1, min(call.number("maxResults", default), cap))
    shown = items[start : start + size]
    last = start + size >= len(items) and not call.endless
    url = f"{call.base}{call.path}"
    body: Json = {"self": f"{url}?startAt={start}&maxResults={size}", "maxResults": size, "startAt": start}
    if not last:
        body["nextPage"] = f"{url}?startAt={start + size}&maxResults={size}"
    body |= {"total": len(items), "isLast": last, "values": shown}
    return Answer(body, points=each * len(shown))


async def statuses(call: Call) -> Answer:
    """GET status."""
    return Answer([] if call.anonymous else [call.shapes.status(one) for one in call.site.statuses])


async def priorities(call: Call) -> Answer:
    """GET priority (deprecated, yet its successor needs an administrator's scope)."""
    colour = {"statusColor": "#888888", "description": "", "isDefault": False}
    return Answer([] if call.anonymous else [call.shapes.priority(one) | colour for one in call.site.priorities])


async def issue_types(call: Call) -> Answer:
    """GET issuetype."""
    return Answer([] if call.anonymous else [call.shapes.issue_type(one) for one in call.site.issue_types])


async def myself(call: Call) -> Answer:
    """GET myself."""
    reader = call.shapes.user(call.site.reader)
    return Answer(reader | {"timeZone": call.site.zone, "locale": "de_DE"})


async def users(call: Call) -> Answer:
    """GET user/bulk: ten a page unless asked otherwise; unknown accounts are left out; costs two points a user."""
    asked = call.query.getlist("accountId")
    _check(bool(asked), "The accountId query parameter needs to be provided.")
    known = {one.account_id: one for one in call.site.users}
    found = [call.shapes.user(known[one]) for one in dict.fromkeys(asked) if one in known]
    return _bean(call, found, default=10, cap=200, each=2)


async def server_info(call: Call) -> Answer:
    """GET serverInfo: works without a credential, then without the time."""
    body: Json = {
        "baseUrl": call.base,
        "displayUrl": call.base,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100_290,
        "serverTitle": "Jira",
    }
    if not call.anonymous:
        body |= {"serverTime": jira_date(call.now(), call.shapes.zone), "serverTimeZone": call.site.zone}
    return Answer(body)


async def tenant_info(call: Call) -> Answer:
    """GET /_edge/tenant_info, without a credential."""
    return Answer({"cloudId": call.site.cloud_id})


_API = "/rest/api/3"
_USERS = "read:jira-user"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("search/jql", "POST", f"{_API}/search/jql", search_post, bucket=200),
    Endpoint("search/jql", "GET", f"{_API}/search/jql", search_get),
    Endpoint("approximate-count", "POST", f"{_API}/search/approximate-count", approximate_count, per_second=150),
    Endpoint("issue/bulkfetch", "POST", f"{_API}/issue/bulkfetch", bulk_fetch),
    Endpoint("jql/parse", "POST", f"{_API}/jql/parse", parse_jql),
    Endpoint("search", "GET", f"{_API}/search", removed_search),
    Endpoint("search", "POST", f"{_API}/search", removed_search),
    Endpoint("field", "GET", f"{_API}/field", fields),
    Endpoint("project/search", "GET", f"{_API}/project/search", projects),
    Endpoint("status", "GET", f"{_API}/status", statuses),
    Endpoint("priority", "GET", f"{_API}/priority", priorities),
    Endpoint("issuetype", "GET", f"{_API}/issuetype", issue_types),
    Endpoint("myself", "GET", f"{_API}/myself", myself, _USERS, anonymous=False),
    Endpoint("user/bulk", "GET", f"{_API}/user/bulk", users, _USERS, anonymous=False),
    Endpoint("serverInfo", "GET", f"{_API}/serverInfo", server_info, None),
    Endpoint("tenant_info", "GET", "/_edge/tenant_info", tenant_info, None),
)
