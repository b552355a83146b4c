"""The rules of the incident event log, on a few lines by hand and, where it is at hand, on the real file."""

from __future__ import annotations

import csv
import lzma
import os
from collections import Counter
from pathlib import Path

import pytest

from demo.build import HOUR, millis
from demo.event_log import instant, load, organization_id, request_type_id, user_id
from demo.model import Category, Issue

HEADER = (
    "number,incident_state,made_sla,caller_id,opened_at,sys_updated_at,contact_type,location,category,priority,assigned_to,"
    "resolved_at,closed_at"
)
LOG = f"""{HEADER}
I1,New,true,Caller 1,1/3/2016 08:00,1/3/2016 08:05,Phone,Location 1,Category 5,3 - Moderate,?,1/3/2016 12:00,5/3/2016 12:00
I1,Resolved,true,Caller 1,1/3/2016 08:00,1/3/2016 12:00,Phone,Location 1,Category 5,3 - Moderate,Resolver 7,1/3/2016 12:00,5/3/2016 12:00
I2,New,true,Caller 2,2/3/2016 09:00,2/3/2016 09:00,Email,?,?,?,Resolver 7,?,?
I1,Closed,true,Caller 1,1/3/2016 08:00,5/3/2016 12:00,Phone,Location 1,Category 5,2 - High,Resolver 7,1/3/2016 12:00,5/3/2016 12:00
I3,-100,false,?,3/3/2016 10:00,3/3/2016 10:00,Phone,Location 2,Category 5,4 - Low,?,?,9/3/2016 10:00
I3,Resolved,false,?,3/3/2016 10:00,4/3/2016 10:00,Phone,Location 2,Category 5,4 - Low,?,?,9/3/2016 10:00
I3,Active,false,?,3/3/2016 10:00,4/3/2016 12:00,Phone,Location 2,Category 5,4 - Low,?,?,9/3/2016 10:00
I3,Closed,false,?,3/3/2016 10:00,6/3/2016 10:00,Phone,Location 2,Category 5,4 - Low,?,?,9/3/2016 10:00
I3,Resolved,false,?,3/3/2016 10:00,5/3/2016 10:00,Phone,Location 2,Category 5,4 - Low,?,?,9/3/2016 10:00
"""


@pytest.fixture(scope="module", params=["log.csv", "log.csv.xz"])
def incidents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Issue]:
    path: Path = tmp_path_factory.mktemp("log") / request.param
    path.write_bytes(lzma.compress(LOG.encode()) if path.suffix == ".xz" else LOG.encode())
    return {one.summary: one for one in load(path).issues}


def test_the_last_row_of_an_incident_counts(incidents: dict[str, Issue]) -> None:
    one = incidents["I1"]
    assert (one.priority and one.priority.name, one.channel) == ("2 - High", "jira")
    assert one.assignee is not None
    assert (one.assignee.display_name, one.assignee.account_id) == ("Resolver 7", user_id("Resolver 7"))
    assert one.reporter is not None
    assert one.reporter.account_id == "log:caller-1"
    assert [(org.name, org.id) for org in one.organizations] == [("Location 1", organization_id("Location 1"))]
    assert one.request_type is not None
    assert (one.request_type.name, one.request_type.id) == ("Category 5", request_type_id("Category 5"))
    assert (one.created, one.resolved) == (millis("2016-03-01T08:00Z"), millis("2016-03-01T12:00Z"))
    assert (one.status_category_changed, one.updated) == (millis("2016-03-01T12:00Z"), millis("2016-03-05T12:00Z"))
    (cycle,) = one.sla["customfield_10031"]
    assert (cycle.start, cycle.stop, cycle.elapsed, cycle.goal, cycle.breached) == (
        one.created,
        one.resolved,
        4 * HOUR,
        8 * HOUR,
        False,
    )


def test_missing_values_stay_missing_but_for_the_category(incidents: dict[str, Issue]) -> None:
    two = incidents["I2"]
    assert two.request_type is not None
    assert two.request_type.name == "Uncategorised"
    assert (two.priority, two.organizations, two.resolved, two.channel) == (None, (), None, "email")
    assert two.sla == {"customfield_10031": ()}
    assert incidents["I3"].assignee is incidents["I3"].reporter is None


def test_the_history_is_in_the_order_of_the_clock(incidents: dict[str, Issue]) -> None:
    three = incidents["I3"]
    assert [one.at for one in three.history] == [
        millis(f"2016-03-{day}:00Z") for day in ("04T10", "04T12", "05T10", "06T10")
    ]
    assert three.status.name == "Closed"
    assert three.resolved == three.status_category_changed == millis("2016-03-05T10:00Z")
    assert three.sla["customfield_10031"][0].breached is True


def test_states_have_their_categories(incidents: dict[str, Issue]) -> None:
    assert incidents["I2"].status.category is Category.TODO
    assert incidents["I3"].status.category is Category.DONE


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="not an incident event log"):
        load(path)


# -- the real one


@pytest.fixture(scope="module")
def real() -> Path:
    place = os.environ.get("ITSM_TEST_EVENT_LOG")
    if not place:
        pytest.skip("ITSM_TEST_EVENT_LOG is not set: the real event log is not at hand")
    return Path(place)


def test_the_real_log_agrees_with_plain_counting(real: Path) -> None:
    opener = lzma.open if real.suffix == ".xz" else open
    with opener(real, "rt", encoding="utf-8") as text:
        last = {row["number"]: row for row in csv.DictReader(text)}
    site = load(real)
    assert len(site.issues) == len(last)
    assert {one.summary for one in site.issues} == set(last)
    assert Counter(one.assignee.display_name if one.assignee else "?" for one in site.issues) == Counter(
        row["assigned_to"] for row in last.values()
    )
    assert Counter(one.organizations[0].name if one.organizations else "?" for one in site.issues) == Counter(
        row["location"] for row in last.values()
    )
    assert Counter(one.request_type.name for one in site.issues if one.request_type) == Counter(
        "Uncategorised" if row["category"] == "?" else row["category"] for row in last.values()
    )
    assert Counter(one.channel for one in site.issues) == Counter(
        {"Phone": "jira", "Email": "email"}[row["contact_type"]] for row in last.values()
    )
    assert Counter(one.created for one in site.issues) == Counter(instant(row["opened_at"]) for row in last.values())
    breached = sum(cycle.breached for one in site.issues for cycle in one.sla["customfield_10031"])
    resolved = {one.summary for one in site.issues if one.resolved is not None}
    assert breached == sum(row["made_sla"] == "false" for number, row in last.items() if number in resolved)
    for one in site.issues:
        at = last[one.summary]["resolved_at"]
        if one.resolved is not None and at != "?":
            assert one.resolved == instant(at)
    assert len({user.account_id for user in site.users}) == len(site.users)
