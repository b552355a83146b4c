"""What a report module states of itself: the columns that it needs and its pure function; and where all of them are found."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar

import resolvers.reports
from resolvers.site import SiteFields
from resolvers.subject import Subject
from schema.report import Basis, ReadInfo, ReportRequest, ReportWarning, User
from schema.selection import Selection

O = TypeVar("O")  # noqa: E741
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Asked(Generic[O]):
    """A question for one report, on a known site."""

    options: O
    selection: Selection
    fields: SiteFields


@dataclass(frozen=True, slots=True)
class Needs:
    """What a report needs of the table for the fields that were selected."""

    bases: frozenset[Basis]
    columns: frozenset[str] = frozenset()


@dataclass(slots=True)
class Material(Generic[O]):
    """What a report's function gets. It may add warnings to `read`."""

    subject: Subject
    asked: Asked[O]
    read: ReadInfo

    def warn(self, warning: ReportWarning) -> None:
        """Adds a warning to the answer."""
        self.read.warnings.append(warning)


@dataclass(frozen=True, slots=True)
class Nameless:
    """A person in a result whose name was selected, and what to call with it: display name, active."""

    account_id: str
    name: Callable[[str | None, bool], None]


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


@cache
def definitions() -> Mapping[type[Any], Definition[Any, Any]]:
    """All reports by the type of their request."""
    found: dict[type[Any], Definition[Any, Any]] = {}
    for module in pkgutil.iter_modules(resolvers.reports.__path__):
        report: Definition[Any, Any] = importlib.import_module(f"resolvers.reports.{module.name}").REPORT
        found[report.request] = report
    return found
