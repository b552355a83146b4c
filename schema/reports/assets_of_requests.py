"""Which assets do people need help with?"""

import strawberry

from schema.report import Ratio, Report, ReportRequest, Rest, drill_down_field
from schema.scalars import ID


@strawberry.input(description="Options of the report on the assets of requests.")
class AssetsOfRequestsOptions:
    top: int | None = strawberry.field(
        default=50, description="Number of rows, 1 to 1000; the row of requests without an asset comes on top of it."
    )


@strawberry.type(description="An object of Assets.")
class AssetObject:
    id: ID = strawberry.field(description="Id of the object.")
    label: str | None = strawberry.field(
        default=None,
        description="Its name, looked up only when selected; null if it has none, or if the reading account cannot see it.",
    )
    key: str | None = strawberry.field(
        default=None,
        description="Its key, such as ITSM-88, looked up only when selected; null if the reading account cannot see it.",
    )


@strawberry.type(description="The requests about one object. A request about several counts once in each.")
class AssetsOfRequestsRow:
    object: AssetObject | None = strawberry.field(
        description="The object; null in the last row, of requests without one."
    )
    requests: int = strawberry.field(description="Requests created in the period.")
    share: Ratio = strawberry.field(
        description="`requests` of all distinct requests; shares may add up to more than 1 since a request can have several."
    )
    drill_down: ID | None = drill_down_field()


@strawberry.type(description="Requests created in the period by the assets that they are about now. Basis: COHORT.")
class AssetsOfRequestsReport(Report):
    total: int = strawberry.field(description="Distinct requests; rows may add up to more.")
    with_asset: int = strawberry.field(description="Distinct requests with at least one asset.")
    rows: list[AssetsOfRequestsRow] = strawberry.field(
        description="Objects, most requests first; requests without an asset last."
    )
    rest: Rest = strawberry.field(description="Objects beyond the top rows.")


class AssetsOfRequestsRequest(ReportRequest[AssetsOfRequestsOptions, AssetsOfRequestsReport]):
    """Asks for the report on the assets of requests."""
