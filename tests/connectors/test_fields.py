"""Every decoder of a field: the documented values, nothing there, and shapes that must not pass for something."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import fields
from connectors.fields import MalformedField

DECODERS: list[Callable[[fields.Raw], object]] = [
    fields.instant,
    fields.day,
    fields.whole,
    fields.account,
    fields.named,
    fields.status,
    fields.request_type,
    fields.organizations,
    fields.sla,
    fields.rating,
    fields.assets,
    fields.channel,
    fields.select,
]
LISTS = (fields.organizations, fields.assets, fields.select)
by_name = pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.__name__)
PERSON = "Ann Example"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text()
            | st.sampled_from(
                ["id", "name", "accountId", "statusCategory", "key", "requestType", "completedCycles", "ongoingCycle"]
            )
            | st.sampled_from(["rating", "objectId", "value"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


def raw(value: object) -> bytes:
    return orjson.dumps(value)


def jira_text(moment: datetime) -> str:
    """As Jira writes an instant: milliseconds, and an offset without a colon."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}" + moment.strftime("%z")


def epoch(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@by_name
def test_absent_and_null_are_the_same_nothing(decoder: Callable[[fields.Raw], object]) -> None:
    nothing: object = [] if decoder in LISTS else None
    assert decoder(None) == nothing
    assert decoder(b"null") == nothing
    assert decoder(msgspec.Raw(b"null")) == nothing


@by_name
@given(value=json_values)
@settings(max_examples=60, deadline=None)
def test_no_json_breaks_a_decoder(decoder: Callable[[fields.Raw], object], value: object) -> None:
    with suppress(MalformedField):
        decoder(raw(value))


@by_name
@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b'"\xff"', b'{"id":"\xff","name":"x"}', b"[" * 100_000, b"NaN", b"true", b"[1]", b"0.5", b"{}", b'"x"'],
    ids=range(11),
)
def test_an_unreadable_value_is_malformed_and_never_nothing(
    decoder: Callable[[fields.Raw], object], broken: bytes
) -> None:
    with pytest.raises(MalformedField):
        decoder(broken)


@by_name
def test_a_message_names_no_value(decoder: Callable[[fields.Raw], object]) -> None:
    for value in (
        {"displayName": PERSON},
        [PERSON],
        {"id": PERSON},
        [{"id": "1", "name": [PERSON]}],
        {"x": {PERSON: 1}},
    ):
        with pytest.raises(MalformedField) as caught:
            decoder(raw(value))
        assert PERSON not in str(caught.value)
    assert PERSON not in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-06T18:02:13.432+0900", datetime(2026, 7, 6, 9, 2, 13, 432000, UTC)),
        ("2026-07-06T18:02:13.432+09:00", datetime(2026, 7, 6, 9, 2, 13, 432000, UTC)),
        ("2026-07-06T18:02:13.432Z", datetime(2026, 7, 6, 18, 2, 13, 432000, UTC)),
        ("2026-07-06T18:02:13+0545", datetime(2026, 7, 6, 12, 17, 13, 0, UTC)),
        ("2026-07-06T18:02:13.432-0330", datetime(2026, 7, 6, 21, 32, 13, 432000, UTC)),
        ("1969-12-31T23:59:59.999+0000", datetime(1969, 12, 31, 23, 59, 59, 999000, UTC)),
        # the hour that comes twice in Berlin, told apart by its offset
        ("2026-10-25T02:30:00.000+0200", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T02:30:00.000+0100", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        # around the hour that New York skips
        ("2026-03-08T01:59:59.999-0500", datetime(2026, 3, 8, 6, 59, 59, 999000, UTC)),
        ("2026-03-08T03:00:00.000-0400", datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_with_its_offset(text: str, moment: datetime) -> None:
    assert fields.instant(raw(text)) == epoch(moment)


@given(
    moment=st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(9998, 12, 30)),
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Chatham", "America/Havana"]
    ),
)
@settings(deadline=None)
def test_an_instant_survives_any_zone(moment: datetime, zone: str) -> None:
    utc = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    local = utc.astimezone(ZoneInfo(zone))
    offset = local.utcoffset() or timedelta(0)
    if offset % timedelta(minutes=1):  # local mean time of old dates; Jira writes whole minutes
        local = utc.astimezone(timezone(timedelta(minutes=offset // timedelta(minutes=1))))
    assert fields.instant(raw(jira_text(local))) == epoch(utc)


@pytest.mark.parametrize(
    "text", ["", "2026-07-06", "2026-07-06T18:02:13.432", "yesterday", "2026-02-30T00:00:00.000+0000", "1783328533432"]
)
def test_an_instant_without_offset_or_date_is_malformed(text: str) -> None:
    with pytest.raises(MalformedField):
        fields.instant(raw(text))


def test_a_day_is_a_calendar_day_and_nothing_like_it() -> None:
    assert fields.day(raw("2028-02-29")) == date(2028, 2, 29)
    for text in ("2026-02-29", "20260706", "2026-W28-1", "2026-7-6", "2026-07-06T00:00:00.000+0000", "", "٢٠٢٦-٠٧-٠٦"):
        with pytest.raises(MalformedField):
            fields.day(raw(text))


def test_a_whole_number_fits_in_64_bits() -> None:
    assert fields.whole(b"0") == 0
    assert fields.whole(b"-3600") == -3600
    assert fields.whole(str(2**63 - 1).encode()) == 2**63 - 1
    for number in (b"9223372036854775808", b"1.5", b"1e3", b"99999999999999999999999", b'"3600"'):
        with pytest.raises(MalformedField):
            fields.whole(number)


def test_a_user_is_read_as_an_account_id_alone() -> None:
    user = {"accountId": "qm:0b-1:2", "displayName": PERSON, "emailAddress": "a@example.com", "active": False}
    assert fields.account(raw(user)) == "qm:0b-1:2"
    with pytest.raises(MalformedField):
        fields.account(raw({"accountId": None}))
    with pytest.raises(MalformedField):
        fields.account(raw({"name": "ann", "key": "ann"}))


def test_a_named_value_has_an_id_and_a_name() -> None:
    assert fields.named(raw({"id": "3", "name": "Medium", "iconUrl": "x"})) == {"id": "3", "name": "Medium"}
    with pytest.raises(MalformedField):
        fields.named(raw({"id": 3, "name": "Medium"}))


def test_a_status_carries_the_key_of_its_category() -> None:
    value = {"id": "1", "name": "Offen", "statusCategory": {"id": 2, "key": "new", "name": "Zu erledigen"}}
    assert fields.status(raw(value)) == {"id": "1", "name": "Offen", "category": "new"}
    with pytest.raises(MalformedField):
        fields.status(raw({"id": "1", "name": "Offen"}))


def origin(**request_type: object) -> dict[str, object]:
    return {"_links": {"self": "x"}, "currentStatus": {"status": "Open"}, **request_type}


def test_a_request_type_carries_its_service_desk() -> None:
    kind = {"id": "88", "name": "Improvement", "serviceDeskId": "1", "portalId": "7", "icon": {}}
    assert fields.request_type(raw(origin(requestType=kind))) == {
        "id": "88",
        "name": "Improvement",
        "service_desk": "1",
    }


def test_a_request_whose_type_is_gone_has_none() -> None:
    assert fields.request_type(raw(origin(requestType=None))) is None
    assert fields.request_type(raw(origin())) is None
    with pytest.raises(MalformedField):
        fields.request_type(raw({"requestTypeId": "88"}))


def test_organizations_are_a_list_of_named_values() -> None:
    value = [{"id": "27", "name": "Acme", "_links": {}, "scimManaged": False}, {"id": "5", "name": "Zeta"}]
    assert fields.organizations(raw(value)) == [{"id": "27", "name": "Acme"}, {"id": "5", "name": "Zeta"}]
    assert fields.organizations(b"[]") == []
    with pytest.raises(MalformedField):
        fields.organizations(raw([None]))


def at(millis: int) -> dict[str, object]:
    return {"iso8601": "…", "jira": "…", "friendly": "Heute 10:01", "epochMillis": millis}


def lasting(millis: int) -> dict[str, object]:
    return {"millis": millis, "friendly": "8h"}


def cycle(start: int, **more: object) -> dict[str, object]:
    return {
        "startTime": at(start),
        "breachTime": at(1783414800000),
        "breached": False,
        "goalDuration": lasting(28_800_000),
        "elapsedTime": lasting(3_700_376),
        "remainingTime": lasting(25_099_624),
        **more,
    }


def sla_value(*completed: object, **more: object) -> dict[str, object]:
    return {"id": "55", "name": "Time to resolution", "_links": {}, "completedCycles": list(completed), **more}


def read_cycle(start: int, **more: object) -> dict[str, object]:
    return {
        "start": start,
        "stop": None,
        "breach_at": 1783414800000,
        "breached": False,
        "paused": False,
        "goal": 28_800_000,
        "elapsed": 3_700_376,
        "remaining": 25_099_624,
        **more,
    }


def test_an_sla_that_never_started_is_empty_and_one_that_does_not_apply_is_none() -> None:
    assert fields.sla(raw(sla_value())) == []
    assert fields.sla(raw(sla_value(ongoingCycle=None))) == []
    assert fields.sla(b"null") is None


def test_a_completed_cycle_is_read() -> None:
    value = sla_value(cycle(1783328533432, stopTime=at(1783386100376)))
    assert fields.sla(raw(value)) == [read_cycle(1783328533432, stop=1783386100376)]


def test_a_running_cycle_comes_last_and_completed_ones_in_the_order_in_which_they_stopped() -> None:
    value = sla_value(
        cycle(50, stopTime=at(60)),
        cycle(10, stopTime=at(20)),
        cycle(30, stopTime=at(40)),
        ongoingCycle=cycle(1, paused=False, withinCalendarHours=True),
    )
    assert [(cycle["start"], cycle["stop"]) for cycle in fields.sla(raw(value)) or ()] == [
        (10, 20),
        (30, 40),
        (50, 60),
        (1, None),
    ]


def test_a_paused_cycle_may_lack_the_time_of_its_breach() -> None:
    ongoing = cycle(5, paused=True)
    del ongoing["breachTime"]
    assert fields.sla(raw(sla_value(ongoingCycle=ongoing))) == [read_cycle(5, breach_at=None, paused=True)]


def test_remaining_time_is_negative_after_a_breach() -> None:
    ongoing = cycle(5, paused=False, breached=True, remainingTime=lasting(-60_000))
    assert fields.sla(raw(sla_value(ongoingCycle=ongoing))) == [read_cycle(5, breached=True, remaining=-60_000)]


@pytest.mark.parametrize(
    "value",
    [
        {"id": "55", "name": "x"},
        sla_value(cycle(1)),
        sla_value(ongoingCycle=cycle(1)),
        sla_value(cycle(1, stopTime=at(2), breached="no")),
        sla_value(cycle(1, stopTime={"jira": "2026-07-06T18:02:13.432+0900"})),
        sla_value(cycle(1, stopTime=at(2**63))),
        sla_value(cycle(1, stopTime=at(2), elapsedTime="8h")),
        {"errorMessage": "no"},
    ],
    ids=[
        "no list",
        "never stops",
        "no pause",
        "breached text",
        "no millis",
        "beyond 64 bits",
        "text duration",
        "error",
    ],
)
def test_a_doubtful_sla_is_malformed(value: object) -> None:
    with pytest.raises(MalformedField):
        fields.sla(raw(value))


def test_presence_is_anything_but_null_and_emptiness() -> None:
    for empty in (None, b"null", b"[]", b'""', b"{}", b"[ ]", b"{\n}"):
        assert not fields.present(empty)
    for full in (b"0", b"false", b'"x"', b"[null]", b'{"id":"1"}', msgspec.Raw(b"1")):
        assert fields.present(full)


# --- satisfaction, assets, channel, select fields


@pytest.mark.parametrize("stars", [1, 2, 3, 4, 5])
def test_a_rating_is_a_number_or_an_object_with_one(stars: int) -> None:
    for value in (stars, float(stars), {"rating": stars}, {"type": "csat", "rating": stars, "comment": {"body": "x"}}):
        found = fields.rating(raw(value))
        assert found == stars
        assert type(found) is int


@pytest.mark.parametrize("value", [0, 6, -1, 4.5, 5.000001, 1e300, 2**70, "5", [5], {"rating": "5"}, {"rating": None}])
def test_what_is_no_rating_is_malformed(value: object) -> None:
    for shape in (value, {"rating": value}):
        with pytest.raises(MalformedField):
            fields.rating(json.dumps(shape).encode())  # which writes numbers of any size


def test_assets_are_the_ids_of_their_objects() -> None:
    told = [{"workspaceId": "W", "id": "W:131", "objectId": "131"}, {"workspaceId": "W", "objectId": 132}]
    assert fields.assets(raw(told)) == ["131", "132"]
    assert fields.assets(b"[]") == []


@pytest.mark.parametrize("value", [[{"id": "W:131"}], ["131"], [None], {"objectId": "131"}, [{"objectId": None}]])
def test_an_asset_without_an_object_is_malformed(value: object) -> None:
    with pytest.raises(MalformedField):
        fields.assets(raw(value))


@pytest.mark.parametrize("value", ["portal", "email", "api", "never seen before"])
def test_a_channel_comes_as_it_is_stored(value: str) -> None:
    assert fields.channel(raw({"value": value})) == value


@pytest.mark.parametrize("value", ["portal", {"value": None}, {"value": 1}, {"value": ["portal"]}, {}])
def test_another_property_is_no_channel(value: object) -> None:
    with pytest.raises(MalformedField):
        fields.channel(raw(value))


def test_a_select_field_holds_one_option_or_many() -> None:
    berlin = {"self": "https://x/10100", "value": "Berlin", "id": "10100"}
    bonn = {"self": "https://x/10101", "value": "Bonn", "id": "10101", "disabled": True}
    assert fields.select(raw(berlin)) == [{"id": "10100", "name": "Berlin"}]
    assert fields.select(raw([berlin, bonn])) == [{"id": "10100", "name": "Berlin"}, {"id": "10101", "name": "Bonn"}]
    assert fields.select(b"[]") == []


def test_of_a_cascading_select_the_upper_option_is_read() -> None:
    value = {"value": "Europe", "id": "1", "child": {"value": "Berlin", "id": "2"}}
    assert fields.select(raw(value)) == [{"id": "1", "name": "Europe"}]


@pytest.mark.parametrize("value", ["Berlin", ["Berlin"], {"value": "Berlin"}, {"id": "1"}, [{"id": 1, "value": "x"}]])
def test_what_is_no_option_is_malformed(value: object) -> None:
    with pytest.raises(MalformedField):
        fields.select(raw(value))
