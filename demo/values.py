"""Issues and what they refer to, in the JSON shapes that Jira documents.

`Shapes` is made for one site and one base URL; what is shared by many issues is encoded once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar
from zoneinfo import ZoneInfo

import orjson

from demo.asset_model import AssetObject
from demo.dates import jira_date, sla_date
from demo.field_list import field_list
from demo.jql_fields import CATEGORIES
from demo.model import (
    Category,
    CustomField,
    FieldKind,
    Issue,
    IssueType,
    Named,
    Organization,
    Project,
    RequestType,
    Site,
    Status,
    User,
)
from demo.sla_values import sla_value

Json = dict[str, object]
Encode = Callable[[Issue], object]
T = TypeVar("T")

CHANNEL_PROPERTY = "request.channel.type"


class Shapes:
    """Encodes for one site as reached under `base` (scheme and host, no slash at the end). `now` gives epoch milliseconds.

    `plain_ratings`: Satisfaction as a bare number; what a site really sends is documented nowhere.
    """

    def __init__(self, site: Site, base: str, now: Callable[[], int], *, plain_ratings: bool = False) -> None:
        self._plain_ratings = plain_ratings
        self._site = site
        self._base = base
        self._api = f"{base}/rest/api/3"
        self._now = now
        self.zone = ZoneInfo(site.zone)
        self._shared: dict[object, orjson.Fragment] = {}
        self._system: dict[str, Encode] = self._system_encoders()
        self._customs = {one.id: one for one in site.fields}

    # -- what issues refer to

    def user(self, user: User) -> Json:
        """A user object."""
        shape: Json = {
            "self": f"{self._api}/user?accountId={user.account_id}",
            "accountId": user.account_id,
            "accountType": user.account_type,
            "avatarUrls": {"48x48": f"{self._base}/avatar/48.png", "24x24": f"{self._base}/avatar/24.png"},
            "displayName": user.display_name,
            "active": user.active,
            "timeZone": user.time_zone,
        }
        if user.email is not None:
            shape["emailAddress"] = user.email
        return shape

    def status(self, status: Status) -> Json:
        """A status with its category."""
        return {
            "self": f"{self._api}/status/{status.id}",
            "description": "",
            "iconUrl": f"{self._base}/images/icons/statuses/generic.png",
            "name": status.name,
            "untranslatedName": status.name,
            "id": status.id,
            "statusCategory": self.category(status.category),
        }

    def category(self, category: Category) -> Json:
        """A status category."""
        number, key, name, colour = CATEGORIES[category]
        return {
            "self": f"{self._api}/statuscategory/{number}",
            "id": number,
            "key": key,
            "colorName": colour,
            "name": name,
        }

    def priority(self, priority: Named) -> Json:
        """A priority."""
        icon = f"{self._base}/images/icons/priorities/{priority.id}.svg"
        return {
            "self": f"{self._api}/priority/{priority.id}",
            "iconUrl": icon,
            "name": priority.name,
            "id": priority.id,
        }

    def issue_type(self, kind: IssueType) -> Json:
        """An issue type."""
        return {
            "self": f"{self._api}/issuetype/{kind.id}",
            "id": kind.id,
            "description": "",
            "iconUrl": f"{self._base}/images/icons/issuetypes/{kind.id}.svg",
            "name": kind.name,
            "untranslatedName": kind.name,
            "subtask": kind.subtask,
            "hierarchyLevel": -1 if kind.subtask else 0,
        }

    def project(self, project: Project) -> Json:
        """A project."""
        return {
            "self": f"{self._api}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.type_key,
            "simplified": False,
            "style": "classic",
            "isPrivate": False,
            "avatarUrls": {"48x48": f"{self._base}/avatar/project/{project.id}.png"},
        }

    def organization(self, organization: Organization) -> Json:
        """An organization as in the Organizations field."""
        link = f"{self._base}/rest/servicedeskapi/organization/{organization.id}"
        return {"id": organization.id, "name": organization.name, "_links": {"self": link}}

    def request_type(self, kind: RequestType) -> Json:
        """The part of a request type value that all its requests share."""
        desk = kind.project.service_desk
        link = f"{self._base}/rest/servicedeskapi/servicedesk/{desk}/requesttype/{kind.id}"
        return {
            "_expands": ["field"],
            "id": kind.id,
            "_links": {"self": link},
            "name": kind.name,
            "description": kind.description,
            "helpText": "",
            "defaultName": kind.name,
            "issueTypeId": kind.issue_type.id,
            "serviceDeskId": desk,
            "portalId": desk,
            "groupIds": [one.id for one in kind.groups],
            "icon": {
                "id": "10500",
                "_links": {"iconUrls": {"48x48": f"{self._base}/avatar/requesttype/{kind.id}.png"}},
            },
        }

    def fields(self) -> list[Json]:
        """GET /field."""
        return field_list(self._site)

    # -- issues

    def issue(self, issue: Issue, names: Collection[str], properties: Collection[str] | None = None) -> Json:
        """One issue of a search, with the fields named (see `wanted`); `properties` None = none were asked for."""
        shape: Json = {"id": str(issue.id)}
        if set(names) <= {"id"} and properties is None:
            return shape
        shape |= {"key": issue.key, "self": f"{self._api}/issue/{issue.id}"}
        if properties is not None:
            shape["properties"] = _properties(issue, properties)
        if not set(names) <= {"id", "key"}:
            shape["expand"] = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
            shape["fields"] = dict(self._values(issue, names))
        return shape

    def wanted(self, asked: Iterable[str]) -> list[str]:
        """Field names as asked, with `*all`, `*navigable` and `-name` resolved; unknown names drop out, as in Jira."""
        known = [*self._system, *self._customs]
        names: dict[str, None] = {}
        listed = [one for text in asked for one in (text.split(",") if "," in text else [text])]
        if listed and all(one.startswith("-") for one in listed):
            listed = ["*navigable", *listed]
        for one in listed:
            if one in ("*all", "*navigable"):
                names |= dict.fromkeys(known)
            elif one.startswith("-"):
                names.pop(one[1:], None)
            else:
                names[one] = None
        return [one for one in names if one in ("id", "key") or one in self._system or one in self._customs]

    def _values(self, issue: Issue, names: Collection[str]) -> Iterable[tuple[str, object]]:
        for name in names:
            system = self._system.get(name)
            if name in issue.raw:
                yield name, issue.raw[name]
            elif system is not None:
                yield name, system(issue)
            elif name in self._customs:
                yield name, self._custom(issue, self._customs[name])

    def _system_encoders(self) -> dict[str, Encode]:
        return {
            "summary": lambda issue: issue.summary,
            "issuetype": lambda issue: self._once(issue.issue_type, self.issue_type),
            "project": lambda issue: self._once(issue.project, self.project),
            "status": lambda issue: self._once(issue.status, self.status),
            "statusCategory": lambda issue: self.category(issue.status.category),
            "statuscategorychangedate": lambda issue: self._date(issue.status_category_changed),
            "priority": lambda issue: self._once(issue.priority, self.priority),
            "assignee": lambda issue: self._once(issue.assignee, self.user),
            "reporter": lambda issue: self._once(issue.reporter, self.user),
            "created": lambda issue: self._date(issue.created),
            "updated": lambda issue: self._date(issue.updated),
            "resolution": self._resolution,
            "resolutiondate": lambda issue: self._date(issue.resolved),
            "duedate": lambda issue: issue.duedate,
            "timeestimate": lambda issue: issue.timeestimate,
            "labels": lambda issue: issue.labels,
            "components": lambda issue: [
                {"self": f"{self._api}/component/{one.id}", "id": one.id, "name": one.name} for one in issue.components
            ],
            "parent": self._parent,
        }

    def _once(self, thing: T | None, encode: Callable[[T], Json]) -> orjson.Fragment | None:
        if thing is None:
            return None
        kept = self._shared.get(thing)
        if kept is None:
            kept = self._shared[thing] = orjson.Fragment(orjson.dumps(encode(thing)))
        return kept

    def _date(self, ms: int | None) -> str | None:
        return None if ms is None else jira_date(ms, self.zone)

    def _resolution(self, issue: Issue) -> Json | None:
        if issue.resolution is None:
            return None
        link = f"{self._api}/resolution/10000"
        return {"self": link, "id": "10000", "description": "", "name": issue.resolution}

    def _parent(self, issue: Issue) -> Json | None:
        parent = issue.parent
        if parent is None:
            return None
        fields = {"summary": parent.summary, "status": self._once(parent.status, self.status)}
        link = f"{self._api}/issue/{parent.id}"
        return {"id": str(parent.id), "key": parent.key, "self": link, "fields": fields}

    def _custom(self, issue: Issue, field: CustomField) -> object:
        match field.kind:
            case FieldKind.SLA:
                return sla_value(issue, field, self._base, self.zone, self._now())
            case FieldKind.REQUEST_TYPE:
                return self._request_type_value(issue)
            case FieldKind.ORGANIZATIONS:
                return [self._once(one, self.organization) for one in issue.organizations]
            case FieldKind.PARTICIPANTS:
                return []
            case FieldKind.ASSETS:
                return [self._asset(one) for one in issue.assets]
        return self._simple(issue, field)

    def _simple(self, issue: Issue, field: CustomField) -> object:
        if field.kind is FieldKind.RATING:
            return issue.rating if issue.rating is None or self._plain_ratings else {"rating": issue.rating}
        if field.kind is FieldKind.RATING_DATE:
            return self._date(issue.rated)
        value = issue.options.get(field.id)
        if value is None or field.kind is FieldKind.TEXT:
            return value
        id_ = str(field.number * 10 + field.options.index(value))
        return {"self": f"{self._api}/customFieldOption/{id_}", "value": value, "id": id_}

    def _asset(self, thing: AssetObject) -> Json:
        """An object as in a field of requests: no label."""
        workspace = self._site.assets.workspace_id if self._site.assets else ""
        return {"workspaceId": workspace, "id": f"{workspace}:{thing.id}", "objectId": str(thing.id)}

    def _request_type_value(self, issue: Issue) -> Json | None:
        kind = issue.request_type
        if kind is None:
            return None
        _, key, _, _ = CATEGORIES[issue.status.category]
        return {
            "_links": {
                "jiraRest": f"{self._base}/rest/api/2/issue/{issue.id}",
                "web": f"{self._base}/servicedesk/customer/portal/{kind.project.service_desk}/{issue.key}",
                "agent": f"{self._base}/browse/{issue.key}",
                "self": f"{self._base}/rest/servicedeskapi/request/{issue.id}",
            },
            "requestType": self._once(kind, self.request_type),
            "currentStatus": {
                "status": issue.status.name,
                "statusCategory": key.upper(),
                "statusDate": sla_date(issue.status_category_changed, self.zone),
            },
        }


def _properties(issue: Issue, asked: Collection[str]) -> Json:
    if CHANNEL_PROPERTY in asked and issue.channel is not None:
        return {CHANNEL_PROPERTY: {"value": issue.channel}}
    return {}
