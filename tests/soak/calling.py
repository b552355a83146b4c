"""A client as a frontend is one: sends a document with variables, and knows when the answer is not what it should be."""

from dataclasses import dataclass
from typing import Any

import httpx2

WIDGET = "id title version scope { jql } config { sla { top metric } }"
CREATE = f"""mutation ($input: CreateWidgetInput!) {{
  createWidget(input: $input) {{ widget {{ {WIDGET} }} userErrors {{ code message }} }} }}"""
UPDATE = f"""mutation ($input: UpdateWidgetInput!) {{
  updateWidget(input: $input) {{ widget {{ {WIDGET} }} userErrors {{ code message }} }} }}"""
DELETE = (
    "mutation ($input: DeleteWidgetInput!) { deleteWidget(input: $input) { deletedId userErrors { code message } } }"
)
LIST = f"""query ($after: String) {{
  widgets(first: 100, after: $after) {{ nodes {{ {WIDGET} }} unreadable totalCount pageInfo {{ endCursor hasNextPage }} }} }}"""

WIDGETS = "{ widgets(first: 100) { nodes { id } } }"
DASHBOARDS = "{ dashboards(first: 100) { nodes { id } } }"
DELETE_DASHBOARD = "mutation ($input: DeleteDashboardInput!) { deleteDashboard(input: $input) { deletedId } }"


class Trouble(Exception):
    """An answer with errors, or of another status than 200."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A widget as these tests save it."""

    title: str
    jql: str
    top: int
    version: int = 1

    def input(self) -> dict[str, Any]:
        """As the input of a mutation."""
        return {
            "title": self.title,
            "scope": {"jql": self.jql},
            "config": {"sla": {"top": self.top, "metric": self.title}},
        }

    @classmethod
    def of(cls, widget: dict[str, Any]) -> "Saved":
        """From an answer; whole, or an error."""
        assert widget["config"]["sla"]["metric"] == widget["title"], widget
        return cls(widget["title"], widget["scope"]["jql"], widget["config"]["sla"]["top"], widget["version"])


class Caller:
    """Asks one server with one API key."""

    def __init__(self, client: httpx2.AsyncClient, url: str, key: str) -> None:
        self._client = client
        self._url = f"{url}/graphql"
        self._headers = {"authorization": f"Bearer {key}"}

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer. Raises Trouble, or httpx2.TransportError where none came."""
        body = {"query": query, "variables": variables}
        response = await self._client.post(self._url, json=body, headers=self._headers)
        answer = response.json()
        if response.status_code != 200 or "errors" in answer:
            raise Trouble(f"{response.status_code}: {answer.get('errors')}")
        return answer["data"]

    async def change(self, query: str, **values: Any) -> Any:
        """The payload of a mutation with this input. Raises as `ask`."""
        (payload,) = (await self.ask(query, input=values)).values()
        return payload

    async def widgets(self) -> dict[str, Saved]:
        """All that the caller sees, by id, page by page."""
        found: dict[str, Saved] = {}
        after = None
        while True:
            page = (await self.ask(LIST, after=after))["widgets"]
            assert page["unreadable"] == []
            found |= {node["id"]: Saved.of(node) for node in page["nodes"]}
            if not page["pageInfo"]["hasNextPage"]:
                assert len(found) == page["totalCount"]
                return found
            after = page["pageInfo"]["endCursor"]

    async def clear(self) -> int:
        """Delete all that this caller owns; how much it was."""
        count = 0
        for nodes, query, more in ((DASHBOARDS, DELETE_DASHBOARD, {}), (WIDGETS, DELETE, {"fromDashboards": True})):
            while found := next(iter((await self.ask(nodes)).values()))["nodes"]:
                for node in found:
                    payload = await self.change(query, id=node["id"], **more)
                    assert payload["deletedId"] == node["id"]
                count += len(found)
        return count
