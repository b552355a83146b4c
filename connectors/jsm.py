"""The calls to Jira Service Management: desks, request types, organizations and their people.

Every method charges its `meter` and raises the errors of connectors.errors; a refusal without a body means that the
account has no agent licence. Lists come page by page, none of them empty, each item once. The links in answers are
never followed: they point to the site's own host, which not every credential may use. Of people, only ids are read.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Annotated, Final, Generic, TypeVar

import msgspec

from connectors.endpoints import (
    CUSTOMERS,
    DESK_ORGANIZATIONS,
    ORGANIZATION_USERS,
    ORGANIZATIONS,
    REQUEST_TYPES,
    SERVICE_DESKS,
    Endpoint,
)
from connectors.http import Atlassian, Meter
from connectors.paging import Pages

_LIMIT: Final = 100  # the most is not documented; the server lowers what it finds too much
_NONE: Final[Mapping[str, str]] = {}

T = TypeVar("T")
_Offset = Annotated[int, msgspec.Meta(ge=0)]


class ServiceDesk(msgspec.Struct, frozen=True, rename="camel"):
    """A service desk and its project."""

    id: str
    project_id: str
    project_key: str
    project_name: str


class RequestType(msgspec.Struct, frozen=True, rename="camel"):
    """A request type; `group_ids` are its groups on the portal, none of them meaning that it is hidden there."""

    id: str
    name: str
    service_desk_id: str
    issue_type_id: str
    group_ids: tuple[str, ...] = ()


class JsmOrganization(msgspec.Struct, frozen=True):
    """An organization of customers."""

    id: str
    name: str


class Member(msgspec.Struct, frozen=True, rename="camel"):
    """A customer, of whom names and addresses are never decoded."""

    account_id: str
    active: bool


class _Page(msgspec.Struct, Generic[T], rename="camel"):
    values: list[T]
    size: _Offset | None = None
    start: _Offset | None = None
    is_last_page: bool = False


class Jsm:
    """Jira Service Management's part of one site, as seen by one account."""

    def __init__(self, atlassian: Atlassian) -> None:
        self._atlassian = atlassian

    def service_desks(self, *, meter: Meter) -> AsyncIterator[list[ServiceDesk]]:
        """The service desks that the account sees; slow where a site has hundreds."""
        return self._pages(SERVICE_DESKS, _Page[ServiceDesk], _id, meter)

    def request_types(self, *, meter: Meter) -> AsyncIterator[list[RequestType]]:
        """The request types of all service desks, by an experimental call."""
        return self._pages(REQUEST_TYPES, _Page[RequestType], _id, meter)

    def organizations(self, *, meter: Meter) -> AsyncIterator[list[JsmOrganization]]:
        """The organizations of the whole site."""
        return self._pages(ORGANIZATIONS, _Page[JsmOrganization], _id, meter)

    def desk_organizations(self, service_desk_id: str, *, meter: Meter) -> AsyncIterator[list[JsmOrganization]]:
        """The organizations that are linked to one service desk."""
        path = {"serviceDeskId": service_desk_id}
        return self._pages(DESK_ORGANIZATIONS, _Page[JsmOrganization], _id, meter, path)

    def organization_users(self, organization_id: str, *, meter: Meter) -> AsyncIterator[list[Member]]:
        """The members of an organization; GaveUp with status 404 where it was deleted."""
        path = {"organizationId": organization_id}
        return self._pages(ORGANIZATION_USERS, _Page[Member], _account_id, meter, path)

    def customers(self, service_desk_id: str, *, meter: Meter) -> AsyncIterator[list[Member]]:
        """The customers of a service desk, by an experimental call that takes 5 calls a second of the whole site."""
        return self._pages(CUSTOMERS, _Page[Member], _account_id, meter, {"serviceDeskId": service_desk_id})

    async def _pages(
        self,
        endpoint: Endpoint,
        decode: type[_Page[T]],
        key: Callable[[T], str],
        meter: Meter,
        path: Mapping[str, str] = _NONE,
    ) -> AsyncIterator[list[T]]:
        """All pages of a list. Advances by what came, since the server may give fewer than asked for."""
        pages = Pages(endpoint.name.replace("_", " "), key)
        start = 0
        while True:
            page = await self._atlassian.send(
                endpoint,
                decode,
                meter=meter,
                path=path,
                query={"start": start, "limit": _LIMIT},
                objects=lambda page: len(page.values),
            )
            step = len(page.values) if page.size is None else page.size
            last = page.is_last_page or not (step or page.values)  # an empty page ends a list that never says so
            if fresh := pages.fresh(page.values, start=page.start, last=last):
                yield fresh
            if last:
                return
            start += step


def _id(item: ServiceDesk | RequestType | JsmOrganization) -> str:
    return item.id


def _account_id(member: Member) -> str:
    return member.account_id
