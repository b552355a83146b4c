"""The cache: kinds of entries, in the process's own memory, and behind that in a Valkey or Redis that replicas share.

Nothing is kept longer than an hour after it was read from Jira: each entry carries the instant of its read, and an
injected clock judges it wherever it comes from.
"""

from resolvers.cache.kinds import Kind, packed
from resolvers.cache.memory import MemoryCache
from resolvers.cache.newest import keep_newest, newest
from resolvers.cache.protocol import LONGEST_SECONDS, Cache, CacheObserver, State, cache_key
from resolvers.cache.shared import open_cache

__all__ = [
    "LONGEST_SECONDS",
    "Cache",
    "CacheObserver",
    "Kind",
    "MemoryCache",
    "State",
    "cache_key",
    "keep_newest",
    "newest",
    "open_cache",
    "packed",
]
