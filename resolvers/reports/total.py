"""How many requests were created in the period."""

from resolvers.definition import Asked, Definition, Material, Needs
from schema.report import Basis
from schema.reports.requests import TotalRequest


def needs(asked: Asked[None]) -> Needs:
    """The requests created in the period; no column besides."""
    return Needs(frozenset({Basis.COHORT}))


def compute(material: Material[None]) -> int:
    """Their number."""
    return material.subject.cohort.height


REPORT = Definition(TotalRequest, needs, compute)
