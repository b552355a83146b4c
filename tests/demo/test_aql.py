"""What AQL finds, and what it refuses."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from demo.aql import AqlError
from demo.aql_search import AssetSearch
from demo.build import SiteBuilder, millis
from tests.demo.conftest import NOW, some_things


@pytest.fixture(scope="module")
def search() -> AssetSearch:
    site = some_things().site()
    assert site.assets is not None
    return AssetSearch(site.assets, site.reader, millis(NOW), ZoneInfo(site.zone))


def found(search: AssetSearch, query: str) -> str:
    """The first words of the labels found, in their order."""
    return " ".join((one.label or "-").split()[0] for one in search.find(query))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Site = Berlin", "o1 o2"),
        ("Site = BERLIN", "o1 o2"),
        ("Site == BERLIN", ""),
        ("Site != Berlin", "O4"),
        ("Site in (Berlin, Paris)", "o1 o2 O4"),
        ("Site not in (Berlin)", "O4"),
        ("objectType = Thing and Site is empty", "- o3 o5"),
        ("Site is not empty", "o1 o2 O4"),
        ("Owner = currentUser()", "o3"),
        ('Owner = "acc:ann" or Owner = "reader@example.com"', "o1 o3"),
        ('Status = "In use"', "o1"),
        ('Model = "Feather 13"', "o1"),
        ("Model = ITSM-1", "o1"),
        ('Model.Vendor = "Alder"', "o1"),
        ('"Model"."Vendor" like ald', "o1"),
        ('"Model".objectType = Model', "o1"),
        ("Cores > 8", "o3"),
        ("Cores >= 8 and Cores < 16", "o2"),
        ("Price = 3.50", "o3"),
        ("Leased = true", "o5"),
        ('Warranty < "2027-01-01"', "o1"),
        ("Warranty > now()", "o1 o2"),
        ('Warranty < now("90d")', "o1"),
        ('Bought >= "2026-03-31 13:30"', "O4"),
        ('Bought > "2026-03-31 13:30"', ""),
        ('label startsWith "o5 \\"quo"', "o5"),
        ('Name endsWith "(old)"', "o5"),
        ('Name not like "o" and Name is not empty', "Feather"),
        ("objectType = Model", "Feather"),
        ("objectTypeId = 2 and objectSchema = ITSM", "- o1 o2 o3 O4 o5"),
        ("objectSchemaId in (1) and objectType != Thing", "Feather"),
        ("objectType = Thing and not (Site = Berlin or Cores > 0)", "O4 o5"),
        ("Key = ITSM-2", "o1"),
    ],
)
def test_a_query_finds(search: AssetSearch, query: str, expected: str) -> None:
    assert found(search, query) == expected


def test_objects_come_by_label_or_in_the_order_asked_for(search: AssetSearch) -> None:
    assert found(search, "objectType = Thing") == "- o1 o2 o3 O4 o5"
    assert found(search, "objectType = Thing and Cores > 0 order by Cores desc") == "o3 o2 -"
    assert found(search, "objectType = Thing and Warranty > now() order by Warranty DESC, Name") == "o2 o1"
    assert found(search, "Site is not empty order by Status, Key desc") == "o1 O4 o2"
    assert found(search, "") == "- Feather o1 o2 o3 O4 o5"


def test_children_of_a_type_are_found_only_if_said() -> None:
    builder = SiteBuilder(now=NOW)
    for name, parent in (("Computer", None), ("Laptop", "Computer"), ("Small laptop", "Laptop"), ("Printer", None)):
        builder.assets.type(name, parent=parent)
        builder.assets.object(name, name)
    data = builder.assets.data()
    assert data is not None
    search = AssetSearch(data, builder.user("Reporting"), millis(NOW), ZoneInfo("UTC"))
    assert found(search, "objectType = Computer") == "Computer"
    assert found(search, "objectType in objectTypeAndChildren(Computer)") == "Computer Laptop Small"
    assert found(search, 'objectType not in objectTypeAndChildren("laptop")') == "Computer Printer"
    assert found(search, "objectTypeId in objectTypeAndChildren(2)") == "Laptop Small"


@pytest.mark.parametrize(
    "query",
    [
        "Site",
        "Site =",
        "= Berlin",
        "Site Berlin",
        "Site = Berlin Paris",
        "Site = Berlin and",
        "(Site = Berlin",
        "Site = Berlin)",
        'Site = "Berlin',
        "Site in Berlin",
        "Site in ()",
        "Site is Berlin",
        "Site ~ Berlin",
        "Site; drop",
        "Nope = 1",
        "objectType = Nope",
        "objectTypeId = 99",
        "objectTypeId = Thing",
        "objectType = 1",
        "objectSchema = Nope",
        "objectType like Thing",
        "objectType is empty",
        "Site.Vendor = Alder",
        "Model.Nope = 1",
        "Model.Maker.Vendor = Alder",
        "Cores > many",
        "Warranty > soon",
        "Owner = someone()",
        "Site = now()",
        "object having inboundReferences()",
        "objectType in connectedTickets()",
        "Site = Berlin order Name",
        "Site = Berlin order by Nope",
    ],
)
def test_what_is_not_understood_is_refused(search: AssetSearch, query: str) -> None:
    with pytest.raises(AqlError):
        search.find(query)
