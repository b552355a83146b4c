"""The reports on Assets: objects by type and by the values of an attribute, and the assets of requests."""

import asyncio
from datetime import date
from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.build_assets import Values
from demo.faults import Fault
from tests.api import Answer, Api, api_on

NOW = "2026-03-31T12:00"
READ = "read { way basis asOf from to resolvedBy complete scanned warnings { code message } }"
BY_TYPE = "total rows { type { name parentId abstract } direct inclusive aql } rest { count distinctObjects }"
BY_AQL = "total groupBy rows { value { key name } objects share { value } aql } rest { count distinctObjects }"
TREE = {"Computer": 2, "Laptop": 5, "Server": 3, "Printer": 4, "Software": 6}
INCLUSIVE = {"Hardware": 14, "Computer": 10, "Laptop": 5, "Server": 3, "Printer": 4, "Software": 6}


def hardware() -> SiteBuilder:
    """Hardware (abstract) > Computer 2 > Laptop 5, Server 3; Hardware > Printer 4; Software 6."""
    site = SiteBuilder(now=NOW)
    assets = site.assets
    assets.type("Hardware", abstract=True)
    for name, parent in (
        ("Computer", "Hardware"),
        ("Laptop", "Computer"),
        ("Server", "Computer"),
        ("Printer", "Hardware"),
    ):
        assets.type(name, parent=parent)
    assets.type("Software")
    for name, count in TREE.items():
        for number in range(count):
            assets.object(name, f"{name} {number}")
    return site


def sites_of_objects() -> SiteBuilder:
    site = SiteBuilder(now=NOW)
    site.assets.type("Laptop")
    site.assets.attribute("Laptop", "Site", kind="select")
    for label, places in (("o1", ["Berlin"]), ("o2", ["Berlin", "Paris"]), ("o3", None), ("o4", ["Paris"])):
        site.assets.object("Laptop", label, {} if places is None else {"Site": places})
    return site


async def by_type(api: Api, selection: str = BY_TYPE, arguments: str = "") -> Answer:
    return await api.ask(f"{{ assets {{ objectsByType{arguments} {{ {selection} }} }} }}")


async def by_aql(api: Api, options: dict[str, Any], selection: str = BY_AQL, age: int | None = None) -> Answer:
    query = (
        "query ($options: AqlOptions!, $age: Int) { assets(maxAgeSeconds: $age) { objectsByAql(options: $options) { "
        + selection
        + " } } }"
    )
    return await api.ask(query, {"options": options, "age": age})


def counts(answer: Answer) -> dict[str | None, int]:
    assert answer.errors == []
    return {row["value"]["key"]: row["objects"] for row in answer.data["assets"]["objectsByAql"]["rows"]}


# --- objects by type


@pytest.mark.parametrize("tree_counts", [False, True])
async def test_the_total_adds_up_direct_counts_whatever_assets_counts_with_a_parent(tree_counts: bool) -> None:
    async with api_on(hardware().site(), NOW, demo_options={"tree_counts": tree_counts}) as api:
        answer = await by_type(api, f"{BY_TYPE} {READ}")
        assert answer.errors == []
        assert (answer.calls, answer.points) == (api.demo.counters.calls, api.demo.counters.points)
        probes = api.demo.counters.of("object/aql/totalcount").calls
    report = answer.data["assets"]["objectsByType"]
    rows = {row["type"]["name"]: row for row in report["rows"]}
    assert {name: row["direct"] for name, row in rows.items()} == {"Hardware": 0} | TREE
    assert {name: row["inclusive"] for name, row in rows.items()} == INCLUSIVE
    assert report["total"] == 20
    assert rows["Hardware"]["type"] == {"name": "Hardware", "parentId": None, "abstract": True}
    assert report["rest"] == {"count": 0, "distinctObjects": 0}
    # An abstract parent that counts nothing settles it for nothing.
    assert probes == int(tree_counts)
    assert [one["code"] for one in report["read"]["warnings"]] == ["COUNTS_INCLUSIVE"] * tree_counts
    assert (report["read"]["way"], report["read"]["basis"], report["read"]["complete"]) == ("REF", [], True)
    assert (report["read"]["from"], report["read"]["to"], report["read"]["resolvedBy"]) == (None, None, None)
    assert report["read"]["asOf"] == "2026-03-31T12:00:00.000Z"


@pytest.mark.parametrize("tree_counts", [False, True])
async def test_a_parent_that_outnumbers_its_children_is_counted_by_one_query(tree_counts: bool) -> None:
    site = SiteBuilder(now=NOW)
    site.assets.type("Computer")
    site.assets.type("Laptop", parent="Computer")
    for number in range(7):
        site.assets.object("Computer" if number < 5 else "Laptop", f"o{number}")
    async with api_on(site.site(), NOW, demo_options={"tree_counts": tree_counts}) as api:
        answer = await by_type(api)
        assert api.demo.counters.of("object/aql/totalcount").calls == 1
    rows = {row["type"]["name"]: row for row in answer.data["assets"]["objectsByType"]["rows"]}
    assert [(rows[name]["direct"], rows[name]["inclusive"]) for name in ("Computer", "Laptop")] == [(5, 7), (2, 2)]


async def test_counts_that_fit_neither_reading_are_counted_parent_by_parent() -> None:
    site = SiteBuilder(now=NOW)
    site.assets.type("Computer")
    site.assets.type("Laptop", parent="Computer")
    for number in range(7):
        site.assets.object("Computer" if number < 5 else "Laptop", f"o{number}")

    def alter(path: str, document: Any) -> None:
        for kind in document if path.endswith("/flat") else ():
            kind["objectCount"] += kind["name"] == "Computer"  # one that is gone when it is counted

    async with api_on(site.site(), NOW) as api:
        api.wire.alter = alter
        answer = await by_type(api, f"{BY_TYPE} {READ}")
    report = answer.data["assets"]["objectsByType"]
    assert {row["type"]["name"]: row["direct"] for row in report["rows"]} == {"Computer": 5, "Laptop": 2}
    assert [one["code"] for one in report["read"]["warnings"]] == ["LIST_CHANGED"]


async def test_all_schemas_or_one() -> None:
    site = hardware()
    site.assets.schema("People", key="HR")
    site.assets.type("Badge", schema="People")
    site.assets.object(site.assets.type("Badge", schema="People"), "B-1")
    selection = "total schemas { schema { id name key } total } rows { type { name schemaId } direct }"
    async with api_on(site.site(), NOW) as api:
        everything = (await by_type(api, selection)).data["assets"]["objectsByType"]
        one = (await by_type(api, selection, '(schema: "2")')).data["assets"]["objectsByType"]
    assert everything["total"] == 21
    assert everything["schemas"] == [
        {"schema": {"id": "1", "name": "ITSM", "key": "ITSM"}, "total": 20},
        {"schema": {"id": "2", "name": "People", "key": "HR"}, "total": 1},
    ]
    assert one["schemas"] == [{"schema": {"id": "2", "name": "People", "key": "HR"}, "total": 1}]
    assert one["rows"] == [{"type": {"name": "Badge", "schemaId": "2"}, "direct": 1}]


@pytest.mark.parametrize("schema", ["77", "0", "../1", "ITSM", "", "9" * 40])
async def test_an_unknown_schema_is_named(schema: str) -> None:
    async with api_on(hardware().site(), NOW) as api:
        answer = await api.ask(
            "query ($s: ID) { assets { objectsByType(schema: $s) { total } } viewer { name } }", {"s": schema}
        )
    assert answer.codes == {"assets.objectsByType": "BAD_USER_INPUT"}
    assert repr(schema[:40]) in answer.errors[0]["message"]
    assert answer.data["viewer"] == {"name": "demo"}


async def test_thousands_of_types_are_added_up_and_the_largest_are_shown_with_all_above_them() -> None:
    site = SiteBuilder(now=NOW)
    site.assets.type("root")
    for number in range(1, 2_500):
        site.assets.type(f"t{number}", parent="root" if number < 10 else f"t{number // 10}")
    for number in range(0, 2_500, 5):
        site.assets.object(f"t{number}" if number else "root", None)
    async with api_on(site.site(), NOW) as api:
        report = (await by_type(api, "total rows { type { id parentId } direct } rest { count distinctObjects }")).data[
            "assets"
        ]["objectsByType"]
    assert (report["total"], len(report["rows"]), report["rest"]["count"]) == (500, 50, 2_450)
    assert sum(row["direct"] for row in report["rows"]) + report["rest"]["distinctObjects"] == 500
    shown = {row["type"]["id"] for row in report["rows"]}
    assert all(row["type"]["parentId"] in shown | {None} for row in report["rows"])


# --- objects by a query


async def test_an_object_counts_in_each_of_its_values_and_the_total_is_distinct() -> None:
    async with api_on(sites_of_objects().site(), NOW) as api:
        answer = await by_aql(api, {"aql": 'objectType = "Laptop"', "groupBy": "site"}, f"{BY_AQL} {READ}")
        assert counts(answer) == {"Berlin": 2, "Paris": 2, None: 1}
        assert (answer.calls, answer.points) == (api.demo.counters.calls, api.demo.counters.points)
        report = answer.data["assets"]["objectsByAql"]
        assert (report["total"], report["groupBy"], report["read"]["scanned"]) == (4, "Site", 4)
        assert [row["share"]["value"] for row in report["rows"]] == [0.5, 0.5, 0.25]
        assert report["rest"] == {"count": 0, "distinctObjects": 0}
        assert report["rows"][0]["aql"] == '(objectType = "Laptop") AND "Site" = "Berlin"'
        for row in report["rows"]:
            again = await by_aql(api, {"aql": row["aql"]}, "total")
            assert again.data["assets"]["objectsByAql"]["total"] == row["objects"]


async def test_without_an_attribute_one_count_is_the_whole_cost() -> None:
    async with api_on(sites_of_objects().site(), NOW) as api:
        await by_aql(api, {"aql": "Site is EMPTY"}, "total")
        api.demo.counters.reset()
        answer = await by_aql(api, {"aql": "Site = Berlin"}, BY_AQL)
        assert api.demo.counters.calls == answer.calls == 1
        assert (answer.data["assets"]["objectsByAql"]["total"], counts(answer)) == (2, {})


def inventory() -> SiteBuilder:
    """Two types that have an attribute of one name each, and objects with values of every kind."""
    site = SiteBuilder(now=NOW)
    assets = site.assets
    for kind in ("Laptop", "Phone"):
        assets.type(kind)
        assets.attribute(kind, "Warranty", kind="date")
    assets.type("Model")
    feather, nameless = assets.object("Model", "Feather"), assets.object("Model", None)
    ann, bob = site.user("ann"), site.user("bob", active=False)
    for kind, label, owner, model, warranty, state, price in (
        ("Laptop", "L1", ann, feather, "2026-01-31", "In use", 10.0),
        ("Laptop", "L2", ann, nameless, "2026-02-01", "In use", 19.5),
        ("Phone", "P1", bob, feather, "2026-02-28", "Retired", 20.0),
        ("Phone", "P2", bob, feather, "2027-02-01", "In use", 3.0),
    ):
        values: Values = {
            "Owner": owner,
            "Model": model,
            "Warranty": date.fromisoformat(warranty),
            "Status": state,
            "Price": price,
        }
        assets.object(kind, label, values, created=f"{warranty}T23:30Z")
    assets.object("Laptop", "bare")
    return site


DEVICES = "objectType in (Laptop, Phone)"


async def test_people_objects_and_statuses_are_known_by_what_stays_and_shown_by_name() -> None:
    async with api_on(inventory().site(), NOW) as api:
        owners = await by_aql(api, {"aql": DEVICES, "groupBy": "Owner"})
        models = await by_aql(api, {"aql": DEVICES, "groupBy": "Model"})
        states = await by_aql(api, {"aql": DEVICES, "groupBy": "Status"})
    rows = owners.data["assets"]["objectsByAql"]["rows"]
    assert [row["value"] for row in rows] == [
        {"key": "acc:ann", "name": "ann"},
        {"key": "acc:bob", "name": "bob"},
        {"key": None, "name": None},
    ]
    assert [(r["value"]["name"], r["objects"]) for r in models.data["assets"]["objectsByAql"]["rows"]] == [
        ("Feather", 3),
        (None, 1),
        (None, 1),
    ]
    assert counts(states) == {"In use": 3, "Retired": 1, None: 1}


async def test_names_of_people_are_looked_up_only_when_selected() -> None:
    options = {"aql": DEVICES, "groupBy": "Owner"}
    async with api_on(inventory().site(), NOW) as api:
        await by_aql(api, options, "rows { value { key } objects }")
        assert api.demo.counters.of("user/bulk").calls == 0
        api.demo.counters.reset()
        answer = await by_aql(api, options)
        assert (api.demo.counters.calls, api.demo.counters.points) == (1, 5)
    own = [entry for entry in answer.extensions["reports"] if entry["cache"] == "MISS"]
    assert [(entry["way"], entry["calls"], entry["points"]) for entry in own] == [("REF", 1, 5)]


async def test_dates_are_cut_into_units_and_numbers_between_bounds() -> None:
    async with api_on(inventory().site(), NOW) as api:
        months = await by_aql(api, {"aql": DEVICES, "groupBy": "Warranty", "unit": "MONTH"})
        berlin = await by_aql(api, {"aql": DEVICES, "groupBy": "Created", "unit": "DAY", "timeZone": "Europe/Berlin"})
        prices = await by_aql(api, {"aql": DEVICES, "groupBy": "Price", "bounds": [10, 20]})
        for row in months.data["assets"]["objectsByAql"]["rows"]:
            again = await by_aql(api, {"aql": row["aql"]}, "total")
            assert again.data["assets"]["objectsByAql"]["total"] == row["objects"]
    assert list(counts(months).items()) == [("2026-01-01", 1), ("2026-02-01", 2), ("2027-02-01", 1), (None, 1)]
    assert counts(berlin) == {"2026-02-01": 1, "2026-02-02": 1, "2026-03-01": 1, "2027-02-02": 1, "2026-03-31": 1}
    assert all(row["aql"] is None for row in berlin.data["assets"]["objectsByAql"]["rows"])
    assert list(counts(prices).items()) == [("..10", 1), ("10..20", 2), ("20..", 1), (None, 1)]


async def test_a_value_that_is_no_date_is_counted_as_empty_and_said() -> None:
    async with api_on(sites_of_objects().site(), NOW) as api:
        answer = await by_aql(api, {"aql": "Key is not EMPTY", "groupBy": "Site", "unit": "YEAR"}, f"{BY_AQL} {READ}")
    assert counts(answer) == {None: 4}
    read = answer.data["assets"]["objectsByAql"]["read"]
    assert (read["complete"], [one["code"] for one in read["warnings"]]) == (False, ["MALFORMED_VALUES"])
    assert "4 values are not dates" in read["warnings"][0]["message"]


async def test_top_shows_the_largest_and_the_rest_is_distinct() -> None:
    site = SiteBuilder(now=NOW)
    for number, tags in enumerate((["a", "b", "c"], ["a", "b"], ["a", "c"], [])):
        site.assets.object("Thing", f"o{number}", {"Tag": tags})
    async with api_on(site.site(), NOW) as api:
        answer = await by_aql(api, {"aql": "Key is not EMPTY", "groupBy": "Tag", "top": 1})
    assert counts(answer) == {"a": 3, None: 1}
    assert answer.data["assets"]["objectsByAql"]["rest"] == {"count": 2, "distinctObjects": 3}


async def test_many_pages_are_read_whole_and_counted_once_more() -> None:
    site = SiteBuilder(now=NOW)
    for number in range(450):
        site.assets.object("Thing", "same name", {"Half": "first" if number < 225 else "second"})
    async with api_on(site.site(), NOW) as api:
        answer = await by_aql(api, {"aql": "Key is not EMPTY", "groupBy": "Half"}, f"{BY_AQL} {READ}")
        assert counts(answer) == {"first": 225, "second": 225}
        assert (answer.calls, answer.points) == (api.demo.counters.calls, api.demo.counters.points)
        assert api.demo.counters.of("object/aql").calls == 3
    assert answer.data["assets"]["objectsByAql"]["read"]["warnings"] == []


async def test_objects_that_slip_away_between_pages_are_said() -> None:
    site = SiteBuilder(now=NOW)
    for _number in range(450):
        site.assets.object("Thing", None, {"Half": "all"})

    def alter(path: str, document: Any) -> None:
        if path.endswith("/object/aql") and document["startAt"]:
            del document["values"][0]

    async with api_on(site.site(), NOW) as api:
        api.wire.alter = alter
        answer = await by_aql(api, {"aql": "Key is not EMPTY", "groupBy": "Half"}, f"{BY_AQL} {READ}")
    read = answer.data["assets"]["objectsByAql"]["read"]
    assert (read["complete"], [one["code"] for one in read["warnings"]]) == (False, ["LIST_CHANGED"])


@pytest.mark.parametrize("fault", [Fault.same_page(on="object/aql", times=None), Fault.endless(on="object/aql")])
async def test_pages_that_lead_nowhere_are_an_error_and_no_smaller_number(fault: Fault) -> None:
    site = SiteBuilder(now=NOW)
    for _ in range(450):
        site.assets.object("Thing", None)
    async with api_on(site.site(), NOW) as api:
        api.demo.faults.add(fault)
        answer = await by_aql(api, {"aql": "Key is not EMPTY", "groupBy": "Name"})
    assert answer.codes == {"assets.objectsByAql": "UPSTREAM_UNAVAILABLE"}
    assert answer.data["assets"] == {"objectsByAql": None}


async def test_more_objects_than_may_be_read_are_refused_with_their_number() -> None:
    site = SiteBuilder(now=NOW)
    for _ in range(450):
        site.assets.object("Thing", None)
    async with api_on(site.site(), NOW, max_requests=300) as api:
        answer = await by_aql(api, {"aql": "Key is not EMPTY", "groupBy": "Name"})
    assert answer.codes == {"assets.objectsByAql": "SCOPE_TOO_LARGE"}
    assert answer.errors[0]["extensions"]["count"] == 450


# --- input that is wrong


async def test_the_message_of_assets_comes_through() -> None:
    async with api_on(sites_of_objects().site(), NOW) as api:
        for options in ({"aql": "Colour = red"}, {"aql": "Colour = red", "groupBy": "Site"}):
            answer = await by_aql(api, options)
            assert answer.codes == {"assets.objectsByAql": "INVALID_AQL"}
            assert 'no attribute with the name "Colour" exists' in answer.errors[0]["message"]
            assert answer.errors[0]["extensions"]["input"] == "options.aql"
            assert answer.calls == sum(entry["calls"] for entry in answer.extensions["reports"])


@pytest.mark.parametrize(
    "aql",
    [
        'objectType = "Laptop") OR (objectType = "Server"',
        "Site = Berlin) OR (Site = Paris",
        "(Site = Berlin",
        'Name = "x" ) or ( Name = "\\") and (" ',
    ],
)
async def test_a_query_that_would_leave_its_place_is_refused(aql: str) -> None:
    async with api_on(sites_of_objects().site(), NOW) as api:
        answer = await by_aql(api, {"aql": aql, "groupBy": "Site"})
        assert answer.codes == {"assets.objectsByAql": "INVALID_AQL"}
        assert api.demo.counters.calls == 0


async def test_brackets_in_texts_are_texts_and_values_stay_in_theirs() -> None:
    site = SiteBuilder(now=NOW)
    site.assets.object("Thing", 'a) or (b"\\', {"Tag": 'x" OR "y'})
    async with api_on(site.site(), NOW) as api:
        answer = await by_aql(
            api, {"aql": r'Name = "a) or (b\"\\" order by Name', "groupBy": "Tag"}, f"{BY_AQL} {READ}"
        )
        assert counts(answer) == {'x" OR "y': 1}
        report = answer.data["assets"]["objectsByAql"]
        assert report["rows"][0]["aql"] == r'(Name = "a) or (b\"\\") AND "Tag" = "x\" OR \"y"'
        assert [one["code"] for one in report["read"]["warnings"]] == ["ORDER_BY_DROPPED"]
        again = await by_aql(api, {"aql": report["rows"][0]["aql"]}, "total")
        assert again.data["assets"]["objectsByAql"]["total"] == 1


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"aql": "  "}, "options.aql"),
        ({"aql": "x" * 5001}, "options.aql"),
        ({"aql": "a = \u0000"}, "options.aql"),
        ({"aql": "order by Name"}, "options.aql"),
        ({"aql": "Site = Berlin", "groupBy": "Colour"}, "options.groupBy"),
        ({"aql": "Site = Berlin", "groupBy": ""}, "options.groupBy"),
        ({"aql": "Site = Berlin", "groupBy": "Site", "top": 0}, "options.top"),
        ({"aql": "Site = Berlin", "groupBy": "Site", "bounds": [2, 1]}, "options.bounds"),
        ({"aql": "Site = Berlin", "groupBy": "Site", "bounds": []}, "options.bounds"),
        ({"aql": "Site = Berlin", "groupBy": "Site", "bounds": [1], "unit": "DAY"}, "options.bounds"),
        ({"aql": "Site = Berlin", "groupBy": "Site", "timeZone": "Mars/Olympus"}, "options.timeZone"),
    ],
)
async def test_wrong_options_are_named(options: dict[str, Any], names: str) -> None:
    async with api_on(sites_of_objects().site(), NOW) as api:
        answer = await by_aql(api, options)
    assert answer.codes == {"assets.objectsByAql": "BAD_USER_INPUT"}
    assert answer.errors[0]["extensions"]["input"] == names


async def test_an_unknown_attribute_is_told_those_that_there_are() -> None:
    async with api_on(sites_of_objects().site(), NOW) as api:
        answer = await by_aql(api, {"aql": "Site = Berlin", "groupBy": "Colour"})
    assert "Created, Key, Name, Site, Updated" in answer.errors[0]["message"]


async def test_attributes_that_a_page_does_not_name_are_asked_for_by_type() -> None:
    def alter(path: str, document: Any) -> None:
        if path.endswith("/object/aql"):
            document["objectTypeAttributes"] = []

    async with api_on(sites_of_objects().site(), NOW) as api:
        api.wire.alter = alter
        answer = await by_aql(api, {"aql": "Key is not EMPTY", "groupBy": "Site"})
        assert counts(answer) == {"Berlin": 2, "Paris": 2, None: 1}
        assert api.demo.counters.of("objecttype/attributes").calls == 1


# --- a site without Assets, rights, age

ALL = """{ assets { objectsByType { total } objectsByAql(options: {aql: "Site = Berlin"}) { total } }
  requests(scope: {}) { total assetsOfRequests { total rows { object { label } } } } site { assetSchemas { totalCount } } }"""
PLACES = {"assets.objectsByType", "assets.objectsByAql", "requests.assetsOfRequests", "site.assetSchemas"}


async def test_a_site_without_assets_says_so_at_each_report_and_the_rest_stands() -> None:
    site = SiteBuilder(now=NOW)
    site.request()
    async with api_on(site.site(), NOW) as api:
        answer = await api.ask(ALL)
    assert answer.codes == dict.fromkeys(PLACES, "UPSTREAM_UNAUTHORIZED")
    assert all("Assets" in error["message"] for error in answer.errors)
    assert answer.data["requests"]["total"] == 1


async def test_a_token_without_the_scopes_is_told_which_lack() -> None:
    site = sites_of_objects()
    site.request(assets=["o1"])
    scopes = frozenset({"read:jira-work", "read:jira-user", "read:servicedesk-request"})
    async with api_on(site.site(), NOW, demo_options={"kind": "scoped", "scopes": scopes}) as api:
        answer = await api.ask(ALL)
    assert answer.codes == dict.fromkeys(PLACES, "UPSTREAM_UNAUTHORIZED")
    messages = {".".join(error["path"]): error["message"] for error in answer.errors}
    assert "read:cmdb-schema:jira" in messages["assets.objectsByType"]
    assert "read:cmdb-object:jira" in messages["assets.objectsByAql"]
    assert "read:cmdb-object:jira" in messages["requests.assetsOfRequests"]
    assert answer.data["requests"]["total"] == 1


async def test_both_kinds_of_tokens_read_assets() -> None:
    async with api_on(hardware().site(), NOW, demo_options={"kind": "scoped"}) as api:
        answer = await by_type(api, "total")
        assert answer.data["assets"]["objectsByType"] == {"total": 20}
        assert (answer.calls, answer.points) == (api.demo.counters.calls, api.demo.counters.points)


async def test_a_read_lives_an_hour_and_max_age_is_honoured() -> None:
    async with api_on(hardware().site(), NOW) as api:
        query = "query ($age: Int) { assets(maxAgeSeconds: $age) { objectsByType { read { asOf ageSeconds } } } }"
        read = []
        for forward, age in ((0, None), (600, None), (0, 600), (0, 601), (3599, None), (1, None), (0, 0)):
            api.clock.forward(forward)
            api.demo.counters.reset()
            answer = await api.ask(query, {"age": age})
            assert answer.errors == []
            read.append((api.demo.counters.calls > 0, answer.data["assets"]["objectsByType"]["read"]["ageSeconds"]))
            assert {entry["cache"] for entry in answer.extensions["reports"]} == {"MISS" if read[-1][0] else "HIT"}
    assert read == [(True, 0), (False, 600), (True, 0), (False, 0), (False, 3599), (True, 0), (True, 0)]
    async with api_on(hardware().site(), NOW) as api:
        answer = await api.ask(query, {"age": 3601})
        assert answer.codes == {"assets.objectsByType": "BAD_USER_INPUT"}


async def test_an_older_read_is_shown_while_atlassian_is_down() -> None:
    async with api_on(hardware().site(), NOW) as api:
        await by_type(api)
        api.clock.forward(60)
        api.demo.faults.add(Fault.status(503, on="objectschema/list", times=None))
        answer = await api.ask(f"{{ assets(maxAgeSeconds: 0) {{ objectsByType {{ total {READ} }} }} }}")
    report = answer.data["assets"]["objectsByType"]
    assert (report["total"], report["read"]["asOf"]) == (20, "2026-03-31T12:00:00.000Z")
    assert [one["code"] for one in report["read"]["warnings"]] == ["SERVED_STALE"]


async def test_two_who_ask_at_once_share_one_read() -> None:
    async with api_on(hardware().site(), NOW) as api:
        api.demo.latency_seconds = 0.02
        answers = await asyncio.gather(*(by_type(api) for _ in range(5)))
        assert api.demo.counters.of("objecttypes/flat").calls == 1
    assert len({read for answer in answers for read in answer.reads}) == 1


# --- the assets of requests

OF_REQUESTS = "total withAsset rows { object { id label key } requests share { value } drillDown } rest { count distinctRequests }"


def broken_things() -> SiteBuilder:
    site = SiteBuilder(now=NOW)
    one, two, nameless = (site.assets.object("Laptop", label) for label in ("LT-1", "LT-2", None))
    hidden = site.assets.object("Laptop", "secret", restricted=True)
    for objects in ([one], [one, two], [one, hidden], [nameless], []):
        site.request(assets=objects)
    return site


async def test_a_request_counts_in_each_of_its_assets_and_labels_cost_one_query() -> None:
    async with api_on(broken_things().site(), NOW) as api:
        answer = await api.ask(f"{{ requests(scope: {{}}) {{ assetsOfRequests {{ {OF_REQUESTS} }} }} }}")
        assert answer.errors == []
        assert api.demo.counters.of("object/aql").calls == 1
        assert (answer.calls, answer.points) == (api.demo.counters.calls, api.demo.counters.points)
        report = answer.data["requests"]["assetsOfRequests"]
        sizes = {}
        for row in report["rows"]:
            behind = await api.figures(
                "query ($id: ID!) { drillDown(id: $id) { totalCount measure nodes { id } } }", {"id": row["drillDown"]}
            )
            assert behind["drillDown"]["measure"] == "requests"
            assert len(behind["drillDown"]["nodes"]) == behind["drillDown"]["totalCount"]
            sizes[row["object"] and row["object"]["id"]] = behind["drillDown"]["totalCount"]
    assert (report["total"], report["withAsset"], report["rest"]) == (5, 4, {"count": 0, "distinctRequests": 0})
    assert [(row["object"], row["requests"], row["share"]["value"]) for row in report["rows"]] == [
        ({"id": "1", "label": "LT-1", "key": "ITSM-1"}, 3, 0.6),
        ({"id": "2", "label": "LT-2", "key": "ITSM-2"}, 1, 0.2),
        ({"id": "3", "label": None, "key": "ITSM-3"}, 1, 0.2),
        ({"id": "4", "label": None, "key": None}, 1, 0.2),
        (None, 1, 0.2),
    ]
    assert sizes == {"1": 3, "2": 1, "3": 1, "4": 1, None: 1}


async def test_labels_are_looked_up_only_when_selected_and_only_for_the_rows_shown() -> None:
    async with api_on(broken_things().site(), NOW) as api:
        await api.requests("assetsOfRequests { rows { object { id } requests } }")
        assert api.demo.counters.of("object/aql").calls == 0
        await api.requests(
            "assetsOfRequests(options: {top: 1}) { rows { object { label } } rest { count distinctRequests } }"
        )
        bodies = [body for path, body in api.wire.sent if path.endswith("/object/aql")]
        assert bodies == [{"qlQuery": "objectId in (1)"}]
        api.demo.counters.reset()
        report = await api.requests(
            "assetsOfRequests(options: {top: 1}) { rows { object { label } } rest { count distinctRequests } }"
        )
        assert api.demo.counters.calls == 0
    assert report["assetsOfRequests"]["rest"] == {"count": 3, "distinctRequests": 3}
