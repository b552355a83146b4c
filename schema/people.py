"""Customers of service desks and the organizations that they belong to."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from schema.connection import Connection, connection
from schema.context import Info
from schema.scalars import ID
from schema.selection import Selection, selection_of

First = Annotated[int, strawberry.argument(description="Number of entries, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="Only those after this cursor.")]


@strawberry.type(description="A customer of a service desk, or a member of an organization.")
class Customer:
    account_id: ID = strawberry.field(description="Atlassian account id.")
    active: bool | None = strawberry.field(description="False for a deactivated account.")
    display_name: str | None = strawberry.field(
        default=None,
        description="Name to show, looked up only when selected; null if the account cannot be read any more.",
    )
    email_address: str | None = strawberry.field(
        default=None,
        description="E-mail address, looked up only when selected; null if its owner hides it, or if it cannot be read.",
    )


async def customer_page(
    info: Info, everybody: Sequence[Customer], first: int, after: str | None
) -> Connection[Customer]:
    """A page of customers, by account id; names and addresses are looked up for the page alone, and only if selected."""
    page = connection(everybody, lambda one: str(one.account_id), first, after)
    selection = selection_of(info, "CustomerConnection")
    if _selected(selection, "displayName") or _selected(selection, "emailAddress"):
        await info.context.site.name(page.nodes, with_addresses=_selected(selection, "emailAddress"))
    return page


def _selected(selection: Selection, field: str) -> bool:
    return selection.has(f"nodes.{field}", f"edges.node.{field}")


@strawberry.type(description="An organization of customers.")
class Organization:
    id: ID = strawberry.field(description="Id of the organization; names may be shared by several.")
    name: str | None = strawberry.field(
        description="Its present name; null for one of which requests still tell, but which is no more."
    )
    deleted: bool | None = strawberry.field(
        default=None,
        description="Whether it is in the list of organizations no more; null if that list was not, or may not be, read.",
    )

    @strawberry.field(
        description="Number of members; costs a read of the list of members, which `members` shares. `READ_IN_PROGRESS` "
        "while a long list is read."
    )
    async def member_count(self, info: Info) -> int | None:
        return len(await info.context.site.members(self.id))

    @strawberry.field(description="Its members, by account id. `READ_IN_PROGRESS` while a long list is read.")
    async def members(self, info: Info, first: First = 50, after: After = None) -> Connection[Customer] | None:
        return await customer_page(info, await info.context.site.members(self.id), first, after)
