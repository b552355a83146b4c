"""A table of requests as it was read, and how one is shared: columns as Arrow IPC, what is known of the read before it."""

import io
from collections import Counter
from dataclasses import dataclass

import msgspec
import polars as pl

from resolvers.cache import Kind
from resolvers.cache.kinds import pack, unpacker
from resolvers.scan import Reading


@dataclass(frozen=True, slots=True)
class Table:
    """Requests as they were read: one row each, sorted by id, with `id`, `created` and the columns asked for."""

    read_id: str
    read_at: int
    """Instant (ms) before the first call of the read: all of it is at least as young."""
    reading: Reading
    columns: frozenset[str]
    frame: pl.DataFrame
    malformed: Counter[str]
    by_keys: frozenset[str]
    calls: int
    points: int
    read_ms: int

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return int(self.frame.estimated_size()) + 4096


class _Header(msgspec.Struct, array_like=True):
    """A table without its rows."""

    read_id: str
    read_at: int
    reading: Reading
    columns: frozenset[str]
    malformed: dict[str, int]
    by_keys: frozenset[str]
    calls: int
    points: int
    read_ms: int


_unpack_header = unpacker(_Header)
_LENGTH_BYTES = 4


def _encode(table: Table) -> bytes:
    known = {name: getattr(table, name) for name in _Header.__struct_fields__}
    header = pack(_Header(**known))
    buffer = io.BytesIO()
    buffer.write(len(header).to_bytes(_LENGTH_BYTES, "big") + header)
    # The cache compresses what it shares, and bounds what comes back: compressed here, columns would escape that bound.
    table.frame.write_ipc_stream(buffer, compression="uncompressed")
    return buffer.getvalue()


def _decode(encoded: bytes) -> Table:
    rows = _LENGTH_BYTES + int.from_bytes(encoded[:_LENGTH_BYTES], "big")
    header: _Header = _unpack_header(encoded[_LENGTH_BYTES:rows])
    known = msgspec.structs.asdict(header) | {"malformed": Counter(header.malformed)}
    return Table(**known, frame=pl.read_ipc_stream(io.BytesIO(encoded[rows:])))


TABLE: Kind[Table] = Kind("table", Table, _encode, _decode, large=True)
