"""The list of fields: system fields and the site's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from demo.model import CustomField, FieldKind, Site

Json = dict[str, object]

SYSTEM_FIELDS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    # id, name, schema type, clause names
    ("summary", "Summary", "string", ("summary",)),
    ("issuetype", "Issue Type", "issuetype", ("issuetype", "type")),
    ("project", "Project", "project", ("project",)),
    ("status", "Status", "status", ("status",)),
    ("statuscategorychangedate", "Status Category Changed", "datetime", ("statusCategoryChangedDate",)),
    ("priority", "Priority", "priority", ("priority",)),
    ("assignee", "Assignee", "user", ("assignee",)),
    ("reporter", "Reporter", "user", ("reporter",)),
    ("created", "Created", "datetime", ("created", "createdDate")),
    ("updated", "Updated", "datetime", ("updated", "updatedDate")),
    ("resolution", "Resolution", "resolution", ("resolution",)),
    ("resolutiondate", "Resolved", "datetime", ("resolutiondate", "resolved")),
    ("duedate", "Due date", "date", ("due", "duedate")),
    ("timeestimate", "Remaining Estimate", "number", ("remainingEstimate", "timeestimate")),
    ("labels", "Labels", "array", ("labels",)),
    ("components", "Components", "array", ("component",)),
    ("parent", "Parent", "issuelink", ("parent",)),
)
_ITEMS = {"labels": "string", "components": "component"}


def field_list(site: Site) -> list[Json]:
    """The body of GET field."""
    return [_system_field(*one) for one in SYSTEM_FIELDS] + [_custom_field(one) for one in site.fields]


def _system_field(id_: str, name: str, kind: str, clauses: tuple[str, ...]) -> Json:
    schema = {"type": kind, "system": id_}
    if id_ in _ITEMS:
        schema["items"] = _ITEMS[id_]
    return _field(id_, name, name, clauses, schema, custom=False)


def _custom_field(field: CustomField) -> Json:
    custom, kind, items = field.kind.value
    schema: Json = {"type": kind, "custom": custom, "customId": field.number}
    if items:
        schema["items"] = items
    clauses = [f"cf[{field.number}]", field.untranslated]
    if field.kind is FieldKind.SELECT:
        clauses.append(f"{field.untranslated}[Dropdown]")
    shape = _field(field.id, field.name, field.untranslated, clauses, schema, custom=True)
    return shape if field.searchable else shape | {"searchable": False, "clauseNames": []}


def _field(
    id_: str, name: str, original: str, clauses: Iterable[str], schema: Mapping[str, object], *, custom: bool
) -> Json:
    return {
        "id": id_,
        "key": id_,
        "name": name,
        "untranslatedName": original,
        "custom": custom,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": list(clauses),
        "schema": schema,
    }
