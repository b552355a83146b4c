"""Compressed bytes from elsewhere, opened without trust in their size."""

import zlib


def inflated(deflated: bytes, largest: int) -> bytes:
    """What zlib compressed, of `largest` bytes at most. Raises zlib.error where it is larger, cut off, damaged, or goes on."""
    inflater = zlib.decompressobj()
    plain = inflater.decompress(deflated, largest)
    if not inflater.eof or inflater.unused_data:
        raise zlib.error("not whole, or too large")
    return plain
