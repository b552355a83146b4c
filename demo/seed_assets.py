"""The seeded company's assets: an IT schema with a tree of types, and one of its buildings."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from demo.asset_model import AssetObject
from demo.build import SiteBuilder
from demo.build_assets import Values
from demo.model import User

# type: (parent, abstract, how many objects, models)
HARDWARE: dict[str, tuple[str | None, bool, int, tuple[str, ...]]] = {
    "Hardware": (None, True, 0, ()),
    "Computer": ("Hardware", False, 12, ("Refurbished PC",)),
    "Laptop": ("Computer", False, 170, ("Feather 13", "Feather 15", "Anvil 16")),
    "Desktop": ("Computer", False, 45, ("Cube Mini", "Tower T4")),
    "Server": ("Computer", False, 28, ("Rack R2", "Rack R4")),
    "Printer": ("Hardware", False, 24, ("Inkwell 200", "Lasso L7")),
    "Network device": ("Hardware", False, 36, ("Switchback 48", "Beacon AP")),
    "Phone": ("Hardware", False, 90, ("Pebble 5", "Pebble 6")),
}
SOFTWARE = ("Office suite", "ERP", "Payroll", "Design studio", "VPN client", "Antivirus", "Intranet", "Data warehouse")
SITES = ("Berlin", "Lisbon", "Nairobi", "Osaka", "Toronto")
VENDORS = ("Alder Systems", "Boreal Devices", "Cirrus Machines")
STATES = {"In use": 76, "In stock": 10, "In repair": 4, "Retired": 10}


def make_assets(site: SiteBuilder, dice: random.Random, today: date, owners: Sequence[User]) -> list[AssetObject]:
    """All assets; returns those that requests are about.

    Some objects have no site, owner or status, software is at several sites, one object has no name, a few are hidden.
    """
    assets = site.assets
    assets.schema("ITSM")
    models = _models(site, dice)
    for name, (parent, abstract, _, _) in HARDWARE.items():
        assets.type(name, parent=parent, abstract=abstract)
    for name, kind in (("Status", "status"), ("Site", "select"), ("Owner", "user"), ("Warranty", "date")):
        assets.attribute("Hardware", name, kind=kind)
    assets.attribute("Hardware", "Model", kind="reference", refers_to="Model")
    assets.attribute("Hardware", "Price", kind="double")
    assets.attribute("Server", "Cores", kind="integer")
    made = [
        assets.object(
            name,
            None if name == "Printer" and number == 3 else f"{name.split()[0].upper()}-{number + 1:03}",
            _hardware(dice, name, models[name], today, owners),
            created=site.now - dice.randint(20, 1400) * 86_400_000,
            restricted=name == "Server" and number < 2,
        )
        for name, (_, _, count, _) in HARDWARE.items()
        for number in range(count)
    ]
    made += _software(site, dice, owners)
    _buildings(site)
    return made


def _models(site: SiteBuilder, dice: random.Random) -> dict[str, list[AssetObject]]:
    site.assets.type("Model")
    site.assets.attribute("Model", "Vendor", kind="select")
    return {
        name: [
            site.assets.object("Model", model, {"Vendor": dice.choice(VENDORS)}, created="2023-01-01") for model in sold
        ]
        for name, (_, _, _, sold) in HARDWARE.items()
    }


def _hardware(
    dice: random.Random, name: str, models: Sequence[AssetObject], today: date, owners: Sequence[User]
) -> Values:
    values: dict[str, AssetObject | User | str | float | int | date] = {
        "Model": dice.choice(models),
        "Warranty": today + timedelta(days=dice.randint(-400, 1000)),
        "Price": round(dice.uniform(90, 4000), 2),
    }
    if dice.random() < 0.97:
        values["Status"] = dice.choices(tuple(STATES), tuple(STATES.values()))[0]
    if dice.random() < 0.95:
        values["Site"] = dice.choices(SITES, (8, 5, 3, 2, 2))[0]
    if name in ("Laptop", "Phone", "Desktop") and dice.random() < 0.85:
        values["Owner"] = dice.choice(owners)
    if name == "Server":
        values["Cores"] = dice.choice((8, 16, 32, 64))
    return values


def _software(site: SiteBuilder, dice: random.Random, owners: Sequence[User]) -> list[AssetObject]:
    """Applications and licences: a tree of its own, whose Status and Site are other attributes than those of hardware."""
    assets = site.assets
    assets.type("Software", abstract=True)
    assets.type("Application", parent="Software")
    assets.type("Licence", parent="Software")
    for name, kind in (("Status", "status"), ("Site", "select"), ("Owner", "user")):
        assets.attribute("Software", name, kind=kind)
    made = [
        assets.object(
            "Application",
            name,
            {"Status": "In use", "Site": dice.sample(SITES, dice.randint(1, 3)), "Owner": dice.choice(owners)},
            created="2023-06-01",
        )
        for name in SOFTWARE
    ]
    for number in range(60):
        application = dice.choice(made[: len(SOFTWARE)])
        state = dice.choices(("In use", "In stock", "Retired"), (80, 12, 8))[0]
        values: Values = {"Status": state, "Application": application}
        made.append(assets.object("Licence", f"LIC-{number + 1:03}", values, created="2024-02-01"))
    return made


def _buildings(site: SiteBuilder) -> None:
    assets = site.assets
    assets.schema("Facilities", key="FAC")
    assets.type("Building", schema="Facilities")
    assets.type("Room", schema="Facilities")
    for name in SITES:
        building = assets.object(assets.type("Building", schema="Facilities"), f"{name} office", created="2022-01-01")
        for number in range(1, 7):
            room = assets.type("Room", schema="Facilities")
            assets.object(
                room, f"{name} {number}.01", {"Building": building, "Seats": 4 * number}, created="2022-01-01"
            )
