"""The codes of errors and what the docs say of them."""

import re
from pathlib import Path

from schema.errors import Code

DOCS = Path(__file__).parents[2] / "docs" / "errors.md"


def test_the_docs_say_of_every_code_what_to_do_and_of_no_other() -> None:
    rows = [line for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    told = {code for row in rows for code in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}
    assert told == {code.value for code in Code}
