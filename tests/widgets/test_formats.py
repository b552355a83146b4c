"""Configurations of other versions of this server, as they lie in the database."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from resolvers.storage.configuration import Formats, Json, WidgetContent, widget_content, widget_json
from schema.errors import ApiError
from schema.reports.sla import SlaOptions
from schema.scope import RequestScope
from schema.storage.widget_config import WidgetConfigInput
from tests.api import ENCRYPTION_KEY, api_on
from tests.storage.stores import open_stores
from tests.widgets.saved import CALLERS, NOW, WIDGET, Caller, site

CONTENT = WidgetContent("SLAs", RequestScope(projects=["ITS"]), WidgetConfigInput(sla=SlaOptions(top=7)))


def renamed(content: Json) -> Json:
    """From a format in which `top` of the options was called `limit`."""
    config: Any = content["config"]
    options = {("top" if name == "limit" else name): value for name, value in config["sla"].items()}
    return {**content, "config": {"sla": options}}


def test_an_older_format_is_brought_up_to_date_when_it_is_read() -> None:
    older = {"format": 1, "title": "SLAs", "scope": {"projects": ["ITS"]}, "config": {"sla": {"limit": 7}}}
    formats = Formats(3, {1: renamed, 2: lambda content: content})
    assert formats.read(orjson.dumps(older), "The widget 1", widget_content) == CONTENT
    assert orjson.loads(formats.written(widget_json(CONTENT)))["format"] == 3


def test_without_the_step_an_older_shape_is_refused_and_its_content_not_told() -> None:
    older = {"format": 1, "title": "canary", "scope": None, "config": {"sla": {"limit": 7}}}
    with pytest.raises(ApiError) as caught:
        Formats().read(orjson.dumps(older), "The widget 1", widget_content)
    assert caught.value.message == "The widget 1 holds a configuration that this version cannot read."


async def test_a_newer_or_broken_configuration_is_refused_with_its_row_named_and_its_neighbours_stand(
    tmp_path: Path,
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'widgets.sqlite3'}"
    stored = {
        "newer": orjson.dumps({"format": 2, "title": "canary", "config": {"unheardOf": {}}}),
        "broken": b'{"format": 1, "title": "canary", "config": {"sla": {"top": "canary"}}}',
        "none": b"canary",
        "good": orjson.dumps({"format": 1, "title": "Good", "scope": None, "config": {"sla": {}}}),
    }
    async with open_stores(url, keys=(ENCRYPTION_KEY,)) as stores:
        actor = await stores.actor("anna", host="127.0.0.1")
        async with stores.storage.writing(actor) as work:
            rows = {name: (await work.add_widget(content, "PRIVATE", ())).id for name, content in stored.items()}
    async with api_on(site(), NOW, callers=CALLERS, database_url=url) as api:
        anna = Caller(api, "anna")
        page = (await anna.data(f"{{ widgets {{ unreadable nodes {{ {WIDGET} }} }} }}"))["widgets"]
        assert [node["title"] for node in page["nodes"]] == ["Good"]
        told = {}
        for name, token in zip(("newer", "broken", "none"), page["unreadable"], strict=True):
            answer = await anna.ask(f'{{ widget(id: "{token}") {{ title }} }}')
            assert answer.codes == {"widget": "STORAGE_UNAVAILABLE"}
            told[name] = answer.errors[0]["message"]
            assert rows[name] in told[name]
            assert "canary" not in str(answer)
            refused = await anna.ask(
                f'mutation {{ updateWidget(input: {{id: "{token}", version: 1, title: "x"}}) {{ widget {{ id }} }} }}'
            )
            assert refused.codes == {"updateWidget": "STORAGE_UNAVAILABLE"}
            removed = await anna.change("deleteWidget", "deletedId", id=token)
            assert removed["deletedId"] == token
        assert "newer version" in told["newer"]
        assert (await anna.data("{ widgets { totalCount unreadable } }"))["widgets"] == {
            "totalCount": 1,
            "unreadable": [],
        }
