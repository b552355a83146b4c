"""By which channels the requests came that were created in the period, and how those were served."""

from resolvers.definition import Asked, Definition, Key, Material, Measures, Needs
from resolvers.figures.dimensions import breakdown, keyed, with_value
from resolvers.figures.measures import checked_top
from resolvers.figures.ratings import warn_of_ratings
from resolvers.figures.served import OPINIONS, aggregates, served, served_cells, warn_of_channels
from resolvers.jql import quote
from resolvers.scan import CHANNELS
from schema.report import Basis, Dimension, DimensionValue
from schema.reports.request_channels import (
    RequestChannelReport,
    RequestChannelRow,
    RequestChannelsOptions,
    RequestChannelsRequest,
)


def needs(asked: Asked[RequestChannelsOptions]) -> Needs:
    """COHORT, with the channel."""
    checked_top(asked.options.top)
    rating = {"rating"} if asked.selection.has(*OPINIONS) else set()
    return Needs(frozenset({Basis.COHORT}), frozenset({"channel"} | rating))


def compute(material: Material[RequestChannelsOptions]) -> RequestChannelReport:
    """Each request has one channel, or none that is known."""
    cohort = material.subject.cohort
    pairs = keyed(cohort, Dimension.CHANNEL, material.subject.scope)
    groups, rest = breakdown(pairs, checked_top(material.asked.options.top), "requests", **aggregates(cohort))
    warn_of_channels(material)
    if material.asked.selection.has(*OPINIONS):
        warn_of_ratings(material, cohort)
    return RequestChannelReport(
        read=material.read,
        total=cohort.height,
        rows=[
            RequestChannelRow(
                value=DimensionValue(key=group["key"], name=group["name"]),
                drill_down=material.drill_down(group["key"]),
                **served(group, cohort.height),
            )
            for group in groups
        ],
        rest=rest,
    )


def cells(material: Material[RequestChannelsOptions], key: Key) -> Measures:
    """`[channel]`."""
    match key:
        case [str() | None as channel]:
            mine = with_value(material.subject.cohort, Dimension.CHANNEL, channel)
            clause = f"request-channel-type = {quote(channel)}" if channel in CHANNELS and channel else None
            return served_cells(mine, clause, material.subject)
    return {}


REPORT = Definition(RequestChannelsRequest, needs, compute, cells=cells)
