"""What issues and Assets objects refer to: users, statuses, projects and the like, compared by identity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Category(Enum):
    """The three status categories; the value is Jira's key of it."""

    TODO = "new"
    IN_PROGRESS = "indeterminate"
    DONE = "done"


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A priority, a component: something with an id and a name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class User:
    """An account; `email` None is one whose profile hides it."""

    account_id: str
    display_name: str
    active: bool = True
    email: str | None = None
    account_type: str = "atlassian"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, eq=False)
class Status:
    """A workflow status."""

    id: str
    name: str
    category: Category


@dataclass(frozen=True, slots=True, eq=False)
class IssueType:
    """An issue type, possibly one of sub-tasks."""

    id: str
    name: str
    subtask: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """A project; `service_desk` is the desk's id for projects of type service_desk."""

    id: str
    key: str
    name: str
    type_key: str = "service_desk"
    service_desk: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RequestType:
    """A request type of one service desk. `deleted`: requests still hold it, no list shows it."""

    id: str
    name: str
    project: Project
    issue_type: IssueType
    description: str = ""
    groups: tuple[Named, ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Organization:
    """A customer organization; two may share a name."""

    id: str
    name: str
