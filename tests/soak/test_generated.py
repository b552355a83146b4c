"""Whatever is asked, the server answers it in its own words, stays up, and keeps its memory."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest
from graphql import FieldNode, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, build_schema, parse, validate, visit

from demo.jql import Or, Words
from demo.jql import parse as parse_jql
from demo.seed import seeded
from schema.build import sdl
from server.app import utc_now
from tests.api import Api, api_on
from tests.soak.calling import Caller
from tests.soak.conftest import Tell
from tests.soak.documents import Documents
from tests.soak.pool import Pool
from tests.soak.process import KEYS, Program, server, settings, stand_in_site
from tests.soak.run import SEED, Asker, each

PERIOD = '{between: {from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z"}}'
KNOWN = f'{{ site {{ url timeZone }} requests(scope: {{projects: ["ITS"], period: {PERIOD}}}, maxAgeSeconds: 0) {{ total }} }}'
LISTS = """{ site { projects { nodes { id key } edges { cursor } } serviceDesks { nodes { id projectKey } } requestTypes { nodes { id } }
  issueTypes { nodes { id } } statuses { nodes { id } } priorities { nodes { id } } organizations { nodes { id } } selectFields { nodes { id } }
  assetSchemas { nodes { id } } slaMetrics { ids name } } requests(scope: {}) { assigneeWorkload { rows { assignee { accountId } drillDown } } } }"""


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(sdl())


class Selected(Visitor):
    """Notes every field and argument that a document uses."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.seen: set[str] = set()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._info.get_parent_type()
        assert parent is not None
        place = f"{parent.name}.{node.name.value}"
        self.seen |= {place, *(f"{place}({argument.name.value})" for argument in node.arguments or ())}


def places(schema: GraphQLSchema) -> Iterator[str]:
    """Every field of every type, and every argument of every field."""
    for kind in schema.type_map.values():
        if kind.name.startswith("__") or not hasattr(kind, "fields"):
            continue
        for name, field in kind.fields.items():
            if hasattr(field, "args"):
                yield f"{kind.name}.{name}"
                yield from (f"{kind.name}.{name}({argument})" for argument in field.args)


def test_generated_documents_are_valid_and_reach_nearly_every_field_and_argument(schema: GraphQLSchema) -> None:
    documents = Documents(schema, Pool(), absurd=0.0)
    info = TypeInfo(schema)
    selected = Selected(info)
    for number in range(400):
        document = parse(documents.question(Random(f"{SEED} {number}")).query)
        assert validate(schema, document) == []
        visit(document, TypeInfoVisitor(info, selected))
    missed = set(places(schema)) - selected.seen
    assert len(missed) <= len(selected.seen) / 10, missed


def assert_jql_keeps_its_place(api: Api) -> None:
    """All that reached the site can be read, and is a list of conditions that all hold: nothing of a caller's got beside them."""
    queries = [body["jql"] for _, body in api.wire.sent if isinstance(body, dict) and "jql" in body]
    assert queries
    for query in queries:
        assert not isinstance(parse_jql(query).where, Or | Words), query


async def test_a_sample_of_generated_documents_and_requests_is_answered_as_it_should_be(schema: GraphQLSchema) -> None:
    pool = Pool()
    async with api_on(seeded(60, now=utc_now()), utc_now()) as api:
        asker = Asker(api.url, api.client, Documents(schema, pool), pool, "none")
        before = await api.ask(KNOWN)
        await each(range(100), asker.document, at_once=4)
        await each(range(120), asker.request, at_once=4)
        assert not asker.tally.wrong, asker.tally.worst()
        assert asker.tally.with_reports > 5
        assert_jql_keeps_its_place(api)
        after = await api.ask(KNOWN)
        assert (after.errors, after.data) == (before.errors, before.data)


def noted(program: Program) -> list[str]:
    """Lines of the server's log that tell of a fault."""
    signs = ("unexpected_error", "Traceback", "without completing response")
    return [line for line in program.log.read_text("utf-8", "replace").splitlines() if any(s in line for s in signs)]


async def quarter_of(asker: Asker, number: int, documents: int, requests: int) -> None:
    """Ask the quarter of that number, from 0 on, of so many in all."""
    await each(range(number * documents // 4, (number + 1) * documents // 4), asker.document, at_once=6)
    await each(range(number * requests // 4, (number + 1) * requests // 4), asker.request, at_once=6)


async def soaked(program: Program, documents: int, requests: int, tell: Tell) -> list[int]:
    """Ask a server so many things and hold it to all that is said of it; its memory in bytes after each quarter."""
    pool = Pool()
    memory: list[int] = []
    async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:
        asker = Asker(program.url, client, Documents(build_schema(sdl()), pool), pool, KEYS["alice"])
        before = await asker.known(KNOWN)
        await asker.known(LISTS)
        for number in range(4):
            started = time.monotonic()
            await quarter_of(asker, number, documents, requests)
            # All quarters begin with nothing saved: a list of dashboards that grows makes the answers grow, and the memory.
            saved = await Caller(client, program.url, KEYS["alice"]).clear()
            memory.append(program.memory_bytes())
            size, seconds = memory[-1] / 2**20, time.monotonic() - started
            tell(
                [f"quarter {number + 1}: {size:.1f} MiB, {seconds:.0f} s, {saved:,} widgets and dashboards were saved"]
            )
        tell(asker.tally.lines())
        assert not asker.tally.wrong, asker.tally.worst()
        assert asker.tally.with_reports > documents / 20
        assert await asker.known(KNOWN) == before
    assert noted(program) == []
    return memory


@pytest.mark.soak
async def test_twenty_thousand_generated_documents_and_requests_leave_the_server_well_and_no_larger(
    tmp_path: Path, tell: Tell
) -> None:
    with stand_in_site(tmp_path, 300) as site:
        environ = settings(site.url, tmp_path, ITSM_CACHE_BYTES="4194304")
        with server(tmp_path, environ) as program:
            memory = await soaked(program, 14_000, 7_000, tell)
            assert program.stop() == 0
    assert memory[3] <= 1.1 * memory[0]
