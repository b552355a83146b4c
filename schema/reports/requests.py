"""`RequestReports`: the reports on one scope of requests. A new report gets one line here."""

import strawberry

from schema.context import Info
from schema.report import ReportRequest, report_field
from schema.reports.assignee_workload import AssigneeWorkloadReport, AssigneeWorkloadRequest
from schema.reports.requests_by_organization import OrganizationReport, RequestsByOrganizationRequest
from schema.reports.sla import SlaReport, SlaRequest
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
