"""Puts questions to a running server: many in one operation, each with exactly the fields that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.api import Answer, Api
from tests.oracle.compare import assert_same
from tests.oracle.fields import Fields
from tests.oracle.oracle import REPORTS, Question

AT_ONCE = 20
"""Root fields that an operation may have."""


def selection(fields: Mapping[str, Any] | None) -> str:
    """The fields in GraphQL."""
    if not fields:
        return ""
    return "{ " + " ".join(f"{name} {selection(below)}".strip() for name, below in fields.items()) + " }"


def document(questions: Mapping[str, Question]) -> tuple[str, dict[str, Any]]:
    """One operation with a root field for each question, and its variables."""
    declared, asked, variables = [], [], {}
    for name, one in questions.items():
        declared.append(f"${name}: RequestScope!")
        variables[name] = one.scope.variables()
        field, options = one.report, REPORTS[one.report].options
        if options:
            declared.append(f"${name}_: {options}")
            variables[f"{name}_"] = dict(one.options)
            field += f"(options: ${name}_)"
        asked.append(f"{name}: requests(scope: ${name}) {{ {field} {selection(one.fields)} }}")
    return f"query ({' '.join(declared)}) {{ {' '.join(asked)} }}", variables


async def ask(api: Api, questions: Mapping[str, Question]) -> Answer:
    """The answer to all questions in one operation, which must have no errors."""
    answer = await api.ask(*document(questions))
    assert answer.errors == [], answer.errors
    return answer


async def answers(api: Api, questions: Mapping[str, Question]) -> dict[str, Any]:
    """What each question was answered."""
    found: dict[str, Any] = {}
    for start in range(0, len(questions), AT_ONCE):
        batch = dict(list(questions.items())[start : start + AT_ONCE])
        data = (await ask(api, batch)).data
        found |= {name: data[name][one.report] for name, one in batch.items()}
    return found


async def figures(api: Api, question: Question) -> Any:
    """What one question was answered."""
    return (await answers(api, {"q": question}))["q"]


def assert_right(api: Api, questions: Mapping[str, Question], got: Mapping[str, Any]) -> None:
    """Fails unless every figure is the one worked out from the site's data."""
    expected = {name: one.expected(api.demo.site, api.demo.now_ms()) for name, one in questions.items()}
    assert_same(expected, got)


def without(fields: Fields, *names: str) -> Fields:
    """The fields but for these."""
    return {name: below for name, below in fields.items() if name not in names}
