"""Labelled books of two systems: whose vendor and whose code each one of X3 really is.

Seeded. AvidXchange was in use before: its vendors were keyed in by other people, so that names are
written otherwise, codes are partly its own, some suppliers were renamed, merged or closed on one
side, branches share a name and a tax id, strangers share a name, and some numbers collide.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace

from core.domain.ap_documents import Code, PostalAddress, Vendor, fold
from core.domain.documents import Address, Supplier
from core.domain.reference_documents import GlAccount

SUPPLIERS, ACCOUNTS = 2000, 800
RENAMED, MERGED, CLOSED = 300, 40, 25
GROUP = "Accounting Codes"
_LABELLED_NONE = ""


def _words(*texts: str) -> tuple[str, ...]:
    return tuple(word for text in texts for word in text.split())


_SURNAMES = _words(
    "Abbott Alvarez Barker Bauer Becker Bianchi Boyd Brandt Burke Castillo Chen Conway Cortez",
    "Crane",
    "Dalton Delgado Doyle Drake Duarte Ellis Farrell Fischer Flynn Foster Frost Garza Gibbs Grant",
    "Griffin Hale Hansen Harding Hayes Hobbs Holt Ibarra Jansen Kessler Klein Lambert Larsen Lopez",
    "Maddox Marsh Mercer Meyer Molina Monroe Nash Novak Olsen Ortega Parrish Pierce Porter Quinn",
    "Ramsey Reyes Rhodes Rossi Salas Schmidt Shaw Silva Snyder Stone Sutton Tate Thorne Tucker",
    "Vance Vargas Wagner Walsh Weber Whitaker Wolfe Yates Ziegler",
)
_MARKS = _words(
    "Alpine Anchor Apex Atlas Aurora Beacon Bluebird Bridgeway Canyon Capital Cascade Cedar",
    "Citadel",
    "Coastal Copper Crescent Delta Eagle Ember Evergreen Falcon Frontier Gateway Granite Harbor",
    "Heritage Horizon Ironwood Keystone Lakeside Liberty Lone Star Magnolia Maple Meridian Metro",
    "Midland Monarch Northgate Oakwood Orion Pacific Paramount Patriot Pinnacle Pioneer Prairie",
    "Premier Quantum Redwood Ridgeline River Rock Sierra Silverline Skyline Southern Sterling",
    "Summit Sunrise Tidewater Titan Trident Union Valley Vanguard Vista Westfield Wildwood",
)
_TRADES = (
    "Electric", "Plumbing", "Freight", "Logistics", "Paper Supply", "Office Products", "Catering",
    "Landscaping", "Roofing", "Security Services", "Staffing", "Consulting", "Legal Services",
    "Manufacturing", "Tool & Die", "Welding", "Packaging", "Printing", "Chemicals", "Steel",
    "Hardware", "Fuel", "Waste Management", "Janitorial Services", "Telecom", "Software",
    "Data Services", "Marketing", "Equipment Rental", "Auto Parts", "Medical Supplies", "Foods",
    "Uniforms", "Pest Control", "Heating & Cooling", "Glass", "Concrete", "Lumber", "Travel",
    "Insurance Brokers",
)  # fmt: skip
_CITIES = (
    ("Dallas", "TX", "752"), ("Austin", "TX", "787"), ("Houston", "TX", "770"),
    ("Denver", "CO", "802"), ("Tampa", "FL", "336"), ("Miami", "FL", "331"),
    ("Atlanta", "GA", "303"), ("Chicago", "IL", "606"), ("Columbus", "OH", "432"),
    ("Boston", "MA", "021"), ("Newark", "NJ", "071"), ("Phoenix", "AZ", "850"),
    ("Portland", "OR", "972"), ("Seattle", "WA", "981"), ("Memphis", "TN", "381"),
    ("Omaha", "NE", "681"), ("Reno", "NV", "895"), ("Tulsa", "OK", "741"),
)  # fmt: skip
_STREETS = (
    "Main Street", "Oak Avenue", "Industrial Boulevard", "Commerce Drive", "Park Road",
    "Washington Street", "2nd Avenue", "Lake Drive", "Mill Lane", "Airport Road",
    "Market Street", "Church Street", "Highland Avenue", "Union Street", "Harbor Boulevard",
)  # fmt: skip
_LEGAL = ("Inc.", "LLC", "Corp.", "Co.", "L.L.C.", "Inc", "Ltd.", "LP", "")
_SHORTER = (
    ("Manufacturing", "Mfg"), ("Services", "Svcs"), ("Management", "Mgmt"), ("Equipment", "Equip"),
    (" & ", " and "), ("Supply", "Supplies"), ("Street", "St"), ("Avenue", "Ave"),
    ("Boulevard", "Blvd"), ("Drive", "Dr"), ("Road", "Rd"), ("Lane", "Ln"),
)  # fmt: skip


@dataclass
class VendorBooks:
    """Suppliers with their addresses, vendors, invoices of both; `truth` is supplier -> vendor.

    An empty label means that AvidXchange has no such vendor. `kinds` says how a supplier differs.
    """

    suppliers: list[Supplier] = field(default_factory=list)
    addresses: dict[str, Address] = field(default_factory=dict)
    vendors: list[Vendor] = field(default_factory=list)
    past: dict[str, Counter[str]] = field(default_factory=dict)
    truth: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


def vendor_books(seed: int, count: int = SUPPLIERS) -> VendorBooks:
    """Both sides of so many suppliers; the planted ones are in proportion."""
    chance = random.Random(f"suggestions vendors {seed}")
    books = VendorBooks()
    _make_suppliers(books, chance, count)
    codes = [supplier.code for supplier in books.suppliers]
    planted = iter(chance.sample(codes, count))
    for kind, number in (("renamed", RENAMED), ("merged", MERGED), ("closed", CLOSED)):
        for _ in range(number * count // SUPPLIERS):
            books.kinds[next(planted)] = kind
    for number, supplier in enumerate(books.suppliers):
        _make_vendor(books, supplier, number, chance)
    _merge(books, chance)
    _add_strangers(books, chance, count * 8 // 100)
    _collide(books, chance, count // 100)
    _remember(books, chance)
    chance.shuffle(books.vendors)
    return books


def _make_suppliers(books: VendorBooks, chance: random.Random, count: int) -> None:
    name, tax = "", ""
    for number in range(count):
        draw = chance.random()
        city = chance.choice(_CITIES)
        if number and draw < 0.05:  # a branch: one name and tax id, another place
            name = f"{_stem(name)} - {city[0]}"
        elif number and draw < 0.07:  # a stranger of the same name
            name, tax = f"{_stem(name)} {chance.choice(_LEGAL)}".strip(), _tax(chance)
        else:
            name, tax = _name(chance, city[0]), _tax(chance)
        code = f"{10000 + 3 * number:05d}" if number % 3 else f"S{number:04d}"
        known = tax if chance.random() < 0.75 else ""
        books.suppliers.append(
            Supplier(code, name, active=True, tax_id=known, default_address="A1")
        )
        books.addresses[code] = Address(
            code, "A1", line1=f"{chance.randrange(1, 9800)} {chance.choice(_STREETS)}",
            postcode=f"{city[2]}{chance.randrange(1, 60):02d}", city=city[0], state=city[1],
            country="US", phone=_phone(chance) if chance.random() < 0.6 else "",
        )  # fmt: skip
        books.kinds[code] = "as it was"
        books.truth[code] = tax  # until its vendor is made


def _stem(name: str) -> str:
    words = name.partition(" - ")[0].split()
    return " ".join(words[:-1]) if words[-1] in _LEGAL else " ".join(words)


def _name(chance: random.Random, city: str) -> str:
    trade, draw = chance.choice(_TRADES), chance.random()
    if draw < 0.45:
        text = f"{chance.choice(_SURNAMES)} {trade}"
    elif draw < 0.6:
        text = f"{chance.choice(_SURNAMES)} & {chance.choice(_SURNAMES)} {trade}"
    elif draw < 0.9:
        text = f"{chance.choice(_MARKS)} {trade}"
    else:
        text = f"{trade} of {city}"
    return f"{text} {chance.choice(_LEGAL)}".strip()


def _tax(chance: random.Random) -> str:
    return f"{chance.randrange(10, 99)}-{chance.randrange(1000000, 9999999)}"


def _phone(chance: random.Random) -> str:
    return f"({chance.randrange(201, 989)}) 555-{chance.randrange(1000, 9999)}"


def _make_vendor(
    books: VendorBooks, supplier: Supplier, number: int, chance: random.Random
) -> None:
    """The vendor of a supplier, as other people keyed it in."""
    tax, kind = books.truth[supplier.code], books.kinds[supplier.code]
    own_code = supplier.code if chance.random() < 0.55 else f"V{20000 + number}"
    books.truth[supplier.code] = own_code
    if kind == "merged" or (kind == "closed" and chance.random() < 0.5):
        books.truth[supplier.code] = _LABELLED_NONE
        return
    name = _respelt(supplier.name, chance)
    if kind == "renamed":
        name = _renamed(supplier.name, chance)
    if chance.random() < 0.01 and tax:
        tax = _slip(tax, chance) if chance.random() < 0.5 else _tax(chance)
    at = books.addresses[supplier.code]
    has_moved, is_silent = chance.random() < 0.08, chance.random() < 0.1
    postal = PostalAddress(
        line1=_respelt(at.line1, chance), city=at.city.upper() if number % 4 == 0 else at.city,
        state=at.state, postal_code=at.postcode + (f"-{number:04d}" if number % 7 == 0 else ""),
    )  # fmt: skip
    if has_moved:
        city = chance.choice(_CITIES)
        line1 = f"{chance.randrange(1, 9800)} {chance.choice(_STREETS)}"
        postal = PostalAddress(line1, "", city[0], city[1], f"{city[2]}{chance.randrange(60):02d}")
    books.vendors.append(
        Vendor(
            own_code if number % 5 else own_code.lower(), name=name,
            tax_id=tax.replace("-", "") if chance.random() < 0.7 else "",
            active=kind != "closed", address=PostalAddress() if is_silent else postal,
            telephone=at.phone.replace("(", "").replace(") ", "-") if number % 2 else "",
        )
    )  # fmt: skip


def _respelt(name: str, chance: random.Random) -> str:
    """The same name as another person writes it."""
    text = name
    for full, short in _SHORTER:
        if full in text and chance.random() < 0.5:
            text = text.replace(full, short)
    draw = chance.random()
    if draw < 0.25 and text.split()[-1] in _LEGAL:
        text = " ".join(text.split()[:-1])
    elif draw < 0.4:
        text = text.upper()
    elif draw < 0.44:
        text = _slip(text, chance)
    elif draw < 0.46:
        first, *rest = text.split()
        text = f"{' '.join(rest)}, {first}" if rest else text
    return text


def _slip(text: str, chance: random.Random) -> str:
    """Two neighbours swapped."""
    at = chance.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _renamed(name: str, chance: random.Random) -> str:
    """A new name: its owner's with another trade, its trade under another mark, or a new one."""
    words = _stem(name).split()
    draw = chance.random()
    if draw < 0.3:
        return f"{words[0]} {chance.choice(_TRADES)} {chance.choice(_LEGAL)}".strip()
    if draw < 0.6:
        return f"{chance.choice(_MARKS)} {' '.join(words[1:])}".strip()
    return _name(chance, chance.choice(_CITIES)[0])


def _merged_into(books: VendorBooks, chance: random.Random) -> Supplier:
    while True:
        found = chance.choice(books.suppliers)
        if books.truth[found.code] and books.kinds[found.code] == "as it was":
            return found


def _merge(books: VendorBooks, chance: random.Random) -> None:
    """A merged supplier is paid under another one's vendor."""
    by_code = {supplier.code: place for place, supplier in enumerate(books.suppliers)}
    for code, kind in books.kinds.items():
        if kind != "merged":
            continue
        whole = _merged_into(books, chance)
        books.truth[code] = books.truth[whole.code]
        if chance.random() < 0.5:  # under one tax id since
            place = by_code[code]
            books.suppliers[place] = replace(books.suppliers[place], tax_id=whole.tax_id)


def _add_strangers(books: VendorBooks, chance: random.Random, count: int) -> None:
    """Vendors of other companies of the group, some with a name that X3 has too."""
    for number in range(count):
        city = chance.choice(_CITIES)
        name = _name(chance, city[0])
        if number % 8 == 0:
            name = _respelt(chance.choice(books.suppliers).name, chance)
        postal = PostalAddress(
            f"{chance.randrange(1, 9800)} {chance.choice(_STREETS)}", "", city[0], city[1],
            f"{city[2]}{chance.randrange(60):02d}",
        )  # fmt: skip
        tax = _tax(chance).replace("-", "") if number % 3 else ""
        books.vendors.append(Vendor(f"V{50000 + number}", name=name, tax_id=tax, address=postal))


def _collide(books: VendorBooks, chance: random.Random, count: int) -> None:
    """Strangers that bear the code of a supplier whose vendor has another one."""
    taken = {fold(vendor.code) for vendor in books.vendors}
    free = [code for code in books.truth if fold(code) not in taken]
    strangers = [
        place for place, vendor in enumerate(books.vendors) if vendor.code.startswith("V50")
    ]
    pairs = zip(chance.sample(free, count), chance.sample(strangers, count), strict=True)
    for code, place in pairs:
        books.vendors[place] = replace(books.vendors[place], code=code)


def _remember(books: VendorBooks, chance: random.Random) -> None:
    """A third has invoices that both sides hold; a few were paid to the wrong vendor."""
    for code, vendor in books.truth.items():
        if vendor and chance.random() < 0.3:
            books.past[code] = Counter({fold(vendor): chance.randrange(1, 9)})
            if chance.random() < 0.02:
                books.past[code][fold(chance.choice(books.vendors).code)] += 1


# -- accounts -------------------------------------------------------------------------------------

_WHAT = (
    "Office Supplies", "Rent", "Electricity", "Water", "Natural Gas", "Telephone", "Internet",
    "Postage", "Freight In", "Freight Out", "Legal Fees", "Audit Fees", "Consulting Fees",
    "Advertising", "Trade Shows", "Travel", "Meals", "Lodging", "Mileage", "Training",
    "Recruiting", "Software Licenses", "Hosting", "Hardware", "Repairs", "Maintenance",
    "Janitorial", "Security", "Insurance Liability", "Insurance Property", "Property Taxes",
    "Bank Charges", "Interest", "Bad Debt", "Depreciation", "Amortization", "Tools",
    "Safety Equipment", "Uniforms", "Raw Materials", "Packaging", "Subcontractors", "Temp Labor",
    "Royalties", "Commissions", "Donations", "Dues and Subscriptions", "Licenses and Permits",
    "Vehicle Fuel", "Vehicle Leases",
)  # fmt: skip
_WHERE = (
    "", "Plant", "Warehouse", "Sales", "Administration", "Research", "Service", "Stores",
    "Marketing", "Logistics", "Quality", "Canada", "Europe", "Corporate", "Retail", "Online",
)  # fmt: skip
_ACCOUNT_SHORTER = (
    ("Supplies", "Supply"), ("Administration", "Admin"), ("Maintenance", "Maint"),
    ("Equipment", "Equip"), ("Insurance", "Ins"), ("Warehouse", "Whse"), ("Fees", "Fee"),
    ("Depreciation", "Depr"), (" and ", " & "),
)  # fmt: skip


@dataclass
class AccountBooks:
    """Accounts of one chart and AvidXchange's codes; `truth` is account -> code, empty = none."""

    accounts: list[GlAccount] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    past: dict[str, Counter[str]] = field(default_factory=dict)
    truth: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


def account_books(seed: int, count: int = ACCOUNTS) -> AccountBooks:
    """Both sides of so many accounts; renamed, merged and closed ones in proportion."""
    chance = random.Random(f"suggestions accounts {seed}")
    books = AccountBooks()
    names = [f"{what} {where}".strip() for what in _WHAT for where in _WHERE]
    numbers = [f"{6000 + 4 * place}" for place in range(count)]
    names = names[:count]
    chance.shuffle(names)
    kinds = ["as it was"] * count
    lots = (("renamed", RENAMED), ("merged", MERGED), ("closed", CLOSED))
    planted = iter(chance.sample(range(count), count))
    for kind, share in lots:
        for _ in range(share * count // SUPPLIERS):
            kinds[next(planted)] = kind
    for number, name, kind in zip(numbers, names, kinds, strict=True):
        books.accounts.append(GlAccount("US", number, name=name, active=True))
        books.kinds[number] = kind
        _make_code(books, number, name, chance)
    standing = [code for code in books.truth.values() if code]
    for number in (n for n, kind in books.kinds.items() if kind == "merged"):
        books.truth[number] = chance.choice(standing)
    for number, code in books.truth.items():
        if code and chance.random() < 0.25:
            books.past[number] = Counter({fold(code): chance.randrange(1, 30)})
    return books


def _make_code(books: AccountBooks, number: str, name: str, chance: random.Random) -> None:
    kind, draw = books.kinds[number], chance.random()
    value = number if draw < 0.82 else f"{number}-00" if draw < 0.9 else f"0{number}"
    if draw >= 0.95:  # its own numbers; a few are another account's number in X3
        value = f"{6002 + 4 * len(books.codes)}" if draw < 0.99 else f"9{number}"
    books.truth[number] = value
    if kind == "merged" or (kind == "closed" and chance.random() < 0.5):
        books.truth[number] = _LABELLED_NONE
        return
    text = name
    if kind == "renamed":
        text = f"{chance.choice(_WHAT)} {chance.choice(_WHERE)}".strip()
    for full, short in _ACCOUNT_SHORTER:
        if full in text and chance.random() < 0.4:
            text = text.replace(full, short)
    if chance.random() < 0.2:
        text = f"{text} Expense"
    books.codes.append(Code(GROUP, value, text.upper() if chance.random() < 0.3 else text,
                            active=kind != "closed"))  # fmt: skip
