"""The calls to Jira Service Management: what they read, how they page, and the pages that lead nowhere."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import AccessRefused, ConnectorError, GaveUp, Unavailable
from connectors.http import Meter
from connectors.jsm import Jsm, JsmOrganization, Member, RequestType, ServiceDesk
from tests.connectors.support import SITE, Handler, JumpingLoop, Script, answer, connect, elapsed, plain

Items = Sequence[dict[str, Any]]
LISTS: dict[str, Callable[[Jsm, Meter], AsyncIterator[list[Any]]]] = {
    "servicedesk": lambda jsm, meter: jsm.service_desks(meter=meter),
    "requesttype": lambda jsm, meter: jsm.request_types(meter=meter),
    "organization": lambda jsm, meter: jsm.organizations(meter=meter),
    "organization/27/user": lambda jsm, meter: jsm.organization_users("27", meter=meter),
    "servicedesk/3/organization": lambda jsm, meter: jsm.desk_organizations("3", meter=meter),
    "servicedesk/3/customer": lambda jsm, meter: jsm.customers("3", meter=meter),
}
NEEDED = {
    "servicedesk": ["id", "projectId", "projectKey", "projectName"],
    "requesttype": ["id", "name", "serviceDeskId", "issueTypeId"],
    "organization": ["id", "name"],
    "organization/27/user": ["accountId", "active"],
    "servicedesk/3/organization": ["id", "name"],
    "servicedesk/3/customer": ["accountId", "active"],
}
each_list = pytest.mark.parametrize("address", LISTS)


class Asked:
    """A JSM over a script, with what it costs."""

    def __init__(self, handler: Handler) -> None:
        self._atlassian = connect(handler)
        self.jsm = Jsm(self._atlassian)
        self.meter = Meter()

    async def read(self, address: str = "organization") -> list[list[Any]]:
        """All pages of a list."""
        pages = LISTS[address](self.jsm, self.meter)
        return [page async for page in pages]

    async def aclose(self) -> None:
        await self._atlassian.aclose()


def organization(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": f"Org {number}", "_links": {"self": f"https://evil.example/{number}"}}


def person(account_id: str, active: bool = True) -> dict[str, Any]:
    """A member whose name and address would not be readable as what they should be."""
    return {"accountId": account_id, "active": active, "displayName": 7, "emailAddress": ["x"], "name": {}, "key": 1}


def thing(address: str, number: int) -> dict[str, Any]:
    """An item of any list."""
    if address.rpartition("/")[2] in ("user", "customer"):
        return person(f"qm:{number}")
    desk = {"projectId": str(number), "projectKey": f"K{number}", "projectName": f"Project {number}"}
    return organization(number) | desk | {"serviceDeskId": "3", "issueTypeId": "10001", "groupIds": []}


def page(items: Items, *, last: bool | None = None, **more: Any) -> dict[str, Any]:
    """A page as documented, whose links lead elsewhere; `more` overrides what it says of itself."""
    links = {"base": "https://evil.example", "next": "https://evil.example/next?start=1"}
    said: dict[str, Any] = {"_expands": [], "_links": links, "size": len(items), "values": items}
    if last is not None:
        said["isLastPage"] = last
    return {name: value for name, value in (said | more).items() if value is not None}


def offered(items: Items, most: int, urls: list[httpx2.URL] | None = None) -> Handler:
    """A server that pages `items` by what it is asked for, giving `most` a page."""

    def site(request: httpx2.Request) -> httpx2.Response:
        if urls is not None:
            urls.append(request.url)
        start, limit = int(request.url.params["start"]), min(int(request.url.params["limit"]), most)
        shown = items[start : start + limit]
        return answer(page(shown, start=start, limit=limit, last=start + limit >= len(items)))

    return site


async def failed(*answers: httpx2.Response, address: str = "organization") -> tuple[ConnectorError, Script]:
    script = Script(*answers)
    async with aclosing(Asked(script)) as asked:
        with pytest.raises(ConnectorError) as caught:
            await asked.read(address)
    return caught.value, script


# --- what is read


async def test_service_desks_are_read_with_their_projects() -> None:
    told = {"id": "1", "projectId": "10001", "projectKey": "ITS", "projectName": "IT", "projectTypeKey": "x"}
    async with aclosing(Asked(Script(answer(page([told], last=True))))) as asked:
        assert await asked.read("servicedesk") == [[ServiceDesk("1", "10001", "ITS", "IT")]]
        assert asked.meter == Meter(calls=1, points=2)


async def test_request_types_are_read_with_their_groups() -> None:
    told = {"id": "88", "name": "Laptop", "serviceDeskId": "1", "issueTypeId": "10110", "icon": {"id": "1"}}
    script = Script(answer(page([told | {"groupIds": ["9", "12"]}, told | {"id": "89"}], last=True)))
    async with aclosing(Asked(script)) as asked:
        assert await asked.read("requesttype") == [
            [RequestType("88", "Laptop", "1", "10110", ("9", "12")), RequestType("89", "Laptop", "1", "10110", ())]
        ]
        assert asked.meter == Meter(calls=1, points=3)


@pytest.mark.parametrize("address", ["organization", "servicedesk/3/organization"])
async def test_organizations_are_read(address: str) -> None:
    async with aclosing(Asked(Script(answer(page([organization(27)], last=True))))) as asked:
        assert await asked.read(address) == [[JsmOrganization("27", "Org 27")]]
        assert asked.meter == Meter(calls=1, points=2)


@pytest.mark.parametrize("address", ["organization/27/user", "servicedesk/3/customer"])
async def test_of_people_only_the_id_and_whether_they_are_active_is_decoded(address: str) -> None:
    told = [person("qm:1:2"), person("5b1", active=False)]
    async with aclosing(Asked(Script(answer(page(told, last=True))))) as asked:
        found = await asked.read(address)
        assert found == [[Member("qm:1:2", True), Member("5b1", False)]]
        assert set(Member.__struct_fields__) == {"account_id", "active"}
        assert asked.meter == Meter(calls=1, points=1 + 2 * 2)


@each_list
async def test_each_list_is_asked_for_at_its_address(address: str) -> None:
    script = Script(answer(page([], last=True)))
    async with aclosing(Asked(script)) as asked:
        assert await asked.read(address) == []
    [request] = script.requests
    assert str(request.url) == f"{SITE}/rest/servicedeskapi/{address}?start=0&limit=100"


@each_list
async def test_experimental_lists_say_that_they_are_wanted(address: str) -> None:
    script = Script(answer(page([], last=True)))
    async with aclosing(Asked(script)) as asked:
        await asked.read(address)
    wanted = "opt-in" if address in ("requesttype", "servicedesk/3/customer") else None
    assert script.requests[0].headers.get("X-ExperimentalApi") == wanted


@each_list
@pytest.mark.parametrize(
    "shape",
    [
        *({}, [], None, {"values": {}}, {"values": [{}]}, {"values": [[]]}, {"values": [], "size": -1}),
        *({"values": [], "start": "0"}, {"values": [], "start": -1}, {"values": [], "isLastPage": "true"}),
    ],
)
async def test_every_list_gives_up_on_another_shape(address: str, shape: object) -> None:
    error, _ = await failed(answer(shape), address=address)
    assert isinstance(error, GaveUp)


@each_list
async def test_half_a_thing_is_no_thing(address: str) -> None:
    whole = thing(address, 1)
    for name in NEEDED[address]:
        for half in (whole | {name: None}, {key: value for key, value in whole.items() if key != name}):
            error, _ = await failed(answer(page([half], last=True)), address=address)
            assert isinstance(error, GaveUp)


async def test_ids_of_another_kind_are_not_asked_for() -> None:
    async with aclosing(Asked(Script())) as asked:
        for bad in ("", "..", "3/customer", "IT", "0", "3?x=1"):
            for pages in (
                asked.jsm.customers(bad, meter=asked.meter),
                asked.jsm.desk_organizations(bad, meter=asked.meter),
                asked.jsm.organization_users(bad, meter=asked.meter),
            ):
                with pytest.raises(GaveUp):
                    await anext(pages)
        assert asked.meter == Meter()


# --- refusals


@each_list
async def test_a_refusal_without_a_word_is_about_the_agent_licence(address: str) -> None:
    error, _ = await failed(plain("", 403, "text/plain"), address=address)
    assert isinstance(error, AccessRefused)
    assert not error.credential
    assert "agent licence" in error.message
    assert "servicedesk" in error.message  # the scope


@pytest.mark.parametrize(
    "refusal",
    [answer({"errorMessage": "Ann Example may not"}, status=403), plain("<html>", 403), plain("x" * 70_000, 403)],
    ids=["json", "html", "huge"],
)
async def test_a_refusal_with_a_word_is_about_any_permission(refusal: httpx2.Response) -> None:
    error, _ = await failed(refusal)
    assert isinstance(error, AccessRefused)
    assert not error.credential
    assert "agent licence" not in error.message
    assert "manage:servicedesk-customer" in error.message
    assert "Ann" not in error.message


async def test_an_organization_that_was_deleted_is_told_by_its_status() -> None:
    error, _ = await failed(answer({"errorMessage": "gone"}, status=404), address="organization/27/user")
    assert isinstance(error, GaveUp)
    assert error.status == 404


async def test_customers_are_asked_for_five_times_a_second_at_most() -> None:
    people = [thing("servicedesk/3/customer", number) for number in range(30)]
    async with aclosing(Asked(offered(people, most=3))) as asked:
        assert len(await asked.read("servicedesk/3/customer")) == 10
        assert elapsed() >= (10 - 1) / 5
        before = elapsed()
        await asked.read("organization/27/user")
        assert elapsed() - before < 0.5


# --- paging


@each_list
async def test_lists_are_paged_to_their_end_though_the_server_lowers_the_limit(address: str) -> None:
    urls: list[httpx2.URL] = []
    things = [thing(address, number) for number in range(1, 8)]
    async with aclosing(Asked(offered(things, most=3, urls=urls))) as asked:
        found = await asked.read(address)
        assert [len(page) for page in found] == [3, 3, 1]
        assert len({str(item) for page in found for item in page}) == 7
    assert [url.params["start"] for url in urls] == ["0", "3", "6"]
    assert {url.host for url in urls} == {"acme.example"}  # not where the links in the pages lead


async def test_offsets_go_on_by_the_size_that_a_page_tells() -> None:
    """Such as where entries that the account may not see are counted and left out."""
    told = [page([organization(1)], size=3, last=False), page([organization(4)], last=True)]
    script = Script(*map(answer, told))
    async with aclosing(Asked(script)) as asked:
        assert len(await asked.read()) == 2
    assert [request.url.params["start"] for request in script.requests] == ["0", "3"]


async def test_a_page_that_does_not_tell_its_size_has_the_size_it_has() -> None:
    told = [page([organization(1), organization(2)], size=None), page([organization(3)], size=None, last=True)]
    script = Script(*map(answer, told))
    async with aclosing(Asked(script)) as asked:
        assert len(await asked.read()) == 2
    assert script.requests[1].url.params["start"] == "2"


@pytest.mark.parametrize("last", [False, None])
async def test_an_empty_page_ends_a_list_that_never_says_last(last: bool | None) -> None:
    script = Script(answer(page([organization(1)], last=last)), answer(page([], last=last)))
    async with aclosing(Asked(script)) as asked:
        assert await asked.read() == [[JsmOrganization("1", "Org 1")]]


@given(sizes=st.lists(st.integers(1, 5), max_size=10))
@settings(max_examples=40, deadline=None)
def test_no_split_into_pages_loses_anybody(sizes: list[int]) -> None:
    people = [person(f"qm:{number}") for number in range(sum(sizes))]
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]

    def site(request: httpx2.Request) -> httpx2.Response:
        start = int(request.url.params["start"])
        end = next((end for end in ends if end > start), len(people))
        return answer(page(people[start:end], start=start, last=end == len(people)))

    async def all_ids() -> list[str]:
        async with aclosing(Asked(site)) as asked:
            return [one.account_id for page in await asked.read("organization/27/user") for one in page]

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        assert runner.run(all_ids()) == [one["accountId"] for one in people]


async def test_somebody_who_moved_to_a_later_page_meanwhile_is_given_once() -> None:
    first, second = [organization(1), organization(2)], [organization(2), organization(3), organization(3)]
    script = Script(answer(page(first, last=False)), answer(page(second, last=True)))
    async with aclosing(Asked(script)) as asked:
        assert [[one.id for one in page] for page in await asked.read()] == [["1", "2"], ["3"]]


async def test_a_last_page_of_nothing_but_what_moved_there_is_an_end() -> None:
    first, second = [organization(1), organization(2)], [organization(2)]
    script = Script(answer(page(first, last=False)), answer(page(second, last=True)))
    async with aclosing(Asked(script)) as asked:
        assert [[one.id for one in page] for page in await asked.read()] == [["1", "2"]]


# --- pages that lead nowhere


@each_list
async def test_a_page_that_repeats_ends_the_read(address: str) -> None:
    """As where a server knows no offset, or gives an example for an answer."""
    same = answer(page([thing(address, 1), thing(address, 2)], last=False))
    error, script = await failed(*[same] * 5, address=address)
    assert type(error) is Unavailable
    assert len(script.requests) == 2


async def test_a_last_page_that_repeats_is_no_end() -> None:
    same = [organization(1), organization(2)]
    error, _ = await failed(answer(page(same, last=False)), answer(page(same, last=True)))
    assert type(error) is Unavailable


async def test_pages_without_anything_new_end_the_read() -> None:
    first, later = [organization(n) for n in (1, 2, 3)], [[organization(2)], [organization(3)]]
    error, script = await failed(*[answer(page(items, last=False)) for items in (first, *later)])
    assert type(error) is Unavailable
    assert len(script.requests) == 2


async def test_an_offset_that_does_not_advance_ends_the_read() -> None:
    told = [page([organization(number)], start=0, last=False) for number in range(1, 9)]
    error, script = await failed(*map(answer, told))
    assert type(error) is Unavailable
    assert len(script.requests) == 2


@pytest.mark.parametrize("items", [[], [organization(1)]], ids=["empty", "full"])
async def test_sizes_that_lie_are_no_endless_loop(items: Items) -> None:
    error, script = await failed(*[answer(page(items, size=0 if items else 50, last=False))] * 9)
    assert type(error) is Unavailable
    assert len(script.requests) <= 2


async def test_a_list_that_nobody_reads_on_is_asked_for_no_more() -> None:
    script = Script(answer(page([organization(1)], last=False)))
    async with aclosing(Asked(script)) as asked:
        async for _ in asked.jsm.organizations(meter=asked.meter):
            break
    assert len(script.requests) == 1


async def test_a_member_list_that_becomes_forbidden_in_the_middle_is_no_end() -> None:
    error, _ = await failed(answer(page([organization(1)], last=False)), plain("", 403))
    assert isinstance(error, AccessRefused)
