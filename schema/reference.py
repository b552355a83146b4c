"""Things of the Jira site that scopes name and that a frontend's pickers offer."""

import strawberry

from schema.scalars import ID


@strawberry.type(description="A project of the site.")
class Project:
    id: ID = strawberry.field(description="Id of the project.")
    key: str = strawberry.field(description="Key, as `scope.projects` takes it.")
    name: str = strawberry.field(description="Its present name.")
    type_key: str = strawberry.field(description="service_desk, software or business.")


@strawberry.type(description="A service desk.")
class ServiceDesk:
    id: ID = strawberry.field(description="Id, as `customers` and `customerReport` take it.")
    project_key: str = strawberry.field(description="Key of its project, as `scope.projects` takes it.")
    project_name: str = strawberry.field(description="Present name of its project, which people know the desk by.")


@strawberry.type(description="A request type of a service desk.")
class RequestType:
    id: ID = strawberry.field(description="Id, as `scope.requestTypes` takes it.")
    name: str = strawberry.field(description="Its present name; desks may share one.")
    service_desk_id: ID = strawberry.field(description="Id of its service desk.")


@strawberry.type(description="A status of the site.")
class Status:
    id: ID = strawberry.field(description="Id, as `scope.statuses` takes it; names may be shared by several.")
    name: str = strawberry.field(description="Its present name, in the language of the reading account.")
    category: str = strawberry.field(description="new, indeterminate or done.")


@strawberry.type(description="A priority.")
class Priority:
    id: ID = strawberry.field(description="Id, as `scope.priorities` takes it.")
    name: str = strawberry.field(description="Its present name, in the language of the reading account.")


@strawberry.type(description="An issue type.")
class IssueType:
    id: ID = strawberry.field(description="Id, as `scope.issueTypes` takes it; names may be shared by several.")
    name: str = strawberry.field(description="Its present name, in the language of the reading account.")


@strawberry.type(description="A custom field of issues whose values are chosen from a list.")
class SelectField:
    id: ID = strawberry.field(description="Id, as `scope.fields` takes it; names may be shared by several.")
    name: str = strawberry.field(description="Its present name, in the language of the reading account.")


@strawberry.type(description="An object schema of Assets.")
class AssetSchema:
    id: ID = strawberry.field(description="Id, as `assets.objectsByType` takes it.")
    name: str | None = strawberry.field(description="Its present name; null if it cannot be read.")
    key: str | None = strawberry.field(description="Its key, with which the keys of its objects begin.")


@strawberry.type(description="An object type of Assets.")
class AssetType:
    id: ID = strawberry.field(description="Id of the object type.")
    name: str = strawberry.field(description="Its present name; types of several schemas may share one.")
    schema_id: ID = strawberry.field(description="Id of its schema.")
    parent_id: ID | None = strawberry.field(description="Id of the type above it; null for a root.")
    abstract: bool = strawberry.field(description="Whether it holds no objects itself.")
