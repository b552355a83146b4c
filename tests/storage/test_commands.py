"""`itsm-reports key`, `backup` and `restore`, as an operator runs them."""

import asyncio
import base64
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import make_url

from tests.storage.stores import KEY, open_stores

SITE = {"ITSM_SITE_URL": "https://example.atlassian.net", "ITSM_JIRA_EMAIL": "a@b.example", "ITSM_JIRA_API_TOKEN": "x"}


async def command(folder: Path, *args: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in a folder of its own, with just these settings."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ITSM_")}
    run = [sys.executable, "-m", "server", *args]
    return await asyncio.to_thread(
        subprocess.run, run, cwd=folder, env=environ | SITE | settings, capture_output=True, text=True, check=False
    )


async def test_key_prints_a_new_key_each_time(tmp_path: Path) -> None:
    keys = [(await command(tmp_path, "key")).stdout.strip() for _ in range(2)]
    assert [len(base64.b64decode(key)) for key in keys] == [32, 32]
    assert keys[0] != keys[1]


async def test_a_backup_of_a_running_server_is_restored_into_a_new_database(
    kind: str, url: str, tmp_path: Path
) -> None:
    settings = {"ITSM_DATABASE_URL": make_url(url).render_as_string(), "ITSM_ENCRYPTION_KEYS": KEY}
    async with open_stores(url) as stores:
        async with stores.storage.writing(await stores.actor()) as work:
            widget = await work.add_widget(b"w", "SITE", ())
        done = await command(tmp_path, "backup", "x.backup", **settings)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "Written and read through: x.backup (1 site, 1 widget).\n"
        again = await command(tmp_path, "backup", "x.backup", **settings)
        assert (again.returncode, again.stdout) == (2, "")
        assert again.stderr == "The backup cannot be made: there is a file of this name, which is left as it is.\n"
        refused = await command(tmp_path, "restore", "x.backup", "--replace", **settings)
        assert refused.returncode == 2
        assert refused.stderr.count("\n") == 1
    other = {"ITSM_SITE_URL": "https://other.atlassian.net", "ITSM_ENCRYPTION_KEYS": KEY, "ITSM_DATA_DIR": "other"}
    foreign = await command(tmp_path, "restore", "x.backup", **other)
    assert (foreign.returncode, foreign.stdout) == (2, "")
    assert foreign.stderr == (
        "The backup holds example.atlassian.net, not the site of the settings, other.atlassian.net; see `--other-site`.\n"
    )
    assert (await command(tmp_path, "restore", "x.backup", "--other-site", **other)).returncode == 0
    # Without an address the database is a file in the data folder.
    done = await command(tmp_path, "restore", "x.backup", ITSM_ENCRYPTION_KEYS=KEY)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Restored: x.backup (1 site, 1 widget).\n", "")
    async with (
        open_stores(f"sqlite:///{tmp_path}/data/itsm-reports.sqlite3") as stores,
        stores.storage.reading(await stores.actor()) as work,
    ):
        assert await work.widget(widget.id) == widget


async def test_what_stands_against_it_is_one_line(tmp_path: Path) -> None:
    for args, settings, said in (
        (("backup", "x"), {}, "ITSM_ENCRYPTION_KEYS: it is not set."),
        (("backup", "x"), {"ITSM_ENCRYPTION_KEYS": "hidden"}, "ITSM_ENCRYPTION_KEYS: "),
        (("backup", "x"), {"ITSM_ENCRYPTION_KEYS": KEY}, "there is no such file"),
        (("restore", "nowhere"), {"ITSM_ENCRYPTION_KEYS": KEY}, "The backup cannot be read: No such file"),
    ):
        done = await command(tmp_path, *args, **settings)
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
        assert "hidden" not in done.stderr
