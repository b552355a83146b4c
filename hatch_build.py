"""Build hook: fetches GraphiQL's files before the wheel is put together, also for an editable install.

Where they are not to be had the build goes on without them, and `/graphql` tells a browser how to get them.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _npm_module(root: Path) -> ModuleType:
    """`server/npm.py` by its path: the package's dependencies are not there yet."""
    spec = importlib.util.spec_from_file_location("itsm_reports_npm", root / "server" / "npm.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class GraphiQLHook(BuildHookInterface[Any]):
    """Registered in pyproject.toml for the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is built; `version` is `standard` or `editable`."""
        root = Path(self.root)
        npm = _npm_module(root)
        try:
            npm.fetch_files(npm.GRAPHIQL_FILES, root / "server" / "graphiql_assets")
        except npm.NotFetched as error:
            self.app.display_warning(f"GraphiQL is left out: {error}.")
