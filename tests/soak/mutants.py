"""Documents as broken programs and attackers send them: made of good ones, and a few built to be heavy."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.soak.documents import Question
from tests.soak.values import ABSURD_TEXTS, Json, deep

_SIGNS = '{}()[]!$:@."\\#&|=\x00\n\t ,'
_PIECES = (
    "@skip", "@include(if: 1)", "@include(if: $nope)", "@deprecated", "@nope", "@skip(if: true) " * 60, "...", "... on", "... on Nope { x }",
    "...F0", "...Nope", '"""', '"', "\\u", "# \u0000", "fragment F on Query { ...F }", "query { __typename }", "subscription { x }",
    "type Query { x: Int }", "$", "$v0", "null", "{", "}", "(", ")", "[", "]", "9" * 5000, "-", "1e9999", "\ufeff", "\ud800", "\u202e", "a: a: a",
    "__schema { types { fields { type { fields { type { fields { type { name } } } } } } } }", "__type(name: \"Query\") { name }", "mutation {",
)  # fmt: skip


def mutated(random: Random, question: Question) -> Question:
    """The question with one to three things wrong with it."""
    kind, text = "", question.query
    for _ in range(random.choice((1, 1, 2, 3))):
        change = random.choice(_CHANGES)
        kind, text = change.__name__.strip("_"), change(random, text)
    changed = replace(question, kind=f"mutant {kind}", query=text[:2_000_000])
    if random.random() < 0.15:
        wrong: list[Json] = [None, [], "x", 0, {}, {"v0": deep(200)}, {"v0": random.choice(ABSURD_TEXTS)}, deep(100)]
        changed = replace(changed, variables=random.choice(wrong))
    if random.random() < 0.05:
        wrong = [*ABSURD_TEXTS[:20], 0, True, [], {"a": 1}]
        changed = replace(changed, operation=random.choice(wrong))
    return changed


def heavy(random: Random) -> Question:
    """A document that is built to cost much."""
    make = random.choice(_HEAVY)
    return Question(f"heavy {make.__name__.strip('_')}", make(random), None, None)


def _place(random: Random, text: str) -> int:
    return random.randrange(len(text) + 1)


def _cut(random: Random, text: str) -> str:
    return text[: _place(random, text)]


def _hole(random: Random, text: str) -> str:
    start = _place(random, text)
    return text[:start] + text[start + random.randint(1, 20) :]


def _doubled(random: Random, text: str) -> str:
    start, end = sorted((_place(random, text), _place(random, text)))
    return text[:end] + text[start:end] * random.choice((1, 1, 2, 30)) + text[end:]


def _swapped(random: Random, text: str) -> str:
    parts = text.split(" ")
    random.shuffle(parts)
    return " ".join(parts)


def _signs(random: Random, text: str) -> str:
    at = _place(random, text)
    return text[:at] + "".join(random.choice(_SIGNS) for _ in range(random.randint(1, 6))) + text[at:]


def _noise(random: Random, text: str) -> str:
    at = _place(random, text)
    return text[:at] + random.randbytes(random.randint(1, 40)).decode("utf-8", "surrogateescape") + text[at:]


def _piece(random: Random, text: str) -> str:
    at = _place(random, text)
    return f"{text[:at]} {random.choice(_PIECES)} {text[at:]}"


def _name(random: Random, text: str) -> str:
    """One character of a name changed, so that it leads nowhere."""
    at = _place(random, text)
    return text[:at] + random.choice("abcXYZ_09") + text[at + 1 :]


def _absurd(random: Random, text: str) -> str:
    at = _place(random, text)
    return text[:at] + random.choice(ABSURD_TEXTS) + text[at:]


def _nothing(random: Random, _text: str) -> str:
    return random.choice(("", " ", "#", "{}", "{ }", "\x00", "query", "\ufeff", ",,,,"))


def _nested(random: Random) -> str:
    levels = random.choice((17, 60, 190, 1_000, 12_000))
    return "{ requests(scope: {}) " + "{ sla " * levels + "}" * (levels + random.choice((0, 1)))


def _lists(random: Random) -> str:
    levels = random.choice((30, 190, 1_000, 9_000))
    return f"{{ requests(scope: {{projects: {'[' * levels}{']' * levels}}}) {{ total }} }}"


def _comments(_random: Random) -> str:
    return "#\n" * 100_000 + "{ __typename }"


def _long_comment(_random: Random) -> str:
    return "# " + "x" * 500_000 + "\n{ __typename }"


def _circle(random: Random) -> str:
    links = random.choice((1, 2, 40, 99, 500))
    rounds = "".join(f" fragment F{n} on Query {{ ...F{(n + 1) % links} }}" for n in range(links))
    return "{ ...F0 }" + rounds


def _bomb(random: Random) -> str:
    links = random.choice((5, 20, 90))
    chain = "".join(f" fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(links))
    return f"{{ ...F0 }}{chain} fragment F{links} on Query {{ site {{ url }} }}"


def _wide(random: Random) -> str:
    return "{ " + " ".join(f"a{n}: viewer {{ name }}" for n in range(random.choice((20, 30, 31, 900, 30_000)))) + " }"


def _conflicts(random: Random) -> str:
    return "{ " + "site { url timeZone url } " * random.choice((20, 99, 101, 1_500)) + "}"


def _operations(random: Random) -> str:
    return " ".join(f"query Q{n} {{ __typename }}" for n in range(random.choice((20, 21, 1_000))))


def _variables(random: Random) -> str:
    names = range(random.choice((10, 300, 1_500)))
    return f"query ({', '.join(f'$v{n}: Int' for n in names)}) {{ __typename }}"


def _inward(random: Random) -> str:
    """Introspection of itself, over and over."""
    return "{ __schema { types " + "{ fields { type " * random.choice((3, 6, 12)) + "{ name }" + " } }" * 12


_CHANGES: tuple[Callable[[Random, str], str], ...] = (
    _cut, _hole, _doubled, _swapped, _signs, _noise, _piece, _name, _name, _absurd, _nothing,
)  # fmt: skip
_HEAVY: tuple[Callable[[Random], str], ...] = (
    _nested, _lists, _comments, _long_comment, _circle, _bomb, _wide, _conflicts, _operations, _variables, _inward,
)  # fmt: skip
