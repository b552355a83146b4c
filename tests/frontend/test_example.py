"""The example frontend: its types are made from the schema as it is now, and it compiles against them, strictly."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.frontend.example import Done, example_in
from tests.npm_packages import FRONTEND

# What a frontend's developer might get wrong: a field that is not there, and a value of another type than the schema's.
_MISTAKES = """
import { graphql, type ResultOf } from "./graphql.js";

const wrong = graphql(`query Wrong { dashboards { nodes { id titel } } }`);
type Entry = NonNullable<ResultOf<typeof wrong>["dashboards"]>["nodes"][number];
export const selected = (entry: Entry): string => entry.titel;
export const unselected = (entry: Entry): string => entry.owner;
export const other = (entry: Entry): number => entry.id;
"""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What was said of the example, and of the file with mistakes beside it."""

    types: Done
    documents: Done
    compiler: Done

    def complaints(self, *, of_mistakes: bool) -> list[str]:
        """The compiler's lines on the mistakes, or on everything else."""
        lines = [line for line in self.compiler.said.splitlines() if line.strip()]
        return [line for line in lines if line.startswith("src/mistakes.ts(") == of_mistakes]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return asyncio.run(compile_with_mistakes(tmp_path_factory.mktemp("frontend") / "example"))


async def compile_with_mistakes(folder: Path) -> Compiled:
    """One run of the compiler tells both: that the example is fine, and that mistakes are found."""
    example = example_in(folder)
    (folder / "src" / "mistakes.ts").write_text(_MISTAKES, "utf-8")
    types = await example.types()
    documents, compiler = await asyncio.gather(example.documents(), example.compile("--noEmit"))
    return Compiled(types, documents, compiler)


def test_types_are_made_from_the_present_schema(compiled: Compiled) -> None:
    assert compiled.types.status == 0, compiled.types.said


def test_the_example_compiles_strictly_against_the_present_schema(compiled: Compiled) -> None:
    assert compiled.complaints(of_mistakes=False) == []
    options = orjson.loads((FRONTEND / "tsconfig.json").read_bytes())["compilerOptions"]
    assert options["strict"] is True


def test_selecting_a_field_that_does_not_exist_does_not_compile(compiled: Compiled) -> None:
    assert compiled.compiler.status != 0
    selected, unselected, other = compiled.complaints(of_mistakes=True)
    assert "src/mistakes.ts(6," in selected
    assert "'unknown' is not assignable to type 'string'" in selected
    assert "src/mistakes.ts(7," in unselected
    assert "'owner' does not exist" in unselected
    assert "src/mistakes.ts(8," in other
    assert "'string' is not assignable to type 'number'" in other


def test_a_document_that_does_not_fit_the_schema_is_named_and_no_other(compiled: Compiled) -> None:
    assert compiled.documents.status != 0
    assert re.findall(r"Cannot query field \S+ on type \S+", compiled.documents.said) == [
        'Cannot query field "titel" on type "Dashboard".'
    ]
    assert re.findall(r"^src/\S+|^\S+\.ts$", compiled.documents.said, re.MULTILINE) == ["src/mistakes.ts"]


def test_its_packages_are_pinned_by_version_and_hash_without_a_registrys_address() -> None:
    lock = orjson.loads((FRONTEND / "package-lock.json").read_bytes())["packages"]
    wanted = orjson.loads((FRONTEND / "package.json").read_bytes())["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    for name, package in lock.items():
        assert not name or package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package


def test_nothing_that_is_made_or_fetched_is_committed() -> None:
    ignored = (FRONTEND / ".gitignore").read_text("utf-8").split()
    assert ignored == ["/dist/", "/node_modules/", "/schema.graphql", "/src/graphql-env.d.ts"]
