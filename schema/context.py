"""What a root field may ask of the server: the small typed interface by which `schema` reaches its resolvers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

import strawberry

if TYPE_CHECKING:
    from graphql.pyutils import Path

    from schema.drill_down import RequestConnection
    from schema.reference import Project, Status
    from schema.report import ReportRequest, User
    from schema.reports.sla import SlaMetric
    from schema.scope import Weekday
    from schema.selection import Selection

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

    async def statuses(self) -> list[Status]:
        """All statuses."""

    async def sla_metrics(self) -> list[SlaMetric]:
        """SLA metrics, by name."""

    async def reader_time_zone(self) -> str:
        """IANA name of the zone that Jira states for the reading account."""

    async def reading_account(self, with_name: bool) -> User:
        """The reading account; its name and state are looked up only if asked."""


class DrillDowns(Protocol):
    """Opens the requests behind a count."""

    async def open(
        self, token: str, measure: str | None, first: int, after: str | None, with_names: bool
    ) -> RequestConnection:
        """A page of them; names of people are looked up only if asked. Raises ApiError."""


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
    def site(self) -> SiteData:
        """The reference data of the site."""


Info: TypeAlias = strawberry.Info[Context, None]
