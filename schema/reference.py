"""Things of the Jira site that scopes name and that a frontend's pickers offer."""

import strawberry


@strawberry.type(description="A project of the site.")
class Project:
    id: strawberry.ID = strawberry.field(description="Id of the project.")
    key: str = strawberry.field(description="Key, as `scope.projects` takes it.")
    name: str = strawberry.field(description="Its present name.")
    type_key: str = strawberry.field(description="service_desk, software or business.")


@strawberry.type(description="A status of the site.")
class Status:
    id: strawberry.ID = strawberry.field(
        description="Id, as `scope.statuses` takes it; names may be shared by several."
    )
    name: str = strawberry.field(description="Its present name, in the language of the reading account.")
    category: str = strawberry.field(description="new, indeterminate or done.")
