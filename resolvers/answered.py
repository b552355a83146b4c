"""Answers that drill-downs refer to, and how they are kept, such that any replica pages the very same sets."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import msgspec

from resolvers.cache import Kind
from resolvers.cache.kinds import pack, unpacker
from resolvers.definition import Asked, Definition, definitions
from resolvers.scopes import Scope
from schema.report import ReportRequest
from schema.selection import Selection


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that drill-downs refer to: the question, on its site, and what it rests on beside the table."""

    definition: Definition[Any, Any]
    asked: Asked[Any]
    reference: object
    read_id: str

    @property
    def scope(self) -> Scope:
        """Which requests it is about."""
        return self.asked.scope

    @property
    def size(self) -> int:
        """About how many bytes it holds of its own: the question, mostly. Lists are shared with the cache."""
        return 4096 + 2 * len(repr(self.asked.options)) + 64 * len(self.asked.selection.paths)


def answered(
    definition: Definition[Any, Any], asked: Asked[Any], scope: Scope, reference: object, read_id: str
) -> Answered:
    """The answer as it is kept: of the site's fields no more than reports look at, since a site may have thousands."""
    slim = replace(scope, fields=scope.fields.of_jsm())
    return Answered(definition, replace(asked, scope=slim), reference, read_id)


def handle_of(read_id: str, request: ReportRequest[Any, Any], selection: Selection, reference: object) -> str:
    """The name of an answer: the same for the same question on the same read, if it rests on nothing else."""
    if reference is not None:
        return secrets.token_hex(12)  # the lists that it rests on may be others the next time
    return hashlib.sha256(f"{read_id} {request!r} {sorted(selection.paths)}".encode()).hexdigest()[:24]


class _Kept(msgspec.Struct, array_like=True):
    """An answer. `options` and `reference` are of the types that the report states."""

    report: str
    read_id: str
    scope: Scope
    selection: Selection
    now: int
    options: msgspec.Raw
    reference: msgspec.Raw


@dataclass(frozen=True, slots=True)
class _Form:
    definition: Definition[Any, Any]
    options: Callable[[bytes], Any]
    reference: Callable[[bytes], Any]


@cache
def _forms() -> dict[str, _Form]:
    """How the parts of an answer come back that are of a type of the report's own, by the name of its request."""
    return {
        request.__name__: _Form(one, unpacker(request.types()[0]), unpacker(one.reference))
        for request, one in definitions().items()
    }


_unpack = unpacker(_Kept)


def _encode(one: Answered) -> bytes:
    kept = _Kept(
        report=one.definition.request.__name__,
        read_id=one.read_id,
        scope=one.scope,
        selection=one.asked.selection,
        now=one.asked.now,
        options=msgspec.Raw(pack(one.asked.options)),
        reference=msgspec.Raw(pack(one.reference)),
    )
    return pack(kept)


def _decode(encoded: bytes) -> Answered:
    kept: _Kept = _unpack(encoded)
    form = _forms()[kept.report]
    asked = Asked(form.options(bytes(kept.options)), kept.selection, kept.scope, kept.now)
    return Answered(form.definition, asked, form.reference(bytes(kept.reference)), kept.read_id)


ANSWERED: Kind[Answered] = Kind("answered", Answered, _encode, _decode, large=True)
