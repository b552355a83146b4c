"""Members of organizations and customers of service desks, as lists: who they are only by account id.

Lists are read in the background of whoever asks: a long one outlives the operation that asked first.
"""

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial

from connectors.errors import AccessRefused, GaveUp
from connectors.http import Meter
from connectors.jsm import JsmOrganization, Member
from resolvers.cache import Kind
from resolvers.lists import Dated, Found, Listed, listed, together
from resolvers.site import ORGANIZATIONS, SiteReader, whole
from schema.errors import bad_input

AT_ONCE = 10
"""Lists read side by side; more would only wait for their turn."""


@dataclass(frozen=True, slots=True)
class Membership:
    """An organization and its members."""

    organization: JsmOrganization
    members: tuple[Member, ...]


@dataclass(slots=True)
class People:
    """Who belongs where; None for what was not asked for, or may not be read."""

    organizations: list[Membership] | None = None
    customers: frozenset[str] | None = None
    read_at: int | None = None
    """Instant (ms) at which the oldest of the lists was read."""
    gone: int = 0
    """Organizations that were deleted while the lists were read."""
    refused: str | None = None
    """Why the customers may not be read."""
    stale: list[str] = field(default_factory=list)

    @property
    def items(self) -> int:
        """A measure of the size of it all."""
        held = sum(1 + len(one.members) for one in self.organizations or ())
        return held + len(self.customers or ())

    def note(self, found: Found[tuple[Member, ...]] | Found[tuple[JsmOrganization, ...]]) -> None:
        """Takes the age of one of the lists into account."""
        read_at = found.listed.read_at
        self.read_at = read_at if self.read_at is None else min(self.read_at, read_at)
        if found.stale and found.stale not in self.stale:
            self.stale.append(found.stale)


MEMBERS: Kind[Listed[tuple[Member, ...]]] = listed("members", tuple[Member, ...])
CUSTOMERS: Kind[Listed[tuple[Member, ...]]] = listed("customers", tuple[Member, ...])
PEOPLE: Kind[Listed[People]] = listed("people", People)


async def checked_desk(site: SiteReader, desk: str, meter: Meter, where: str = "serviceDesk") -> str:
    """The id, if there is such a service desk. Raises ApiError (BAD_USER_INPUT)."""
    desks = await site.service_desks(meter)
    if all(desk != one.id for one in desks):
        listed = ", ".join(f"{one.id} ({one.project_key})" for one in desks[:20]) or "none"
        raise bad_input(where, f"the reading account sees no service desk {desk[:40]!r}", f"an id of: {listed}")
    return desk


async def members(
    site: SiteReader, organization: str, meter: Meter, max_age_seconds: int | None = None
) -> Found[tuple[Member, ...]]:
    """The members of an organization. Raises GaveUp with status 404 if it was deleted."""

    load = whole(partial(site.jsm.organization_users, organization))
    return await site.lists.get(MEMBERS, (organization,), load, meter=meter, max_age_seconds=max_age_seconds)


async def customers(
    site: SiteReader, desk: str, meter: Meter, max_age_seconds: int | None = None
) -> Found[tuple[Member, ...]]:
    """The customers of a known service desk."""

    load = whole(partial(site.jsm.customers, desk))
    return await site.lists.get(CUSTOMERS, (desk,), load, meter=meter, max_age_seconds=max_age_seconds)


async def organizations(
    site: SiteReader, desk: str | None, meter: Meter, max_age_seconds: int | None = None
) -> Found[tuple[JsmOrganization, ...]]:
    """The organizations of the site, or those linked to a known service desk."""

    load = whole(site.jsm.organizations if desk is None else partial(site.jsm.desk_organizations, desk))
    name = () if desk is None else (desk,)
    return await site.lists.get(ORGANIZATIONS, name, load, meter=meter, max_age_seconds=max_age_seconds)


async def people(
    site: SiteReader,
    desk: str | None,
    meter: Meter,
    *,
    max_age_seconds: int | None,
    with_members: bool,
    with_customers: bool,
) -> People:
    """Who belongs where, for one desk or for all. Raises ApiError for an unknown desk, ConnectorError."""
    if desk is not None:
        await checked_desk(site, desk, meter)

    async def load(spent: Meter) -> Dated[People]:
        found = People()
        work = [_add_members(found, site, desk, spent, max_age_seconds)] if with_members else []
        work += [_add_customers(found, site, desk, spent, max_age_seconds)] if with_customers else []
        await together(work)
        return Dated(found, found.items, found.read_at)

    # A list of lists, so that all of it is read on while nobody waits.
    name = (desk or "", str(with_members), str(with_customers))
    read = await site.lists.get(PEOPLE, name, load, meter=meter, max_age_seconds=max_age_seconds)
    return replace(read.listed.value, stale=[*read.listed.value.stale, *([read.stale] if read.stale else [])])


async def _add_members(
    found: People, site: SiteReader, desk: str | None, meter: Meter, max_age_seconds: int | None
) -> None:
    listed = await organizations(site, desk, meter, max_age_seconds)
    found.note(listed)
    turn = asyncio.Semaphore(AT_ONCE)
    whole: list[Membership] = []

    async def add(organization: JsmOrganization) -> None:
        async with turn:
            try:
                read = await members(site, organization.id, meter, max_age_seconds)
            except GaveUp as error:
                if error.status != 404:
                    raise
                found.gone += 1
                return
        found.note(read)
        whole.append(Membership(organization, read.listed.value))

    await together(add(one) for one in listed.listed.value)
    found.organizations = whole


async def _add_customers(
    found: People, site: SiteReader, desk: str | None, meter: Meter, max_age_seconds: int | None
) -> None:
    desks = [desk] if desk is not None else [one.id for one in await site.service_desks(meter)]
    everybody: set[str] = set()
    try:
        for one in desks:  # one after the other: five calls a second are all that there are for all of them
            read = await customers(site, one, meter, max_age_seconds)
            found.note(read)
            everybody.update(member.account_id for member in read.listed.value)
    except AccessRefused as error:
        if error.credential:
            raise
        found.refused = error.message
    else:
        found.customers = frozenset(everybody)
