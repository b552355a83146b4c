"""Relay connections over lists that are short enough to be read whole; cursors are keys, so they survive changes."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import strawberry

from schema.errors import bad_input

T = TypeVar("T")

LARGEST_PAGE = 100


@strawberry.type(description="Where a page of a connection lies.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(description="Whether something comes before.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first edge.")
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last edge: give it as `after` for the next page."
    )


@strawberry.type(description="One entry of a connection.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="The entry itself.")
    cursor: str = strawberry.field(description="Opaque place of the entry.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The entries of this page with their cursors.")
    nodes: list[T] = strawberry.field(description="The entries of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int | None = strawberry.field(description="Number of entries of the whole list.")


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(b"1:" + key.encode()).decode()


def _key(cursor: str) -> str:
    try:
        decoded = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        decoded = ""
    if not decoded.startswith("1:"):
        raise bad_input("after", "this is no cursor", "an `endCursor` or `cursor` of the same connection")
    return decoded[2:]


def connection(items: Sequence[T], key: Callable[[T], str], first: int, after: str | None) -> Connection[T]:
    """The page of `items` after the cursor; `key` is unique, and the list is ordered by it.

    Raises ApiError (BAD_USER_INPUT) for `first` outside 1 to 100 and for a cursor that is none.
    """
    if not 1 <= first <= LARGEST_PAGE:
        raise bad_input("first", f"{first} is out of range", f"1 to {LARGEST_PAGE}")
    ordered = sorted(items, key=key)
    start = 0
    if after is not None:
        last = _key(after)
        start = next((i for i, item in enumerate(ordered) if key(item) > last), len(ordered))
    page = ordered[start : start + first]
    edges = [Edge(node=item, cursor=_cursor(key(item))) for item in page]
    info = PageInfo(
        has_next_page=start + first < len(ordered),
        has_previous_page=start > 0,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, nodes=page, page_info=info, total_count=len(ordered))
