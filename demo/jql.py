"""The grammar of the JQL that the stand-in understands: text to tree and back.

What a clause means is in `jql_fields` and `search`. Whatever is not understood is a `JqlError`, never ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~", "!~", "in", "not in", "is", "is not")
_RESERVED = frozenset({"and", "or", "not", "in", "is", "empty", "null", "order", "by", "was", "changed"})
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<cf>[cC][fF]\[\d+\])
    | (?P<op><=|>=|!=|!~|=|<|>|~)
    | (?P<mark>&&|\|\||[!(),])
    | (?P<word>(?:[^\s"'()\[\]{}=!<>~,|&+*/%^$\#@?;`\\]|\\.)+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_NEEDED = {"&&": "and", "||": "or", "!": "not"}


class JqlError(Exception):
    """A query that Jira would refuse. `message` is Jira's text; `syntax` tells a query that cannot even be read."""

    def __init__(self, message: str, *, syntax: bool = False) -> None:
        super().__init__(message)
        self.message = f"Error in the JQL Query: {message}" if syntax else message
        self.syntax = syntax


@dataclass(frozen=True, slots=True)
class Value:
    """A literal, as its text."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Empty:
    """EMPTY or NULL."""


@dataclass(frozen=True, slots=True)
class Several:
    """A list in brackets."""

    items: tuple[Value | Call | Empty, ...]


Operand = Value | Call | Empty | Several


@dataclass(frozen=True, slots=True)
class Clause:
    """field operator operand; the operator is one of OPERATORS."""

    field: str
    operator: str
    operand: Operand


@dataclass(frozen=True, slots=True)
class Words:
    """A query of bare words only: Jira takes it as a search of the text."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """NOT of one part."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more parts."""

    parts: tuple[Node, ...]


Node = Clause | Words | Not | And | Or


@dataclass(frozen=True, slots=True)
class Order:
    """One field of ORDER BY."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query; `where` None = it restricts nothing."""

    where: Node | None
    order: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int

    def says(self, word: str) -> bool:
        return self.kind in ("word", "mark") and self.text.lower() == word


def parse(text: str) -> Query:
    """Read a query; JqlError(syntax=True) with Jira-like words if it cannot be read."""
    return _Parser(text).query()


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _unreadable(text, at)
        kind, raw, start = match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)
        at = match.end()
        if kind == "text":
            raw = _unquote(raw[1:-1])
        elif kind == "mark":
            raw = _NEEDED.get(raw, raw)
        elif kind == "word" and "\\" in raw:
            kind, raw = "text", _unquote(raw)
        found.append(_Token(kind, raw, start))
    return found


def _unreadable(text: str, at: int) -> JqlError:
    at += len(text[at:]) - len(text[at:].lstrip())
    where = f"(line {text.count(chr(10), 0, at) + 1}, character {at - (text.rfind(chr(10), 0, at) + 1) + 1})"
    if text[at] in "\"'":
        return JqlError(f"The quoted string '{text[at + 1 :]}' has not been completed. {where}", syntax=True)
    return JqlError(
        f"The character '{text[at]}' is a reserved JQL character. You must enclose it in a string or use the escape"
        f" '\\u{ord(text[at]):04x}' instead. {where}",
        syntax=True,
    )


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0

    def query(self) -> Query:
        if self._only_words():
            return Query(Words(" ".join(one.text for one in self._tokens)))
        where = None if self._peek("order") or not self._tokens else self._either()
        order = self._order() if self._take("order") else ()
        if self._at < len(self._tokens):
            raise self._expected("'OR' or 'AND'" if not order else "','")
        return Query(where, order)

    def _only_words(self) -> bool:
        return bool(self._tokens) and all(
            one.kind == "text" or (one.kind == "word" and one.text.lower() not in _RESERVED) for one in self._tokens
        )

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

    def _expected(self, what: str) -> JqlError:
        token = self._token()
        if token is None:
            return JqlError(f"Expecting {what} before the end of the query.", syntax=True)
        line = self._text.count("\n", 0, token.at) + 1
        column = token.at - (self._text.rfind("\n", 0, token.at) + 1) + 1
        return JqlError(f"Expecting {what} but got '{token.text}'. (line {line}, character {column})", syntax=True)

    # -- structure

    def _either(self) -> Node:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self) -> Node:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _negated(self) -> Node:
        if self._take("not"):
            return Not(self._negated())
        if self._take("("):
            inner = self._either()
            self._need(")")
            return inner
        return self._clause()

    def _name(self, what: str) -> str:
        token = self._token()
        if token is None or token.kind in ("op", "mark") or (token.kind == "word" and token.text.lower() in _RESERVED):
            raise self._expected(what)
        self._at += 1
        return token.text

    def _clause(self) -> Clause:
        field = self._name("a field name")
        operator = self._operator()
        operand = self._several() if operator in ("in", "not in") else self._operand()
        if operator in ("is", "is not") and not isinstance(operand, Empty):
            raise JqlError(f"The operator '{operator}' can only be used with EMPTY or NULL.", syntax=True)
        return Clause(field, operator, operand)

    def _operator(self) -> str:
        token = self._token()
        if token is not None and token.kind == "op":
            self._at += 1
            return token.text
        if self._take("in"):
            return "in"
        if self._take("is"):
            return "is not" if self._take("not") else "is"
        if self._take("not"):
            self._need("in")
            return "not in"
        raise self._expected(
            "an operator, one of '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT',"
        )

    def _several(self) -> Operand:
        token = self._token()
        if token is not None and token.kind == "word":
            single = self._operand()
            if isinstance(single, Call):
                return single
            raise JqlError("Operator 'in' does not support a single value: use a list in brackets.", syntax=True)
        self._need("(")
        items = [self._operand()]
        while self._take(","):
            items.append(self._operand())
        self._need(")")
        return Several(tuple(items))

    def _operand(self) -> Value | Call | Empty:
        token = self._token()
        if token is not None and token.kind == "word" and token.text.lower() in ("empty", "null"):
            self._at += 1
            return Empty()
        name = self._name("either a value, list or function")
        if token is None or token.kind != "word" or not self._take("("):
            return Value(name)
        arguments: list[str] = []
        if not self._peek(")"):
            arguments.append(self._name("an argument"))
            while self._take(","):
                arguments.append(self._name("an argument"))
        self._need(")")
        return Call(name, tuple(arguments))

    def _order(self) -> tuple[Order, ...]:
        self._need("by")
        found = [self._sort()]
        while self._take(","):
            found.append(self._sort())
        if len(found) > 7:
            raise JqlError("The maximum number of fields in ORDER BY is 7.", syntax=True)
        return tuple(found)

    def _sort(self) -> Order:
        field = self._name("a field name")
        if self._take("desc"):
            return Order(field, descending=True)
        self._take("asc")
        return Order(field)


def quoted(text: str) -> str:
    """A literal in double quotes, with its escapes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    for letter, char in _ESCAPES.items():
        escaped = escaped.replace(char, f"\\{letter}")
    return f'"{escaped}"'


def render(query: Query) -> str:
    """A query as text that parses to the same tree."""
    where = "" if query.where is None else _node(query.where)
    if not query.order:
        return where
    fields = ", ".join(f"{quoted(one.field)} {'DESC' if one.descending else 'ASC'}" for one in query.order)
    return f"{where} ORDER BY {fields}".strip()


def _node(node: Node) -> str:
    if isinstance(node, Clause):
        return f"{_field(node.field)} {node.operator} {_value(node.operand)}"
    if isinstance(node, Words):
        return quoted(node.text)
    if isinstance(node, Not):
        return f"NOT ({_node(node.part)})"
    word = " AND " if isinstance(node, And) else " OR "
    return word.join(f"({_node(part)})" for part in node.parts)


def _field(name: str) -> str:
    return name if re.fullmatch(r"cf\[\d+\]", name, re.IGNORECASE) else quoted(name)


def _value(operand: Operand) -> str:
    if isinstance(operand, Value):
        return quoted(operand.text)
    if isinstance(operand, Call):
        return f"{operand.name}({', '.join(map(quoted, operand.arguments))})"
    if isinstance(operand, Empty):
        return "EMPTY"
    return f"({', '.join(map(_value, operand.items))})"
