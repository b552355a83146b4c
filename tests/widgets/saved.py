"""What tests of widgets and dashboards ask, and a site for them to report on."""

from dataclasses import dataclass
from typing import Any

from demo.build import SiteBuilder, completed
from demo.model import Site
from tests.api import Answer, Api

NOW = "2026-03-31T12:00"
CALLERS = ("anna", "bert", "cleo")
WIDGET = "id title version visibility sharedWith owner createdAt updatedAt reportName scope { projects jql period { last } } config { sla { metric unit rule by top } assigneeWorkload { top } objectsByAql { aql groupBy } }"
ERRORS = "userErrors { code field message }"
ITEMS = "items { width ownScope widget { id title } }"
DASHBOARD = f"id title version visibility owner scope {{ projects }} period {{ last }} {ITEMS}"


def site() -> Site:
    """Forty requests of two projects with an SLA metric, and some objects of Assets."""
    builder = SiteBuilder(now=NOW)
    builder.assets.type("Laptop")
    laptops = [builder.assets.object("Laptop", f"Laptop {number}") for number in range(5)]
    for number in range(40):
        sla = {"Time to resolution": [completed(stop="2026-03-30", breached=number % 4 == 0)]}
        created, assignee = f"2026-03-{1 + number % 28:02}T08:00", f"agent {number % 3}"
        builder.request(created=created, assignee=assignee, sla=sla, assets=[laptops[number % 5]])
    return builder.site()


@dataclass(frozen=True, slots=True)
class Caller:
    """One of the callers of a server."""

    api: Api
    name: str

    async def ask(self, query: str, **variables: Any) -> Answer:
        """The answer to a document."""
        return await self.api.ask(query, variables, caller=self.name)

    async def data(self, query: str, **variables: Any) -> Any:
        """The data of an answer that must have no errors."""
        answer = await self.ask(query, **variables)
        assert answer.errors == []
        return answer.data

    async def change(self, mutation: str, selection: str, **given: Any) -> Any:
        """The payload of a mutation."""
        kind = {
            "createStarterDashboards": "StarterInput!",
            "importConfigurations": "ImportInput!",
        }.get(mutation, mutation[0].upper() + mutation[1:] + "Input!")
        query = f"mutation ($input: {kind}) {{ {mutation}(input: $input) {{ {selection} {ERRORS} }} }}"
        return (await self.data(query, input=given))[mutation]

    async def create_widget(self, **given: Any) -> Any:
        """A new widget that must be saved; an SLA widget unless told otherwise."""
        self.api.clock.forward(1)  # lists are in the order in which things were made
        wanted = {"title": "SLAs", "config": {"sla": {}}} | given
        payload = await self.change("createWidget", f"widget {{ {WIDGET} }}", **wanted)
        assert payload["userErrors"] == []
        return payload["widget"]

    async def create_dashboard(self, *widgets: str, **given: Any) -> Any:
        """A new dashboard of these widgets that must be saved."""
        wanted = {"title": "Board", "items": [{"widget": widget} for widget in widgets]} | given
        payload = await self.change("createDashboard", f"dashboard {{ {DASHBOARD} }}", **wanted)
        assert payload["userErrors"] == []
        return payload["dashboard"]

    async def refused(self, mutation: str, **given: Any) -> tuple[str, str | None, str]:
        """Code, dotted field and message of the one thing that is wrong."""
        (error,) = (await self.change(mutation, "__typename", **given))["userErrors"]
        return error["code"], error["field"] and ".".join(error["field"]), error["message"]
