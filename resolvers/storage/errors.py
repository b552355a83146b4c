"""What can go wrong at storage: what an operator must mend, and what a caller's change met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolvers.storage.objects import StoredDashboard, StoredWidget


class StorageProblem(Exception):
    """Something that the operator must mend before the server can start; the message is one line for them."""


class BackupProblem(Exception):
    """A backup or a restore that cannot be; the message is one line for the operator, and nothing was changed."""


class Missing(Exception):
    """The object is not there, or not for this actor's eyes."""


class NotOwner(Exception):
    """The object is there to be seen, and another's to change."""


class Stale(Exception):
    """The object has another version than the caller changed: `present` is the one that is there now."""

    def __init__(self, present: StoredWidget | StoredDashboard) -> None:
        super().__init__("stale")
        self.present = present


class InUse(Exception):
    """The widget stands on so many dashboards."""

    def __init__(self, dashboards: int) -> None:
        super().__init__("in use")
        self.dashboards = dashboards


class UnknownWidgets(Exception):
    """A layout names widgets that are not there, or not for this actor's eyes."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__("unknown widgets")
        self.ids = tuple(ids)
