"""What is checked before anything is saved: all that can be told without asking the site. The rest, the report says."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from connectors.jira import Field
from resolvers.assets.aql import own_aql
from resolvers.assets.values import cut_of
from resolvers.columns import ASSETS_TYPE, SLA_TYPE
from resolvers.definition import Asked, definitions
from resolvers.figures.measures import checked_top
from resolvers.jql import checked_text
from resolvers.planner import Defaults
from resolvers.scopes import Scope, imagined_scope
from resolvers.site import SiteFields
from resolvers.storage.configuration import DashboardContent, Formats, WidgetContent
from resolvers.storage.errors import Missing
from resolvers.storage.refusals import Refused, refused
from resolvers.storage.work import Work
from schema.assets import AqlOptions
from schema.errors import ApiError, bad_input
from schema.node import key_of
from schema.report import ReportRequest
from schema.scope import RequestScope
from schema.selection import Selection
from schema.storage.stored import definition_of
from schema.storage.user_errors import UserErrorCode
from schema.storage.widget_config import (
    KINDS,
    AssetTypeOptions,
    CustomerReportOptions,
    WidgetConfigInput,
    chosen,
    has_scope,
)
from schema.storage.widgets import Visibility

LONGEST_TITLE = 200
LONGEST_OPTION = 255
MOST_PEOPLE = 100
LONGEST_NAME = 128
MOST_WIDGETS, MOST_DASHBOARDS = 2_000, 500
"""Of one owner."""
WIDGET, DASHBOARD = "Widget", "Dashboard"
"""The types of ids."""
INPUT = ("input",)
"""Where the fields of a mutation's input begin."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What changes are checked against. `now` is in ms."""

    defaults: Defaults
    formats: Formats
    now: int


def checked_key(type_name: str, id: str) -> str:
    """The key in an id. Raises Missing for an id of another type too: what is there is nobody's business."""
    key = key_of(type_name, id)
    if key is None:
        raise Missing
    return key


async def check_room(work: Work, *, widgets: int = 0, dashboards: int = 0) -> None:
    """Raises Refused if the owner would have more than are allowed with so many new ones."""
    held_widgets, held_dashboards = await work.counts()
    for held, new, most, what in (
        (held_widgets, widgets, MOST_WIDGETS, "widgets"),
        (held_dashboards, dashboards, MOST_DASHBOARDS, "dashboards"),
    ):
        if held + new > most:
            raise Refused(UserErrorCode.TOO_MANY, None, f"One owner has at most {most} {what}, and has {held}.")


def checked_title(title: str, at: Sequence[str]) -> str:
    """The title without blanks around it. Raises Refused."""
    title = title.strip()
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise refused([*at, "title"], f"it has {len(title)} characters", f"1 to {LONGEST_TITLE}")
    _check_line(title, [*at, "title"])
    if all(unicodedata.category(character) in {"Cf", "Cn", "Zs"} for character in title):
        raise refused([*at, "title"], "nothing of it can be seen", "a title that can be read")
    return title


def _check_line(text: str, place: Sequence[str]) -> None:
    """Raises Refused for a text that is no single line; marks of right-to-left writing are part of a text."""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise refused(place, "it holds a control character, a line break or half a surrogate pair", "one line of text")


def checked_people(visibility: Visibility, people: Sequence[str] | None, at: Sequence[str]) -> tuple[str, ...]:
    """The people that an object is shared with, each once. Raises Refused."""
    place, named = [*at, "sharedWith"], tuple(dict.fromkeys(people or ()))
    if visibility is not Visibility.PEOPLE:
        if named:
            raise refused(place, "people are named", "none, or `visibility: PEOPLE`")
        return ()
    if not 1 <= len(named) <= MOST_PEOPLE:
        raise refused(place, f"{len(named)} people are named", f"1 to {MOST_PEOPLE} for `visibility: PEOPLE`")
    for name in named:
        if not 1 <= len(name) <= LONGEST_NAME:
            raise refused(place, f"a name has {len(name)} characters", f"1 to {LONGEST_NAME}")
    _check_line("".join(named), place)
    return named


def checked_sharing(asked: object, visibility: str, people: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Visibility and people after a change; who is no longer shared with people loses the list. Raises Refused."""
    wanted = getattr(asked, "visibility", UNSET) or Visibility[visibility]
    named = getattr(asked, "shared_with", UNSET)
    if named is UNSET or named is None:
        named = people if wanted is Visibility.PEOPLE else ()
    return wanted.name, checked_people(wanted, named, INPUT)


def check_visibility(visibility: Visibility) -> None:
    """Raises Refused for sharing with people where none can be named."""
    if visibility is Visibility.PEOPLE:
        raise refused(["input", "visibility"], "nobody is named here", "PRIVATE or SITE")


def check_scope(scope: RequestScope | None, rules: Rules, at: Sequence[str]) -> None:
    """Raises Refused for a scope that is wrong on any site."""
    _in_place(lambda: _imagined(scope or RequestScope(), rules, None), at, {"scope": ["scope"]})


def check_override(content: DashboardContent, rules: Rules, at: Sequence[str]) -> None:
    """Raises Refused for a dashboard's scope or period that is wrong on any site."""
    check_scope(content.scope, rules, at)
    period = RequestScope(period=content.period)
    _in_place(lambda: _imagined(period, rules, None), at, {"scope": []})


def check_content(content: WidgetContent, rules: Rules, at: Sequence[str]) -> None:
    """Raises Refused for options or a scope that are wrong on any site, or a scope for a report that has none."""
    name, options = chosen(content.config)
    if content.scope is not None and not has_scope(content.config):
        raise refused([*at, "scope"], "a report of Assets has no scope", "none")
    check_scope(content.scope, rules, at)
    member = ["config", to_camel_case(name)]
    places = {"options": member, "top": [*member, "top"]}
    _in_place(lambda: _check_options(name, options, rules), at, places)


def check_fit(config: WidgetConfigInput, own_scope: bool, content: DashboardContent, at: Sequence[str]) -> None:
    """Raises Refused for a widget whose report has no scope on a dashboard that puts one in its place."""
    if content.override and not own_scope and not has_scope(config):
        wrong = "the dashboard has a scope or a period, and a report of Assets has neither"
        raise refused([*at, "ownScope"], wrong, "true")


def _check_options(name: str, options: Any, rules: Rules) -> None:
    request = KINDS[name].request
    if request is not None:
        given = options.arguments(None) if isinstance(options, CustomerReportOptions) else options
        _check_needs(request, given, rules)
    if isinstance(options, AssetTypeOptions | AqlOptions):
        checked_top(options.top)
    if isinstance(options, AqlOptions):
        own_aql(options.aql)
        cut_of(options, rules.defaults)
    for field in definition_of(type(options)).fields:
        value = getattr(options, field.python_name)
        if isinstance(value, str):
            where = f"options.{to_camel_case(field.python_name)}"
            # AQL was checked above. All else is a name or an id of something on the site.
            if len(checked_text(where, value)) > LONGEST_OPTION and field.python_name != "aql":
                raise bad_input(where, f"it has {len(value)} characters", f"at most {LONGEST_OPTION}")


def _check_needs(request: type[ReportRequest[Any, Any]], options: Any, rules: Rules) -> None:
    scope = _imagined(RequestScope(), rules, getattr(options, "metric", None))
    definitions()[request].needs(Asked(options, Selection(frozenset()), scope, rules.now))


def _imagined(scope: RequestScope, rules: Rules, metric: str | None) -> Scope:
    """The scope on a site that has all that it and the options name."""
    of_sla = Field("customfield_1", metric or "any", SLA_TYPE, (), True)
    fields = SiteFields((of_sla, Field("customfield_2", "any", ASSETS_TYPE, (), True)))
    return imagined_scope(scope, rules.defaults.time_zone, rules.defaults.week_start, rules.now, fields)


def _in_place(check: Callable[[], object], at: Sequence[str], places: dict[str, list[str]]) -> None:
    """Runs a check whose errors name a query's input, and says where in the mutation's input that is."""
    try:
        check()
    except ApiError as error:
        first, *rest = str((error.extensions or {}).get("input", "")).split(".")
        place = [*places.get(first, [first]), *rest]
        message = error.message.partition(": ")[2] or error.message
        raise Refused(UserErrorCode.BAD_USER_INPUT, [*at, *(part for part in place if part)], message) from None
