"""Invented names and addresses of the demo company's suppliers."""

import random

from core.sandbox.state import Row

_FIRST = [
    "Northwind",
    "Lakeside",
    "Granite",
    "Cedar",
    "Summit",
    "Prairie",
    "Harbor",
    "Silver",
    "Blue",
    "Iron",
    "Maple",
    "Copper",
    "Eastgate",
    "Westfield",
    "Redwood",
    "Bright",
    "Keystone",
    "Liberty",
    "Pioneer",
    "Atlas",
    "Beacon",
    "Cascade",
    "Delta",
    "Evergreen",
    "Frontier",
    "Golden",
    "Highland",
    "Juniper",
    "Kestrel",
    "Lighthouse",
]
_SECOND = [
    "Paper",
    "Office Supply",
    "Freight",
    "Packaging",
    "Electric",
    "Tooling",
    "Industrial Gases",
    "Cleaning Services",
    "Staffing",
    "Legal",
    "Software",
    "Logistics",
    "Plastics",
    "Metals",
    "Printing",
    "Safety",
    "Catering",
    "Telecom",
    "Fasteners",
    "Chemicals",
    "Machining",
    "Uniforms",
    "Landscaping",
    "Consulting",
]
_FORMS = ("LLC", "Inc.", "Corp.", "Co.", "Ltd.", "LP")
_PLANTED = {
    13: "Northwind Paper LLC",
    5: "O'Brien Tool & Die",
    9: 'The "Quick" Print Shop',
    14: "Müller Präzision GmbH",
    21: "Boulangerie Élysée ltée",
    27: "Smith\\Jones Partners",
    33: 'D\'Angelo "Best" Catering & Sons',
    46: "Ærø Shipping ApS",
    52: "Żubr Metal Sp. z o.o.",
    64: "Tom & Jerry's Repairs <24h>",
}
_STREETS = (
    "Mill Road",
    "Main Street",
    "Harbor Drive",
    "Industrial Pkwy",
    "Oak Avenue",
    "3rd Street",
)
_US = (
    ("Chicago", "IL", "60601"),
    ("Dallas", "TX", "75201"),
    ("New York", "NY", "10001"),
    ("Columbus", "OH", "43004"),
    ("Denver", "CO", "80202"),
    ("Portland", "OR", "97201"),
)
_CA = (
    ("Montréal", "QC", "H2X 1Y4"),
    ("Toronto", "ON", "M5H 2N2"),
    ("Québec", "QC", "G1R 4P5"),
    ("Ottawa", "ON", "K1P 1J1"),
)


def suppliers(chance: random.Random, count: int) -> list[str]:
    """Return that many different names, the planted ones at their fixed places."""
    pairs = [f"{first} {second}" for first in _FIRST for second in _SECOND]
    chosen = chance.sample(pairs, min(count, len(pairs)))
    names = [f"{name} {chance.choice(_FORMS)}" for name in chosen]
    for place, name in _PLANTED.items():
        if place < len(names):
            names[place] = name
    return names


def address(chance: random.Random, *, is_canadian: bool) -> Row:
    """Return the address columns of one supplier address."""
    city, state, postcode = chance.choice(_CA if is_canadian else _US)
    suite = f"Suite {chance.randrange(1, 40)}" if chance.random() < 0.3 else ""  # noqa: PLR2004 - a share
    return {
        "BPAADDLIG": [f"{chance.randrange(1, 999)} {chance.choice(_STREETS)}", suite, ""],
        "POSCOD": postcode,
        "CTY": city,
        "SAT": state,
        "CRY": "CA" if is_canadian else "US",
        "CRYNAM": "Canada" if is_canadian else "United States",
        "TEL": [f"{chance.randrange(2010000000, 9899999999)}"],
    }
