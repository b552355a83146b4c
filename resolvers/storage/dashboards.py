"""Changes to dashboards: the layout and the override checked, then written in one transaction."""

from collections.abc import Sequence
from dataclasses import replace

from strawberry import UNSET

from resolvers.storage.checks import (
    DASHBOARD,
    INPUT,
    WIDGET,
    Rules,
    check_fit,
    check_override,
    check_room,
    checked_key,
    checked_people,
    checked_sharing,
    checked_title,
)
from resolvers.storage.configuration import DashboardContent
from resolvers.storage.objects import StoredDashboard, StoredItem, StoredWidget, UnreadableRow
from resolvers.storage.refusals import Refused, refused
from resolvers.storage.work import Work
from schema.node import key_of
from schema.storage.dashboards import (
    CreateDashboardInput,
    DashboardItemInput,
    DeleteDashboardInput,
    UpdateDashboardInput,
)
from schema.storage.user_errors import UserErrorCode

MOST_ITEMS = 100
ROW = 12


async def create(work: Work, asked: CreateDashboardInput, rules: Rules) -> StoredDashboard:
    """Saves a dashboard. Raises Refused."""
    people = checked_people(asked.visibility, asked.shared_with, INPUT)
    content = DashboardContent(checked_title(asked.title, INPUT), asked.scope, asked.period)
    check_override(content, rules, INPUT)
    items = await _checked_items(work, asked.items, content, rules)
    await check_room(work, dashboards=1)
    return await work.add_dashboard(rules.formats.written_dashboard(content), asked.visibility.name, people, items)


async def update(work: Work, asked: UpdateDashboardInput, rules: Rules) -> StoredDashboard:
    """Changes a dashboard. Raises Refused, Missing, NotOwner, Stale."""
    key = checked_key(DASHBOARD, asked.id)
    present = await work.my_dashboard(key, asked.version)
    held = rules.formats.dashboard(present)
    content = _changed(held, asked)
    check_override(content, rules, INPUT)
    items = await _kept_or_checked(work, asked, present, content, rules, replaced=content.override != held.override)
    visibility, people = checked_sharing(asked, present.visibility, present.people)
    return await work.change_dashboard(
        key,
        asked.version,
        content=rules.formats.written_dashboard(content),
        visibility=visibility,
        people=people,
        items=items,
    )


def _changed(content: DashboardContent, asked: UpdateDashboardInput) -> DashboardContent:
    if asked.title is not UNSET and asked.title is not None:
        content = replace(content, title=checked_title(asked.title, INPUT))
    if asked.scope is not UNSET:
        content = replace(content, scope=asked.scope)
    if asked.period is not UNSET:
        content = replace(content, period=asked.period)
    return content


async def _kept_or_checked(
    work: Work,
    asked: UpdateDashboardInput,
    present: StoredDashboard,
    content: DashboardContent,
    rules: Rules,
    *,
    replaced: bool,
) -> tuple[StoredItem, ...] | None:
    """The new items; None where they stay and a new override fits them."""
    if asked.items is not UNSET and asked.items is not None:
        return await _checked_items(work, asked.items, content, rules, kept=present.items)
    if replaced:
        await _check_fit(work, present.items, content, rules, kept=present.items)
    return None


async def delete(work: Work, asked: DeleteDashboardInput) -> str:
    """Deletes a dashboard; its id. Raises Missing, NotOwner, Stale."""
    await work.remove_dashboard(checked_key(DASHBOARD, asked.id), asked.version)
    return asked.id


async def _checked_items(
    work: Work,
    asked: Sequence[DashboardItemInput],
    content: DashboardContent,
    rules: Rules,
    kept: Sequence[StoredItem] = (),
) -> tuple[StoredItem, ...]:
    """The layout. Raises Refused for one with missing or doubled widgets, or too many."""
    place = [*INPUT, "items"]
    if len(asked) > MOST_ITEMS:
        message = f"There are {len(asked)} items. A dashboard has at most {MOST_ITEMS}."
        raise Refused(UserErrorCode.TOO_MANY, place, message)
    items: list[StoredItem] = []
    for index, item in enumerate(asked):
        items.append(_item(item, [*place, str(index)]))
        if items[-1].widget_id in {before.widget_id for before in items[:-1]}:
            raise refused([*place, str(index), "widget"], "the widget stands there twice", "each widget once")
    await _check_fit(work, items, content, rules, kept)
    return tuple(items)


def _item(asked: DashboardItemInput, place: list[str]) -> StoredItem:
    widget = key_of(WIDGET, asked.widget)
    if widget is None:
        raise _no_widget(place)
    if not 1 <= asked.width <= ROW:
        raise refused([*place, "width"], f"{asked.width} is out of range", f"1 to {ROW}")
    return StoredItem(widget, asked.width, asked.own_scope)


def _no_widget(place: list[str]) -> Refused:
    return Refused(UserErrorCode.NOT_FOUND, [*place, "widget"], "There is no widget with this id.")


async def _check_fit(
    work: Work, items: Sequence[StoredItem], content: DashboardContent, rules: Rules, kept: Sequence[StoredItem]
) -> None:
    """Raises Refused for a widget that is not there, or one that refuses the dashboard's scope or period.

    Those `kept` may stay as they are, also where they are out of the caller's sight by now.
    """
    staying = {item.widget_id for item in kept}
    found = await work.widgets([item.widget_id for item in items])
    for index, item in enumerate(items):
        place = [*INPUT, "items", str(index)]
        stored = found.get(item.widget_id)
        if item.widget_id in staying and not isinstance(stored, StoredWidget):
            continue
        if stored is None:
            raise _no_widget(place)
        if isinstance(stored, UnreadableRow):
            raise stored.error()
        check_fit(rules.formats.widget(stored).config, item.own_scope, content, place)
