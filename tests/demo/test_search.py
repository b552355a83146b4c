"""What JQL finds, and how its results are paged."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.build import CycleSpec, SiteBuilder, completed, millis, ongoing
from demo.dates import jira_date
from demo.jql import And, Clause, Empty, JqlError, Node, Not, Or, Query, Several, Value, render
from demo.model import Issue, Site
from demo.search import UNBOUNDED, BadTokenError, Search

NOW = "2026-03-31T12:00Z"
RESOLUTION = "Time to resolution"


def search(site: Site, now: str = NOW) -> Search:
    return Search(site, lambda: millis(now))


def found(site: Site, jql: str, now: str = NOW) -> str:
    """The summaries found, in alphabetical order."""
    return "".join(sorted(issue.summary for issue in search(site, now).page(jql, 5000, None).issues))


# -- SLA functions

CYCLES: dict[str, list[CycleSpec] | None] = {
    "A": [completed(stop="2026-03-02", elapsed_hours=3)],
    "B": [completed(stop="2026-03-03", breached=True, elapsed_hours=10), completed(stop="2026-03-05", elapsed_hours=2)],
    "C": [completed(stop="2026-03-04", elapsed_hours=8), completed(stop="2026-03-06", breached=True, elapsed_hours=9)],
    "D": [ongoing(breached=True, elapsed_hours=12)],
    "E": [completed(stop="2026-02-27", breached=True, elapsed_hours=20), ongoing(paused=True)],
    "F": [],
    "G": None,
    "H": [completed(stop="2026-03-10", elapsed_hours=5)],
}


@pytest.fixture(scope="module")
def slas() -> Site:
    builder = SiteBuilder(now=NOW)
    for name, cycles in CYCLES.items():
        builder.request(created="2026-02-01", summary=name, sla={RESOLUTION: cycles})
    return builder.site()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("= breached()", "CD"),
        ("!= breached()", "ABEH"),
        ("= everBreached()", "BCDE"),
        ("!= everBreached()", "AH"),
        ("= running()", "D"),
        ("= paused()", "E"),
        ("= completed()", "ABCEH"),
        ("is EMPTY", "G"),
        ("is not EMPTY", "ABCDEFH"),
        ("< remaining('0m')", "D"),
        ("> elapsed('30m')", "DE"),
    ],
)
def test_sla_functions_look_at_the_cycles(slas: Site, condition: str, expected: str) -> None:
    assert found(slas, f'"{RESOLUTION}" {condition}') == expected
    assert found(slas, f"cf[10031] {condition}") == expected


def test_not_of_an_sla_function_leaves_out_requests_without_a_cycle(slas: Site) -> None:
    assert found(slas, f'NOT "{RESOLUTION}" = breached()') == "ABEH"


def test_a_live_cycle_breaches_by_itself() -> None:
    builder = SiteBuilder(now=NOW)
    builder.request(summary="x", sla={RESOLUTION: [ongoing(elapsed_hours=7.5, goal_hours=8, live=True)]})
    jql = f'"{RESOLUTION}" = breached()'
    assert found(builder.site(), jql, "2026-03-31T12:29Z") == ""
    assert found(builder.site(), jql, "2026-03-31T12:30Z") == "x"


# -- fields


@pytest.fixture(scope="module")
def desk() -> Site:
    builder = SiteBuilder(now=NOW, zone="Europe/Berlin")
    builder.user("carl", active=False)
    builder.organization("Acme")
    builder.organization("Acme", id="77")
    builder.project("HR")
    parent = builder.request(summary="a", assignee="ann", organizations=["Acme"], labels=["red"], channel="email")
    builder.request(summary="b", assignee="bob", organizations=["Acme", "Beta"], labels=["red", "blue"], channel=None)
    builder.request(summary="c", project="HR", resolved=NOW, options={"Root cause": "Network"}, components=["Lan"])
    builder.request(summary="d", priority="High", duedate="2026-03-30", rating=4, rated=NOW, status="In Progress")
    builder.request(summary="e", request_type=None, issue_type="Sub-task", parent=parent, priority=None, channel=None)
    builder.request(summary="z", restricted=True)
    return builder.site()


@pytest.mark.parametrize(
    ("jql", "expected"),
    [
        ("project = its", "abde"),
        ('project in ("HR", "ITS")', "abcde"),
        ("project != HR", "abde"),
        ("cf[10010] is not EMPTY", "abcd"),
        ("cf[10010] is EMPTY and project = ITS", "e"),
        ('"Request Type" = "Get help (HR)"', "c"),
        ('"Anfragetyp" = "Get help"', "abcd"),
        ('assignee in ("acc:ann")', "a"),
        ('assignee != "acc:ann"', "b"),
        ('NOT assignee = "acc:ann"', "b"),
        ('assignee not in ("acc:ann") or assignee is EMPTY', "bcde"),
        ('assignee in (EMPTY, "acc:bob")', "bcde"),
        ("assignee = currentUser() or labels in (blue)", "b"),
        ("labels = red", "ab"),
        ("labels != blue", "a"),
        ("labels is EMPTY", "cde"),
        ("component in (Lan)", "c"),
        ("cf[10101] in (Network)", "c"),
        ('"Root cause" = network', "c"),
        ("Organizations = Acme", "ab"),
        ("cf[10002] = 77", ""),
        ("cf[10002] in (Beta)", "b"),
        ("request-channel-type in (email)", "a"),
        ("request-channel-type is EMPTY", "be"),
        ("resolution is EMPTY and project = HR", ""),
        ("resolution = Done", "c"),
        ("statusCategory = Done", "c"),
        ("statusCategory != Done", "abde"),
        ('statusCategory = "In Progress"', "d"),
        ('status in ("1")', "abe"),
        ("issuetype in subTaskIssueTypes()", "e"),
        ("issuetype not in subTaskIssueTypes()", "abcd"),
        ("parent = ITS-1", "e"),
        ("key in (ITS-1, its-2)", "ab"),
        ("id in (10001)", "a"),
        ("priority = High", "d"),
        ("priority is EMPTY", "e"),
        ("due < startOfDay()", "d"),
        ('duedate = "2026-03-30"', "d"),
        ("Satisfaction is not EMPTY", "d"),
        ("resolved >= -1d", "c"),
        ("summary ~ d", "d"),
        ("text ~ nothing", ""),
        ("summary !~ a", "bcde"),
        ("d", "d"),
    ],
)
def test_fields_mean_what_they_mean_in_jira(desk: Site, jql: str, expected: str) -> None:
    assert found(desk, jql) == expected
    assert search(desk).count(jql) == len(expected)


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("universe = 1", "Field 'universe' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("status in (Open, Nope)", "The value 'Nope' does not exist for the field 'status'."),
        ("key = ITS-6", "The value 'ITS-6' does not exist for the field 'key'."),
        ("project > ITS", "The operator '>' is not supported by the 'project' field."),
        ("created ~ today", "The operator '~' is not supported by the 'created' field."),
        ("created >= yesterday", "Date value 'yesterday' for field 'created' is invalid."),
        ('created >= "2026-02-30"', "Date value '2026-02-30' for field 'created' is invalid."),
        ("created >= firstOfMay()", "Unable to find JQL function 'firstOfMay()'."),
        (f'"{RESOLUTION}" = 3', "only supports functions"),
        (f'"{RESOLUTION}" = late()', "Unable to find JQL function 'late()'."),
        ("cf[99999] is EMPTY", "Field 'cf[99999]' does not exist"),
        ("assignee in membersOf(x)", "Unable to find JQL function 'membersOf(x)'."),
        ("project = ITS order by colour", "Field 'colour' does not exist"),
        ("request-channel-type = fax", "The value 'fax' does not exist"),
        ("order by created", UNBOUNDED),
        ("", UNBOUNDED),
    ],
)
def test_everything_else_is_refused(desk: Site, jql: str, message: str) -> None:
    with pytest.raises(JqlError) as caught:
        search(desk).page(jql, 50, None)
    assert message in caught.value.message


# -- dates in the reading account's zone


def created_at(*instants: str, zone: str) -> Site:
    builder = SiteBuilder(now=NOW, zone=zone)
    for number, instant in enumerate(instants):
        builder.request(summary=str(number), created=instant)
    return builder.site()


def test_date_literals_are_read_in_the_accounts_zone_across_summer_time() -> None:
    site = created_at(
        "2026-03-28T22:59:59Z", "2026-03-28T23:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00Z", zone="Europe/Berlin"
    )
    assert found(site, 'created >= "2026-03-29" and created < "2026-03-30"') == "12"
    assert found(site, 'created >= "2026/03/29 23:59"') == "23"
    assert found(site, f"created >= {millis('2026-03-29T22:00Z')}") == "3"


def test_day_functions_and_periods_count_from_now() -> None:
    site = created_at(
        "2026-03-31T03:59Z", "2026-03-31T04:00Z", "2026-03-30T12:00Z", "2026-03-01T05:00Z", zone="America/New_York"
    )
    assert found(site, "created >= startOfDay()") == "1"
    assert found(site, "created >= startOfDay(-1) and created <= endOfDay(-1)") == "02"
    assert found(site, "created >= -24h") == "012"
    assert found(site, "created >= startOfMonth() and created < startOfWeek()") == "3"
    assert found(site, "created > now()") == ""


def test_a_skipped_and_a_repeated_hour_have_an_instant() -> None:
    site = created_at("2026-03-29T01:15Z", "2026-10-25T00:15Z", "2026-10-25T01:15Z", zone="Europe/Berlin")
    assert found(site, 'created >= "2026-03-29 02:30"', "2026-11-01T00:00Z") == "12"
    assert found(site, 'created >= "2026-10-25 02:10"', "2026-11-01T00:00Z") == "12"


@given(
    st.integers(0, 4_000_000_000_000),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham"]),
)
def test_jira_dates_name_the_instant_in_every_zone(ms: int, zone: str) -> None:
    text = jira_date(ms, ZoneInfo(zone))
    assert millis(datetime.fromisoformat(text)) == ms
    local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(ZoneInfo(zone))
    assert text[:13] == f"{local:%Y-%m-%dT%H}"


# -- logic

NAMES = ("ann", "bob", None)


def _accounts(operator: str) -> st.SearchStrategy[Clause]:
    values = st.lists(st.sampled_from(["acc:ann", "acc:bob"]), min_size=1, max_size=2)
    return values.map(lambda names: Clause("assignee", operator, Several(tuple(map(Value, names)))))


_leaves = st.one_of(
    _accounts("in"),
    _accounts("not in"),
    st.sampled_from(
        [Clause("assignee", "is", Empty()), Clause("labels", "=", Value("x")), Clause("labels", "!=", Value("x"))]
    ),
)
_trees: st.SearchStrategy[Node] = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=8,
)


def _holds(node: Node, issue: Issue, *, flip: bool = False) -> bool:
    """The same by hand: NOT goes down to the clauses, and != wants a value."""
    if isinstance(node, Not):
        return _holds(node.part, issue, flip=not flip)
    if isinstance(node, (And, Or)):
        results = [_holds(part, issue, flip=flip) for part in node.parts]
        return all(results) if isinstance(node, And) is not flip else any(results)
    assert isinstance(node, Clause)
    values = [issue.assignee.account_id] if issue.assignee else []
    values = list(issue.labels) if node.field == "labels" else values
    negative = node.operator in ("not in", "!=") or node.operator == "is not"
    if isinstance(node.operand, Empty):
        return (not values) is not flip
    wanted = node.operand.items if isinstance(node.operand, Several) else (node.operand,)
    hit = any(isinstance(one, Value) and one.text in values for one in wanted)
    return bool(values) and not hit if negative is not flip else hit


@pytest.fixture(scope="module")
def crowd() -> Site:
    builder = SiteBuilder(now=NOW)
    builder.user("ann")
    builder.user("bob")
    for name in NAMES:
        for labels in ((), ("x",), ("y",), ("x", "y")):
            builder.request(assignee=name, labels=labels)
    return builder.site()


@given(tree=_trees)
def test_any_combination_agrees_with_plain_logic(crowd: Site, tree: Node) -> None:
    page = search(crowd).page(render(Query(tree)), 100, None)
    assert {one.id for one in page.issues} == {one.id for one in crowd.issues if _holds(tree, one)}


# -- order and cursors


def _all_pages(finder: Search, jql: str, size: int) -> list[Issue]:
    issues: list[Issue] = []
    page = finder.page(jql, size, None)
    issues.extend(page.issues)
    while page.next_token is not None:
        page = finder.page(jql, size, page.next_token)
        issues.extend(page.issues)
    return issues


@given(
    size=st.integers(1, 15),
    order=st.sampled_from(["", "order by assignee", "order by labels desc", "order by created, key desc"]),
)
def test_pages_of_any_size_are_the_whole(crowd: Site, size: int, order: str) -> None:
    jql = f"project = ITS {order}"
    if "labels" in order:
        with pytest.raises(JqlError):
            search(crowd).page(jql, size, None)
        return
    issues = _all_pages(search(crowd), jql, size)
    assert issues == list(search(crowd).page(jql, 5000, None).issues)
    assert len(issues) == len(crowd.issues)


def test_order_is_by_the_fields_named_and_newest_first_otherwise() -> None:
    site = created_at("2026-03-03", "2026-03-01", "2026-03-02", zone="UTC")

    def order(jql: str) -> str:
        return "".join(one.summary for one in search(site).page(jql, 9, None).issues)

    assert order("project = ITS") == "210"
    assert order("project = ITS order by created") == "120"
    assert order("project = ITS order by priority, created desc") == "021"


def test_a_page_goes_on_behind_the_last_issue_after_a_change() -> None:
    site = created_at("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04", zone="UTC")
    finder = search(site)
    first = finder.page("project = ITS order by created", 2, None)
    site.issues.pop(0)
    site.issues[-1].created = millis("2026-02-01")
    site.changed()
    second = finder.page("project = ITS order by created", 2, first.next_token)
    assert [one.summary for one in second.issues] == ["2"]
    assert second.next_token is None


def test_tokens_belong_to_their_query_and_expire() -> None:
    site = created_at("2026-03-01", "2026-03-02", zone="UTC")
    token = search(site).page("project = ITS", 1, None).next_token
    assert token is not None
    assert search(site).page("project = ITS", 1, token).issues
    for jql, given_token, now in (
        ("project in (ITS)", token, NOW),
        ("project = ITS", "nonsense", NOW),
        ("project = ITS", token, "2026-04-08T12:00Z"),
    ):
        with pytest.raises(BadTokenError):
            search(site, now).page(jql, 1, given_token)
