"""The calls to Jira platform v3, decoding no more of each answer than is needed.

Every method charges its `meter` and raises the errors of connectors.errors. Names of fields, statuses and the like
come in the language of the reading account.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from connectors.endpoints import (
    APPROXIMATE_COUNT,
    BULK_FETCH,
    FIELDS,
    ISSUE_TYPES,
    MYSELF,
    PARSE_JQL,
    PRIORITIES,
    PROJECTS,
    SEARCH,
    STATUSES,
    USERS,
)
from connectors.errors import GaveUp, QueryRefused, Unavailable
from connectors.http import Atlassian, Meter

U = TypeVar("U", bound="User")

_PROJECTS_PER_PAGE: Final = 100  # the most that project/search gives
_KEYS_PER_CALL: Final = 50  # the most project keys that project/search takes
_USERS_PER_CALL: Final = 50  # keeps the address under 8,000 characters with the longest account ids
_ISSUES_PER_CALL: Final = 100  # the most that issue/bulkfetch takes whatever the fields are
_IDS_PER_PAGE: Final = 5000  # the most that search/jql gives, and only where nothing but ids is asked for
_EMPTY_PAGES: Final = 20  # a cursor over nothing but empty pages leads nowhere


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """The reading account. `time_zone` silently is the site's where the account has none or hides it."""

    account_id: str
    time_zone: str


class Field(msgspec.Struct, frozen=True):
    """A field of issues. `custom` is the type key of a custom field (`schema.custom`), None for system fields."""

    id: str
    name: str
    custom: str | None
    clause_names: tuple[str, ...]
    searchable: bool


class Project(msgspec.Struct, frozen=True, rename={"type_key": "projectTypeKey"}):
    """A project; `type_key` is `service_desk`, `software`, `business` or `product_discovery`."""

    id: str
    key: str
    name: str
    type_key: str


class Status(msgspec.Struct, frozen=True):
    """A status; `category` is the key of its category: `new`, `indeterminate`, `done` (or Jira's `undefined`)."""

    id: str
    name: str
    category: str


class Named(msgspec.Struct, frozen=True):
    """A thing with an id and a name."""

    id: str
    name: str


class User(msgspec.Struct, frozen=True, rename="camel"):
    """A user, of whom no more is read than a report shows. `display_name` may be hidden."""

    account_id: str
    display_name: str | None = None
    active: bool = True


class Contact(User, frozen=True, rename="camel"):
    """A user with the e-mail address, for whoever asked for just that; it may be hidden, and is then None or empty."""

    email_address: str | None = None


class Issue(msgspec.Struct, frozen=True):
    """An issue with its fields and entity properties as raw JSON; connectors.fields decodes them.

    The raw values keep the memory of their whole page alive: decode them and let the page go.
    """

    id: str
    key: str = ""
    fields: dict[str, msgspec.Raw] = {}
    properties: dict[str, msgspec.Raw] = {}


class _Schema(msgspec.Struct):
    custom: str | None = None


class _Field(msgspec.Struct, rename="camel"):
    id: str
    name: str
    schema: _Schema | None = None
    clause_names: tuple[str, ...] = ()
    searchable: bool = False


class _Category(msgspec.Struct):
    key: str


class _Status(msgspec.Struct, rename="camel"):
    id: str
    name: str
    status_category: _Category


class _ProjectPage(msgspec.Struct, rename="camel"):
    values: list[Project]
    is_last: bool | None = None


class _UserPage(msgspec.Struct, Generic[U], rename="camel"):
    values: list[U]
    is_last: bool | None = None


class _ParsedQuery(msgspec.Struct):
    errors: tuple[str, ...] = ()


class _ParsedQueries(msgspec.Struct):
    queries: list[_ParsedQuery]


class _Count(msgspec.Struct):
    count: int


class _Issues(msgspec.Struct):
    issues: list[Issue]


class _IssuePage(msgspec.Struct, rename="camel"):
    issues: list[Issue]
    next_page_token: str | None = None
    is_last: bool | None = None


class Jira:
    """Jira's part of one site, as seen by one account."""

    def __init__(self, atlassian: Atlassian) -> None:
        self._atlassian = atlassian

    async def myself(self, *, meter: Meter) -> Account:
        """The reading account. Its name and e-mail are never decoded."""
        return await self._atlassian.send(MYSELF, Account, meter=meter)

    async def fields(self, *, meter: Meter) -> list[Field]:
        """All fields that the account sees. Names are translated and not unique: find fields by `custom`."""
        found = await self._atlassian.send(FIELDS, list[_Field], meter=meter)
        return [
            Field(
                field.id,
                field.name,
                field.schema.custom if field.schema else None,
                field.clause_names,
                field.searchable,
            )
            for field in found
        ]

    async def projects(self, keys: Sequence[str] | None = None, *, meter: Meter) -> list[Project]:
        """All projects that the account sees, or those of `keys` that it sees."""
        if keys is None:
            return await self._projects((), meter)
        unique = list(dict.fromkeys(keys))
        batches = [unique[at : at + _KEYS_PER_CALL] for at in range(0, len(unique), _KEYS_PER_CALL)]
        return [project for batch in batches for project in await self._projects(batch, meter)]

    async def _projects(self, keys: Sequence[str], meter: Meter) -> list[Project]:
        found: dict[str, Project] = {}
        start = 0
        while True:
            page = await self._atlassian.send(
                PROJECTS,
                _ProjectPage,
                meter=meter,
                query={
                    "startAt": start,
                    "maxResults": _PROJECTS_PER_PAGE,
                    "orderBy": "key",
                    **({"keys": keys} if keys else {}),
                },
                objects=lambda page: len(page.values),
            )
            if page.values and all(project.id in found for project in page.values):
                raise Unavailable("Jira repeats a page of projects.")
            found.update((project.id, project) for project in page.values)
            start += len(page.values)
            if page.is_last or not page.values:
                return list(found.values())

    async def statuses(self, *, meter: Meter) -> list[Status]:
        """All statuses of the site's workflows; team-managed projects have theirs with equal names."""
        found = await self._atlassian.send(STATUSES, list[_Status], meter=meter)
        return [Status(status.id, status.name, status.status_category.key) for status in found]

    async def priorities(self, *, meter: Meter) -> list[Named]:
        """All priorities, by a deprecated call: its successor wants a scope to configure Jira, too much for a reader."""
        return await self._atlassian.send(PRIORITIES, list[Named], meter=meter)

    async def issue_types(self, *, meter: Meter) -> list[Named]:
        """All issue types that the account sees; names are not unique over team-managed projects."""
        return await self._atlassian.send(ISSUE_TYPES, list[Named], meter=meter)

    async def users(self, account_ids: Sequence[str], *, meter: Meter) -> dict[str, User]:
        """The users behind account ids, by id; an account that cannot be read is absent."""
        return await self._all_users(account_ids, _UserPage[User], meter)

    async def contacts(self, account_ids: Sequence[str], *, meter: Meter) -> dict[str, Contact]:
        """The same with their e-mail addresses."""
        return await self._all_users(account_ids, _UserPage[Contact], meter)

    async def _all_users(self, account_ids: Sequence[str], decode: type[_UserPage[U]], meter: Meter) -> dict[str, U]:
        unique = list(dict.fromkeys(account_ids))
        found: dict[str, U] = {}
        for at in range(0, len(unique), _USERS_PER_CALL):
            found.update(await self._users(unique[at : at + _USERS_PER_CALL], decode, meter))
        return found

    async def _users(self, account_ids: Sequence[str], decode: type[_UserPage[U]], meter: Meter) -> dict[str, U]:
        found: dict[str, U] = {}
        start = 0
        while True:
            page = await self._atlassian.send(
                USERS,
                decode,
                meter=meter,
                query={"accountId": account_ids, "startAt": start, "maxResults": len(account_ids)},
                objects=lambda page: len(page.values),
            )
            if page.values and all(user.account_id in found for user in page.values):
                raise Unavailable("Jira repeats a page of users.")
            found.update((user.account_id, user) for user in page.values)
            start += len(page.values)
            if page.is_last or not page.values:
                return found

    async def parse_jql(self, queries: Sequence[str], *, meter: Meter) -> list[tuple[str, ...]]:
        """Jira's error messages about each query, in the order of `queries`; an empty tuple means that it is fine."""
        if not queries:
            return []
        parsed = await self._atlassian.send(
            PARSE_JQL,
            _ParsedQueries,
            meter=meter,
            query={"validation": "strict"},
            body={"queries": list(queries)},
        )
        if len(parsed.queries) != len(queries):
            raise GaveUp("Jira parsed another number of queries than it was given.")
        return [query.errors for query in parsed.queries]

    async def approximate_count(self, jql: str, *, meter: Meter) -> int:
        """How many issues match: an estimate that lags behind writes. The query must be bounded."""
        counted = await self._atlassian.send(APPROXIMATE_COUNT, _Count, meter=meter, body={"jql": jql})
        return counted.count

    async def search(
        self,
        jql: str,
        fields: Sequence[str],
        *,
        meter: Meter,
        page_size: int = 100,
        properties: Sequence[str] = (),
    ) -> AsyncIterator[list[Issue]]:
        """The issues that match, page by page, with the fields and entity properties (at most 5) that are named.

        Jira may give fewer issues a page than asked at any time, so only its cursor tells whether there are more.
        The query must be bounded. Raises Unavailable where the cursor does not lead to an end: it or a page
        repeats, it is refused (it expires after 7 days), it is missing although more is promised.
        """
        trail = _Trail()
        token: str | None = None
        while True:
            page = await self._page(_search_body(jql, fields, page_size, properties, token), meter)
            trail.follow(page)
            yield page.issues
            token = page.next_page_token
            if token is None:
                return

    async def issue_ids(self, jql: str, *, meter: Meter) -> AsyncIterator[list[str]]:
        """The ids of the issues that match, in large pages. Guarded and bounded as `search` is."""
        async for page in self.search(jql, (), meter=meter, page_size=_IDS_PER_PAGE):
            yield [issue.id for issue in page]

    async def bulk_fetch(self, ids: Sequence[str], fields: Sequence[str], *, meter: Meter) -> dict[str, Issue]:
        """The issues of these ids, by id, with the fields that are named; an issue that cannot be read is absent."""
        unique = list(dict.fromkeys(ids))
        found: dict[str, Issue] = {}
        for at in range(0, len(unique), _ISSUES_PER_CALL):
            batch = unique[at : at + _ISSUES_PER_CALL]
            fetched = await self._atlassian.send(
                BULK_FETCH,
                _Issues,
                meter=meter,
                body={"issueIdsOrKeys": batch, "fields": list(fields) or ["id"]},
                objects=lambda fetched: len(fetched.issues),
            )
            found.update((issue.id, issue) for issue in fetched.issues)
        return found

    async def _page(self, body: dict[str, object], meter: Meter) -> _IssuePage:
        try:
            return await self._atlassian.send(
                SEARCH, _IssuePage, meter=meter, body=body, objects=lambda page: len(page.issues)
            )
        except (QueryRefused, GaveUp) as error:
            refused = isinstance(error, QueryRefused) or error.status == 400
            if refused and "nextPageToken" in body:  # the same query was fine without it
                raise Unavailable("Jira refused the cursor in the middle of a search.") from None
            raise


def _search_body(
    jql: str, fields: Sequence[str], page_size: int, properties: Sequence[str], token: str | None
) -> dict[str, object]:
    """The body of a search. Without fields Jira gives ids only, which is asked for by name."""
    body: dict[str, object] = {"jql": jql, "fields": list(fields) or ["id"], "maxResults": page_size}
    if properties:
        body["properties"] = list(properties)
    if token is not None:
        body["nextPageToken"] = token
    return body


class _Trail:
    """The pages of one search so far, as far as needed to see that it goes round in circles."""

    def __init__(self) -> None:
        self._tokens: set[str] = set()
        self._pages: set[int] = set()
        self._empty_in_a_row = 0

    def follow(self, page: _IssuePage) -> None:
        """Raises Unavailable when this page cannot be part of a search that ends."""
        self._empty_in_a_row = 0 if page.issues else self._empty_in_a_row + 1
        fingerprint = hash(tuple(issue.id for issue in page.issues))
        if page.issues and fingerprint in self._pages:
            raise Unavailable("Jira repeats a page of a search.")
        if page.next_page_token is None and page.is_last is False:
            raise Unavailable("Jira promises more pages of a search without a cursor to them.")
        if page.next_page_token in self._tokens or self._empty_in_a_row > _EMPTY_PAGES:
            raise Unavailable("Jira's cursor leads in circles.")
        self._pages.add(fingerprint)
        if page.next_page_token is not None:
            self._tokens.add(page.next_page_token)
