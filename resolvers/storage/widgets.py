"""Changes to widgets: checked, then written in one transaction."""

from dataclasses import dataclass, replace

from strawberry import UNSET

from resolvers.planner import Defaults
from resolvers.storage.checks import Refused, check_config, checked_people, checked_title
from resolvers.storage.configuration import Formats, WidgetContent, widget_content, widget_json
from resolvers.storage.errors import Missing, Stale
from resolvers.storage.objects import StoredWidget
from resolvers.storage.work import Work
from schema.node import key_of
from schema.storage.config import KINDS, WidgetConfigInput, chosen
from schema.storage.user_errors import UserErrorCode
from schema.storage.widgets import CreateWidgetInput, DeleteWidgetInput, UpdateWidgetInput, Visibility

MOST_WIDGETS = 2_000
INPUT = ("input",)


@dataclass(frozen=True, slots=True)
class Rules:
    """What changes are checked against. `now` is in ms."""

    defaults: Defaults
    formats: Formats
    now: int


def key(type_name: str, token: str) -> str:
    """The key in an id. Raises Missing for an id of another type too: what is there is nobody's business."""
    found = key_of(type_name, token)
    if found is None:
        raise Missing
    return found


async def create(work: Work, asked: CreateWidgetInput, rules: Rules) -> StoredWidget:
    """Saves a widget. Raises Refused."""
    people = checked_people(asked.visibility, asked.shared_with, INPUT)
    content = WidgetContent(checked_title(asked.title, INPUT), asked.scope, asked.config)
    check_config(content.config, content.scope, rules.defaults, rules.now, INPUT)
    await check_room(work, widgets=1)
    return await work.add_widget(rules.formats.written(widget_json(content)), asked.visibility.name, people)


async def check_room(work: Work, widgets: int) -> None:
    """Raises Refused if the owner would have more widgets than are allowed."""
    held, _ = await work.counts()
    if held + widgets > MOST_WIDGETS:
        raise Refused(UserErrorCode.TOO_MANY, None, f"One owner has at most {MOST_WIDGETS} widgets, and has {held}.")


async def update(work: Work, asked: UpdateWidgetInput, rules: Rules) -> StoredWidget:
    """Changes a widget. Raises Refused, Missing, NotOwner, Stale."""
    widget_key = key("Widget", asked.id)
    present = await work.widget(widget_key)
    if present is None:
        raise Missing
    if present.version != asked.version:
        raise Stale(present)
    content = _changed(rules.formats.read(present.content, f"The widget {present.id}", widget_content), asked)
    check_config(content.config, content.scope, rules.defaults, rules.now, INPUT)
    visibility, people = shared(asked, present.visibility, present.people)
    return await work.change_widget(
        widget_key,
        asked.version,
        content=rules.formats.written(widget_json(content)),
        visibility=visibility,
        people=people,
    )


def _changed(content: WidgetContent, asked: UpdateWidgetInput) -> WidgetContent:
    if asked.title:
        content = replace(content, title=checked_title(asked.title, INPUT))
    elif asked.title == "":
        checked_title("", INPUT)
    if asked.config:
        content = replace(content, config=asked.config)
        if not has_scope(asked.config):
            content = replace(content, scope=None)
    if asked.scope:
        content = replace(content, scope=asked.scope)
    return content


def has_scope(config: WidgetConfigInput) -> bool:
    """Whether the report of a configuration rests on requests."""
    return KINDS[chosen(config)[0]].has_scope


def shared(asked: object, visibility: str, people: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Visibility and people after a change; who is no longer shared with people loses the list. Raises Refused."""
    wanted = getattr(asked, "visibility", UNSET) or Visibility[visibility]
    named = getattr(asked, "shared_with", UNSET)
    if named is UNSET or named is None:
        named = people if wanted is Visibility.PEOPLE else ()
    return wanted.name, checked_people(wanted, named, INPUT)


async def delete(work: Work, asked: DeleteWidgetInput) -> str:
    """Deletes a widget; its id. Raises Missing, NotOwner, Stale, InUse."""
    await work.remove_widget(key("Widget", asked.id), asked.version, from_dashboards=asked.from_dashboards)
    return asked.id
