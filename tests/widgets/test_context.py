"""How storage reads for an operation: beside the loop, each configuration once, and never longer than the rest can wait."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar, cast

import pytest

from resolvers.planner import Defaults, Planner
from resolvers.storage.checks import Rules
from resolvers.storage.configuration import Formats, Json
from resolvers.storage.context import StorageContext
from resolvers.storage.objects import Actor
from resolvers.storage.work import Storage, Work
from schema.errors import ApiError, Code
from schema.reports.sla import SlaOptions
from schema.scope import Weekday
from schema.storage.dashboards import CreateDashboardInput, DashboardItemInput
from schema.storage.widget_config import WidgetConfigInput
from schema.storage.widgets import CreateWidgetInput
from tests.storage.stores import open_stores

T = TypeVar("T")


class Held:
    """Stands for a planner: tells whether it is held open."""

    def __init__(self) -> None:
        self.holders = 0

    @asynccontextmanager
    async def more(self) -> AsyncIterator[None]:
        self.holders += 1
        try:
            yield
        finally:
            self.holders -= 1


class Watched(Formats):
    """Notes what is read, in which thread, and whether the planner was held open meanwhile."""

    def __init__(self, planner: Held) -> None:
        super().__init__()
        self.planner = planner
        self.seen: list[tuple[str, bool, int]] = []

    def read(self, stored: bytes, what: str, make: Callable[[Json], T]) -> T:
        on_loop = threading.current_thread() is threading.main_thread()
        self.seen.append((what, on_loop, self.planner.holders))
        return super().read(stored, what, make)


class Silent(Storage):
    """A database that takes questions and never answers."""

    def __init__(self) -> None:
        pass

    @asynccontextmanager
    async def reading(self, actor: Actor) -> AsyncIterator[Work]:
        await asyncio.Event().wait()
        yield cast("Work", None)


def context(storage: Storage, actor: Actor, read_seconds: float = 5.0) -> tuple[StorageContext, Watched]:
    planner = Held()
    formats = Watched(planner)
    rules = Rules(Defaults("UTC", Weekday.MONDAY), formats, 1_774_958_400_000)
    made = StorageContext(storage, actor, cast("Planner", planner), rules, read_seconds=read_seconds)
    return made, formats


@pytest.fixture
def url(tmp_path: object) -> str:
    return f"sqlite:///{tmp_path}/widgets.db"


async def test_a_widget_on_many_dashboards_is_made_ready_once_in_a_thread_with_the_planner_held_open(url: str) -> None:
    async with open_stores(url) as stores:
        anna = await stores.actor()
        writer, _ = context(stores.storage, anna)
        config = WidgetConfigInput(sla=SlaOptions())
        widget = (await writer.create_widget(CreateWidgetInput(title="W", config=config))).widget
        assert widget is not None
        for _ in range(3):
            await writer.create_dashboard(CreateDashboardInput(title="B", items=[DashboardItemInput(widget=widget.id)]))
        reader, formats = context(stores.storage, anna)
        page = await reader.dashboards(10, None)
    assert [item.widget().title for board in page.nodes for item in board.items] == ["W", "W", "W"]
    assert sum(what.startswith("The widget") for what, _, _ in formats.seen) == 1
    assert [(on_loop, holders) for _, on_loop, holders in formats.seen] == [(False, 1)] * 4


async def test_a_database_that_never_answers_is_an_error_of_its_field_and_lets_the_planner_go() -> None:
    silent, formats = context(Silent(), Actor("site", "anna"), read_seconds=0.05)
    with pytest.raises(ApiError, match="it does not answer") as caught:
        await silent.widgets(10, None)
    assert caught.value.code is Code.STORAGE_UNAVAILABLE
    assert formats.planner.holders == 0
