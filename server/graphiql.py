"""GraphiQL at `GET /graphql` for browsers: its page, its files, and what the page may do.

Its scripts come from npm when the project is installed (see `server/npm.py`), never from a CDN. The page runs under a
policy without inline scripts or `eval`, talks to this server only, and keeps nothing in the browser's storage.
"""

import html
from collections.abc import Mapping
from pathlib import Path

import orjson
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from schema.errors import Code
from server.npm import GRAPHIQL_FILES
from server.problems import RequestProblem

_HERE = Path(__file__).parent
ASSETS = _HERE / "graphiql_assets"
EXAMPLES = _HERE / "examples"
_OWN_FILES = {"start.js": "text/javascript", "page.css": "text/css"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_WHOLE = {"accept-ranges": "none"}
_MISSING = """GraphiQL is not installed: its files could not be fetched from npm when this server was installed.
Run `make graphiql` where npm's registry can be reached, and load this page again. Everything else works without it:
send queries to this address by POST, as {"query": "..."} with Content-Type: application/json.
"""


def wants_page(scope: Scope) -> bool:
    """Whether a browser asks for the page: GET by someone who accepts HTML, without a query to run."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != "/graphql":
        return False
    accept = ",".join(Headers(scope=scope).getlist("accept")).lower()
    return "text/html" in accept and "query" not in QueryParams(scope["query_string"])


def examples() -> dict[str, str]:
    """The example queries, by file name, in the order of the numbers that their names begin with."""
    found = {path.stem: path.read_text("utf-8") for path in EXAMPLES.glob("*.graphql")}
    return dict(sorted(found.items(), key=lambda item: int(item[0].partition("-")[0])))


class _WholeFile(FileResponse):
    """A file without its parts: these are small, and what is wrong with a Range would be said in Starlette's form, not in ours."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


class Page:
    """GraphiQL's page and files. `asks_for_key`: the headers editor starts with a place for the caller's API key."""

    def __init__(self, *, asks_for_key: bool, assets: Path = ASSETS) -> None:
        self._asks_for_key = asks_for_key
        self._assets = assets

    async def page(self, request: Request) -> Response:
        """The page, or how to get it."""
        if not all((self._assets / name).is_file() for name in GRAPHIQL_FILES):
            return Response(_MISSING, 200, media_type="text/plain")
        return HTMLResponse(self._html(), headers={"content-security-policy": _POLICY, "vary": "accept"})

    async def file(self, request: Request) -> Response:
        """One of the page's files; nothing else lies under this path."""
        name: str = request.path_params["name"]
        if name in _OWN_FILES:
            return _WholeFile(_HERE / "graphiql_page" / name, media_type=_OWN_FILES[name], headers=_WHOLE)
        path = self._assets / name
        if name in GRAPHIQL_FILES and path.is_file():
            return _WholeFile(
                path, media_type="text/css" if name.endswith(".css") else "text/javascript", headers=_WHOLE
            )
        raise RequestProblem(404, Code.NOT_FOUND, "There is no such file.")

    def _html(self) -> str:
        headers = '{\n  "Authorization": "Bearer "\n}' if self._asks_for_key else ""
        docs = None if self._asks_for_key else "/docs"
        page: Mapping[str, object] = {"docs": docs, "examples": list(examples().values()), "headers": headers}
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ITSM Reports</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="icon" href="data:,">'
            '<link rel="stylesheet" href="/graphiql/graphiql.min.css">'
            '<link rel="stylesheet" href="/graphiql/page.css"></head>'
            f'<body><div id="graphiql" data-page="{html.escape(orjson.dumps(page).decode())}">Loading…</div>'
            '<script src="/graphiql/react.production.min.js"></script>'
            '<script src="/graphiql/react-dom.production.min.js"></script>'
            '<script src="/graphiql/graphiql.min.js"></script>'
            '<script src="/graphiql/start.js"></script></body></html>'
        )
