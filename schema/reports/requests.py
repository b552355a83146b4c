"""`RequestReports`: the reports on one scope of requests. A new report gets one line here."""

import strawberry

from schema.context import Info
from schema.report import ReportRequest, report_field
from schema.reports.assets_of_requests import AssetsOfRequestsReport, AssetsOfRequestsRequest
from schema.reports.assignee_workload import AssigneeWorkloadReport, AssigneeWorkloadRequest
from schema.reports.created_vs_resolved import CreatedVsResolvedReport, CreatedVsResolvedRequest
from schema.reports.request_channels import RequestChannelReport, RequestChannelsRequest
from schema.reports.request_types import RequestTypeReport, RequestTypesRequest
from schema.reports.requests_by_organization import OrganizationReport, RequestsByOrganizationRequest
from schema.reports.resolution_time import ResolutionTimeReport, ResolutionTimeRequest
from schema.reports.satisfaction import SatisfactionReport, SatisfactionRequest
from schema.reports.sla import SlaReport, SlaRequest
from schema.reports.time_distribution import TimeDistributionReport, TimeDistributionRequest
from schema.scope import Question
from schema.selection import Selection


class TotalRequest(ReportRequest[None, int]):
    """Asks how many requests were created in the period."""


@strawberry.type(
    description="The reports on one scope. All that one operation selects are read together, once; each fails on its own."
)
class RequestReports:
    question: strawberry.Private[Question]

    @strawberry.field(description="Requests created in the period, whatever else is selected.")
    async def total(self, info: Info) -> int | None:
        return await info.context.reports.ask(TotalRequest(self.question, None), Selection(frozenset()), info.path)

    assignee_workload: AssigneeWorkloadReport | None = report_field(
        AssigneeWorkloadRequest, "Who has how much on the table now."
    )
    requests_by_organization: OrganizationReport | None = report_field(
        RequestsByOrganizationRequest, "How much each customer organization sends, and how it is served."
    )
    sla: SlaReport | None = report_field(SlaRequest, "Whether promised times are kept, and what breaks next.")
    time_distribution: TimeDistributionReport | None = report_field(
        TimeDistributionRequest, "When requests are created and resolved: a series, and weekday by hour."
    )
    created_vs_resolved: CreatedVsResolvedReport | None = report_field(
        CreatedVsResolvedRequest,
        "Whether the pile grows: created, resolved, and what is open at the end of each bucket.",
    )
    satisfaction: SatisfactionReport | None = report_field(
        SatisfactionRequest, "How content customers are, where not, and how many answer at all."
    )
    resolution_time: ResolutionTimeReport | None = report_field(
        ResolutionTimeRequest, "How long customers wait for a solution, typically and at worst."
    )
    request_channels: RequestChannelReport | None = report_field(
        RequestChannelsRequest, "By which channels requests come, and how they are served."
    )
    request_types: RequestTypeReport | None = report_field(
        RequestTypesRequest, "What people ask for, and which types are slow, disliked or dead."
    )
    assets_of_requests: AssetsOfRequestsReport | None = report_field(
        AssetsOfRequestsRequest, "Which objects of Assets people need help with."
    )
