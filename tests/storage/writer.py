"""A process that writes without end, and says of each change that it was acknowledged: to be killed by a test.

Each change is a widget and a dashboard that it stands on, in one transaction. A line is the widget's id, once the transaction is through.
"""

import asyncio
import hashlib
import os
import sys

from resolvers.storage.work import StoredItem
from tests.storage.stores import Stores, open_stores

WRITERS = 4


def content_of(number: int) -> bytes:
    """What a widget holds, so that whoever reads it can tell whether it is whole."""
    body = str(number).encode() * 200
    return hashlib.sha256(body).hexdigest().encode() + b" " + body


def is_whole(content: bytes) -> bool:
    """Whether this is what was once written."""
    digest, _, body = content.partition(b" ")
    return hashlib.sha256(body).hexdigest().encode() == digest


async def write(stores: Stores, first: int) -> None:
    """Makes widgets and dashboards for ever."""
    anna = await stores.actor()
    number = first
    while True:
        async with stores.storage.writing(anna) as work:
            widget = await work.add_widget(content_of(number), "PEOPLE", ("bob",))
            changed = await work.change_widget(widget.id, 1, content=content_of(number + 1))
            item = StoredItem(widget.id, 1, own_scope=False)
            await work.add_dashboard(content_of(number), "SITE", (), [item])
        os.write(1, f"{changed.id}\n".encode())
        number += WRITERS


async def main(url: str, key: str) -> None:
    """Writers side by side."""
    async with open_stores(url, keys=(key,)) as stores:
        await asyncio.gather(*(write(stores, first) for first in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], os.environ["ITSM_TEST_KEY"]))
