"""One Valkey for all tests of the cache, empty at the start of each."""

from collections.abc import Iterator

import pytest

from tests.api import Clock, at
from tests.resolvers.cache.valkeys import Store


@pytest.fixture(scope="session")
def only_store() -> Iterator[Store]:
    store = Store()
    yield store
    store.close()


@pytest.fixture
def store(only_store: Store) -> Store:
    only_store.ensure()
    return only_store


@pytest.fixture
def clock() -> Clock:
    return Clock(at("2026-03-31T12:00"))
