"""`info.context.site` of one operation: what a frontend's pickers offer, and who the customers are."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from typing import TypeVar

from connectors.errors import ConnectorError, GaveUp
from connectors.http import Meter
from connectors.jsm import Member
from resolvers import members
from resolvers.assets import reader as assets
from resolvers.errors import api_error
from resolvers.site import SiteReader
from resolvers.tables import read_in_progress
from schema import people, reference, report
from schema.errors import ApiError, Code
from schema.reports.sla import SlaMetric
from schema.scope import Weekday

T = TypeVar("T")


class SiteContext:
    """The reference data of the site. Every method may read Jira, waits until `deadline` at most, and raises ApiError."""

    def __init__(
        self, reader: SiteReader, url: str, time_zone: str, week_start: Weekday, meter: Meter, deadline: float
    ) -> None:
        self.url = url
        self.time_zone = time_zone
        self.week_start = week_start
        self._reader = reader
        self._meter = meter
        self._deadline = deadline

    async def _read(self, work: Awaitable[T]) -> T:
        """The result of `work`, if it comes before the operation cannot wait any longer; what it reads is read on."""
        try:
            async with asyncio.timeout_at(self._deadline):
                return await work
        except TimeoutError:
            raise read_in_progress(5.0) from None
        except ConnectorError as error:
            raise api_error(error) from error

    async def projects(self) -> list[reference.Project]:
        """All projects that the reading account sees."""
        return list(await self._read(self._reader.projects(self._meter)))

    async def service_desks(self) -> list[reference.ServiceDesk]:
        """All service desks that the reading account sees."""
        found = await self._read(self._reader.service_desks(self._meter))
        return [
            reference.ServiceDesk(id=one.id, project_key=one.project_key, project_name=one.project_name)
            for one in found
        ]

    async def request_types(self, desk: str | None) -> list[reference.RequestType]:
        """The request types of a desk, or of all. Raises ApiError (BAD_USER_INPUT) for an unknown desk."""
        if desk is not None:
            await self._read(members.checked_desk(self._reader, desk, self._meter))
        found = await self._read(self._reader.request_types(self._meter))
        return [
            reference.RequestType(id=one.id, name=one.name, service_desk_id=one.service_desk_id)
            for one in found
            if desk in (None, one.service_desk_id)
        ]

    async def statuses(self) -> list[reference.Status]:
        """All statuses."""
        return list(await self._read(self._reader.statuses(self._meter)))

    async def priorities(self) -> list[reference.Priority]:
        """All priorities."""
        found = await self._read(self._reader.priorities(self._meter))
        return [reference.Priority(id=one.id, name=one.name) for one in found]

    async def issue_types(self) -> list[reference.IssueType]:
        """All issue types."""
        found = await self._read(self._reader.issue_types(self._meter))
        return [reference.IssueType(id=one.id, name=one.name) for one in found]

    async def select_fields(self) -> list[reference.SelectField]:
        """The custom fields that `scope.fields` can name."""
        fields = await self._read(self._reader.fields(self._meter))
        return [reference.SelectField(id=one.id, name=one.name) for one in fields.selects]

    async def sla_metrics(self) -> list[SlaMetric]:
        """SLA metrics, by name."""
        fields = await self._read(self._reader.fields(self._meter))
        return [SlaMetric(name=m.name, ids=list(m.fields)) for m in fields.metrics]

    async def asset_schemas(self) -> list[reference.AssetSchema]:
        """The object schemas of Assets."""
        found = await self._read(assets.schemas(self._reader, self._meter))
        return [assets.shown_schema(one) for one in found.listed.value]

    async def asset_types(self, schema: str | None) -> list[reference.AssetType]:
        """The object types of a schema, or of all. Raises ApiError (BAD_USER_INPUT) for an unknown schema."""
        found = await self._read(assets.types(self._reader, schema, self._meter))
        return [assets.shown_type(one) for one in found.listed.value]

    async def organizations(self) -> list[people.Organization]:
        """All organizations."""
        found = await self._read(self._reader.organizations(self._meter))
        return [people.Organization(id=one.id, name=one.name, deleted=False) for one in found]

    async def members(self, organization: str) -> list[people.Customer]:
        """The members of an organization. Raises ApiError (NOT_FOUND) if there is no such organization any more."""
        try:
            found = await self._read(_once(members.members(self._reader, organization, self._meter)))
        except _GoneError:
            raise ApiError(Code.NOT_FOUND, f"There is no organization {organization[:40]!r} any more.") from None
        return _customers(found.listed.value)

    async def customers(self, desk: str) -> list[people.Customer]:
        """The customers of a service desk. Raises ApiError (BAD_USER_INPUT) for an unknown desk."""
        await self._read(members.checked_desk(self._reader, desk, self._meter))
        return _customers((await self._read(members.customers(self._reader, desk, self._meter))).listed.value)

    async def name(self, customers: Sequence[people.Customer], *, with_addresses: bool) -> None:
        """Fills in display names and, if asked, e-mail addresses."""
        accounts = [str(one.account_id) for one in customers]
        if with_addresses:
            contacts = await self._read(self._reader.contacts(accounts, self._meter))
            for one in customers:
                if contact := contacts.get(one.account_id):
                    one.display_name, one.email_address = contact.display_name, contact.email_address or None
            return
        users = await self._read(self._reader.users(accounts, self._meter))
        for one in customers:
            if user := users.get(one.account_id):
                one.display_name = user.display_name

    async def reader_time_zone(self) -> str:
        """The zone that Jira states for the reading account."""
        return (await self._read(self._reader.account(self._meter))).time_zone

    async def reading_account(self, with_name: bool) -> report.User:
        """The reading account."""
        account = await self._read(self._reader.account(self._meter))
        user = report.User(account_id=account.account_id)
        if with_name:
            found = await self._read(self._reader.users([account.account_id], self._meter))
            if known := found.get(account.account_id):
                user.display_name, user.active = known.display_name, known.active
        return user


class _GoneError(Exception):
    """What was asked for is not there any more."""


async def _once(work: Awaitable[T]) -> T:
    """The result of `work`; _GoneError where Atlassian knows nothing of what it asks for."""
    try:
        return await work
    except GaveUp as error:
        if error.status == 404:
            raise _GoneError from None
        raise


def _customers(found: Iterable[Member]) -> list[people.Customer]:
    return [people.Customer(account_id=one.account_id, active=one.active) for one in found]
