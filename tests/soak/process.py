"""A server in a process of its own, as an operator runs it, beside a stand-in site in another: to be measured, and killed."""

import base64
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil

from tests.harness import free_port

ROOT = Path(__file__).parents[2]
NO_SITE = "http://127.0.0.1:9"
"""The address of a site that is never asked."""
KEYS = {name: f"itsm_soak-{name}" for name in ("alice", "bob")}
"""The API keys of the server's callers."""
_START_SECONDS = 60.0


class Program:
    """A command of ours that serves on a port; its output goes to a file, so that no pipe can fill."""

    def __init__(
        self, arguments: list[str], folder: Path, settings: Mapping[str, str], *, port: int | None = None
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{arguments[0]}.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ITSM_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", *arguments],
                cwd=folder,
                env={**clean, "PYTHONPATH": str(ROOT), "ITSM_PORT": str(self.port), **settings},
                stdout=log,
                stderr=log,
            )

    def wait_until_it_answers(self, path: str) -> None:
        """Return once the port is open. Raises AssertionError, with the log's end, where the program ended instead."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                httpx2.get(f"{self.url}{path}", trust_env=False)
            except httpx2.TransportError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(f"it does not answer:\n{self.log.read_text('utf-8', 'replace')[-3000:]}")

    def memory_bytes(self) -> int:
        """Its resident memory at rest: the least of what is seen within some seconds."""
        process = psutil.Process(self.process.pid)
        seen = []
        for _ in range(12):
            time.sleep(0.25)
            seen.append(int(process.memory_info().rss))
        return min(seen)

    def kill(self) -> None:
        """As `kill -9` does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """As an operator does; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()
            return -1


def settings(site_url: str, folder: Path, **more: str) -> dict[str, str]:
    """The settings of a server that reads the site at that address."""
    hashes = [f"{name}:{hashlib.sha256(key.encode()).hexdigest()}" for name, key in KEYS.items()]
    return {
        "ITSM_SITE_URL": site_url,
        "ITSM_ATLASSIAN_API_URL": site_url,
        "ITSM_JIRA_EMAIL": "reader@example.com",
        "ITSM_JIRA_API_TOKEN": "demo-token",
        "ITSM_API_KEYS": ",".join(hashes),
        "ITSM_ENCRYPTION_KEYS": base64.b64encode(bytes(range(32))).decode(),
        "ITSM_DATA_DIR": str(folder / "data"),
        **more,
    }


@contextmanager
def stand_in_site(folder: Path, requests: int) -> Iterator[Program]:
    """A stand-in site with so many requests."""
    site = Program(["demo", "--site-only", "--requests", str(requests)], folder, {})
    try:
        site.wait_until_it_answers("/_demo/counters")
        yield site
    finally:
        site.kill()


@contextmanager
def server(folder: Path, environ: Mapping[str, str], *, port: int | None = None) -> Iterator[Program]:
    """A server with these settings; killed at the end if it still runs."""
    program = Program(["serve"], folder, environ, port=port)
    try:
        program.wait_until_it_answers("/healthz")
        yield program
    finally:
        program.kill()
