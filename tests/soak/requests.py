"""HTTP requests as bytes, from ordinary to none at all, made from a seeded `random.Random`."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from urllib.parse import quote

from tests.soak.documents import Documents
from tests.soak.mutants import mutated

_METHODS = (
    "GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND", "X" * 300, "G\u00cbT", "PRI", "",
)  # fmt: skip
_PATHS = (
    "/graphql", "/graphql/", "//graphql", "/graphql/x", "/GRAPHQL", "/graphql?", "/graphql#x", "/graphql%00", "/graphql%2f", "/%67raphql",
    "/", "", "*", "/healthz", "/readyz", "/metrics", "/schema", "/schema.graphql", "/docs", "/graphiql/", "/graphiql/start.js", "/graphiql/page.css",
    "/graphiql/graphiql.min.js", "/graphiql/../server/app.py", "/graphiql/..%2fnpm.py", "/graphiql/%2e%2e/npm.py", "/graphiql/\\..\\app.py",
    "/graphiql/%00", "/graphiql/start.js%00.css", "/graphiql/" + "a" * 3000, "/../../etc/passwd", "/.env", "/favicon.ico", "/robots.txt",
    "http://127.0.0.1/graphql", "http://evil.example/graphql", "https://[::1", "/\u00fc\u20ac", "/%ff%fe", "/%zz", "/a b", "/" + "x" * 70_000, "/;/graphql",
)  # fmt: skip
_ACCEPTS = (
    "application/json", "application/graphql-response+json", "*/*", "text/html", "text/html, */*", "application/json;q=0", "text/event-stream",
    "multipart/mixed", "application/*;q=nan", "application/json;q=1e999", ";;;,,,q=", "a" * 5000, "\u00ff\u00fe", "application/json, " * 300, "",
    "application/json;q=0.5, application/graphql-response+json;q=0.4", '"', "application/json; charset=utf-16", "*", "text/plain",
)  # fmt: skip
_CONTENT_TYPES = (
    "application/json", "application/json; charset=utf-8", 'application/json;charset="UTF-8"', "application/json; charset=latin-1", "text/plain",
    "application/json; charset=utf-16", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql", "", ";",
    "application/json, text/plain", "APPLICATION/JSON", "application/json; charset=\u00e9", "application/json;" * 200, "application/graphql+json",
)  # fmt: skip
_HOSTS = (
    "127.0.0.1", "localhost", "LOCALHOST:1", "[::1]", "[::1]:80", "127.0.0.1:99999999", "127.0.0.1:x", "evil.example", "127.0.0.1.evil.example",
    "localhost.", "user@localhost", "", " ", "\u00e4.example", "127.0.0.1,evil.example", "127.1", "2130706433", "localhost:80:80", "[", "]",
    "[::1", "::1", "a" * 3000, "localhost/graphql", "localhost#", "\x7f",
)  # fmt: skip
_AUTHORIZATIONS = (
    "Basic YTpi", "Bearer", "Bearer ", "bearer nope", "Bearer " + "x" * 20_000, "Bearer \u00ff", "Digest x", "Bearer a b c", "",
)  # fmt: skip
_MORE = (
    ("Origin", "https://evil.example"), ("Origin", "null"), ("Origin", "\u00ff"), ("Access-Control-Request-Method", "POST"),
    ("Access-Control-Request-Headers", "authorization, " * 200), ("Sec-Fetch-Site", "cross-site"), ("Cookie", "a=b; " * 900), ("Expect", "100-continue"),
    ("Expect", "nope"), ("Range", "bytes=0-10"), ("Range", "bytes=9-1"), ("Range", "bytes=999999999-"), ("Range", "x=1-2,3"), ("Range", "bytes=" + "0-1," * 2000),
    ("If-None-Match", "*"), ("If-Modified-Since", "yesterday"), ("If-Range", '"x"'), ("X-Forwarded-For", "1.2.3.4, " * 300), ("X-Forwarded-Host", "evil.example"),
    ("Forwarded", "for=1.2.3.4;host=evil"), ("X-Request-Id", "x\u00ff" * 200), ("Content-Encoding", "gzip"), ("Content-Encoding", "br, gzip"),
    ("TE", "trailers"), ("Trailer", "X"), ("X-HTTP-Method-Override", "DELETE"), ("Traceparent", "00-zz-zz-zz"), ("Accept-Encoding", "gzip, br"),
    ("Connection", "keep-alive, Upgrade"), ("Keep-Alive", "timeout=99999"), ("Content-Length", "5"), ("Via", "x"), ("Accept-Language", "\u00ff"),
)  # fmt: skip
_BODIES = (
    b"", b"null", b"[]", b"{}", b"[" * 100_000, b'{"a":' * 20_000, b'{"query": "{ __typename }"', b'{"query": "{ __typename }"}}', b"\xff\xfe{\x00}",
    b'\xef\xbb\xbf{"query": "{ __typename }"}', '{"query": "{ __typename }"}'.encode("utf-16"), '{"query": "{ __typename }"}'.encode("utf-32"),
    b'{"query": "\xff"}', b'{"query": "\\ud800"}', b'{"query": "{ __typename }", "query": 1}', b'{"query": "{ __typename }", "variables": {"a": 1e999}}',
    b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 10_000 + b"}}", b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 500 + b"1" + b"}" * 501,
    b'[{"query": "{ __typename }"}]', b'{"query": "{ __typename }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}}', b"\x00" * 100,
    b'{"query": "{ __typename }", "variables": {' + b",".join(b'"k%d": 1' % n for n in range(20_000)) + b"}}", b'{"query": ' + b'"' + b"x" * 900_000 + b'"}',
    b" " * 1_200_000, b'{"documentId": "sha256:00"}', b"query=%7B__typename%7D", b"--x\r\nContent-Disposition: form-data; name=operations\r\n\r\n{}\r\n--x--",
    b'{"query": "{ __typename }", "operationName": "' + b"x" * 5000 + b'"}', b'{"query": "{ __typename }", "\\u0000": 1}', b"{'query': 1}", b"NaN", b"1" * 5000,
)  # fmt: skip
_QUERIES = (
    "query=%7B__typename%7D", "query=%7B__typename%7D&query=%7B__typename%7D", "query=", "query", "query=%", "query=%ff", "variables=%7B%7D", "&&&=&",
    "query=%7B__typename%7D&variables=%5B%5D", "query=%7B__typename%7D&variables=%7B%22a%22%3ANaN%7D", "query=%7B__typename%7D&operationName=x",
    "query=mutation%7B__typename%7D", "query=%7B__typename%7D&extensions=x", "a=" * 5000, "query=%00", "query=%7B__typename%7D;variables=x",
    "query=%7B__typename%7D&variables=" + "%5B" * 3000, "query[]=x", "QUERY=%7B__typename%7D", "query=%ED%A0%80",
)  # fmt: skip
_NOT_HTTP = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /graphql\r\n\r\n", b"\r\n\r\n\r\n", b"\x00" * 64, b"GET",
    b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\nHost: localhost\n\n", b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n", b"SSH-2.0-x\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nA: \x00\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\n folded\r\n\r\n", b"EHLO x\r\nQUIT\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n: empty\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nA : b\r\n\r\n", b"GET  /  HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: " + b"x" * 200_000 + b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    b"GET /graphql?query=%7B__typename%7D HTTP/1.0\r\n\r\n", b"GET /graphql?query=%7B__typename%7D HTTP/1.0\r\nHost: localhost\r\n\r\n",
    b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", b"POST /graphql HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: -1\r\n\r\n", b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9e9\r\n\r\n", b"POST /graphql HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n", b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
    b"gzip, chunked\r\n\r\n0\r\n\r\n", b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"POST /graphql HTTP/1.1\r\n"
    b"Host: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx", b"GET / HTTP/1.1\r\n\r\n" * 50,
    b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * 9000 + b"\r\n{\r\n0\r\n\r\n",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent on a connection of its own.

    One that is not `whole` is followed by the end of what this side sends, which the server takes as having hung up; with
    `hangs_up` nothing is read back at all.
    """

    kind: str
    data: bytes
    method: str = "GET"
    whole: bool = True
    hangs_up: bool = False


class Requests:
    """Makes requests; `key` is an API key that the server takes."""

    def __init__(self, documents: Documents, key: str) -> None:
        self._documents = documents
        self._key = key

    def request(self, random: Random) -> Request:
        """A new one."""
        often = (self._headers, self._body)
        others = (
            self._query,
            self._path,
            self._host,
            self._chunked,
            self._cut,
            self._upgrade,
            self._not_http,
            self._pipelined,
        )
        make: Callable[[Random], Request] = random.choice((*often, *often, *others))
        return make(random)

    def _good(self) -> list[tuple[str, str]]:
        return [("Host", "127.0.0.1"), ("Authorization", f"Bearer {self._key}"), ("Connection", "close")]

    def _posted(self, random: Random, kind: str, body: bytes, headers: list[tuple[str, str]]) -> Request:
        headers = [*headers, ("Content-Length", str(len(body)))]
        random.shuffle(headers)
        return Request(kind, _bytes("POST", "/graphql", headers) + body, "POST")

    def _small(self, random: Random) -> bytes:
        question = self._documents.question(random)
        return (mutated(random, question) if random.random() < 0.3 else question).body()

    def _headers(self, random: Random) -> Request:
        """A question under headers that are odd, doubled or many."""
        headers = [("Host", "127.0.0.1"), ("Connection", "close")]
        headers += [("Content-Type", _mostly(random, _CONTENT_TYPES)) for _ in range(random.choice((1, 1, 1, 0, 2)))]
        headers += [("Accept", _mostly(random, _ACCEPTS)) for _ in range(random.choice((1, 1, 0, 2)))]
        keys = (f"Bearer {self._key}", *_AUTHORIZATIONS)
        known = random.random() < 0.8
        headers += [("Authorization", keys[0] if known else random.choice(keys)) for _ in range(1 if known else 2)]
        headers += random.sample(_MORE, random.choice((0, 1, 2, 5)))
        return replace(self._posted(random, "headers", self._small(random), headers), whole=False)

    def _body(self, random: Random) -> Request:
        body = bytearray(random.choice(_BODIES))
        if random.random() < 0.3:
            body = bytearray(self._small(random))
            for _ in range(random.choice((1, 3, 30))):
                body[random.randrange(len(body))] = random.randrange(256)
        return self._posted(random, "body", bytes(body), [*self._good(), ("Content-Type", "application/json")])

    def _query(self, random: Random) -> Request:
        query = random.choice(_QUERIES)
        if random.random() < 0.5:
            question = self._documents.question(random)
            query = "query=" + quote(question.query.encode("utf-8", "replace"))
            query += "&variables=" + quote(json.dumps(question.variables)) if question.variables else ""
        headers = [*self._good(), ("Accept", _mostly(random, _ACCEPTS))]
        return Request("query string", _bytes("GET", f"/graphql?{query}", headers))

    def _path(self, random: Random) -> Request:
        method, path = _mostly(random, _METHODS), random.choice(_PATHS)
        headers = [*self._good(), ("Accept", _mostly(random, _ACCEPTS)), *random.sample(_MORE, 2)]
        return Request("path", _bytes(method, path, headers), method, whole=False)

    def _host(self, random: Random) -> Request:
        hosts = [("Host", random.choice(_HOSTS)) for _ in range(random.choice((0, 1, 1, 1, 1, 2)))]
        path = random.choice(("/graphql?query=%7B__typename%7D", "/healthz", "/metrics", "/graphql"))
        return Request("host", _bytes("GET", path, [*hosts, *self._good()[1:]]))

    def _chunked(self, random: Random) -> Request:
        body = self._small(random)
        parts: list[bytes] = []
        while body:
            size = random.choice((1, 10, 1000, 100_000)) if len(parts) < 200 else len(body)
            parts.append(b"%x\r\n%b\r\n" % (len(body[:size]), body[:size]))
            body = body[size:]
        headers = [*self._good(), ("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]
        data = _bytes("POST", "/graphql", headers) + b"".join(parts) + b"0\r\n\r\n"
        if random.random() < 0.4:
            return Request("chunked", data[: random.randrange(len(data))], "POST", whole=False)
        return Request("chunked", data, "POST")

    def _cut(self, random: Random) -> Request:
        """Cut off anywhere, or with a length that is wrong; some callers do not wait for the answer."""
        sent = self._posted(random, "", self._small(random), [*self._good(), ("Content-Type", "application/json")])
        data = sent.data
        if random.random() < 0.5:
            data = data[: random.randrange(len(data))]
        else:
            data += b"x" * random.choice((0, 1, 70_000))
        return Request("cut off", data, "POST", whole=False, hangs_up=random.random() < 0.5)

    def _upgrade(self, random: Random) -> Request:
        headers = [
            *self._good()[:2], ("Connection", "Upgrade"), ("Upgrade", random.choice(("websocket", "h2c", "WebSocket", "nope", ""))),
            ("Sec-WebSocket-Version", random.choice(("13", "8", "x"))), ("Sec-WebSocket-Key", random.choice(("dGhlIHNhbXBsZSBub25jZQ==", "x", ""))),
            ("Sec-WebSocket-Protocol", random.choice(("graphql-transport-ws", "graphql-ws", "x"))), ("HTTP2-Settings", "AAMAAABkAAQ"),
        ]  # fmt: skip
        return Request("upgrade", _bytes("GET", random.choice(("/graphql", "/", "/healthz")), headers))

    def _not_http(self, random: Random) -> Request:
        data = random.choice(_NOT_HTTP) if random.random() < 0.8 else random.randbytes(random.randint(1, 3000))
        return Request("not HTTP", data, whole=False)

    def _pipelined(self, random: Random) -> Request:
        headers = [("Host", "127.0.0.1"), ("Authorization", f"Bearer {self._key}")]
        one = _bytes("GET", "/graphql?query=%7B__typename%7D", headers)
        return Request("pipelined", one * random.choice((2, 5, 40)) + _bytes("GET", "/healthz", self._good()))


def _mostly(random: Random, choices: tuple[str, ...]) -> str:
    """The first of them every other time."""
    return choices[0] if random.random() < 0.5 else random.choice(choices)


def _bytes(method: str, path: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n"
