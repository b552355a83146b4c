"""Decoders of one field's raw JSON into plain Python, ready for a column.

A field that Jira left out is given as None and reads as JSON null. A value of another shape than documented raises
MalformedField: it is never read as empty, since a figure made from it would be wrong without anybody noticing.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, TypedDict, TypeVar

import msgspec

Raw = msgspec.Raw | bytes | None
"""One field's JSON as it came; None when the field is absent."""

T = TypeVar("T")
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STARS: Final = range(1, 6)
_MILLISECOND: Final = timedelta(milliseconds=1)


class MalformedField(ValueError):
    """A field's value is not of the documented shape. The message names members and types, never values."""


class NamedValue(TypedDict):
    """A thing with an id and a name."""

    id: str
    name: str


class StatusValue(TypedDict):
    """A status; `category` is the key of its category: `new`, `indeterminate`, `done` (or Jira's `undefined`)."""

    id: str
    name: str
    category: str


class RequestTypeValue(TypedDict):
    """A request type; `service_desk` is the id of its service desk."""

    id: str
    name: str
    service_desk: str


class SlaCycle(TypedDict):
    """One cycle of an SLA. Instants are epoch milliseconds, `goal`, `elapsed`, `remaining` working milliseconds.

    `stop` is None while the cycle runs; `breach_at` is None where Jira gives none (a paused cycle);
    `remaining` is negative after a breach.
    """

    start: int
    stop: int | None
    breach_at: int | None
    breached: bool
    paused: bool
    goal: int
    elapsed: int
    remaining: int


class _Feedback(msgspec.Struct):
    rating: float


class _AssetInField(msgspec.Struct, rename="camel"):
    object_id: str | int


class _Property(msgspec.Struct):
    value: str


class _Option(msgspec.Struct):
    id: str
    value: str


class _Account(msgspec.Struct, rename="camel"):
    account_id: str


class _Named(msgspec.Struct):
    id: str
    name: str


class _Category(msgspec.Struct):
    key: str


class _Status(msgspec.Struct, rename="camel"):
    id: str
    name: str
    status_category: _Category


class _RequestType(msgspec.Struct, rename="camel"):
    id: str
    name: str
    service_desk_id: str


class _Nothing(msgspec.Struct):
    """An object of which nothing is read."""


class _Origin(msgspec.Struct, rename="camel"):
    request_type: _RequestType | msgspec.UnsetType | None = msgspec.UNSET
    current_status: _Nothing | None = None


class _Instant(msgspec.Struct, rename="camel"):
    epoch_millis: Int64


class _Duration(msgspec.Struct):
    millis: Int64


class _Cycle(msgspec.Struct, rename="camel"):
    start_time: _Instant
    breached: bool
    goal_duration: _Duration
    elapsed_time: _Duration
    remaining_time: _Duration
    breach_time: _Instant | None = None


class _Completed(_Cycle, rename="camel", kw_only=True):
    stop_time: _Instant


class _Ongoing(_Cycle, rename="camel", kw_only=True):
    paused: bool


class _Sla(msgspec.Struct, rename="camel"):
    completed_cycles: list[_Completed]
    ongoing_cycle: _Ongoing | None = None


_TEXT: Final = msgspec.json.Decoder(str | None)
_WHOLE: Final = msgspec.json.Decoder(Int64 | None)
_ACCOUNT: Final = msgspec.json.Decoder(_Account | None)
_NAMED: Final = msgspec.json.Decoder(_Named | None)
_NAMED_LIST: Final = msgspec.json.Decoder(list[_Named] | None)
_STATUS: Final = msgspec.json.Decoder(_Status | None)
_ORIGIN: Final = msgspec.json.Decoder(_Origin | None)
_RATING: Final = msgspec.json.Decoder(float | _Feedback | None)
_ASSETS: Final = msgspec.json.Decoder(list[_AssetInField] | None)
_PROPERTY: Final = msgspec.json.Decoder(_Property | None)
_OPTIONS: Final = msgspec.json.Decoder(_Option | list[_Option] | None)
_SLA: Final = msgspec.json.Decoder(_Sla | None)


def instant(raw: Raw) -> int | None:
    """Epoch milliseconds of a date and time such as `2026-07-06T18:02:13.432+0900`; the offset is required."""
    text = _read(_TEXT, raw)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MalformedField("Expected a date and time") from None
    if moment.tzinfo is None:
        raise MalformedField("Expected a date and time with an offset")
    return (moment - _EPOCH) // _MILLISECOND


def day(raw: Raw) -> date | None:
    """A calendar day such as `2026-07-06`."""
    text = _read(_TEXT, raw)
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:  # such as the 30th of February
        pass
    raise MalformedField("Expected a day")


def whole(raw: Raw) -> int | None:
    """A whole number that fits in 64 bits, such as an estimate in seconds."""
    return _read(_WHOLE, raw)


def text(raw: Raw) -> str | None:
    """A line of text, such as a summary."""
    return _read(_TEXT, raw)


def account(raw: Raw) -> str | None:
    """The account id of a user; names and addresses are not read."""
    user = _read(_ACCOUNT, raw)
    return None if user is None else user.account_id


def named(raw: Raw) -> NamedValue | None:
    """Id and name of a priority, an issue type and the like."""
    value = _read(_NAMED, raw)
    return None if value is None else {"id": value.id, "name": value.name}


def status(raw: Raw) -> StatusValue | None:
    """A status with the key of its category."""
    value = _read(_STATUS, raw)
    if value is None:
        return None
    return {"id": value.id, "name": value.name, "category": value.status_category.key}


def request_type(raw: Raw) -> RequestTypeValue | None:
    """The request type in a value of the Request Type field (`vp-origin`); None where the request has none.

    A value that shows itself as one by its `currentStatus` may lack the type: it was deleted.
    """
    origin = _read(_ORIGIN, raw)
    if origin is None or origin.request_type is None:
        return None
    if isinstance(origin.request_type, msgspec.UnsetType):
        if origin.current_status is None:
            raise MalformedField("Expected a request type")
        return None
    kind = origin.request_type
    return {"id": kind.id, "name": kind.name, "service_desk": kind.service_desk_id}


def organizations(raw: Raw) -> list[NamedValue]:
    """The organizations that a request is shared with; empty for null and for an empty list."""
    return [{"id": value.id, "name": value.name} for value in _read(_NAMED_LIST, raw) or ()]


def sla(raw: Raw) -> list[SlaCycle] | None:
    """The cycles of an SLA: completed ones by the time they stopped, then the one that runs.

    None means that the SLA does not apply to the request, an empty list that it applies and never started.
    """
    value = _read(_SLA, raw)
    if value is None:
        return None
    cycles = [_cycle(cycle, stop=cycle.stop_time.epoch_millis, paused=False) for cycle in value.completed_cycles]
    cycles.sort(key=lambda cycle: (cycle["stop"] or 0, cycle["start"]))
    if value.ongoing_cycle is not None:
        cycles.append(_cycle(value.ongoing_cycle, stop=None, paused=value.ongoing_cycle.paused))
    return cycles


def rating(raw: Raw) -> int | None:
    """The stars of a satisfaction, 1 to 5; None where there is no feedback.

    The shape of a given rating is not documented: a number, and an object with the number as `rating`, are read.
    """
    value = _read(_RATING, raw)
    stars = value.rating if isinstance(value, _Feedback) else value
    if stars is None:
        return None
    if stars not in _STARS:
        raise MalformedField("Expected a whole rating from 1 to 5")
    return int(stars)


def assets(raw: Raw) -> list[str]:
    """The ids of the Assets objects in a field; empty for null and for an empty list. Labels are not in there."""
    return [str(found.object_id) for found in _read(_ASSETS, raw) or ()]


def channel(raw: Raw) -> str | None:
    """The channel in the issue property `request.channel.type`, such as `portal`; values never seen come as they are."""
    stored = _read(_PROPERTY, raw)
    return None if stored is None else stored.value


def select(raw: Raw) -> list[NamedValue]:
    """The options that are chosen in a select field of any kind; of a cascading one only the upper option."""
    value = _read(_OPTIONS, raw)
    options = [value] if isinstance(value, _Option) else value or []
    return [{"id": option.id, "name": option.value} for option in options]


def present(raw: Raw) -> bool:
    """Whether the field holds anything: not null, nor an empty text, list or object."""
    return raw is not None and bytes(raw).translate(None, b" \t\r\n") not in (b"null", b'""', b"[]", b"{}")


def _cycle(cycle: _Cycle, *, stop: int | None, paused: bool) -> SlaCycle:
    return {
        "start": cycle.start_time.epoch_millis,
        "stop": stop,
        "breach_at": None if cycle.breach_time is None else cycle.breach_time.epoch_millis,
        "breached": cycle.breached,
        "paused": paused,
        "goal": cycle.goal_duration.millis,
        "elapsed": cycle.elapsed_time.millis,
        "remaining": cycle.remaining_time.millis,
    }


def _read(decoder: msgspec.json.Decoder[T], raw: Raw) -> T | None:
    if raw is None:
        return None
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        shape = str(error) if isinstance(error, msgspec.ValidationError) else "It cannot be read as JSON"
        raise MalformedField(shape) from None
