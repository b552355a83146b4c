"""What a root field may ask of the server: the small typed interface by which `schema` reaches its resolvers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

import strawberry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql.pyutils import Path

    from schema.assets import AqlOptions, AqlReport, AssetTypeReport
    from schema.drill_down import RequestConnection
    from schema.node import Node
    from schema.people import Customer, Organization
    from schema.reference import (
        AssetSchema,
        AssetType,
        IssueType,
        Priority,
        Project,
        RequestType,
        SelectField,
        ServiceDesk,
        Status,
    )
    from schema.report import ReportRequest, User
    from schema.reports.sla import SlaMetric
    from schema.scope import Weekday
    from schema.selection import Selection
    from schema.storage.dashboards import (
        CreateDashboardInput,
        Dashboard,
        DashboardConnection,
        DashboardPayload,
        DeleteDashboardInput,
        UpdateDashboardInput,
    )
    from schema.storage.transfer import ImportInput, ImportPayload, StarterInput, StarterPayload
    from schema.storage.widgets import (
        CreateWidgetInput,
        DeletePayload,
        DeleteWidgetInput,
        UpdateWidgetInput,
        Widget,
        WidgetConnection,
        WidgetPayload,
    )

O = TypeVar("O")  # noqa: E741
R = TypeVar("R")


class Reports(Protocol):
    """Answers report requests; all that one operation asks are planned together."""

    async def ask(self, request: ReportRequest[O, R], selection: Selection, path: Path) -> R:
        """The result; `selection` says which of its fields must be filled. Raises ApiError."""


class SiteData(Protocol):
    """The reference data of the site. Every method may read Jira and raises ApiError."""

    url: str
    time_zone: str
    week_start: Weekday

    async def projects(self) -> list[Project]:
        """All projects that the reading account sees."""

    async def service_desks(self) -> list[ServiceDesk]:
        """All service desks that the reading account sees."""

    async def request_types(self, desk: str | None) -> list[RequestType]:
        """The request types of a service desk, or of all."""

    async def statuses(self) -> list[Status]:
        """All statuses."""

    async def priorities(self) -> list[Priority]:
        """All priorities."""

    async def issue_types(self) -> list[IssueType]:
        """All issue types."""

    async def select_fields(self) -> list[SelectField]:
        """The custom fields that `scope.fields` can name."""

    async def asset_schemas(self) -> list[AssetSchema]:
        """The object schemas of Assets."""

    async def asset_types(self, schema: str | None) -> list[AssetType]:
        """The object types of a schema of Assets, or of all."""

    async def organizations(self) -> list[Organization]:
        """All organizations."""

    async def members(self, organization: str) -> list[Customer]:
        """The members of an organization, without names."""

    async def customers(self, desk: str) -> list[Customer]:
        """The customers of a service desk, without names."""

    async def name(self, customers: Sequence[Customer], *, with_addresses: bool) -> None:
        """Fills in display names and, if asked, e-mail addresses."""

    async def sla_metrics(self) -> list[SlaMetric]:
        """SLA metrics, by name."""

    async def reader_time_zone(self) -> str:
        """IANA name of the zone that Jira states for the reading account."""

    async def reading_account(self, with_name: bool) -> User:
        """The reading account; its name and state are looked up only if asked."""


class Assets(Protocol):
    """Answers the reports on Assets. Raises ApiError."""

    async def objects_by_type(
        self, schema: str | None, top: int | None, max_age_seconds: int | None, selection: Selection, path: Path
    ) -> AssetTypeReport:
        """How many objects there are of each type of a schema, or of all."""

    async def objects_by_aql(
        self, options: AqlOptions, max_age_seconds: int | None, selection: Selection, path: Path
    ) -> AqlReport:
        """How the objects that a query finds are spread over the values of an attribute."""


class DrillDowns(Protocol):
    """Opens the requests behind a count."""

    async def open(
        self, token: str, measure: str | None, first: int, after: str | None, with_names: bool
    ) -> RequestConnection:
        """A page of them; names of people are looked up only if asked. Raises ApiError."""


class Storage(Protocol):
    """Saved widgets and dashboards, as the caller may see and change them.

    Reading raises ApiError (NOT_FOUND, BAD_USER_INPUT, STORAGE_UNAVAILABLE); what a caller can mend in a change is told in
    the payload.
    """

    async def node(self, id: str) -> Node:
        """A widget or a dashboard."""

    async def widget(self, id: str) -> Widget:
        """A widget."""

    async def widgets(self, first: int, after: str | None) -> WidgetConnection:
        """A page of widgets."""

    async def dashboard(self, id: str) -> Dashboard:
        """A dashboard with its widgets."""

    async def dashboards(self, first: int, after: str | None) -> DashboardConnection:
        """A page of dashboards."""

    async def export_configurations(self, widgets: list[str] | None, dashboards: list[str] | None) -> str:
        """What was saved, as JSON."""

    async def create_widget(self, input: CreateWidgetInput) -> WidgetPayload:
        """Saves a widget."""

    async def update_widget(self, input: UpdateWidgetInput) -> WidgetPayload:
        """Changes a widget."""

    async def delete_widget(self, input: DeleteWidgetInput) -> DeletePayload:
        """Deletes a widget."""

    async def create_dashboard(self, input: CreateDashboardInput) -> DashboardPayload:
        """Saves a dashboard."""

    async def update_dashboard(self, input: UpdateDashboardInput) -> DashboardPayload:
        """Changes a dashboard."""

    async def delete_dashboard(self, input: DeleteDashboardInput) -> DeletePayload:
        """Deletes a dashboard."""

    async def create_starters(self, input: StarterInput) -> StarterPayload:
        """Creates dashboards to start with."""

    async def import_configurations(self, input: ImportInput) -> ImportPayload:
        """Creates what an export holds."""


class Context(Protocol):
    """`info.context` of an operation."""

    caller: str

    @property
    def reports(self) -> Reports:
        """Answers report requests."""

    @property
    def drill_downs(self) -> DrillDowns:
        """Opens the requests behind a count."""

    @property
    def assets(self) -> Assets:
        """Answers the reports on Assets."""

    @property
    def site(self) -> SiteData:
        """The reference data of the site."""

    @property
    def storage(self) -> Storage:
        """Saved widgets and dashboards."""


Info: TypeAlias = strawberry.Info[Context, None]
