"""What is checked before anything is saved: all that can be told without asking the site. The rest, the report says."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from connectors.jira import Field
from resolvers.assets.aql import own_aql
from resolvers.assets.values import cut_of
from resolvers.columns import SLA_TYPE
from resolvers.definition import Asked, definitions
from resolvers.figures.measures import checked_top
from resolvers.jql import checked_text
from resolvers.planner import Defaults
from resolvers.scopes import imagined_scope
from resolvers.site import SiteFields
from schema.assets import AqlOptions
from schema.errors import ApiError
from schema.report import ReportRequest
from schema.scope import PeriodInput, RequestScope
from schema.selection import Selection
from schema.storage.config import KINDS, AssetTypeOptions, CustomerReportOptions, WidgetConfigInput, chosen
from schema.storage.stored import definition_of
from schema.storage.user_errors import UserErrorCode
from schema.storage.widgets import Visibility

LONGEST_TITLE = 200
MOST_PEOPLE = 100
LONGEST_NAME = 128


class Refused(Exception):
    """A change that its caller can mend: becomes a `UserError`."""

    def __init__(self, code: UserErrorCode, field: Sequence[str] | None, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = list(field) if field else None
        self.message = message


def refused(field: Sequence[str], wrong: str, right: str) -> Refused:
    """A value that is not accepted."""
    return Refused(UserErrorCode.BAD_USER_INPUT, field, f"{wrong}. Accepted: {right}.")


def _named(name: str) -> str:
    """The name in GraphQL of a member of the configuration."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def checked_title(title: str, at: Sequence[str]) -> str:
    """The title without blanks around it. Raises Refused."""
    title = title.strip()
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise refused([*at, "title"], f"it has {len(title)} characters", f"1 to {LONGEST_TITLE}")
    _check_line(title, [*at, "title"])
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


def check_visibility(visibility: Visibility) -> None:
    """Raises Refused for sharing with people where none can be named."""
    if visibility is Visibility.PEOPLE:
        raise refused(["input", "visibility"], "nobody is named here", "PRIVATE or SITE")


def check_scope(scope: RequestScope | None, defaults: Defaults, now: int, at: Sequence[str]) -> None:
    """Raises Refused for a scope that is wrong on any site. `now` is in ms."""
    _in_place(lambda: _imagined(scope or RequestScope(), defaults, now, None), at, {"scope": ["scope"]})


def check_period(period: PeriodInput | None, defaults: Defaults, now: int, at: Sequence[str]) -> None:
    """Raises Refused for a period that is none."""
    scope = RequestScope(period=period)
    _in_place(lambda: _imagined(scope, defaults, now, None), at, {"scope": []})


def check_config(
    config: WidgetConfigInput, scope: RequestScope | None, defaults: Defaults, now: int, at: Sequence[str]
) -> None:
    """Raises Refused for options that are wrong on any site, or a scope for a report that has none."""
    name, options = chosen(config)
    if scope is not None and not KINDS[name].has_scope:
        raise refused([*at, "scope"], "a report of Assets has no scope", "none")
    check_scope(scope, defaults, now, at)
    member = ["config", _named(name)]
    places = {"options": member, "top": [*member, "top"]}
    _in_place(lambda: _check_options(name, options, defaults, now), at, places)


def _check_options(name: str, options: Any, defaults: Defaults, now: int) -> None:
    request = KINDS[name].request
    if request is not None:
        given = options.arguments(None) if isinstance(options, CustomerReportOptions) else options
        _check_needs(request, given, defaults, now)
    if isinstance(options, AssetTypeOptions | AqlOptions):
        checked_top(options.top)
    if isinstance(options, AqlOptions):
        own_aql(options.aql)
        cut_of(options, defaults)
    for field in definition_of(type(options)).fields:
        value = getattr(options, field.python_name)
        if isinstance(value, str):
            checked_text(f"options.{_named(field.python_name)}", value)


def _check_needs(request: type[ReportRequest[Any, Any]], options: Any, defaults: Defaults, now: int) -> None:
    scope = _imagined(RequestScope(), defaults, now, getattr(options, "metric", None))
    definitions()[request].needs(Asked(options, Selection(frozenset()), scope, now))


def _imagined(scope: RequestScope, defaults: Defaults, now: int, metric: str | None) -> Any:
    """The scope on a site that has all that it and the options name."""
    fields = SiteFields((Field("customfield_1", metric or "any", SLA_TYPE, (), True),))
    return imagined_scope(scope, defaults.time_zone, defaults.week_start, now, fields)


def _in_place(check: Callable[[], object], at: Sequence[str], places: dict[str, list[str]]) -> None:
    """Runs a check whose errors name a query's input, and says where in the mutation's input that is."""
    try:
        check()
    except ApiError as error:
        first, *rest = str((error.extensions or {}).get("input", "")).split(".")
        place = [*places.get(first, [first]), *rest]
        message = error.message.partition(": ")[2] or error.message
        raise Refused(UserErrorCode.BAD_USER_INPUT, [*at, *(part for part in place if part)], message) from None
