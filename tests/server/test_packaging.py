"""What a stranger gets: pinned packages, no address of a registry or CDN, files checked by hash before they are used."""

import re
import tarfile
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

from server.npm import GRAPHIQL_FILES, NotFetched, Package, checked, unpack

ROOT = Path(__file__).parents[2]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    return {name.lower().replace("_", "-"): version for name, _, version in (line.partition("==") for line in lines)}


def test_every_installed_package_is_pinned_to_what_is_installed() -> None:
    ours = {"itsm-reports", "pip", "setuptools", "wheel"}
    for package in distributions():
        name = package.metadata["Name"].lower().replace("_", "-")
        if name not in ours:
            assert pins().get(name) == package.version, name


def test_constraints_hold_exact_versions_and_nothing_else() -> None:
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[\[<>=;~! ]", name)[0].lower().replace("_", "-") for name in wanted}
    assert names <= set(pins())


def files_of_ours() -> list[Path]:
    """Everything in the folders of the project and beside them, but for what is made or fetched."""
    made = {"__pycache__", "graphiql_assets", "node_modules", "dist"}
    names = ("schema", "resolvers", "connectors", "server", "demo", "tests", "bench", "docs", "examples", ".ci")
    folders = [ROOT / name for name in names]
    below = (path for folder in folders for path in folder.rglob("*") if not made & set(path.parts))
    return [path for path in (*below, *ROOT.glob("*")) if path.is_file()]


def test_no_file_names_a_registry_or_a_cdn() -> None:
    addresses = re.compile(
        "|".join(("pypi" + r"\.org", "npmjs" + r"\.", "unpkg" + r"\.", "js" + "delivr", "cdn" + "js")), re.I
    )
    assert [path for path in files_of_ours() if addresses.search(path.read_text("utf-8", "replace"))] == []


def test_nothing_fetched_is_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    assert {"server/graphiql_assets/", "node_modules/", ".env", ".venv/"} <= set(ignored)


def archive(folder: Path, member: str) -> Package:
    file = folder / "content"
    file.write_text("x", "utf-8")
    with tarfile.open(folder / "thing-1.0.0.tgz", "w:gz") as tar:
        tar.add(file, member)
    return Package("thing", "1.0.0", "0" * 86 + "==")


def test_a_package_of_another_content_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match="SHA-512"):
        checked(archive(tmp_path, "package/x"), tmp_path)


@pytest.mark.parametrize("member", ["../outside", "package/../../outside"])
def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path, member: str) -> None:
    archive(tmp_path, member)
    unpack(tmp_path / "thing-1.0.0.tgz", tmp_path / "a" / "b")
    assert not list(tmp_path.rglob("outside"))


def test_graphiqls_files_come_from_pinned_packages_with_their_licences() -> None:
    for package, _ in GRAPHIQL_FILES.values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", package.version)
        assert len(package.sha512) == 88
    assert {name for name in GRAPHIQL_FILES if name.endswith(".LICENSE")} == {
        "graphiql.LICENSE",
        "react.LICENSE",
        "react-dom.LICENSE",
    }
