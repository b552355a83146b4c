"""Kinds of entries: each says how its values become bytes and come back as the very same type. Never by pickle."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from strawberry.types.unset import UnsetType

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of entry. `decode` may raise anything for bytes that are none of its values."""

    name: str
    of: Any
    """The type of its values, or a form of types such as `tuple[str, ...]`."""
    encode: Callable[[T], bytes]
    decode: Callable[[bytes], T]
    large: bool = False
    """Whether values may be so large that they are worked on in a thread, and are given more time on their way."""


def packed(name: str, of: Any, *, large: bool = False) -> Kind[Any]:
    """A kind whose values msgspec packs by their type."""
    return Kind(name, of, pack, unpacker(of), large)


def pack(value: object) -> bytes:
    """A value as bytes."""
    return _ENCODER.encode(value)


def unpacker(of: Any) -> Callable[[bytes], Any]:
    """What makes values of exactly that type of their bytes. Raises msgspec's errors for bytes that are none."""
    decode: Callable[[bytes], Any] = msgspec.msgpack.Decoder(of, dec_hook=_from_plain).decode
    return decode


def _plain(value: object) -> object:
    """What msgspec does not know. An input that was left out is packed as null: the two mean the same to us."""
    if isinstance(value, ZoneInfo):
        return value.key
    if isinstance(value, UnsetType):
        return None
    raise NotImplementedError(f"values of type {type(value).__name__} are not packed")


def _from_plain(of: type, value: object) -> object:
    if of is ZoneInfo:
        return ZoneInfo(str(value))
    raise NotImplementedError(f"values of type {of.__name__} are not packed")


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_plain)
