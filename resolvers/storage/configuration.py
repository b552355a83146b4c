"""Configurations as JSON, in the shape in which a client writes them: what is sealed in the database and what an export holds.

They are read back through the same GraphQL input types that took them, so that what comes out is checked as what went in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast

import orjson
import strawberry
from graphql import GraphQLError, GraphQLInputType, Undefined
from graphql.utilities import coerce_input_value, validate_input_value
from strawberry import UNSET
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_argument
from strawberry.utils.str_converters import to_camel_case

from resolvers.storage.objects import StoredDashboard, StoredWidget
from schema.errors import ApiError, Code
from schema.scalars import SCALARS, print_instant
from schema.scope import PeriodInput, RequestScope
from schema.storage.stored import definition_of
from schema.storage.widget_config import WidgetConfigInput
from schema.storage.widgets import Override

T = TypeVar("T")
Json: TypeAlias = dict[str, object]
Upgrade: TypeAlias = Callable[[Json], Json]

FORMAT = 1
UPGRADES: Mapping[int, Upgrade] = {}
"""By the format that it takes: what makes a configuration one of the next format. Read rows keep theirs until they are saved."""


class NotTaken(ValueError):
    """JSON that is no such configuration. The message is for whoever wrote the JSON: it may quote what is wrong there."""


@dataclass(frozen=True, slots=True)
class WidgetContent:
    """What a widget is, beside who owns and sees it."""

    title: str
    scope: RequestScope | None
    config: WidgetConfigInput


@dataclass(frozen=True, slots=True)
class DashboardContent:
    """What a dashboard is, beside its items and who owns and sees it."""

    title: str
    scope: RequestScope | None
    period: PeriodInput | None

    @property
    def override(self) -> Override:
        """What stands in for the widgets' own scopes and periods."""
        return Override(self.scope, self.period)


def plain(value: object) -> object:
    """An input, or a part of one, as JSON. Defaults but for null are written out, so that they stay as they were when saved."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime):
        return print_instant(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not hasattr(value, "__strawberry_definition__"):
        return value
    written: Json = {}
    for field in definition_of(type(value)).fields:
        item = getattr(value, field.python_name)
        if item is not UNSET and not (item is None and field.default is None):
            written[field.graphql_name or to_camel_case(field.python_name)] = plain(item)
    return written


@cache
def _inputs() -> strawberry.Schema:
    """A schema of nothing but the inputs that configurations are made of."""

    @strawberry.type
    class Inputs:
        @strawberry.field
        def all(self, config: WidgetConfigInput, scope: RequestScope, period: PeriodInput) -> bool:
            return True

    return strawberry.Schema(query=Inputs, config=StrawberryConfig(scalar_map=SCALARS))


def taken(value: object, kind: type[T]) -> T:
    """JSON as the input type `kind`, checked as if a client had sent it. Raises NotTaken."""
    schema = _inputs()
    of_type = cast("GraphQLInputType", schema._schema.get_type(definition_of(kind).name))
    if value is None:
        raise NotTaken(f"{definition_of(kind).name} is null")
    wrong: list[GraphQLError] = []
    validate_input_value(value, of_type, lambda error, _path: wrong.append(error), hide_suggestions=True)
    try:
        coerced = Undefined if wrong else coerce_input_value(value, of_type)
        if coerced is Undefined:
            raise NotTaken(wrong[0].message if wrong else f"it is no {definition_of(kind).name}")
        converted: Any = convert_argument(coerced, kind, schema.schema_converter.scalar_registry, schema.config)
    except StrawberryInputCoercionError as error:  # not exactly one member of a @oneOf
        raise NotTaken(str(error)) from None
    return cast("T", converted)


def _title(value: object) -> str:
    if not isinstance(value, str):
        raise NotTaken("it has no title")
    return value


def _optional(value: object, kind: type[T]) -> T | None:
    return None if value is None else taken(value, kind)


def widget_json(content: WidgetContent) -> Json:
    """A widget's content as JSON."""
    return {"title": content.title, "scope": plain(content.scope), "config": plain(content.config)}


def widget_content(value: Json) -> WidgetContent:
    """A widget's content from JSON. Raises NotTaken."""
    scope = _optional(value.get("scope"), RequestScope)
    return WidgetContent(_title(value.get("title")), scope, taken(value.get("config"), WidgetConfigInput))


def dashboard_json(content: DashboardContent) -> Json:
    """A dashboard's content as JSON."""
    return {"title": content.title, "scope": plain(content.scope), "period": plain(content.period)}


def dashboard_content(value: Json) -> DashboardContent:
    """A dashboard's content from JSON. Raises NotTaken."""
    scope, period = _optional(value.get("scope"), RequestScope), _optional(value.get("period"), PeriodInput)
    return DashboardContent(_title(value.get("title")), scope, period)


class Formats:
    """Contents as bytes that name their format: an older one is brought up to date when it is read, a newer one is refused."""

    def __init__(self, newest: int = FORMAT, upgrades: Mapping[int, Upgrade] = UPGRADES) -> None:
        self.newest = newest
        self._upgrades = upgrades

    def written(self, content: Json) -> bytes:
        """JSON as it is stored."""
        return orjson.dumps({"format": self.newest, **content})

    def upgraded(self, content: Json, form: object) -> Json:
        """Content of that format as content of the newest. Raises NotTaken for a newer or unknown one."""
        for step in range(self.known(form), self.newest):
            content = self._upgrades[step](content)
        return content

    def known(self, form: object) -> int:
        """The format, if it is one that can be read. Raises NotTaken for a newer or unknown one."""
        if type(form) is not int or form < 1:
            raise NotTaken("it names no format")
        if form > self.newest:
            raise NotTaken(
                f"it has format {form}, of a newer version of this server, which knows formats up to {self.newest}"
            )
        return form

    def widget(self, stored: StoredWidget) -> WidgetContent:
        """What a stored widget is. Raises ApiError (STORAGE_UNAVAILABLE), which names the row."""
        return self.read(stored.content, f"The widget {stored.id}", widget_content)

    def dashboard(self, stored: StoredDashboard) -> DashboardContent:
        """What a stored dashboard is. Raises ApiError (STORAGE_UNAVAILABLE), which names the row."""
        return self.read(stored.content, f"The dashboard {stored.id}", dashboard_content)

    def written_widget(self, content: WidgetContent) -> bytes:
        """A widget's content as it is stored."""
        return self.written(widget_json(content))

    def written_dashboard(self, content: DashboardContent) -> bytes:
        """A dashboard's content as it is stored."""
        return self.written(dashboard_json(content))

    def read(self, stored: bytes, what: str, make: Callable[[Json], T]) -> T:
        """Stored content by `make`. Raises ApiError (STORAGE_UNAVAILABLE), which names `what` and nothing of the content."""
        try:
            value = orjson.loads(stored)
            form = value.pop("format", None)
            if isinstance(form, int) and form > self.newest:
                raise ApiError(
                    Code.STORAGE_UNAVAILABLE,
                    f"{what} was saved by a newer version of this server: its format is {form}, this version knows formats up to "
                    f"{self.newest}.",
                )
            return make(self.upgraded(value, form))
        except (ValueError, AttributeError, KeyError, TypeError):
            raise ApiError(
                Code.STORAGE_UNAVAILABLE, f"{what} holds a configuration that this version cannot read."
            ) from None
