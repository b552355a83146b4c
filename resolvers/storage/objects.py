"""What storage keeps, as plain values: widgets, dashboards, and the actor on whose behalf they are read and changed."""

from dataclasses import dataclass

from schema.errors import ApiError, Code


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: `site` is the id of the site (`Storage.site`), `name` an API key's name or an account id."""

    site: str
    name: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What widgets and dashboards have in common. Instants are milliseconds since 1970; `content` is in clear here."""

    id: str
    owner: str
    visibility: str
    people: tuple[str, ...]
    version: int
    created_at: int
    updated_at: int
    content: bytes


@dataclass(frozen=True, slots=True)
class StoredWidget(StoredObject):
    """A widget: its content is opaque to storage."""


@dataclass(frozen=True, slots=True)
class StoredItem:
    """A widget's place on a dashboard."""

    widget_id: str
    width: int
    own_scope: bool


@dataclass(frozen=True, slots=True)
class StoredDashboard(StoredObject):
    """A dashboard, with its items in their order."""

    items: tuple[StoredItem, ...] = ()


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that does not open (altered, moved, or its key is gone): what may be said of it. Stands for it in lists."""

    table: str
    id: str
    owner: str
    version: int
    created_at: int

    def error(self) -> ApiError:
        """What the caller is told: the row, and nothing of its content."""
        return unreadable(self.table, self.id)


def unreadable(table: str, row_id: str) -> ApiError:
    """STORAGE_UNAVAILABLE for a row that does not open, or for the wrapped key in it."""
    message = f"The row {row_id} of {table} cannot be opened: it was altered, or its key is missing."
    return ApiError(Code.STORAGE_UNAVAILABLE, message, table=table, id=row_id)
