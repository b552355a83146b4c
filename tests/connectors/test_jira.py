"""The calls to Jira: what they read of each answer, how they page, and the pages that lead nowhere."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import AccessRefused, ConnectorError, GaveUp, QueryRefused, Unavailable
from connectors.http import Meter
from connectors.jira import Account, Contact, Field, Issue, Jira, Named, Project, Status, User
from tests.connectors.support import Handler, JumpingLoop, Script, answer, connect


class Asked:
    """A Jira over a script, with what it costs."""

    def __init__(self, handler: Handler) -> None:
        self._atlassian = connect(handler)
        self.jira = Jira(self._atlassian)
        self.meter = Meter()

    async def search(self, **more: Any) -> list[list[Issue]]:
        return [page async for page in self.jira.search("project = X", ["created"], meter=self.meter, **more)]

    async def aclose(self) -> None:
        await self._atlassian.aclose()


def page(*ids: object, token: str | None = None, last: bool | None = None) -> dict[str, object]:
    """A page of a search."""
    found: dict[str, object] = {"issues": [{"id": str(one), "key": f"X-{one}", "fields": {"n": one}} for one in ids]}
    if token is not None:
        found["nextPageToken"] = token
    if last is not None:
        found["isLast"] = last
    return found


async def search_error(*answers: httpx2.Response) -> tuple[ConnectorError, Script]:
    script = Script(*answers)
    async with aclosing(Asked(script)) as asked:
        with pytest.raises(ConnectorError) as caught:
            await asked.search()
    return caught.value, script


# --- single answers


async def test_the_reading_account_is_read_without_its_name() -> None:
    told = {"accountId": "a:1", "timeZone": "Europe/Berlin", "displayName": 7, "emailAddress": ["never decoded"]}
    async with aclosing(Asked(Script(answer(told)))) as asked:
        assert await asked.jira.myself(meter=asked.meter) == Account("a:1", "Europe/Berlin")
        assert asked.meter == Meter(calls=1, points=1)


async def test_fields_tell_their_custom_type() -> None:
    told = [
        {"id": "issuekey", "key": "issuekey", "name": "Key", "custom": False, "clauseNames": ["id", "key"]},
        {
            "id": "customfield_10010",
            "name": "Anfragetyp",
            "untranslatedName": "Request Type",
            "custom": True,
            "searchable": True,
            "clauseNames": ["cf[10010]"],
            "schema": {
                "type": "sd-customerrequesttype",
                "custom": "com.atlassian.servicedesk:vp-origin",
                "customId": 1,
            },
        },
        {"id": "created", "name": "Created", "searchable": True, "schema": {"type": "datetime", "system": "created"}},
    ]
    async with aclosing(Asked(Script(answer(told)))) as asked:
        assert await asked.jira.fields(meter=asked.meter) == [
            Field("issuekey", "Key", None, ("id", "key"), False),
            Field("customfield_10010", "Anfragetyp", "com.atlassian.servicedesk:vp-origin", ("cf[10010]",), True),
            Field("created", "Created", None, (), True),
        ]


async def test_statuses_priorities_and_issue_types_are_read() -> None:
    status = {"id": "1", "name": "Open", "statusCategory": {"id": 2, "key": "new", "name": "To Do"}}
    named = {"id": "3", "name": "Medium", "iconUrl": "x"}
    async with aclosing(Asked(Script(answer([status]), answer([named]), answer([named])))) as asked:
        assert await asked.jira.statuses(meter=asked.meter) == [Status("1", "Open", "new")]
        assert await asked.jira.priorities(meter=asked.meter) == [Named("3", "Medium")]
        assert await asked.jira.issue_types(meter=asked.meter) == [Named("3", "Medium")]
        assert asked.meter == Meter(calls=3, points=3)


async def test_the_count_is_read() -> None:
    script = Script(answer({"count": 153}))
    async with aclosing(Asked(script)) as asked:
        assert await asked.jira.approximate_count("project = X", meter=asked.meter) == 153
    assert script.bodies == [{"jql": "project = X"}]


async def test_each_parsed_query_has_its_own_errors() -> None:
    told = {"queries": [{"query": "a", "structure": {}}, {"query": "b", "errors": ["No field b."], "warnings": []}]}
    script = Script(answer(told))
    async with aclosing(Asked(script)) as asked:
        assert await asked.jira.parse_jql(["a", "b"], meter=asked.meter) == [(), ("No field b.",)]
        assert await asked.jira.parse_jql([], meter=asked.meter) == []
    assert script.requests[0].url.query == b"validation=strict"


async def test_a_parse_that_lost_a_query_is_given_up() -> None:
    async with aclosing(Asked(Script(answer({"queries": [{"query": "a"}]})))) as asked:
        with pytest.raises(GaveUp):
            await asked.jira.parse_jql(["a", "b"], meter=asked.meter)


@pytest.mark.parametrize("shape", [{}, [], None, "x", [{}], [[]], {"values": [{}]}, {"issues": [{}]}, {"queries": {}}])
async def test_every_call_gives_up_on_another_shape(shape: object) -> None:
    async with aclosing(Asked(lambda _: answer(shape))) as asked:
        jira, meter = asked.jira, asked.meter
        calls = [
            jira.myself(meter=meter),
            jira.fields(meter=meter),
            jira.projects(meter=meter),
            jira.statuses(meter=meter),
            jira.priorities(meter=meter),
            jira.issue_types(meter=meter),
            jira.users(["a"], meter=meter),
            jira.parse_jql(["a"], meter=meter),
            jira.approximate_count("a", meter=meter),
            jira.bulk_fetch(["1"], ["created"], meter=meter),
            asked.search(),
        ]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    good = {id(outcome) for outcome in outcomes if outcome == []}  # an empty list is a good answer for a list
    assert not good or shape == []
    assert all(isinstance(outcome, GaveUp) for outcome in outcomes if id(outcome) not in good)


# --- projects and users


def project(number: int) -> dict[str, object]:
    return {"id": str(number), "key": f"P{number}", "name": f"Project {number}", "projectTypeKey": "service_desk"}


def paged(items: Sequence[dict[str, object]], start: int, size: int) -> dict[str, object]:
    values = items[start : start + size]
    return {"startAt": start, "maxResults": size, "isLast": start + size >= len(items), "values": values}


async def test_projects_are_paged_to_their_end_however_few_a_page_holds() -> None:
    def site(request: httpx2.Request) -> httpx2.Response:
        return answer(paged([project(number) for number in range(5)], int(request.url.params["startAt"]), 2))

    async with aclosing(Asked(site)) as asked:
        found = await asked.jira.projects(meter=asked.meter)
        assert found == [Project(str(n), f"P{n}", f"Project {n}", "service_desk") for n in range(5)]
        assert asked.meter == Meter(calls=3, points=3 + 5)


async def test_named_projects_are_asked_for_in_batches_of_fifty() -> None:
    def site(request: httpx2.Request) -> httpx2.Response:
        keys = request.url.params.get_list("keys")
        batches.append(len(keys))
        return answer(paged([project(int(key[1:])) for key in keys if key != "P7"], 0, 100))

    batches: list[int] = []
    async with aclosing(Asked(site)) as asked:
        found = await asked.jira.projects([f"P{number}" for number in (*range(120), 0, 1)], meter=asked.meter)
    assert batches == [50, 50, 20]
    assert [one.key for one in found] == [f"P{number}" for number in range(120) if number != 7]


async def test_no_key_means_no_project_and_no_call() -> None:
    async with aclosing(Asked(Script())) as asked:
        assert await asked.jira.projects([], meter=asked.meter) == []
        assert await asked.jira.users([], meter=asked.meter) == {}
        assert asked.meter == Meter()


async def test_a_page_of_projects_that_repeats_ends_the_read() -> None:
    same = answer({"isLast": False, "values": [project(1)]})
    async with aclosing(Asked(Script(same, same))) as asked:
        with pytest.raises(Unavailable):
            await asked.jira.projects(meter=asked.meter)


async def test_an_empty_page_ends_a_list_that_never_says_last() -> None:
    script = Script(answer({"values": [project(1)]}), answer({"values": []}))
    async with aclosing(Asked(script)) as asked:
        assert len(await asked.jira.projects(meter=asked.meter)) == 1


async def test_users_are_read_in_batches_and_the_unreadable_are_absent() -> None:
    def site(request: httpx2.Request) -> httpx2.Response:
        ids, start = request.url.params.get_list("accountId"), int(request.url.params["startAt"])
        assert len(str(request.url)) < 8000
        known = [{"accountId": one, "displayName": one.upper(), "active": True, "emailAddress": 3} for one in ids]
        return answer(paged([user for user in known if user["accountId"] != ids[3]], start, 30))

    ids = [f"qm:{number:0125d}" for number in range(70)]
    async with aclosing(Asked(site)) as asked:
        found = await asked.jira.users([*ids, *ids], meter=asked.meter)
        assert asked.meter == Meter(calls=3, points=3 + 2 * 68)
    assert list(found) == [one for number, one in enumerate(ids) if number not in (3, 53)]
    assert found[ids[0]] == User(ids[0], ids[0].upper(), True)


async def test_a_hidden_name_is_none() -> None:
    told = [{"accountId": "a", "displayName": None, "active": False}, {"accountId": "b"}]
    async with aclosing(Asked(Script(answer({"values": told, "isLast": True})))) as asked:
        assert await asked.jira.users(["a", "b"], meter=asked.meter) == {"a": User("a", None, False), "b": User("b")}


async def test_addresses_are_decoded_only_where_they_are_asked_for() -> None:
    told = {"values": [{"accountId": "a", "displayName": "Ann", "emailAddress": "a@x.example"}], "isLast": True}
    async with aclosing(Asked(Script(answer(told), answer(told)))) as asked:
        assert await asked.jira.contacts(["a"], meter=asked.meter) == {"a": Contact("a", "Ann", True, "a@x.example")}
        assert await asked.jira.users(["a"], meter=asked.meter) == {"a": User("a", "Ann")}
        assert asked.meter == Meter(calls=2, points=6)


async def test_a_page_of_users_that_repeats_ends_the_read() -> None:
    same = answer({"isLast": False, "values": [{"accountId": "a"}]})
    async with aclosing(Asked(Script(same, same))) as asked:
        with pytest.raises(Unavailable):
            await asked.jira.users(["a", "b"], meter=asked.meter)


# --- search


async def test_a_search_sends_the_cursor_and_what_it_was_asked_on_every_page() -> None:
    script = Script(answer(page(1, 2, token="t1")), answer(page(3, last=True)))  # noqa: S106
    async with aclosing(Asked(script)) as asked:
        pages = await asked.search(page_size=2, properties=["request.channel.type"])
        assert [[(issue.id, bytes(issue.fields["n"])) for issue in one] for one in pages] == [
            [("1", b"1"), ("2", b"2")],
            [("3", b"3")],
        ]
        assert asked.meter == Meter(calls=2, points=2 + 3)
    first = {"jql": "project = X", "fields": ["created"], "maxResults": 2, "properties": ["request.channel.type"]}
    assert script.bodies == [first, first | {"nextPageToken": "t1"}]


async def test_a_search_for_no_field_asks_for_ids_and_reads_issues_without_fields() -> None:
    script = Script(answer({"issues": [{"id": "1"}], "isLast": True}))
    async with aclosing(Asked(script)) as asked:
        assert [one async for one in asked.jira.search("a", [], meter=asked.meter)] == [[Issue("1")]]
    assert script.bodies == [{"jql": "a", "fields": ["id"], "maxResults": 100}]


async def test_properties_come_with_the_issue() -> None:
    told = {"issues": [{"id": "1", "fields": {}, "properties": {"request.channel.type": {"value": "email"}}}]}
    async with aclosing(Asked(Script(answer(told)))) as asked:
        [[issue]] = await asked.search()
    assert bytes(issue.properties["request.channel.type"]) == b'{"value":"email"}'


@given(sizes=st.lists(st.integers(0, 4), min_size=1, max_size=15))
@settings(max_examples=40, deadline=None)
def test_only_the_cursor_tells_whether_there_is_more(sizes: list[int]) -> None:
    """Short and empty pages, wherever they come, neither end a search nor lose an issue."""
    bounds = [sum(sizes[:number]) for number in range(len(sizes) + 1)]

    def site(request: httpx2.Request) -> httpx2.Response:
        number = int(orjson.loads(request.content).get("nextPageToken", 0))
        token = str(number + 1) if number + 1 < len(sizes) else None
        return answer(page(*range(bounds[number], bounds[number + 1]), token=token))

    async def all_ids() -> list[str]:
        async with aclosing(Asked(site)) as asked:
            return [issue.id for one in await asked.search() for issue in one]

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        assert runner.run(all_ids()) == [str(number) for number in range(sum(sizes))]


async def test_a_cursor_is_followed_even_beyond_a_page_that_calls_itself_the_last() -> None:
    script = Script(answer(page(1, token="t1", last=True)), answer(page(2)))  # noqa: S106
    async with aclosing(Asked(script)) as asked:
        assert [[issue.id for issue in one] for one in await asked.search()] == [["1"], ["2"]]


async def test_more_pages_without_a_cursor_are_no_end() -> None:
    error, _ = await search_error(answer(page(1, last=False)))
    assert type(error) is Unavailable


async def test_a_repeated_cursor_ends_the_search() -> None:
    error, script = await search_error(
        answer(page(1, token="t1")),  # noqa: S106
        answer(page(2, token="t2")),  # noqa: S106
        answer(page(3, token="t1")),  # noqa: S106
    )
    assert type(error) is Unavailable
    assert len(script.requests) == 3


async def test_a_repeated_page_ends_the_search_though_its_cursor_is_new() -> None:
    error, _ = await search_error(
        answer(page(1, 2, token="t1")),  # noqa: S106
        answer(page(3, 4, token="t2")),  # noqa: S106
        answer(page(1, 2, token="t3")),  # noqa: S106
    )
    assert type(error) is Unavailable


async def test_a_repeated_last_page_is_no_end() -> None:
    error, _ = await search_error(answer(page(1, 2, token="t1")), answer(page(1, 2)))  # noqa: S106
    assert type(error) is Unavailable


async def test_empty_pages_without_end_are_no_search() -> None:
    error, script = await search_error(*[answer(page(token=f"t{number}")) for number in range(50)])
    assert type(error) is Unavailable
    assert len(script.requests) < 30


@pytest.mark.parametrize("told", [{"errorMessages": ["Das Token ist abgelaufen."]}, {"errorMessages": []}])
async def test_a_refused_cursor_is_no_refused_query(told: dict[str, object]) -> None:
    error, _ = await search_error(answer(page(1, token="t1")), answer(told, status=400))  # noqa: S106
    assert type(error) is Unavailable


async def test_a_refused_query_is_one_on_the_first_page() -> None:
    error, _ = await search_error(
        answer({"errorMessages": ["Unbounded JQL queries are not allowed here."]}, status=400)
    )
    assert isinstance(error, QueryRefused)
    assert error.messages == ("Unbounded JQL queries are not allowed here.",)


async def test_a_credential_that_expires_in_the_middle_of_a_search_is_no_end() -> None:
    error, _ = await search_error(
        answer(page(1, token="t1")),  # noqa: S106
        answer({"issues": [], "isLast": True}, X_Seraph_LoginReason="AUTHENTICATED_FAILED"),
    )
    assert isinstance(error, AccessRefused)


async def test_a_search_that_nobody_reads_on_asks_no_more() -> None:
    script = Script(answer(page(1, token="t1")))  # noqa: S106
    async with aclosing(Asked(script)) as asked:
        async for _ in asked.jira.search("a", ["created"], meter=asked.meter):
            break
    assert len(script.requests) == 1


# --- ids alone, and issues by id


async def test_ids_are_read_in_pages_as_large_as_jira_gives() -> None:
    script = Script(answer({"issues": [{"id": "1"}, {"id": "2"}], "nextPageToken": "t"}), answer(page(3, last=True)))
    async with aclosing(Asked(script)) as asked:
        assert [one async for one in asked.jira.issue_ids("a", meter=asked.meter)] == [["1", "2"], ["3"]]
        assert asked.meter == Meter(calls=2, points=2 + 3)
    first = {"jql": "a", "fields": ["id"], "maxResults": 5000}
    assert script.bodies == [first, first | {"nextPageToken": "t"}]


async def test_ids_are_guarded_as_a_search_is() -> None:
    same = answer(page(1, token="t1"))  # noqa: S106
    async with aclosing(Asked(Script(same, same))) as asked:
        with pytest.raises(Unavailable):
            [one async for one in asked.jira.issue_ids("a", meter=asked.meter)]


async def test_issues_are_fetched_by_id_in_batches_of_a_hundred_and_the_unreadable_are_absent() -> None:
    def site(request: httpx2.Request) -> httpx2.Response:
        body = orjson.loads(request.content)
        assert body["fields"] == ["created"]
        batches.append(len(body["issueIdsOrKeys"]))
        readable = [one for one in body["issueIdsOrKeys"] if one != "7"]
        return answer({"issues": [{"id": one, "fields": {"created": int(one)}} for one in readable], "issueErrors": []})

    batches: list[int] = []
    ids = [str(number) for number in range(1, 251)]
    async with aclosing(Asked(site)) as asked:
        found = await asked.jira.bulk_fetch([*ids, *ids], ["created"], meter=asked.meter)
        assert asked.meter == Meter(calls=3, points=3 + 249)
    assert batches == [100, 100, 50]
    assert list(found) == [one for one in ids if one != "7"]
    assert bytes(found["12"].fields["created"]) == b"12"


async def test_no_id_is_no_call_and_no_field_is_the_id_alone() -> None:
    """Not every field that can be shown, as Jira would give."""
    script = Script(answer({"issues": [{"id": "1"}]}))
    async with aclosing(Asked(script)) as asked:
        assert await asked.jira.bulk_fetch([], ["created"], meter=asked.meter) == {}
        assert asked.meter == Meter()
        assert await asked.jira.bulk_fetch(["1"], [], meter=asked.meter) == {"1": Issue("1")}
    assert script.bodies == [{"issueIdsOrKeys": ["1"], "fields": ["id"]}]
