"""Opaque texts that a client hands back as they are: ids, cursors, and the ids of drill-downs."""

import base64
import binascii


def token(content: bytes) -> str:
    """The text for it, in letters that an address may hold."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def content_of(text: str) -> bytes:
    """What `token` was given. Raises ValueError for a text that it never made."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        content = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeError):
        raise ValueError("it is no token") from None
    # A token has one spelling: others that decode to the same would be other keys in a client's cache.
    if token(content) != text:
        raise ValueError("it is no token")
    return content
