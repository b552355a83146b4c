"""A small builder of sites, for tests and for the seeded data.

    b = SiteBuilder(now="2026-03-31T12:00Z")
    b.request(created="2026-02-01", assignee="ann", organizations=["Acme"],
              sla={"Time to resolution": [completed(stop="2026-03-02", elapsed_hours=3)]})
    site = b.site()

Everything not said has a sensible default; users, organizations and the like are made when first named.
Instants: an aware datetime, ISO text ("2026-03-02", "2026-03-02T10:00Z"; UTC if no offset is given) or epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from demo.asset_model import AssetObject
from demo.build_assets import AssetsBuilder
from demo.build_values import DAY, HOUR, CycleSpec, Instant, account_id, completed, cycle, millis, ongoing, slug
from demo.model import (
    NOTHING,
    Category,
    Change,
    CustomField,
    Cycle,
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

__all__ = [
    "CHANNELS",
    "DAY",
    "FIRST_RESPONSE",
    "HOUR",
    "RESOLUTION",
    "CycleSpec",
    "Instant",
    "SiteBuilder",
    "account_id",
    "completed",
    "millis",
    "ongoing",
    "slug",
]

FIRST_RESPONSE = "Time to first response"
RESOLUTION = "Time to resolution"
CHANNELS = ("jira", "portal", "anonymousportal", "email", "api", "deployment")

_STATUSES = (
    ("Open", Category.TODO),
    ("In Progress", Category.IN_PROGRESS),
    ("Waiting for customer", Category.IN_PROGRESS),
    ("Resolved", Category.DONE),
    ("Closed", Category.DONE),
)


class SiteBuilder:
    """Collects a site. `zone` is the reading account's; `project` is the one of requests that name none."""

    def __init__(self, *, now: Instant, zone: str = "UTC", project: str = "ITS") -> None:
        self.now = millis(now)
        self._zone = zone
        self._default_project = project
        self._projects: dict[str, Project] = {}
        self._request_types: dict[tuple[str, str], RequestType] = {}
        self._users: dict[str, User] = {}
        self._organizations: list[Organization] = []
        self._statuses: dict[str, Status] = {}
        self._priorities: dict[str, Named] = {}
        self._issue_types: dict[str, IssueType] = {}
        self._components: dict[str, Named] = {}
        self._fields: dict[tuple[str, FieldKind], CustomField] = {}
        self._issues: list[Issue] = []
        self._numbers: dict[str, int] = {}
        self._groups: dict[tuple[str, str], Named] = {}
        self._members: dict[str, dict[User, None]] = {}
        self._customers: dict[str, dict[User, None]] = {}
        self._linked: dict[str, dict[Organization, None]] = {}
        self.assets = AssetsBuilder(now=self.now)
        self.reader = self.user("Reporting", email="reader@example.com", time_zone=zone)
        for status, category in _STATUSES:
            self.status(status, category)
        for priority in ("Highest", "High", "Medium", "Low", "Lowest"):
            self.priority(priority)
        for issue_type in ("Service request", "Incident", "Task", "Sub-task"):
            self.issue_type(issue_type, subtask=issue_type == "Sub-task")
        self._standard_fields()

    def _standard_fields(self) -> None:
        """Those that every service site has, and two that only share a name with one: fields go by type, never by name."""
        self.field("Organizations", FieldKind.TEXT, number=10090)
        self.field(RESOLUTION, FieldKind.TEXT, number=10091)
        self.field("Request Type", FieldKind.REQUEST_TYPE, number=10010, translated="Anfragetyp")
        self.field("Organizations", FieldKind.ORGANIZATIONS, number=10002)
        self.field("Request participants", FieldKind.PARTICIPANTS, number=10003)
        self.field("Satisfaction", FieldKind.RATING, number=10020)
        self.field("Satisfaction date", FieldKind.RATING_DATE, number=10021)
        self.sla_metric(FIRST_RESPONSE, number=10030)
        self.sla_metric(RESOLUTION, number=10031)

    # -- things that requests refer to

    def field(
        self,
        name: str,
        kind: FieldKind,
        *,
        number: int | None = None,
        translated: str | None = None,
        options: Sequence[str] = (),
        searchable: bool | None = None,
    ) -> CustomField:
        """The custom field of that name and kind, made if need be; `searchable=False` takes it from JQL, also later."""
        key = (name, kind)
        if key not in self._fields:
            taken = [one.number for one in self._fields.values()]
            made = number or max([10_100, *taken]) + 1
            sla_id = str(made - 10_000) if kind is FieldKind.SLA else ""
            self._fields[key] = CustomField(made, translated or name, kind, name, tuple(options), sla_id)
        if searchable is not None:
            self._fields[key] = replace(self._fields[key], searchable=searchable)
        return self._fields[key]

    def sla_metric(self, name: str, *, number: int | None = None) -> CustomField:
        """The SLA of that name."""
        return self.field(name, FieldKind.SLA, number=number)

    def select_field(self, name: str, options: Sequence[str]) -> CustomField:
        """A select list with these options."""
        return self.field(name, FieldKind.SELECT, options=options)

    def user(
        self,
        name: str,
        *,
        active: bool = True,
        email: str | None = None,
        kind: str = "atlassian",
        id: str | None = None,
        time_zone: str = "UTC",
        display_name: str | None = None,
    ) -> User:
        """The user of that name, made if need be (then what else is said counts). Its account id is `account_id(name)`."""
        if name not in self._users:
            self._users[name] = User(id or account_id(name), display_name or name, active, email, kind, time_zone)
        return self._users[name]

    def organization(self, name: str, *, id: str | None = None, members: Sequence[str | User] = ()) -> Organization:
        """The organization of that name; with an `id` not seen yet, another one even if the name is taken.

        `members` come on top of those said before.
        """
        found = next((one for one in self._organizations if one.name == name and id in (None, one.id)), None)
        if found is None:
            found = Organization(id or str(len(self._organizations) + 1), name)
            self._organizations.append(found)
        self._members.setdefault(found.id, {}).update(dict.fromkeys(map(self._customer, members)))
        return found

    def desk(
        self, project: str, *, customers: Sequence[str | User] = (), organizations: Sequence[str | Organization] = ()
    ) -> str:
        """The id of a project's service desk; its customers, and the organizations linked to it (none said: all of the site)."""
        desk = self.project(project).service_desk
        if desk is None:
            raise ValueError(f"{project} has no service desk")
        self._customers.setdefault(desk, {}).update(dict.fromkeys(map(self._customer, customers)))
        named = [self.organization(one) if isinstance(one, str) else one for one in organizations]
        if named:
            self._linked.setdefault(desk, {}).update(dict.fromkeys(named))
        return desk

    def _customer(self, said: str | User) -> User:
        return self.user(said, kind="customer") if isinstance(said, str) else said

    def project(self, key: str, name: str | None = None, *, type_key: str = "service_desk") -> Project:
        """The project of that key."""
        if key not in self._projects:
            number = len(self._projects)
            desk = str(number + 1) if type_key == "service_desk" else None
            self._projects[key] = Project(str(10_000 + number), key, name or f"{key} desk", type_key, desk)
        return self._projects[key]

    def request_type(
        self,
        name: str,
        project: str | None = None,
        *,
        issue_type: str = "Service request",
        description: str = "",
        id: str | None = None,
        groups: Sequence[str] = (),
        deleted: bool = False,
    ) -> RequestType:
        """The request type of that name in a project's desk, shown in these groups of the portal.

        A `deleted` one is still held by its requests, but in no list.
        """
        owner = self.project(project or self._default_project)
        key = (owner.key, name)
        if key not in self._request_types:
            made = id or str(len(self._request_types) + 1)
            shown = tuple(self._group(owner.key, one) for one in groups)
            kind = self.issue_type(issue_type)
            self._request_types[key] = RequestType(made, name, owner, kind, description, shown, deleted)
        return self._request_types[key]

    def _group(self, project: str, name: str) -> Named:
        return self._groups.setdefault((project, name), Named(str(len(self._groups) + 1), name))

    def status(self, name: str, category: Category | None = None) -> Status:
        """The status of that name (of category In Progress if new and nothing else is said)."""
        if name not in self._statuses:
            self._statuses[name] = Status(str(len(self._statuses) + 1), name, category or Category.IN_PROGRESS)
        return self._statuses[name]

    def priority(self, name: str) -> Named:
        """The priority of that name."""
        return self._priorities.setdefault(name, Named(str(len(self._priorities) + 1), name))

    def issue_type(self, name: str, *, subtask: bool = False) -> IssueType:
        """The issue type of that name."""
        return self._issue_types.setdefault(name, IssueType(str(10_001 + len(self._issue_types)), name, subtask))

    def component(self, name: str) -> Named:
        """The component of that name."""
        return self._components.setdefault(name, Named(str(10_200 + len(self._components)), name))

    # -- requests

    def request(
        self,
        *,
        created: Instant | None = None,
        project: str | None = None,
        request_type: str | RequestType | None = "Get help",
        issue_type: str | None = None,
        summary: str = "",
        status: str | Status | None = None,
        resolved: Instant | None = None,
        resolution: str = "Done",
        done: Instant | None = None,
        updated: Instant | None = None,
        priority: str | None = "Medium",
        assignee: str | User | None = None,
        reporter: str | User | None = "Reporter",
        organizations: Sequence[str | Organization] = (),
        sla: Mapping[str, Sequence[CycleSpec] | None] | None = None,
        duedate: date | str | None = None,
        timeestimate: int | None = None,
        labels: Sequence[str] = (),
        components: Sequence[str] = (),
        channel: str | None = "portal",
        parent: Issue | None = None,
        options: Mapping[str, str] | None = None,
        rating: int | None = None,
        rated: Instant | None = None,
        rating_comment: str | None = None,
        assets: Sequence[str | AssetObject] = (),
        raw: Mapping[str, object] | None = None,
        history: Sequence[Change] = (),
        restricted: bool = False,
    ) -> Issue:
        """Add a request. Without `created`: an hour ago.

        `resolved` sets resolution, resolution date and a done status; `done` instead is the entry into a done status of a
        workflow that sets no resolution. `sla` by metric name: None (or not named) = does not apply, [] = never started.
        `updated` is by default the last of everything that is said to have happened up to now. `assets`: objects or their labels.
        `raw` by a field's name or id: JSON that is answered instead of its value (to JQL the field has the value said otherwise).
        """
        home = self.project(project or self._default_project)
        kind = self.request_type(request_type, home.key) if isinstance(request_type, str) else request_type
        born = self.now - HOUR if created is None else millis(created)
        ended = None if resolved is None else millis(resolved)
        settled = ended if done is None else millis(done)
        cycles = self._cycles(sla or {}, born)
        instants = [born, settled, None if rated is None else millis(rated)]
        instants += [cycle.stop for several in cycles.values() for cycle in several]
        issue = Issue(
            id=len(self._issues) + 10_001,
            key=self._next_key(home),
            project=home,
            issue_type=kind.issue_type if kind and not issue_type else self.issue_type(issue_type or "Task"),
            summary=summary or "Something needs doing",
            status=self._status(status, finished=settled is not None),
            created=born,
            updated=max(one for one in instants if one is not None) if updated is None else millis(updated),
            status_category_changed=born if settled is None else settled,
            priority=self.priority(priority) if priority else None,
            assignee=self.user(assignee) if isinstance(assignee, str) else assignee,
            reporter=self.user(reporter) if isinstance(reporter, str) else reporter,
            request_type=kind,
            organizations=tuple(self.organization(one) if isinstance(one, str) else one for one in organizations),
            sla=cycles,
            resolved=ended,
            resolution=resolution if ended is not None else None,
            duedate=date.fromisoformat(duedate) if isinstance(duedate, str) else duedate,
            timeestimate=timeestimate,
            labels=tuple(labels),
            components=tuple(map(self.component, components)),
            channel=channel,
            parent=parent,
            options=self._options(options),
            rating=rating,
            rated=None if rated is None else millis(rated),
            rating_comment=rating_comment,
            assets=self._assets(assets),
            raw=self._raw(raw),
            history=tuple(history),
            restricted=restricted,
        )
        self._issues.append(issue)
        return issue

    def issue(self, *, created: Instant | None = None, project: str | None = None, summary: str = "") -> Issue:
        """Add an issue that is no request; for more say `request(request_type=None, …)`."""
        return self.request(created=created, project=project, summary=summary, request_type=None, channel=None)

    def add(self, make: Callable[[int, str], Issue], project: Project) -> Issue:
        """Add an issue that is made elsewhere, from the id and the key given to it (the quick way, for a hundred thousand)."""
        issue = make(len(self._issues) + 10_001, self._next_key(project))
        self._issues.append(issue)
        return issue

    def site(self) -> Site:
        """The site collected so far; its issues in the order of their making."""
        if not self._projects:
            self.project(self._default_project)
        return Site(
            cloud_id="6f1c3c2e-0000-4000-8000-5d1e5eede517",
            zone=self._zone,
            reader=self.reader,
            projects=list(self._projects.values()),
            request_types=list(self._request_types.values()),
            users=list(self._users.values()),
            organizations=list(self._organizations),
            statuses=list(self._statuses.values()),
            priorities=list(self._priorities.values()),
            issue_types=list(self._issue_types.values()),
            components=list(self._components.values()),
            fields=list(self._fields.values()),
            issues=list(self._issues),
            members={id_: tuple(those) for id_, those in self._members.items()},
            customers={id_: tuple(those) for id_, those in self._customers.items()},
            linked={id_: tuple(those) for id_, those in self._linked.items()},
            assets=self.assets.data(),
        )

    def _next_key(self, project: Project) -> str:
        number = self._numbers.get(project.key, 0) + 1
        self._numbers[project.key] = number
        return f"{project.key}-{number}"

    def _status(self, said: str | Status | None, *, finished: bool) -> Status:
        if isinstance(said, Status):
            return said
        return self.status(said or ("Resolved" if finished else "Open"))

    def _assets(self, said: Sequence[str | AssetObject]) -> tuple[AssetObject, ...]:
        """Objects of a request; the field of them comes into being with the first."""
        if said:
            self.assets_field()
        return tuple(self.assets.labelled(one) if isinstance(one, str) else one for one in said)

    def assets_field(self) -> CustomField:
        """The field of requests that holds Assets objects."""
        self.assets.enable()
        return self.field("Affected assets", FieldKind.ASSETS, number=10040)

    def _raw(self, said: Mapping[str, object] | None) -> Mapping[str, object]:
        """By field id: a name is that of a custom field, of a text field only if no other has it."""
        if not said:
            return NOTHING
        by_name = {one.untranslated: one.id for one in self._fields.values() if one.kind is FieldKind.TEXT}
        by_name |= {one.untranslated: one.id for one in self._fields.values() if one.kind is not FieldKind.TEXT}
        return {by_name.get(name, name): value for name, value in said.items()}

    def _options(self, said: Mapping[str, str] | None) -> Mapping[str, str]:
        """Values by field id; a select field not known yet is made with that option."""
        if not said:
            return NOTHING
        return {self._select(name, value).id: value for name, value in said.items()}

    def _select(self, name: str, value: str) -> CustomField:
        for kind in (FieldKind.SELECT, FieldKind.TEXT):
            known = self._fields.get((name, kind))
            if known is not None:
                if kind is FieldKind.SELECT and value not in known.options:
                    known = CustomField(known.number, known.name, kind, name, (*known.options, value))
                    self._fields[name, kind] = known
                return known
        return self.select_field(name, [value])

    def _cycles(self, said: Mapping[str, Sequence[CycleSpec] | None], born: int) -> dict[str, tuple[Cycle, ...]]:
        made: dict[str, tuple[Cycle, ...]] = {}
        for metric, specs in said.items():
            if specs is None:
                continue
            start = born
            cycles: list[Cycle] = []
            for spec in specs:
                cycles.append(cycle(spec, start, self.now))
                start = cycles[-1].stop or start
            made[self.sla_metric(metric).id] = tuple(cycles)
        return made
