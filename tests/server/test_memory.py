"""What was freed goes back to the system, though what lives long lies between it."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Blocks of 100 kB that are freed, each followed by a small one that stays.
PROGRAM = """
import psutil
from server.memory import give_back_freed_memory
{first}
kept = []
blocks = []
for number in range(2_000):
    blocks.append(bytearray(100_000))
    kept.append(bytearray(2_000))
del blocks
print(psutil.Process().memory_info().rss)
"""


def resident_bytes(first: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(first=first)], cwd=ROOT, capture_output=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this machine's C library is not glibc")
def test_freed_blocks_between_kept_ones_are_given_back() -> None:
    assert resident_bytes("give_back_freed_memory()") < resident_bytes("") / 2
