"""Who the customers are, where they belong, and who of them asked for something in the period."""

from typing import Any

import polars as pl

from connectors.http import Meter
from resolvers.definition import Asked, Cell, Definition, Key, Material, Measures, Needs
from resolvers.figures.measures import checked_top, ratio
from resolvers.figures.periods import instant
from resolvers.jql import LARGEST_LIST, quote
from resolvers.members import Membership, People, people
from resolvers.site import SiteReader
from schema.people import Organization
from schema.report import Basis, ReportWarning, Rest, WarningCode
from schema.reports.customers import CustomerOptions, CustomerReport, CustomerReportRequest, CustomerRow

CUSTOMER_FIELDS = ("customers", "inNoOrganization", "reportersOutside")
MEMBER_FIELDS = (
    "distinctMembers",
    "memberships",
    "inSeveralOrganizations",
    "inNoOrganization",
    "emptyOrganizations",
    "rows",
    "rest",
)
"""Fields that need the list of customers, and those that need the members of the organizations."""

Asking = Asked[CustomerOptions]


def needs(asked: Asking) -> Needs:
    """COHORT, with who reported and, where a desk was named, whose request type it is."""
    checked_top(asked.options.top, "top")
    desk = {"request_type"} if asked.options.service_desk is not None else set()
    return Needs(frozenset({Basis.COHORT}), frozenset({"reporter"} | desk))


async def refer(asked: Asking, site: SiteReader, meter: Meter) -> People:
    """The lists that the selected fields need. Raises ApiError for an unknown desk."""
    return await people(
        site,
        asked.options.service_desk,
        meter,
        max_age_seconds=asked.options.max_age_seconds,
        with_members=asked.selection.has(*MEMBER_FIELDS),
        with_customers=asked.selection.has(*CUSTOMER_FIELDS),
    )


def _cohort(material: Material[CustomerOptions]) -> pl.DataFrame:
    """The requests of the desk that was named, by their request type; else all."""
    desk, cohort = material.asked.options.service_desk, material.subject.cohort
    if desk is None:
        return cohort
    return cohort.filter(pl.col("request_type").struct.field("service_desk") == desk)


def _people(material: Material[CustomerOptions]) -> People:
    assert isinstance(material.reference, People)
    return material.reference


def _row(one: Membership, by_reporter: dict[str, int], material: Material[CustomerOptions]) -> CustomerRow:
    counts = [by_reporter[member.account_id] for member in one.members if member.account_id in by_reporter]
    size, requests = len(one.members), sum(counts)
    return CustomerRow(
        organization=Organization(id=one.organization.id, name=one.organization.name),
        members=size,
        active_members=sum(member.active for member in one.members),
        requesters=len(counts),
        adoption=ratio(len(counts), size),
        requests=requests,
        requests_per_member=requests / size if size else None,
        drill_down=material.drill_down(one.organization.id),
    )


def _order(row: CustomerRow) -> tuple[Any, ...]:
    assert row.organization is not None
    return (-row.requests, -row.members, len(row.organization.id), row.organization.id)


def compute(material: Material[CustomerOptions]) -> CustomerReport:
    """Membership is of now, requests are of the period."""
    lists, cohort = _people(material), _cohort(material)
    _tell(material, lists)
    counts = cohort.filter(pl.col("reporter").is_not_null()).group_by("reporter").len()
    by_reporter: dict[str, int] = dict(counts.iter_rows())
    organizations = lists.organizations or []
    times: dict[str, int] = {}
    for one in organizations:
        for member in one.members:
            times[member.account_id] = times.get(member.account_id, 0) + 1
    by_id = {one.organization.id: one for one in organizations}
    rows = sorted((_row(one, by_reporter, material) for one in organizations), key=_order)
    top = checked_top(material.asked.options.top, "top")
    hidden = {m.account_id for row in rows[top:] if row.organization for m in by_id[row.organization.id].members}
    return CustomerReport(
        read=material.read,
        total=cohort.height,
        customers=None if lists.customers is None else len(lists.customers),
        distinct_members=len(times),
        memberships=sum(times.values()),
        in_several_organizations=sum(count > 1 for count in times.values()),
        in_no_organization=None if lists.customers is None else len(lists.customers - times.keys()),
        empty_organizations=sum(not one.members for one in organizations),
        reporters_outside=None if lists.customers is None else len(by_reporter.keys() - lists.customers),
        rows=rows[:top],
        rest=Rest(count=len(rows[top:]), distinct_requests=sum(by_reporter.get(account, 0) for account in hidden)),
    )


def _tell(material: Material[CustomerOptions], lists: People) -> None:
    """What a reader should know of the lists; the answer is as old as the oldest of them."""
    if lists.read_at is not None and instant(lists.read_at) < material.read.as_of:
        material.read.age_seconds += (material.read.as_of - instant(lists.read_at)).total_seconds()
        material.read.as_of = instant(lists.read_at)
    told = [(WarningCode.SERVED_STALE, f"An older list is shown: {message}") for message in lists.stale]
    if lists.refused:
        fields = "customers, inNoOrganization and reportersOutside are null"
        told.append((WarningCode.LIST_REFUSED, f"{fields}: {lists.refused}"))
    if lists.gone:
        told.append((WarningCode.LIST_CHANGED, f"{lists.gone} organizations were deleted while the lists were read."))
    for code, message in told:
        material.warn(ReportWarning(code=code, message=message))


def cells(material: Material[CustomerOptions], key: Key) -> Measures:
    """`[organization]`: the requests that its members reported."""
    found = [one for one in _people(material).organizations or [] if [one.organization.id] == key]
    if not found:
        return {}
    accounts = sorted({member.account_id for member in found[0].members})
    mine = _cohort(material).filter(pl.col("reporter").is_in(accounts))
    clause = None
    if 1 <= len(accounts) <= LARGEST_LIST and material.asked.options.service_desk is None:
        clause = f"reporter in ({', '.join(map(quote, accounts))}) AND {material.subject.in_period('created')}"
    return {"requests": lambda: Cell(mine["id"], clause)}


REPORT = Definition(CustomerReportRequest, needs, compute, refer=refer, reference=People, cells=cells)
