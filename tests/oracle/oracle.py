"""Every figure of every report, worked out from a site's issues in plain loops, straight from the definitions of the reports.

One function per report, each in a module of its own under `reports/`: it takes the subject, the options as a client writes
them, and the names of the row fields that were selected (with "report." before them those of the report itself). Its result has the shape of the API's answer, but with all rows
(`Rows`): which of them `top` leaves and what `rest` says of the others is judged by the comparison.

To add a report: its module with the function and the fields to ask for, a line in `REPORTS`, its options in `generate`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from demo.model import Site
from tests.oracle.reports import (
    assignee_workload,
    created_vs_resolved,
    request_channels,
    request_types,
    requests_by_organization,
    resolution_time,
    satisfaction,
    sla,
    time_distribution,
)
from tests.oracle.subject import Scope, Subject

Fields = Mapping[str, Any]
"""Names of GraphQL fields, each with the fields below it, or None."""
Figures = Callable[[Subject, Mapping[str, Any], Collection[str]], Any]


def total(subject: Subject, options: Mapping[str, Any], selected: Collection[str]) -> int:
    """Requests created in the period."""
    return len(subject.cohort)


@dataclass(frozen=True)
class Report:
    """A report: how its figures are worked out, its type of options, and all fields that are compared."""

    figures: Figures
    options: str | None = None
    fields: Fields | None = None


REPORTS: Mapping[str, Report] = {
    "total": Report(total),
    "assigneeWorkload": Report(
        assignee_workload.assignee_workload, "AssigneeWorkloadOptions", assignee_workload.FIELDS
    ),
    "requestsByOrganization": Report(
        requests_by_organization.requests_by_organization,
        "RequestsByOrganizationOptions",
        requests_by_organization.FIELDS,
    ),
    "sla": Report(sla.sla, "SlaOptions", sla.FIELDS),
    "timeDistribution": Report(
        time_distribution.time_distribution, "TimeDistributionOptions", time_distribution.FIELDS
    ),
    "createdVsResolved": Report(
        created_vs_resolved.created_vs_resolved, "CreatedVsResolvedOptions", created_vs_resolved.FIELDS
    ),
    "satisfaction": Report(satisfaction.satisfaction, "SatisfactionOptions", satisfaction.FIELDS),
    "requestChannels": Report(request_channels.request_channels, "RequestChannelsOptions", request_channels.FIELDS),
    "requestTypes": Report(request_types.request_types, "RequestTypesOptions", request_types.FIELDS),
    "resolutionTime": Report(resolution_time.resolution_time, "ResolutionTimeOptions", resolution_time.FIELDS),
}
"""The reports by their field of `requests`."""


@dataclass(frozen=True)
class Question:
    """One report to ask for: on which scope, with which options and which of its fields."""

    report: str
    scope: Scope
    options: Mapping[str, Any]
    fields: Fields | None

    def __repr__(self) -> str:
        selected = "" if self.fields is REPORTS[self.report].fields else f", selected={self.fields}"
        return f"Question({self.report}, {self.scope}, {dict(self.options)}{selected})"

    @classmethod
    def whole(cls, report: str, scope: Scope, **options: Any) -> Question:
        """The question for all that there is."""
        return cls(report, scope, options, REPORTS[report].fields)

    def expected(self, site: Site, now: int) -> Any:
        """What the answer must be, for `compare`."""
        fields = self.fields or {}
        selected = {f"report.{name}" for name in fields} | {*(fields.get("rows") or {})}
        return REPORTS[self.report].figures(Subject(site, self.scope, now), self.options, selected)
