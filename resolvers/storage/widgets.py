"""Changes to widgets: checked, then written in one transaction."""

from dataclasses import replace

from strawberry import UNSET

from resolvers.storage.checks import (
    INPUT,
    WIDGET,
    Rules,
    check_content,
    check_room,
    checked_key,
    checked_people,
    checked_sharing,
    checked_title,
)
from resolvers.storage.configuration import WidgetContent
from resolvers.storage.objects import StoredWidget
from resolvers.storage.work import Work
from schema.storage.widget_config import has_scope
from schema.storage.widgets import CreateWidgetInput, DeleteWidgetInput, UpdateWidgetInput


async def create(work: Work, asked: CreateWidgetInput, rules: Rules) -> StoredWidget:
    """Saves a widget. Raises Refused."""
    people = checked_people(asked.visibility, asked.shared_with, INPUT)
    content = WidgetContent(checked_title(asked.title, INPUT), asked.scope, asked.config)
    check_content(content, rules, INPUT)
    await check_room(work, widgets=1)
    return await work.add_widget(rules.formats.written_widget(content), asked.visibility.name, people)


async def update(work: Work, asked: UpdateWidgetInput, rules: Rules) -> StoredWidget:
    """Changes a widget. Raises Refused, Missing, NotOwner, Stale."""
    key = checked_key(WIDGET, asked.id)
    present = await work.my_widget(key, asked.version)
    content = _changed(rules.formats.widget(present), asked)
    check_content(content, rules, INPUT)
    visibility, people = checked_sharing(asked, present.visibility, present.people)
    return await work.change_widget(
        key,
        asked.version,
        content=rules.formats.written_widget(content),
        visibility=visibility,
        people=people,
    )


def _changed(content: WidgetContent, asked: UpdateWidgetInput) -> WidgetContent:
    if asked.title is not UNSET and asked.title is not None:
        content = replace(content, title=checked_title(asked.title, INPUT))
    if asked.config:
        content = replace(content, config=asked.config)
        if not has_scope(asked.config):
            content = replace(content, scope=None)
    if asked.scope:
        content = replace(content, scope=asked.scope)
    return content


async def delete(work: Work, asked: DeleteWidgetInput) -> str:
    """Deletes a widget; its id. Raises Missing, NotOwner, Stale, InUse."""
    await work.remove_widget(checked_key(WIDGET, asked.id), asked.version, from_dashboards=asked.from_dashboards)
    return asked.id
