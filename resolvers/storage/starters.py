"""The dashboards that a new site starts with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resolvers.storage.checks import INPUT, Rules, check_room, check_scope, check_visibility
from resolvers.storage.configuration import DashboardContent, WidgetContent
from resolvers.storage.objects import StoredDashboard, StoredItem
from resolvers.storage.work import Work
from schema.report import BucketUnit
from schema.reports.assets_of_requests import AssetsOfRequestsOptions
from schema.reports.assignee_workload import AssigneeWorkloadOptions
from schema.reports.created_vs_resolved import CreatedVsResolvedOptions
from schema.reports.request_channels import RequestChannelsOptions
from schema.reports.request_types import RequestTypesOptions
from schema.reports.requests_by_organization import RequestsByOrganizationOptions
from schema.reports.resolution_time import ResolutionTimeOptions
from schema.reports.satisfaction import SatisfactionOptions
from schema.reports.sla import SlaOptions
from schema.reports.time_distribution import TimeDistributionOptions
from schema.storage.transfer import Starter, StarterInput
from schema.storage.widget_config import AssetTypeOptions, CustomerReportOptions, WidgetConfigInput, has_scope


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    width: int
    config: WidgetConfigInput


@dataclass(frozen=True, slots=True)
class _Board:
    title: str
    panels: Sequence[_Panel]


_BOARDS: Mapping[Starter, _Board] = {
    Starter.SERVICE_DESK_LEAD: _Board(
        "Service desk, this month",
        (
            _Panel(
                "Created and resolved",
                12,
                WidgetConfigInput(created_vs_resolved=CreatedVsResolvedOptions(unit=BucketUnit.WEEK)),
            ),
            _Panel("Who has how much", 6, WidgetConfigInput(assignee_workload=AssigneeWorkloadOptions())),
            _Panel("SLAs", 6, WidgetConfigInput(sla=SlaOptions())),
            _Panel("Satisfaction", 6, WidgetConfigInput(satisfaction=SatisfactionOptions())),
            _Panel("Time to resolution", 6, WidgetConfigInput(resolution_time=ResolutionTimeOptions())),
            _Panel("What people ask for", 6, WidgetConfigInput(request_types=RequestTypesOptions(top=10))),
        ),
    ),
    Starter.AGENT: _Board(
        "On the table",
        (
            _Panel("Open work", 6, WidgetConfigInput(assignee_workload=AssigneeWorkloadOptions())),
            _Panel("SLAs at risk", 6, WidgetConfigInput(sla=SlaOptions())),
            _Panel("When requests come", 12, WidgetConfigInput(time_distribution=TimeDistributionOptions())),
        ),
    ),
    Starter.CUSTOMERS: _Board(
        "Customers",
        (
            _Panel(
                "Organizations",
                12,
                WidgetConfigInput(requests_by_organization=RequestsByOrganizationOptions(top=20)),
            ),
            _Panel("Who asks", 6, WidgetConfigInput(customer_report=CustomerReportOptions(top=20))),
            _Panel("How content they are", 6, WidgetConfigInput(satisfaction=SatisfactionOptions())),
            _Panel("How they reach us", 6, WidgetConfigInput(request_channels=RequestChannelsOptions())),
        ),
    ),
    Starter.ASSETS: _Board(
        "Assets",
        (
            _Panel("What there is", 6, WidgetConfigInput(objects_by_type=AssetTypeOptions())),
            _Panel("What needs help", 6, WidgetConfigInput(assets_of_requests=AssetsOfRequestsOptions(top=20))),
        ),
    ),
}


async def create(work: Work, asked: StarterInput, rules: Rules) -> list[StoredDashboard]:
    """Creates the dashboards and their widgets. Raises Refused."""
    check_visibility(asked.visibility)
    check_scope(asked.scope, rules, INPUT)
    wanted = list(dict.fromkeys(asked.starters if asked.starters is not None else _BOARDS))
    panels = sum(len(_BOARDS[starter].panels) for starter in wanted)
    await check_room(work, widgets=panels, dashboards=len(wanted))
    return [await _create(work, _BOARDS[starter], asked, rules) for starter in wanted]


async def _create(work: Work, board: _Board, asked: StarterInput, rules: Rules) -> StoredDashboard:
    items = []
    for panel in board.panels:
        content = WidgetContent(panel.title, asked.scope if has_scope(panel.config) else None, panel.config)
        stored = await work.add_widget(rules.formats.written_widget(content), asked.visibility.name, ())
        items.append(StoredItem(stored.id, panel.width, own_scope=False))
    written = rules.formats.written_dashboard(DashboardContent(board.title, None, None))
    return await work.add_dashboard(written, asked.visibility.name, (), tuple(items))
