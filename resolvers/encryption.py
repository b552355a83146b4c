"""Sealing what is kept: AES-256-GCM, with the place of each value as associated data.

A sealed value opens only in its own place (purpose, region, site, table, id, column, version …), so one that was moved to another
row, column or site, or put back from an older copy, does not. It names its key by an id, and the key is picked by that, never
by trial. Outer keys are the operator's (`Keyring`); they seal data keys, and nothing else.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from typing import NoReturn, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_FORMAT = 1
_NONCE_BYTES = 12
_ID_LABEL = b"itsm-reports key id, format 1\x00"


class WrongKey(ValueError):
    """A key of the settings that is none; the message names its position and holds nothing of it."""


class Unopenable(Exception):
    """A sealed value that does not open: altered, cut off, moved from its place, or never one of ours."""


class KeyMissing(Exception):
    """The key that a value was sealed with is not at hand: `key_id` says which one it is."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"the key {key_id} is missing")
        self.key_id = key_id


class Sealer(Protocol):
    """Seals values and opens them again in the same place only."""

    async def seal(self, plain: bytes, place: Sequence[str]) -> bytes:
        """The sealed value."""
        ...

    async def unseal(self, blob: bytes, place: Sequence[str]) -> bytes:
        """The value in clear. Raises Unopenable and KeyMissing."""
        ...


class InClear:
    """A Sealer that leaves everything as it is: for tests, by a constructor argument; no setting chooses it."""

    async def seal(self, plain: bytes, place: Sequence[str]) -> bytes:
        """The value itself."""
        return plain

    async def unseal(self, blob: bytes, place: Sequence[str]) -> bytes:
        """The value itself."""
        return blob


class Key:
    """A key with its id. It cannot be printed, pickled or copied."""

    __slots__ = ("_cipher", "id")

    def __init__(self, key: bytes, key_id: str) -> None:
        if len(key) != KEY_BYTES:
            raise WrongKey(f"a key has {KEY_BYTES} bytes")
        self.id = key_id
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return f"Key({self.id})"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("keys are not pickled or copied")

    def seal(self, plain: bytes, place: Sequence[str]) -> bytes:
        """`format · length of the key id · key id · nonce · ciphertext and tag`."""
        key_id = self.id.encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, plain, _associated(place, key_id))
        return bytes((_FORMAT, len(key_id))) + key_id + nonce + sealed

    def unseal(self, blob: bytes, place: Sequence[str]) -> bytes:
        """The value in clear. Raises KeyMissing if another key sealed it, Unopenable if it does not open."""
        if (sealed_by := key_id_of(blob)) != self.id:
            raise KeyMissing(sealed_by)
        key_id = self.id.encode()
        start = 2 + len(key_id)
        nonce, sealed = blob[start : start + _NONCE_BYTES], blob[start + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, _associated(place, key_id))
        except (InvalidTag, ValueError):
            raise Unopenable("it does not open in this place") from None


class Keyring:
    """The operator's keys, newest first: the newest seals, each of them opens what it sealed."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are 32 bytes of base64 each. Raises WrongKey, which names the position of the wrong one."""
        if not keys:
            raise WrongKey("there is no key")
        found = [_outer_key(text, position) for position, text in enumerate(keys, start=1)]
        self._keys = {key.id: key for key in found}
        if len(self._keys) < len(found):
            raise WrongKey("the same key stands there twice")
        self.newest = found[0].id

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("keys are not pickled or copied")

    def wrap(self, key: bytes, place: Sequence[str]) -> bytes:
        """A key sealed with the newest of these."""
        return self._keys[self.newest].seal(key, place)

    def unwrap(self, blob: bytes, place: Sequence[str]) -> bytes:
        """The key in clear. Raises KeyMissing, which names the outer key that lacks, and Unopenable."""
        key = self._keys.get(key_id := key_id_of(blob))
        if key is None:
            raise KeyMissing(key_id)
        return key.unseal(blob, place)


def new_key() -> str:
    """A new outer key, as the settings take it."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key_id_of(blob: bytes) -> str:
    """The id of the key that sealed a value. Raises Unopenable where it is no sealed value."""
    if len(blob) < 2 or blob[0] != _FORMAT or len(blob) < 2 + blob[1] + _NONCE_BYTES:
        raise Unopenable("it is no sealed value")
    try:
        key_id = blob[2 : 2 + blob[1]].decode("ascii")
    except UnicodeDecodeError:
        raise Unopenable("it is no sealed value") from None
    if not key_id.isalnum():
        raise Unopenable("it is no sealed value")
    return key_id


def _outer_key(text: str, position: int) -> Key:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise WrongKey(f"entry {position} is not {KEY_BYTES} bytes of base64 (`itsm-reports key` prints a new one)")
    return Key(key, hashlib.sha256(_ID_LABEL + key).hexdigest()[:16])


def _associated(place: Sequence[str], key_id: bytes) -> bytes:
    """Each part with its length before it, so that no two places read the same."""
    parts = [bytes((_FORMAT,)), key_id, *(part.encode() for part in place)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
