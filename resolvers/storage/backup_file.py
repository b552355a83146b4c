"""The file of a backup: a format of our own, sealed throughout.

`magic · format (2 bytes) · length of the header (4) · header · frames`; a frame is `length (4) · last? (1) · sealed, compressed records`.
A key made for this file alone seals the frames, and the header holds it wrapped by the operator's newest key. The place of a frame binds
file, header, index and whether it is the last, so that frames left out, doubled, reordered, altered or taken from elsewhere do
not open. All sizes are bounded before anything is read into memory.
"""

import hashlib
import secrets
import zlib
from collections.abc import Iterator
from typing import BinaryIO, TypeAlias
from uuid import uuid4

import msgspec

from resolvers.compression import inflated
from resolvers.encryption import KEY_BYTES, Key, KeyMissing, Keyring, Unopenable
from resolvers.storage.errors import BackupProblem

FORMAT = 1
_MAGIC = b"ITSMBKUP"
_LARGEST_HEADER = 4096
_FRAME = 1024 * 1024
_LARGEST_FRAME = 8 * _FRAME
_DAMAGED = "The backup is damaged: it was altered or cut off."


class SiteRecord(msgspec.Struct, tag="site", forbid_unknown_fields=True):
    """A row of `sites`."""

    id: str
    host: str
    region: str
    created_at: int


class ItemRecord(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """A widget's place on a dashboard."""

    widget_id: str
    width: int
    own_scope: bool


class ObjectRecord(msgspec.Struct, forbid_unknown_fields=True):
    """What widgets and dashboards have in common; `content` in clear, since the frame is sealed."""

    site_id: str
    id: str
    owner: str
    visibility: str
    people: tuple[str, ...]
    version: int
    created_at: int
    updated_at: int
    content: bytes


class WidgetRecord(ObjectRecord, tag="widget"):
    """A widget."""


class DashboardRecord(ObjectRecord, tag="dashboard"):
    """A dashboard with its items; its widgets come before it."""

    items: tuple[ItemRecord, ...]


class AuditRecord(msgspec.Struct, tag="audit", forbid_unknown_fields=True):
    """A row of `audit`."""

    site_id: str
    id: str
    at: int
    actor: str
    action: str
    object_type: str
    object_id: str


Record: TypeAlias = SiteRecord | WidgetRecord | DashboardRecord | AuditRecord
Counts: TypeAlias = dict[str, int]
"""How many records there are of each kind: site, widget, dashboard, audit."""


class _Frame(msgspec.Struct, forbid_unknown_fields=True):
    records: list[Record]
    counts: Counts | None = None
    """In the last frame only: how many records all frames hold."""


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    key_id: str
    wrapped: bytes
    created_at: int


class BackupWriter:
    """Writes a backup: `add` each record, then `finish`."""

    def __init__(self, file: BinaryIO, keyring: Keyring, created_at: int) -> None:
        """`created_at` in milliseconds since 1970."""
        raw, backup_id = secrets.token_bytes(KEY_BYTES), uuid4().hex
        wrapped = keyring.wrap(raw, _key_place(backup_id))
        header = msgspec.json.encode(_Header(backup_id, keyring.newest, wrapped, created_at))
        self._file = file
        self._frames = _Frames(Key(raw, backup_id), header)
        self._encoder = msgspec.msgpack.Encoder()
        self._waiting: list[Record] = []
        self._bytes = 0
        self._counts: Counts = {}
        file.write(_MAGIC + FORMAT.to_bytes(2, "big") + len(header).to_bytes(4, "big") + header)

    def add(self, record: Record) -> None:
        """Adds a record, and writes a frame where enough have come together."""
        self._waiting.append(record)
        self._bytes += len(self._encoder.encode(record))
        _count(self._counts, record)
        if self._bytes >= _FRAME:
            self._write(None)

    def finish(self) -> Counts:
        """Writes the last frame; what the backup holds."""
        self._write(self._counts)
        return self._counts

    def _write(self, counts: Counts | None) -> None:
        plain = self._encoder.encode(_Frame(self._waiting, counts))
        sealed = self._frames.seal(zlib.compress(plain), last=counts is not None)
        if max(len(plain), len(sealed)) > _LARGEST_FRAME:
            raise BackupProblem("The backup cannot be made: an object is larger than any that this server makes.")
        self._file.write(len(sealed).to_bytes(4, "big") + bytes((counts is not None,)) + sealed)
        self._waiting, self._bytes = [], 0


class BackupReader:
    """Reads a backup; `counts` has what `records` gave so far."""

    def __init__(self, file: BinaryIO, keyring: Keyring) -> None:
        """Raises BackupProblem: no backup, of a newer version, of a key that is not at hand, damaged."""
        self._file = file
        header = self._header()
        try:
            told = msgspec.json.decode(header, type=_Header)
            key = Key(keyring.unwrap(told.wrapped, _key_place(told.id)), told.id)
        except KeyMissing as error:
            lacks = f"ITSM_ENCRYPTION_KEYS lacks the key {error.key_id}, with which the backup was made."
            raise BackupProblem(lacks) from None
        except (msgspec.MsgspecError, Unopenable, ValueError):
            raise BackupProblem(_DAMAGED) from None
        self.counts: Counts = {}
        self._frames = _Frames(key, header)
        self._decoder = msgspec.msgpack.Decoder(_Frame)

    def records(self) -> Iterator[Record]:
        """Every record, and at the end a check that these were all. Raises BackupProblem."""
        told: Counts | None = None
        while told is None:
            frame, is_last = self._next()
            if is_last != (frame.counts is not None):
                raise BackupProblem(_DAMAGED)
            told = frame.counts
            for record in frame.records:
                _count(self.counts, record)
                yield record
        if self.counts != told or self._file.read(1):
            raise BackupProblem(_DAMAGED)

    def _header(self) -> bytes:
        if self._file.read(len(_MAGIC)) != _MAGIC:
            raise BackupProblem("The file is no backup of this server.")
        if (found := int.from_bytes(self._exactly(2), "big")) != FORMAT:
            raise BackupProblem(
                f"The backup has format {found}, this version knows {FORMAT}: restore it with the version that made it."
            )
        length = int.from_bytes(self._exactly(4), "big")
        if length > _LARGEST_HEADER:
            raise BackupProblem(_DAMAGED)
        return self._exactly(length)

    def _next(self) -> tuple[_Frame, bool]:
        length, is_last = int.from_bytes(self._exactly(4), "big"), self._exactly(1) == b"\x01"
        if length > _LARGEST_FRAME:
            raise BackupProblem(_DAMAGED)
        try:
            plain = inflated(self._frames.unseal(self._exactly(length), last=is_last), _LARGEST_FRAME)
            return self._decoder.decode(plain), is_last
        except (Unopenable, KeyMissing, zlib.error, msgspec.MsgspecError):
            raise BackupProblem(_DAMAGED) from None

    def _exactly(self, length: int) -> bytes:
        found = self._file.read(length)
        if len(found) < length:
            raise BackupProblem(_DAMAGED)
        return found


class _Frames:
    """Seals or opens the frames of one file, in their order."""

    def __init__(self, key: Key, header: bytes) -> None:
        self._key = key
        self._header = hashlib.sha256(header).hexdigest()
        self._index = 0

    def seal(self, plain: bytes, *, last: bool) -> bytes:
        return self._key.seal(plain, self._next_place(last))

    def unseal(self, blob: bytes, *, last: bool) -> bytes:
        return self._key.unseal(blob, self._next_place(last))

    def _next_place(self, last: bool) -> tuple[str, ...]:
        place = ("backup", str(FORMAT), self._key.id, self._header, str(self._index), "last" if last else "more")
        self._index += 1
        return place


def _key_place(backup_id: str) -> tuple[str, ...]:
    return ("backup-key", str(FORMAT), backup_id)


def _count(counts: Counts, record: Record) -> None:
    kind = str(record.__struct_config__.tag)
    counts[kind] = counts.get(kind, 0) + 1
