"""Relay connections: what all have in common, and those over lists that are short enough to be read whole.

Cursors hold keys, so they survive changes of the list.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import strawberry

from schema.errors import ApiError, bad_input
from schema.tokens import content_of, token

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


def check_first(first: int) -> None:
    """Raises ApiError (BAD_USER_INPUT) for a number of entries that no page has."""
    if not 1 <= first <= LARGEST_PAGE:
        raise bad_input("first", f"{first} is out of range", f"1 to {LARGEST_PAGE}")


def no_cursor() -> ApiError:
    """What is said of an `after` that is no cursor, or another list's."""
    return bad_input("after", "this is no cursor", "an `endCursor` or `cursor` of the same connection")


def cursor_of(key: str) -> str:
    """The cursor of the entry that has this key in its list."""
    return token(f"1:{key}".encode())


def key_after(cursor: str) -> str:
    """The key in a cursor. Raises ApiError (BAD_USER_INPUT)."""
    try:
        version, colon, key = content_of(cursor).decode().partition(":")
    except ValueError:
        raise no_cursor() from None
    if version + colon != "1:":
        raise no_cursor()
    return key


def page_info(cursors: Sequence[str], *, comes_before: bool, follows: bool) -> PageInfo:
    """Where a page with these cursors lies: whether something comes before it, and whether more follows."""
    return PageInfo(
        has_next_page=follows,
        has_previous_page=comes_before,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


def connection(items: Sequence[T], key: Callable[[T], str], first: int, after: str | None) -> Connection[T]:
    """The page of `items` after the cursor; `key` is unique, and the list is ordered by it.

    Raises ApiError (BAD_USER_INPUT) for `first` outside 1 to 100 and for a cursor that is none.
    """
    check_first(first)
    ordered = sorted(items, key=key)
    start = 0
    if after is not None:
        last = key_after(after)
        start = next((i for i, item in enumerate(ordered) if key(item) > last), len(ordered))
    page = ordered[start : start + first]
    edges = [Edge(node=item, cursor=cursor_of(key(item))) for item in page]
    cursors = [edge.cursor for edge in edges]
    info = page_info(cursors, comes_before=start > 0, follows=start + first < len(ordered))
    return Connection(edges=edges, nodes=page, page_info=info, total_count=len(ordered))
