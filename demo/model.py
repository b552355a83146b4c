"""What a Jira site holds, as plain data.

No behaviour of HTTP and none of JQL: those read this. Instants are epoch milliseconds UTC, durations are milliseconds.
Things that are shared (users, statuses, …) are compared by identity; an issue refers to them directly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from types import MappingProxyType

from demo.asset_model import AssetObject, AssetsData
from demo.reference import Category, IssueType, Named, Organization, Project, RequestType, Status, User

__all__ = [
    "NOTHING",
    "Category",
    "Change",
    "CustomField",
    "Cycle",
    "FieldKind",
    "Issue",
    "IssueType",
    "Named",
    "Organization",
    "Project",
    "RequestType",
    "Site",
    "Status",
    "User",
]

NOTHING: Mapping[str, str] = MappingProxyType({})


class FieldKind(Enum):
    """Kinds of custom fields: (schema.custom, schema.type, schema.items, suffix of the extra clause name)."""

    SLA = ("com.atlassian.servicedesk:sd-sla-field", "sd-servicelevelagreement", "")
    REQUEST_TYPE = ("com.atlassian.servicedesk:vp-origin", "sd-customerrequesttype", "")
    ORGANIZATIONS = ("com.atlassian.servicedesk:sd-customer-organizations", "array", "sd-customerorganization")
    PARTICIPANTS = ("com.atlassian.servicedesk:sd-request-participants", "array", "user")
    RATING = ("com.atlassian.servicedesk:sd-request-feedback", "sd-feedback", "")
    RATING_DATE = ("com.atlassian.servicedesk:sd-request-feedback-date", "datetime", "")
    SELECT = ("com.atlassian.jira.plugin.system.customfieldtypes:select", "option", "")
    TEXT = ("com.atlassian.jira.plugin.system.customfieldtypes:textfield", "string", "")
    ASSETS = ("com.atlassian.jira.plugins.cmdb:cmdb-object-cftype", "array", "cmdb-object-field")


@dataclass(frozen=True, slots=True, eq=False)
class CustomField:
    """A custom field. `name` is in the account's language, `untranslated` as the site was set up.

    `options` are those of a select field; `sla_id` is the id inside an SLA field's value; one that is not `searchable` is
    unknown to JQL.
    """

    number: int
    name: str
    kind: FieldKind
    untranslated: str
    options: tuple[str, ...] = ()
    sla_id: str = ""
    searchable: bool = True

    @property
    def id(self) -> str:
        """Jira's id of the field."""
        return f"customfield_{self.number}"


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle of an SLA; `stop` None = ongoing. Durations count SLA calendar time, so stop - start may differ from them.

    `as_of`: an ongoing cycle whose clock goes on ticking since that instant; None = the figures stand still.
    """

    start: int
    stop: int | None
    breach_at: int | None
    breached: bool
    paused: bool
    goal: int
    elapsed: int
    remaining: int
    as_of: int | None = None

    def at(self, now: int) -> Cycle:
        """The cycle as it stands at `now`."""
        if self.as_of is None or self.stop is not None or self.paused or now <= self.as_of:
            return self
        gone = now - self.as_of
        breached = self.breached or (self.breach_at is not None and self.breach_at <= now)
        return Cycle(
            self.start,
            None,
            self.breach_at,
            breached,
            False,
            self.goal,
            self.elapsed + gone,
            self.remaining - gone,
            now,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one field; values are ids (a status, an account) or None."""

    at: int
    field: str
    before: str | None
    after: str | None


@dataclass(slots=True, eq=False)
class Issue:
    """An issue; with a `request_type` it is a request.

    `sla` by field id (`customfield_…`): absent = does not apply, () = never started, an ongoing cycle comes last.
    `options` by field id: the value of a select or text field. `restricted`: the reading account may not see it.
    `raw` by field id: JSON that is answered in the place of the field's value, whatever JQL finds.
    """

    id: int
    key: str
    project: Project
    issue_type: IssueType
    summary: str
    status: Status
    created: int
    updated: int
    status_category_changed: int
    priority: Named | None = None
    assignee: User | None = None
    reporter: User | None = None
    request_type: RequestType | None = None
    organizations: tuple[Organization, ...] = ()
    sla: Mapping[str, tuple[Cycle, ...]] = field(default_factory=dict)
    resolved: int | None = None
    resolution: str | None = None
    duedate: date | None = None
    timeestimate: int | None = None
    labels: tuple[str, ...] = ()
    components: tuple[Named, ...] = ()
    channel: str | None = None
    parent: Issue | None = None
    options: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    rating: int | None = None
    rated: int | None = None
    rating_comment: str | None = None
    assets: tuple[AssetObject, ...] = ()
    raw: Mapping[str, object] = field(default_factory=lambda: NOTHING)
    history: tuple[Change, ...] = ()
    restricted: bool = False


@dataclass(slots=True, eq=False)
class Site:
    """A whole site. Tests may change it while it is served: call `changed()` after that, so that open cursors notice.

    `zone` is the reading account's time zone: JQL dates and the dates in answers are in it. `members` by organization id,
    `customers` and `linked` (organizations; absent = all) by service desk id. `assets` None: the site has no Assets.
    """

    cloud_id: str
    zone: str
    reader: User
    projects: list[Project]
    request_types: list[RequestType]
    users: list[User]
    organizations: list[Organization]
    statuses: list[Status]
    priorities: list[Named]
    issue_types: list[IssueType]
    components: list[Named]
    fields: list[CustomField]
    issues: list[Issue]
    members: dict[str, tuple[User, ...]] = field(default_factory=dict)
    customers: dict[str, tuple[User, ...]] = field(default_factory=dict)
    linked: dict[str, tuple[Organization, ...]] = field(default_factory=dict)
    assets: AssetsData | None = None
    version: int = 0

    def changed(self) -> None:
        """Say that issues were added, removed or altered."""
        self.version += 1

    def fields_of(self, kind: FieldKind) -> Iterator[CustomField]:
        """The custom fields of one kind."""
        return (one for one in self.fields if one.kind is kind)

    def field(self, name: str, kind: FieldKind | None = None) -> CustomField:
        """The custom field of that untranslated name; KeyError if there is none."""
        for one in self.fields:
            if one.untranslated == name and (kind is None or one.kind is kind):
                return one
        raise KeyError(name)

    def issue(self, key: str) -> Issue:
        """The issue of that key; KeyError if there is none."""
        for one in self.issues:
            if one.key == key:
                return one
        raise KeyError(key)
