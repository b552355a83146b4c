"""The Assets endpoints that the stand-in answers, under the gateway only.

With a token that has scopes they are below `/ex/jira/{cloudId}`, with a classic one directly below the gateway.
Points: one for each object returned by AQL; schemas, types, attributes and counts are one a call, as fields and statuses are.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from demo.aql import AqlError
from demo.aql_search import AssetSearch
from demo.asset_model import AssetObject, AssetsData
from demo.asset_values import AssetShapes
from demo.calls import Answer, Call, Endpoint, Handler, RefusedError, errors, gateway_refusal, invalid

TOTAL_CAP = 1000
"""`total` of a search is deprecated, and people report that it ends here; `totalcount` is exact."""


def _assets(call: Call) -> AssetsData:
    """The site's Assets, if the path names its workspace."""
    found = call.site.assets
    if found is None or call.params["workspaceId"] != found.workspace_id:
        raise RefusedError(errors(404, "The workspace does not exist."))
    return found


def _shapes(call: Call) -> AssetShapes:
    return AssetShapes(_assets(call), call.base, ZoneInfo(call.site.zone), tree_counts=call.tree_counts)


def _flag(call: Call, name: str, *, default: bool = False) -> bool:
    return call.query.get(name, str(default)).lower() == "true"


async def schemas(call: Call) -> Answer:
    """GET objectschema/list."""
    data, shapes = _assets(call), _shapes(call)
    start, size = call.start("startAt"), max(1, call.number("maxResults", 25))
    shown = [shapes.schema(one) for one in data.schemas[start : start + size]]
    total = len(data.schemas) + (size if call.endless else 0)
    return Answer({"startAt": call.number("startAt", 0), "maxResults": size, "total": total, "values": shown})


async def types(call: Call) -> Answer:
    """GET objectschema/{id}/objecttypes/flat: all types of a schema; the counts only if asked for."""
    data, shapes, wanted = _assets(call), _shapes(call), call.params["id"]
    if wanted not in {one.id for one in data.schemas}:
        raise RefusedError(errors(404, f"The object schema {wanted} does not exist or you may not see it."))
    counts = _flag(call, "includeObjectCounts")
    return Answer([shapes.type(one, counts=counts) for one in data.types if one.schema.id == wanted])


async def attributes(call: Call) -> Answer:
    """GET objecttype/{id}/attributes: own and inherited ones."""
    shapes, wanted = _shapes(call), call.params["id"]
    type_ = next((one for one in _assets(call).types if one.id == wanted), None)
    if type_ is None:
        raise RefusedError(errors(404, f"The object type {wanted} does not exist or you may not see it."))
    own_only = _flag(call, "excludeParentAttributes")
    found = [one for one in shapes.attributes_of(type_) if not own_only or one.owner is type_]
    if _flag(call, "orderByName"):
        found.sort(key=lambda one: one.name)
    return Answer([shapes.attribute(one, position) for position, one in enumerate(found)])


async def objects(call: Call) -> Answer:
    """POST object/aql: a page of objects and, with their attributes, what those are called."""
    with_attributes = _flag(call, "includeAttributes", default=True)
    if with_attributes and call.scopes is not None and "read:cmdb-attribute:jira" not in call.scopes:
        raise RefusedError(gateway_refusal("Unauthorized; scope does not match"))
    found, shapes = _found(call), _shapes(call)
    start, size = call.start("startAt"), max(1, call.number("maxResults", 25))
    shown = found[start : start + size]
    last = start + size >= len(found) and not call.endless
    kinds = dict.fromkeys(one.type for one in shown)
    return Answer(
        {
            "startAt": call.number("startAt", 0),
            "maxResults": size,
            "total": min(len(found), TOTAL_CAP),
            "values": [shapes.object(one, attributes=with_attributes) for one in shown],
            "objectTypeAttributes": shapes.attributes_of_types(kinds) if with_attributes else [],
            "isLast": last,
            "last": last,
        },
        points=len(shown),
    )


async def total_count(call: Call) -> Answer:
    """POST object/aql/totalcount."""
    return Answer({"totalCount": len(_found(call))})


def _found(call: Call) -> list[AssetObject]:
    data = _assets(call)
    query = call.body({"qlQuery": str}).get("qlQuery")
    if not isinstance(query, str):
        raise invalid("The qlQuery must be provided.")
    try:
        return AssetSearch(data, call.site.reader, call.now(), ZoneInfo(call.site.zone)).find(query)
    except AqlError as error:
        raise invalid(error.message) from None


_API = "/jsm/assets/workspace/{workspaceId}/v1"


def _row(name: str, method: str, path: str, handler: Handler, scope: str, a_minute: int) -> Endpoint:
    """Limits of Assets are documented a minute; so much may come at once."""
    return Endpoint(
        name,
        method,
        f"{_API}/{path}",
        handler,
        f"read:cmdb-{scope}:jira",
        anonymous=False,
        per_second=a_minute / 60,
        bucket=a_minute,
        gateway_only=True,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    _row("objectschema/list", "GET", "objectschema/list", schemas, "schema", 2000),
    _row("objecttypes/flat", "GET", "objectschema/{id}/objecttypes/flat", types, "schema", 2000),
    _row("objecttype/attributes", "GET", "objecttype/{id}/attributes", attributes, "attribute", 2000),
    _row("object/aql", "POST", "object/aql", objects, "object", 1000),
    _row("object/aql/totalcount", "POST", "object/aql/totalcount", total_count, "object", 500),
)
