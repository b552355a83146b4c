"""The schema over HTTP: its text for tools, and the docs page for people."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from graphql import (
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
    lexicographic_sort_schema,
    print_schema,
)

from demo.seed import seeded
from schema import printed
from schema.build import build, sdl
from schema.printed import definitions
from server.reference.page import page
from tests.api import api_on
from tests.server import stand_in
from tests.server.stand_in import KEY, KEYED, codes, standing

BEARER = {"authorization": f"Bearer {KEY}"}
ADDRESSES = ("/schema.graphql", "/docs")
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """A page taken apart; fails where an element is not closed, or closed and not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.texts: dict[str, str] = {}
        """The text of each element that has an id, its inner ones included."""
        self.raw: dict[str, str] = {}
        self._within: list[str | None] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        own = dict(attrs).get("id")
        if own:
            self.ids.append(own)
        if tag not in VOID:
            self.open.append(tag)
            self._within.append(own)

    def handle_endtag(self, tag: str) -> None:
        assert tag not in VOID
        assert self.open.pop() == tag
        self._within.pop()

    def handle_data(self, data: str) -> None:
        if self.open:
            self.raw[self.open[-1]] = self.raw.get(self.open[-1], "") + data
        for own in filter(None, self._within):
            self.texts[own] = self.texts.get(own, "") + data


def shown(text: str) -> Page:
    return Page(page(build_schema(text)))


def everything(schema: GraphQLSchema) -> dict[str, str]:
    """The description of every type, field, argument, input field and enum value, by its place."""
    found: dict[str, str] = {}
    for name, kind in schema.type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        found[name] = kind.description or ""
        for member, of in {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}.items():
            found[f"{name}.{member}"] = of.description or ""
            for argument, given in getattr(of, "args", {}).items():
                found[f"{name}.{member}.{argument}"] = given.description or ""
    return found


@pytest.fixture(scope="module")
def product() -> Page:
    return Page(page(definitions(build())))


def test_the_page_lists_every_type_field_argument_and_enum_value_with_its_description(product: Page) -> None:
    listed = everything(build_schema(sdl()))
    assert len(listed) > 500
    assert set(listed) <= set(product.ids)
    for place, description in listed.items():
        assert " ".join(description.replace("`", "").split()) in " ".join(product.texts[place].split()), place


def test_every_link_of_the_page_leads_to_a_place_on_it_and_each_place_is_there_once(product: Page) -> None:
    assert len(set(product.ids)) == len(product.ids)
    links = {value for name, value in product.attributes if name == "href"} - {"data:,"}
    assert {link for link in links if not link.startswith("#")} == set()
    assert {link[1:] for link in links} <= set(product.ids)


def test_nothing_on_the_page_comes_from_elsewhere_or_runs(product: Page) -> None:
    assert product.tags & {"script", "iframe", "img", "object", "embed", "form", "input"} == set()
    assert {name for name, _ in product.attributes} <= {
        "href",
        "id",
        "class",
        "lang",
        "charset",
        "name",
        "content",
        "rel",
    }
    assert [value for _, value in product.attributes if "//" in value] == []
    assert "url(" not in product.raw["style"]
    assert "@import" not in product.raw["style"]


def test_queries_come_first_then_mutations_reports_inputs_and_enums() -> None:
    text = page(build_schema(_SMALL))
    places = [text.index(f"<{start}") for start in _ORDER]
    assert places == sorted(places)


_ORDER = [
    'section id="Query"',
    'section id="Mutation"',
    'section id="all-reports"',
    'article id="OneReport"',
    'article id="Report"',
    'section id="all-types"',
    'article id="Alpha"',
    'article id="Zulu"',
    'section id="all-interfaces-and-unions"',
    'section id="all-inputs"',
    'section id="all-enums"',
    'section id="all-scalars"',
]
_SMALL = '''
type Query { zulu(by: Choice!, top: Int! = 5, word: String = null, day: Day = MON): Zulu! either: [Either!] }
type Mutation { change: Alpha @deprecated(reason: "Use nothing.") }
interface Report { name: String }
type OneReport implements Report { name: String }
type Zulu { alpha: [Alpha!]! report: Report at: When }
type Alpha { name: String! }
union Either = Alpha | Zulu
input Choice @oneOf { "First paragraph, `code`.\\n\\nSecond." name: String number: Int }
input Plain { need: Int! list: [String!] = ["a", "b"] }
enum Day { MON @deprecated(reason: "Too early.") TUE }
"""A moment."""
scalar When
'''


def test_arguments_show_type_default_and_whether_they_are_required() -> None:
    texts = shown(_SMALL).texts
    assert texts["Query.zulu.by"] == "by: Choice! required"
    assert texts["Query.zulu.top"] == "top: Int! = 5"
    assert texts["Query.zulu.word"] == "word: String"
    assert texts["Query.zulu.day"] == "day: Day = MON"
    assert texts["Plain.need"] == "need: Int! required"
    assert texts["Plain.list"] == 'list: [String!] = ["a", "b"]'


def test_types_show_what_they_are_where_they_are_used_and_what_implements_them() -> None:
    texts = shown(_SMALL).texts
    assert texts["Report"].startswith("ReportinterfaceImplemented by OneReportUsed by Zulu.report")
    assert texts["OneReport"].startswith("OneReporttypeImplements Report")
    assert texts["Either"].startswith("EitherunionOne of Alpha ZuluUsed by Query.either")
    assert texts["Choice"].startswith("Choiceinput, exactly one field is givenUsed by Query.zulu.by")
    assert texts["Alpha"].startswith("AlphatypeUsed by Mutation.change Zulu.alpha")
    assert texts["When"] == "WhenscalarA moment.Used by Zulu.at"
    assert texts["Zulu.alpha"] == "alpha: [Alpha!]!"


def test_what_is_deprecated_says_so_with_the_reason() -> None:
    texts = shown(_SMALL).texts
    assert texts["Mutation.change"] == "change: Alphadeprecated Use nothing."
    assert texts["Day.MON"] == "MONdeprecated Too early."


def test_every_text_of_the_schema_is_escaped() -> None:
    evil = "<script>alert(1)</script> & </style><img src=x onerror=alert(1)> `<b>`"
    made = shown(f'"{evil}"\ntype Query {{ "{evil}" name("{evil}" x: String = "</code><script>"): String }}')
    assert made.tags & {"script", "img", "b"} == set()
    for place in ("Query", "Query.name", "Query.name.x"):
        assert evil.replace("`", "") in made.texts[place]
    assert '"</code><script>"' in made.texts["Query.name.x"]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_the_schema_and_its_page_need_a_caller(address: str) -> None:
    async with standing(KEYED, demo=False) as stand:
        refused = await stand.client.get(address, headers={"accept": "text/html"})
        given = await stand.client.get(address, headers=BEARER)
    assert refused.status_code == 401
    assert codes(refused) == ["UNAUTHENTICATED"]
    assert given.status_code == 200


async def test_the_schema_that_is_served_is_the_one_that_answers() -> None:
    async with standing() as stand:
        answer = await stand.client.get("/schema.graphql")
    assert answer.text == printed.sdl(stand_in.build(()))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    served = build_schema(answer.text)
    assert {"Query", "Mutation", "Deep", "Node"} <= set(served.type_map)
    assert print_schema(lexicographic_sort_schema(served)) == answer.text.strip()


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_caller_who_has_the_present_version_gets_no_other(address: str) -> None:
    async with standing() as stand:
        first = await stand.client.get(address)
        etag = first.headers["etag"]
        assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
        assert first.headers["cache-control"] == "private, no-cache"
        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            same = await stand.client.get(address, headers={"if-none-match": known})
            assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
        for unknown in ('"other"', "", etag.strip('"')):
            again = await stand.client.get(address, headers={"if-none-match": unknown})
            assert (again.status_code, again.content) == (200, first.content)
        head = await stand.client.head(address)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
        refused = await stand.client.post(address)
        assert (refused.status_code, codes(refused)) == (405, ["BAD_USER_INPUT"])


async def test_the_page_may_load_its_own_style_and_nothing_else() -> None:
    async with standing() as stand:
        answer = await stand.client.get("/docs", headers={"accept": "text/html"})
    style = Page(answer.text).raw["style"]
    policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";"))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["x-frame-options"] == "DENY"


async def test_the_page_is_made_from_the_schema_that_answers() -> None:
    async with standing() as stand:
        answer = await stand.client.get("/docs")
    assert answer.text == page(definitions(stand_in.build(())))
    assert {"Query.echo.number", "Deep.below", "Mutation.change"} <= set(Page(answer.text).ids)


async def test_the_products_schema_and_page_are_those_that_the_commands_print() -> None:
    async with api_on(seeded(1, now=stand_in.NOW), stand_in.NOW) as api:
        text = await api.client.get(f"{api.url}/schema.graphql")
        docs = await api.client.get(f"{api.url}/docs")
    assert text.text == sdl()
    assert docs.text == page(definitions(build()))
