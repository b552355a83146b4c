"""Values for arguments and input fields: mostly such as people send, some such as nobody should."""

from datetime import UTC, datetime, timedelta
from random import Random

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    is_required_input_field,
)

from tests.soak.pool import Pool

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_JQL = (
    "labels = vpn", "assignee is EMPTY", 'summary ~ "printer \\"x\\""', "status in (1, 2) ORDER BY created DESC",
    "project = ITS OR project = HR", "a) OR (b = c", "created >= -7d", 'labels = "(("', "labels = ')'", "NOT (priority = High)",
    "priority = High AND (labels = a OR labels = b)", "resolution = Unresolved order by rank", "((((((labels = a))))))",
    'labels = "\u202e\u0645"', "labels = a)) OR ((1 = 1", "text ~ '*'", "issuekey = ITS-1", "labels = 'it''s'", "cf[10010] is EMPTY",
    'labels = "\\', "assignee = currentUser()", "created > now()", "key in (ITS-1, ITS-2)", "", " ", "(", '"', "ORDER BY", "labels in ()",
)  # fmt: skip
_AQL = (
    "objectType = Laptop", 'Name like "a"', "objectId > 0", "a) OR (b", "Status = Active AND (Name like x)", '"Serial number" = "',
    "objectType IN objectTypeAndChildren(Hardware)", "((", "", "Owner = currentUser()",
)  # fmt: skip
_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "America/Havana", "Pacific/Apia", "Etc/GMT+12")
_SPANS = ("P7D", "P30D", "P90D", "P1W", "P12W", "P1M", "P6M", "P1Y", "P0D", "P-1D", "PT5H", "P99999Y", "P1Y2M", "p3d")
_WORDS = (
    "a",
    "e",
    "Time to resolution",
    "High",
    "vpn",
    "Service desk",
    "Laptop",
    "0",
    "1",
    "10050",
    "open",
    "Team's report",
    "ITS",
)
# By the name of the argument or input field, whatever type it belongs to.
_TEXTS: dict[str, tuple[str, ...]] = {
    "jql": _JQL,
    "aql": _AQL,
    "timeZone": _ZONES,
    "last": _SPANS,
    "projects": ("ITS", "ITS", "ITS", "NOPE", "its", "x) OR (y"),
    "metric": ("Time to resolution", "Time to first response", "Time to nothing", "customfield_10020"),
    "field": ("customfield_10050", "customfield_10051", "customfield_10010", "summary", "customfield_9999999999999"),
    "measure": ("open", "overdue", "requests", "resolved", "created", "met", "missed", "total", "count", "x"),
    "groupBy": ("Status", "Owner", "Name", "Serial number", "Nope", ""),
    "search": ("a", "e", "", "%", "_", "zzz", "\\"),
    "title": ("Open requests", "<script>alert(1)</script>", "\u202eعربى", "x" * 200, "  ", "Ünïcödé 🎉", "a\tb"),
    "sharedWith": ("demo", "alice", "bob"),
    "document": ("", "{}", "[]", "null", '{"format": 1}', '{"format": 99, "widgets": [], "dashboards": []}', '{"widgets": [{"title": "x"'),
}  # fmt: skip
# Which fields of answers hold values for an argument of the name on the left: their name, and what they stand in if that is
# not what the argument's surroundings are called.
_HARVEST: dict[str, tuple[tuple[str, str], ...]] = {
    "after": (("cursor", ""), ("endCursor", "")),
    "id": (("id", ""), ("id", ""), ("drillDown", "")),
    "projects": (("key", "projects"), ("projectKey", "serviceDesks")),
    "serviceDesk": (("id", "serviceDesks"),),
    "schema": (("id", "assetSchemas"),),
    "assignees": (("accountId", "assignee"),),
    "in": (("id", ""), ("id", ""), ("accountId", ""), ("name", "")),
    "notIn": (("id", ""), ("id", ""), ("accountId", ""), ("name", "")),
    "metric": (("name", "slaMetrics"), ("name", "metric")),
    "field": (("id", "selectFields"),),
    "document": (("exportConfigurations", ""),),
    "timeZone": (),
    "search": (),
}
_INTS: dict[str, tuple[int, ...]] = {
    "first": (1, 2, 5, 20, 50, 100),
    "top": (1, 3, 10, 50, 1000),
    "maxAgeSeconds": (0, 60, 300, 3600, 3600, 3600, 100_000),
    "offset": (0, -1, -2, -12, 1),
}
ABSURD_TEXTS = (
    "", " ", "\x00", "a\x00b", "\x1b[31m", "\x7f", "\n\r\t\v\f", "\ud800", "x\udfff", "\ud83d\ude00", "\u202e\u2066", "\ufeff", "\u2028",
    "\U0010ffff", "🎉" * 50, "x" * 20_000, "'; DROP TABLE widgets; --", '"})]}', "${7*7}{{7*7}}", "../../etc/passwd", "%00%ff", "__proto__",
    "-1", "1e999", "NaN", "null", "true", "MTIz", "bm9wZQ==", "====", "YXJyYXljb25uZWN0aW9uOjk5", "W10=", "e30=", "Wzk5OTk5OTk5OTk5OTk5OTldCg",
    "0000-00-00T00:00:00Z", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z",
    "P" + "9" * 5000 + "D", "(" * 2000, '"' * 999, "\\" * 501, "a OR " * 1000 + "a", "İ", "ß", "٣", "²", "1_000", " 5 ", "\u00a0", "A" * 256,
)  # fmt: skip
ABSURD_NUMBERS: tuple[int | float, ...] = (
    0, 0, -1, -1, 101, 1001, 2**31 - 1, -(2**31), 2**31, 2**53 + 1, 2**63, 10**400, -(10**4000), 0.5, -0.0, 1e308, 1e-320, float("nan"), float("inf"), 1.0,
)  # fmt: skip


class Values:
    """Makes values. `absurd` is the chance that a leaf is one that nobody should send."""

    def __init__(self, random: Random, pool: Pool, absurd: float) -> None:
        self._random = random
        self._pool = pool
        self._absurd = absurd

    def of(self, kind: GraphQLInputType, name: str, near: str = "", level: int = 0) -> Json:
        """A value for an argument or input field `name`; `near` is the field (and the input) that it belongs to."""
        random = self._random
        if random.random() < self._absurd / 4:
            return self._wild(level)
        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type, name, near, level)
        return None if random.random() < 0.08 else self._present(kind, name, near, level)

    def _present(self, kind: GraphQLInputType, name: str, near: str, level: int) -> Json:
        random = self._random
        if isinstance(kind, GraphQLList):
            length = random.choice((0, 1, 1, 2, 3)) if random.random() >= self._absurd / 4 else 150
            return [self.of(kind.of_type, name, near, level + 1) for _ in range(length)]
        if isinstance(kind, GraphQLEnumType):
            return str(random.choice(list(kind.values)))
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind, f"{near} {name}", level)
        assert isinstance(kind, GraphQLScalarType)
        return self._scalar(kind.name, name, near)

    def _object(self, kind: GraphQLInputObjectType, near: str, level: int) -> Json:
        random = self._random
        if kind.is_one_of:
            name = random.choice(list(kind.fields))
            return {name: self._present(kind.fields[name].type, name, near, level + 1)}
        share = random.choice((0.0, 0.1, 0.2, 0.5)) if level < 6 else 0.0
        if kind.name == "RequestScope" and random.random() < 0.6:
            share = 0.0  # nearly every scope of several conditions is refused; reports are to be computed, too
        given = {k: f for k, f in kind.fields.items() if is_required_input_field(f) or random.random() < share}
        return {key: self.of(field.type, key, near, level + 1) for key, field in given.items()}

    def _scalar(self, kind: str, name: str, near: str) -> Json:
        random = self._random
        absurd = random.random() < self._absurd
        if kind == "Boolean":
            return random.random() < 0.5
        if kind == "Int":
            number = random.choice(ABSURD_NUMBERS) if absurd else self._int(name)
            return number
        if kind == "Float":
            return random.choice(ABSURD_NUMBERS) if absurd else random.choice((0, 1, 5.5, 100, -3.25))
        if absurd:
            return random.choice(ABSURD_TEXTS)
        return self._instant() if kind == "DateTime" else self._text(name, near)

    def _int(self, name: str) -> int:
        known = self._pool.number(self._random, name) if self._random.random() < 0.7 else None
        return known if known is not None else self._random.choice(_INTS.get(name, (0, 1, 2, 3, 7, 50)))

    def _text(self, name: str, near: str) -> str:
        random = self._random
        wanted = _HARVEST.get(name, ((name, ""),))
        if near == "drillDown" and name == "id":
            wanted = (("drillDown", ""),)
        known = [text for field, around in wanted if (text := self._pool.texts(random, field, around or near))]
        if known and random.random() < 0.85:
            return random.choice(known)
        return random.choice(_TEXTS.get(name, _WORDS))

    def _instant(self) -> str:
        random = self._random
        at = datetime.now(UTC) + timedelta(days=random.uniform(-400, 30))
        zone = random.choice(("Z", "Z", "+05:45", "-12:00"))
        return at.strftime("%Y-%m-%dT%H:%M:%S") + random.choice(("", ".123", ".123456")) + zone

    def _wild(self, level: int) -> Json:
        """Of any type at all."""
        random = self._random
        match random.randrange(6):
            case 0:
                return random.choice(ABSURD_TEXTS)
            case 1:
                return random.choice(ABSURD_NUMBERS)
            case 2:
                return random.choice((None, True, False, {}, []))
            case 3:
                return deep(random.choice((3, 20, 40, 150)))
            case 4 if level < 3:
                return {random.choice(("x", "id", "", "\x00", "__proto__")): self._wild(level + 1) for _ in range(3)}
            case _:
                return [self._wild(level + 1) for _ in range(2)] if level < 3 else []


def deep(levels: int) -> Json:
    """Lists in one another."""
    value: Json = []
    for _ in range(levels):
        value = [value]
    return value
