"""Export and import of configurations: one JSON text with widgets, dashboards and how they belong together, without ids."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import orjson

from resolvers.storage.checks import (
    Rules,
    check_content,
    check_fit,
    check_override,
    check_room,
    check_visibility,
    checked_title,
)
from resolvers.storage.configuration import (
    DashboardContent,
    Json,
    NotTaken,
    WidgetContent,
    dashboard_content,
    dashboard_json,
    widget_content,
    widget_json,
)
from resolvers.storage.dashboards import MOST_ITEMS, ROW
from resolvers.storage.objects import StoredDashboard, StoredItem, StoredWidget
from resolvers.storage.refusals import Refused, refused
from resolvers.storage.work import Work
from resolvers.threads import in_turn
from schema.storage.transfer import ImportInput
from schema.storage.user_errors import UserErrorCode

MARK = "itsmReports"
"""Names the format of a document's entries."""
MOST_ENTRIES = 2_000
MOST_TOLD = 50
LONGEST_MESSAGE = 300
ENTRIES = {"widgets": {"title", "scope", "config"}, "dashboards": {"title", "scope", "period", "items"}}
"""The lists of a document, and what an entry of each may hold."""
ITEM = {"widget", "width", "ownScope"}
Place: TypeAlias = list[str]
T = TypeVar("T")


@dataclass(slots=True)
class Document:
    """What an import would create, and what is wrong with it."""

    widgets: list[WidgetContent | None] = field(default_factory=list)
    """None for one that is wrong."""
    dashboards: list[tuple[DashboardContent, list[tuple[int, int, bool]]] | None] = field(default_factory=list)
    """With its items: the place of the widget among `widgets`, width, and whether it keeps its own scope."""
    refusals: list[Refused] = field(default_factory=list)


@dataclass(slots=True)
class Imported:
    """What an import created."""

    widgets: list[StoredWidget] = field(default_factory=list)
    dashboards: list[StoredDashboard] = field(default_factory=list)


def export(widgets: Sequence[StoredWidget], dashboards: Sequence[StoredDashboard], rules: Rules) -> str:
    """The document of these; `widgets` holds all that the dashboards show and the caller may see.

    Raises ApiError (STORAGE_UNAVAILABLE) for a configuration that cannot be read: a document with a gap would not be noticed.
    """
    places = {stored.id: index for index, stored in enumerate(widgets)}
    shown = [widget_json(rules.formats.widget(stored)) for stored in widgets]
    boards = [_board(stored, places, rules) for stored in dashboards]
    # Without blanks: what was exported has to fit into a request again.
    return orjson.dumps({MARK: rules.formats.newest, "widgets": shown, "dashboards": boards}).decode()


def _board(stored: StoredDashboard, places: dict[str, int], rules: Rules) -> Json:
    content = rules.formats.dashboard(stored)
    items = [
        {"widget": places[item.widget_id], "width": item.width, "ownScope": item.own_scope}
        for item in stored.items
        if item.widget_id in places
    ]
    return {**dashboard_json(content), "items": items}


def parse(text: str, rules: Rules) -> Document:
    """A document with all that is wrong with it, entry by entry. Raises Refused for a text that is none."""
    value = _decoded(text)
    form = value.pop(MARK)
    document = Document()
    try:
        rules.formats.known(form)
        _check_names(value, ENTRIES)
    except NotTaken as error:
        raise _at(error, []) from None
    document.widgets = _each(value, "widgets", lambda entry: _widget(entry, rules), form, rules, document)
    document.dashboards = _each(
        value, "dashboards", lambda entry: _dashboard(entry, document, rules), form, rules, document
    )
    return document


def _each(
    value: Json, name: str, make: Callable[[Json], T], form: object, rules: Rules, document: Document
) -> list[T | None]:
    """The entries of a list; None in the place of each that is wrong, which is noted in the document."""
    made: list[T | None] = []
    for index, entry in enumerate(_entries(value, name)):
        try:
            made.append(make(_object(entry, form, rules, name)))
        except (Refused, NotTaken) as error:
            made.append(None)
            document.refusals.append(_at(error, [name, str(index)]))
    return made


def _decoded(text: str) -> Json:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        wrong = f"it is no JSON, or was cut off (line {error.lineno}, column {error.colno})"
        raise refused(["input", "document"], wrong, "the whole text of an export") from None
    if not isinstance(value, dict) or MARK not in value:
        raise refused(["input", "document"], f"it has no {MARK!r}", "the text of an export")
    return value


def _entries(value: Json, name: str) -> list[object]:
    entries = value.get(name, [])
    if not isinstance(entries, list):
        raise refused(["input", "document", name], "it is no list", "a list")
    if len(entries) > MOST_ENTRIES:
        message = f"There are {len(entries)}. One document has at most {MOST_ENTRIES}."
        raise Refused(UserErrorCode.TOO_MANY, ["input", "document", name], message)
    return entries


def _at(error: Refused | NotTaken, place: Place) -> Refused:
    at = ["input", "document", *place]
    if isinstance(error, Refused):
        return Refused(error.code, [*at, *(error.field or [])], error.message)
    return refused(at, str(error)[:LONGEST_MESSAGE].rstrip("."), "what an export writes")


def _check_names(value: Json, known: Collection[str]) -> None:
    """Raises NotTaken for a name that would be passed over: who wrote it meant something."""
    if unknown := sorted(value.keys() - known):
        raise NotTaken(f"it has {unknown[0][:80]!r}, which is none of {', '.join(sorted(known))}")


def _object(entry: object, form: object, rules: Rules, name: str) -> Json:
    if not isinstance(entry, dict):
        raise NotTaken("it is no object")
    upgraded = rules.formats.upgraded(entry, form)
    _check_names(upgraded, ENTRIES[name])
    return upgraded


def _widget(entry: Json, rules: Rules) -> WidgetContent:
    content = widget_content(entry)
    check_content(content, rules, [])
    return WidgetContent(checked_title(content.title, []), content.scope, content.config)


def _dashboard(entry: Json, document: Document, rules: Rules) -> tuple[DashboardContent, list[tuple[int, int, bool]]]:
    content = dashboard_content(entry)
    check_override(content, rules, [])
    listed = entry.get("items")
    if not isinstance(listed, list) or len(listed) > MOST_ITEMS:
        raise refused(["items"], "it is no list, or too long", f"a list of at most {MOST_ITEMS}")
    items = [_item(item, ["items", str(index)], content, document) for index, item in enumerate(listed)]
    if len({place for place, _, _ in items}) < len(items):
        raise refused(["items"], "a widget stands there twice", "each widget once")
    return DashboardContent(checked_title(content.title, []), content.scope, content.period), items


def _item(item: object, at: Place, content: DashboardContent, document: Document) -> tuple[int, int, bool]:
    if not isinstance(item, dict):
        raise refused(at, "it is no object", "an object with `widget`, `width` and `ownScope`")
    _check_names(item, ITEM)
    place, width, own = item.get("widget"), item.get("width", 6), item.get("ownScope", False)
    if type(place) is not int or not 0 <= place < len(document.widgets):
        raise refused([*at, "widget"], "there is no such widget in the document", "its place in `widgets`, from 0")
    if type(width) is not int or not 1 <= width <= ROW:
        raise refused([*at, "width"], "it is no such number", f"1 to {ROW}")
    if type(own) is not bool:
        raise refused([*at, "ownScope"], "it is neither", "true or false")
    if widget := document.widgets[place]:
        check_fit(widget.config, own, content, at)
    return place, width, own


async def create(work: Work, asked: ImportInput, document: Document, rules: Rules) -> Imported:
    """Creates all of a document that has nothing wrong. Raises Refused."""
    check_visibility(asked.visibility)
    await check_room(work, widgets=len(document.widgets), dashboards=len(document.dashboards))
    imported, visibility = Imported(), asked.visibility.name
    if asked.dry_run:
        return imported
    written = await in_turn(lambda: [rules.formats.written_widget(one) for one in document.widgets if one])
    imported.widgets = await work.add_widgets(written, visibility)
    for dashboard in document.dashboards:
        assert dashboard is not None
        content, places = dashboard
        items = tuple(StoredItem(imported.widgets[place].id, width, own) for place, width, own in places)
        board = rules.formats.written_dashboard(content)
        imported.dashboards.append(await work.add_dashboard(board, visibility, (), items))
    return imported
