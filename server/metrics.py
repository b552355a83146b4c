"""Numbers for Prometheus: operations by code, calls to Atlassian, the cache. No site, account or query is in a label."""

from collections import OrderedDict
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# Codes of the contract, and what else an operation can come to: a label takes no other value.
_OTHER_OUTCOMES = frozenset({"OK", "CLIENT_GONE"})
_CACHE_RESULTS = frozenset({"HIT", "DELTA", "PART", "MISS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25)
_READS_REMEMBERED = 10_000


class Metrics:
    """One application's numbers, in a registry of their own."""

    def __init__(self, codes: Iterable[str]) -> None:
        self._outcomes = frozenset(codes) | _OTHER_OUTCOMES
        self._registry = CollectorRegistry()
        self._operations = Counter(
            "itsm_operations_total",
            "GraphQL operations, by OK or each code that they met",
            ["code"],
            registry=self._registry,
        )
        self._operation_seconds = Histogram(
            "itsm_operation_seconds", "Duration of operations that ran", buckets=_SECONDS, registry=self._registry
        )
        self._calls = Counter(
            "itsm_atlassian_calls_total", "Calls to Atlassian", ["endpoint", "outcome"], registry=self._registry
        )
        self._call_seconds = Histogram(
            "itsm_atlassian_call_seconds",
            "Duration of calls to Atlassian",
            ["endpoint"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._points = Counter("itsm_atlassian_points_total", "Points that reads came to", registry=self._registry)
        self._cache = Counter(
            "itsm_reports_total", "Reports answered, by what the cache had", ["cache"], registry=self._registry
        )
        self._reads = Gauge("itsm_reads_in_flight", "Reads of Atlassian under way", registry=self._registry)
        self._reads_counted: OrderedDict[str, None] = OrderedDict()

    def operation(self, codes: Iterable[str], seconds: float) -> None:
        """One operation ended; `codes` are those of its errors, none for a clean one. Zero seconds: it did not run."""
        for code in set(codes) or {"OK"}:
            self._operations.labels(code if code in self._outcomes else "OTHER").inc()
        if seconds > 0:
            self._operation_seconds.observe(seconds)

    def call(self, endpoint: str, outcome: str, seconds: float) -> None:
        """One call to Atlassian ended. The names are those of the connectors' own table, never an address."""
        self._calls.labels(endpoint, outcome).inc()
        self._call_seconds.labels(endpoint).observe(seconds)

    def reports(self, entries: object) -> None:
        """What `extensions.reports` says: the points of each read are counted once, however many reports it served."""
        for entry in entries if isinstance(entries, list) else []:
            if entry.get("cache") in _CACHE_RESULTS:
                self._cache.labels(entry["cache"]).inc()
            read = str(entry.get("readId"))
            if read not in self._reads_counted:
                self._reads_counted[read] = None
                self._points.inc(entry.get("points") or 0)
        while len(self._reads_counted) > _READS_REMEMBERED:
            self._reads_counted.popitem(last=False)

    def watch_reads(self, count: Callable[[], float]) -> None:
        """Take the number of reads under way from `count` whenever it is asked for."""
        self._reads.set_function(count)

    def text(self) -> bytes:
        """Everything, in Prometheus's text format."""
        return generate_latest(self._registry)
