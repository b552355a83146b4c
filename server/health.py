"""`python -m server.health`: asks the server of this machine or container for `/healthz`; ends with 0 if it is up, else 1.

For a container's health check, which runs it every half minute: nothing but the standard library, so it takes next to no time.
"""

import http.client
import os
import sys
from collections.abc import Mapping

SECONDS = 3.0
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # names what is not asked


def is_up(environ: Mapping[str, str]) -> bool:
    """Whether the server with these settings (ITSM_HOST, ITSM_PORT) answers in time that it is up."""
    host = environ.get("ITSM_HOST", "").strip()
    try:
        port = int(environ.get("ITSM_PORT", "").strip() or 8000)
        connection = http.client.HTTPConnection(_EVERYWHERE.get(host, host), port, timeout=SECONDS)
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.client.OK
    except (OSError, ValueError, OverflowError, http.client.HTTPException):
        return False


if __name__ == "__main__":
    sys.exit(0 if is_up(os.environ) else 1)
