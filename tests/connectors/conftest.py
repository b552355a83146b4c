"""Tests here run on a clock that jumps, so no wait is real; a module with `REAL_TIME = True` talks over sockets."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.connectors.support import JumpingLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loop of each test of this folder."""
    module = item.getparent(pytest.Module)
    real = module is not None and getattr(module.obj, "REAL_TIME", False)
    return {"loop": asyncio.SelectorEventLoop if real else JumpingLoop}
