"""The JSM endpoints that the stand-in answers: lists of desks, request types, organizations and people, and feedback.

Points: as Jira charges objects, one for each desk, request type and organization, two for each person; the rest is one a call.
"""

from __future__ import annotations

from collections.abc import Sequence

from demo.calls import Answer, Call, Endpoint, Handler, jsm_refusal
from demo.model import Organization, Project, RequestType, User
from demo.values import Json

API = "/rest/servicedeskapi"


def _page(call: Call, items: Sequence[Json], *, each: int) -> Answer:
    """A page by start and limit; the server lowers `limit` to its own. `each` is the points of one item."""
    start, limit = call.start("start"), max(1, min(call.number("limit", 50), call.list_cap))
    shown = items[start : start + limit]
    last = start + limit >= len(items) and not call.endless
    # As asked, also where the fault gives the first page again: then only the items tell.
    said = max(0, call.number("start", 0))
    base, url = f"{call.base}{API}", f"{call.base}{call.path}"
    links: Json = {"base": base, "context": "", "self": f"{url}?start={said}&limit={limit}"}
    if not last:
        links["next"] = f"{url}?start={said + limit}&limit={limit}"
    if said:
        links["prev"] = f"{url}?start={max(0, said - limit)}&limit={limit}"
    body: Json = {"_expands": [], "size": len(shown), "start": said, "limit": limit, "isLastPage": last}
    return Answer(body | {"_links": links, "values": shown}, points=each * len(shown))


# -- desks and request types


def _desks(call: Call) -> list[Project]:
    return [one for one in call.site.projects if one.service_desk is not None]


def _desk(call: Call) -> Project:
    """The desk of the path, by its id or its project's key."""
    wanted = call.params["serviceDeskId"]
    for one in _desks(call):
        if wanted in (one.service_desk, one.key):
            return one
    raise jsm_refusal(404, "The Service Desk does not exist.", "sd.agent.servicedesk.error.servicedesk.does.not.exist")


def _desk_id(desk: Project) -> str:
    return desk.service_desk or ""


async def service_desks(call: Call) -> Answer:
    """GET servicedesk."""
    shown: list[Json] = [
        {
            "id": one.service_desk,
            "projectId": one.id,
            "projectName": one.name,
            "projectKey": one.key,
            "projectTypeKey": one.type_key,
            "_links": {"self": f"{call.base}{API}/servicedesk/{one.service_desk}"},
        }
        for one in _desks(call)
    ]
    return _page(call, shown, each=1)


async def request_types(call: Call) -> Answer:
    """GET requesttype: those of all desks, or of the desks asked for by id or project key."""
    desks, words = set(call.query.getlist("serviceDeskId")), call.query.get("searchQuery", "").lower()
    shown = [
        _request_type(call, one)
        for one in call.site.request_types
        if not one.deleted
        and (not desks or desks & {one.project.service_desk, one.project.key})
        and words in f"{one.name} {one.description}".lower()
    ]
    return _page(call, shown, each=1)


def _request_type(call: Call, kind: RequestType) -> Json:
    shape = call.shapes.request_type(kind)
    del shape["defaultName"]
    return shape | {"_expands": [], "canCreateRequest": True, "restrictionStatus": "OPEN"}


async def request_type_groups(call: Call) -> Answer:
    """GET servicedesk/{id}/requesttypegroup: the groups of its portal, which request types name by id."""
    desk = _desk(call)
    groups = dict.fromkeys(
        group for one in call.site.request_types if one.project is desk and not one.deleted for group in one.groups
    )
    return _page(call, [{"id": one.id, "name": one.name} for one in groups], each=0)


# -- organizations and people


async def organizations(call: Call) -> Answer:
    """GET organization: all, or those of one account."""
    account = call.query.get("accountId")
    known = {one.account_id for one in call.site.users}
    if account is not None and account not in known:
        raise jsm_refusal(404, "The user does not exist.", "sd.user.error.not.found")
    found = [one for one in call.site.organizations if account is None or account in _member_ids(call, one)]
    return _page(call, [_organization(call, one) for one in found], each=1)


def _member_ids(call: Call, organization: Organization) -> set[str]:
    return {one.account_id for one in call.site.members.get(organization.id, ())}


def _organization(call: Call, organization: Organization) -> Json:
    return call.shapes.organization(organization) | {"scimManaged": False}


async def desk_organizations(call: Call) -> Answer:
    """GET servicedesk/{id}/organization: those linked to the desk."""
    linked = call.site.linked.get(_desk_id(_desk(call)), call.site.organizations)
    return _page(call, [_organization(call, one) for one in linked], each=1)


async def organization_users(call: Call) -> Answer:
    """GET organization/{id}/user, in the order of account ids."""
    wanted = call.params["organizationId"]
    if wanted not in {one.id for one in call.site.organizations}:
        raise jsm_refusal(404, "The organization does not exist.", "sd.customerorganisation.error.does.not.exist")
    members = sorted(call.site.members.get(wanted, ()), key=lambda one: one.account_id)
    return _page(call, [_person(call, one) for one in members], each=2)


async def customers(call: Call) -> Answer:
    """GET servicedesk/{id}/customer, all or those whose name or address has the words of `query`."""
    words = call.query.get("query", "").lower()
    found = call.site.customers.get(_desk_id(_desk(call)), ())
    shown = [_person(call, one) for one in found if words in f"{one.display_name} {one.email or ''}".lower()]
    return _page(call, shown, each=2)


def _person(call: Call, user: User) -> Json:
    link = f"{call.base}/rest/api/2/user?accountId={user.account_id}"
    shape: Json = {
        "accountId": user.account_id,
        "name": user.account_id,
        "key": user.account_id,
        "displayName": user.display_name,
        "active": user.active,
        "timeZone": user.time_zone,
        "_links": {"jiraRest": link, "avatarUrls": {"48x48": f"{call.base}/avatar/48.png"}, "self": link},
    }
    return shape if user.email is None else shape | {"emailAddress": user.email}


# -- single things


async def feedback(call: Call) -> Answer:
    """GET request/{idOrKey}/feedback. Without a rating: 404; what JSM answers then is documented nowhere."""
    found = [one for one in call.search.find([call.params["requestIdOrKey"]]) if one.request_type is not None]
    if not found:
        raise jsm_refusal(404, "The request does not exist or you may not see it.", "sd.request.error.not.found")
    if found[0].rating is None:
        raise jsm_refusal(404, "There is no feedback for this request.", "sd.feedback.error.not.found")
    shape: Json = {"type": "csat", "rating": found[0].rating}
    if found[0].rating_comment is not None:
        shape["comment"] = {"body": found[0].rating_comment}
    return Answer(shape)


async def workspaces(call: Call) -> Answer:
    """GET assets/workspace: the one of the site, or none where it has no Assets."""
    assets = call.site.assets
    return _page(call, [] if assets is None else [{"workspaceId": assets.workspace_id}], each=0)


_READ, _CUSTOMERS = "read:servicedesk-request", "manage:servicedesk-customer"
_DESK = f"{API}/servicedesk/{{serviceDeskId}}"


def _list(
    name: str, path: str, handler: Handler, scope: str = _READ, *, experimental: bool = False, slow: bool = False
) -> Endpoint:
    """A list for agents. Documented of the slow one are its 5 a second; that its bucket holds twice that is our assumption."""
    rate, bucket = (5, 10) if slow else (100, 350)
    return Endpoint(
        name,
        "GET",
        path,
        handler,
        scope,
        anonymous=False,
        per_second=rate,
        bucket=bucket,
        experimental=experimental,
        licensed=True,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    _list("servicedesk", f"{API}/servicedesk", service_desks),
    _list("requesttype", f"{API}/requesttype", request_types, experimental=True),
    _list("requesttypegroup", f"{_DESK}/requesttypegroup", request_type_groups),
    _list("organization", f"{API}/organization", organizations, _CUSTOMERS),
    _list("organization/user", f"{API}/organization/{{organizationId}}/user", organization_users, _CUSTOMERS),
    _list("servicedesk/organization", f"{_DESK}/organization", desk_organizations, _CUSTOMERS),
    _list("servicedesk/customer", f"{_DESK}/customer", customers, _CUSTOMERS, experimental=True, slow=True),
    _list("request/feedback", f"{API}/request/{{requestIdOrKey}}/feedback", feedback, experimental=True),
    Endpoint("assets/workspace", "GET", f"{API}/assets/workspace", workspaces, _READ, anonymous=False),
)
