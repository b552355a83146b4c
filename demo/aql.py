"""The grammar of the AQL that the stand-in understands: text to tree.

What a clause means is in `aql_search`. Whatever is not understood is an `AqlError`, never ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>-?\d+(?:\.\d+)?(?![\w-]))
    | (?P<op>==|<=|>=|!=|=|<|>)
    | (?P<mark>[(),.])
    | (?P<word>[\w][\w\-:@]*)
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = frozenset({"and", "or", "not", "in", "is", "like", "startswith", "endswith", "empty", "order", "having"})


class AqlError(Exception):
    """A query that Assets would refuse; `message` is for its answer."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Function:
    """A function with its arguments."""

    name: str
    arguments: tuple[str, ...] = ()


Value = str | Function


@dataclass(frozen=True, slots=True)
class Clause:
    """Path (a field, or an attribute and one of the objects it refers to), operator in lower case, values.

    "is empty" and "is not empty" have no values, "in" and "not in" several, all others one.
    """

    path: tuple[str, ...]
    operator: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """NOT of one part."""

    part: Node


@dataclass(frozen=True, slots=True)
class Group:
    """Two or more parts, all of which (`every`) or any of which must hold."""

    parts: tuple[Node, ...]
    every: bool


Node = Clause | Not | Group


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query; `where` None = every object."""

    where: Node | None
    order: tuple[tuple[str, bool], ...] = ()
    """Fields with whether they descend."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int

    def says(self, word: str) -> bool:
        return self.kind in ("word", "mark") and self.text.lower() == word


def parse(text: str) -> Query:
    """Read a query; AqlError if it cannot be read."""
    return _Parser(text).query()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise AqlError(f"AQL query is not valid: unexpected character at position {at + 1}.")
        kind, raw, start = match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)
        at = match.end()
        if kind == "text":
            raw = re.sub(r"\\(.)", r"\1", raw[1:-1], flags=re.DOTALL)
        found.append(_Token(kind, raw, start))
    return found


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def query(self) -> Query:
        where = None if not self._tokens or self._peek("order") else self._either()
        order = self._order() if self._take("order") else ()
        if self._at < len(self._tokens):
            raise self._expected("AND, OR or ORDER BY")
        return Query(where, order)

    # -- tokens

    def _token(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _peek(self, word: str) -> bool:
        token = self._token()
        return token is not None and token.says(word)

    def _take(self, word: str) -> bool:
        if self._peek(word):
            self._at += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise self._expected(f"'{word}'")

    def _expected(self, what: str) -> AqlError:
        token = self._token()
        where = "the end" if token is None else f"'{token.text}' at position {token.at + 1}"
        return AqlError(f"AQL query is not valid: expected {what} but found {where}.")

    # -- structure

    def _either(self) -> Node:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Group(tuple(parts), every=False)

    def _both(self) -> Node:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Group(tuple(parts), every=True)

    def _one(self) -> Node:
        if self._take("not"):
            return Not(self._one())
        if self._take("("):
            inner = self._either()
            self._need(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        path = [self._name("an attribute")]
        while self._take("."):
            path.append(self._name("an attribute"))
        operator = self._operator()
        if operator.startswith("is "):
            return Clause(tuple(path), operator)
        values = self._several() if operator in ("in", "not in") else (self._value(),)
        return Clause(tuple(path), operator, values)

    def _operator(self) -> str:
        token = self._token()
        if token is not None and token.kind == "op":
            self._at += 1
            return token.text
        if self._take("is"):
            negated = self._take("not")
            self._need("empty")
            return "is not empty" if negated else "is empty"
        negated = self._take("not")
        for word in ("in", "like", "startswith", "endswith"):
            if self._take(word):
                return f"not {word}" if negated else word
        raise self._expected("an operator")

    def _name(self, what: str) -> str:
        token = self._token()
        if token is None or token.kind in ("op", "mark") or (token.kind == "word" and token.text.lower() in _WORDS):
            raise self._expected(what)
        self._at += 1
        return token.text

    def _value(self) -> Value:
        token = self._token()
        name = self._name("a value")
        if token is None or token.kind != "word" or not self._take("("):
            return name
        return Function(name, self._arguments())

    def _arguments(self) -> tuple[str, ...]:
        """What follows an opening bracket, up to the closing one."""
        found: list[str] = []
        if not self._peek(")"):
            found.append(self._name("an argument"))
            while self._take(","):
                found.append(self._name("an argument"))
        self._need(")")
        return tuple(found)

    def _several(self) -> tuple[Value, ...]:
        if not self._take("("):
            value = self._value()
            if isinstance(value, Function):
                return (value,)
            raise AqlError("AQL query is not valid: IN needs a list in brackets or a function.")
        found = [self._value()]
        while self._take(","):
            found.append(self._value())
        self._need(")")
        return tuple(found)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._need("by")
        found: list[tuple[str, bool]] = []
        while True:
            field = self._name("an attribute")
            descending = self._take("desc")
            if not descending:
                self._take("asc")
            found.append((field, descending))
            if not self._take(","):
                return tuple(found)
