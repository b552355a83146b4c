"""Faults that a test orders, to see what a reader does about them.

    demo.faults.add(Fault.status(429, on="search/jql", after=2, times=1, retry_after=1))

`on` is an endpoint's name ("search/jql", "myself", … as in `rest.ENDPOINTS`; "*" = every one), `after` the number of matching calls
let through first, `times` the number of calls hit then (None = for ever).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    """What goes wrong."""

    STATUS = auto()
    HTML = auto()
    HALF_BODY = auto()
    TRUNCATED = auto()
    NO_ANSWER = auto()
    SAME_PAGE = auto()
    EXPIRED_CURSOR = auto()
    ANONYMOUS = auto()
    SCOPE_MISMATCH = auto()
    DELAY = auto()
    ENDLESS = auto()


_WITH_CURSOR = (Kind.SAME_PAGE, Kind.EXPIRED_CURSOR)


@dataclass(slots=True)
class Fault:
    """One ordered fault; made by the class methods. `hits` counts how often it struck."""

    kind: Kind
    on: str = "*"
    after: int = 0
    times: int | None = 1
    code: int = 200
    seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    hits: int = 0
    _seen: int = 0

    @classmethod
    def status(
        cls,
        code: int,
        *,
        on: str = "*",
        after: int = 0,
        times: int | None = 1,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Fault:
        """An answer of that status with the documented body of it (or `body`), with Retry-After if given (seconds)."""
        sent = dict(headers or {})
        if retry_after is not None:
            sent["Retry-After"] = f"{retry_after:g}"
        return cls(Kind.STATUS, on, after, times, code=code, headers=sent, body=body)

    @classmethod
    def html(cls, code: int = 200, *, on: str = "*", after: int = 0, times: int | None = 1) -> Fault:
        """A page of HTML where JSON belongs."""
        return cls(Kind.HTML, on, after, times, code=code)

    @classmethod
    def half_body(cls, *, on: str = "*", after: int = 0, times: int | None = 1) -> Fault:
        """Half of the announced bytes, then the connection closes."""
        return cls(Kind.HALF_BODY, on, after, times)

    @classmethod
    def truncated(cls, *, on: str = "*", after: int = 0, times: int | None = 1) -> Fault:
        """A complete HTTP answer whose JSON ends in the middle."""
        return cls(Kind.TRUNCATED, on, after, times)

    @classmethod
    def no_answer(cls, *, on: str = "*", after: int = 0, times: int | None = 1) -> Fault:
        """The connection is cut before any answer."""
        return cls(Kind.NO_ANSWER, on, after, times)

    @classmethod
    def same_page(cls, *, on: str = "search/jql", after: int = 0, times: int | None = 1) -> Fault:
        """The first page again, whatever the token or the start. Only calls for a further page match."""
        return cls(Kind.SAME_PAGE, on, after, times)

    @classmethod
    def expired_cursor(cls, *, on: str = "search/jql", after: int = 0, times: int | None = 1) -> Fault:
        """400 for the page token. Only calls with a token match."""
        return cls(Kind.EXPIRED_CURSOR, on, after, times)

    @classmethod
    def endless(cls, *, on: str, after: int = 0, times: int | None = None) -> Fault:
        """Lists by start (JSM, Assets, projects, users): every page says that there are more; behind the last they are empty."""
        return cls(Kind.ENDLESS, on, after, times)

    @classmethod
    def anonymous(cls, *, on: str = "*", after: int = 0, times: int | None = 1) -> Fault:
        """As if the credential had just stopped being good: anonymous answers on the site host, 401 on the gateway."""
        return cls(Kind.ANONYMOUS, on, after, times)

    @classmethod
    def scope_mismatch(cls, *, on: str = "*", after: int = 0, times: int | None = 1) -> Fault:
        """The gateway's 401 for a token without the scope."""
        return cls(Kind.SCOPE_MISMATCH, on, after, times)

    @classmethod
    def delay(cls, seconds: float, *, on: str = "*", after: int = 0, times: int | None = 1) -> Fault:
        """The right answer, that much later."""
        return cls(Kind.DELAY, on, after, times, seconds=seconds)

    def strikes(self, endpoint: str, *, has_cursor: bool) -> bool:
        """Whether this call is hit; counts it."""
        if self.on not in ("*", endpoint) or (self.kind in _WITH_CURSOR and not has_cursor):
            return False
        self._seen += 1
        if self._seen <= self.after or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


class Faults:
    """The faults ordered, in the order of their ordering; of several that strike one call the first counts."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Order a fault."""
        self._ordered.append(fault)
        return fault

    def clear(self) -> None:
        """From now on all is well."""
        self._ordered.clear()

    def take(self, endpoint: str, *, has_cursor: bool) -> Fault | None:
        """The fault that strikes this call, if any."""
        return next((one for one in self._ordered if one.strikes(endpoint, has_cursor=has_cursor)), None)
