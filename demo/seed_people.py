"""The customers of the seeded desks, and the organizations that they belong to."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo import seed_data as data
from demo.build import SiteBuilder, account_id
from demo.model import Organization, User

CUSTOMERS = 320
_SILENT = 40


@dataclass(frozen=True, slots=True)
class People:
    """Who reports, the busiest first, and the organizations with which each of them shares requests."""

    reporters: Sequence[User]
    shared_with: Sequence[tuple[Organization, ...]]


def make_people(site: SiteBuilder, dice: random.Random, desks: Sequence[str]) -> People:
    """Customers and organizations.

    Some customers hide their address, some are inactive, some never report anything, some belong to nobody; some reporters
    are customers of no desk. Two organizations share a name, one has no members.
    """
    organizations = [site.organization(one) for one in data.ORGANIZATIONS]
    organizations.append(site.organization(data.TWIN, id=str(len(organizations) + 1)))
    site.organization(data.NOBODYS, id=str(len(organizations) + 1))
    popularity = [1 / (place + 3) for place in range(len(organizations))]
    people: list[User] = []
    belong: list[tuple[Organization, ...]] = []
    for number in range(CUSTOMERS):
        user = _customer(site, dice, number)
        several = dice.choices((0, 1, 2), (20, 68, 12))[0]
        homes = tuple(dict.fromkeys(dice.choices(organizations, popularity, k=several)))
        for one in homes:
            site.organization(one.name, id=one.id, members=[user])
        if number % 50 != 7:
            first = dice.choices(desks, (6, 3, 2))[0]
            for desk in {first: None, dice.choice(desks): None}:
                site.desk(desk, customers=[user])
        people.append(user)
        belong.append(homes)
    for place, one in enumerate(organizations):  # at least one each
        site.organization(one.name, id=one.id, members=[people[place * 7 % CUSTOMERS]])
    return People(people[:-_SILENT], belong[:-_SILENT])


def _customer(site: SiteBuilder, dice: random.Random, number: int) -> User:
    name = f"{dice.choice(data.GIVEN)} {dice.choice(data.FAMILY)}"
    return site.user(
        # The builder knows people by name; here several bear the same one.
        f"{name}#{number}",
        display_name=name,
        id=f"qm:{account_id(name)}-{number}",
        email=None if number % 5 == 0 else f"customer{number}@example.com",
        kind="customer",
        active=number % 23 != 11,
    )
