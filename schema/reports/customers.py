"""Who are our customers, who belongs where, and who really uses the desk?"""

from dataclasses import dataclass

import strawberry

from schema.people import Organization
from schema.report import Ratio, Report, ReportRequest, Rest, drill_down_field
from schema.scalars import ID


@dataclass(frozen=True, slots=True)
class CustomerOptions:
    """The arguments of `customerReport` beside the scope."""

    service_desk: str | None = None
    max_age_seconds: int | None = None
    top: int | None = None


@strawberry.type(description="One organization, without members or requests too.")
class CustomerRow:
    organization: Organization | None = strawberry.field(description="The organization; never null here.")
    members: int = strawberry.field(description="Its present members.")
    active_members: int = strawberry.field(description="Of these, those whose account is active.")
    requesters: int = strawberry.field(description="Of its members, those who reported a request in the period.")
    adoption: Ratio = strawberry.field(description="requesters / members.")
    requests: int = strawberry.field(
        description="Requests created in the period that a member reported; a member of several organizations counts in each."
    )
    requests_per_member: float | None = strawberry.field(description="requests / members; null without members.")
    drill_down: ID | None = drill_down_field()


@strawberry.type(
    description="Customers, the organizations that they are in now, and how many of them ask for something. Basis: COHORT. "
    "With a service desk: its customers, the organizations linked to it, and its requests alone."
)
class CustomerReport(Report):
    total: int = strawberry.field(
        description="Requests created in the period, those of the service desk if one was named."
    )
    customers: int | None = strawberry.field(
        description="Distinct customers of the desk, or of all desks; null if the list may not be read."
    )
    distinct_members: int = strawberry.field(description="People who are a member of at least one organization.")
    memberships: int = strawberry.field(description="Members added up over the organizations.")
    in_several_organizations: int = strawberry.field(description="People in more than one of the organizations.")
    in_no_organization: int | None = strawberry.field(
        description="Customers of the desk who are in none of the organizations; null if the list of customers may not be read."
    )
    empty_organizations: int = strawberry.field(description="Organizations without members.")
    reporters_outside: int | None = strawberry.field(
        description="People who reported a request of the period and are no customers of the desk, agents for example; null "
        "if the list of customers may not be read."
    )
    rows: list[CustomerRow] = strawberry.field(description="Organizations, most requests first, then most members.")
    rest: Rest = strawberry.field(description="Organizations beyond the top rows.")


class CustomerReportRequest(ReportRequest[CustomerOptions, CustomerReport]):
    """Asks for the report on customers."""
