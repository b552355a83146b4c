"""Every report that can be asked is answered, and every one that is answered can be asked."""

from collections.abc import Iterator
from typing import Any

import schema.build  # declares every request
from resolvers.definition import definitions
from schema.report import ReportRequest
from schema.storage.widget_config import KINDS


def requests(kind: type[Any] = ReportRequest) -> Iterator[type[Any]]:
    for request in kind.__subclasses__():
        yield request
        yield from requests(request)


def test_each_request_of_the_schema_has_its_report() -> None:
    assert set(requests()) == set(definitions())


def test_each_report_is_a_field_of_the_schema() -> None:
    fields = schema.build.build()._schema.type_map
    asked = str(fields["RequestReports"].fields) + str(fields["Query"].fields)  # type: ignore[attr-defined]
    for request in definitions():
        result = request.types()[1]
        assert result is int or result.__name__ in asked, request


def test_each_report_can_be_a_widget_but_for_the_bare_total() -> None:
    shown = {kind.request for kind in KINDS.values()}
    assert {request.types()[1] for request in definitions() if request not in shown} == {int}
