"""What a report module states of itself: the columns that it needs and its pure function; and where all of them are found."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar

import orjson
import polars as pl

import resolvers.reports
from connectors.http import Meter
from resolvers.scopes import Scope
from resolvers.site import SiteFields, SiteReader
from resolvers.subject import Subject
from schema.report import Basis, ReadInfo, ReportRequest, ReportWarning, User
from schema.selection import Selection
from schema.tokens import token

O = TypeVar("O")  # noqa: E741
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Asked(Generic[O]):
    """A question for one report, on a known site."""

    options: O
    selection: Selection
    scope: Scope
    now: int
    """The instant (ms) of planning: the data will be no older, unless they are cached."""

    @property
    def fields(self) -> SiteFields:
        """The fields of the site."""
        return self.scope.fields


@dataclass(frozen=True, slots=True)
class Needs:
    """What a report needs of the table for the fields that were selected."""

    bases: frozenset[Basis]
    columns: frozenset[str] = frozenset()


Key = list[str | int | None]
"""What names a row within a report."""


@dataclass(slots=True)
class Material(Generic[O]):
    """What a report's function gets. It may add warnings to `read`."""

    subject: Subject
    asked: Asked[O]
    read: ReadInfo
    reference: object = None
    """What the report's `refer` loaded."""
    handle: str | None = None
    """Names this answer in ids of drill-downs, where some were selected."""
    by_keys: frozenset[str] = frozenset()
    """Columns that were filled by a search for each known value."""

    def drill_down(self, *key: str | int | None) -> str | None:
        """The id by which the requests behind a row are asked for; None where no such id was selected."""
        if self.handle is None:
            return None
        return token(orjson.dumps([self.handle, *key]))

    def warn(self, warning: ReportWarning) -> None:
        """Adds a warning to the answer."""
        self.read.warnings.append(warning)


@dataclass(frozen=True, slots=True)
class Nameless:
    """A person in a result whose name was selected, and what to call with it: display name, active."""

    account_id: str
    name: Callable[[str | None, bool], None]


@dataclass(frozen=True, slots=True)
class Cell:
    """The requests behind a count. `ids` names one as often as it counts: once for each SLA cycle, where cycles are counted."""

    ids: pl.Series
    clause: str | None = None
    """JQL for it beside the scope's own, where it can be said; the period is in it."""
    exact: bool = False
    """Whether that JQL finds just these requests."""


Measures = Mapping[str, Callable[[], Cell]]
"""The counts of a row by name, the row's first at first."""


def no_cells(material: object, key: Key) -> Measures:
    """For a report without rows of requests."""
    return {}


async def nothing(asked: object, site: SiteReader, meter: Meter) -> object:
    """For a report that needs nothing but the table."""
    return None


async def nothing_more(result: object, asked: object, site: SiteReader, meter: Meter) -> None:
    """For a report that is complete as it was computed."""


def nobody(result: object, asked: object) -> Iterable[Nameless]:
    """For a report that shows no people."""
    return ()


def nameless(user: User) -> Nameless:
    """A user whose fields are to be filled."""

    def name(display_name: str | None, active: bool) -> None:
        user.display_name, user.active = display_name, active

    return Nameless(user.account_id, name)


@dataclass(frozen=True, slots=True)
class Definition(Generic[O, R]):
    """A report."""

    request: type[ReportRequest[O, R]]
    needs: Callable[[Asked[O]], Needs]
    """Raises ApiError for options that are wrong."""
    compute: Callable[[Material[O]], R]
    """Pure, and run in a thread."""
    people: Callable[[R, Asked[O]], Iterable[Nameless]] = field(default=nobody)
    """The people in a result whose names were selected; each such name costs a call."""
    refer: Callable[[Asked[O], SiteReader, Meter], Awaitable[object]] = field(default=nothing)
    """Loads what else the report needs, e.g. a list of JSM; it becomes `Material.reference`."""
    reference: Any = None
    """The type (or form of types) of what `refer` loads: drill-downs keep it."""
    finish: Callable[[R, Asked[O], SiteReader, Meter], Awaitable[None]] = field(default=nothing_more)
    """Fills in what must be looked up for the rows shown alone, such as labels of assets."""
    cells: Callable[[Material[O], Key], Measures] = field(default=no_cells)
    """The counts behind a row, for drill-down; empty if there is no such row."""


@cache
def definitions() -> Mapping[type[Any], Definition[Any, Any]]:
    """All reports by the type of their request."""
    found: dict[type[Any], Definition[Any, Any]] = {}
    for module in pkgutil.iter_modules(resolvers.reports.__path__):
        report: Definition[Any, Any] = importlib.import_module(f"resolvers.reports.{module.name}").REPORT
        found[report.request] = report
    return found
