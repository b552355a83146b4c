"""What a widget shows: one report with its options. A new report gets one line here, as in `RequestReports`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

import strawberry
from strawberry import UNSET

from schema.assets import AqlOptions
from schema.context import Info
from schema.report import Report, ReportRequest
from schema.reports.assets_of_requests import AssetsOfRequestsOptions, AssetsOfRequestsRequest
from schema.reports.assignee_workload import AssigneeWorkloadOptions, AssigneeWorkloadRequest
from schema.reports.created_vs_resolved import CreatedVsResolvedOptions, CreatedVsResolvedRequest
from schema.reports.customers import CustomerOptions, CustomerReportRequest
from schema.reports.request_channels import RequestChannelsOptions, RequestChannelsRequest
from schema.reports.request_types import RequestTypesOptions, RequestTypesRequest
from schema.reports.requests_by_organization import RequestsByOrganizationOptions, RequestsByOrganizationRequest
from schema.reports.resolution_time import ResolutionTimeOptions, ResolutionTimeRequest
from schema.reports.satisfaction import SatisfactionOptions, SatisfactionRequest
from schema.reports.sla import SlaOptions, SlaRequest
from schema.reports.time_distribution import TimeDistributionOptions, TimeDistributionRequest
from schema.scalars import ID
from schema.scope import Question, RequestScope
from schema.selection import selection_of
from schema.storage.stored import definition_of, stored

Ask: TypeAlias = Callable[[Info, Any, RequestScope, int | None], Awaitable[Report]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a member of `WidgetConfigInput` is computed."""

    ask: Ask
    has_scope: bool
    request: type[ReportRequest[Any, Any]] | None = None
    """The request whose options a widget holds; None for reports that no request asks for."""


def _of_requests(request: type[ReportRequest[Any, Any]]) -> Kind:
    """A report of `RequestReports`."""
    _, result = request.types()

    async def ask(info: Info, options: Any, scope: RequestScope, max_age: int | None) -> Report:
        report: Report = await info.context.reports.ask(
            request(Question(scope, max_age), options), selection_of(info, result.__name__), info.path
        )
        return report

    return Kind(ask, True, request)


async def _customers(info: Info, options: "CustomerReportOptions", scope: RequestScope, max_age: int | None) -> Report:
    request = CustomerReportRequest(Question(scope, max_age), options.arguments(max_age))
    return await info.context.reports.ask(request, selection_of(info, "CustomerReport"), info.path)


async def _by_type(info: Info, options: "AssetTypeOptions", _scope: RequestScope, max_age: int | None) -> Report:
    selection = selection_of(info, "AssetTypeReport")
    return await info.context.assets.objects_by_type(options.schema, options.top, max_age, selection, info.path)


async def _by_aql(info: Info, options: AqlOptions, _scope: RequestScope, max_age: int | None) -> Report:
    return await info.context.assets.objects_by_aql(options, max_age, selection_of(info, "AqlReport"), info.path)


@strawberry.input(description="The arguments of `customerReport`.")
class CustomerReportOptions:
    service_desk: ID | None = strawberry.field(
        default=None, description="Id of one service desk; all of them if left out."
    )
    top: int | None = strawberry.field(default=50, description="Number of rows, 1 to 1000.")

    def arguments(self, max_age_seconds: int | None) -> CustomerOptions:
        """The same, as the report's own request takes it."""
        return CustomerOptions(self.service_desk, max_age_seconds, self.top)


@strawberry.input(description="The arguments of `assets.objectsByType`.")
class AssetTypeOptions:
    schema: ID | None = strawberry.field(default=None, description="Id of one schema; all of them if left out.")
    top: int | None = strawberry.field(default=50, description="Number of rows, 1 to 1000.")


def _report(kind: Kind, description: str) -> Any:
    return strawberry.field(default=UNSET, description=description, metadata={"kind": kind})


@strawberry.input(
    one_of=True,
    description="What a widget shows: exactly one report, by the name that it has in a query, with the same options. `{}` is a "
    "report with its default options.",
)
class WidgetConfigInput:
    assignee_workload: AssigneeWorkloadOptions | None = _report(
        _of_requests(AssigneeWorkloadRequest), "Who has how much on the table now."
    )
    requests_by_organization: RequestsByOrganizationOptions | None = _report(
        _of_requests(RequestsByOrganizationRequest), "How much each customer organization sends."
    )
    sla: SlaOptions | None = _report(_of_requests(SlaRequest), "Whether promised times are kept.")
    time_distribution: TimeDistributionOptions | None = _report(
        _of_requests(TimeDistributionRequest), "When requests are created and resolved."
    )
    created_vs_resolved: CreatedVsResolvedOptions | None = _report(
        _of_requests(CreatedVsResolvedRequest), "Whether the pile grows."
    )
    satisfaction: SatisfactionOptions | None = _report(_of_requests(SatisfactionRequest), "How content customers are.")
    resolution_time: ResolutionTimeOptions | None = _report(
        _of_requests(ResolutionTimeRequest), "How long customers wait for a solution."
    )
    request_channels: RequestChannelsOptions | None = _report(
        _of_requests(RequestChannelsRequest), "By which channels requests come."
    )
    request_types: RequestTypesOptions | None = _report(_of_requests(RequestTypesRequest), "What people ask for.")
    assets_of_requests: AssetsOfRequestsOptions | None = _report(
        _of_requests(AssetsOfRequestsRequest), "Which objects of Assets people need help with."
    )
    customer_report: CustomerReportOptions | None = _report(
        Kind(_customers, True, CustomerReportRequest), "Who the customers are, and who of them asks."
    )
    objects_by_type: AssetTypeOptions | None = _report(
        Kind(_by_type, False), "How many objects of Assets there are of each type. It has no scope."
    )
    objects_by_aql: AqlOptions | None = _report(
        Kind(_by_aql, False), "How the objects that an AQL finds are spread over an attribute. It has no scope."
    )


KINDS: dict[str, Kind] = {f.python_name: f.metadata["kind"] for f in definition_of(WidgetConfigInput).fields}
"""How each report is computed, by its name in Python."""

WidgetConfig = stored(WidgetConfigInput, "WidgetConfig")

_told = {f.python_name: f.description for f in definition_of(WidgetConfigInput).fields}
_make: Any = Enum  # its functional form is typed for literals only
WidgetReport: Any = strawberry.enum(
    _make("WidgetReport", {name.upper(): strawberry.enum_value(name, description=_told[name]) for name in KINDS}),
    description="The report that a widget shows: the field of its `config` that is not null. Values may be added.",
)


def has_scope(config: WidgetConfigInput) -> bool:
    """Whether its report rests on requests, and so on a scope."""
    return KINDS[chosen(config)[0]].has_scope


def chosen(config: WidgetConfigInput) -> tuple[str, Any]:
    """The report of a configuration, by its name in Python, and its options."""
    return next((name, value) for name in KINDS if (value := getattr(config, name)) is not UNSET and value is not None)
