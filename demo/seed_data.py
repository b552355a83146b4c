"""Names and habits of the seeded company; all of it is made up."""

from __future__ import annotations

AGENTS = {
    "ITS": (
        "Amara Okafor",
        "Lukas Brandt",
        "Mei-Ling Chen",
        "Rohan Deshpande",
        "Sofía Herrera",
        "Tomasz Zieliński",
        "Yasmin Haddad",
    ),
    "HR": ("Ingrid Solberg", "Kwame Mensah", "Noriko Tanabe"),
    "FAC": ("Beatriz Carvalho", "Dmytro Kovalenko", "Aroha Ngata", "Pál Szabó"),
}
INACTIVE = "Pál Szabó"

GIVEN = [
    "Aisha",
    "Björn",
    "Carmen",
    "Dae-jung",
    "Elif",
    "Farid",
    "Giulia",
    "Hana",
    "Ivana",
    "Jamal",
    "Katarzyna",
    "Leilani",
    "Mateo",
    "Nia",
    "Olivier",
    "Priya",
    "Quentin",
    "Rania",
    "Sven",
    "Thandiwe",
    "Uma",
    "Viktor",
    "Wanjiru",
    "Xiomara",
    "Youssef",
    "Zuzana",
]
FAMILY = [
    "Abebe",
    "Bauer",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fernández",
    "Gupta",
    "Horvat",
    "Ito",
    "Jensen",
    "Kaya",
    "Lindqvist",
    "Moreau",
    "Nguyen",
    "Ochieng",
    "Petrov",
    "Rossi",
    "Santos",
    "Takahashi",
    "Villanueva",
    "Weber",
    "Yılmaz",
]

ORGANIZATIONS = (
    "Northwind Logistics",
    "Harbour & Sons",
    "Blue Fjord Energy",
    "Cedar Clinic",
    "Kestrel Insurance",
    "Lotus Retail",
    "Meridian Bank",
    "Orchard Schools",
    "Pampas Foods",
    "Quarry Works",
    "Sable Media",
    "Tundra Mining",
    "Amber Bakery",
    "Bramble Farms",
    "Cobalt Chemicals",
    "Delta Ferries",
    "Ember Ceramics",
    "Falcon Couriers",
    "Granite Housing",
    "Heron Textiles",
    "Ibex Outdoor",
    "Juniper Hotels",
    "Kite Telecom",
    "Larch Furniture",
    "Maple Dental",
    "Nimbus Weather",
    "Opal Optics",
    "Poplar Paper",
    "Quill Publishing",
    "Ridge Timber",
    "Salt Marsh Museum",
    "Thistle Brewing",
    "Umber Studios",
    "Verdant Seeds",
    "Willow Care",
    "Xenon Lighting",
    "Yarrow Pharmacy",
    "Zephyr Airlines",
)
TWIN = "Meridian Bank"
NOBODYS = "Founders Club"

# project: (name, share of the requests, {request type: (issue type, weight, how long it takes)})
DESKS: dict[str, tuple[str, float, dict[str, tuple[str, int, float]]]] = {
    "ITS": (
        "IT Service Desk",
        0.6,
        {
            "Get IT help": ("Service request", 30, 1.0),
            "Report an outage": ("Incident", 10, 0.6),
            "Reset a password": ("Service request", 22, 0.2),
            "Request new hardware": ("Service request", 14, 3.0),
            "Request software": ("Service request", 12, 1.6),
            "Set up VPN access": ("Service request", 8, 0.8),
            "Onboard a new colleague": ("Service request", 4, 4.0),
        },
    ),
    "HR": (
        "People and HR",
        0.22,
        {
            "Ask HR a question": ("Service request", 40, 0.9),
            "Change personal data": ("Service request", 25, 0.5),
            "Payroll does not add up": ("Incident", 15, 1.8),
            "Ask for a certificate": ("Service request", 20, 1.2),
        },
    ),
    "FAC": (
        "Facilities",
        0.18,
        {
            "Something is broken": ("Incident", 40, 1.5),
            "Access badge": ("Service request", 25, 0.7),
            "Move a desk": ("Service request", 15, 2.6),
            "Book a large room": ("Service request", 20, 0.4),
        },
    ),
}

SUMMARIES = {
    "Get IT help": (
        "Screen stays black after docking",
        "Calendar does not sync",
        "Printer on floor 3 offline",
        "Wi-Fi drops",
    ),
    "Report an outage": ("Mail is down", "ERP answers with an error", "File share unreachable"),
    "Something is broken": ("Heating does not work", "Lift makes a noise", "Light flickers in the corridor"),
    "Payroll does not add up": ("Overtime missing", "Wrong tax class", "Bonus not paid"),
}

# priority: (weight, hours to first response, hours to resolution, how long it takes)
PRIORITIES: dict[str, tuple[int, int, int, float]] = {
    "Highest": (3, 1, 4, 0.35),
    "High": (14, 2, 8, 0.6),
    "Medium": (58, 4, 24, 1.0),
    "Low": (20, 8, 40, 1.5),
    "Lowest": (5, 16, 80, 2.2),
}

CHANNELS: dict[str | None, int] = {
    "portal": 56,
    "email": 24,
    "jira": 10,
    "api": 6,
    "anonymousportal": 2,
    "deployment": 1,
    None: 1,
}

# groups of the portals; a type can be in several
GROUPS: dict[str, tuple[str, ...]] = {
    "Get IT help": ("Common requests",),
    "Report an outage": ("Common requests",),
    "Reset a password": ("Common requests", "Logins and accounts"),
    "Request new hardware": ("Hardware",),
    "Request software": ("Software",),
    "Set up VPN access": ("Logins and accounts",),
    "Onboard a new colleague": ("Logins and accounts", "Hardware"),
    "Ask HR a question": ("Questions",),
    "Change personal data": ("My data",),
    "Ask for a certificate": ("My data",),
}
UNUSED = ("Borrow a projector", "Hardware")

# how often 1, 2, 3, 4, 5 are given, and what is said with it
RATINGS = (3, 5, 10, 34, 48)
COMMENTS: dict[int, tuple[str, ...]] = {
    1: ("Nobody called me back.", "Still broken."),
    2: ("Took far too long.",),
    5: ("Quick and friendly, thank you!", "Great work!", "Solved in minutes."),
}

LABELS = ("vip", "remote-work", "branch-office", "audit", "migration", "new-starter")
COMPONENTS = ("Network", "Workplace", "Accounts", "Building A", "Building B")
ROOT_CAUSES = ("Hardware", "Software", "Network", "Human", "Supplier")

HOURS = (1, 1, 1, 1, 1, 2, 5, 14, 38, 60, 66, 58, 40, 46, 58, 54, 42, 28, 12, 7, 5, 4, 3, 2)
WEEKDAYS = (1.18, 1.08, 1.02, 1.0, 0.82, 0.12, 0.08)

PRIORITY_NAMES = tuple(PRIORITIES)
